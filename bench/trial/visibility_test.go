package trial

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

const ms = int64(time.Millisecond)

func TestVisibilityPairsCommitsWithReads(t *testing.T) {
	for _, tc := range []struct {
		name        string
		play        func(*visibility)
		first, last float64 // µs; NaN: no sample
		early       int64
		earlySum    int64
		censored    int64
	}{
		{"read after the commit returned", func(v *visibility) {
			v.calling(0, 3, true)
			v.ended(0, true, 10*ms)
			v.read(0, 2, 11*ms, 12*ms)
			v.read(0, 1, 15*ms, 15*ms)
		}, 1000, 5000, 0, 0, 0},
		{"read before the commit returned", func(v *visibility) {
			v.calling(0, 2, true)
			v.read(0, 2, 8*ms, 9*ms)
			v.ended(0, true, 10*ms)
		}, 0, 0, 1, 2 * ms, 0},
		{"first before, last after", func(v *visibility) {
			v.calling(0, 2, true)
			v.read(0, 1, 9*ms, 9*ms)
			v.ended(0, true, 10*ms)
			v.read(0, 1, 12*ms, 12*ms)
		}, 0, 2000, 1, 1 * ms, 0},
		{"two readers, the later one first", func(v *visibility) {
			v.calling(0, 2, true)
			v.ended(0, true, 10*ms)
			v.read(0, 1, 14*ms, 14*ms)
			v.read(0, 1, 11*ms, 11*ms)
		}, 1000, 4000, 0, 0, 0},
		{"not of the window", func(v *visibility) {
			v.calling(0, 1, false)
			v.ended(0, true, 10*ms)
			v.read(0, 1, 11*ms, 11*ms)
		}, math.NaN(), math.NaN(), 0, 0, 0},
		{"never read whole", func(v *visibility) {
			v.calling(0, 2, true)
			v.ended(0, true, 10*ms)
			v.read(0, 1, 11*ms, 11*ms)
		}, math.NaN(), math.NaN(), 0, 0, 1},
		{"aborted", func(v *visibility) {
			v.calling(0, 1, true)
			v.ended(0, false, 10*ms)
			v.read(0, 1, 11*ms, 11*ms) // the ledger's business
		}, math.NaN(), math.NaN(), 0, 0, 0},
		{"no record in it", func(v *visibility) {
			v.calling(0, 0, false)
			v.ended(0, true, 10*ms)
		}, math.NaN(), math.NaN(), 0, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			collector, err := measure.NewCollector(&bytes.Buffer{}, 0, time.Unix(0, 0))
			if err != nil {
				t.Fatal(err)
			}
			v := newVisibility(collector.Recorder(measure.VisibilityFirst, measure.VisibilityLast))
			tc.play(v)
			censored := v.close(20 * ms)
			if err := collector.Close(); err != nil {
				t.Fatal(err)
			}
			for m, want := range map[measure.Metric]float64{measure.VisibilityFirst: tc.first, measure.VisibilityLast: tc.last} {
				l, _ := collector.Latency(m, 0)
				switch {
				case math.IsNaN(want) && l.Count != 0:
					t.Errorf("%s has %d samples", m, l.Count)
				case !math.IsNaN(want) && (l.Count != 1 || math.Abs(*l.Mean-want) > want/1000):
					t.Errorf("%s: %d samples, mean %v, want one of %g", m, l.Count, l.Mean, want)
				}
			}
			if v.early != tc.early || v.earlySum != tc.earlySum || censored != tc.censored {
				t.Errorf("%d early by %d ns, %d censored; want %d by %d, %d", v.early, v.earlySum, censored, tc.early, tc.earlySum, tc.censored)
			}
		})
	}
}

func TestOneWindowForEveryCount(t *testing.T) {
	w := workload.Workload{Rate: workload.Rate{PerSecond: 100}, Warmup: time.Second, Duration: 4 * time.Second}
	planned := timesOf(w, 0, 0)
	second := int64(time.Second)
	if planned.WindowStart != second || planned.WindowEnd != 5*second || planned.End() != 5*second {
		t.Fatalf("%+v", planned)
	}
	for at, want := range map[int64]bool{second - 1: false, second: true, 5*second - 1: true, 5 * second: false} {
		if planned.Inside(at) != want || planned.InWindow(at) != want || planned.Counts(at) != want {
			t.Errorf("at %d: inside %v, in the window %v, counts %v; want %v", at, planned.Inside(at), planned.InWindow(at), planned.Counts(at), want)
		}
	}
	planned.stopped.Store(3 * second) // an interrupt: what is read in the drain does not count
	if planned.End() != 3*second || planned.Counts(4*second) {
		t.Errorf("cut short at 3 s: end %d, counts at 4 s %v", planned.End(), planned.Counts(4*second))
	}

	w.Duration, w.Messages = 0, 400
	counted := timesOf(w, lastDue(t.Context(), w), 0)
	if counted.WindowEnd != 5*second || counted.End() != math.MaxInt64 {
		t.Fatalf("%+v ends at %d", counted, counted.End())
	}
	counted.stopped.Store(9 * second)
	if !counted.Counts(20*second) || counted.Counts(second-1) {
		t.Error("of a number of records each counts, whenever it is read, and no other")
	}
}

func TestTxnCounts(t *testing.T) {
	var c TxnCounts
	c.count(client.Committed, false, 10)
	c.count(client.Aborted, true, 10)
	c.count(client.Aborted, false, 10)
	c.count(client.Indeterminate, false, 10)
	c.count(client.Fenced, false, 10)
	if want := (TxnCounts{Committed: 1, Aborted: 1, Failed: 1, Indeterminate: 2, Records: 10}); c != want {
		t.Errorf("%+v, want %+v", c, want)
	}
}
