package compare

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

var six = []float64{100, 200, 50, 80, 120, 300}

func times(values []float64, factors ...float64) []float64 {
	scaled := slices.Clone(values)
	for i := range scaled {
		scaled[i] *= factors[i%len(factors)]
	}
	return scaled
}

func TestEffectIsTheRatioWithinBlocks(t *testing.T) {
	r := run(blocks(at, "at-least-once", six), blocks(at, "transactional", times(six, 1.1, 1.2, 1.3, 1.2, 1.2, 1.2), "txn_size", 20.0))
	e := r.cell(t, "txn_size=20").Effect(e2e)
	if !e.Ratio || e.N != 6 || e.Missing != "" || !near(e.Estimate, 1.2) || !near(e.Lo, 1.1) || !near(e.Hi, 1.3) || !near(e.P, 2.0/64) || !e.Shown() {
		t.Errorf("got %+v", e)
	}
	lo, hi := e.CostInterval()
	if !near(e.Cost(), 0.2) || !near(lo, 0.1) || !near(hi, 0.3) {
		t.Errorf("cost %v [%v, %v]", e.Cost(), lo, hi)
	}
}

func TestCostIsPositiveWhereTheFigureGotWorse(t *testing.T) {
	r := run(blocks(atMax, "at-least-once", six), blocks(atMax, "transactional", times(six, 0.5, 0.6, 0.7, 0.6, 0.6, 0.6), "txn_size", 20.0))
	c := r.cell(t, "txn_size=20")
	e := c.Effect(readPer)
	lo, hi := e.CostInterval()
	if !near(e.Estimate, 0.6) || !near(e.Cost(), 0.4) || !near(lo, 0.3) || !near(hi, 0.5) {
		t.Errorf("reading less: got %+v, cost %v [%v, %v]", e, e.Cost(), lo, hi)
	}
	e = c.Effect(metric.Must("us_per_record"))
	if lo, hi := e.CostInterval(); !near(e.Cost(), 1/0.6-1) || !near(lo, 1/0.7-1) || !near(hi, 1) {
		t.Errorf("taking longer: cost %v [%v, %v]", e.Cost(), lo, hi)
	}
	back := c.Base.Against(c, readPer)
	if !near(back.Estimate, 1/0.6) || !near(back.Cost(), 1-1/0.6) {
		t.Errorf("the other way round: got %+v, cost %v", back, back.Cost())
	}
}

// withHold gives trials a largest hold.
func withHold(trials []result.Trial, holds ...float64) []result.Trial {
	for i := range trials {
		trials[i].Lag = &result.Lag{Hold: result.LagStat{Max: &holds[i%len(holds)]}}
	}
	return trials
}

func TestRatioOrDifference(t *testing.T) {
	reference, changed := blocks(at, "at-least-once", six), blocks(at, "transactional", times(six, 2), "txn_size", 20.0)
	r := run(withHold(reference, 5), withHold(changed, 25, 26, 27, 28, 29, 30))
	c := r.cell(t, "txn_size=20")
	if e := c.Effect(hold); e.Ratio || !near(e.Estimate, 22.5) || e.Lo != 20 || e.Hi != 25 || !near(e.Cost(), 22.5) {
		t.Errorf("a lag has no ratio even where there could be one: got %+v", e)
	}
	if e := c.Effect(e2e); !e.Ratio || !near(e.Estimate, 2) {
		t.Errorf("got %+v", e)
	}
	if e := c.Difference(c.Base, e2e); e.Ratio || !near(e.Cost(), e.Estimate) || e.Lo != 50 || e.Hi != 300 {
		t.Errorf("a difference when asked for one: got %+v", e)
	}
	*changed[3].LatencyUS["e2e"].Mean = 0
	if e := c.Effect(e2e); e.Ratio || e.Missing != "" || e.Estimate == 0 {
		t.Errorf("a zero has no ratio: got %+v", e)
	}
}

func TestNoBetterDirection(t *testing.T) {
	r := run(blocks(at, "at-least-once", six), blocks(at, "idempotent", six))
	e := r.cell(t, "idempotent").Effect(e2e)
	if e.Shown() || e.P != 1 || e.Estimate != 1 || e.Cost() != 0 {
		t.Errorf("the same figures: got %+v", e)
	}
}

func TestPairing(t *testing.T) {
	reference, changed := blocks(at, "at-least-once", six), blocks(at, "transactional", times(six, 2, 3, 4, 8, 16, 7), "txn_size", 20.0)
	pairsOf := func(reference, changed []result.Trial) Effect {
		r := run(reference, changed)
		return r.cell(t, "txn_size=20").Effect(e2e)
	}
	reversed := slices.Clone(changed)
	slices.Reverse(reversed)
	if a, b := pairsOf(reference, changed), pairsOf(reference, reversed); a.Estimate != b.Estimate || a.Lo != b.Lo {
		t.Errorf("the order of trials matters: %+v, %+v", a, b)
	}

	// Block 1 only ran the reference, block 6 only the other, and in block 2 the reference was cut short.
	e := pairsOf(change(slices.Clone(reference)[:5], 2, func(t *result.Trial) { t.Complete = false }), changed[1:])
	if e.N != 3 || !near(e.Estimate, 8) || !near(e.Lo, nan) || !near(e.Hi, nan) || !near(e.P, nan) || e.Shown() {
		t.Errorf("three blocks have both: got %+v", e)
	}
	reference, changed = blocks(at, "at-least-once", six), blocks(at, "transactional", six, "txn_size", 20.0)
	if e := pairsOf(reference[:3], changed[3:]); e.Missing != "no block holds a usable trial of both" {
		t.Errorf("got %+v", e)
	}
}

