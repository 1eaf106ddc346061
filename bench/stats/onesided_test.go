package stats

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSignedRankAboveAgreesWithDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := differences(t, 1, 12)
		ranks, doubled := doubledRanks(d)
		all, seen := make([]float64, len(ranks)), float64(doubled)
		for i, r := range ranks {
			all[i] = float64(r)
		}
		above, n := 0, 0
		signs(all, func(sum float64) {
			n++
			if sum >= seen {
				above++
			}
		})
		if got, want := SignedRankAbove(d), float64(above)/float64(n); !near(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// The smaller of the p-values of both sides, doubled, is that of the two-sided test; the interval ends where the p-value crosses.
func TestSignedRankAboveAgreesWithTheOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SliceOfN(rapid.Float64Range(-1e3, 1e3), 6, 130).Draw(t, "differences")
		negated := make([]float64, len(d))
		for i, v := range d {
			negated[i] = -v
		}
		if got, want := min(1, 2*min(SignedRankAbove(d), SignedRankAbove(negated))), SignedRank(d); !near(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
	d := []float64{0.31, 0.42, -0.11, 0.27, 0.55, 0.08, 0.36, 0.19, 0.61, -0.05}
	lo, hi, _ := SignedRankInterval(d, 0.9)
	at := func(bound float64) (above, below float64) {
		up, down := make([]float64, len(d)), make([]float64, len(d))
		for i, v := range d {
			up[i], down[i] = v-bound, bound-v
		}
		return SignedRankAbove(up), SignedRankAbove(down)
	}
	const bit = 1e-9
	for bound, wants := range map[float64][2]bool{lo - bit: {true, false}, lo + bit: {false, false}, hi - bit: {false, false}, hi + bit: {false, true}} {
		above, below := at(bound)
		if (above <= 0.05) != wants[0] || (below <= 0.05) != wants[1] {
			t.Errorf("bound %v in [%v, %v]: p %v above, %v below", bound, lo, hi, above, below)
		}
	}
}

func TestSignedRankAbove(t *testing.T) {
	for _, c := range []struct {
		d    []float64
		want float64
	}{
		{[]float64{0, 0}, 1},
		{[]float64{5}, 0.5},
		{[]float64{-5}, 1},
		{[]float64{1, 2, 3, 4, 5, 6}, 1.0 / 64},
		{[]float64{-1, 2, 3, 4, 5, 6}, 2.0 / 64},
		{make([]float64, exactUpTo+1), 1},
	} {
		if got := SignedRankAbove(c.d); !near(got, c.want) {
			t.Errorf("%v: got %v, want %v", c.d, got, c.want)
		}
	}
	for _, d := range [][]float64{nil, {math.NaN()}, {1, math.Inf(1)}} {
		if got := SignedRankAbove(d); !math.IsNaN(got) {
			t.Errorf("%v: got %v", d, got)
		}
	}
}

func TestSignAbove(t *testing.T) {
	for _, c := range []struct {
		beyond, n int
		want      float64
	}{{0, 0, 1}, {0, 5, 1}, {5, 5, 1.0 / 32}, {9, 10, 11.0 / 1024}, {10, 10, 1.0 / 1024}, {5, 10, 638.0 / 1024}, {1, 1, 0.5}} {
		if got := SignAbove(c.beyond, c.n); !near(got, c.want) {
			t.Errorf("%d of %d: got %v, want %v", c.beyond, c.n, got, c.want)
		}
	}
}

// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") answers 0.03 0.06 0.06 0.02.
func TestHolm(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct{ p, want []float64 }{
		{nil, []float64{}},
		{[]float64{0.03}, []float64{0.03}},
		{[]float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{[]float64{0.5, 0.6}, []float64{1, 1}},
		{[]float64{nan, 0.01, nan, 0.02}, []float64{nan, 0.04, nan, 0.06}},
	} {
		got := Holm(c.p)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return near(a, b) || math.IsNaN(a) && math.IsNaN(b) }) {
			t.Errorf("%v: got %v, want %v", c.p, got, c.want)
		}
	}
}

// Rejecting step by step from the smallest, as the procedure is defined, rejects the same.
func TestHolmAgreesWithDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOfN(rapid.Float64Range(0, 0.2), 1, 12).Draw(t, "p")
		alpha := rapid.Float64Range(0.01, 0.2).Draw(t, "alpha")
		rejected := make([]bool, len(p))
		for left := len(p); left > 0; left-- {
			smallest := -1
			for i := range p {
				if !rejected[i] && (smallest < 0 || p[i] < p[smallest]) {
					smallest = i
				}
			}
			if p[smallest]*float64(left) > alpha {
				break
			}
			rejected[smallest] = true
		}
		for i, v := range Holm(p) {
			if (v <= alpha) != rejected[i] {
				t.Fatalf("%v at %v: %v is %v, rejected %v", p, alpha, p[i], v, rejected[i])
			}
		}
	})
}

func TestSpread(t *testing.T) {
	if got := Spread([]float64{2, 4, 4, 4, 5, 5, 7, 9}); !near(got, math.Sqrt(32.0/7)) {
		t.Errorf("got %v", got)
	}
	for _, values := range [][]float64{nil, {1}} {
		if got := Spread(values); !math.IsNaN(got) {
			t.Errorf("%v: got %v", values, got)
		}
	}
}
