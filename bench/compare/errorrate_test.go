package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// The error rates of comparisons (METHOD, item 3 of what the tool must show about itself): how often Effect.Shown calls a difference what is
// none, and how often it misses a large one, by simulation and on stored trials.

// tolerated is what a share of p may come to by chance in so many tries, three standard deviations of it.
func tolerated(p float64, tries int) float64 { return p + 3*math.Sqrt(p*(1-p)/float64(tries)) }

// noise is what a figure is multiplied by: what a block's trials share, what each has of its own, and now and then a trial that something
// else disturbed.
type noise struct{ block, trial, outlier, outliers float64 }

// realistic spreads are those of trials on a shared virtual machine: between the trials of a cell mean e2e varies by 1 to 10%, and one in fifty
// is out by a half. Where one in twenty is, as on a machine that is disturbed, ten blocks are not enough to be sure of 30%: a single trial far out
// in the wrong direction leaves their p-value above 5%.
var (
	realistic = noise{block: 0.15, trial: 0.1, outlier: 0.5, outliers: 0.02}
	disturbed = noise{block: 0.15, trial: 0.1, outlier: 0.5, outliers: 0.05}
)

func (n noise) fill(random *rand.Rand, reference, changed []result.Trial, of func(*result.Trial) *float64, factor float64) {
	one := func(t *result.Trial, level float64) {
		v := level * math.Exp(n.trial*random.NormFloat64())
		if random.Float64() < n.outliers {
			v *= math.Exp(n.outlier * math.Abs(random.NormFloat64()))
		}
		*of(t) = v
	}
	for i := range reference {
		level := 5000 * math.Exp(n.block*random.NormFloat64())
		one(&reference[i], level)
		one(&changed[i], factor*level)
	}
}

// pair is a run of two cells whose mean e2e can be set, and the changed one.
func pair(n int) (reference, changed []result.Trial, c *Cell) {
	r := run(blocks(at, "at-least-once", make([]float64, n)), blocks(at, "idempotent", make([]float64, n)))
	return r.Trials[:n], r.Trials[n:], r.Cells[1]
}

func meanOf(t *result.Trial) *float64 { return t.LatencyUS["e2e"].Mean }

func TestSimulatedFalseAlarms(t *testing.T) {
	const tries = 2500
	for _, n := range []int{6, 10, 20} {
		for name, spread := range map[string]noise{
			"realistic": realistic, "disturbed": disturbed, "calm": {block: 0.02, trial: 0.02}, "wild": {block: 0.5, trial: 0.5, outlier: 2, outliers: 0.2},
		} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				random := rand.New(rand.NewPCG(uint64(n), uint64(len(name))))
				reference, changed, c := pair(n)
				alarms, outside := 0, 0
				for range tries {
					spread.fill(random, reference, changed, meanOf, 1)
					e := c.Effect(e2e)
					if e.Shown() {
						alarms++
					}
					if e.Lo > 1 || e.Hi < 1 {
						outside++
					}
				}
				for what, count := range map[string]int{"false alarms": alarms, "intervals without 1": outside} {
					if share := float64(count) / tries; share > tolerated(0.05, tries) {
						t.Errorf("%s: %.2f%%, want 5%% at most", what, 100*share)
					}
				}
				t.Logf("false alarms %.2f%%", 100*float64(alarms)/tries)
			})
		}
	}
}

// TestSimulatedChangesAreFound: with their sign, and their size.
func TestSimulatedChangesAreFound(t *testing.T) {
	const tries = 1000
	for _, factor := range []float64{1.3, 1 / 1.3, 2} {
		for n, spread := range map[int]noise{10: realistic, 20: disturbed} {
			t.Run(fmt.Sprintf("×%.2f/%d", factor, n), func(t *testing.T) {
				random := rand.New(rand.NewPCG(uint64(n), uint64(100*factor)))
				reference, changed, c := pair(n)
				found, covered, logs := 0, 0, 0.0
				for range tries {
					spread.fill(random, reference, changed, meanOf, factor)
					e := c.Effect(e2e)
					if e.Shown() && (e.Cost() > 0) == (factor > 1) {
						found++
					}
					if e.Lo <= factor && factor <= e.Hi {
						covered++
					}
					logs += math.Log(e.Estimate) / tries
				}
				if power := float64(found) / tries; power < 0.95 {
					t.Errorf("found in %.1f%%, want 95%% or more", 100*power)
				}
				if missed := 1 - float64(covered)/tries; missed > tolerated(0.05, tries) {
					t.Errorf("outside the interval in %.1f%%", 100*missed)
				}
				if size := math.Exp(logs); math.Abs(size/factor-1) > 0.01 {
					t.Errorf("estimated as ×%.3f", size)
				}
			})
		}
	}
}

