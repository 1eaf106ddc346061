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
