package metric

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func TestParseObjective(t *testing.T) {
	for text, want := range map[string]struct {
		name, op string
		bound    float64
		canon    string
	}{
		"p99(e2e) < 100ms":        {"p99(e2e)", "<", 100_000, "p99(e2e) < 100ms"},
		"p99(e2e)<=250us":         {"p99(e2e)", "<=", 250, "p99(e2e) <= 250µs"},
		" max( age ) < 1.5 s ":    {"max(age)", "<", 1500, "max(age) < 1.5s"},
		"p50(commit_due) < 1ns":   {"p50(commit_due)", "<", 0.001, "p50(commit_due) < 1ns"},
		"read_per_s >= 20k":       {"read_per_s", ">=", 20_000, "read_per_s >= 20000"},
		"sent_per_s > 1.5M":       {"sent_per_s", ">", 1.5e6, "sent_per_s > 1500000"},
		"lost == 0":               {"lost", "==", 0, "lost == 0"},
		"marker_share < 0.02":     {"marker_share", "<", 0.02, "marker_share < 0.02"},
		"max(hold) <= 1000":       {"max(hold)", "<=", 1000, "max(hold) <= 1000"},
		"lost == -0":              {"lost", "==", 0, "lost == 0"},
		"us_per_record < 12.5":    {"us_per_record", "<", 12.5, "us_per_record < 12.5"},
		"p99.9(e2e) < 100h":       {"p99.9(e2e)", "<", 3.6e11, "p99.9(e2e) < 100h0m0s"},
		"rss_max_bytes < 1e18":    {"rss_max_bytes", "<", 1e18, "rss_max_bytes < 1000000000000000000"},
		"p99(e2e) < 0.333333333s": {"p99(e2e)", "<", 333_333.333, "p99(e2e) < 333.333333ms"},
	} {
		o, err := ParseObjective(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if o.Metric.Name != want.name || o.Op != want.op || o.Bound != want.bound || o.String() != want.canon {
			t.Errorf("%s: got %s %s %v, %q", text, o.Metric.Name, o.Op, o.Bound, o)
		}
	}
}

func TestParseObjectiveRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                      `"" compares nothing: write a figure, one of <=, >=, ==, <, > and a bound, such as p99(e2e) < 100ms`,
		"p99(e2e) = 100ms":      `"p99(e2e) = 100ms" compares nothing`,
		"p98(e2e) < 100ms":      `"p98(e2e)" is no figure of a trial: the percentiles are p50, p90, p99 and p99.9; write such as p99(e2e)`,
		"p99(e2e) < 100":        `"100" is no bound for p99(e2e), a time: give a duration with its unit, such as 100ms`,
		"p99(e2e) < -1ms":       `"-1ms" is no bound`,
		"p99(e2e) < 101h":       `"101h" is no bound`,
		"p99(e2e) <":            `"" is no bound`,
		"read_per_s > 20ms":     `"20ms" is no bound for read_per_s: give a number of msg/s, such as 20k`,
		"read_per_s > -1":       `"-1" is no bound`,
		"read_per_s > NaN":      `"NaN" is no bound`,
		"read_per_s > Inf":      `"Inf" is no bound`,
		"read_per_s > 1e18M":    `"1e18M" is no bound`,
		"marker_share < 2%":     `"2%" is no bound for marker_share: give a share, such as 0.02`,
		"p99(e2e) < 1ms <= 2ms": `"p99(e2e)<1ms" is no figure`,
	} {
		_, err := ParseObjective(text)
		var usage *workload.UsageError
		if !errors.As(err, &usage) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s…", text, err, want)
		}
	}
}

func TestMet(t *testing.T) {
	trial := &result.Trial{LatencyUS: map[string]result.Latency{"e2e": {P99: new(100_000.0)}}}
	for text, want := range map[string][2]bool{
		"p99(e2e) < 100ms":  {false, true},
		"p99(e2e) <= 100ms": {true, true},
		"p99(e2e) < 101ms":  {true, true},
		"p99(e2e) > 100ms":  {false, true},
		"p99(e2e) > 99ms":   {true, true},
		"p99(e2e) >= 100ms": {true, true},
		"p99(e2e) >= 101ms": {false, true},
		"p99(e2e) == 100ms": {true, true},
		"p99(e2e) == 99ms":  {false, true},
		"p50(e2e) < 1h":     {false, false},
		"read_per_s >= 0":   {false, false},
	} {
		o, err := ParseObjective(text)
		if err != nil {
			t.Fatal(err)
		}
		if met, ok := o.Met(trial); met != want[0] || ok != want[1] {
			t.Errorf("%s: got %v, %v", text, met, ok)
		}
	}
}

// An objective and its spelling are one and the same.
func roundTrips(t interface{ Fatalf(string, ...any) }, o Objective) {
	again, err := ParseObjective(o.String())
	if err != nil {
		t.Fatalf("%s: %v", o, err)
	}
	if again.Metric.Name != o.Metric.Name || again.Op != o.Op || again.Bound != o.Bound || again.String() != o.String() {
		t.Fatalf("%s came back as %s (%v, %v)", o, again, o.Bound, again.Bound)
	}
}

func TestEveryObjectiveParsesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom(All()).Draw(t, "metric")
		o := Objective{Metric: m, Op: rapid.SampledFrom(operators).Draw(t, "operator")}
		if scale, ok := timeUnit(m.Unit); ok {
			o.Bound = float64(rapid.Int64Range(0, int64(longest)).Draw(t, "nanoseconds")) / float64(scale)
		} else {
			o.Bound = rapid.Float64Range(0, most).Draw(t, "bound")
		}
		roundTrips(t, o)
	})
}

func FuzzParseObjective(f *testing.F) {
	for _, seed := range []string{"p99(e2e) < 100ms", "read_per_s >= 20k", "lost == 0", "max(age)<=1h2m3.4s", "marker_share>1e-9", "<", "p99(e2e) < 1e3", "sent > 0x1p-3M"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseObjective(text)
		var usage *workload.UsageError
		switch {
		case err == nil:
			roundTrips(t, o)
		case !errors.As(err, &usage) || usage.Problem == "" || usage.Remedy == "":
			t.Fatalf("%q: %v", text, err)
		}
	})
}
