package advise

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// figure writes three significant digits, whole numbers in full, thousands separated.
func figure(v float64) string {
	decimals := 0
	switch a := math.Abs(v); {
	case v == math.Trunc(v), a >= 99.95:
	case a >= 9.995:
		decimals = 1
	default:
		decimals = 2
	}
	return thousands(strconv.FormatFloat(v, 'f', decimals, 64))
}

// thousands separates those of a number as strconv spells it.
func thousands(text string) string {
	whole, rest := text, ""
	if i := strings.IndexByte(text, '.'); i >= 0 {
		whole, rest = text[:i], text[i:]
	}
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + rest
}

// percent writes a share.
func percent(share float64) string { return figure(100*share) + "%" }

// latency writes microseconds in ms, from ten seconds on in s.
func latency(us float64) string {
	if math.Abs(us) >= 10e6 {
		return figure(us/1e6) + " s"
	}
	return figure(us/1e3) + " ms"
}

// perSecond writes a rate.
func perSecond(rate float64) string { return figure(rate) + " msg/s" }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// list joins names as a sentence does.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// sentence makes the first letter a capital.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
