package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Calibration of ozone monitors: NIST's reference data set Norris, with its certified values.
func TestLineOfAReferenceDataSet(t *testing.T) {
	y := []float64{0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1, 668.8, 339.3, 448.9, 10.8,
		557.7, 228.3, 998.0, 888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888.0, 998.5, 778.9, 10.2, 117.6, 228.9, 668.4, 449.2, 0.2}
	x := []float64{0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4, 0.6, 775.5, 666.9, 338.0, 447.5, 11.6,
		556.0, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2, 999.0, 779.0, 11.1, 118.3, 229.2, 669.1, 448.9, 0.5}
	f, ok := Line(x, y, nil, 0.95)
	quantile := student(34, 0.95)
	got := fmt.Sprintf("%v %.9f %.9f %.9f %.12f", ok, f.Intercept.Value, (f.Intercept.Hi-f.Intercept.Value)/quantile,
		f.Slope.Value, (f.Slope.Hi-f.Slope.Value)/quantile)
	if want := "true -0.262323074 0.232818234 1.002116818 0.000429796848"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A physics experiment whose standard deviations are known: Weisberg, Applied Linear Regression, section 5.1, which gives 148.473 (8.079) and
// 530.835 (47.550).
func TestWeightedLineOfAPublishedExample(t *testing.T) {
	x := []float64{0.345, 0.287, 0.251, 0.225, 0.207, 0.186, 0.161, 0.132, 0.084, 0.060}
	y := []float64{367, 311, 295, 268, 253, 239, 220, 213, 193, 192}
	var weights []float64
	for _, sd := range []float64{17, 9, 9, 7, 7, 6, 6, 6, 5, 5} {
		weights = append(weights, 1/(sd*sd))
	}
	f, _ := Line(x, y, weights, 0.95)
	quantile := student(8, 0.95)
	got := fmt.Sprintf("%.3f (%.3f) %.3f (%.3f)", f.Intercept.Value, (f.Intercept.Hi-f.Intercept.Value)/quantile,
		f.Slope.Value, (f.Slope.Hi-f.Slope.Value)/quantile)
	if want := "148.473 (8.079) 530.835 (47.550)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// points with distinct x, some far apart.
func points(t *rapid.T, least int) (x, y, weights []float64) {
	x = rapid.SliceOfNDistinct(rapid.Map(rapid.IntRange(0, 10_000), func(i int) float64 { return float64(i) }), least, 12,
		func(v float64) float64 { return v }).Draw(t, "x")
	y = rapid.SliceOfN(rapid.Float64Range(-1e4, 1e4), len(x), len(x)).Draw(t, "y")
	weights = rapid.SliceOfN(rapid.Float64Range(0.1, 10), len(x), len(x)).Draw(t, "weights")
	return x, y, weights
}

// alike compares to a part in a million: x and y are large, and their squares are summed in another order.
func alike(a, b float64) bool { return math.Abs(a-b) <= 1e-6*max(1, math.Abs(a), math.Abs(b)) }

// The line of least squares is the one on which both sums of weighted residuals, plain and times x, are zero.
func TestLineSolvesTheNormalEquations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y, weights := points(t, 2)
		f, ok := Line(x, y, weights, 0.95)
		if !ok || len(f.Residuals) != len(x) {
			t.Fatalf("ok %v, %d residuals", ok, len(f.Residuals))
		}
		var plain, moment, size float64
		for i, r := range f.Residuals {
			if want := y[i] - f.Intercept.Value - f.Slope.Value*x[i]; !alike(r, want) {
				t.Fatalf("residual %d: got %v, want %v", i, r, want)
			}
			plain += weights[i] * r
			moment += weights[i] * r * x[i]
			size += weights[i] * math.Abs(y[i]) * max(1, x[i])
		}
		if math.Abs(plain) > 1e-6*max(1, size) || math.Abs(moment) > 1e-6*max(1, size) {
			t.Fatalf("sums of residuals %v and %v", plain, moment)
		}
	})
}

// Intervals by the textbook: the inverse of X'WX times the residuals' variance.
func TestLineIntervalsAgreeWithTheMatrix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y, weights := points(t, 3)
		at := rapid.Float64Range(0, 20_000).Draw(t, "at")
		var w, wx, wxx, squares float64
		f, _ := Line(x, y, weights, 0.9)
		for i := range x {
			w, wx, wxx = w+weights[i], wx+weights[i]*x[i], wxx+weights[i]*x[i]*x[i]
			squares += weights[i] * f.Residuals[i] * f.Residuals[i]
		}
		freedom := float64(len(x) - 2)
		variance := squares / freedom / (w*wxx - wx*wx)
		quantile := student(freedom, 0.9)
		for name, c := range map[string]struct {
			got      Bounded
			variance float64
		}{
			"intercept": {f.Intercept, variance * wxx},
			"slope":     {f.Slope, variance * w},
			"height":    {f.At(at), variance * (wxx - 2*at*wx + at*at*w)},
		} {
			half := quantile * math.Sqrt(c.variance)
			if !alike(c.got.Hi-c.got.Value, half) || !alike(c.got.Value-c.got.Lo, half) {
				t.Fatalf("%s: got %+v, want ± %v", name, c.got, half)
			}
		}
		if got := f.At(at).Value; !alike(got, f.Intercept.Value+f.Slope.Value*at) {
			t.Fatalf("height %v", got)
		}
	})
}

