package compare

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

func names(cells []*Cell) (all []string) {
	for _, c := range cells {
		all = append(all, c.Name)
	}
	return all
}

func TestCellsStandBesideWhatTheyAreComparedWith(t *testing.T) {
	trials := slices.Concat(
		blocks(atMax, "transactional", []float64{1}, "txn_size", 1000.0), blocks(atMax, "transactional", []float64{1}, "txn_size", 20.0),
		blocks(atMax, "at-least-once", []float64{1}), blocks(at, "idempotent", []float64{1}), blocks(at, "transactional", []float64{1}, "txn_size", 20.0),
		blocks(at, "at-least-once", []float64{1}), blocks(at, "idempotent", []float64{1}, "flush_every", 20.0),
		blocks(at, "transactional", []float64{1}, "txn_interval", "1s"), blocks(at, "transactional", []float64{1}, "txn_interval", "50ms"),
		blocks(at, "strange", []float64{1}), blocks(at, "at-most-once", []float64{1}),
		blocks(at, "transactional", []float64{1}, "txn_size", 20.0, "isolation", "read_uncommitted"))
	want := []string{
		"mode=at-most-once", "mode=at-least-once", "mode=idempotent", "mode=idempotent,flush_every=20",
		"mode=transactional,txn_interval=50ms", "mode=transactional,txn_interval=1s",
		"mode=transactional,txn_size=20", "mode=transactional,txn_size=20,isolation=read_uncommitted", "mode=strange",
		"mode=at-least-once,rate=max", "mode=transactional,rate=max,txn_size=20", "mode=transactional,rate=max,txn_size=1000",
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		random.Shuffle(len(trials), func(i, j int) { trials[i], trials[j] = trials[j], trials[i] })
		r := New(&result.Run{Trials: trials}, "")
		if got := names(r.Cells); !slices.Equal(got, want) {
			t.Fatalf("got %q\nwant %q", got, want)
		}
		if want := []string{"flush_every", "isolation"}; !slices.Equal(r.Axes, want) {
			t.Fatalf("varying: got %q, want %q", r.Axes, want)
		}
	}
}

func TestAxesThatVary(t *testing.T) {
	r := run(blocks(at, "at-least-once", []float64{1}, "partitions", 6.0), blocks(at, "transactional", []float64{1}, "partitions", 6.0, "txn_size", 10.0),
		blocks(at, "at-least-once", []float64{1}, "partitions", 48.0), blocks(at, "transactional", []float64{1}, "partitions", 48.0, "txn_size", 10.0))
	if want := []string{"partitions"}; !slices.Equal(r.Axes, want) { // the isolation follows from the mode
		t.Errorf("got %q, want %q", r.Axes, want)
	}
	if want := []string{"mode=at-least-once,partitions=6", "mode=transactional,partitions=6,txn_size=10",
		"mode=at-least-once,partitions=48", "mode=transactional,partitions=48,txn_size=10"}; !slices.Equal(names(r.Cells), want) {
		t.Errorf("got %q", names(r.Cells))
	}
}

func TestNumbersOfARunThatWasNeverStored(t *testing.T) {
	trials := blocks(at, "transactional", []float64{1}, "txn_size", 100, "rate", 500)
	c := run(trials).Cells[0]
	if c.TxnSize() != 100 || c.RatePerS() != 500 || !c.Transactional() {
		t.Errorf("size %d, rate %v", c.TxnSize(), c.RatePerS())
	}
	if trials[0].Axes["txn_size"] != 100 {
		t.Error("the run itself was changed")
	}
	stored := run(blocks(at, "transactional", []float64{1}, "txn_size", 100.0, "rate", 500.0)).Cells[0]
	if c.Identity() != stored.Identity() {
		t.Errorf("%s is not %s", c.Identity(), stored.Identity())
	}
}

