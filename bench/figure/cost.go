package figure

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// mostGain is how far down an interval may stretch the axis: a wide one would leave no room for what the figure is about.
const mostGain = -0.5

// The range of throughput lost that is often said to be the price.
const (
	claimedFrom = 0.1
	claimedTo   = 0.3
)

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
	values, lowest := []float64{0, claimedTo + 0.02}, 0.0
	for _, c := range cells {
		e := c.Effect(read)
		lo, hi := e.CostInterval()
		values = append(values, e.Cost(), max(lo, mostGain), hi)
		lowest = min(lowest, orZero(lo))
	}
	y := linear("throughput lost, %", percent, values...)
	if lowest < y.lo {
		f.Caption += " Intervals that go on below the axis are cut off."
	}
	x, at := sizes(cells)
	if len(x.ticks) == 1 {
		return costRows(f, cells, y), "", nil
	}
	for _, facet := range facets(cells) {
		p := panel{title: facet.title, x: x, y: y}
		points := map[string][]point{}
		for _, c := range facet.cells {
			e := c.Effect(read)
			lo, hi := e.CostInterval()
			points[c.Mode] = append(points[c.Mode], point{x: at(c), y: e.Cost(), lo: lo, hi: hi})
		}
		p.layers = append(p.layers, claimed((*area).acrossY), across(lookOf(s.runs[0].Reference), level(0)))
		p.layers = append(p.layers, byMode(facet.cells, points, func(p point) string { return percent(p.y) + "%" })...)
		f.panels = append(f.panels, p)
	}
	f.across3()
	f.keys = append([]key{{text: s.runs[0].Reference + " = 0%", look: lookOf(s.runs[0].Reference), line: true}}, modeKeys(cells)...)
	f.keys = append(f.keys, claimedKey())
	return f, "", nil
}

// costRows is the form for one transaction size, of which there is no line to draw.
func costRows(f Figure, cells []*compare.Cell, x axis) Figure {
	var r rowPanels
	all := rowGroups(cells)
	for _, g := range all {
		r.dots(g.title, g, "", func(c *compare.Cell) []reading {
			e := c.Effect(metric.Must("read_per_s"))
			lo, hi := e.CostInterval()
			text := percent(e.Cost()) + "%"
			if len(all) == 1 { // there is room
				text += interval(lo, hi, percent)
			}
			return []reading{{compare.Estimate{Median: e.Cost(), Lo: lo, Hi: hi}, text}}
		})
	}
	f = r.figure(f, x)
	for i := range f.panels {
		f.panels[i].layers = append([]layer{claimed((*area).acrossX), upto(0)}, f.panels[i].layers...)
	}
	f.keys = []key{claimedKey()}
	return f
}

// claimed draws the range that is often said to be the price, over the whole width or height of a panel.
func claimed(over func(a *area, at float64) (from, to vg.Point)) layer {
	return func(a *area) {
		from, to := over(a, claimedFrom)
		end, begin := over(a, claimedTo)
		a.FillPolygon(a.faint(muted, 0.16), []vg.Point{from, to, begin, end})
		edge := a.stroke(a.palette[muted], 0.7, []vg.Length{3, 2})
		a.StrokeLines(edge, []vg.Point{from, to}, []vg.Point{end, begin})
	}
}

func claimedKey() key {
	return key{text: fmt.Sprintf("claimed: %s–%s%%", percent(claimedFrom), percent(claimedTo)), look: look{ink: muted}, fill: true}
}
