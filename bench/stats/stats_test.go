package stats

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func near(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b))
}

func value() *rapid.Generator[float64] { return rapid.Float64Range(-1e6, 1e6) }

// median by definition: the middle value, or halfway between the two middle ones.
func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	if len(s)%2 == 1 {
		return s[len(s)/2]
	}
	return (s[len(s)/2-1] + s[len(s)/2]) / 2
}

func TestTheilSenAgreesWithDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 60).Draw(t, "n")
		x := make([]float64, n)
		y := make([]float64, n)
		for i := range n { // few distinct x, so that ties occur
			x[i] = float64(rapid.IntRange(0, 20).Draw(t, "x"))
			y[i] = value().Draw(t, "y")
		}
		var slopes []float64
		for i := range n {
			for j := i + 1; j < n; j++ {
				if x[i] != x[j] {
					slopes = append(slopes, (y[j]-y[i])/(x[j]-x[i]))
				}
			}
		}
		got := TheilSen(x, y)
		if len(slopes) == 0 {
			if !math.IsNaN(got) {
				t.Fatalf("no slope exists, got %v", got)
			}
			return
		}
		if want := median(slopes); !near(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestTheilSen(t *testing.T) {
	for name, c := range map[string]struct {
		x, y []float64
		want float64
	}{
		"none":         {nil, nil, math.NaN()},
		"one":          {[]float64{1}, []float64{1}, math.NaN()},
		"same x":       {[]float64{1, 1}, []float64{1, 2}, math.NaN()},
		"line":         {[]float64{0, 1, 2, 3}, []float64{5, 3, 1, -1}, -2},
		"an outlier":   {[]float64{0, 1, 2, 3, 4}, []float64{0, 1, 2, 3, 1000}, 1},
		"out of order": {[]float64{3, 1, 2}, []float64{30, 10, 20}, 10},
	} {
		if got := TheilSen(c.x, c.y); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestTheilSenThinsManyPoints(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 50_000
	x := make([]float64, n)
	y := make([]float64, n)
	for i := range n {
		x[i] = float64(i)
		y[i] = 3*x[i] + 1000*rng.NormFloat64()
	}
	if got := TheilSen(x, y); math.Abs(got-3) > 0.01 {
		t.Errorf("slope %v, want 3 ± 0.01", got)
	}
}

func TestQuantileAgreesWithDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOfN(value(), 1, 50).Draw(t, "values")
		slices.Sort(s)
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		got := Quantile(s, q)

		// Type 7 makes the k-th value (from 0) the k/(n-1) quantile and joins those points by lines.
		want := s[0]
		for k := 0; k+1 < len(s); k++ {
			lo, hi := float64(k)/float64(len(s)-1), float64(k+1)/float64(len(s)-1)
			if lo <= q && q <= hi {
				want = s[k] + (q-lo)/(hi-lo)*(s[k+1]-s[k])
			}
		}
		if math.Abs(got-want) > 1e-6 {
			t.Fatalf("q %v: got %v, want %v", q, got, want)
		}
		if Quantile(s, 0) != s[0] || Quantile(s, 1) != s[len(s)-1] {
			t.Fatal("the ends are not the extremes")
		}
	})
}

func TestQuantile(t *testing.T) {
	s := []float64{1, 2, 3, 4}
	for q, want := range map[float64]float64{0: 1, 0.25: 1.75, 0.5: 2.5, 0.75: 3.25, 1: 4} {
		if got := Quantile(s, q); got != want {
			t.Errorf("q %v: got %v, want %v", q, got, want)
		}
	}
	for _, got := range []float64{Quantile(nil, 0.5), Quantile(s, -0.1), Quantile(s, 1.1), Quantile(s, math.NaN())} {
		if !math.IsNaN(got) {
			t.Errorf("got %v, want NaN", got)
		}
	}
}

func TestMeanAgreesWithExactArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOfN(value(), 1, 50).Draw(t, "values")
		sum := new(big.Rat)
		for _, v := range s {
			sum.Add(sum, new(big.Rat).SetFloat64(v))
		}
		want, _ := sum.Quo(sum, new(big.Rat).SetInt64(int64(len(s)))).Float64()
		if got := Mean(s); !near(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
	if !math.IsNaN(Mean(nil)) {
		t.Error("the mean of nothing is not NaN")
	}
}
