package figure

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
)

// axis is one side of a panel.
type axis struct {
	label  string
	lo, hi float64
	scale  plot.Normalizer
	ticks  []plot.Tick   // those without a label are minor
	fewer  [][]plot.Tick // in place of them, one after the other, where their labels have no room
	grid   bool          // lines across the panel at the ticks
	names  bool          // its ticks are names: a vertical axis needs no line and no marks
}

// linear covers zero and all finite values.
func linear(label string, format func(float64) string, values ...float64) axis {
	lo, hi := span(values)
	lo, hi = min(orZero(lo), 0), max(orZero(hi), 0)
	if hi == lo {
		hi = lo + 1
	}
	room := (hi - lo) * 0.08
	a := axis{label: label, scale: plot.LinearScale{}, grid: true, lo: lo, hi: hi}
	if lo < 0 {
		a.lo -= room
	}
	if hi > 0 {
		a.hi += room
	}
	for _, parts := range []float64{8, 4, 2} {
		a.fewer = append(a.fewer, linearTicks(a.lo, a.hi, roundStep((hi-lo)/parts), format))
	}
	a.ticks, a.fewer = a.fewer[0], a.fewer[1:]
	return a
}

func linearTicks(lo, hi, step float64, format func(float64) string) (ticks []plot.Tick) {
	for i := math.Ceil(lo / step); i*step <= hi; i++ {
		v := i*step + 0 // no −0
		ticks = append(ticks, plot.Tick{Value: v, Label: format(v)})
	}
	return ticks
}

// roundStep is the smallest of 1, 2 and 5 times a power of ten that is no smaller than the step asked for.
func roundStep(step float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(step)))
	for _, factor := range []float64{1, 2, 5} {
		if factor*unit >= step*(1-1e-9) {
			return factor * unit
		}
	}
	return 10 * unit
}

// logarithmic covers all positive values with a margin on each side, in decades.
func logarithmic(label string, format func(float64) string, margin float64, values ...float64) axis {
	lo, hi := span(slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !(v > 0) }))
	if !(lo > 0) {
		lo, hi = 1, 10
	}
	if hi < 1.5*lo { // a single value, or nearly: show where it lies
		lo, hi = lo/2, hi*2
	}
	factor := math.Pow(10, margin)
	// A value so small that there is none below it is no latency or CPU time, but a stored run may hold one.
	a := axis{label: label, scale: logScale{}, grid: true, lo: max(lo/factor, math.SmallestNonzeroFloat64), hi: min(hi*factor, math.MaxFloat64)}
	choices := logTicks(a.lo, a.hi, format)
	a.ticks, a.fewer = choices[0], choices[1:]
	return a
}

// logTicks are the ticks of a logarithmic axis, and others with fewer labels: at 1, 2 and 5 times the powers of ten, at these alone, at every
// second and third of them. Within less than three quarters of a decade they are at equal steps, like those of a linear axis.
func logTicks(lo, hi float64, format func(float64) string) (choices [][]plot.Tick) {
	if math.Log10(hi/lo) < 0.75 {
		return [][]plot.Tick{linearTicks(lo, hi, roundStep((hi-lo)/4), format), linearTicks(lo, hi, roundStep((hi-lo)/2), format)}
	}
	labelled := []func(exponent, digit int) bool{
		func(_, digit int) bool { return digit == 1 || digit == 2 || digit == 5 },
		func(_, digit int) bool { return digit == 1 },
		func(exponent, digit int) bool { return digit == 1 && exponent%2 == 0 },
		func(exponent, digit int) bool { return digit == 1 && exponent%3 == 0 },
	}
	for _, has := range labelled {
		var ticks []plot.Tick
		for exponent := int(math.Floor(math.Log10(lo))); exponent <= int(math.Ceil(math.Log10(hi))); exponent++ {
			for digit := 1; digit < 10; digit++ {
				v := float64(digit) * math.Pow(10, float64(exponent))
				if v < lo || v > hi {
					continue
				}
				tick := plot.Tick{Value: v}
				if has(exponent, digit) {
					tick.Label = format(v)
				}
				ticks = append(ticks, tick)
			}
		}
		choices = append(choices, ticks)
	}
	return choices
}

// withRoom extends an axis upwards by a share of its length, for what is written there. Beyond what it covered there are no ticks.
func (a axis) withRoom(share float64) axis {
	switch a.scale.(type) {
	case logScale:
		a.hi = min(a.hi*math.Pow(a.hi/a.lo, share), math.MaxFloat64)
	case asinhScale:
		a.hi = math.Sinh(math.Asinh(a.hi) + share*(math.Asinh(a.hi)-math.Asinh(a.lo)))
	default:
		a.hi += share * (a.hi - a.lo)
	}
	return a
}

// logScale is gonum's, but for what has no logarithm, a latency of 0: that comes to lie at the beginning.
type logScale struct{}

