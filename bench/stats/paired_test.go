package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// differences are between small whole numbers half of the time, so that ties and zeros occur.
func differences(t *rapid.T, least, most int) []float64 {
	whole := rapid.Map(rapid.IntRange(-4, 4), func(i int) float64 { return float64(i) })
	g := rapid.OneOf(whole, value())
	if rapid.Bool().Draw(t, "whole numbers") {
		g = whole
	}
	return rapid.SliceOfN(g, least, most).Draw(t, "differences")
}

// walshAverages by definition.
func walshAverages(d []float64) (all []float64) {
	for i := range d {
		for j := i; j < len(d); j++ {
			all = append(all, (d[i]+d[j])/2)
		}
	}
	slices.Sort(all)
	return all
}

// signs calls f with the sum of the ranks of every one of the 2ⁿ subsets.
func signs(ranks []float64, f func(sum float64)) {
	for subset := range 1 << len(ranks) {
		sum := 0.0
		for i, r := range ranks {
			if subset>>i&1 != 0 {
				sum += r
			}
		}
		f(sum)
	}
}

func TestHodgesLehmannAgreesWithDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := differences(t, 1, 60)
		before := slices.Clone(d)
		if got, want := HodgesLehmann(d), median(walshAverages(d)); !near(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		if !slices.Equal(d, before) {
			t.Fatal("the differences were changed")
		}
	})
}

func TestWalshAveragesAgreeWithDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := differences(t, 1, 30)
		w, ok := newWalsh(d)
		if !ok {
			t.Fatal("not ok")
		}
		for i, want := range walshAverages(d) {
			if got := w.at(i + 1); got != want {
				t.Fatalf("number %d: got %v, want %v", i+1, got, want)
			}
		}
	})
}

func TestSignedRankIntervalAgreesWithDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := differences(t, 1, 12)
		confidence := rapid.Float64Range(0.5, 0.999).Draw(t, "confidence")

		ranks := make([]float64, len(d))
		for i := range ranks {
			ranks[i] = float64(i + 1)
		}
		sums := make([]int, len(d)*(len(d)+1)/2+1)
		signs(ranks, func(sum float64) { sums[int(sum)]++ })
		all := walshAverages(d)
		c, below := -1, 0
		for sum := 0; ; sum++ {
			below += sums[sum]
			if 2*float64(below)/float64(int(1)<<len(d)) > 1-confidence {
				break
			}
			c = sum
		}

		lo, hi, ok := SignedRankInterval(d, confidence)
		if ok != (c >= 0) {
			t.Fatalf("ok %v with %d outside", ok, c+1)
		}
		if ok && (lo != all[c] || hi != all[len(all)-1-c]) {
			t.Fatalf("got [%v, %v], want [%v, %v]", lo, hi, all[c], all[len(all)-1-c])
		}
		if ok && (lo > HodgesLehmann(d) || HodgesLehmann(d) > hi) {
			t.Fatalf("the estimate %v is outside [%v, %v]", HodgesLehmann(d), lo, hi)
		}
	})
}

func TestSignedRankAgreesWithDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := differences(t, 1, 12)
		var ranks []float64
		seen := 0.0
		for _, v := range d {
			if v == 0 {
				continue
			}
			rank := 0.5 // as many places as there are smaller ones, and half of those alike, itself included
			for _, other := range d {
				switch a, b := math.Abs(other), math.Abs(v); {
				case a < b:
					rank++
				case a == b:
					rank += 0.5
				}
			}
			ranks = append(ranks, rank)
			if v > 0 {
				seen += rank
			}
		}
		below, above, n := 0, 0, 0
		signs(ranks, func(sum float64) {
			n++
			if sum <= seen {
				below++
			}
			if sum >= seen {
				above++
			}
		})
		want := min(1, 2*float64(min(below, above))/float64(n))
		if got := SignedRank(d); !near(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// Depression scale before and after treatment: Hollander and Wolfe, example 3.1. R's wilcox.test answers V = 5, p =
// 0.03906, a pseudo-median of −0.46 and an interval of −0.786 to −0.010.
func TestSignedRankOfAPublishedExample(t *testing.T) {
	before := []float64{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30}
	after := []float64{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}
	d := make([]float64, len(before))
	for i := range d {
		d[i] = after[i] - before[i]
	}
	lo, hi, ok := SignedRankInterval(d, 0.95)
	got := fmt.Sprintf("%.5f %.2f %.3f %.3f %v", SignedRank(d), HodgesLehmann(d), lo, hi, ok)
	if want := "0.03906 -0.46 -0.786 -0.010 true"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSignedRank(t *testing.T) {
	for _, c := range []struct {
		d    []float64
		want float64
	}{
		{[]float64{0}, 1},
		{[]float64{0, 0, 0}, 1},
		{make([]float64, exactUpTo+1), 1},
		{[]float64{5}, 1},
		{[]float64{1, 2, 3, 4, 5, 6}, 2.0 / 64},
		{[]float64{-1, -1, -1, -1, -1, -1}, 2.0 / 64},
		{[]float64{1, 2, 3, 4, 5, -6}, 2.0 * 14 / 64}, // 14 subsets of 1…6 sum to 6 or less
		{[]float64{0, 0, 1, 1, -1}, 1},                // ranks 4, 4 and −4: zeros count in ranking
		{[]float64{0, 1, 2, 3, -1}, 2.0 * 3 / 16},     // ranks 2.5, 4, 5, −2.5: {}, and each 2.5 alone
	} {
		if got := SignedRank(c.d); !near(got, c.want) {
			t.Errorf("%v: got %v, want %v", c.d, got, c.want)
		}
	}
}

func TestSignedRankIntervalNeedsEnoughDifferences(t *testing.T) {
	for confidence, least := range map[float64]int{0.75: 3, 0.90: 5, 0.95: 6, 0.99: 8} {
		for n := range 12 {
			d := make([]float64, n)
			for i := range d {
				d[i] = float64(i)
			}
			lo, hi, ok := SignedRankInterval(d, confidence)
			if ok != (n >= least) {
				t.Errorf("%d at %v: ok %v", n, confidence, ok)
			}
			if !ok && !(math.IsNaN(lo) && math.IsNaN(hi)) {
				t.Errorf("%d at %v: got [%v, %v]", n, confidence, lo, hi)
			}
			if n == least && (lo != 0 || hi != float64(n-1)) {
				t.Errorf("%d at %v: got [%v, %v], want the extremes", n, confidence, lo, hi)
			}
		}
	}
	for _, confidence := range []float64{-1, 0, 1, 2, math.NaN()} {
		if _, _, ok := SignedRankInterval([]float64{1, 2, 3, 4, 5, 6, 7}, confidence); ok {
			t.Errorf("confidence %v accepted", confidence)
		}
	}
}

func TestPairedStatisticsOfWhatIsNotFinite(t *testing.T) {
	for _, bad := range [][]float64{nil, {1, math.NaN(), 2}, {math.Inf(1), 1, 2, 3, 4, 5, 6}} {
		lo, hi, ok := SignedRankInterval(bad, 0.95)
		for _, got := range []float64{HodgesLehmann(bad), SignedRank(bad), lo, hi} {
			if !math.IsNaN(got) || ok {
				t.Errorf("%v: got %v, %v", bad, got, ok)
			}
		}
	}
	if got := HodgesLehmann([]float64{math.MaxFloat64, math.MaxFloat64}); got != math.MaxFloat64 {
		t.Errorf("got %v", got)
	}
	if got := HodgesLehmann([]float64{math.Copysign(0, -1)}); got != 0 || math.Signbit(got) {
		t.Errorf("got %v", got)
	}
}

func TestRatio(t *testing.T) {
	reference := []float64{100, 200, 50, 80, 120, 300}
	changed := make([]float64, len(reference))
	for i, factor := range []float64{1.1, 1.2, 1.3, 1.2, 1.2, 1.2} {
		changed[i] = factor * reference[i]
	}
	estimate, lo, hi, ok := Ratio(changed, reference)
	if !near(estimate, 1.2) || !near(lo, 1.1) || !near(hi, 1.3) || !ok {
		t.Errorf("got %v [%v, %v] %v", estimate, lo, hi, ok)
	}
	back, backLo, backHi, _ := Ratio(reference, changed)
	if !near(back, 1/estimate) || !near(backLo, 1/hi) || !near(backHi, 1/lo) {
		t.Errorf("the other way round: got %v [%v, %v]", back, backLo, backHi)
	}
	estimate, lo, hi, ok = Ratio(changed[:5], reference[:5])
	if !near(estimate, 1.2) || !math.IsNaN(lo) || !math.IsNaN(hi) || ok {
		t.Errorf("five pairs: got %v [%v, %v] %v", estimate, lo, hi, ok)
	}
	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		changed[2] = bad
		if estimate, lo, hi, ok := Ratio(changed, reference); !math.IsNaN(estimate) || !math.IsNaN(lo) || !math.IsNaN(hi) || ok {
			t.Errorf("with %v: got %v [%v, %v] %v", bad, estimate, lo, hi, ok)
		}
	}
}

func TestRatioAgreesWithDefinition(t *testing.T) {
	positive := rapid.Float64Range(1e-3, 1e6)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "n")
		changed := rapid.SliceOfN(positive, n, n).Draw(t, "changed")
		reference := rapid.SliceOfN(positive, n, n).Draw(t, "reference")
		logs := make([]float64, n)
		for i := range logs {
			logs[i] = math.Log(changed[i] / reference[i])
		}
		if estimate, _, _, ok := Ratio(changed, reference); !near(math.Log(estimate), median(walshAverages(logs))) || ok != (n >= 6) {
			t.Fatalf("got %v, %v", estimate, ok)
		}
	})
}

