package lag

import (
	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// Summary reduces samples to the stored figures, in memory that does not grow with their number.
type Summary struct {
	samples                  int64
	hold, reader, monitoring series
	age                      series // µs
}

// NewSummary returns a summary of no samples.
func NewSummary() *Summary {
	return &Summary{hold: newSeries(), reader: newSeries(), monitoring: newSeries(), age: newSeries()}
}

// Add counts a sample in.
func (s *Summary) Add(sample Sample) {
	worst, sum := sample.Worst(), sample.Sum()
	s.samples++
	s.hold.add(worst.Hold, sum.Hold)
	s.reader.add(worst.Reader, sum.Reader)
	s.monitoring.add(worst.Monitoring, sum.Monitoring)
	age := int64(sample.AgeMS * 1e3)
	s.age.add(age, age)
}

// Lag returns the figures. Percentiles have three significant digits and are exact below 2,048; mean and max are
// exact. A percentile is null unless ten samples lie beyond it, every figure of what no sample had is. MarkerShare
// is not the sampler's to know.
func (s *Summary) Lag() *result.Lag {
	age := s.age.stat(1e3)
	age.SumMean, age.SumMax = nil, nil // one age for all partitions
	return &result.Lag{
		Samples: s.samples,
		Hold:    s.hold.stat(1), Reader: s.reader.stat(1), Monitoring: s.monitoring.stat(1),
		AgeMS: age,
	}
}

// highest is the largest value the percentiles tell apart: offsets, or microseconds of eleven days.
const highest = 1_000_000_000_000

// series is one figure over samples: of the worst partition, and of their sum.
type series struct {
	count               int64
	total, sumTotal     float64
	largest, sumLargest int64
	worst               *hdrhistogram.Histogram
}

func newSeries() series {
	return series{worst: hdrhistogram.New(1, highest, 3)}
}

func (s *series) add(worst, sum int64) {
	if worst == None {
		return
	}
	s.count++
	s.total += float64(worst)
	s.sumTotal += float64(sum)
	s.largest, s.sumLargest = max(s.largest, worst), max(s.sumLargest, sum)
	_ = s.worst.RecordValue(min(worst, highest)) // cannot fail: in range
}

// stat returns the figures divided by the scale.
func (s *series) stat(scale float64) result.LagStat {
	if s.count == 0 {
		return result.LagStat{}
	}
	n := float64(s.count) * scale
	stat := result.LagStat{
		Mean: new(s.total / n), Max: new(float64(s.largest) / scale),
		SumMean: new(s.sumTotal / n), SumMax: new(float64(s.sumLargest) / scale),
	}
	percentile := func(p float64, needed int64) *float64 {
		if s.count < needed {
			return nil
		}
		return new(float64(min(s.worst.ValueAtPercentile(p), s.largest)) / scale)
	}
	stat.P50, stat.P99 = percentile(50, 20), percentile(99, 1000)
	return stat
}
