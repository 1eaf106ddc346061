package gate

import (
	"fmt"
	"math"
	"strconv"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// unit is that of the rule's verdict; empty: a share.
func (r Rule) unit() string {
	if (r.Kind == Cost || r.Kind == Baseline) && hasRatio(r.Metric) {
		return ""
	}
	return string(r.Metric.Unit)
}

// spell writes a figure of a verdict for people: shares as percentages, times in the unit that suits them.
func spell(v float64, unit string) string {
	switch metric.Unit(unit) {
	case metric.Share:
		return figure(100*v) + "%"
	case metric.Microseconds:
		switch a := math.Abs(v); {
		case a >= 10e6:
			return figure(v/1e6) + " s"
		case a >= 100:
			return figure(v/1e3) + " ms"
		}
	}
	return figure(v) + " " + unit
}

// figure writes three significant digits, of a large number all before the point.
func figure(v float64) string {
	switch a := math.Abs(v); {
	case v == math.Trunc(v), a >= 99.95:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 0.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

// plural counts a noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