func TestWhyAnEffectIsMissing(t *testing.T) {
	broke := func(t *result.Trial) { t.Guarantee.Verdict = result.Broken }
	missed := func(t *result.Trial) { t.Sustained = new(false) }
	none := func(t *result.Trial) { t.LatencyUS = nil }
	reference := func() []result.Trial { return blocks(at, "at-least-once", six) }
	changed := func() []result.Trial { return blocks(at, "transactional", six, "txn_size", 20.0) }
	for want, c := range map[string]struct {
		trials [][]result.Trial
		metric metric.Metric
	}{
		"the run has no matching cell of the reference mode":        {[][]result.Trial{changed()}, e2e},
		"the guarantee broke in mode=transactional,txn_size=20":     {[][]result.Trial{reference(), change(changed(), 6, broke)}, e2e},
		"the guarantee broke in mode=at-least-once":                 {[][]result.Trial{change(reference(), 1, broke), changed()}, e2e},
		"the rate was not sustained in mode=at-least-once":          {[][]result.Trial{change(reference(), 1, missed), changed()}, e2e},
		"not every trial has mean(e2e)":                             {[][]result.Trial{reference(), change(changed(), 3, none)}, e2e},
		"not every trial has max(hold)":                             {[][]result.Trial{reference(), changed()}, hold},
		"at a fixed rate throughput is the same by construction":    {[][]result.Trial{reference(), changed()}, readPer},
		"latencies at max measure the queue":                        {[][]result.Trial{blocks(atMax, "at-least-once", six), blocks(atMax, "transactional", six, "txn_size", 20.0)}, e2e},
		"no trial ran to its end in mode=transactional,txn_size=20": {[][]result.Trial{reference(), change(changed()[:1], 1, func(t *result.Trial) { t.Complete = false })}, e2e},
	} {
		e := run(c.trials...).cell(t, "txn_size=20").Effect(c.metric)
		if e.Missing != want {
			t.Errorf("got %q, want %q", e.Missing, want)
		}
		lo, hi := e.CostInterval()
		for _, v := range []float64{e.Estimate, e.Lo, e.Hi, e.P, e.Cost(), lo, hi} {
			if !math.IsNaN(v) {
				t.Errorf("%s: got %+v", want, e)
			}
		}
		if e.Shown() || e.N != 0 {
			t.Errorf("%s: got %+v", want, e)
		}
	}
	if e := run(reference()).Cells[0].Effect(e2e); e.Missing != "this is the reference" {
		t.Errorf("got %q", e.Missing)
	}
}

func TestUsageIsComparedUnderEveryLoad(t *testing.T) {
	cpu := metric.Must("client_cpu_us_per_record")
	busy := func(trials []result.Trial, seconds float64) []result.Trial {
		for i := range trials {
			trials[i].Resources.CPUS = &seconds
		}
		return trials
	}
	for name, of := range map[string]func(string, int, float64, ...any) result.Trial{"fixed": at, "max": atMax} {
		r := run(busy(blocks(of, "at-least-once", six), 1), busy(blocks(of, "transactional", six, "txn_size", 20.0), 1.5))
		if e := r.cell(t, "txn_size=20").Effect(cpu); !near(e.Estimate, 1.5) || !near(e.Cost(), 0.5) {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}

// TestEffectAgreesWithItsStatistics: what Effect says is Ratio's estimate and interval of the pairs, and comparing the other way round turns it over.
func TestEffectAgreesWithItsStatistics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 14).Draw(t, "blocks")
		positive := rapid.SliceOfN(rapid.Float64Range(1, 1e6), n, n)
		a, b := positive.Draw(t, "changed"), positive.Draw(t, "reference")
		r := run(blocks(at, "at-least-once", b), blocks(at, "idempotent", a))
		c := r.Cells[1]
		e, back := c.Against(r.Cells[0], e2e), r.Cells[0].Against(c, e2e)
		estimate, lo, hi, _ := stats.Ratio(a, b)
		if e.Estimate != estimate || !near(e.Lo, lo) || !near(e.Hi, hi) || e.N != n {
			t.Fatalf("got %+v, want %v [%v, %v]", e, estimate, lo, hi)
		}
		if !near(back.Estimate, 1/estimate) || !near(back.Lo, 1/hi) || !near(back.Hi, 1/lo) || !near(back.P, e.P) {
			t.Fatalf("got %+v and back %+v", e, back)
		}
		if low, high := e.CostInterval(); low > e.Cost() || e.Cost() > high {
			t.Fatalf("cost %v outside [%v, %v]", e.Cost(), low, high)
		}
	})
}
