package selfcheck

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// inputs each statistic is computed from: random, the same every time.
const inputs = 300

// rounding is what two ways to compute the same may differ by, and resolution what a histogram of three digits may.
const (
	rounding   = 1e-9
	resolution = 1e-3
)

// Statistics checks that every statistic agrees with a naive one, written down from its definition and slow, on
// random inputs with ties and zeros among them. The figures are the largest relative differences.
func Statistics() []Check {
	return []Check{
		agree("mean", 50, stats.Mean, func(d []float64) float64 {
			sum := 0.0
			for _, v := range d {
				sum += v / float64(len(d))
			}
			return sum
		}),
		agree("quantile", 50, func(d []float64) float64 { return stats.Quantile(slices.Sorted(slices.Values(d)), 0.9) }, naiveQuantile),
		agree("Theil–Sen slope", 50, func(d []float64) float64 { return stats.TheilSen(steps(d), d) }, naiveSlope),
		agree("Hodges–Lehmann", 50, stats.HodgesLehmann, func(d []float64) float64 { return middle(walsh(d)) }),
		agree("ratio of pairs", 50, func(d []float64) float64 {
			estimate, _, _, _ := stats.Ratio(exps(d), exps(steps(d)))
			return estimate
		}, func(d []float64) float64 {
			logs := make([]float64, len(d))
			for i := range d {
				logs[i] = d[i] - float64(i)
			}
			return math.Exp(middle(walsh(logs)))
		}),
		agree("signed-rank p", 10, stats.SignedRank, naiveSignedRank),
		agree("signed-rank interval, low", 10, func(d []float64) float64 {
			lo, _, _ := stats.SignedRankInterval(d, confidence)
			return lo
		}, func(d []float64) float64 { return naiveBound(d, false) }),
		agree("signed-rank interval, high", 10, func(d []float64) float64 {
			_, hi, _ := stats.SignedRankInterval(d, confidence)
			return hi
		}, func(d []float64) float64 { return naiveBound(d, true) }),
		latencies(),
	}
}

// agree compares a statistic with a naive one on inputs of 1 to most values.
func agree(name string, most int, ours, naive func([]float64) float64) Check {
	c := Check{Subject: "statistics", Name: name, Unit: "relative", Tolerance: rounding}
	random := rand.New(rand.NewPCG(1, uint64(len(name))))
	worst, note := 0.0, ""
	for range inputs {
		d := draw(random, 1+random.IntN(most))
		got, want := ours(d), naive(d)
		if off := apart(got, want); off > worst {
			worst, note = off, fmt.Sprintf("%g instead of %g, of %v", got, want, d)
		}
	}
	c.within(worst, note)
	return c
}

// draw makes differences around 0; one input in two has ties and zeros.
func draw(random *rand.Rand, n int) []float64 {
	d := make([]float64, n)
	ties := random.IntN(2) == 0
	for i := range d {
		if d[i] = random.NormFloat64(); ties {
			d[i] = math.Round(2*d[i]) / 2
		}
	}
	return d
}

// apart is how far two figures lie from each other, relative to the larger; a figure that one of them lacks is off by 1.
func apart(a, b float64) float64 {
	switch {
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a) || math.IsNaN(b) || math.IsInf(a, 0) || math.IsInf(b, 0):
		return 1
	}
	return math.Abs(a-b) / max(1, math.Abs(a), math.Abs(b))
}

// steps are 0, 1, 2, … as many as there are values.
func steps(d []float64) []float64 {
	x := make([]float64, len(d))
	for i := range x {
		x[i] = float64(i)
	}
	return x
}

func exps(d []float64) []float64 {
	e := make([]float64, len(d))
	for i, v := range d {
		e[i] = math.Exp(v)
	}
	return e
}

// middle is the median of values.
func middle(d []float64) float64 {
	if len(d) == 0 {
		return math.NaN()
	}
	d = slices.Sorted(slices.Values(d))
	return (d[(len(d)-1)/2] + d[len(d)/2]) / 2
}

// walsh are the averages of all pairs, each value with itself too.
func walsh(d []float64) []float64 {
	var averages []float64
	for i := range d {
		for j := range i + 1 {
			averages = append(averages, (d[i]+d[j])/2)
		}
	}
	return averages
}

func naiveSlope(d []float64) float64 {
	var slopes []float64
	for i := range d {
		for j := range i {
			slopes = append(slopes, (d[i]-d[j])/float64(i-j))
		}
	}
	return middle(slopes)
}

