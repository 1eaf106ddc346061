package figure

import (
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// group is cells that share a panel, and what each is called there.
type group struct {
	title string
	cells []*compare.Cell
	names []string
}

// groups makes a panel of each facet; or of all facets one, if these have but one cell each and are no more than most: then names go on, behind the
// text between, with what tells the facets apart.
func groups(all []facet, name func(facet, *compare.Cell) string, between string, most int) (some []group) {
	var together group
	for _, f := range all {
		g := group{title: f.title, cells: f.cells}
		for _, c := range f.cells {
			g.names = append(g.names, name(f, c))
			together.cells, together.names = append(together.cells, c), append(together.names, name(f, c)+between+f.title)
		}
		some = append(some, g)
	}
	if n := len(together.cells); len(all) > 1 && len(all) == n && n <= most {
		return []group{together}
	}
	return some
}

// rowGroups are panels with a row for each cell.
func rowGroups(cells []*compare.Cell) []group {
	return groups(facets(cells), facet.name, ", ", mostRows)
}

// mostRows are those of one panel that a picture is not too high for.
const mostRows = 24

// rowPanels are panels that have a row for each cell and one horizontal axis for all, so that they can be compared.
type rowPanels struct {
	panels []panel
	values []float64 // that the axis is to cover
	texts  int       // characters of the longest text beside a row
}

// row is what is drawn in one, and written to the right of where it ends.
type row struct {
	layers []layer
	values []float64 // all that is drawn lies between
	text   string
}

// add adds a panel of those cells that have something to draw, at the row given.
func (r *rowPanels) add(title string, g group, read func(c *compare.Cell, at float64) (row, bool)) {
	p := panel{title: title}
	var names []string
	for i, c := range g.cells {
		at := float64(len(names))
		drawn, ok := read(c, at)
		if !ok {
			continue
		}
		names = append(names, g.names[i])
		_, end := span(drawn.values)
		p.layers = append(append(p.layers, drawn.layers...), note(body, drawn.text, end, at, draw.XLeft, vg.Point{X: 7}))
		r.values = append(r.values, drawn.values...)
		r.texts = max(r.texts, utf8.RuneCountInString(drawn.text))
	}
	if len(names) > 0 {
		p.y = rows(names)
		r.panels = append(r.panels, p)
	}
}

// figure adds the panels to a figure, all with the axis and room for the texts beyond it.
func (r *rowPanels) figure(f Figure, a axis) Figure {
	f = rowFigure(f, r.panels)
	a = r.withTexts(a, f.columns)
	for i := len(f.panels) - len(r.panels); i < len(f.panels); i++ {
		f.panels[i].x = a
	}
	return f
}

// withTexts extends an axis by about what the longest text takes, where so many panels are side by side.
func (r *rowPanels) withTexts(a axis, columns int) axis {
	name := 0
	for _, p := range r.panels {
		for _, t := range p.y.ticks {
			name = max(name, utf8.RuneCountInString(t.Label))
		}
	}
	inside := (width-2*margin)/vg.Length(columns) - 4.2*vg.Length(name) - gap
	texts := min(4*vg.Length(r.texts)+12, 0.6*inside)
	return a.withRoom(float64(texts / (inside - texts)))
}

// rowFigure adds panels of rows to a figure, two side by side, as high as the longest needs.
func rowFigure(f Figure, panels []panel) Figure {
	most := 0
	for _, p := range panels {
		most = max(most, len(p.y.ticks))
	}
	if len(f.panels) > 0 {
		f.height = rowHeight // of what is there already
	}
	for _, p := range panels {
		p.y.hi = float64(most) - 0.5 // rows are as high in all
		f.panels = append(f.panels, p)
	}
	f.columns = min(2, len(f.panels))
	f.height = max(f.height, 52+vg.Length(most)*max(17, 40-6*vg.Length(most)))
	return f
}

// join takes in what others are to cover.
func (r *rowPanels) join(other rowPanels) {
	r.panels, r.values, r.texts = append(r.panels, other.panels...), append(r.values, other.values...), max(r.texts, other.texts)
}

// bars is a panel with a bar for each cell that has the figure, its value written beside it.
func (r *rowPanels) bars(g group, name string, format func(float64) string) {
	r.add(g.title, g, func(c *compare.Cell, at float64) (row, bool) {
		e, ok := estimate(c, name, 1)
		p := point{x: e.Median, lo: e.Lo, hi: e.Hi, hollow: unsustained(c)}
		return row{[]layer{bar(lookOf(c.Mode).ink, at, 0, p)}, []float64{p.x, p.lo, p.hi}, format(e.Median)}, ok
	})
}

// reading is a figure of a cell in a row of dots: the first is set in its mode's shape, a second one a stick below.
type reading struct {
	estimate compare.Estimate
	text     string
}

// dots is a panel with one or two figures of each cell that has the first, on an axis that does not begin at zero.
func (r *rowPanels) dots(title string, g group, unit string, read func(*compare.Cell) []reading) {
	r.add(title, g, func(c *compare.Cell, at float64) (row, bool) {
		var drawn row
		var texts []string
		readings := read(c)
		for i, v := range readings {
			l, shift := lookOf(c.Mode), 0.0
			if len(readings) > 1 {
				shift = 0.3*float64(i) - 0.15
			}
			if i > 0 {
				l.shape = upright
			}
			p := point{x: v.estimate.Median, lo: v.estimate.Lo, hi: v.estimate.Hi, hollow: unsustained(c)}
			drawn.layers = append(drawn.layers, rowMarks(l, at+shift, p))
			drawn.values = append(drawn.values, p.x, p.lo, p.hi)
			texts = append(texts, v.text)
		}
		drawn.text = strings.Join(texts, " · ") + unit
		return drawn, len(readings) > 0
	})
}
