package gate

import (
	"math/rand/v2"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// The room of a margin half-way to a worsening of 30%, and of a bound as far from where the figure is: docs/gate.md, "How many blocks".
const (
	marginLower  = 0.12 // of what is better when lower
	marginHigher = 0.15
	boundLower   = 0.14
	boundHigher  = 0.16
)

// repeated are the figures that gates hold.
func repeated() []metric.Metric {
	var all []metric.Metric
	for _, name := range []string{"p50(e2e)", "p99(e2e)", "p50(commit)", "p99(commit_due)", "read_per_s", "client_cpu_us_per_record"} {
		all = append(all, metric.Must(name))
	}
	return all
}

// Repeatability is what a figure of a cell does while nothing changes, and which changes can be told from that. What does not exist is nil.
type Repeatability struct {
	Cell   string   `json:"cell"`
	Figure string   `json:"figure"`
	Unit   string   `json:"unit"`   // of Median
	Median *float64 `json:"median"` // over the trials of one side
	Blocks int      `json:"blocks"`

	Halves Halves `json:"halves"`
	Pairs  Sight  `json:"pairs"` // of a rule against a baseline that is measured in the same blocks, and of a cost
	Bound  Sight  `json:"bound"` // of a rule with a bound

	Reason string `json:"reason"` // why there are no figures; empty where there are
	Remedy string `json:"remedy"`
}

// Halves are the two trials of every block held against one another, of which nothing sets the one apart from the other.
type Halves struct {
	Ratio     *float64 `json:"ratio"`     // the one side ÷ the other
	P         *float64 `json:"p"`         // two-sided, of no difference; nil of fewer than six blocks
	Different *bool    `json:"different"` // a comparison calls them so; by chance it does once in twenty
	// Of all ways to deal the trials of every block out to two sides, or 1,024 drawn of them, the shares in which the rule of Pairs
	// passes and fails.
	Passes *float64 `json:"passes"`
	Fails  *float64 `json:"fails"`
}

// Sight is what a kind of rule can tell from noise.
type Sight struct {
	Margin float64  `json:"margin"` // of the rule that Takes is about: a share
	Noise  *float64 `json:"noise"`  // the Spread of a Noise
	Finds  *float64 `json:"finds"`  // the smallest worsening that these blocks tell from none in 95% of tries: a share. A narrower margin is warned about
	Takes  *int     `json:"takes"`  // blocks with which such a rule passes in 80% of tries while nothing changes, and fails in 95% once the figure is 30% worse
	Reason string   `json:"reason"` // why no number of blocks does; empty where one does
}

// Repeatabilities says what the figures that gates hold do while nothing changes, of a run that measured the same on both its sides: for each cell those
// that it has, but throughput at a rate, which the rate decides. Cells of which nothing was measured are left out.
func Repeatabilities(both *compare.Run) []Repeatability {
	all := []Repeatability{}
	run, other := both.Sides()
	against := &Against{Runs: []*compare.Run{other}, Interleaved: true}
	for _, c := range run.Cells {
		for _, m := range repeated() {
			if r := halfWay(m); r.senseless(c) == "" {
				all = append(all, r.repeatability(run, c, against))
			}
		}
	}
	return all
}

// halfWay is the rule against a baseline that a worsening of 30% is found with.
func halfWay(m metric.Metric) Rule {
	if m.Better == metric.Higher {
		return Rule{Kind: Baseline, Metric: m, Op: ">=", Limit: 100 * marginHigher}
	}
	return Rule{Kind: Baseline, Metric: m, Op: "<=", Limit: 100 * marginLower}
}

// halfWayFrom is the bound that it is found with where the figure is at a level, and the share by which the two are apart.
func halfWayFrom(level float64, m metric.Metric) (r Rule, margin float64) {
	if m.Better == metric.Higher {
		return Rule{Kind: Absolute, Metric: m, Op: ">=", Limit: level * (1 - boundHigher)}, boundHigher
	}
	return Rule{Kind: Absolute, Metric: m, Op: "<", Limit: level * (1 + boundLower)}, boundLower
}

func (r Rule) repeatability(run *compare.Run, c *compare.Cell, against *Against) Repeatability {
	bound, margin := halfWayFrom(1, r.Metric)
	of := Repeatability{Cell: c.Name, Figure: r.Metric.Name, Unit: string(r.Metric.Unit), Blocks: len(c.Trials),
		Pairs: Sight{Margin: r.limit()}, Bound: Sight{Margin: margin}}
	t := r.test(run, c, against)
	if t.gap != nil {
		of.Reason, of.Remedy = t.gap.reason, sided(t.gap.remedy)
		return of
	}
	d := Design{Blocks: t.blocks, Tests: 1}
	of.Median = c.Median(r.Metric)
	bound.Limit *= *of.Median
	of.Pairs = r.sight(of.Pairs.Margin, Noise{Spread: t.spread}, d)
	of.Bound = bound.sight(of.Bound.Margin, Noise{Spread: bound.absolute(c).spread, Level: *of.Median}, d)

	base := against.match(run, c).Old[0]
	e := c.Against(base, r.Metric)
	of.Halves = Halves{Ratio: some(e.Estimate), P: some(e.P)}
	if of.Halves.P != nil {
		of.Halves.Different = new(e.Shown())
	}
	if t.blocks >= fewest(d.Tests) {
		of.Halves.Passes, of.Halves.Fails = r.dealt(worsening{r.Metric}.between(c, base))
	}
	return of
}

// sight is what the rule, which has that margin, can tell from noise with a design.
func (r Rule) sight(margin float64, n Noise, d Design) Sight {
	s := Sight{Margin: margin, Noise: some(n.Spread), Finds: some(r.finds(n, d))}
	blocks, err := r.BlocksNeeded(n, d, Worsening)
	if err != nil {
		s.Reason = err.Error()
		return s
	}
	s.Takes = &blocks
	return s
}

// deals is how many ways to deal trials out are tried at most: of ten blocks those are all.
const deals = 1 << 10

// dealt are the shares of ways to deal every block's two trials out to two sides in which the rule passes and fails.
func (r Rule) dealt(worse []float64) (passes, fails *float64) {
	limit := worsening{r.Metric}.distance(r.limit())
	n, ways := len(worse), deals
	all := 1<<min(n, 20) <= deals
	if all {
		ways = 1 << n
	}
	random := rand.New(rand.NewPCG(uint64(n), deals))
	turned := make([]float64, n)
	passing, failing := 0, 0
	for way := range ways {
		for i, d := range worse {
			if all && way>>i&1 == 1 || !all && random.IntN(2) == 1 {
				d = -d
			}
			turned[i] = d
		}
		switch _, hi, p := signedRank(turned, limit); {
		case p <= alpha:
			failing++
		case hi < limit:
			passing++
		}
	}
	return new(float64(passing) / float64(ways)), new(float64(failing) / float64(ways))
}

// ForeseeRepeatabilities are those of figures that will not exist in windows as short as the cells', with the reason and what to do.
func ForeseeRepeatabilities(cells []workload.Cell, reference string) (all []Repeatability) {
	byName := map[string]workload.Workload{}
	for _, c := range cells {
		byName[c.Name] = c.Workload
	}
	for _, c := range Planned(cells, reference).Cells {
		for _, m := range repeated() {
			r := halfWay(m)
			if r.senseless(c) != "" {
				continue
			}
			if g := r.short(byName[c.Name]); g != nil {
				all = append(all, Repeatability{Cell: c.Name, Figure: m.Name, Unit: string(m.Unit), Reason: g.reason, Remedy: g.remedy})
			}
		}
	}
	return all
}