// naiveQuantile is the 0.9-quantile as the height over 0.9 of the line through the sorted values, drawn evenly from 0 to 1.
func naiveQuantile(d []float64) float64 {
	d = slices.Sorted(slices.Values(d))
	for i := 1; i < len(d); i++ {
		from, to := float64(i-1)/float64(len(d)-1), float64(i)/float64(len(d)-1)
		if 0.9 <= to {
			return d[i-1] + (d[i]-d[i-1])*(0.9-from)/(to-from)
		}
	}
	return d[0]
}

// ranked returns the rank of each value's magnitude, ties sharing the mean of theirs, and 0 for a value of 0.
func ranked(d []float64) []float64 {
	ranks := make([]float64, len(d))
	for i, v := range d {
		for _, other := range d {
			switch {
			case v == 0:
			case math.Abs(other) < math.Abs(v):
				ranks[i]++
			case math.Abs(other) == math.Abs(v):
				ranks[i] += 0.5
			}
		}
		if v != 0 {
			ranks[i] += 0.5
		}
	}
	return ranks
}

// atMost is the share of all choices of signs whose positive ranks add up to t or less.
func atMost(ranks []float64, t float64) float64 {
	n := 0
	for signs := range 1 << len(ranks) {
		sum := 0.0
		for i, r := range ranks {
			if signs>>i&1 == 1 {
				sum += r
			}
		}
		if sum <= t+1e-6 {
			n++
		}
	}
	return float64(n) / float64(int(1)<<len(ranks))
}

func naiveSignedRank(d []float64) float64 {
	ranks := ranked(d)
	var positive, negative float64
	for i, v := range d {
		if v > 0 {
			positive += ranks[i]
		} else {
			negative += ranks[i]
		}
	}
	return min(1, 2*atMost(ranks, min(positive, negative)))
}

const confidence = 0.95

// naiveBound leaves out as many of the outermost averages as keep the confidence, and returns the next.
func naiveBound(d []float64, high bool) float64 {
	ranks := make([]float64, len(d))
	for i := range ranks {
		ranks[i] = float64(i + 1)
	}
	leave := -1
	for 2*atMost(ranks, float64(leave+1)) <= 1-confidence {
		leave++
	}
	if leave < 0 {
		return math.NaN()
	}
	averages := slices.Sorted(slices.Values(walsh(d)))
	if high {
		slices.Reverse(averages)
	}
	return averages[leave]
}

// latencies holds the summary of recorded latencies against sorting them.
func latencies() Check {
	c := Check{Subject: "statistics", Name: "percentiles of latencies", Unit: "relative", Tolerance: resolution}
	random := rand.New(rand.NewPCG(2, 2))
	worst, note := 0.0, ""
	for range inputs / 10 {
		us := make([]float64, 1+random.IntN(3000))
		collector, err := measure.NewCollector(io.Discard, 0, time.Time{})
		if err != nil {
			c.Verdict, c.Note = Fail, err.Error()
			return c
		}
		recorder := collector.Recorder(measure.E2E)
		for i := range us {
			us[i] = math.Round(math.Exp(random.Float64() * math.Log(1e9))) // 1 µs to 17 minutes
			recorder.Record(measure.E2E, int64(i), int64(us[i])*1000)
		}
		recorder.Close(int64(len(us)))
		if err := collector.Close(); err != nil {
			c.Verdict, c.Note = Fail, err.Error()
			return c
		}
		l, _ := collector.Latency(measure.E2E, 0)
		slices.SortFunc(us, cmp.Compare)
		for name, pair := range map[string][2]*float64{
			"p50": {l.P50, ranking(us, 500)}, "p90": {l.P90, ranking(us, 900)}, "p99": {l.P99, ranking(us, 990)}, "p99.9": {l.P999, ranking(us, 999)},
			"mean": {l.Mean, new(stats.Mean(us))}, "max": {l.Max, &us[len(us)-1]},
		} {
			if off := apart(orNaN(pair[0]), orNaN(pair[1])); off > worst {
				worst, note = off, fmt.Sprintf("%s of %d latencies: %g µs instead of %g", name, len(us), orNaN(pair[0]), orNaN(pair[1]))
			}
		}
	}
	c.within(worst, note)
	return c
}

// ranking is a percentile by its rank among sorted values, rounded up, or nothing where fewer than ten lie beyond it.
func ranking(sorted []float64, permille int) *float64 {
	n := len(sorted)
	if (1000-permille)*n < 10_000 {
		return nil
	}
	return &sorted[(permille*n+999)/1000-1]
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}
