package gate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// What a gate must show (METHOD, item 3 of what the tool must show about itself), for every kind of rule through Judge itself: with the number of
// blocks that BlocksNeeded names, it passes in 80% of tries or more while nothing changes, fails in 5% or less, and fails in 95% or more after a worsening of
// 30%.

// tolerated is what a share of p may come to by chance in so many tries, three standard deviations of it.
func tolerated(p float64, tries int) float64 { return p + 3*math.Sqrt(p*(1-p)/float64(tries)) }

// noise is what a figure is multiplied by: what a block's trials share, what each has of its own, and now and then a trial that something else
// disturbed. The spreads of bench/compare's tests, where trials on a shared virtual machine vary by 1 to 10% and one in fifty is out by a half.
type noise struct{ block, trial, outlier, outliers float64 }

var (
	realistic = noise{block: 0.15, trial: 0.1, outlier: 0.5, outliers: 0.02}
	calm      = noise{block: 0.03, trial: 0.05, outlier: 0.3, outliers: 0.01}
	wild      = noise{block: 0.3, trial: 0.3, outlier: 1, outliers: 0.1}
)

func (n noise) one(random *rand.Rand) float64 {
	v := math.Exp(n.trial * random.NormFloat64())
	if random.Float64() < n.outliers {
		v *= math.Exp(n.outlier * math.Abs(random.NormFloat64()))
	}
	return v
}

func (n noise) common(random *rand.Rand) float64 { return math.Exp(n.block * random.NormFloat64()) }

// own is the variance of a trial's logarithm without what its block shares.
func (n noise) own() float64 { return n.trial*n.trial + n.outliers*n.outlier*n.outlier }

// paired is the spread of two trials' difference within a block, alone that of trials.
func (n noise) paired() float64 { return math.Sqrt(2 * n.own()) }
func (n noise) alone() float64  { return math.Sqrt(n.block*n.block + n.own()) }

// A simulation is a rule, what it is judged on, and what its figure does.
type simulation struct {
	name string
	rule string
	of   func(*result.Trial) *float64 // the figure
	make func(mode string, block int, v float64, axes ...any) result.Trial
	noise
	level   float64 // of the reference, the baseline, or the cell itself
	ratio   float64 // of the cell to its reference while nothing changes
	worse   float64 // what a worsening of 30% multiplies the figure by
	atLimit float64 // what it is multiplied by where the rule is just kept
	stored  bool    // a baseline of stored runs, which differ by between
	between float64
}

func p99(name string) func(*result.Trial) *float64 {
	return func(t *result.Trial) *float64 { return t.LatencyUS[name].P99 }
}

func readPerS(t *result.Trial) *float64 { return t.Throughput.ReadPerS }

var simulations = []simulation{
	{name: "latency", rule: "p99(commit_due) < 22.6ms", of: p99("commit_due"), make: at99, noise: calm, level: 20_000, ratio: 1, worse: 1.3, atLimit: 1.13},
	{name: "throughput", rule: "read_per_s >= 42500", of: readPerS, make: atMax, noise: calm, level: 50_000, ratio: 1, worse: 0.7, atLimit: 0.85},
	{name: "cost of throughput", rule: "cost(read_per_s) < 24%", of: readPerS, make: atMax, noise: realistic, level: 100_000, ratio: 0.9, worse: 0.7, atLimit: 0.76 / 0.9},
	{name: "cost of latency", rule: "cost(p99(e2e)) < 126%", of: p99("e2e"), make: at99, noise: realistic, level: 10_000, ratio: 2, worse: 1.3, atLimit: 1.13},
	{name: "interleaved latency", rule: "p99(commit_due) <= baseline + 12%", of: p99("commit_due"), make: at99, noise: realistic, level: 20_000, ratio: 1, worse: 1.3, atLimit: 1.12},
	{name: "interleaved throughput", rule: "read_per_s >= baseline - 15%", of: readPerS, make: atMax, noise: realistic, level: 50_000, ratio: 1, worse: 0.7, atLimit: 0.85},
	{name: "stored latency", rule: "p99(commit_due) <= baseline + 12%", of: p99("commit_due"), make: at99, noise: noise{trial: 0.05}, level: 20_000, ratio: 1, worse: 1.3, atLimit: 1.12, stored: true, between: 0.025},
	{name: "stored throughput", rule: "read_per_s >= baseline - 15%", of: readPerS, make: atMax, noise: noise{trial: 0.05}, level: 50_000, ratio: 1, worse: 0.7, atLimit: 0.85, stored: true, between: 0.035},
}

