package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// Against is what rules with the word baseline are held against: runs stored earlier, of which each is a unit, or the other side of one
// campaign, whose blocks hold a trial of both.
type Against struct {
	Runs        []*compare.Run
	Interleaved bool     // the one run's blocks are those of the run that is judged: pairs by block, as cost rules do
	UnderTest   []string // what the sides are meant to differ in, and do
	Differences []string // what makes the sides not comparable, beside what is under test; empty: nothing
}

// worsening turns figures into how much worse one is than another: logarithms of ratios, or differences of lags. More is worse.
type worsening struct{ metric.Metric }

func (w worsening) sign() float64 {
	if w.Better == metric.Higher {
		return -1
	}
	return 1
}

// of is a figure on the scale.
func (w worsening) of(v float64) float64 {
	if hasRatio(w.Metric) {
		v = math.Log(v)
	}
	return w.sign() * v
}

// share is a distance on the scale as a verdict states it: by which share the figure is worse, of lags the distance itself.
func (w worsening) share(d float64) float64 {
	if !hasRatio(w.Metric) {
		return d
	}
	return w.sign() * math.Expm1(w.sign()*d)
}

// distance is the reverse of share.
func (w worsening) distance(share float64) float64 {
	if !hasRatio(w.Metric) {
		return share
	}
	return w.sign() * math.Log1p(w.sign()*share)
}

// limit is the rule's limit as its verdict states it.
func (r Rule) limit() float64 {
	if (r.Kind == Cost || r.Kind == Baseline) && hasRatio(r.Metric) {
		return r.Limit / 100
	}
	return r.Limit
}

// paired holds a cell against another that was measured in the same blocks, by the signed-rank test: of two trials of the same thing the difference is
// symmetric, whatever their distribution, and of what drifts within blocks the next takes back what one adds, as their order is the reverse.
func (r Rule) paired(c *compare.Cell, baseRun *compare.Run, base *compare.Cell, what string) *test {
	other := base.Name
	if what == versusBaseline { // whose cells have the same names
		other = "the baseline's " + other
	}
	g := unfit(baseRun, base)
	if g == nil {
		g = barren(base)
	}
	if g != nil {
		return untested(&gap{g.reason + " in " + other, g.remedy})
	}
	if g := r.noEffect(c.Against(base, r.Metric)); g != nil {
		return untested(g)
	}
	if g := r.thin(base); g != nil {
		return untested(&gap{g.reason + " in " + other, g.remedy})
	}
	w := worsening{r.Metric}
	worse := w.between(c, base)
	if n := max(len(c.Trials), len(base.Trials)); len(worse) < n {
		return untested(&gap{fmt.Sprintf("only %d of %s hold a trial of both %s and %s", len(worse), plural(n, "block"), c.Name, other), resume})
	}
	limit := w.distance(r.limit())
	lo, hi, p := signedRank(worse, limit)
	return &test{value: w.share(stats.HodgesLehmann(worse)), lo: w.share(lo), hi: w.share(hi), p: p, exact: true, upper: true,
		passes: hi < limit, what: what, over: plural(len(worse), "block"), spread: stats.Spread(worse)}
}

// between are the worsenings of a cell's figure against another's, block by block.
func (w worsening) between(c, base *compare.Cell) (worse []float64) {
	ofBlock := map[int]float64{}
	for _, t := range base.Usable {
		ofBlock[t.Block] = w.of(*w.Of(t))
	}
	for _, t := range c.Usable {
		if b, ok := ofBlock[t.Block]; ok {
			worse = append(worse, w.of(*w.Of(t))-b)
		}
	}
	return worse
}

// signedRank bounds the centre of worsenings from both sides, NaN where they are too few, and tests that it is not above a limit.
func signedRank(worse []float64, limit float64) (lo, hi, p float64) {
	lo, hi, _ = stats.SignedRankInterval(worse, bothEnds)
	beyond := make([]float64, len(worse))
	for i, d := range worse {
		beyond[i] = d - limit
	}
	return lo, hi, stats.SignedRankAbove(beyond)
}

// noEffect says why two cells cannot be compared, nil where they can.
func (r Rule) noEffect(e compare.Effect) *gap {
	switch {
	case e.Missing != "":
		return &gap{e.Missing, "the footnotes of 'report' say more"}
	case e.Ratio != hasRatio(r.Metric):
		return &gap{"a trial's " + r.Metric.Name + " is 0, which has no ratio", "hold it against a number instead"}
	}
	return nil
}

// versusBaseline is what a worsening is called there.
const versusBaseline = "cost against the baseline"

