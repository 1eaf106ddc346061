package measure

import (
	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// summarise states a histogram of microseconds as a result, with every figure that it does not support left null.
//
// Samples that never came, and those above an hour, lie beyond all others: percentiles are those of all of them
// together, and one that falls among them is null. So are mean and maximum if there is a single one, since what the
// histogram knows is then a lower bound only. A percentile needs ten samples beyond it.
func summarise(h *hdrhistogram.Histogram, censored, negative, outOfRange int64) result.Latency {
	count := h.TotalCount()
	n := count + censored + outOfRange
	percentile := func(permille int64) *float64 {
		if (1000-permille)*n < 10*1000 || permille*n > 1000*count {
			return nil
		}
		// The rank among all samples, rounded up as the Java implementation does it, is sought among those recorded, whose
		// order they share.
		rank := (permille*n + 999) / 1000
		v := float64(h.ValueAtPercentile(100 * float64(rank) / float64(count)))
		return &v
	}
	l := result.Latency{
		Count:      count,
		P50:        percentile(500),
		P90:        percentile(900),
		P99:        percentile(990),
		P999:       percentile(999),
		Censored:   censored,
		Negative:   negative,
		OutOfRange: outOfRange,
	}
	if count > 0 && count == n {
		mean, highest := h.Mean(), float64(h.Max())
		l.Mean, l.Max = &mean, &highest
	}
	return l
}
