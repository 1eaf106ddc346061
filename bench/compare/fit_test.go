package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// transactions are trials at max of a size, a block each, with that many committed in a window of 10 s.
func transactions(size float64, committed []int64, axes ...any) []result.Trial {
	trials := blocks(atMax, "transactional", make([]float64, len(committed)), append([]any{"txn_size", size}, axes...)...)
	for i := range trials {
		trials[i].Transactions = &result.Transactions{Committed: committed[i]}
	}
	return trials
}

func alone(t testing.TB, r *Run) CycleFit {
	t.Helper()
	fits := r.CycleFits()
	if len(fits) != 1 {
		t.Fatalf("%d fits", len(fits))
	}
	return fits[0]
}

func TestCycleFit(t *testing.T) {
	// 4 ms for a transaction and 10 µs for each of its records: 10 s hold 2500 ÷ (1 + size/400).
	f := alone(t, run(transactions(100, []int64{2000}), transactions(400, []int64{1250}), transactions(1600, []int64{500}),
		blocks(atMax, "at-least-once", []float64{1}), transactions(100, []int64{9}, "isolation", "read_uncommitted"),
		transactions(100, []int64{9}, "txn_interval", "5ms")))
	if f.Name != "rate=max" || !near(f.Fixed.Value, 4000) || !near(f.Marginal.Value, 10) || f.Weights != "1 ÷ time²" || len(f.Notes) != 0 {
		t.Errorf("got %+v", f)
	}
	for i, want := range []CyclePoint{{Records: 100, CycleUS: 5000}, {Records: 400, CycleUS: 8000}, {Records: 1600, CycleUS: 20_000}} {
		if p := f.Points[i]; p.Records != want.Records || p.CycleUS != want.CycleUS || !near(p.Residual, 0) || p.Blocks != 1 || p.Cell.TxnSize() != want.Records {
			t.Errorf("got %+v", p)
		}
	}
	for records, outside := range map[int]bool{50: true, 100: false, 1000: false, 1600: false, 1601: true} {
		if p := f.Predict(records); p.Records != records || p.Outside != outside || !near(p.CycleUS.Value, 4000+10*float64(records)) {
			t.Errorf("%d: got %+v", records, p)
		}
	}
}

func TestCyclesOfSeveralProducersTakeTurns(t *testing.T) {
	f := alone(t, run(transactions(100, []int64{4 * 2000}, "producers", 4.0), transactions(400, []int64{4 * 1250}, "producers", 4.0),
		transactions(1600, []int64{4 * 500}, "producers", 4.0)))
	if !near(f.Fixed.Value, 4000) || !near(f.Marginal.Value, 10) {
		t.Errorf("got %+v", f)
	}
	aborting := transactions(1600, []int64{400})
	aborting[0].Transactions.Aborted = 100
	f = alone(t, run(transactions(100, []int64{2000}), transactions(400, []int64{1250}), aborting))
	if !near(f.Fixed.Value, 4000) || !near(f.Marginal.Value, 10) {
		t.Errorf("aborted ones take their turn too: got %+v", f)
	}
}

func TestSizesThatSayNothingAreLeftOut(t *testing.T) {
	all := func(more ...[]result.Trial) *Run {
		return run(append([][]result.Trial{transactions(1, []int64{2500}), transactions(100, []int64{2000}), transactions(400, []int64{1250})}, more...)...)
	}
	f := alone(t, all(transactions(10_000, []int64{29}),
		change(transactions(1600, []int64{700}), 1, func(t *result.Trial) { t.Guarantee.Verdict = result.Broken }),
		change(transactions(2000, []int64{700}), 1, func(t *result.Trial) { t.Transactions = nil })))
	want := []string{"1600 records per transaction left out: the guarantee broke",
		"2000 records per transaction left out: fewer than 30 transactions per producer in a window",
		"10000 records per transaction left out: fewer than 30 transactions per producer in a window"}
	if len(f.Points) != 3 || !slices.Equal(f.Notes, want) {
		t.Errorf("%d points, notes %q", len(f.Points), f.Notes)
	}
	if got := run(transactions(1, []int64{2500}), transactions(100, []int64{2000}), transactions(10_000, []int64{29})).CycleFits(); len(got) != 0 {
		t.Errorf("a line through two points: %+v", got)
	}
	fixed := func(trials []result.Trial) []result.Trial {
		return change(trials, 1, func(t *result.Trial) { t.DuePerS = new(1000.0) })
	}
	if got := run(fixed(transactions(1, []int64{2500})), fixed(transactions(100, []int64{2000})), fixed(transactions(400, []int64{1250}))).CycleFits(); len(got) != 0 {
		t.Errorf("cycles at a fixed rate are the schedule's: %+v", got)
	}
}

func TestEachGroupHasItsFit(t *testing.T) {
	var trials [][]result.Trial
	for _, partitions := range []float64{6, 48} {
		for size, n := range map[float64]int64{100: 2000, 400: 1250, 1600: 500} {
			trials = append(trials, transactions(size, []int64{n}, "partitions", partitions))
		}
	}
	trials = append(trials, transactions(100, []int64{2000}, "partitions", 1.0))
	var got []string
	for _, f := range run(trials...).CycleFits() {
		got = append(got, f.Name)
	}
	if want := []string{"rate=max,partitions=6", "rate=max,partitions=48"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// TestCycleFitCoverage: intervals cover what was put in about as often as they say, with spreads that grow with the time and differ between
// sizes, whether the weights come from the blocks or not.
func TestCycleFitCoverage(t *testing.T) {
	const replications, fixed, marginal = 800, 4000, 10
	sizes := []float64{1, 10, 100, 1000, 10_000}
	for n, weights := range map[int]string{2: "1 ÷ time²", 9: "1 ÷ time²", 10: "1 ÷ variance between blocks", 20: "1 ÷ variance between blocks"} {
		random := rand.New(rand.NewPCG(9, uint64(n)))
		var perTxn, perRecord int
		var trials [][]result.Trial
		for _, size := range sizes {
			trials = append(trials, transactions(size, make([]int64, n)))
		}
		r := run(trials...)
		for range replications {
			for i := range r.Trials {
				cycle := (fixed + marginal*r.Trials[i].Axes["txn_size"].(float64)) * math.Exp(0.08*random.NormFloat64())
				r.Trials[i].WindowS, r.Trials[i].Transactions.Committed = 1000, int64(1e9/cycle)
			}
			f := alone(t, r)
			if f.Weights != weights {
				t.Fatalf("%d blocks weighed by %s", n, f.Weights)
			}
			if f.Fixed.Lo <= fixed && fixed <= f.Fixed.Hi {
				perTxn++
			}
			if f.Marginal.Lo <= marginal && marginal <= f.Marginal.Hi {
				perRecord++
			}
		}
		a, b := 100*float64(perTxn)/replications, 100*float64(perRecord)/replications
		t.Logf("%d blocks: fixed covered in %.1f%%, marginal in %.1f%%", n, a, b)
		if a < 92 || b < 92 {
			t.Errorf("%d blocks: fixed covered in %.1f%%, marginal in %.1f%%, want about 95%%", n, a, b)
		}
	}
}