func (r Rule) againstBaseline(run *compare.Run, c *compare.Cell, against *Against) *test {
	if len(against.Differences) > 0 {
		return untested(&gap{"not comparable with the baseline: " + strings.Join(slices.Concat(compare.Apart(against.Runs[0], run, nil), against.Differences), "; "),
			"measure both sides alike; another broker version or client can be declared with --under-test, another workload cannot"})
	}
	match := against.match(run, c)
	if match == nil {
		reason := "the baseline has no such cell in every run"
		if apart := compare.Apart(against.Runs[0], run, nil); len(apart) > 0 {
			reason += ": " + strings.Join(apart, "; ")
		}
		return untested(&gap{reason, "measure the baseline with the same axes"})
	}
	if against.Interleaved {
		return r.paired(c, against.Runs[0], match.Old[0], versusBaseline)
	}
	return r.betweenRuns(c, *match, against.Runs)
}

// match finds a cell of a run in every run of the baseline; nil where one lacks it.
func (a *Against) match(run *compare.Run, c *compare.Cell) *compare.Match {
	matches, _ := compare.Matches(a.Runs, []*compare.Run{run})
	i := slices.IndexFunc(matches, func(m compare.Match) bool { return m.New[0] == c })
	if i < 0 {
		return nil
	}
	return &matches[i]
}

// betweenRuns holds the median of a run against those of the baseline's, by Student's t with the spread between them: trials of one run share
// its hour, so the run is the unit.
func (r Rule) betweenRuns(c *compare.Cell, match compare.Match, runs []*compare.Run) *test {
	for i, old := range match.Old {
		if g := unfit(runs[i], old); g != nil {
			return untested(&gap{fmt.Sprintf("%s in the baseline's run %s", g.reason, runs[i].RunID), "take that run out of the baseline, or measure it again"})
		}
		if n := len(old.Trials); len(c.Trials) < n { // of fewer the median varies more than those that the spread is of
			return untested(&gap{fmt.Sprintf("%s, fewer than the %d of the baseline's run %s", plural(len(c.Trials), "block"), n, runs[i].RunID),
				fmt.Sprintf("measure with --blocks %d or more, or take that run out of the baseline", n)})
		}
	}
	if g := r.noEffect(match.Effect(r.Metric)); g != nil {
		return untested(g)
	}
	for i, old := range match.Old {
		if g := r.thin(old); g != nil {
			return untested(&gap{fmt.Sprintf("%s in the baseline's run %s", g.reason, runs[i].RunID), g.remedy})
		}
	}
	w := worsening{r.Metric}
	var older []float64
	for _, old := range match.Old {
		older = append(older, w.of(*old.Median(r.Metric)))
	}
	if !hasRatio(r.Metric) {
		older = resolved(older)
	}
	now, limit := w.of(*c.Median(r.Metric)), w.distance(r.limit())
	d, lo, hi, _ := stats.MeanDifference([]float64{now}, older, bothEnds)
	beyond, _, _, p := stats.MeanDifference([]float64{now - limit}, older, bothEnds)
	if p /= 2; beyond < 0 {
		p = 1 - p
	}
	t := &test{value: w.share(d), lo: w.share(lo), hi: w.share(hi), p: p, upper: true, passes: hi < limit,
		runs: len(older), what: versusBaseline, over: plural(len(older), "baseline run"), spread: stats.Spread(older)}
	switch {
	case len(older) < compare.BaselineRuns:
		t.gap = &gap{fmt.Sprintf("%s too few to tell a change from what runs differ in", plural(len(older), "baseline run")),
			fmt.Sprintf("name %d baseline runs or more, or measure both sides in one campaign", compare.BaselineRuns)}
	case math.IsNaN(lo):
		t.gap = &gap{"the baseline's runs do not differ at all, which no measurement does", "look for copies of one run among them, and measure the baseline anew"}
	}
	if t.gap != nil {
		t.lo, t.hi, t.p = math.NaN(), math.NaN(), math.NaN()
	}
	return t
}

// resolved are values of what is counted in whole numbers, such as offsets that open transactions hide. Where all are alike, as transactions of one size
// make them, they still lie anywhere within the number: this spreads them as much.
func resolved(values []float64) []float64 {
	if stats.Spread(values) > 0 {
		return values
	}
	n := float64(len(values))
	spread := make([]float64, len(values))
	for i, v := range values {
		half := math.Sqrt((n - 1) / n / 12) // so that their variance is that of a number rounded
		if i%2 == 1 {
			half = -half
		}
		spread[i] = v + half
	}
	return spread
}