// stored are the trials of one cell at max on a real Kafka, a block each, in windows of 3 s after 2 s of warm-up. Other work came to the machine
// half-way, and they drifted from about 125,000 to 90,000 records a second: pairs drawn from the whole run, which no campaign
// does, find a change of 30% in 70 to 95 of 100 resamples, pairs of neighbours in 99 and more. Two earlier runs with windows of 1 s
// spread too much for ten blocks however paired: 45 to 84. False alarms are below 5% in all of them.
func stored(t testing.TB) []result.Trial {
	t.Helper()
	r, err := result.Load("testdata/aa/run.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Trials) != 20 {
		t.Fatalf("%d trials", len(r.Trials))
	}
	return r.Trials
}

// neighbours are trials so near each other that any two of them could have been a block's.
const neighbours = 4

// resample splits stored trials into pairs at random, each of two that ran near each other as those of a block do, and puts their figures
// into two cells of a run, the changed one's scaled.
func resample(random *rand.Rand, from []float64, reference, changed []result.Trial, of func(*result.Trial) *float64, factor float64) {
	order := make([]int, len(from))
	for first := 0; first < len(from); first += neighbours {
		for i, place := range random.Perm(neighbours) {
			order[first+i] = first + place
		}
	}
	for i := range reference {
		*of(&reference[i]), *of(&changed[i]) = from[order[2*i]], factor*from[order[2*i+1]]
	}
}

func readOf(t *result.Trial) *float64 { return t.Throughput.ReadPerS }

func TestStoredTrialsShowNoDifferenceAmongThemselves(t *testing.T) {
	const resamples = 12_000
	trials := stored(t)
	for _, m := range []metric.Metric{readPer, metric.Must("client_cpu_us_per_record")} {
		from := run(trials).Cells[0].Values(m)
		if len(from) != len(trials) {
			t.Fatalf("%s: %d of %d trials have it", m.Name, len(from), len(trials))
		}
		for factor, want := range map[float64]string{1: "no difference", 0.7: "30% less", 1.3: "30% more"} {
			t.Run(m.Name+"/"+want, func(t *testing.T) {
				random := rand.New(rand.NewPCG(1, uint64(10*factor)))
				n := len(from) / 2
				r := run(blocks(atMax, "at-least-once", make([]float64, n)), blocks(atMax, "idempotent", make([]float64, n)))
				reference, changed, c := r.Trials[:n], r.Trials[n:], r.Cells[1]
				shown, covered := 0, 0
				for range resamples {
					resample(random, from, reference, changed, readOf, factor)
					e := c.Effect(readPer)
					if e.Shown() && (factor == 1 || (e.Estimate > 1) == (factor > 1)) {
						shown++
					}
					if e.Lo <= factor && factor <= e.Hi {
						covered++
					}
				}
				share := float64(shown) / resamples
				t.Logf("shown in %.2f%%, interval covers in %.2f%%", 100*share, 100*float64(covered)/resamples)
				if factor == 1 && share > tolerated(0.05, resamples) {
					t.Errorf("false alarms %.2f%%, want 5%% at most", 100*share)
				}
				if factor != 1 && share < 0.95 {
					t.Errorf("found in %.2f%%, want 95%% or more", 100*share)
				}
				if missed := 1 - float64(covered)/resamples; missed > tolerated(0.05, resamples) {
					t.Errorf("outside the interval in %.2f%%", 100*missed)
				}
			})
		}
	}
}
