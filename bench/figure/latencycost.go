package figure

import (
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// latencyCost is what each mode adds to the e2e latency of the reference at the same rate.
func latencyCost(s *set) (Figure, string, error) {
	p50, p99 := metric.Must("p50(e2e)"), metric.Must("p99(e2e)")
	cells := s.modes(both(atRate, func(c *compare.Cell) bool { return c.Effect(p50).Missing == "" }))
	if !slices.ContainsFunc(cells, (*compare.Cell).Transactional) {
		return Figure{}, "no transactional cell held its rate beside one of " + s.runs[0].Reference + " that it can be compared with", nil
	}
	cells, fewer := few(cells, func(cells []*compare.Cell) int { return len(rowGroups(cells)) })
	all := rowGroups(cells)
	var r rowPanels
	for _, g := range all {
		r.dots(g.title, g, " ms", func(c *compare.Cell) (some []reading) {
			for _, m := range []metric.Metric{p50, p99} {
				e := c.Difference(c.Base, m)
				if e.Missing != "" {
					continue
				}
				text := signed(e.Estimate / 1e3)
				if finite(e.P) && !e.Shown() {
					text = "~ " + text
				}
				if len(all) == 1 { // there is room
					text += interval(e.Lo/1e3, e.Hi/1e3, signed)
				}
				some = append(some, reading{compare.Estimate{Median: e.Estimate / 1e3, Lo: e.Lo / 1e3, Hi: e.Hi / 1e3}, text})
			}
			return some
		})
	}
	const label = "added end-to-end latency, ms"
	x := signedLogarithmic(label, digits, append(r.values, 0)...)
	if lo, _ := span(r.values); lo > 1 { // zero is too far to be shown
		x = logarithmic(label, digits, 0.1, r.values...)
	}
	f := Figure{
		Title: "End-to-end latency that a mode adds to that of " + s.runs[0].Reference + ", by records per transaction",
		Caption: paired(cells, p50, "p50 · p99, differences") + " ~: no difference is shown. Most of what a transaction adds is filling it: records ÷ rate." +
			beyondOne(x, " ms") + fewer + notCompared(s.modes(both(atRate, unsustained))),
		keys: percentileKeys(cells, func(c *compare.Cell) bool { return c.Difference(c.Base, p99).Missing == "" }),
	}
	f = r.figure(f, x)
	if x.lo <= 0 {
		for i := range f.panels {
			f.panels[i].layers = append([]layer{upto(0)}, f.panels[i].layers...)
		}
	}
	return f, "", nil
}

func notCompared(cells []*compare.Cell) string {
	if len(cells) == 0 {
		return ""
	}
	return " Not compared: " + plural(len(cells), "cell") + " that did not hold the rate."
}
