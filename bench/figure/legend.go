package figure

import (
	"cmp"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	legendRow  = vg.Length(14)
	sampleSize = vg.Length(28) // of the line before a key's text
	keyGap     = vg.Length(16)
)

func (l *layout) keyWidth(k key) vg.Length {
	return sampleSize + 4 + l.style(body, 8.5).Width(k.text)
}

// legendRows breaks the legend where a row is full.
func (l *layout) legendRows() (rows [][]key) {
	var used vg.Length
	for _, k := range l.keys {
		w := l.keyWidth(k)
		if len(rows) == 0 || used+keyGap+w > width-2*margin {
			rows, used = append(rows, nil), -keyGap
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], k)
		used += keyGap + w
	}
	return rows
}

func (l *layout) drawLegend(c draw.Canvas, row []key, y vg.Length) {
	a := &area{Canvas: c, palette: l.palette}
	x := c.Min.X
	text := l.style(body, 8.5)
	for _, k := range row {
		if k.fill {
			a.FillPolygon(a.faint(k.look.ink, cmp.Or(k.depth, 0.35)), []vg.Point{{X: x, Y: y - 4}, {X: x + sampleSize, Y: y - 4}, {X: x + sampleSize, Y: y + 4}, {X: x, Y: y + 4}})
		}
		if k.line {
			a.StrokeLine2(a.stroke(a.palette[k.look.ink], 1.6, k.look.dashes), x, y, x+sampleSize, y)
		}
		if k.mark {
			a.mark(k.look, vg.Point{X: x + sampleSize/2, Y: y}, k.hollow)
		}
		write(c, text, vg.Point{X: x + sampleSize + 4, Y: y}, k.text)
		x += l.keyWidth(k) + keyGap
	}
}
