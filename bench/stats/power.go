package stats

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// The chances that a one-sided test at level alpha shows normally distributed values to be centred above a bound, where their centre lies gap
// standard deviations above it. A negative gap is a centre below: the test is in error then.

// SignPower is the chance that the sign test of n values does, exactly.
func SignPower(n int, gap, alpha float64) float64 {
	below := distuv.Binomial{N: float64(n), P: 0.5}
	fewest := -1 // values on the wrong side that the test bears
	for fewest+1 < n && below.CDF(float64(fewest+1)) <= alpha {
		fewest++
	}
	if fewest < 0 {
		return 0
	}
	return distuv.Binomial{N: float64(n), P: normalTail(gap)}.CDF(float64(fewest))
}

// draws is how often SignedRankPower tries: its answers are within 0.01 of the truth.
const draws = 4000

// SignedRankPower is the chance that the signed-rank test of n differences does, by simulation: the same answer to the same question,
// rising with the gap.
func SignedRankPower(n int, gap, alpha float64) float64 {
	c := critical(n, 1-2*alpha)
	if c < 0 {
		return 0
	}
	random := rand.New(rand.NewPCG(uint64(n), draws))
	d := make([]float64, n)
	shown := 0
	for range draws {
		for i := range d {
			d[i] = random.NormFloat64() + gap
		}
		slices.Sort(d)
		if (walsh{d}).upTo(0) <= c { // as many averages as the ranks of the negative differences sum up to
			shown++
		}
	}
	return float64(shown) / draws
}

// slicesOfSpread is into how many equally likely parts MeanDifferencePower splits what the spread may be estimated as.
const slicesOfSpread = 500

// MeanDifferencePower is the chance that Student's t with a pooled spread does for the difference of the means of two sides of n and m
// values: of which the test is MeanDifference. 0 where there is no spread to be had.
func MeanDifferencePower(n, m int, gap, alpha float64) float64 {
	freedom := float64(n + m - 2)
	if n < 1 || m < 1 || freedom < 1 {
		return 0
	}
	shift := gap / math.Sqrt(1/float64(n)+1/float64(m))
	quantile := distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile(1 - alpha)
	squares := distuv.ChiSquared{K: freedom}
	var sum float64
	for i := range slicesOfSpread {
		estimated := math.Sqrt(squares.Quantile((float64(i)+0.5)/slicesOfSpread) / freedom) // ÷ the true spread
		sum += normalTail(quantile*estimated - shift)
	}
	return sum / slicesOfSpread
}
