package compare

import "github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"

// Over is a figure over the runs of one side of a comparison: the median of its medians in each, with its interval; N counts runs. False if
// a run lacks it.
func Over(cells []*Cell, m metric.Metric) (Estimate, bool) {
	var medians []float64
	for _, c := range cells {
		v := c.Median(m)
		if v == nil {
			return Estimate{}, false
		}
		medians = append(medians, *v)
	}
	return estimate(medians), true
}
