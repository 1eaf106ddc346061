package pace

import (
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func load(arrival workload.Arrival, perSecond float64, producers int) workload.Workload {
	return workload.Workload{
		Arrival: arrival, Rate: workload.Rate{PerSecond: perSecond}, Producers: producers, Seed: 42,
	}
}

func take(s Schedule, n int) []int64 {
	due := make([]int64, n)
	for i := range due {
		due[i] = s.Next()
	}
	return due
}

func TestFirstRecords(t *testing.T) {
	for _, c := range []struct {
		arrival   workload.Arrival
		rate      float64
		producers int
		producer  int
		want      []int64
	}{
		{workload.Constant, 1000, 1, 0, []int64{0, 1e6, 2e6, 3e6}},
		{workload.Constant, 3, 1, 0, []int64{0, 333333333, 666666666, 1e9}},
		{workload.Constant, 1000, 4, 0, []int64{0, 4e6, 8e6}},
		{workload.Constant, 1000, 4, 3, []int64{3e6, 7e6, 11e6}},
		{workload.Constant, 0.5, 1, 0, []int64{0, 2e9, 4e9}},
		{workload.Burst, 4, 1, 0, []int64{0, 25e6, 50e6, 75e6, 1e9, 1025e6}},
		{workload.Burst, 4, 2, 1, []int64{25e6, 75e6, 1025e6}},
		// Over 10 s from 1 to 10 a second: n = t + 0.45 t², so 55 records in the climb.
		{workload.Ramp, 10, 1, 0, []int64{0, 748133392}},
		{workload.Ramp, 10, 11, 0, []int64{0, 3956335222, 5968681032, 7524159656, 8839383634, 10e9, 11.1e9}},
	} {
		got := take(New(load(c.arrival, c.rate, c.producers), c.producer, 10*time.Second), len(c.want))
		for i := range got {
			if d := got[i] - c.want[i]; d < -1 || d > 1 || c.arrival == workload.Constant && d != 0 {
				t.Errorf("%s at %v/s, producer %d of %d: record %d is due at %d, want %d",
					c.arrival, c.rate, c.producer, c.producers, i, got[i], c.want[i])
			}
		}
	}
}

// The billionth record is where it would be in exact arithmetic, at rates that no whole number of nanoseconds divides.
func TestConstantDoesNotDrift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		micro := rapid.Int64Range(1, 1e13).Draw(t, "records per 10⁶ seconds")
		n := rapid.Int64Range(0, 2e9).Draw(t, "n")
		want := new(big.Int).Mul(big.NewInt(n), big.NewInt(1e15))
		want.Quo(want, big.NewInt(micro))
		if !want.IsInt64() {
			want.SetInt64(math.MaxInt64)
		}
		if got := newUniform(float64(micro) / 1e6).due(uint64(n)); got != want.Int64() {
			t.Fatalf("record %d at %d/10⁶ s is due at %d, want %v", n, micro, got, want)
		}
	})
}

func TestSchedulesNeverGoBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		arrival := rapid.SampledFrom([]workload.Arrival{
			workload.Constant, workload.Poisson, workload.Burst, workload.Ramp}).Draw(t, "arrival")
		producers := rapid.IntRange(1, 8).Draw(t, "producers")
		w := load(arrival, rapid.Float64Range(0.1, 1e7).Draw(t, "rate"), producers)
		span := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "span"))
		due := take(New(w, rapid.IntRange(0, producers-1).Draw(t, "producer"), span), 2000)
		if due[0] < 0 || !slices.IsSorted(due) {
			t.Fatalf("%s: starts at %d, sorted: %v", arrival, due[0], slices.IsSorted(due))
		}
	})
}

// Together the producers send what one would: no burst where their schedules meet.
func TestProducersInterleave(t *testing.T) {
	for _, arrival := range []workload.Arrival{workload.Constant, workload.Burst, workload.Ramp} {
		const n = 200
		want := take(New(load(arrival, 700, 1), 0, time.Second), 3*n)
		var got []int64
		for p := range 3 {
			got = append(got, take(New(load(arrival, 700, 3), p, time.Second), n)...)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: three producers' records are not those of one", arrival)
		}
	}
}

func TestRampReachesItsRate(t *testing.T) {
	const span = 20
	due := take(New(load(workload.Ramp, 1000, 1), 0, span*time.Second), 1000*(span*55/100+5))
	perSecond := map[int64]int{}
	for _, d := range due {
		perSecond[d/1e9]++
	}
	for second := range int64(span + 4) {
		// The integral of the rate over that second, from 100 to 1000 over the span.
		want := 1000.0
		if second < span {
			want = 100 + 900*(float64(second)+0.5)/span
		}
		if got := float64(perSecond[second]); math.Abs(got-want) > 1.5 {
			t.Errorf("second %d has %v records, want %v", second, got, want)
		}
	}
}

