package figure

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// layer draws one thing into a panel.
type layer func(*area)

// area is a panel's inside while it is drawn.
type area struct {
	draw.Canvas
	palette
	x, y func(float64) vg.Length
}

func (a *area) at(x, y float64) vg.Point { return vg.Point{X: a.x(x), Y: a.y(y)} }

// point is a value with its interval, which is NaN where there is none.
type point struct {
	x, y   float64
	lo, hi float64
	hollow bool // the rate was not sustained
}

// stroke is how a line is drawn.
func (a *area) stroke(c color.Color, width vg.Length, dashes []vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: width, Dashes: dashes}
}

// line joins points.
func line(l look, width vg.Length, points []point) layer {
	return func(a *area) {
		var path []vg.Point
		for _, p := range points {
			path = append(path, a.at(p.x, p.y))
		}
		a.StrokeLines(a.stroke(a.palette[l.ink], width, l.dashes), a.ClipLinesXY(path)...)
	}
}

// ribbon fills between the ends of the intervals of points; a gap where one has none.
func ribbon(i ink, points []point) layer {
	return func(a *area) {
		var upper, lower []vg.Point
		fill := func() {
			for j := len(lower) - 1; j >= 0; j-- {
				upper = append(upper, lower[j])
			}
			if len(upper) > 3 {
				a.FillPolygon(a.faint(i, 0.13), a.ClipPolygonXY(upper))
			}
			upper, lower = nil, nil
		}
		for _, p := range points {
			if !finite(p.lo, p.hi) {
				fill()
				continue
			}
			upper, lower = append(upper, a.at(p.x, p.hi)), append(lower, a.at(p.x, p.lo))
		}
		fill()
	}
}

// marks sets a mode's shape at points, with whiskers to the ends of their intervals.
func marks(l look, points []point) layer {
	return func(a *area) {
		for _, p := range points {
			at := a.at(p.x, p.y)
			if finite(p.lo, p.hi) {
				a.whisker(a.palette[l.ink], at.X, a.y(p.lo), a.y(p.hi))
			}
			a.mark(l, at, p.hollow)
		}
	}
}

// whisker draws an interval; one that leaves the panel has no end there.
func (a *area) whisker(c color.Color, x, lo, hi vg.Length) {
	style := a.stroke(c, 1.1, nil)
	a.StrokeLine2(style, x, a.clampY(lo), x, a.clampY(hi))
	for _, end := range []vg.Length{lo, hi} {
		if a.ContainsY(end) {
			a.StrokeLine2(style, x-2.5, end, x+2.5, end)
		}
	}
}

// rowMarks are marks in a row: the value and its interval lie on the x axis.
func rowMarks(l look, row float64, p point) layer {
	return func(a *area) {
		at := a.at(p.x, row)
		if finite(p.lo, p.hi) {
			a.rowWhisker(a.palette[l.ink], at.Y, a.x(p.lo), a.x(p.hi))
		}
		a.mark(l, at, p.hollow)
	}
}

func (a *area) rowWhisker(c color.Color, y, lo, hi vg.Length) {
	style := a.stroke(c, 1.1, nil)
	a.StrokeLine2(style, a.clampX(lo), y, a.clampX(hi), y)
	for _, end := range []vg.Length{lo, hi} {
		if a.ContainsX(end) {
			a.StrokeLine2(style, end, y-2.5, end, y+2.5)
		}
	}
}

// bar fills a row from one value to another, half a row high, with a whisker where there is an interval.
func bar(i ink, row, from float64, p point) layer {
	return func(a *area) {
		half := (a.y(0) - a.y(1)) * 0.3
		left, right, y := a.clampX(a.x(from)), a.clampX(a.x(p.x)), a.y(row)
		box := []vg.Point{{X: left, Y: y - half}, {X: right, Y: y - half}, {X: right, Y: y + half}, {X: left, Y: y + half}}
		if !p.hollow {
			a.FillPolygon(a.blend(i, 0.75), box)
		}
		a.StrokeLines(a.stroke(a.palette[i], 1, nil), append(box, box[0]))
		if finite(p.lo, p.hi) {
			a.rowWhisker(a.palette[body], y, a.x(p.lo), a.x(p.hi))
		}
	}
}

// acrossY and acrossX are the ends of a line across the panel at a value of its vertical and of its horizontal axis.
func (a *area) acrossY(at float64) (from, to vg.Point) {
	y := a.clampY(a.y(at))
	return vg.Point{X: a.Min.X, Y: y}, vg.Point{X: a.Max.X, Y: y}
}

func (a *area) acrossX(at float64) (from, to vg.Point) {
	x := a.clampX(a.x(at))
	return vg.Point{X: x, Y: a.Min.Y}, vg.Point{X: x, Y: a.Max.Y}
}

// across draws a value over the whole width of a panel.
func across(l look, p point) layer {
	return func(a *area) {
		from, to := a.acrossY(p.y)
		a.StrokeLines(a.stroke(a.palette[l.ink], 1.6, l.dashes), []vg.Point{from, to})
	}
}

// atEdge marks a value that holds for the whole width at the panel's left edge, with its interval; before it there are so many others.
func atEdge(l look, p point, others int) layer {
	return func(a *area) {
		at := vg.Point{X: a.Min.X + 10 + 12*vg.Length(others), Y: a.y(p.y)}
		if finite(p.lo, p.hi) {
			a.whisker(a.palette[l.ink], at.X, a.y(p.lo), a.y(p.hi))
		}
		a.mark(l, at, p.hollow)
	}
}

