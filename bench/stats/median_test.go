package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestMedianIntervalAgreesWithDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := slices.Sorted(slices.Values(differences(t, 1, 14)))
		confidence := rapid.Float64Range(0.01, 0.999).Draw(t, "confidence")

		// Each value lies below the median with probability one half: count how many of the 2ⁿ outcomes put fewer than k there.
		outcomes := make([]int, len(s)+1)
		for signs := range 1 << len(s) {
			n := 0
			for i := range s {
				n += signs >> i & 1
			}
			outcomes[n]++
		}
		k, fewer := 0, 0
		for fewer += outcomes[0]; 2*float64(fewer)/float64(int(1)<<len(s)) <= 1-confidence; fewer += outcomes[k] {
			k++
		}

		lo, hi, ok := MedianInterval(s, confidence)
		if ok != (k > 0) {
			t.Fatalf("ok %v, k %d", ok, k)
		}
		if ok && (lo != s[k-1] || hi != s[len(s)-k]) {
			t.Fatalf("got [%v, %v], want the %d-th from either end", lo, hi, k)
		}
		if m := Quantile(s, 0.5); ok && (lo > m || m > hi) {
			t.Fatalf("the median %v is outside [%v, %v]", m, lo, hi)
		}
	})
}

// How many places from either end the 95% limits are: Conover, Practical Nonparametric Statistics, table of the sign test.
func TestMedianIntervalOfTheTables(t *testing.T) {
	for n, k := range map[int]int{6: 1, 8: 1, 9: 2, 10: 2, 12: 3, 15: 4, 20: 6, 25: 8, 30: 10, 50: 18, 100: 40} {
		s := make([]float64, n)
		for i := range s {
			s[i] = float64(i + 1)
		}
		if lo, hi, ok := MedianInterval(s, 0.95); !ok || lo != float64(k) || hi != float64(n+1-k) {
			t.Errorf("%d values: got [%v, %v] %v, want the %d-th from either end", n, lo, hi, ok, k)
		}
	}
}

func TestMedianIntervalNeedsEnoughValues(t *testing.T) {
	for confidence, least := range map[float64]int{0.75: 3, 0.90: 5, 0.95: 6, 0.99: 8} {
		for n := range 12 {
			lo, hi, ok := MedianInterval(make([]float64, n), confidence)
			if ok != (n >= least) || !ok && !(math.IsNaN(lo) && math.IsNaN(hi)) {
				t.Errorf("%d at %v: got [%v, %v] %v", n, confidence, lo, hi, ok)
			}
		}
	}
	seven := []float64{1, 2, 3, 4, 5, 6, 7}
	for _, confidence := range []float64{-1, 0, 1, 2, math.NaN()} {
		if _, _, ok := MedianInterval(seven, confidence); ok {
			t.Errorf("confidence %v accepted", confidence)
		}
	}
	if _, _, ok := MedianInterval([]float64{1, 2, 3, 4, 5, 6, math.Inf(1)}, 0.95); ok {
		t.Error("infinity accepted")
	}
}

// The interval covers the median at least as often as it says, whatever the distribution, and not much more often than it must.
func TestMedianIntervalCoverage(t *testing.T) {
	const replications = 1500
	medians := map[string]struct {
		draw   func(*rand.Rand) float64
		median float64
	}{
		"normal":      {(*rand.Rand).NormFloat64, 0},
		"exponential": {(*rand.Rand).ExpFloat64, math.Ln2},
		"cauchy":      {func(r *rand.Rand) float64 { return r.NormFloat64() / r.NormFloat64() }, 0},
	}
	for name, c := range medians {
		for n, exact := range map[int]float64{6: 96.88, 10: 97.85, 20: 95.86, 100: 96.48} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(uint64(len(name)), uint64(n)))
				s := make([]float64, n)
				covered := 0
				for range replications {
					for i := range s {
						s[i] = c.draw(rng)
					}
					slices.Sort(s)
					if lo, hi, _ := MedianInterval(s, 0.95); lo <= c.median && c.median <= hi {
						covered++
					}
				}
				if coverage := 100 * float64(covered) / replications; math.Abs(coverage-exact) > 1.8 {
					t.Errorf("coverage %.2f%%, want %.2f%%", coverage, exact)
				}
			})
		}
	}
}