// storedBlocks are the blocks of each run of a stored baseline, and of the run held against it.
const storedBlocks = 6

// spread is what BlocksNeeded is told: that of trials, of pairs, or of runs' medians, which vary as the runs do and as a median of six trials does.
func (s simulation) spread(kind Kind) float64 {
	switch {
	case s.stored:
		return math.Sqrt(s.between*s.between + s.own()*math.Pi/2/storedBlocks)
	case kind == Absolute:
		return s.alone()
	}
	return s.paired()
}

// rig is a simulation's run and baseline, whose figures are drawn anew in each try.
type rig struct {
	simulation
	rules   []Rule
	run     *compare.Run
	against *Against
	n       int
}

func (s simulation) rig(t testing.TB, design Design) *rig {
	t.Helper()
	g := &rig{simulation: s, rules: must(t, s.rule), n: design.Blocks}
	if s.stored {
		g.n = storedBlocks
	}
	zero := make([]float64, g.n)
	sides := [][]result.Trial{blocks(s.make, "transactional", zero)}
	if g.rules[0].Kind == Cost {
		sides = append(sides, blocks(s.make, "at-least-once", zero))
	}
	g.run = finished(sides...)
	if g.rules[0].Kind == Baseline {
		g.against = &Against{Interleaved: !s.stored}
		for range max(1, design.Runs) {
			g.against.Runs = append(g.against.Runs, finished(blocks(s.make, "transactional", zero)))
		}
	}
	return g
}

// try draws every figure, the judged cell's multiplied by a factor, and judges.
func (g *rig) try(t testing.TB, random *rand.Rand, factor float64) Outcome {
	t.Helper()
	common := make([]float64, g.n)
	fill := func(trials []result.Trial, level float64, mode string) {
		for i := range trials {
			if trials[i].Mode == mode {
				*g.of(&trials[i]) = level * common[trials[i].Block-1] * g.one(random)
			}
		}
	}
	share := func() {
		run := math.Exp(g.between * random.NormFloat64())
		for i := range common {
			common[i] = run * g.common(random)
		}
	}
	share()
	fill(g.run.Trials, g.level*g.ratio*factor, "transactional")
	fill(g.run.Trials, g.level, "at-least-once")
	if g.against != nil {
		for _, r := range g.against.Runs {
			if g.stored {
				share()
			}
			fill(r.Trials, g.level, "transactional")
		}
	}
	j, err := Judge(g.rules, g.run, g.against)
	if err != nil {
		t.Fatal(err)
	}
	return j.Outcome
}

// rates are the shares of tries with each outcome.
func (g *rig) rates(t testing.TB, tries int, factor float64) map[Outcome]float64 {
	t.Helper()
	random := rand.New(rand.NewPCG(uint64(g.n), uint64(1000*factor)))
	shares := map[Outcome]float64{}
	for range tries {
		shares[g.try(t, random, factor)] += 1 / float64(tries)
	}
	return shares
}

// recommended is the design that BlocksNeeded names for a simulation.
func (s simulation) recommended(t testing.TB) Design {
	t.Helper()
	r := must(t, s.rule)[0]
	known := Noise{Spread: s.spread(r.Kind)}
	switch r.Kind {
	case Absolute:
		known.Level = s.level
	case Cost:
		known.Level = worsening{r.Metric}.share(worsening{r.Metric}.of(s.ratio))
	}
	d := Design{Tests: 1}
	if s.stored {
		d.Runs = 1
	}
	n, err := r.BlocksNeeded(known, d, Worsening)
	if err != nil {
		t.Fatal(err)
	}
	if d.Blocks = n; s.stored {
		d.Blocks, d.Runs = storedBlocks, n
	}
	t.Logf("spread %.3f: %d blocks, %d runs; to be expected: %.3f pass, %.3f fail", known.Spread, d.Blocks, d.Runs, r.Passes(known, d), r.Fails(known, d, Worsening))
	return d
}

