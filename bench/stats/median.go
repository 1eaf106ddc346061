package stats

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// MedianInterval returns the interval for the median of the distribution that values in ascending order were drawn from, whatever
// its shape: from the k-th smallest to the k-th largest, k the largest that leaves at most 1−confidence outside (it inverts the sign
// test: Hollander and Wolfe, Nonparametric Statistical Methods, section 3.6). Ties only make it cover more often.
//
// It answers false, and NaN, where n values cannot give the confidence: 2·2⁻ⁿ > 1−confidence, that is n < 6 at 95%; and for values
// that are not all finite, or a confidence outside 0 to 1.
func MedianInterval(sorted []float64, confidence float64) (lo, hi float64, ok bool) {
	n := len(sorted)
	if n == 0 || !finite(sorted) || !(confidence > 0 && confidence < 1) {
		return math.NaN(), math.NaN(), false
	}
	below := distuv.Binomial{N: float64(n), P: 0.5} // how many of the values lie below the median
	k := sort.Search(n/2, func(i int) bool { return 2*below.CDF(float64(i)) > 1-confidence })
	if k == 0 {
		return math.NaN(), math.NaN(), false
	}
	return sorted[k-1], sorted[n-k], true
}
