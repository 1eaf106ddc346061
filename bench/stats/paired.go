package stats

import (
	"math"
	"slices"
	"sort"
	"sync"
)

// exactUpTo is the number of differences up to which the signed-rank distribution is computed exactly. Beyond it the normal
// approximation is off by less than 0.002 in a p-value, and by less than 0.0005 in one below 0.05.
const exactUpTo = 100

// HodgesLehmann returns the median of the Walsh averages (d[i]+d[j])/2, i ≤ j (Hodges and Lehmann 1963): the centre of
// paired differences, which outliers in up to 29% of them don't move far. It needs memory for a copy of d and time
// n·log n: a run's 10,000 trials take milliseconds. NaN of no differences or of any that is not finite.
func HodgesLehmann(d []float64) float64 {
	w, ok := newWalsh(d)
	if !ok {
		return math.NaN()
	}
	return w.at((w.len()+1)/2)/2 + w.at(w.len()/2+1)/2
}

// SignedRankInterval returns the interval for the centre of symmetric differences that inverts Wilcoxon's signed-rank
// test: from the (c+1)-th smallest to the (c+1)-th largest Walsh average, c the largest count that leaves at most
// 1−confidence outside (Hollander and Wolfe, Nonparametric Statistical Methods, section 3.3). Exact for up to 100
// differences, by the normal approximation of c beyond.
//
// Zeros and ties are differences like any other: both ends belong to the interval, which then covers the centre at least as
// often as it says (Noether 1967).
//
// It answers false, and NaN, where n differences cannot give the confidence: 2·2⁻ⁿ > 1−confidence, that is n < 6 at
// 95%; and for differences that are not all finite, or a confidence outside 0 to 1.
func SignedRankInterval(d []float64, confidence float64) (lo, hi float64, ok bool) {
	w, finite := newWalsh(d)
	c := critical(len(d), confidence)
	if !finite || c < 0 {
		return math.NaN(), math.NaN(), false
	}
	return w.at(c + 1), w.at(w.len() - c), true
}

// SignedRank returns the two-sided p-value of Wilcoxon's signed-rank test that differences are symmetric around 0:
// twice the smaller tail, at most 1. Tied magnitudes share the mean of their ranks. Zeros are treated as Pratt (1959)
// does: ranked with the others, then left out together with their ranks. The distribution, given ties and zeros, is exact
// for up to 100 differences and normal with a correction for continuity beyond. NaN of no differences or of any that is not finite.
func SignedRank(d []float64) float64 {
	if len(d) == 0 || !finite(d) {
		return math.NaN()
	}
	ranks, positive := doubledRanks(d)
	var all int64
	for _, r := range ranks {
		all += r
	}
	t := min(positive, all-positive) // the distribution is symmetric
	var tail float64
	switch n := int64(len(d)); {
	case all == 0: // nothing but zeros
		tail = 1
	case n <= exactUpTo && untied(ranks, n):
		tail = tails[n]()[t/2]
	case n <= exactUpTo:
		for _, p := range signedRankDistribution(ranks, t) {
			tail += p
		}
	default:
		var variance float64 // of the doubled sum: Σr²/4 holds whatever is tied
		for _, r := range ranks {
			variance += float64(r) * float64(r) / 4
		}
		tail = normalTail((float64(all)/2 - float64(t) - 1) / math.Sqrt(variance))
	}
	return min(1, 2*tail)
}

// Ratio compares pairs of positive figures: exp of the Hodges–Lehmann estimate of ln(changed/reference), with its
// signed-rank interval at 95%. A ratio of 1 is no change. It answers false where there are fewer than six pairs: lo and hi
// are NaN then, the estimate stands. All three are NaN where a figure is not positive and finite, or there are no pairs: such
// figures have a difference, but no ratio. The slices are of one length.
func Ratio(changed, reference []float64) (estimate, lo, hi float64, ok bool) {
	logs := make([]float64, len(changed))
	for i := range changed {
		if !(changed[i] > 0 && reference[i] > 0) {
			return math.NaN(), math.NaN(), math.NaN(), false
		}
		logs[i] = math.Log(changed[i]) - math.Log(reference[i]) // their quotient could overflow
	}
	lo, hi, ok = SignedRankInterval(logs, 0.95)
	return math.Exp(HodgesLehmann(logs)), math.Exp(lo), math.Exp(hi), ok
}

// critical returns the largest c with 2·P(T ≤ c) ≤ 1−confidence, T the sum of the positive ranks of n differences
// without ties; −1 if there is none.
func critical(n int, confidence float64) int {
	if !(confidence > 0 && confidence < 1) || n == 0 {
		return -1
	}
	tail := (1 - confidence) / 2
	if n > exactUpTo {
		m := float64(n)
		mean, sd := m*(m+1)/4, math.Sqrt(m*(m+1)*(2*m+1)/24)
		return max(-1, int(math.Floor(mean-0.5-sd*math.Sqrt2*math.Erfinv(confidence))))
	}
	return sort.Search(n*(n+1)/2+1, func(t int) bool { return tails[n]()[t] > tail }) - 1
}

// tails are, by n, P(T ≤ t) of the sum T of the positive ranks of n differences without ties, by t. Each is worked out when it is first
// asked for and kept: comparisons ask for the same few thousands of times. All of them together take 1.4 MB.
var tails = func() (of [exactUpTo + 1]func() []float64) {
	for n := range of {
		of[n] = sync.OnceValue(func() []float64 {
			ranks := make([]int64, n)
			for i := range ranks {
				ranks[i] = int64(i + 1)
			}
			p := signedRankDistribution(ranks, int64(n*(n+1)/2))
			for t := 1; t < len(p); t++ {
				p[t] += p[t-1]
			}
			return p
		})
	}
	return of
}()

// untied says whether doubled ranks are those of n differences of which no two are as large, and none is 0.
func untied(ranks []int64, n int64) bool {
	for i, r := range ranks {
		if r != 2*int64(i+1) {
			return false
		}
	}
	return int64(len(ranks)) == n
}

// signedRankDistribution returns the probability of each sum, up to the last asked for, of a subset of the ranks, in which every rank is
// with probability one half.
func signedRankDistribution(ranks []int64, last int64) []float64 {
	p := make([]float64, last+1)
	p[0] = 1
	var top int64
	for _, r := range ranks {
		top += r
		for sum := min(top, last); sum >= r; sum-- {
			p[sum] = (p[sum] + p[sum-r]) / 2
		}
		for sum := range min(r, last+1) {
			p[sum] /= 2
		}
	}
	return p
}

// doubledRanks returns twice the rank by magnitude of every difference that is not 0, which is a whole number for
// tied ones too, and the sum over the positive ones.
func doubledRanks(d []float64) (ranks []int64, positive int64) {
	s := slices.Clone(d)
	slices.SortFunc(s, func(a, b float64) int {
		switch a, b := math.Abs(a), math.Abs(b); {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	})
	for first := 0; first < len(s); {
		last := first
		for last+1 < len(s) && math.Abs(s[last+1]) == math.Abs(s[first]) {
			last++
		}
		rank := int64(first+1) + int64(last+1)
		for _, v := range s[first : last+1] {
			if v == 0 {
				continue
			}
			ranks = append(ranks, rank)
			if v > 0 {
				positive += rank
			}
		}
		first = last + 1
	}
	return ranks, positive
}

// normalTail returns P(Z ≥ z).
func normalTail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

func finite(values []float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
