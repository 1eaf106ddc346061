package compare

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// runsOf makes a run per value, whose one cell has that median.
func runsOf(medians ...float64) (runs []*Run) {
	for _, m := range medians {
		runs = append(runs, run(blocks(at, "transactional", []float64{m / 2, m, 3 * m}, "txn_size", 20.0)))
	}
	return runs
}

func only(t testing.TB, older, newer []*Run) Match {
	t.Helper()
	matches, unmatched := Matches(older, newer)
	if len(matches) != 1 || len(unmatched) != 0 {
		t.Fatalf("%d matches, unmatched %q", len(matches), unmatched)
	}
	return matches[0]
}

func TestRunsAreTheUnit(t *testing.T) {
	one := only(t, runsOf(1000), runsOf(1300)).Effect(e2e)
	if !one.Ratio || !near(one.Estimate, 1.3) || !near(one.Lo, nan) || !near(one.Hi, nan) || one.Shown() || one.N != 1 || one.Missing != "" {
		t.Errorf("one against one says by how much, not how surely: got %+v", one)
	}

	baseline := []float64{1000, 1020, 980, 1010, 990, 1000}
	six := only(t, runsOf(baseline...), runsOf(1300)).Effect(e2e)
	if math.Abs(six.Estimate-1.3) > 0.001 || !six.Shown() || six.Lo < 1.2 || six.Hi > 1.4 || six.N != 1 {
		t.Errorf("six against one that is clearly worse: got %+v", six)
	}
	same := only(t, runsOf(baseline...), runsOf(1005)).Effect(e2e)
	if same.Shown() || same.Lo > 1 || same.Hi < 1 {
		t.Errorf("six against one like them: got %+v", same)
	}
	logs := make([]float64, len(baseline))
	for i, v := range baseline {
		logs[i] = math.Log(v)
	}
	estimate, lo, hi, p := stats.MeanDifference([]float64{math.Log(1300)}, logs, 0.95)
	if !near(six.Estimate, math.Exp(estimate)) || !near(six.Lo, math.Exp(lo)) || !near(six.Hi, math.Exp(hi)) || six.P != p {
		t.Errorf("got %+v", six)
	}

	five := only(t, runsOf(baseline[:5]...), runsOf(1300, 1310, 1290)).Effect(e2e)
	if math.Abs(five.Estimate-1.3) > 0.01 || !near(five.Lo, nan) || five.Shown() {
		t.Errorf("five runs are no baseline: got %+v", five)
	}
	if e := only(t, runsOf(1000, 1100, 900), runsOf(1000, 1100)).Effect(e2e); e.N != 2 || e.Shown() {
		t.Errorf("the smaller side counts: got %+v", e)
	}
}

func TestEffectsBetweenRunsThatAreMissing(t *testing.T) {
	good := func() []result.Trial { return blocks(at, "transactional", six, "txn_size", 20.0) }
	for want, c := range map[string]struct{ old, new []result.Trial }{
		"the guarantee broke in mode=transactional,txn_size=20":        {good(), change(good(), 1, func(t *result.Trial) { t.Guarantee.Verdict = result.Broken })},
		"the rate was not sustained in mode=transactional,txn_size=20": {change(good(), 2, func(t *result.Trial) { t.Sustained = new(false) }), good()},
		"not every trial has mean(e2e)":                                {good(), change(good(), 1, func(t *result.Trial) { t.LatencyUS = nil })},
	} {
		if e := only(t, []*Run{run(c.old)}, []*Run{run(c.new)}).Effect(e2e); e.Missing != want || !near(e.Estimate, nan) {
			t.Errorf("got %+v, want %q", e, want)
		}
	}
	if e := only(t, []*Run{run(good())}, []*Run{run(good())}).Effect(readPer); e.Missing != "at a fixed rate throughput is the same by construction" {
		t.Errorf("got %+v", e)
	}
	if e := only(t, []*Run{run(withHold(good(), 0))}, []*Run{run(withHold(good(), 40))}).Effect(hold); e.Ratio || e.Estimate != 40 {
		t.Errorf("got %+v", e)
	}
}

