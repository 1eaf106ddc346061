package figure

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// layout is a figure with every text set: how high it is depends on how many lines they take.
type layout struct {
	Figure
	palette
	height  vg.Length
	title   []string
	legend  [][]key
	caption []string
}

const (
	titleSize   = vg.Length(11)
	captionSize = vg.Length(7.2)
	leading     = 1.3
)

func (f Figure) layout(p palette) *layout {
	l := &layout{Figure: f, palette: p}
	l.title = wrap(l.titleStyle(), f.Title, width-2*margin)
	l.legend = l.legendRows()
	for paragraph := range strings.Lines(f.Caption) {
		l.caption = append(l.caption, wrap(l.style(muted, captionSize), strings.TrimSpace(paragraph), width-2*margin)...)
	}
	row := f.height
	if row == 0 {
		row = rowHeight
	}
	l.height = 2*margin + leading*titleSize*vg.Length(len(l.title)) + legendRow*vg.Length(len(l.legend)) + gap/2 + row*vg.Length(l.rows()) +
		gap + leading*captionSize*vg.Length(len(l.caption))
	return l
}

func (l *layout) rows() int { return (len(l.panels) + l.columns - 1) / l.columns }

func (l *layout) titleStyle() text.Style {
	s := l.style(body, titleSize)
	s.Font.Weight = font.WeightBold
	return s
}

// gap between panels, and between them and the caption.
const gap = vg.Length(9)

func (l *layout) draw(c draw.Canvas) {
	c.SetColor(l.palette[ground])
	c.Fill(c.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)
	top := c.Max.Y
	lines := func(s text.Style, texts []string) {
		s.YAlign = draw.YTop
		for _, t := range texts {
			c.FillText(s, vg.Point{X: c.Min.X, Y: top}, t)
			top -= leading * s.Font.Size
		}
	}
	lines(l.titleStyle(), l.title)
	for _, row := range l.legend {
		l.drawLegend(c, row, top-legendRow/2)
		top -= legendRow
	}
	bottom := c.Min.Y + leading*captionSize*vg.Length(len(l.caption))
	l.drawPanels(draw.Crop(c, 0, 0, bottom+gap-c.Min.Y, top-gap/2-c.Max.Y))
	top = bottom
	lines(l.style(muted, captionSize), l.caption)
}

// drawPanels lays the panels out in rows, their insides aligned, with room for what is written above and below each.
func (l *layout) drawPanels(c draw.Canvas) {
	tiles := draw.Tiles{Rows: l.rows(), Cols: l.columns, PadX: 2 * gap, PadTop: l.above(), PadY: l.below() + gap + l.above(), PadBottom: l.below()}
	grid := make([][]*plot.Plot, tiles.Rows)
	for i := range grid {
		grid[i] = make([]*plot.Plot, tiles.Cols)
	}
	for i, p := range l.panels {
		grid[i/l.columns][i%l.columns] = l.plot(p)
	}
	for i, row := range plot.Align(grid, tiles, c) {
		for j, canvas := range row {
			if grid[i][j] != nil {
				grid[i][j].Draw(canvas)
			}
		}
	}
}

const (
	labelSize = vg.Length(8)
	nameSize  = vg.Length(8.5) // of a panel
)

// above is the room for the panels' names and what their vertical axes count.
func (l *layout) above() vg.Length {
	names, label := 0, vg.Length(0)
	for _, p := range l.panels {
		names = max(names, len(l.nameOf(p)))
		if p.y.label != "" {
			label = leading * labelSize
		}
	}
	return leading*nameSize*vg.Length(names) + label + 4
}

// below is the room for what the horizontal axes count.
func (l *layout) below() vg.Length {
	if slices.ContainsFunc(l.panels, func(p panel) bool { return p.x.label != "" }) {
		return leading*labelSize + 2
	}
	return 0
}

// nameOf breaks a panel's name into lines.
func (l *layout) nameOf(p panel) []string {
	return wrap(l.nameStyle(), p.title, l.inner())
}

func (l *layout) nameStyle() text.Style {
	s := l.style(body, nameSize)
	s.Font.Weight = font.WeightBold
	return s
}

func (l *layout) plot(p panel) *plot.Plot {
	wide, high := l.room()
	p.x.ticks, p.y.ticks = l.fitting(p.x, wide, true), l.fitting(p.y, high, false)
	g := plot.New()
	g.BackgroundColor = nil
	for _, side := range []struct {
		to   *plot.Axis
		from axis
	}{{&g.X, p.x}, {&g.Y, p.y}} {
		to := side.to
		to.Min, to.Max, to.Scale = side.from.lo, side.from.hi, side.from.scale
		to.Tick.Marker, to.Padding = plot.ConstantTicks(side.from.ticks), 0
		to.Width = 0 // the lines are drawn with the inside, whose edge they are
		to.Tick.LineStyle = draw.LineStyle{Color: l.palette[muted], Width: 0.6}
		to.Tick.Length = tickLength
		if side.from.names && to == &g.Y {
			to.Tick.Length = 0
		}
		to.Tick.Label.Color, to.Tick.Label.Font = l.palette[body], l.style(body, labelSize).Font
	}
	g.Add(&inside{p, l})
	return g
}

