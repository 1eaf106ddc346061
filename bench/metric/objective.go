package metric

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Objective is a bound on a figure: p99(e2e) < 100ms.
type Objective struct {
	Metric Metric
	Op     string  // <, <=, >, >=, ==
	Bound  float64 // in the metric's unit
}

// Backwards says whether an operator bounds the figure on its good side, so that what gets worse still meets it.
func (m Metric) Backwards(op string) bool {
	switch m.Better {
	case Lower:
		return op[0] == '>'
	case Higher:
		return op[0] == '<'
	}
	return false
}

// operators, the longer ones first.
var operators = []string{"<=", ">=", "==", "<", ">"}

// Bounds on the bounds, beyond which no figure of a trial lies.
const (
	longest = 100 * time.Hour
	most    = 1e18
)

// ParseObjective reads METRIC OPERATOR BOUND. A bound on a time is a duration ("100ms", "250us") of up to 100 hours, on anything else a
// number up to 10¹⁸, which may end in k or M. Its errors are *workload.UsageError.
func ParseObjective(text string) (Objective, error) {
	for _, op := range operators {
		left, right, found := strings.Cut(text, op)
		if !found {
			continue
		}
		m, err := Parse(left)
		if err != nil {
			return Objective{}, err
		}
		bound, err := m.ParseBound(strings.TrimSpace(right))
		if err != nil {
			return Objective{}, err
		}
		return Objective{Metric: m, Op: op, Bound: bound}, nil
	}
	return Objective{}, &workload.UsageError{Problem: fmt.Sprintf("%q compares nothing", text),
		Remedy: "write a figure, one of " + strings.Join(operators, ", ") + " and a bound, such as p99(e2e) < 100ms"}
}

// ParseBound reads a bound on the figure, in its unit: a duration on a time, on anything else a number, as ParseObjective takes them. Its
// error is a *workload.UsageError.
func (m Metric) ParseBound(text string) (float64, error) {
	if scale, ok := timeUnit(m.Unit); ok {
		d, err := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
		if err != nil || d < 0 || d > longest {
			return 0, &workload.UsageError{Problem: fmt.Sprintf("%q is no bound for %s, a time", text, m.Name),
				Remedy: "give a duration with its unit, such as 100ms"}
		}
		return float64(d) / float64(scale), nil
	}
	number, factor := text, 1.0
	switch {
	case strings.HasSuffix(text, "k"):
		number, factor = strings.TrimSuffix(text, "k"), 1e3
	case strings.HasSuffix(text, "M"):
		number, factor = strings.TrimSuffix(text, "M"), 1e6
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !(v >= 0) || v*factor > most {
		remedy := fmt.Sprintf("give a number of %s, such as 20k", m.Unit)
		switch {
		case m.Unit == Share:
			remedy = "give a share, such as 0.02"
		case m.Kind == Count:
			remedy = fmt.Sprintf("give a number of %s, such as 0", m.Unit)
		}
		return 0, &workload.UsageError{Problem: fmt.Sprintf("%q is no bound for %s", text, m.Name), Remedy: remedy}
	}
	return v*factor + 0, nil // + 0 makes −0 plain 0
}

// timeUnit is the length of a unit of time; false for the others.
func timeUnit(u Unit) (time.Duration, bool) {
	switch u {
	case Microseconds:
		return time.Microsecond, true
	case Milliseconds:
		return time.Millisecond, true
	}
	return 0, false
}

// Met says whether a trial meets the objective; ok is false where it has no such figure.
func (o Objective) Met(t *result.Trial) (met, ok bool) {
	v := o.Metric.Of(t)
	if v == nil {
		return false, false
	}
	return o.MetBy(*v), true
}

// MetBy says whether a value of the figure, in its unit, meets the objective.
func (o Objective) MetBy(v float64) bool {
	switch o.Op {
	case "<":
		return v < o.Bound
	case "<=":
		return v <= o.Bound
	case ">":
		return v > o.Bound
	case ">=":
		return v >= o.Bound
	}
	return v == o.Bound
}

// String spells the objective as ParseObjective reads it.
func (o Objective) String() string {
	return o.Metric.Name + " " + o.Op + " " + o.Metric.SpellBound(o.Bound)
}

// SpellBound writes a bound on the figure, given in its unit, as ParseBound reads it.
func (m Metric) SpellBound(bound float64) string {
	if scale, ok := timeUnit(m.Unit); ok {
		return time.Duration(math.Round(bound * float64(scale))).String()
	}
	return strconv.FormatFloat(bound, 'f', -1, 64)
}