func TestMatches(t *testing.T) {
	one := []float64{1}
	a := run(blocks(at, "at-least-once", one), blocks(at, "idempotent", one), blocks(at, "transactional", one, "txn_size", 20.0))
	b := run(blocks(at, "transactional", one, "txn_size", 20.0), blocks(at, "at-least-once", one), blocks(at, "transactional", one, "txn_size", 100.0))
	matches, unmatched := Matches([]*Run{a}, []*Run{b, b})
	var got []string
	for _, m := range matches {
		if len(m.Old) != 1 || len(m.New) != 2 || m.New[0].Identity() != m.Old[0].Identity() {
			t.Errorf("%s: %d old, %d new", m.Old[0].Name, len(m.Old), len(m.New))
		}
		got = append(got, m.Old[0].Name)
	}
	if want := []string{"mode=at-least-once", "mode=transactional,txn_size=20"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if want := []string{"mode=idempotent", "mode=transactional,txn_size=100"}; !slices.Equal(unmatched, want) {
		t.Errorf("unmatched: got %q, want %q", unmatched, want)
	}

	// What is constant within a run is not in its cells' names.
	rename := func(r *Run) *Run {
		r.Cells[0].Name = "mode=idempotent"
		return r
	}
	a, b = rename(run(blocks(at, "idempotent", one, "partitions", 6.0))), rename(run(blocks(at, "idempotent", one, "partitions", 48.0)))
	matches, unmatched = Matches([]*Run{a}, []*Run{b})
	want := []string{"mode=idempotent,scenario=produce,isolation=read_uncommitted,partitions=6,producers=1,rate=1000",
		"mode=idempotent,scenario=produce,isolation=read_uncommitted,partitions=48,producers=1,rate=1000"}
	if len(matches) != 0 || !slices.Equal(unmatched, want) {
		t.Errorf("%d matches, unmatched %q", len(matches), unmatched)
	}
}

func TestMatchesLoseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) *Run {
			var trials []result.Trial
			for _, size := range rapid.SliceOfNDistinct(rapid.IntRange(1, 6), 0, 5, rapid.ID).Draw(t, name) {
				trials = append(trials, at("transactional", 1, 1000, "txn_size", float64(size)))
			}
			return New(&result.Run{Trials: trials}, "")
		}
		older, newer := []*Run{draw("a"), draw("b")}, []*Run{draw("c")}
		matches, unmatched := Matches(older, newer)
		all := map[string]int{}
		for _, r := range append(older, newer...) {
			for _, c := range r.Cells {
				all[c.Name]++
			}
		}
		if len(matches)+len(unmatched) != len(all) {
			t.Fatalf("%d + %d of %d", len(matches), len(unmatched), len(all))
		}
		for _, m := range matches {
			if all[m.Old[0].Name] != 3 || m.Old[1].Name != m.Old[0].Name || m.New[0].Name != m.Old[0].Name {
				t.Fatalf("%s is in %d of 3", m.Old[0].Name, all[m.Old[0].Name])
			}
		}
	})
}

func TestDifferences(t *testing.T) {
	stored := func(change func(*result.Run)) *Run {
		r := &result.Run{
			RunID: "a", Broker: result.Broker{Kind: "local", Version: new("4.3.1"), Nodes: 1, TransactionVersion: new(2), ReplicationFactor: 1, MinInsyncReplicas: 1,
				Config: map[string]string{"num.network.threads": "3"}},
			Machine: result.Machine{OS: "linux", Arch: "amd64", Kernel: "6.1", CPU: "Example", CPUs: 2, MemoryBytes: 24 << 30},
			Profile: result.Profile{Name: "claims", Values: map[string]result.Value{"duration": {Value: "10s"}, "blocks": {Value: "6"}, "rate": {Value: "1000"}}},
			Trials:  blocks(at, "at-least-once", []float64{1, 2}),
		}
		for i := range r.Trials {
			r.Trials[i].Client = result.Client{Name: "librdkafka", Version: "2.15.1", TransactionProtocol: 1}
		}
		change(r)
		return New(r, "")
	}
	same := stored(func(*result.Run) {})
	for name, c := range map[string]struct {
		change func(*result.Run)
		want   []string
	}{
		"none": {func(*result.Run) {}, nil},
		"what does not matter": {func(r *result.Run) {
			r.RunID, r.Profile.Name = "b", "other"
			r.Profile.Values["blocks"] = result.Value{Value: "10", Source: "flag"}
			r.Profile.Values["rate"] = result.Value{Value: "1000,max"}
			r.Profile.Values["seed"] = result.Value{Value: "7"}
		}, nil},
		"the broker": {func(r *result.Run) {
			r.Broker = result.Broker{Kind: "external", Nodes: 3, ReplicationFactor: 3, MinInsyncReplicas: 2}
		}, []string{"broker: local → external", "broker version: 4.3.1 → –", "brokers: 1 → 3", "replication factor: 1 → 3", "min.insync.replicas: 1 → 2",
			"transaction.version: 2 → –", "broker's num.network.threads: 3 → –"}},
		"the machine": {func(r *result.Run) { r.Machine.CPUs, r.Machine.Kernel = 4, "6.2" }, []string{
			"machine: 2 × Example, 24576 MiB, linux/amd64 → 4 × Example, 24576 MiB, linux/amd64", "kernel: 6.1 → 6.2"}},
		"the client": {func(r *result.Run) { r.Trials[1].Client.TransactionProtocol = 2 }, []string{
			"client: librdkafka 2.15.1, transaction protocol 1 → librdkafka 2.15.1, transaction protocol 1 and librdkafka 2.15.1, transaction protocol 2"}},
		"what was sent": {func(r *result.Run) {
			r.Profile.Values["duration"] = result.Value{Value: "30s"}
			r.Profile.Values["client_config.linger.ms"] = result.Value{Value: "0"}
		}, []string{"client_config.linger.ms: – → 0", "duration: 10s → 30s"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Differences(same, stored(c.change)); !slices.Equal(got, c.want) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}