// A weight of k is a point that is there k times, and only weights relative to one another count.
func TestLineWeights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y, _ := points(t, 3)
		var manyX, manyY, weights, scaled []float64
		for i := range x {
			k := rapid.IntRange(1, 4).Draw(t, "times")
			for range k {
				manyX, manyY = append(manyX, x[i]), append(manyY, y[i])
			}
			weights, scaled = append(weights, float64(k)), append(scaled, 1e-9*float64(k))
		}
		f, _ := Line(x, y, weights, 0.95)
		many, _ := Line(manyX, manyY, nil, 0.95)
		if !alike(f.Intercept.Value, many.Intercept.Value) || !alike(f.Slope.Value, many.Slope.Value) {
			t.Fatalf("got %+v and %+v, repeated %+v and %+v", f.Intercept, f.Slope, many.Intercept, many.Slope)
		}
		other, _ := Line(x, y, scaled, 0.95)
		if !alike(f.Intercept.Hi, other.Intercept.Hi) || !alike(f.Slope.Lo, other.Slope.Lo) {
			t.Fatalf("got %+v and %+v, scaled %+v and %+v", f.Intercept, f.Slope, other.Intercept, other.Slope)
		}
	})
}

func TestLineThatDoesNotExist(t *testing.T) {
	for name, c := range map[string]struct{ x, y, weights []float64 }{
		"no points":         {nil, nil, nil},
		"one point":         {[]float64{1}, []float64{1}, nil},
		"one x":             {[]float64{0.1, 0.1, 0.1}, []float64{1, 2, 3}, nil},
		"no x":              {[]float64{math.NaN(), 1, 2}, []float64{1, 2, 3}, nil},
		"infinite y":        {[]float64{1, 2, 3}, []float64{1, math.Inf(1), 3}, nil},
		"a weight of zero":  {[]float64{1, 2, 3}, []float64{1, 2, 3}, []float64{1, 0, 1}},
		"a negative weight": {[]float64{1, 2, 3}, []float64{1, 2, 3}, []float64{1, -1, 1}},
		"infinite weight":   {[]float64{1, 2, 3}, []float64{1, 2, 3}, []float64{1, math.Inf(1), 1}},
	} {
		if f, ok := Line(c.x, c.y, c.weights, 0.95); ok {
			t.Errorf("%s: got %+v", name, f)
		}
	}
}

func TestLineOfTwoPointsHasNoInterval(t *testing.T) {
	f, ok := Line([]float64{10, 100}, []float64{5000, 6800}, nil, 0.95)
	if !ok || !near(f.Intercept.Value, 4800) || !near(f.Slope.Value, 20) {
		t.Errorf("got %+v, %v", f, ok)
	}
	for _, b := range []Bounded{f.Intercept, f.Slope, f.At(50)} {
		if !math.IsNaN(b.Lo) || !math.IsNaN(b.Hi) {
			t.Errorf("got %+v", b)
		}
	}
}

// Spreads that differ a hundredfold between points, weighted by what they are: the intervals cover the true line.
func TestLineCoverage(t *testing.T) {
	const replications = 4000
	const intercept, slope, unseen = 5000, 8, 500
	x := []float64{1, 10, 100, 1000, 10_000}
	for _, n := range []int{3, 5} {
		t.Run(fmt.Sprintf("points=%d", n), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(7, uint64(n)))
			y, weights := make([]float64, n), make([]float64, n)
			var inside [3]int
			for range replications {
				for i := range n {
					mean := intercept + slope*x[i]
					weights[i] = 1 / (mean * mean)
					y[i] = mean * (1 + 0.1*rng.NormFloat64())
				}
				f, _ := Line(x[:n], y, weights, 0.95)
				for i, c := range []struct {
					Bounded
					truth float64
				}{{f.Intercept, intercept}, {f.Slope, slope}, {f.At(unseen), intercept + slope*unseen}} {
					if c.Lo <= c.truth && c.truth <= c.Hi {
						inside[i]++
					}
				}
			}
			for i, name := range []string{"intercept", "slope", "height"} {
				if coverage := 100 * float64(inside[i]) / replications; math.Abs(coverage-95) > 1.1 {
					t.Errorf("%s: coverage %.2f%%, want 95%% give or take one", name, coverage)
				}
			}
		})
	}
}
