package stats

import (
	"math"
	"slices"
)

// walsh gives the order statistics of the n(n+1)/2 Walsh averages of n values without storing them.
type walsh struct{ sorted []float64 }

func newWalsh(d []float64) (walsh, bool) {
	if len(d) == 0 || !finite(d) {
		return walsh{}, false
	}
	return walsh{slices.Sorted(slices.Values(d))}, true
}

func (w walsh) len() int { return len(w.sorted) * (len(w.sorted) + 1) / 2 }

// average halves first: a sum could overflow.
func average(a, b float64) float64 { return a/2 + b/2 }

// at returns the k-th smallest average, counted from 1: the smallest float64 that k averages do not exceed. It is
// found to the last bit by bisection over the order of all float64 values, 64 counts of n steps at the most.
func (w walsh) at(k int) float64 {
	lo, hi := ordinal(w.sorted[0]), ordinal(w.sorted[len(w.sorted)-1])
	for lo < hi {
		middle := lo + (hi-lo)/2
		if w.upTo(fromOrdinal(middle)) >= k {
			hi = middle
		} else {
			lo = middle + 1
		}
	}
	return fromOrdinal(lo)
}

// upTo counts the averages that do not exceed v. As i rises, the largest j that still goes with it falls.
func (w walsh) upTo(v float64) int {
	n, j := 0, len(w.sorted)-1
	for i, x := range w.sorted {
		for j >= i && average(x, w.sorted[j]) > v {
			j--
		}
		if j < i {
			break
		}
		n += j - i + 1
	}
	return n
}

const signBit = 1 << 63

// ordinal numbers the float64 values in their order; both zeros are one.
func ordinal(f float64) uint64 {
	bits := math.Float64bits(f + 0) // −0 + 0 is 0
	if bits&signBit != 0 {
		return ^bits
	}
	return bits | signBit
}

func fromOrdinal(n uint64) float64 {
	if n&signBit != 0 {
		return math.Float64frombits(n &^ signBit)
	}
	return math.Float64frombits(^n)
}
