package figure

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// rowFigure lays out panels that have a row for each cell: two side by side, as high as the longest needs.
func rowFigure(f Figure) Figure {
	most := 0
	for _, p := range f.panels {
		most = max(most, len(p.y.ticks))
	}
	f.columns = min(2, len(f.panels))
	f.height = 52 + vg.Length(most)*max(17, 40-6*vg.Length(most))
	return f
}

// bars is a panel with a bar for each cell that has the figure, its value written beside it.
func bars(title, label string, cells []*compare.Cell, name string, format func(float64) string) panel {
	p := panel{title: title}
	var names []string
	var values []float64
	for _, c := range cells {
		e, ok := estimate(c, name, 1)
		if !ok {
			continue
		}
		row := float64(len(names))
		names = append(names, rowName(c))
		values = append(values, e.Median, e.Hi)
		_, end := span([]float64{e.Median, e.Hi})
		p.layers = append(p.layers,
			bar(lookOf(c.Mode).ink, row, 0, point{x: e.Median, lo: e.Lo, hi: e.Hi, hollow: unsustained(c)}),
			note(body, format(e.Median), end, row, draw.XLeft, vg.Point{X: 5}))
	}
	_, hi := span(values)
	p.x, p.y = linear(label, format, append(values, hi*1.12)...), rows(names)
	return p
}

// latencyRows is a panel with p50 and p99 of each cell in a row, and room for them in writing, a share of its width.
func latencyRows(f facet, label string, room float64) panel {
	p := panel{title: f.title}
	var names []string
	var values []float64
	for _, c := range f.cells {
		p50, ok := estimate(c, "p50(e2e)", 1e-3)
		if !ok {
			continue
		}
		row, look, hollow := float64(len(names)), lookOf(c.Mode), unsustained(c)
		names = append(names, rowName(c))
		text, end := digits(p50.Median), max(p50.Median, nothing(p50.Hi))
		values = append(values, p50.Median, p50.Lo, p50.Hi)
		marks := []layer{rowMarks(look, row-0.15, point{x: p50.Median, lo: p50.Lo, hi: p50.Hi, hollow: hollow})}
		if p99, ok := estimate(c, "p99(e2e)", 1e-3); ok {
			values = append(values, p99.Median, p99.Lo, p99.Hi)
			stick := look
			stick.shape = upright
			marks = append(marks, rowMarks(stick, row+0.15, point{x: p99.Median, lo: p99.Lo, hi: p99.Hi, hollow: hollow}))
			text, end = text+" · "+digits(p99.Median), max(p99.Median, nothing(p99.Hi))
		}
		p.layers = append(append(p.layers, marks...), note(body, text+" ms", end, row, draw.XLeft, vg.Point{X: 7}))
	}
	p.x, p.y = logarithmic(label, digits, 0.1, values...), rows(names)
	p.x = p.x.withRoom(room)
	return p
}

// nothing is a value that may be NaN as one that is no maximum.
func nothing(v float64) float64 {
	if math.IsNaN(v) {
		return math.Inf(-1)
	}
	return v
}