func TestBases(t *testing.T) {
	one := []float64{1}
	ladder := slices.Concat(blocks(at, "at-least-once", one), blocks(at, "idempotent", one), blocks(at, "idempotent", one, "flush_every", 20.0),
		blocks(at, "transactional", one, "txn_size", 20.0), blocks(at, "transactional", one, "txn_size", 20.0, "isolation", "read_uncommitted"))
	for name, c := range map[string]struct {
		trials    []result.Trial
		reference string
		want      map[string]string // by the end of a cell's name, the end of its base's; empty: none
	}{
		"modes and controls": {ladder, "", map[string]string{
			"at-least-once": "at-least-once", "idempotent": "at-least-once", "flush_every=20": "at-least-once",
			"txn_size=20": "at-least-once", "read_uncommitted": "at-least-once"}},
		"another reference": {ladder, "idempotent", map[string]string{
			"at-least-once": "mode=idempotent", "mode=idempotent": "mode=idempotent", "flush_every=20": "mode=idempotent", "txn_size=20": "mode=idempotent"}},
		"a reference that did not run": {ladder, "at-most-once", map[string]string{"at-least-once": "", "txn_size=20": ""}},
		"other axes are shared": {
			slices.Concat(blocks(at, "at-least-once", one, "partitions", 6.0), blocks(at, "at-least-once", one, "partitions", 48.0),
				blocks(at, "transactional", one, "txn_size", 20.0, "partitions", 48.0), blocks(at, "transactional", one, "txn_size", 20.0, "partitions", 60.0)), "",
			map[string]string{"txn_size=20,partitions=48": "at-least-once,partitions=48", "txn_size=20,partitions=60": "", "once,partitions=6": "once,partitions=6"},
		},
		"a control of the reference is no base": {
			slices.Concat(blocks(at, "at-least-once", one, "isolation", "read_committed"), blocks(at, "at-least-once", one, "isolation", "read_uncommitted"),
				blocks(at, "transactional", one, "txn_size", 20.0)), "",
			map[string]string{"txn_size=20": "isolation=read_uncommitted", "isolation=read_committed": "isolation=read_uncommitted"},
		},
		"unless only controls of it ran": {
			slices.Concat(blocks(at, "at-least-once", one, "isolation", "read_committed"), blocks(at, "transactional", one, "txn_size", 20.0)), "",
			map[string]string{"txn_size=20": "isolation=read_committed", "isolation=read_committed": "isolation=read_committed"},
		},
		"but never a flush": {
			slices.Concat(blocks(at, "at-least-once", one, "flush_every", 20.0), blocks(at, "transactional", one, "txn_size", 20.0)), "",
			map[string]string{"txn_size=20": "", "flush_every=20": ""},
		},
		"faults are not mixed": {
			slices.Concat(blocks(at, "at-least-once", one), change(blocks(at, "transactional", one, "txn_size", 20.0), 1, func(t *result.Trial) { t.Fault = new("kill") })), "",
			map[string]string{"txn_size=20": ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(&result.Run{Trials: c.trials}, c.reference)
			for end, base := range c.want {
				got := r.cell(t, end).Base
				if base == "" && got != nil || base != "" && got != r.cell(t, base) {
					t.Errorf("%s: got %v, want %q", end, got, base)
				}
			}
		})
	}
}

func TestTheProfileNamesTheReference(t *testing.T) {
	r := &result.Run{Profile: result.Profile{Values: map[string]result.Value{"reference": {Value: "idempotent"}}}}
	if got := New(r, "").Reference; got != "idempotent" {
		t.Errorf("got %s", got)
	}
	if got := New(r, "at-most-once").Reference; got != "at-most-once" {
		t.Errorf("got %s", got)
	}
	if got := New(&result.Run{}, ""); got.Reference != "at-least-once" || len(got.Cells) != 0 {
		t.Errorf("got %s, %d cells", got.Reference, len(got.Cells))
	}
}

func TestUnfit(t *testing.T) {
	broke := func(t *result.Trial) { t.Guarantee.Verdict = result.Broken }
	cut := func(t *result.Trial) { t.Complete = false }
	both := func(t *result.Trial) { cut(t); broke(t) }
	values := []float64{1000, 2000, 9000}
	for name, c := range map[string]struct {
		trials []result.Trial
		why    string
		usable int
		median float64 // 0: none
	}{
		"all well":             {blocks(at, "idempotent", values), "", 3, 2000},
		"one broke":            {change(blocks(at, "idempotent", values), 3, broke), "the guarantee broke", 2, 1500},
		"all broke":            {change(blocks(at, "idempotent", values[:1]), 1, broke), "the guarantee broke", 0, 0},
		"cut short and broke":  {change(blocks(at, "idempotent", values[:1]), 1, both), "the guarantee broke", 0, 0},
		"one cut short":        {change(blocks(at, "idempotent", values), 1, cut), "", 2, 5500},
		"the only cut short":   {change(blocks(at, "idempotent", values[:1]), 1, cut), "no trial ran to its end", 1, 1000},
		"one did not sustain":  {change(blocks(at, "idempotent", values), 1, func(t *result.Trial) { t.Sustained = new(false) }), "the rate was not sustained", 3, 2000},
		"one lacks the figure": {change(blocks(at, "idempotent", values), 1, func(t *result.Trial) { t.LatencyUS = nil }), "", 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			cell := run(c.trials).Cells[0]
			if got := cell.Unfit(); got != c.why {
				t.Errorf("got %q, want %q", got, c.why)
			}
			if len(cell.Usable) != c.usable || cell.Void() != (c.usable == 0) || len(cell.Trials) != len(c.trials) {
				t.Errorf("%d usable, void %v", len(cell.Usable), cell.Void())
			}
			got := cell.Median(e2e)
			if (got == nil) != (c.median == 0) || got != nil && *got != c.median {
				t.Errorf("median: got %v, want %v", got, c.median)
			}
			if largest := cell.Largest(e2e); (largest == nil) != (c.median == 0) {
				t.Errorf("largest: got %v", largest)
			}
		})
	}
}

