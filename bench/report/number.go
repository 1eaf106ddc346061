package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// none stands where there is no figure.
const none = "–"

// sensible writes a figure with the digits that people compare: two decimals below 1, one below 100, none above;
// three where two would leave a small figure with one digit or none.
func sensible(v float64) string {
	switch a := math.Abs(v); {
	case a == 0:
		return "0"
	case a < 0.1:
		return strconv.FormatFloat(v, 'f', 3, 64)
	case a < 0.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return whole(v)
}

// whole writes a figure rounded to an integer, thousands separated.
func whole(v float64) string {
	if math.Abs(v) >= 1e15 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	plain := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	var b strings.Builder
	if v < 0 && plain != "0" {
		b.WriteByte('-')
	}
	for i, d := range plain {
		if i > 0 && (len(plain)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// rate writes records per second; below 100 a decimal tells 0.5 from 1.
func rate(v float64) string {
	if v < 100 && v != math.Trunc(v) {
		return sensible(v)
	}
	return whole(v)
}

// times writes a ratio.
func times(v float64) string { return "×" + bare(v) }

// between writes the interval of a ratio.
func between(lo, hi float64) string { return bare(lo) + "–" + bare(hi) }

// finely writes a ratio near 1 with one digit more, which is where the difference is.
func finely(v float64) string {
	if math.Abs(v-1) < 0.05 {
		return strconv.FormatFloat(v, 'f', 3, 64)
	}
	return bare(v)
}

// bare writes a ratio without its sign. A small one has two digits too: a hundredth and a thousandth are not the same cost.
func bare(v float64) string {
	switch {
	case 0 < v && v < 0.0995:
		return strconv.FormatFloat(v, 'f', min(1-int(math.Floor(math.Log10(v*1.005))), 9), 64)
	case v < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return sensible(v)
}

// millis writes microseconds as milliseconds, without the unit.
func millis(us float64) string { return sensible(us / 1e3) }

// digits writes a figure with three significant digits, as many as a histogram keeps.
func digits(v float64) string {
	switch a := math.Abs(v); {
	case a < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case a < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return whole(v)
}

// duration writes microseconds with the unit that suits their size.
func duration(us float64) string { return durations(us) }

// durations writes several with one unit, which suits the largest: 5.21 → 104 ms.
func durations(us ...float64) string { return durationsBy(" → ", us...) }

func durationsBy(separator string, us ...float64) string {
	largest := 0.0
	for _, v := range us {
		largest = max(largest, math.Abs(v))
	}
	unit, scale := "ms", 1e3
	switch {
	case largest >= 10e6:
		unit, scale = "s", 1e6
	case largest < 100:
		unit, scale = "µs", 1
	}
	texts := make([]string, len(us))
	for i, v := range us {
		texts[i] = digits(v / scale)
	}
	return strings.Join(texts, separator) + " " + unit
}

// maybe formats a figure that may not exist.
func maybe(v *float64, format func(float64) string) string {
	if v == nil {
		return none
	}
	return format(*v)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
