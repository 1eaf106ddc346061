package figure

import (
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// mostGain is how far down an interval may stretch the axis: a wide one would leave no room for what the figure is about.
const mostGain = -0.5

// cost is the share of throughput that each mode loses at max against the reference, over the records per transaction.
func cost(s *set) (Figure, string, error) {
	read := metric.Must("read_per_s")
	cells := s.modes(both(atMax, func(c *compare.Cell) bool { return c.Effect(read).Missing == "" }))
	if !slices.ContainsFunc(cells, (*compare.Cell).Transactional) {
		return Figure{}, "no transactional cell ran at max beside one of " + s.runs[0].Reference + " that it can be compared with", nil
	}
	f := Figure{
		Title: "Throughput that a mode loses at max against " + s.runs[0].Reference + ", by records per transaction",
		Caption: paired(cells, read, "1 − the ratio of records read per second") +
			" Below 0% a mode is faster than the reference.",
	}
	values := []float64{0, 0.32}
	for _, facet := range facets(cells) {
		p := panel{title: facet.title}
		var at func(*compare.Cell) float64
		p.x, at = sizes(facet.cells)
		points := map[string][]point{}
		for _, c := range facet.cells {
			e := c.Effect(read)
			lo, hi := e.CostInterval()
			points[c.Mode] = append(points[c.Mode], point{x: at(c), y: e.Cost(), lo: lo, hi: hi})
			values = append(values, e.Cost(), max(lo, mostGain), hi)
		}
		p.layers = append(p.layers, claimed(0.1, 0.3), across(lookOf(s.runs[0].Reference), level(0)))
		p.layers = append(p.layers, byMode(facet.cells, points, func(p point) string { return percent(p.y) + "%" }, draw.XLeft)...)
		f.panels = append(f.panels, p)
	}
	f.setY(linear("throughput lost, %", percent, values...))
	f.across3()
	f.keys = append([]key{{text: s.runs[0].Reference + " = 0%", look: lookOf(s.runs[0].Reference), line: true}}, modeKeys(cells)...)
	return f, "", nil
}

// claimed is the range that is often said to be the price.
func claimed(from, to float64) layer {
	return func(a *area) {
		lo, hi := a.clampY(a.y(from)), a.clampY(a.y(to))
		a.FillPolygon(a.faint(claim, 0.35), []vg.Point{{X: a.Min.X, Y: lo}, {X: a.Max.X, Y: lo}, {X: a.Max.X, Y: hi}, {X: a.Min.X, Y: hi}})
		write(a.Canvas, a.style(body, 7.5), vg.Point{X: a.Min.X + 4, Y: (lo + hi) / 2}, "claimed: 10–30%")
	}
}

func notCompared(cells []*compare.Cell) string {
	if len(cells) == 0 {
		return ""
	}
	return " Not compared: " + plural(len(cells), "cell") + " that did not hold the rate."
}

// latencyCost is what each mode adds to the median e2e latency of the reference at the same rate.
func latencyCost(s *set) (Figure, string, error) {
	p50 := metric.Must("p50(e2e)")
	cells := s.modes(both(atRate, func(c *compare.Cell) bool { return c.Effect(p50).Missing == "" }))
	if !slices.ContainsFunc(cells, (*compare.Cell).Transactional) {
		return Figure{}, "no transactional cell held its rate beside one of " + s.runs[0].Reference + " that it can be compared with", nil
	}
	f := Figure{
		Title:   "End-to-end latency that a mode adds at the median to that of " + s.runs[0].Reference + ", by records per transaction",
		Caption: paired(cells, p50, "Differences of e2e p50") + " Most of what a transaction adds is filling it: records ÷ rate." + notCompared(s.modes(both(atRate, unsustained))),
	}
	values := []float64{0}
	for _, facet := range facets(cells) {
		p := panel{title: facet.title}
		var at func(*compare.Cell) float64
		p.x, at = sizes(facet.cells)
		points := map[string][]point{}
		for _, c := range facet.cells {
			e := c.Difference(c.Base, p50)
			points[c.Mode] = append(points[c.Mode], point{x: at(c), y: e.Estimate / 1e3, lo: e.Lo / 1e3, hi: e.Hi / 1e3})
			values = append(values, e.Estimate/1e3, e.Lo/1e3, e.Hi/1e3)
		}
		p.layers = append(p.layers, across(lookOf(s.runs[0].Reference), level(0)))
		p.layers = append(p.layers, byMode(facet.cells, points, func(p point) string { return digits(p.y) }, draw.XRight)...)
		f.panels = append(f.panels, p)
	}
	f.setY(signedLogarithmic("added e2e p50, ms", digits, values...))
	f.across3()
	f.keys = append([]key{{text: s.runs[0].Reference + " = 0", look: lookOf(s.runs[0].Reference), line: true}}, modeKeys(cells)...)
	return f, "", nil
}