// note writes a line of small text beside a place, shifted by so many points.
func note(i ink, s string, x, y float64, align draw.XAlignment, shift vg.Point) layer {
	return func(a *area) {
		style := a.style(i, 7.5)
		style.XAlign = align
		write(a.Canvas, style, a.at(x, y).Add(shift), s)
	}
}

// ending is a name at a line's end.
type ending struct {
	name string
	at   vg.Point // the middle of its left edge
	wide vg.Length
}

// endings writes a name at the end of each line, moved apart where they would cover one another.
func endings(names []string, ends []point) layer {
	return func(a *area) {
		style := a.style(body, 7.5)
		all := make([]ending, len(ends))
		for i, end := range ends {
			all[i] = ending{names[i], a.at(end.x, end.y).Add(vg.Point{X: 6}), style.Width(names[i])}
		}
		moveApart(all)
		for _, e := range all {
			lo, hi := e.at.Add(vg.Point{X: -1, Y: -endingHeight / 2}), e.at.Add(vg.Point{X: e.wide + 1, Y: endingHeight / 2})
			a.FillPolygon(a.palette[ground], []vg.Point{lo, {X: hi.X, Y: lo.Y}, hi, {X: lo.X, Y: hi.Y}}) // lines that go on don't cross it
			write(a.Canvas, style, e.at, e.name)
		}
	}
}

const endingHeight = vg.Length(8.5)

// moveApart moves names up and down until none covers another, in the order of their heights. Those side by side stay where they are.
func moveApart(all []ending) {
	slices.SortStableFunc(all, func(a, b ending) int { return cmp.Compare(a.at.Y, b.at.Y) })
	for range 50 {
		for i := range all {
			for j := i + 1; j < len(all); j++ {
				low, high := &all[i], &all[j]
				beside := low.at.X+low.wide < high.at.X || high.at.X+high.wide < low.at.X
				if lack := endingHeight - (high.at.Y - low.at.Y); lack > 0 && !beside {
					low.at.Y -= lack / 2
					high.at.Y += lack / 2
				}
			}
		}
	}
}

// write sets a line of text whose figures and capitals are centred at a height.
func write(c draw.Canvas, style text.Style, at vg.Point, s string) {
	style.YAlign = draw.YCenter
	c.FillText(style, at.Add(vg.Point{Y: 0.105 * style.Font.Size}), s)
}

func (a *area) clampX(x vg.Length) vg.Length { return min(max(x, a.Min.X), a.Max.X) }
func (a *area) clampY(y vg.Length) vg.Length { return min(max(y, a.Min.Y), a.Max.Y) }

// shape is the form of a mark.
type shape int

const (
	circle shape = iota
	square
	triangle
	diamond
	pentagon
	upright
	flat
)

const markRadius = vg.Length(3.3)

// mark draws a look's shape: filled, or its outline alone.
func (a *area) mark(l look, at vg.Point, hollow bool) {
	if hollow {
		a.SetColor(a.palette[ground])
		a.Fill(l.shape.path(at, markRadius))
		a.SetLineStyle(a.stroke(a.palette[l.ink], 1.3, nil))
		a.Stroke(l.shape.path(at, markRadius))
		return
	}
	a.SetColor(a.palette[l.ink])
	a.Fill(l.shape.path(at, markRadius))
}

// path is a shape of about the same area whichever it is.
func (s shape) path(at vg.Point, r vg.Length) vg.Path {
	var p vg.Path
	corners := func(n int, radius vg.Length, turn float64) {
		for i := range n {
			sin, cos := math.Sincos(turn + 2*math.Pi*float64(i)/float64(n))
			c := vg.Point{X: at.X + radius*vg.Length(cos), Y: at.Y + radius*vg.Length(sin)}
			if i == 0 {
				p.Move(c)
			} else {
				p.Line(c)
			}
		}
		p.Close()
	}
	switch s {
	case square:
		corners(4, 1.25*r, math.Pi/4)
	case triangle:
		corners(3, 1.4*r, math.Pi/2)
	case diamond:
		corners(4, 1.3*r, 0)
	case pentagon:
		corners(5, 1.25*r, math.Pi/2)
	case upright:
		p = vg.Rectangle{Min: vg.Point{X: at.X - 0.3*r, Y: at.Y - 1.6*r}, Max: vg.Point{X: at.X + 0.3*r, Y: at.Y + 1.6*r}}.Path()
	case flat:
		p = vg.Rectangle{Min: vg.Point{X: at.X - 1.6*r, Y: at.Y - 0.3*r}, Max: vg.Point{X: at.X + 1.6*r, Y: at.Y + 0.3*r}}.Path()
	default:
		p.Move(vg.Point{X: at.X + r, Y: at.Y})
		p.Arc(at, r, 0, 2*math.Pi)
		p.Close()
	}
	return p
}

// style is text of a size in points.
func (p palette) style(i ink, size vg.Length) text.Style {
	s := lettering(size)
	s.Color = p[i]
	return s
}

// lettering is that text without its colour.
func lettering(size vg.Length) text.Style {
	return text.Style{Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}, Handler: plot.DefaultTextHandler}
}
