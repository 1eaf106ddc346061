package gate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// stored are the figures of one cell's twenty trials at max on a real Kafka, in windows of 3 s, in their order. Other work came to the machine half-way,
// and they drifted from about 125,000 to 90,000 records a second: bench/compare's tests say more of them.
func stored(t testing.TB, name string) (values []float64) {
	t.Helper()
	r, err := result.Load("../compare/testdata/aa/run.json")
	if err != nil {
		t.Fatal(err)
	}
	m := metric.Must(name)
	for i := range r.Trials {
		values = append(values, *m.Of(&r.Trials[i]))
	}
	if len(values) != 20 {
		t.Fatalf("%d trials", len(values))
	}
	return values
}

// neighbours are trials so near each other that any two of them could have been a block's.
const neighbours = 4

// pairOf draws two different trials that ran near each other.
func pairOf(random *rand.Rand, from []float64) (a, b float64) {
	first := random.IntN(len(from)/neighbours) * neighbours
	order := random.Perm(neighbours)
	return from[first+order[0]], from[first+order[1]]
}

// spreads are those of pairs of neighbours and of the trials about their median.
func spreads(from []float64) (paired, alone float64) {
	var squares, pairs float64
	var logs []float64
	for i, v := range from {
		logs = append(logs, math.Log(v))
		for j := i - i%neighbours; j < i; j++ {
			squares += math.Pow(math.Log(v/from[j]), 2)
			pairs++
		}
	}
	return math.Sqrt(squares / pairs), stats.Spread(logs)
}

// Gates over resampled trials, which vary as a machine's did and no distribution does.
func TestResampledGates(t *testing.T) {
	const resamples = 10_000
	for _, c := range []struct {
		name, rule, figure string
		level              float64 // of the reference, as a multiple of the stored figures
		worse              float64
	}{
		{"cost", "cost(read_per_s) < 24%", "read_per_s", 1 / 0.9, 0.7},
		{"interleaved baseline", "read_per_s >= baseline - 15%", "read_per_s", 1, 0.7},
		{"interleaved CPU", "client_cpu_us_per_record <= baseline + 12%", "client_cpu_us_per_record", 1, 1.3},
	} {
		t.Run(c.name, func(t *testing.T) {
			from := stored(t, c.figure)
			paired, _ := spreads(from)
			of := readPerS
			if c.figure != "read_per_s" {
				of = func(t *result.Trial) *float64 { return t.Resources.CPUS }
				for i := range from {
					from[i] /= 1e6 // seconds: per record in the trials made below, which send one in their window
				}
			}
			s := simulation{rule: c.rule, of: of, make: atMax}
			r := must(t, c.rule)[0]
			known := Noise{Spread: paired}
			if r.Kind == Cost {
				known.Level = 1 - 1/c.level
			}
			n, err := r.BlocksNeeded(known, Design{Tests: 1}, Worsening)
			if err != nil {
				t.Fatal(err)
			}
			g := s.rig(t, Design{Blocks: n})
			reference := g.run.Trials
			if g.against != nil {
				reference = g.against.Runs[0].Trials
			}
			for _, trials := range [][]result.Trial{g.run.Trials, reference} {
				for i := range trials {
					trials[i].Window.Handed, trials[i].Resources.CPUS = 1, new(0.0)
				}
			}
			rates := func(factor float64) map[Outcome]float64 {
				random := rand.New(rand.NewPCG(3, uint64(100*factor)))
				shares := map[Outcome]float64{}
				for range resamples {
					for block := 1; block <= n; block++ {
						a, b := pairOf(random, from)
						for i := range g.run.Trials {
							if tr := &g.run.Trials[i]; tr.Block == block && tr.Mode == "transactional" {
								*of(tr) = a * factor
							}
						}
						for i := range reference {
							if tr := &reference[i]; tr.Block == block && (g.against != nil || tr.Mode == "at-least-once") {
								*of(tr) = b * c.level
							}
						}
					}
					j, err := Judge(g.rules, g.run, g.against)
					if err != nil {
						t.Fatal(err)
					}
					shares[j.Outcome] += 1.0 / resamples
				}
				return shares
			}
			unchanged, worse := rates(1), rates(c.worse)
			t.Logf("spread %.3f, %d blocks: unchanged %.3f pass, %.3f fail; 30%% worse: %.3f fail", paired, n, unchanged[Pass], unchanged[Fail], worse[Fail])
			if unchanged[Pass] < WantPass || unchanged[Fail] > alpha || worse[Fail] < WantFail {
				t.Errorf("unchanged: passes in %.1f%%, fails in %.1f%%; 30%% worse: fails in %.1f%%", 100*unchanged[Pass], 100*unchanged[Fail], 100*worse[Fail])
			}
		})
	}
}

// An absolute rule sees the whole drift of the machine, which pairs do not: it takes more blocks, drawn from all over the run.
func TestResampledAbsoluteGates(t *testing.T) {
	const resamples = 10_000
	from := stored(t, "read_per_s")
	_, alone := spreads(from)
	median := stats.Quantile(slices.Sorted(slices.Values(from)), 0.5)
	rule := Rule{Kind: Absolute, Metric: metric.Must("read_per_s"), Op: ">=", Limit: math.Round(0.84 * median)}
	n, err := rule.BlocksNeeded(Noise{Spread: alone, Level: median}, Design{Tests: 1}, Worsening)
	if err != nil {
		t.Fatal(err)
	}
	run := finished(blocks(atMax, "transactional", make([]float64, n)))
	rates := func(factor float64) map[Outcome]float64 {
		random := rand.New(rand.NewPCG(5, uint64(100*factor)))
		shares := map[Outcome]float64{}
		for range resamples {
			for i := range run.Trials {
				*readPerS(&run.Trials[i]) = factor * from[random.IntN(len(from))]
			}
			j, err := Judge([]Rule{rule}, run, nil)
			if err != nil {
				t.Fatal(err)
			}
			shares[j.Outcome] += 1.0 / resamples
		}
		return shares
	}
	unchanged, worse := rates(1), rates(0.7)
	t.Logf("%s, spread %.3f, %d blocks: unchanged %.3f pass, %.3f fail; 30%% worse: %.3f fail", rule, alone, n, unchanged[Pass], unchanged[Fail], worse[Fail])
	if unchanged[Pass] < WantPass || unchanged[Fail] > alpha || worse[Fail] < WantFail {
		t.Errorf("unchanged: passes in %.1f%%, fails in %.1f%%; 30%% worse: fails in %.1f%%", 100*unchanged[Pass], 100*unchanged[Fail], 100*worse[Fail])
	}
}
