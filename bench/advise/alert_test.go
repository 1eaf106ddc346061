package advise

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

func TestThreshold(t *testing.T) {
	for _, c := range []struct {
		largest []float64
		want    float64
	}{
		{[]float64{100, 100, 100}, 120},      // no spread: a fifth
		{[]float64{188, 150, 170}, 230},      // 188 + 38, a fifth being 37.6
		{[]float64{100, 190, 140}, 280},      // 190 + 90
		{[]float64{3, 1}, 5},                 // 3 + 2
		{[]float64{1, 1}, 2},                 // 1.2, whole
		{[]float64{1001, 1001}, 1300},        // 1201.2
		{[]float64{1000, 1000}, 1200},        // no digit is lost to the logarithm
		{[]float64{0, 20}, 40},               // from nothing
		{[]float64{98_765, 90_000}, 120_000}, // 118,518
	} {
		if got := threshold(c.largest); got != c.want {
			t.Errorf("%v: got %v, want %v", c.largest, got, c.want)
		}
	}
}

func TestThresholdLiesAboveAllThatWasSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		largest := rapid.SliceOfN(rapid.Float64Range(0.001, 1e9), 1, 20).Draw(t, "largest")
		top, got := slices.Max(largest), threshold(largest)
		if got < top*1.2*(1-1e-12) || got > max(1, 2*top)*1.1+1 {
			t.Fatalf("%v: %v", largest, got)
		}
		if more := threshold(append(largest, top/2)); more < got {
			t.Fatalf("a quieter block lowered %v to %v", got, more)
		}
	})
}

func alertsOf(t *testing.T, goals Goals, runs ...*compare.Run) []Alert {
	t.Helper()
	return from(t, goals, runs...).Alerts
}

func TestAlerts(t *testing.T) {
	alerts := alertsOf(t, Goals{}, rateRun(6), maxRun(6))
	if len(alerts) != 5 {
		t.Fatalf("%d alerts, want one of each cell at the fixed rate and none at max", len(alerts))
	}
	ref, hundred := alerts[0], alerts[3]
	if ref.Mode != reference || ref.Short() != "" || hundred.Short() != "100" || hundred.RatePerS != 1000 {
		t.Fatalf("got %+v and %+v", ref, hundred)
	}
	// The largest of blocks 1 to 6 are 201 to 206: 206 + 41.2.
	for name, l := range map[string]Lag{"reference": ref.Monitoring, "transactional": hundred.Monitoring} {
		if *l.Mean != 100 || *l.Largest != 206 || *l.Above != 250 {
			t.Errorf("%s: %v %v %v", name, *l.Mean, *l.Largest, *l.Above)
		}
	}
	if *hundred.MonitoringSum.Largest != 1236 || *hundred.MonitoringSum.Above != 1500 || *hundred.Hold.Above != 24 || *hundred.AgeMS.Above != 24 {
		t.Errorf("sum %v, hold %v, age %v", *hundred.MonitoringSum.Above, *hundred.Hold.Above, *hundred.AgeMS.Above)
	}
	if hundred.Reader.Above != nil || *hundred.Reader.Largest != 0 {
		t.Error("a threshold on what nothing exports")
	}
	// 2 × (0.1 s to fill + 0.05 s for the slowest commit + 1 s between offset commits), in whole seconds.
	if *hundred.ForS != 3 || *ref.ForS != 2 || *hundred.TransactionS != 0.1 || ref.TransactionS != nil {
		t.Errorf("for %v and %v s", *hundred.ForS, *ref.ForS)
	}
	if *hundred.HangingRecords != 60_000 || ref.HangingRecords != nil || hundred.Samples != 600 || hundred.Blocks != 6 {
		t.Errorf("hanging %v, %d samples in %d blocks", *hundred.HangingRecords, hundred.Samples, hundred.Blocks)
	}
	a := from(t, Goals{}, rateRun(6))
	if !a.Given() || len(a.Questions) != 0 {
		t.Error("without goals thresholds are the advice")
	}
	text := strings.Join(a.Rule, "\n")
	for _, part := range []string{"one in 7", "3,000 in all", "(60 s here)", "60,000 records", "every 1 s", "up to 4,000 more"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not said:\n%s", part, text)
		}
	}
}

