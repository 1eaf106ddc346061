package stats

import "gonum.org/v1/gonum/stat/distuv"

// ShareInterval is the exact interval of the chance behind k of n independent tries (Clopper and Pearson 1934); 0 to 1 of none.
func ShareInterval(k, n int, confidence float64) (lo, hi float64) {
	tail := (1 - confidence) / 2
	lo, hi = 0, 1
	if k > 0 {
		lo = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(tail)
	}
	if k < n {
		hi = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(1 - tail)
	}
	return lo, hi
}