const tickLength = vg.Length(3)

// inner is about how wide a panel is inside.
func (l *layout) inner() vg.Length {
	labels := l.style(body, labelSize)
	var names vg.Length
	for _, p := range l.panels {
		for _, t := range p.y.ticks {
			names = max(names, labels.Width(t.Label))
		}
	}
	columns := vg.Length(l.columns)
	return (width-2*margin-2*gap*(columns-1))/columns - names - tickLength
}

// room is about how wide and high a panel is inside.
func (l *layout) room() (wide, high vg.Length) {
	row := l.Figure.height
	if row == 0 {
		row = rowHeight
	}
	return l.inner(), row - l.above() - l.below() - gap - leading*labelSize - tickLength
}

// fitting are the ticks of an axis of that length: the first of its choices whose labels don't cover one another, or else the last.
func (l *layout) fitting(a axis, length vg.Length, across bool) []plot.Tick {
	labels, ticks := l.style(body, labelSize), a.ticks
	for _, fewer := range a.fewer {
		type label struct{ at, half vg.Length }
		var all []label
		for _, t := range ticks {
			if t.IsMinor() {
				continue
			}
			half := labelSize
			if across {
				half = labels.Width(t.Label)/2 + 3
			}
			all = append(all, label{length * vg.Length(a.scale.Normalize(a.lo, a.hi, t.Value)), half})
		}
		slices.SortFunc(all, func(a, b label) int { return cmp.Compare(a.at, b.at) })
		covered := false
		for i := 1; i < len(all); i++ {
			covered = covered || all[i].at-all[i].half < all[i-1].at+all[i-1].half
		}
		if !covered {
			break
		}
		ticks = fewer
	}
	return ticks
}

// inside draws a panel's layers over its grid, and around it what gonum's axes don't: they take a label for wider than the axis on scales
// that are not linear.
type inside struct {
	panel
	*layout
}

// Plot implements plot.Plotter.
func (in *inside) Plot(c draw.Canvas, p *plot.Plot) {
	a := &area{Canvas: c, palette: in.palette}
	a.x, a.y = p.Transforms(&a.Canvas)
	thin := draw.LineStyle{Color: in.palette[grid], Width: 0.6}
	lines := 1
	for _, t := range in.x.ticks {
		lines = max(lines, 1+strings.Count(t.Label, "\n"))
		if in.x.grid && !t.IsMinor() {
			a.StrokeLine2(thin, a.x(t.Value), c.Min.Y, a.x(t.Value), c.Max.Y)
		}
	}
	for _, t := range in.y.ticks {
		if in.y.grid && !t.IsMinor() {
			a.StrokeLine2(thin, c.Min.X, a.y(t.Value), c.Max.X, a.y(t.Value))
		}
	}
	edge := draw.LineStyle{Color: in.palette[muted], Width: 0.6}
	if len(in.x.ticks) > 0 {
		a.StrokeLine2(edge, c.Min.X, c.Min.Y, c.Max.X, c.Min.Y)
	}
	if !in.y.names {
		a.StrokeLine2(edge, c.Min.X, c.Min.Y, c.Min.X, c.Max.Y)
	}
	for _, put := range in.layers {
		put(a)
	}
	label := in.style(muted, labelSize)
	at := vg.Point{X: c.Min.X, Y: c.Max.Y + 4 + labelSize/2}
	if in.y.label != "" {
		words := in.y.label
		if in.note != "" {
			words += " · " + in.note
		}
		write(c, label, at, words)
		at.Y += leading * labelSize
	}
	name := in.nameOf(in.panel)
	for _, line := range slices.Backward(name) {
		write(c, in.nameStyle(), at, line)
		at.Y += leading * nameSize
	}
	label.XAlign = draw.XCenter
	write(c, label, vg.Point{X: c.Center().X, Y: c.Min.Y - tickLength - 1.2*labelSize*vg.Length(lines) - labelSize/2 - 2}, in.x.label)
}

// wrap breaks text into lines of a width, where it has spaces that may be broken.
func wrap(s text.Style, words string, width vg.Length) (lines []string) {
	current := ""
	for word := range strings.SplitSeq(words, " ") {
		if longer := strings.TrimPrefix(current+" "+word, " "); current == "" || s.Width(longer) <= width {
			current = longer
			continue
		}
		lines, current = append(lines, current), word
	}
	if current != "" {
		lines = append(lines, current)
	}
	return lines
}
