package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// SignedRankAbove returns the one-sided p-value of Wilcoxon's signed-rank test that differences are symmetric around 0 or below: the chance
// that their positive ranks sum up to as much as they do. Ties, zeros and what is not finite are treated as SignedRank does.
func SignedRankAbove(d []float64) float64 {
	if len(d) == 0 || !finite(d) {
		return math.NaN()
	}
	ranks, positive := doubledRanks(d)
	var all int64
	var variance float64
	for _, r := range ranks {
		all += r
		variance += float64(r) * float64(r) / 4
	}
	least := all - positive // the distribution is symmetric: a sum of at least one is as likely as one of at most the other
	switch n := int64(len(d)); {
	case all == 0: // nothing but zeros
		return 1
	case n > exactUpTo:
		return normalTail((float64(positive) - float64(all)/2 - 1) / math.Sqrt(variance))
	case untied(ranks, n):
		return min(1, tails[n]()[least/2])
	}
	var tail float64
	for _, p := range signedRankDistribution(ranks, least) {
		tail += p
	}
	return min(1, tail)
}

// SignAbove returns the one-sided p-value of the sign test that a distribution's median does not lie above a bound: the chance of at least
// that many of n values beyond it. 1 of no values.
func SignAbove(beyond, n int) float64 {
	if beyond <= 0 {
		return 1
	}
	return distuv.Binomial{N: float64(n), P: 0.5}.CDF(float64(n - beyond)) // one half either way: as likely as so few on the other side
}

// Holm returns the p-values of tests judged together, adjusted so that rejecting those of at most α rejects any true hypothesis with a chance of
// at most α, however the tests depend on one another (Holm 1979): the k-th smallest of n times n−k+1, and never less than a smaller one. A NaN stays,
// and counts as a test.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if math.IsNaN(p[a]) != math.IsNaN(p[b]) { // cmp.Compare would put NaN first
			if math.IsNaN(p[a]) {
				return 1
			}
			return -1
		}
		return cmp.Compare(p[a], p[b])
	})
	adjusted := make([]float64, len(p))
	least := 0.0
	for rank, i := range order {
		if math.IsNaN(p[i]) {
			adjusted[i] = p[i]
			continue
		}
		least = max(least, min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = least
	}
	return adjusted
}

// Spread returns the standard deviation of the distribution that values were drawn from, with n−1 in its divisor; NaN of fewer than two.
func Spread(values []float64) float64 {
	if len(values) < 2 {
		return math.NaN()
	}
	_, squares := spread(values)
	return math.Sqrt(squares / float64(len(values)-1))
}
