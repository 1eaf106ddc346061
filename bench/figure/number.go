package figure

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// digits writes a figure with three significant digits and no zeros behind them, thousands separated.
func digits(v float64) string {
	if v == 0 {
		return "0"
	}
	decimals := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	if decimals <= 0 {
		return whole(v)
	}
	text := strconv.FormatFloat(v, 'f', min(decimals, 6), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return minus(text)
}

// whole writes a figure rounded to an integer, thousands separated.
func whole(v float64) string {
	plain := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	var b strings.Builder
	if v < 0 && plain != "0" {
		b.WriteString("−")
	}
	for i, d := range plain {
		if i > 0 && (len(plain)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// compact writes a figure with three significant digits and k or M for thousands and millions.
func compact(v float64) string {
	switch a := math.Abs(v); {
	case a >= 999.5e3:
		return digits(v/1e6) + "M"
	case a >= 999.5:
		return digits(v/1e3) + "k"
	}
	return digits(v)
}

// percent writes a share in percent, without the sign: with a decimal near 0 and near 1, where what is left counts.
func percent(v float64) string {
	if a := math.Abs(v); a < 0.0995 || a > 0.9 && a < 1 {
		return minus(strings.TrimSuffix(strconv.FormatFloat(100*v, 'f', 1, 64), ".0"))
	}
	return whole(100 * v)
}

// minus sets the sign that is as wide as a plus.
func minus(text string) string { return strings.Replace(text, "-", "−", 1) }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// printable keeps text from a stored file on its line: control characters are no part of an SVG, and command a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\ufffd' {
			return ' '
		}
		return r
	}, text)
}
