// Package stats holds the statistics that figures and verdicts are made of. What cannot be computed is NaN.
package stats

import (
	"math"
	"slices"
)

// theilSenPoints bounds the points TheilSen pairs up: two million slopes.
const theilSenPoints = 2000

// TheilSen returns the median of the slopes between all pairs of points with different x (Sen 1968), in units of
// y per unit of x: a trend that outliers in up to 29% of the points don't move far. Of more than 2,000 points it takes
// 2,000, evenly spread over their order. NaN without two different x. The slices are of one length.
func TheilSen(x, y []float64) float64 {
	n := min(len(x), theilSenPoints)
	at := func(i int) int { return i * len(x) / n }
	slopes := make([]float64, 0, n*(n-1)/2)
	for i := range n {
		for j := range i {
			a, b := at(j), at(i)
			if dx := x[b] - x[a]; dx != 0 {
				slopes = append(slopes, (y[b]-y[a])/dx)
			}
		}
	}
	slices.Sort(slopes)
	return Quantile(slopes, 0.5)
}

// Quantile returns the q-quantile, 0 ≤ q ≤ 1, of values in ascending order, by linear interpolation between order
// statistics at position q(n−1): type 7 of Hyndman and Fan 1996, the default of R and NumPy. NaN of no values.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 || !(q >= 0 && q <= 1) {
		return math.NaN()
	}
	position := q * float64(len(sorted)-1)
	below := int(position)
	if below == len(sorted)-1 {
		return sorted[below]
	}
	return sorted[below] + (position-float64(below))*(sorted[below+1]-sorted[below])
}

// Mean returns the arithmetic mean. NaN of no values.
func Mean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