func TestEstimate(t *testing.T) {
	c := run(blocks(at, "idempotent", []float64{60, 10, 50, 20, 40, 30})).Cells[0]
	if e, ok := c.Estimate(e2e); !ok || e != (Estimate{Median: 35, Lo: 10, Hi: 60, N: 6}) {
		t.Errorf("got %+v, %v", e, ok)
	}
	c = run(blocks(at, "idempotent", []float64{50, 10, 20, 40, 30})).Cells[0]
	if e, ok := c.Estimate(e2e); !ok || e.Median != 30 || e.N != 5 || !near(e.Lo, nan) || !near(e.Hi, nan) {
		t.Errorf("got %+v, %v", e, ok)
	}
	if _, ok := c.Estimate(hold); ok {
		t.Error("an estimate of a figure that no trial has")
	}
	if got := c.Largest(e2e); got == nil || *got != 50 {
		t.Errorf("largest: got %v", got)
	}
}

// TestAnyRunHasCells: grouping neither loses nor doubles a trial and no base is less like its cell than it must be.
func TestAnyRunHasCells(t *testing.T) {
	modes := rapid.SampledFrom([]string{"at-most-once", "at-least-once", "idempotent", "transactional", "other"})
	value := rapid.SampledFrom([]any{nil, 1.0, 20.0, "0s", "5ms", "max", "read_committed", "read_uncommitted"})
	rapid.Check(t, func(t *rapid.T) {
		var trials []result.Trial
		for i := range rapid.IntRange(0, 12).Draw(t, "trials") {
			var axes []any
			for _, key := range []string{"rate", "txn_size", "flush_every", "isolation", "linger", "txn_interval", "producers"} {
				axes = append(axes, key, value.Draw(t, key))
			}
			trial := at(modes.Draw(t, "mode"), i%3+1, 1000, axes...)
			trial.Complete = rapid.Bool().Draw(t, "complete")
			trial.Guarantee.Verdict = rapid.SampledFrom([]result.Verdict{result.Held, result.Broken}).Draw(t, "verdict")
			if rapid.Bool().Draw(t, "max") {
				trial.DuePerS, trial.Saturated = nil, true
			}
			trials = append(trials, trial)
		}
		r := New(&result.Run{Trials: trials}, "")
		n := 0
		for _, c := range r.Cells {
			n += len(c.Trials)
			switch {
			case c.Base == nil:
			case c.Base.Mode != r.Reference:
				t.Fatalf("%s has the base %s", c.Name, c.Base.Name)
			case !c.Control() && c.Mode == r.Reference && c.Base != c:
				t.Fatalf("the reference %s has the base %s", c.Name, c.Base.Name)
			}
			for _, m := range metric.All() {
				if e := c.Effect(m); e.Missing == "" && e.N == 0 || e.Shown() && e.Missing != "" {
					t.Fatalf("%s of %s: %+v", m.Name, c.Name, e)
				}
			}
		}
		if n != len(trials) {
			t.Fatalf("%d of %d trials", n, len(trials))
		}
		r.Ladders()
		r.CycleFits()
	})
}

func BenchmarkNew(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprintf("trials=%d", n), func(b *testing.B) {
			var trials []result.Trial
			for i := range n / 10 {
				trials = append(trials, blocks(at, []string{"at-least-once", "transactional"}[i%2], make([]float64, 10), "partitions", float64(i/2))...)
			}
			run := &result.Run{Trials: trials}
			b.ReportAllocs()
			for b.Loop() {
				New(run, "")
			}
		})
	}
}
