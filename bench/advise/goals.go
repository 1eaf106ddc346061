package advise

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// DefaultFreshness is the figure that a freshness objective bounds unless another is named.
const DefaultFreshness = "p99(e2e)"

// Goals are what a transaction size has to meet. Each may be left out.
type Goals struct {
	MaxCost         *float64 `json:"max_cost"`         // share of the reference's records read per second at max that may be lost, 0 ≤ x < 1
	FreshnessUS     *float64 `json:"freshness_us"`     // bound on FreshnessMetric, at a fixed rate
	FreshnessMetric string   `json:"freshness_metric"` // a latency; empty: DefaultFreshness
	RatePerS        *float64 `json:"rate_per_s"`       // the rate that freshness and alerts are asked at; null: each that was run
}

func (g Goals) none() bool { return g.MaxCost == nil && g.FreshnessUS == nil }

// String spells the goals that were set.
func (g Goals) String() string {
	var goals []string
	if g.MaxCost != nil {
		goals = append(goals, fmt.Sprintf("throughput cost at max ≤ %s", percent(*g.MaxCost)))
	}
	if g.FreshnessUS != nil {
		goals = append(goals, fmt.Sprintf("%s ≤ %s", g.FreshnessMetric, latency(*g.FreshnessUS)))
	}
	return strings.Join(goals, ", ")
}

// checked returns the goals with their defaults.
func (g Goals) checked() (Goals, error) {
	if g.FreshnessMetric == "" {
		g.FreshnessMetric = DefaultFreshness
	}
	m, err := metric.Parse(g.FreshnessMetric)
	if err != nil {
		return g, err
	}
	g.FreshnessMetric = m.Name
	switch {
	case m.Kind != metric.Latency:
		return g, &workload.UsageError{Problem: fmt.Sprintf("%s is no latency, and freshness is one", m.Name), Remedy: "name one such as p99(e2e) or p99(commit_due)"}
	case g.MaxCost != nil && !(*g.MaxCost >= 0 && *g.MaxCost < 1):
		return g, costOutOfRange(strconv.FormatFloat(*g.MaxCost, 'g', -1, 64))
	case g.FreshnessUS != nil && !(*g.FreshnessUS > 0 && *g.FreshnessUS <= 3.6e9):
		return g, &workload.UsageError{Problem: "a freshness objective lies between 0 and an hour", Remedy: "give a duration such as 200ms"}
	case g.RatePerS != nil && !(*g.RatePerS > 0 && *g.RatePerS <= 1e8):
		return g, &workload.UsageError{Problem: "freshness exists at a fixed rate only", Remedy: "give the rate in records per second, such as 1000 or 20k"}
	}
	return g, nil
}

// freshness is the latency that the objective bounds.
func (g Goals) freshness() metric.Metric { return metric.Must(g.FreshnessMetric) }

// costRemedy tells how to spell a cost.
const costRemedy = "give a share below 1 or a percentage below 100%, such as 10% or 0.1"

func costOutOfRange(text string) error {
	return &workload.UsageError{Problem: text + " is no share of a throughput that may be lost", Remedy: costRemedy}
}

// ParseShare reads a share from 0 to less than 1: 10%, 0.1. Its error is a *workload.UsageError.
func ParseShare(text string) (float64, error) {
	digits, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	digits = strings.TrimSpace(digits)
	if digits == "" || strings.Trim(digits, "0123456789.") != "" { // neither signs nor exponents nor NaN
		return 0, &workload.UsageError{Problem: fmt.Sprintf("%q is no share", text), Remedy: costRemedy}
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, &workload.UsageError{Problem: fmt.Sprintf("%q is no share", text), Remedy: costRemedy}
	}
	if percent {
		v /= 100
	}
	if v >= 1 {
		return 0, costOutOfRange(text)
	}
	return v, nil
}