func TestAlertsWithoutEvidence(t *testing.T) {
	ref := cellOf{rate: 1000, e2eP99: 1000}
	with := func(each func(int, *result.Trial)) *compare.Run {
		return runOf("r", 6, ref, cellOf{size: 10, rate: 1000, e2eP99: 1000, each: each})
	}
	for _, c := range []struct {
		name string
		run  *compare.Run
		why  string
	}{
		{"one block", rateRun(1), "1 block: how much the largest lag varies takes 6"},
		{"unsustained", with(func(_ int, t *result.Trial) { t.Sustained = new(false) }), "the rate was not sustained in 6 of 6 trials"},
		{"broken", with(breaks(t)), "the guarantee broke in 1 of 6 trials"},
		{"no lag", with(func(_ int, t *result.Trial) { t.Lag = nil }), "not every trial has lag samples"},
		{"no offset committed", with(func(_ int, t *result.Trial) { t.Lag.Monitoring = result.LagStat{} }), "not every trial has lag samples"},
		{"few transactions", with(func(_ int, t *result.Trial) { t.Transactions.Committed = 4 }), "all blocks hold 24 transactions: fewer than 30"},
	} {
		alerts := alertsOf(t, Goals{}, c.run)
		if a := alerts[len(alerts)-1]; !strings.Contains(a.Why, c.why) || a.Monitoring.Above != nil || a.ForS != nil {
			t.Errorf("%s: %q, threshold %v for %v", c.name, a.Why, a.Monitoring.Above, a.ForS)
		}
	}
	if a := from(t, Goals{}, rateRun(1)); a.Given() || len(a.Rule) != 0 {
		t.Errorf("advice of one block: %v", a.Rule)
	}
	if a := from(t, Goals{}, maxRun(6)); a.Given() || len(a.Alerts) != 0 || !strings.Contains(strings.Join(a.Gaps, "\n"), "nothing was run at a fixed rate") {
		t.Errorf("advice at max: %v", a.Gaps)
	}
}

func TestAlertsOfRunsOfOneCellAddUp(t *testing.T) {
	of := func(id string, more float64) *compare.Run {
		return runOf(id, 3, cellOf{size: 10, rate: 1000, each: func(block int, t *result.Trial) {
			t.Lag.Monitoring.Max = new(more + float64(block))
		}})
	}
	alerts := alertsOf(t, Goals{}, of("a", 100), of("b", 200))
	if len(alerts) != 1 || alerts[0].Blocks != 6 || *alerts[0].Monitoring.Largest != 203 || *alerts[0].Monitoring.Above != 310 {
		t.Errorf("got %+v", alerts)
	}
}

func TestAlertsByIntervalAndProducers(t *testing.T) {
	for _, c := range []struct {
		cell cellOf
		fill float64
	}{
		{cellOf{interval: "200ms"}, 0.2},
		{cellOf{size: 50, axes: map[string]any{"producers": 4.0}}, 0.2}, // each sends 250/s
		{cellOf{size: 50, interval: "20ms"}, 0.02},
		{cellOf{size: 5, interval: "20ms"}, 0.005},
	} {
		c.cell.rate = 1000
		if got := *alertsOf(t, Goals{}, runOf("r", 6, c.cell))[0].TransactionS; got != c.fill {
			t.Errorf("%+v: a transaction takes %v s, want %v", c.cell, got, c.fill)
		}
	}
}

func TestGapsNameWhatWasRunAndWhatDoesNotCount(t *testing.T) {
	steal := func(_ int, t *result.Trial) { t.Resources.CPUSteal = new(0.08) }
	run := runOf("r", 3, cellOf{read: 1000}, cellOf{size: 10, read: 990, each: breaks(t)}, cellOf{size: 10, rate: 500, each: steal})
	run.Complete = false
	text := strings.Join(from(t, budget(0.1), run).Gaps, "\n")
	for _, part := range []string{"rates: 500 msg/s and max only", "transactions: 10 only", "partitions: 6 only", "message sizes: 1,000 B only",
		"1 node without replication", "2 CPUs, shared by clients and brokers", "librdkafka 2.15.1 (transaction protocol 1)", "the guarantee broke in 1 of 3 trials",
		"run r was stopped early", "an interval takes 6", "8% of the machine's CPU time", "not other days"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not said:\n%s", part, text)
		}
	}
	run.Broker.Kind = "embedded"
	if text := strings.Join(from(t, budget(0.1), run).Gaps, "\n"); !strings.Contains(text, "not Kafka") {
		t.Errorf("the stand-in is not named:\n%s", text)
	}
}