func TestBurstKeepsToItsTenth(t *testing.T) {
	perSecond := map[int64]int{}
	for _, due := range take(New(load(workload.Burst, 330, 1), 0, 0), 3300) {
		if due%1e9 >= 1e8 {
			t.Fatalf("a record is due at %d, outside the first tenth of its second", due)
		}
		perSecond[due/1e9]++
	}
	for second, n := range perSecond {
		if n != 330 {
			t.Errorf("second %d has %d records", second, n)
		}
	}
}

func TestPoissonHasExponentialGaps(t *testing.T) {
	const n, rate = 200_000, 500.0
	due := take(New(load(workload.Poisson, 2*rate, 2), 1, 0), n)
	if again := take(New(load(workload.Poisson, 2*rate, 2), 1, 0), n); !slices.Equal(due, again) {
		t.Error("the same seed and producer gave two schedules")
	}
	if other := take(New(load(workload.Poisson, 2*rate, 2), 0, 0), n); slices.Equal(due, other) {
		t.Error("two producers have one schedule")
	}
	gaps := make([]float64, n)
	last := int64(0)
	for i, d := range due {
		gaps[i] = float64(d-last) / 1e9
		last = d
	}
	slices.Sort(gaps)
	// Kolmogorov–Smirnov distance from the exponential distribution; 1.63/√n is its 99% quantile.
	distance := 0.0
	for i, g := range gaps {
		distance = max(distance, math.Abs(1-math.Exp(-rate*g)-float64(i)/n))
	}
	if distance > 1.63/math.Sqrt(n) {
		t.Errorf("the gaps are %.4f from an exponential distribution of mean %v s", distance, 1/rate)
	}
}

func TestCounterAgreesWithTheSchedule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := load(rapid.SampledFrom([]workload.Arrival{workload.Constant, workload.Poisson, workload.Burst}).Draw(t, "arrival"),
			rapid.Float64Range(1, 500).Draw(t, "rate"), 2)
		due := take(New(w, 1, 0), 5000)
		asked := rapid.SliceOfN(rapid.Int64Range(-1, due[len(due)-1]-1), 1, 20).Draw(t, "asked")
		slices.Sort(asked)
		c := NewCounter(New(w, 1, 0))
		for _, at := range asked {
			want, _ := slices.BinarySearch(due, at+1)
			if got := c.Due(at); got != int64(want) {
				t.Fatalf("%d due by %d, want %d", got, at, want)
			}
		}
	})
}

func TestCounterIncludesTheInstant(t *testing.T) {
	c := NewCounter(New(load(workload.Constant, 1000, 1), 0, 0))
	for _, want := range [][2]int64{{-1, 0}, {0, 1}, {999_999, 1}, {1_000_000, 2}, {1e9, 1001}} {
		if got := c.Due(want[0]); got != want[1] {
			t.Errorf("%d due by %d, want %d", got, want[0], want[1])
		}
	}
}

func TestNoScheduleWithoutARate(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a schedule was made for a closed loop")
		}
	}()
	New(workload.Workload{Rate: workload.Rate{Max: true}, Producers: 1}, 0, 0)
}

func TestNextAllocatesNothing(t *testing.T) {
	for _, arrival := range []workload.Arrival{workload.Constant, workload.Poisson, workload.Burst, workload.Ramp} {
		s := New(load(arrival, 1e4, 2), 0, time.Minute)
		if n := testing.AllocsPerRun(1000, func() { s.Next() }); n != 0 {
			t.Errorf("%s: %v allocations per record", arrival, n)
		}
	}
	w := NewWaiter()
	defer w.Close()
	if n := testing.AllocsPerRun(10, func() { w.Until(1) }); n != 0 {
		t.Errorf("Until: %v allocations", n)
	}
}

func BenchmarkNext(b *testing.B) {
	for _, arrival := range []workload.Arrival{workload.Constant, workload.Poisson, workload.Burst, workload.Ramp} {
		b.Run(string(arrival), func(b *testing.B) {
			s := New(load(arrival, 1e5, 2), 0, time.Minute)
			b.ReportAllocs()
			for b.Loop() {
				s.Next()
			}
		})
	}
}

// BenchmarkSchedule runs through whole schedules: a record's cost and the memory held don't depend on how many there are.
func BenchmarkSchedule(b *testing.B) {
	for _, arrival := range []workload.Arrival{workload.Constant, workload.Poisson, workload.Burst, workload.Ramp} {
		for _, size := range []struct {
			name    string
			records int
		}{{"1e5", 1e5}, {"1e6", 1e6}, {"1e7", 1e7}, {"1e8", 1e8}} {
			b.Run(string(arrival)+"/records="+size.name, func(b *testing.B) {
				if testing.Short() && size.records > 1e7 {
					b.Skip("takes a second")
				}
				b.ReportAllocs()
				for b.Loop() {
					s := New(load(arrival, 1e5, 2), 0, time.Minute)
					for range size.records {
						s.Next()
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size.records), "ns/record")
			})
		}
	}
}
