package lag

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

func sampleOf(holds ...int64) Sample {
	var s Sample
	for _, h := range holds {
		s.Partitions = append(s.Partitions, Partition{HoldLow: h, HoldHigh: h, Reader: 2 * h, Monitoring: None})
	}
	return s
}

func TestSummaryOfNothing(t *testing.T) {
	if got := *NewSummary().Lag(); got != (result.Lag{}) {
		t.Errorf("got %+v", got)
	}
}

func TestSummary(t *testing.T) {
	s := NewSummary()
	for i := range int64(1000) {
		sample := sampleOf(i, 1, 0)
		sample.AgeMS = float64(i) / 2
		s.Add(sample)
	}
	lag := s.Lag()
	same := func(name string, got *float64, want float64) {
		t.Helper()
		if got == nil || math.Abs(*got-want) > 1e-9 {
			t.Errorf("%s: want %v, got %v", name, want, got)
		}
	}
	if lag.Samples != 1000 || lag.MarkerShare != nil || lag.Monitoring != (result.LagStat{}) {
		t.Errorf("%+v", lag)
	}
	// The worst partition has max(i, 1): 0 is lifted to 1.
	same("hold mean", lag.Hold.Mean, 499.501)
	same("hold p50", lag.Hold.P50, 499)
	same("hold p99", lag.Hold.P99, 989)
	same("hold max", lag.Hold.Max, 999)
	same("hold sum mean", lag.Hold.SumMean, 500.5)
	same("hold sum max", lag.Hold.SumMax, 1000)
	same("reader mean", lag.Reader.Mean, 999.002)
	same("reader max", lag.Reader.Max, 1998)
	same("age mean", lag.AgeMS.Mean, 249.75)
	same("age max", lag.AgeMS.Max, 499.5)
	if lag.AgeMS.SumMean != nil || lag.AgeMS.SumMax != nil {
		t.Errorf("an age has no sum: %+v", lag.AgeMS)
	}
}

func TestPercentilesNeedTenSamplesBeyond(t *testing.T) {
	s := NewSummary()
	for n := 1; n <= 1000; n++ {
		s.Add(sampleOf(5))
		hold := s.Lag().Hold
		if (hold.P50 != nil) != (n >= 20) || (hold.P99 != nil) != (n >= 1000) || hold.Mean == nil {
			t.Fatalf("after %d samples %+v", n, hold)
		}
	}
}

func TestSummaryAgainstSorting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(0, 5_000_000), 1000, 1200).Draw(t, "values")
		s := NewSummary()
		var total float64
		for _, v := range values {
			s.Add(sampleOf(v))
			total += float64(v)
		}
		slices.Sort(values)
		hold := s.Lag().Hold
		if n := len(values); *hold.Max != float64(values[n-1]) || math.Abs(*hold.Mean-total/float64(n)) > 1e-6*total {
			t.Fatalf("max %v, mean %v", *hold.Max, *hold.Mean)
		}
		for p, got := range map[float64]float64{0.5: *hold.P50, 0.99: *hold.P99} {
			want := float64(values[int(math.Ceil(p*float64(len(values))))-1])
			if math.Abs(got-want) > want/1000+1 {
				t.Fatalf("p%v: want %v, got %v", 100*p, want, got)
			}
		}
	})
}

func TestValuesBeyondTheHistogramKeepTheMaximum(t *testing.T) {
	s := NewSummary()
	for range 20 {
		s.Add(sampleOf(5 * highest))
	}
	if hold := s.Lag().Hold; *hold.Max != 5*highest || *hold.Mean != 5*highest {
		t.Errorf("%v %v", *hold.Max, *hold.Mean)
	}
}

func BenchmarkSummaryAdd(b *testing.B) {
	s, sample := NewSummary(), sampleOf(make([]int64, 48)...)
	b.ReportAllocs()
	for b.Loop() {
		s.Add(sample)
	}
}
