package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"
)

// TestThinningKeepsTheExtremes of any number of samples, in a bounded number of points and in order.
func TestThinningKeepsTheExtremes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3000).Draw(t, "n")
		values := rapid.SliceOfN(rapid.Float64Range(0, 1e6), n, n).Draw(t, "values")
		var csv strings.Builder
		csv.WriteString("t_s,hold,reader_lag\n")
		for i, v := range values {
			fmt.Fprintf(&csv, "%v,%v,\n", float64(i)*10/float64(n), v)
		}
		series, err := parseLag(strings.NewReader(csv.String()), 10)
		if err != nil {
			t.Fatal(err)
		}
		lo, hi := math.Inf(1), math.Inf(-1)
		for i, p := range series.hold {
			lo, hi = min(lo, p.y), max(hi, p.y)
			if i > 0 && p.x < series.hold[i-1].x {
				t.Fatalf("point %d goes back in time", i)
			}
		}
		if lo != slices.Min(values) || hi != slices.Max(values) {
			t.Fatalf("%v to %v, want %v to %v", lo, hi, slices.Min(values), slices.Max(values))
		}
		if len(series.hold) > min(n, 2*(lagSteps+1)) || len(series.reader) != 0 {
			t.Fatalf("%d points of %d samples, %d of none", len(series.hold), n, len(series.reader))
		}
	})
}

func FuzzParseLag(f *testing.F) {
	f.Add("t_s,hold,reader_lag\n0.1,3,4\n0.2,,5\n", 10.0)
	f.Add("t_s,hold,reader_lag\n-1,NaN,4\n", 0.0)
	f.Add("", 1.0)
	f.Fuzz(func(t *testing.T, text string, window float64) {
		series, err := parseLag(strings.NewReader(text), window)
		if err != nil {
			return
		}
		for _, p := range append(series.hold, series.reader...) {
			if !finite(p.x, p.y) || p.y < 0 {
				t.Errorf("a point at %v, %v", p.x, p.y)
			}
		}
	})
}

func TestQuantilesCountWhatNeverCame(t *testing.T) {
	h := hdrhistogram.New(1, 3_600_000_000, 3)
	for v := range int64(1000) {
		if err := h.RecordValue(v + 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		beyond int64
		share  float64
		want   float64
	}{
		{0, 0, 1}, {0, 0.5, 500}, {0, 0.99, 990}, {0, 0.991, math.NaN()},
		{1000, 0.25, 500}, {1000, 0.5, 1000}, {1000, 0.51, math.NaN()},
	} {
		if got := quantile(h, c.beyond, c.share); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%v of 1000 samples and %d beyond: %v, want %v", c.share, c.beyond, got, c.want)
		}
	}
}

// TestDensityShowsBothHumps of a distribution that its mean lies between.
func TestDensityShowsBothHumps(t *testing.T) {
	h := hdrhistogram.New(1, 3_600_000_000, 3)
	for i := range int64(100) {
		_ = h.RecordValue(2_000 + i)
		_ = h.RecordValue(22_000 + i)
	}
	d := densityOf(h)
	var sum float64
	var humps []float64
	for i, n := range d.counts {
		sum += n
		if n > 0 && (i == 0 || d.counts[i-1] <= n) && (i+1 == len(d.counts) || d.counts[i+1] < n) {
			humps = append(humps, d.at(i))
		}
	}
	if math.Abs(sum-200) > 1e-9 || len(humps) != 2 || math.Abs(humps[0]-2) > 0.2 || math.Abs(humps[1]-22) > 2.5 {
		t.Errorf("%v samples in humps at %v ms", sum, humps)
	}
}