func TestSimulatedGates(t *testing.T) {
	const tries = 2000
	for _, s := range simulations {
		t.Run(s.name, func(t *testing.T) {
			g := s.rig(t, s.recommended(t))
			unchanged, worse, limit := g.rates(t, tries, 1), g.rates(t, tries, s.worse), g.rates(t, tries, s.atLimit)
			t.Logf("unchanged: %.3f pass, %.3f fail; 30%% worse: %.3f fail, %.3f pass; at the limit: %.3f fail, %.3f pass",
				unchanged[Pass], unchanged[Fail], worse[Fail], worse[Pass], limit[Fail], limit[Pass])
			if unchanged[Pass] < WantPass {
				t.Errorf("unchanged: passes in %.1f%%, want 80%% or more", 100*unchanged[Pass])
			}
			if unchanged[Fail] > alpha {
				t.Errorf("unchanged: fails in %.1f%%, want 5%% at most", 100*unchanged[Fail])
			}
			if worse[Fail] < WantFail {
				t.Errorf("30%% worse: fails in %.1f%%, want 95%% or more", 100*worse[Fail])
			}
			// What the levels of the tests promise: a figure just within its rule fails, one just without it passes, in 5% at most.
			for _, o := range []Outcome{Fail, Pass} {
				if limit[o] > tolerated(alpha, tries) {
					t.Errorf("at the limit: %s in %.1f%%, want 5%% at most", o, 100*limit[o])
				}
			}
		})
	}
}

// However wild the trials and however few the blocks, false alarms and false passes stay as rare.
func TestSimulatedErrorsOfFewWildBlocks(t *testing.T) {
	const tries = 1500
	for _, s := range simulations {
		if s.stored { // Student's t is for runs that vary as logarithms of a normal distribution do
			continue
		}
		for _, n := range []int{5, 8} {
			t.Run(fmt.Sprintf("%s/%d", s.name, n), func(t *testing.T) {
				s.noise = wild
				if must(t, s.rule)[0].Kind == Absolute { // the sign test holds for the median, which one-sided outliers move
					s.outliers = 0
				}
				limit := s.rig(t, Design{Blocks: n}).rates(t, tries, s.atLimit)
				for _, o := range []Outcome{Fail, Pass} {
					if limit[o] > tolerated(alpha, tries) {
						t.Errorf("at the limit: %s in %.1f%%, want 5%% at most", o, 100*limit[o])
					}
				}
			})
		}
	}
}

// Several rules whose figures are all just within them: any of them fails in 5% of tries at most.
func TestSimulatedFalseAlarmsOfRulesTogether(t *testing.T) {
	const tries, n = 2000, 10
	random := rand.New(rand.NewPCG(7, n))
	trials := blocks(atMax, "transactional", make([]float64, n))
	run := finished(trials)
	rules := must(t, "read_per_s >= 42500", "client_cpu_us_per_record < 30", "broker_cpu_us_per_record < 60", "rss_max_bytes < 1M", "log_bytes_per_record < 1100")
	alarms := 0
	for range tries {
		for i := range run.Trials {
			draw := func(level float64) float64 { return level * math.Exp(0.1*random.NormFloat64()) }
			tr := &run.Trials[i]
			tr.Window.Handed, tr.Guarantee.Sent = 1e6, 1e6
			tr.Throughput.ReadPerS, tr.Resources.CPUS, tr.Resources.BrokerCPUS = new(draw(42_500)), new(draw(30)), new(draw(60))
			tr.Resources.RSSMaxBytes, tr.Resources.BrokerLogBytes = new(int64(draw(1e6))), new(int64(draw(1.1e9)))
		}
		j, err := Judge(rules, run, nil)
		if err != nil {
			t.Fatal(err)
		}
		if j.Outcome == Fail {
			alarms++
		}
	}
	if share := float64(alarms) / tries; share > tolerated(alpha, tries) {
		t.Errorf("false alarms %.1f%%, want 5%% at most", 100*share)
	}
}

// A rule on a count is exact: a single record in a single trial fails it, always, and nothing else does.
func TestSimulatedCounts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	run := finished(blocks(at99, "transactional", around(20_000, 10, 0.1)))
	rules := must(t, "lost == 0")
	for range 200 {
		trial := &run.Trials[random.IntN(10)]
		for lost, want := range map[int64]Outcome{0: Pass, 1: Fail} {
			trial.Guarantee.Lost = new(lost)
			if j, err := Judge(rules, run, nil); err != nil || j.Outcome != want {
				t.Fatalf("%d lost: %v %v", lost, j, err)
			}
			trial.Guarantee.Lost = new(int64(0))
		}
	}
}