// Normalize implements plot.Normalizer.
func (logScale) Normalize(lo, hi, v float64) float64 {
	return plot.LogScale{}.Normalize(lo, hi, max(v, lo))
}

// categories are equal places for names, the first at 0.
func categories(label string, names []string) axis {
	a := axis{label: label, scale: plot.LinearScale{}, lo: -0.5, hi: float64(len(names)) - 0.5, names: true}
	for i, name := range names {
		a.ticks = append(a.ticks, plot.Tick{Value: float64(i), Label: name})
	}
	return a
}

// rows are categories from top to bottom.
func rows(names []string) axis {
	a := categories("", names)
	a.scale = plot.InvertedScale{Normalizer: plot.LinearScale{}}
	return a
}

// percentiles is the axis of HDR histograms: every further nine takes the same room. It ends beyond the highest percentile, a share of 1, with
// room for what is written there, a share of its length.
func percentiles(highest, room float64) axis {
	highest = min(max(0.9, highest), 1-1e-9)
	a := axis{label: "percentile", scale: ninesScale{}, grid: true, lo: 0, hi: 1 - math.Pow(1-highest, 1+room)}
	for _, t := range []plot.Tick{
		{Value: 0, Label: "0"}, {Value: 0.5, Label: "50"}, {Value: 0.9, Label: "90"}, {Value: 0.99, Label: "99"}, {Value: 0.999, Label: "99.9"},
		{Value: 0.9999, Label: "99.99"}, {Value: 0.99999, Label: "99.999"}, {Value: 0.999999, Label: "99.9999"},
	} {
		if t.Value <= highest {
			a.ticks = append(a.ticks, t)
		}
	}
	return a
}

// ninesScale spaces shares of 1 by how many nines they begin with.
type ninesScale struct{}

// Normalize implements plot.Normalizer. Shares of 1 and above, which have no place, come to lie at the end.
func (ninesScale) Normalize(lo, hi, share float64) float64 {
	nines := func(v float64) float64 { return -math.Log10(1 - min(v, 1-1e-12)) }
	return min(1, (nines(share)-nines(lo))/(nines(hi)-nines(lo)))
}

// span is the smallest and the largest of the finite values; NaN without one.
func span(values []float64) (lo, hi float64) {
	lo, hi = math.NaN(), math.NaN()
	for _, v := range values {
		if !finite(v) {
			continue
		}
		if !(lo <= v) {
			lo = v
		}
		if !(hi >= v) {
			hi = v
		}
	}
	return lo, hi
}

func orZero(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

func finite(values ...float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// signedLogarithmic covers values of either sign: nearly linear between −1 and 1, in decades beyond. Where there are none beyond 5 it is linear.
func signedLogarithmic(label string, format func(float64) string, values ...float64) axis {
	lo, hi := span(values)
	if !(max(hi, -lo) > 5) {
		return linear(label, format, values...)
	}
	a := axis{label: label, scale: asinhScale{}, grid: true, lo: min(0, 1.5*lo), hi: max(0, 1.8*hi)}
	for _, has := range []func(exponent, digit int) bool{
		func(_, digit int) bool { return digit == 1 || digit == 2 || digit == 5 },
		func(_, digit int) bool { return digit == 1 },
		func(exponent, digit int) bool { return digit == 1 && exponent > 0 },
		func(exponent, digit int) bool { return digit == 1 && exponent > 0 && exponent%2 == 0 },
		func(exponent, digit int) bool { return digit == 1 && exponent > 0 && exponent%3 == 0 },
	} {
		ticks := []plot.Tick{{Value: 0, Label: "0"}}
		for exponent, power := 0, 1.0; power < max(a.hi, -a.lo); exponent, power = exponent+1, power*10 {
			for digit := 1; digit < 10; digit++ {
				for _, v := range []float64{-float64(digit) * power, float64(digit) * power} {
					if v < a.lo || v > a.hi {
						continue
					}
					tick := plot.Tick{Value: v}
					if has(exponent, digit) {
						tick.Label = format(v)
					}
					ticks = append(ticks, tick)
				}
			}
		}
		a.fewer = append(a.fewer, ticks)
	}
	a.ticks, a.fewer = a.fewer[0], a.fewer[1:]
	return a
}

// asinhScale is linear about 0 and logarithmic far from it, on both sides.
type asinhScale struct{}

// Normalize implements plot.Normalizer.
func (asinhScale) Normalize(lo, hi, v float64) float64 {
	return (math.Asinh(v) - math.Asinh(lo)) / (math.Asinh(hi) - math.Asinh(lo))
}

// beyondOne says of a signedLogarithmic axis with what unit where it is not linear.
func beyondOne(a axis, unit string) string {
	if _, curved := a.scale.(asinhScale); !curved {
		return ""
	}
	return " Axis: linear up to 1" + unit + ", logarithmic beyond."
}
