package figure

import (
	"image/color"
	"math"
	"testing"
)

// contrast is that of WCAG 2: 1 to 21.
func contrast(a, b color.NRGBA) float64 {
	luminance := func(c color.NRGBA) float64 {
		linear := func(v uint8) float64 {
			if s := float64(v) / 255; s > 0.04045 {
				return math.Pow((s+0.055)/1.055, 2.4)
			} else {
				return s / 12.92
			}
		}
		return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	}
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func TestThemesAreLegible(t *testing.T) {
	for _, theme := range []Theme{Light, Dark} {
		p := theme.palette()
		for _, i := range []ink{body, muted} {
			if c := contrast(p[i], p[ground]); c < 4.5 {
				t.Errorf("theme %d, text %d: contrast %.1f", theme, i, c)
			}
		}
		for i := firstMode; int(i) < len(p); i++ {
			if c := contrast(p[i], p[ground]); c < 2.9 {
				t.Errorf("theme %d, mode %d: contrast %.1f", theme, i-firstMode, c)
			}
		}
		for _, depth := range []float64{tileDepth(0), tileDepth(1)} { // writing on the heat map
			for _, i := range []ink{gain, loss} {
				if c := contrast(p[body], p.blend(i, depth)); c < 4.5 {
					t.Errorf("theme %d, on colour %d at %.2f: contrast %.1f", theme, i, depth, c)
				}
			}
		}
	}
}
