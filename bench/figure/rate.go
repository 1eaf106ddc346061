package figure

import (
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// rates shows e2e latency against the rate, a line for each mode and transaction.
func rates(s *set) (Figure, string, error) {
	cells := s.modes(both(atRate, has("p50(e2e)")))
	different := map[float64]bool{}
	for _, c := range cells {
		different[c.RatePerS()] = true
	}
	if len(different) < 2 {
		return Figure{}, "it takes cells of two rates at least that have an e2e p50", nil
	}
	f := Figure{
		Title:   "End-to-end latency against the rate, by delivery mode; numbers at lines: records per transaction",
		Caption: "From when a record was due until it was read. " + trials(cells, "Medians") + hollowNote(cells),
		columns: 2,
		keys:    modeKeys(cells),
	}
	for i := range f.keys {
		f.keys[i].mark = true
	}
	if slices.ContainsFunc(cells, unsustained) {
		f.keys = append(f.keys, key{text: "rate not sustained", look: look{ink: muted, shape: circle}, mark: true, hollow: true})
	}
	for _, facet := range facets(cells, compare.AxisRate) {
		for _, percentile := range []string{"p50", "p99"} {
			if p := ratePanel(facet, percentile); len(p.layers) > 0 {
				f.panels = append(f.panels, p)
			}
		}
	}
	f.columns = min(f.columns, len(f.panels))
	return f, "", nil
}

func ratePanel(f facet, percentile string) panel {
	p := panel{title: f.title}
	var names []string
	lines := map[string][]point{}
	looks := map[string]look{}
	var x, y []float64
	for _, c := range f.cells { // in order of their rates
		e, ok := estimate(c, percentile+"(e2e)", 1e-3)
		if !ok {
			continue
		}
		name := rowName(c)
		if lines[name] == nil {
			names, looks[name] = append(names, name), lookOf(c.Mode)
		}
		lines[name] = append(lines[name], point{x: c.RatePerS(), y: e.Median, lo: e.Lo, hi: e.Hi, hollow: unsustained(c)})
		x, y = append(x, c.RatePerS()), append(y, e.Median, e.Lo, e.Hi)
	}
	var written []string
	var ends []point
	for _, name := range names {
		l, points := looks[name], lines[name]
		p.layers = append(p.layers, line(l, 1.5, points), marks(l, points))
		i := slices.IndexFunc(f.cells, func(c *compare.Cell) bool { return rowName(c) == name })
		if t := transaction(f.cells[i]); t != "" {
			written, ends = append(written, t), append(ends, points[len(points)-1])
		}
	}
	if len(ends) > 0 {
		p.layers = append(p.layers, endings(written, ends))
	}
	p.x = logarithmic("records per second asked for", compact, 0.12, x...).withRoom(0.07)
	p.y = logarithmic("end-to-end "+percentile+", ms", digits, 0.08, y...)
	return p
}