// The interval covers the true centre as often as it says, whatever the shape of the distribution, and the test finds a
// difference where there is none no more often than it says.
func TestSignedRankCoverage(t *testing.T) {
	const replications = 2500
	shapes := map[string]func(*rand.Rand) float64{
		"normal":  (*rand.Rand).NormFloat64,
		"uniform": (*rand.Rand).Float64,
		"cauchy":  func(r *rand.Rand) float64 { return r.NormFloat64() / r.NormFloat64() },
		"steps":   func(r *rand.Rand) float64 { return math.Round(2 * r.NormFloat64()) },
	}
	for name, draw := range shapes {
		for _, n := range []int{6, 10, 20, exactUpTo + 1} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				centre := 0.0
				if name == "uniform" {
					centre = 0.5
				}
				rng := rand.New(rand.NewPCG(uint64(len(name)), uint64(n)))
				covered, rejected := 0, 0
				d := make([]float64, n)
				for range replications {
					for i := range d {
						d[i] = draw(rng) - centre
					}
					lo, hi, ok := SignedRankInterval(d, 0.95)
					if !ok {
						t.Fatal("no interval")
					}
					if lo <= 0 && 0 <= hi {
						covered++
					}
					if SignedRank(d) <= 0.05 {
						rejected++
					}
				}
				coverage := 100 * float64(covered) / replications
				alarms := 100 * float64(rejected) / replications
				t.Logf("coverage %.2f%%, false alarms %.2f%%", coverage, alarms)
				if coverage < 94 || alarms > 6 {
					t.Errorf("coverage %.2f%%, false alarms %.2f%%, want 95%% and 5%% give or take one", coverage, alarms)
				}
			})
		}
	}
}

// Where the exact distribution ends, the approximation is close to it, and closest where verdicts are made.
func TestNormalApproximationTakesOverSmoothly(t *testing.T) {
	const n = exactUpTo + 1
	d := make([]float64, n)
	whole := make([]int64, n)
	for i := range d {
		whole[i] = int64(i + 1)
	}
	distribution := signedRankDistribution(whole, n*(n+1)/2)
	for _, confidence := range []float64{0.9, 0.95, 0.99} { // of 5151 ranks
		exact, below := -1, 0.0
		for _, p := range distribution {
			if below += p; 2*below > 1-confidence {
				break
			}
			exact++
		}
		if got := critical(n, confidence); got < exact-5 || got > exact+5 {
			t.Errorf("at %v: %d outside, exactly %d", confidence, got, exact)
		}
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		sum := 0
		for i := range d {
			d[i] = float64(i + 1)
			if rng.IntN(100) < 42 {
				d[i] = -d[i]
				continue
			}
			sum += i + 1
		}
		sum = min(sum, n*(n+1)/2-sum)
		var exact float64
		for _, p := range distribution[:sum+1] {
			exact += 2 * p
		}
		bound := 2e-3
		if exact < 0.05 {
			bound = 5e-4
		}
		if got := SignedRank(d); math.Abs(got-min(1, exact)) > bound {
			t.Errorf("p %v, exactly %v", got, exact)
		}
	}
}

// What is kept of differences without ties is what a distribution worked out for them says.
func TestSignedRankOfUntiedDifferences(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for n := 1; n <= exactUpTo; n++ {
		d := make([]float64, n)
		for i := range d {
			d[i] = rng.NormFloat64() + 0.2
		}
		ranks, positive := doubledRanks(d)
		if !untied(ranks, int64(n)) {
			t.Fatalf("%v has ties", d)
		}
		all := int64(n * (n + 1))
		var tail float64
		for _, p := range signedRankDistribution(ranks, min(positive, all-positive)) {
			tail += p
		}
		if got := SignedRank(d); !near(got, min(1, 2*tail)) {
			t.Errorf("%d differences: got %v, want %v", n, got, min(1, 2*tail))
		}
	}
	for name, d := range map[string][]float64{"a tie": {1, -2, 2, 3}, "a zero": {0, 1, 2}} {
		if ranks, _ := doubledRanks(d); untied(ranks, int64(len(d))) {
			t.Errorf("%s went unnoticed", name)
		}
	}
}

// BenchmarkSignedRank is of a cell's figure over so many blocks: one that varies, and a count of which most are alike.
func BenchmarkSignedRank(b *testing.B) {
	for _, n := range []int{10, 30, exactUpTo, 1000} {
		rng := rand.New(rand.NewPCG(1, 2))
		varied, alike := make([]float64, n), make([]float64, n)
		for i := range n {
			varied[i], alike[i] = rng.NormFloat64(), math.Round(2*rng.NormFloat64())
		}
		for name, d := range map[string][]float64{"varied": varied, "alike": alike} {
			b.Run(fmt.Sprintf("%s/differences=%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					SignedRank(d)
					SignedRankInterval(d, 0.95)
				}
			})
		}
	}
}

func BenchmarkHodgesLehmann(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		b.Run(fmt.Sprintf("differences=%d", n), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			d := make([]float64, n)
			for i := range d {
				d[i] = rng.NormFloat64()
			}
			b.ReportAllocs()
			for b.Loop() {
				HodgesLehmann(d)
			}
		})
	}
}
