package gate

import (
	"fmt"
	"math"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// test is what decides a rule in one cell, in the units of its verdict.
type test struct {
	value, lo, hi float64 // lo and hi are one-sided 95% bounds; NaN where there are too few values
	p             float64 // one-sided, of the rule being kept; NaN where it cannot be tested
	passes        bool    // the bound on the bad side keeps the rule
	upper         bool    // the bad side is the upper one
	spread        float64
	blocks, runs  int
	exact         bool // p comes in steps of 2⁻ⁿ, n the blocks: a sign or signed-rank test

	what string // of which figure the value is: "median", "cost"
	over string // what it was taken over: "10 trials"
	gap  *gap   // why there is nothing to test; nil: there is
}

// untested is the test that missing evidence leaves.
func untested(g *gap) *test {
	nan := math.NaN()
	return &test{value: nan, lo: nan, hi: nan, p: nan, spread: nan, gap: g}
}

// test gathers the evidence for a rule in a cell of a run.
func (r Rule) test(run *compare.Run, c *compare.Cell, against *Against) *test {
	g := unfit(run, c)
	if g == nil {
		g = barren(c)
	}
	if g == nil {
		g = r.thin(c)
	}
	var t *test
	switch {
	case g != nil:
		t = untested(g)
	case r.Kind == Cost:
		t = r.paired(c, run, c.Base, "cost")
	case r.Kind == Baseline:
		t = r.againstBaseline(run, c, against)
	default:
		t = r.absolute(c)
	}
	t.blocks = len(c.Trials)
	return t
}

// thin says why a cell has too little of the figure in its trials, nil where it has enough.
func (r Rule) thin(c *compare.Cell) *gap {
	if producers := producersOf(c); ofTransactions(r.Metric) {
		for _, t := range c.Trials {
			if n := t.Transactions; n != nil && n.Committed/producers < plan.MinTransactions {
				return &gap{fmt.Sprintf("%d transactions per producer in the window of a trial, fewer than the %d that figures of transactions need", n.Committed/producers, plan.MinTransactions),
					"raise --duration, or lower --txn-size"}
			}
		}
	}
	if ofProducers(r.Metric) {
		if g := r.fewProducers(int(producersOf(c))); g != nil {
			return g
		}
	}
	if c.Values(r.Metric) == nil {
		g := &gap{"not every trial has " + r.Metric.Name, "see the trials' warnings"}
		if need := samples(r.Metric); need > 0 {
			g.remedy = fmt.Sprintf("the percentile needs %d samples in a window: raise --duration%s, or gate a lower percentile", need, r.longEnough(c, need))
		}
		return g
	}
	return nil
}

// longEnough says which window would have held so many samples in every trial of the cell, empty where that cannot be told.
func (r Rule) longEnough(c *compare.Cell, need int) string {
	_, histogram := parts(r.Metric)
	longest := 0.0
	for _, t := range c.Trials {
		n := t.LatencyUS[histogram.String()].Count
		if n == 0 || t.WindowS == 0 {
			return ""
		}
		longest = max(longest, t.WindowS*float64(need)/float64(n))
	}
	return fmt.Sprintf(" to %.0fs or more", math.Ceil(longest))
}

// producersOf is how many share a cell's rate.
func producersOf(c *compare.Cell) int64 {
	n, _ := c.Axes[compare.AxisProducers].(float64)
	return max(1, int64(n))
}

// absolute holds a figure's median against a bound by the sign test, which asks nothing of the distribution's shape: trials of a cell are skewed,
// and unlike differences of pairs have no reason to be symmetric.
func (r Rule) absolute(c *compare.Cell) *test {
	o := r.objective()
	values := slices.Sorted(slices.Values(c.Values(r.Metric)))
	beyond := 0
	for _, v := range values {
		if !o.MetBy(v) {
			beyond++
		}
	}
	t := &test{value: stats.Quantile(values, 0.5), p: stats.SignAbove(beyond, len(values)), exact: true, upper: r.Op[0] == '<',
		what: "median", over: plural(len(values), "trial"), spread: logSpread(values)}
	var ok bool
	t.lo, t.hi, ok = stats.MedianInterval(values, bothEnds)
	t.passes = ok && o.MetBy(t.worst())
	return t
}

// worst is the bound on the bad side.
func (t *test) worst() float64 {
	if t.upper {
		return t.hi
	}
	return t.lo
}

// logSpread is the standard deviation of the values' logarithms, NaN where they have none.
func logSpread(values []float64) float64 {
	var logs []float64
	for _, v := range values {
		logs = append(logs, math.Log(v))
	}
	if s := stats.Spread(logs); !math.IsInf(s, 0) {
		return s
	}
	return math.NaN()
}

// decide completes the verdict, with the p-value adjusted for all the tests judged together.
func (t *test) decide(v *Verdict, p float64, together int) {
	v.Blocks, v.Runs = t.blocks, t.runs
	v.Value, v.Lo, v.Hi, v.P, v.Spread = some(t.value), some(t.lo), some(t.hi), some(p), some(t.spread)
	v.Outcome = Inconclusive
	show := func(x float64) string { return spell(x, v.Unit) }
	switch {
	case t.gap != nil:
		v.Reason, v.Remedy = t.gap.reason, t.gap.remedy
	case t.exact && t.blocks < fewest(together):
		g := tooFew(t.blocks, together)
		v.Reason, v.Remedy = g.reason, g.remedy
	case p <= alpha:
		v.Outcome = Fail
		v.Reason = fmt.Sprintf("%s %s, with 95%% confidence %s, over %s", t.what, show(t.value), t.side(!t.upper, show), t.over)
		v.Remedy = "'report RUN' shows the other figures, and 'compare OLD RUN' which of them changed too"
	case t.passes:
		v.Outcome = Pass
		v.Reason = fmt.Sprintf("%s %s, with 95%% confidence %s, over %s", t.what, show(t.value), t.side(t.upper, show), t.over)
	default:
		v.Reason = fmt.Sprintf("%s %s, but it may lie anywhere from %s to %s, over %s", t.what, show(t.value), show(t.lo), show(t.hi), t.over)
		if t.p <= alpha {
			v.Reason += fmt.Sprintf("; alone it would fail (p %s), not as one of %d judged together (p %s)", figure(t.p), together, figure(p))
		}
		v.Remedy = t.closer(v.Limit)
	}
}

// side spells the bound on the upper or lower side.
func (t *test) side(upper bool, show func(float64) string) string {
	if upper {
		return "at most " + show(t.hi)
	}
	return "at least " + show(t.lo)
}

// Bounds on the blocks that a remedy names.
const (
	comparison = 6   // fewer are no comparison
	mostBlocks = 100 // more are not worth the time
)

// closer says how many blocks, or runs of the baseline, would have decided, were the value the true one: an interval gets narrower with
// the square root of their number. The constant is for being on the right side of the limit in four tries of five rather than every second.
func (t *test) closer(limit float64) string {
	const often = 2.3
	room := math.Abs(t.value - limit)
	edge := t.hi
	if t.value > limit {
		edge = t.lo
	}
	had := t.blocks
	if !t.exact {
		had = t.runs
	}
	widths := (edge - t.value) / room
	n := max(math.Ceil(often*float64(had)*widths*widths), float64(had+2)) // fewer would have been enough but for the other rules
	switch {
	case !(n <= mostBlocks):
		return "too near the limit to be told from it: widen the margin, or quieten what disturbs the trials"
	case t.exact:
		return fmt.Sprintf("about %.0f blocks would tell: --blocks %.0f, or widen the margin", n, n)
	}
	return fmt.Sprintf("about %.0f baseline runs would tell; fewer where both sides are measured in one campaign", n)
}

// fewest is the number of blocks below which none of so many exact tests judged together can reject: 2⁻ⁿ > α ÷ tests.
func fewest(together int) int {
	return int(math.Ceil(math.Log2(float64(together) / alpha)))
}

// some is a figure, nil where there is none.
func some(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
