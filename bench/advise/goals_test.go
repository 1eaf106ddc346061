package advise

import (
	"errors"
	"math"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func TestParseShare(t *testing.T) {
	for text, want := range map[string]float64{"10%": 0.1, "0.1": 0.1, "12.5 %": 0.125, "0": 0, "0%": 0, "99.9%": 0.999, ".5": 0.5} {
		if got, err := ParseShare(text); err != nil || math.Abs(got-want) > 1e-12 {
			t.Errorf("%q: got %v %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "%", "10", "1", "100%", "-5%", "+5%", "ten", "NaN", "inf", "0x1", "1e-1", "5%%", "1.2.3", "0.1 0.2"} {
		var usage *workload.UsageError
		if got, err := ParseShare(text); !errors.As(err, &usage) {
			t.Errorf("%q: got %v %v, want a usage error", text, got, err)
		}
	}
}

func FuzzParseShare(f *testing.F) {
	for _, text := range []string{"10%", "0.1", "", "100%", "-1", "1e9"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := ParseShare(text); err == nil && !(v >= 0 && v < 1) {
			t.Errorf("%q: %v", text, v)
		}
	})
}

func TestGoalsThatMakeNoSense(t *testing.T) {
	for name, g := range map[string]Goals{
		"unknown figure":  {FreshnessMetric: "p99(e3e)"},
		"no latency":      {FreshnessMetric: "read_per_s"},
		"a lag":           {FreshnessMetric: "max(hold)"},
		"cost of all":     {MaxCost: new(1.0)},
		"cost below none": {MaxCost: new(-0.1)},
		"no cost":         {MaxCost: new(math.NaN())},
		"no time":         {FreshnessUS: new(0.0)},
		"more than hours": {FreshnessUS: new(4e9)},
		"no rate":         {RatePerS: new(0.0)},
	} {
		var usage *workload.UsageError
		if _, err := g.checked(); !errors.As(err, &usage) {
			t.Errorf("%s: got %v, want a usage error", name, err)
		}
	}
	if g, err := (Goals{FreshnessMetric: "p99( commit_due )"}).checked(); err != nil || g.FreshnessMetric != "p99(commit_due)" {
		t.Errorf("got %v %v", g, err)
	}
}
