package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// MeanDifference compares the means of two independent sides, changed − reference, by Student's t with the spread pooled over
// both, and returns the two-sided p-value of no difference. One side may be a single value: the other's spread then stands for its own.
//
// Where there is no spread to be had, a value on each side or none that differs from its side's others, the estimate stands and the rest is
// NaN; so it is for a confidence outside 0 to 1. All are NaN where a side is empty or not all finite.
func MeanDifference(changed, reference []float64, confidence float64) (estimate, lo, hi, p float64) {
	nan := math.NaN()
	if len(changed) == 0 || len(reference) == 0 || !finite(changed) || !finite(reference) {
		return nan, nan, nan, nan
	}
	a, squaresA := spread(changed)
	b, squaresB := spread(reference)
	estimate = a - b
	n, m := float64(len(changed)), float64(len(reference))
	freedom := n + m - 2
	deviation := math.Sqrt((squaresA + squaresB) / freedom * (1/n + 1/m))
	if !(deviation > 0 && confidence > 0 && confidence < 1) {
		return estimate, nan, nan, nan
	}
	half := student(freedom, confidence) * deviation
	t := distuv.StudentsT{Sigma: 1, Nu: freedom}
	return estimate, estimate - half, estimate + half, 2 * t.Survival(math.Abs(estimate)/deviation)
}

// spread returns the mean of values and the sum of their squared distances from it, which is 0 only and always where
// all are alike.
func spread(values []float64) (mean, squares float64) {
	var shift float64
	for _, v := range values {
		shift += v - values[0]
	}
	mean = values[0] + shift/float64(len(values))
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return mean, squares
}

// student returns how many standard deviations Student's t keeps within with the confidence.
func student(freedom, confidence float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile(0.5 + confidence/2)
}
