package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Hours of sleep gained with two drugs: Student, The Probable Error of a Mean, Biometrika 6 (1908). R's t.test(extra ~ group, sleep, var.equal =
// TRUE) answers t = −1.8608, p = 0.07919 and an interval of −3.363874 to 0.203874.
func TestMeanDifferenceOfAPublishedExample(t *testing.T) {
	first := []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}
	second := []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	estimate, lo, hi, p := MeanDifference(first, second, 0.95)
	got := fmt.Sprintf("%.2f %.6f %.6f %.5f", estimate, lo, hi, p)
	if want := "-1.58 -3.363874 0.203874 0.07919"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What a single new value must exceed is tabulated: t of 4 degrees of freedom at 95% is 2.776, and the factor √(1 + 1/5).
func TestMeanDifferenceOfASingleValue(t *testing.T) {
	five := []float64{8, 9, 10, 11, 12} // mean 10, variance 2.5
	estimate, lo, hi, p := MeanDifference([]float64{15}, five, 0.95)
	half := 2.776 * math.Sqrt(2.5) * math.Sqrt(1.2)
	if estimate != 5 || math.Abs(hi-5-half) > 2e-3 || math.Abs(5-lo-half) > 2e-3 || !(p < 0.05 && p > 0.04) {
		t.Errorf("got %v [%v, %v] p %v, want 5 ± %v", estimate, lo, hi, p, half)
	}
	back, backLo, backHi, backP := MeanDifference(five, []float64{15}, 0.95)
	if back != -estimate || backLo != -hi || backHi != -lo || backP != p {
		t.Errorf("the other way round: got %v [%v, %v] p %v", back, backLo, backHi, backP)
	}
}

func TestMeanDifferenceAgreesWithDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(value(), 1, 12).Draw(t, "changed")
		b := rapid.SliceOfN(value(), 2, 12).Draw(t, "reference")
		confidence := rapid.Float64Range(0.5, 0.999).Draw(t, "confidence")
		var squares float64
		for _, side := range [][]float64{a, b} {
			for _, v := range side {
				squares += math.Pow(v-Mean(side), 2)
			}
		}
		freedom := float64(len(a) + len(b) - 2)
		deviation := math.Sqrt(squares / freedom * (1/float64(len(a)) + 1/float64(len(b))))
		estimate, lo, hi, p := MeanDifference(a, b, confidence)
		if !near(estimate, Mean(a)-Mean(b)) {
			t.Fatalf("estimate %v", estimate)
		}
		if deviation < 1e-3 {
			return // next to no spread: rounding decides
		}
		if outside := 2 * naiveTail(freedom, (hi-estimate)/deviation); math.Abs(outside-(1-confidence)) > 1e-5 {
			t.Fatalf("%v lies outside the interval, want %v", outside, 1-confidence)
		}
		if !near(hi-estimate, estimate-lo) {
			t.Fatalf("[%v, %v] is lopsided around %v", lo, hi, estimate)
		}
		if want := 2 * naiveTail(freedom, math.Abs(estimate)/deviation); math.Abs(p-want) > 1e-5 {
			t.Fatalf("p %v, want %v", p, want)
		}
	})
}

// naiveTail integrates the density of Student's t from t up by Simpson's rule: over the angle a with x = √ν·tan a it is
// proportional to cos(a)^(ν−1).
func naiveTail(freedom, t float64) float64 {
	density := func(angle float64) float64 { return math.Pow(math.Cos(angle), freedom-1) }
	integrate := func(from, to float64) float64 {
		const steps = 2000
		h := (to - from) / steps
		sum := density(from) + density(to)
		for i := 1; i < steps; i++ {
			sum += float64(2+2*(i%2)) * density(from+float64(i)*h)
		}
		return sum * h / 3
	}
	return integrate(math.Atan(t/math.Sqrt(freedom)), math.Pi/2) / integrate(-math.Pi/2, math.Pi/2)
}

func TestMeanDifferenceWithoutSpread(t *testing.T) {
	for name, c := range map[string]struct {
		changed, reference []float64
		estimate           float64
	}{
		"one against one":           {[]float64{3}, []float64{1}, 2},
		"all alike":                 {[]float64{0.1, 0.1, 0.1}, []float64{0.3, 0.3}, 0.1 - 0.3},
		"nothing":                   {nil, []float64{1, 2}, math.NaN()},
		"nothing to compare with":   {[]float64{1, 2}, nil, math.NaN()},
		"something that is no mean": {[]float64{1, math.NaN()}, []float64{1, 2}, math.NaN()},
		"infinity":                  {[]float64{1, 2}, []float64{math.Inf(1), 2}, math.NaN()},
	} {
		estimate, lo, hi, p := MeanDifference(c.changed, c.reference, 0.95)
		if !near(estimate, c.estimate) && !(math.IsNaN(estimate) && math.IsNaN(c.estimate)) {
			t.Errorf("%s: estimate %v, want %v", name, estimate, c.estimate)
		}
		if !math.IsNaN(lo) || !math.IsNaN(hi) || !math.IsNaN(p) {
			t.Errorf("%s: got [%v, %v] p %v", name, lo, hi, p)
		}
	}
	for _, confidence := range []float64{0, 1, math.NaN()} {
		if _, lo, _, p := MeanDifference([]float64{1, 2}, []float64{1, 3}, confidence); !math.IsNaN(lo) || !math.IsNaN(p) {
			t.Errorf("confidence %v accepted", confidence)
		}
	}
}

func TestMeanDifferenceCoverage(t *testing.T) {
	const replications, difference = 2500, 0.7
	for _, c := range []struct{ changed, reference int }{{1, 6}, {2, 1}, {3, 3}, {1, 20}, {10, 10}} {
		t.Run(fmt.Sprintf("%d against %d", c.changed, c.reference), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(c.changed), uint64(c.reference)))
			a, b := make([]float64, c.changed), make([]float64, c.reference)
			covered, alarms := 0, 0
			for range replications {
				for i := range a {
					a[i] = difference + rng.NormFloat64()
				}
				for i := range b {
					b[i] = rng.NormFloat64()
				}
				if _, lo, hi, _ := MeanDifference(a, b, 0.95); lo <= difference && difference <= hi {
					covered++
				}
				for i := range a {
					a[i] -= difference
				}
				if _, _, _, p := MeanDifference(a, b, 0.95); p <= 0.05 {
					alarms++
				}
			}
			coverage, rate := 100*float64(covered)/replications, 100*float64(alarms)/replications
			if math.Abs(coverage-95) > 1.4 || math.Abs(rate-5) > 1.4 {
				t.Errorf("coverage %.2f%%, false alarms %.2f%%, want 95%% and 5%% give or take one and a half", coverage, rate)
			}
		})
	}
}
