package gate

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]struct {
		kind  Kind
		name  string
		limit float64
		canon string
	}{
		"p99(commit_due) < 20ms":               {Absolute, "p99(commit_due)", 20_000, "p99(commit_due) < 20ms"},
		"read_per_s>=50k":                      {Absolute, "read_per_s", 50_000, "read_per_s >= 50000"},
		"lost == 0":                            {Count, "lost", 0, "lost == 0"},
		"duplicate<10":                         {Count, "duplicate", 10, "duplicate < 10"},
		"marker_share < 0.02":                  {Absolute, "marker_share", 0.02, "marker_share < 0.02"},
		"cost(read_per_s) < 15%":               {Cost, "read_per_s", 15, "cost(read_per_s) < 15%"},
		" cost ( p99 ( e2e ) )<= 250 % ":       {Cost, "p99(e2e)", 250, "cost(p99(e2e)) <= 250%"},
		"cost(max(hold)) < 1k":                 {Cost, "max(hold)", 1000, "cost(max(hold)) < 1000"},
		"cost(max(age)) < 50ms":                {Cost, "max(age)", 50, "cost(max(age)) < 50ms"},
		"p99(e2e) <= baseline + 10%":           {Baseline, "p99(e2e)", 10, "p99(e2e) <= baseline + 10%"},
		"p99(e2e)<baseline+0.5%":               {Baseline, "p99(e2e)", 0.5, "p99(e2e) < baseline + 0.5%"},
		"p99(e2e) <= baseline - 10%":           {Baseline, "p99(e2e)", -10, "p99(e2e) <= baseline - 10%"},
		"p99(e2e) <= baseline - 0%":            {Baseline, "p99(e2e)", 0, "p99(e2e) <= baseline + 0%"},
		"read_per_s >= baseline - 15%":         {Baseline, "read_per_s", 15, "read_per_s >= baseline - 15%"},
		"read_per_s > baseline + 100%":         {Baseline, "read_per_s", -100, "read_per_s > baseline + 100%"},
		"max(hold) <= baseline + 100":          {Baseline, "max(hold)", 100, "max(hold) <= baseline + 100"},
		"max(age) <= baseline - 20ms":          {Baseline, "max(age)", -20, "max(age) <= baseline - 20ms"},
		"p99(e2e) < 1s for mode=transactional": {Absolute, "p99(e2e)", 1e6, "p99(e2e) < 1s for mode=transactional"},
		"lost == 0 for txn_size = 100 , rate=20k,message_size=uniform(100,2000)": {Count, "lost", 0,
			"lost == 0 for txn_size=100, rate=20000, message_size=uniform(100,2000)"},
		"cost(read_per_s)\n<\t15%  for  txn_interval=1000ms": {Cost, "read_per_s", 15, "cost(read_per_s) < 15% for txn_interval=1s"},
	} {
		r, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if r.Kind != want.kind || r.Metric.Name != want.name || r.Limit != want.limit || r.String() != want.canon {
			t.Errorf("%s: got %s %s %v, %q", text, r.Kind, r.Metric.Name, r.Limit, r)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      `rule "": "" compares nothing: write a figure`,
		"p98(commit_due) < 20ms":                `rule "p98(commit_due) < 20ms": "p98(commit_due)" is no figure of a trial: the percentiles are p50, p90, p99 and p99.9`,
		"p99(commit_due) < 20":                  `"20" is no bound for p99(commit_due), a time: give a duration with its unit`,
		"read_per_s >= 20ms":                    `"20ms" is no bound for read_per_s: give a number of msg/s`,
		"read_per_s >= 20%":                     `"20%" is no bound for read_per_s`,
		"p99(e2e) == 20ms":                      `p99(e2e) is measured, and never exactly the same twice: give a bound, such as p99(e2e) <= 20ms`,
		"read_per_s == 1k":                      `give a bound, such as read_per_s >= 1000`,
		"p99(e2e) = 20ms":                       `compares nothing`,
		"cost(read_per_s < 15%":                 `"cost(read_per_s" is not closed: write cost(FIGURE)`,
		"cost(read_per_second) < 15%":           `"read_per_second" is no figure of a trial: did you mean read_per_s?`,
		"cost(read_per_s)":                      `a cost is bounded from above, by < or <=: write such as cost(read_per_s) < 15%`,
		"p99(commit_due) > 20ms":                `p99(commit_due) is better when lower, so a bound by > passes what gets worse: write such as p99(commit_due) <= 20ms`,
		"lost >= 0":                             `lost is better when lower`,
		"read_per_s < 50k":                      `read_per_s is better when higher, so a bound by < passes what gets worse: write such as read_per_s >= 50000`,
		"cost(read_per_s) > 15%":                `a cost is bounded from above`,
		"cost(read_per_s) < 15":                 `"15" is no percentage by which read_per_s may be worse: write such as cost(read_per_s) < 15%`,
		"cost(read_per_s) < -5%":                `"-5%" is no percentage`,
		"cost(read_per_s) < 1e1%":               `"1e1%" is no percentage`,
		"cost(read_per_s) < NaN%":               `"NaN%" is no percentage`,
		"cost(p99(e2e)) < 2000000%":             `"2000000%" is no percentage`,
		"cost(read_per_s) < 100%":               `read_per_s cannot get worse by 100%`,
		"cost(lost) < 1":                        `lost is counted, exactly: hold it against a number, such as lost == 0`,
		"cost(due_per_s) < 1%":                  `due_per_s is neither better nor worse when it changes`,
		"cost(max(hold)) < 10%":                 `max(hold) is compared by its difference, for its reference may be 0: "10%" is none: write such as cost(max(hold)) < 100`,
		"cost(max(age)) < 10":                   `"10" is no bound for max(age), a time`,
		"cost(read_per_s) < baseline + 5%":      `a cost is against the reference mode of the same run`,
		"p99(e2e) <= baseline":                  `"baseline" has no margin: no two runs measure the same: write such as p99(e2e) <= baseline + 15%`,
		"p99(e2e) <= baseline * 1.1":            `has no margin`,
		"p99(e2e) <= baseline + 10":             `"10" is no percentage`,
		"p99(e2e) <= baseline + 10ms":           `"10ms" is no percentage`,
		"p99(e2e) >= baseline + 10%":            `p99(e2e) is better when lower, so >= keeps nothing from getting worse: write such as p99(e2e) <= baseline + 15%`,
		"p99(e2e) == baseline + 10%":            `so == keeps nothing`,
		"read_per_s <= baseline + 10%":          `read_per_s is better when higher, so <= keeps nothing from getting worse: write such as read_per_s >= baseline - 15%`,
		"p99(e2e) <= baseline - 100%":           `p99(e2e) cannot change by - 100%`,
		"p99(e2e) <= basline + 10%":             `did you mean baseline?`,
		"lost <= baseline + 1":                  `lost is counted, exactly`,
		"lost == 0 for":                         `"0 for" is no bound`,
		"lost == 0 for mode":                    `"mode" names no cells: write AXIS=VALUE, such as mode=transactional`,
		"lost == 0 for mod=transactional":       `"mod" is no axis of a run: did you mean mode?`,
		"lost == 0 for mode=transactionl":       `mode: unknown mode "transactionl": did you mean transactional?`,
		"lost == 0 for mode=all":                `mode=all is every cell: leave it out, or give one`,
		"lost == 0 for txn_size=a":              `txn_size: `,
		"lost == 0 for txn_size=1,txn_size=2":   `txn_size is given twice`,
		"lost == 0 for txn_size=1,":             `"" names no cells`,
		"lost == 0 for duration=1s":             `"duration" is no axis of a run`,
		"lost == 0 for mode=idempotent for a=b": `mode: unknown mode "idempotent for a=b"`,
	} {
		_, err := Parse(text)
		refused(t, err, want)
	}
}

