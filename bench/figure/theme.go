package figure

import (
	"image/color"

	"gonum.org/v1/plot/vg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Theme is the set of colours a figure is drawn in.
type Theme int

// Themes, on a white and on a near-black ground.
const (
	Light Theme = iota
	Dark
)

// ink is what a colour is for; a theme says which it is.
type ink int

const (
	ground ink = iota
	body
	muted
	grid
	gain
	loss
	caution
	alarm     // that the ground's colour can be read on
	firstMode // and the others of workload.Modes behind it, then one for all that are not in that table
)

type palette []color.NRGBA

// palette returns the colours by ink. Those of modes are Okabe and Ito's, which people tell apart with any kind of colour vision; on a dark
// ground their dark blue gives way to their sky blue.
func (t Theme) palette() palette {
	blue, black, purple, green, vermilion, orange := rgb(0x0072B2), rgb(0x000000), rgb(0xCC79A7), rgb(0x009E73), rgb(0xD55E00), rgb(0xE69F00)
	if t == Dark {
		return palette{
			ground: rgb(0x0D1117), body: rgb(0xE6EDF3), muted: rgb(0x9DA7B3), grid: rgb(0x2B323B),
			gain: rgb(0x56B4E9), loss: vermilion, caution: orange, alarm: vermilion,
			firstMode: purple, rgb(0x56B4E9), green, rgb(0xF0803C), rgb(0xF0E442),
		}
	}
	return palette{
		ground: rgb(0xFFFFFF), body: rgb(0x1F2328), muted: rgb(0x59636E), grid: rgb(0xE2E6EA),
		gain: blue, loss: vermilion, caution: orange, alarm: rgb(0xB84A00),
		firstMode: purple, blue, green, vermilion, black,
	}
}

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xFF}
}

// faint is a colour let through by so much, 0 to 1.
func (p palette) faint(i ink, opacity float64) color.NRGBA {
	c := p[i]
	c.A = uint8(255 * opacity)
	return c
}

// blend mixes an ink into the ground, share 0 to 1, without letting anything through.
func (p palette) blend(i ink, share float64) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a)*(1-share) + float64(b)*share + 0.5) }
	g, c := p[ground], p[i]
	return color.NRGBA{R: mix(g.R, c.R), G: mix(g.G, c.G), B: mix(g.B, c.B), A: 0xFF}
}

// look is what tells a mode from others in every figure: a colour, and for those who don't see it a shape and a dash.
type look struct {
	ink    ink
	shape  shape
	dashes []vg.Length
}

func lookOf(mode string) look {
	looks := []look{
		{firstMode, diamond, []vg.Length{1.5, 2.5}},
		{firstMode + 1, circle, nil},
		{firstMode + 2, square, []vg.Length{4, 2}},
		{firstMode + 3, triangle, []vg.Length{11, 2}},
		{firstMode + 4, pentagon, []vg.Length{3, 3}},
	}
	return looks[min(workload.Rank(mode), len(looks)-1)]
}
