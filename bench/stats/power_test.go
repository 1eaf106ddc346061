package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Each chance is how often the test itself answers so.
func TestPowerAgreesWithSimulation(t *testing.T) {
	const tries = 2000
	for _, c := range []struct {
		name  string
		all   bool // every value has the gap, not the first alone
		power func(n int, gap, alpha float64) float64
		shows func(values []float64, alpha float64) bool
	}{
		{"sign", true, SignPower, func(values []float64, alpha float64) bool {
			above := 0
			for _, v := range values {
				if v > 0 {
					above++
				}
			}
			return SignAbove(above, len(values)) <= alpha
		}},
		{"signed rank", true, SignedRankPower, func(values []float64, alpha float64) bool { return SignedRankAbove(values) <= alpha }},
		{"Student", false, func(n int, gap, alpha float64) float64 { return MeanDifferencePower(1, n-1, gap, alpha) }, func(values []float64, alpha float64) bool {
			estimate, _, _, p := MeanDifference(values[:1], values[1:], 0.95)
			return estimate > 0 && p/2 <= alpha
		}},
	} {
		for _, n := range []int{7, 12, 25} {
			for _, gap := range []float64{-0.3, 0, 0.5, 1, 2} {
				for _, alpha := range []float64{0.05, 0.01} {
					random := rand.New(rand.NewPCG(uint64(n), uint64(1000*alpha)))
					values := make([]float64, n)
					shown := 0
					for range tries {
						for i := range values {
							values[i] = random.NormFloat64()
							if i == 0 || c.all {
								values[i] += gap
							}
						}
						if c.shows(values, alpha) {
							shown++
						}
					}
					got, want := c.power(n, gap, alpha), float64(shown)/tries
					if math.Abs(got-want) > 0.01+3*math.Sqrt(want*(1-want)/tries) {
						t.Errorf("%s of %d, gap %v, α %v: got %.3f, want %.3f", c.name, n, gap, alpha, got, want)
					}
				}
			}
		}
	}
}

func TestPowerOfTooFew(t *testing.T) {
	for name, power := range map[string]float64{
		"sign": SignPower(4, 10, 0.05), "signed rank": SignedRankPower(4, 10, 0.05), "Student": MeanDifferencePower(1, 1, 10, 0.05),
	} {
		if power != 0 {
			t.Errorf("%s: got %v", name, power)
		}
	}
	for name, power := range map[string]float64{"sign": SignPower(5, 10, 0.05), "signed rank": SignedRankPower(5, 10, 0.05)} {
		if power < 0.999 {
			t.Errorf("%s: got %v", name, power)
		}
	}
}

func TestPowerRisesWithTheGap(t *testing.T) {
	for name, power := range map[string]func(gap float64) float64{
		"sign":        func(gap float64) float64 { return SignPower(10, gap, 0.05) },
		"signed rank": func(gap float64) float64 { return SignedRankPower(10, gap, 0.05) },
		"Student":     func(gap float64) float64 { return MeanDifferencePower(1, 6, gap, 0.05) },
	} {
		var all []float64
		for gap := -1.0; gap < 4; gap += 0.05 {
			all = append(all, power(gap))
		}
		if !slices.IsSorted(all) || all[20] > 0.06 || all[len(all)-1] < 0.8 {
			t.Errorf("%s: %v", name, all)
		}
	}
}