// A rule and its spelling are one and the same.
func roundTrips(t interface{ Fatalf(string, ...any) }, r Rule) {
	again, err := Parse(r.String())
	if err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	if again.Kind != r.Kind || again.Metric.Name != r.Metric.Name || again.Op != r.Op || again.Limit != r.Limit || again.Scope.String() != r.Scope.String() || again.String() != r.String() {
		t.Fatalf("%s came back as %s (%v, %v)", r, again, r.Limit, again.Limit)
	}
}

func TestEveryRuleParsesBack(t *testing.T) {
	var relative []metric.Metric
	for _, m := range metric.All() {
		if relatable(m) == nil {
			relative = append(relative, m)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		r := Rule{Kind: rapid.SampledFrom([]Kind{Cost, Baseline}).Draw(t, "kind"), Metric: rapid.SampledFrom(relative).Draw(t, "metric")}
		r.Op = "<="
		if r.Kind == Baseline {
			r.Op = bounded(r.Metric)
		}
		switch {
		case hasRatio(r.Metric):
			r.Limit = rapid.Float64Range(0, 99.9).Draw(t, "percent")
		case r.Metric.Unit == metric.Milliseconds:
			r.Limit = float64(rapid.Int64Range(0, 1e12).Draw(t, "nanoseconds")) / 1e6
		default:
			r.Limit = rapid.Float64Range(0, 1e6).Draw(t, "limit")
		}
		if r.Kind == Baseline && r.Limit > 0 && rapid.Bool().Draw(t, "better") {
			r.Limit = -r.Limit
		}
		roundTrips(t, r)
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"p99(commit_due) < 20ms", "read_per_s >= 50000", "lost == 0", "cost(read_per_s) < 15%", "p99(e2e) <= baseline + 10%", "read_per_s>=baseline-1.5%",
		"max(hold) <= baseline + 100 for mode=transactional, txn_size=100", "cost(max(age))<1h2m3.4s for message_size=normal(1KB,200)", "cost(", "< baseline",
		"lost == 0 for rate=20k,linger=0s,isolation=read_committed,mode=all", "p99(e2e) <= baseline - 99.99999999%",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse(text)
		var usage *workload.UsageError
		switch {
		case err == nil:
			roundTrips(t, r)
		case !errors.As(err, &usage) || usage.Problem == "" || usage.Remedy == "":
			t.Fatalf("%q: %v", text, err)
		}
	})
}
