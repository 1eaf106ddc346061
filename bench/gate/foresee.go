package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Foresee returns the verdicts that are known to be inconclusive before anything runs: too few blocks ever to fail, nothing read, windows that hold
// too few transactions or samples of a percentile. The rules have passed Check on the planned run of these cells; stored says that the baseline, if
// there is one, consists of runs measured earlier.
func Foresee(rules []Rule, cells []workload.Cell, reference string, blocks int, stored bool) []Verdict {
	run := Planned(cells, reference)
	type pair struct {
		rule Rule
		cell *compare.Cell
	}
	var tests int
	var pairs []pair
	for _, r := range rules {
		concerned, err := r.cells(run)
		if err != nil {
			continue // Check has said so
		}
		for _, c := range concerned {
			pairs = append(pairs, pair{r, c})
			if r.statistical() {
				tests++
			}
		}
	}
	var verdicts []Verdict
	for _, p := range pairs {
		i := slices.IndexFunc(cells, func(c workload.Cell) bool { return c.Name == p.cell.Name })
		exact := p.rule.statistical() && (p.rule.Kind != Baseline || !stored)
		var g *gap
		switch {
		case cells[i].Workload.Readers == 0:
			g = unread
		case exact && blocks < fewest(tests):
			g = tooFew(blocks, tests)
		default:
			g = p.rule.short(cells[i].Workload)
		}
		if g != nil {
			v := p.rule.verdict(p.cell.Name)
			v.Outcome, v.Blocks, v.Reason, v.Remedy = Inconclusive, blocks, g.reason, g.remedy
			verdicts = append(verdicts, v)
		}
	}
	return verdicts
}

// tooFew says why so few blocks cannot decide so many tests.
func tooFew(blocks, tests int) *gap {
	g := &gap{
		fmt.Sprintf("%s can never fail: the smallest p-value of n blocks is 2⁻ⁿ, here %s, and %s judged together need %s", plural(blocks, "block"),
			figure(math.Exp2(-float64(blocks))), plural(tests, "test"), figure(alpha/float64(tests))),
		fmt.Sprintf("measure with --blocks %d or more; 'gate RUN --power' says how many decide", max(comparison, fewest(tests))),
	}
	if tests > 1 && fewest(1) <= blocks {
		g.remedy += "; or judge fewer cells, with for"
	}
	return g
}

// short says why a window of a workload will hold too few samples for the figure; nil where it will not, or nobody knows.
func (r Rule) short(w workload.Workload) *gap {
	if ofProducers(r.Metric) {
		return r.fewProducers(w.Producers)
	}
	window := plan.Window(w).Seconds()
	if w.Rate.Max || window == 0 || r.Metric.Kind != metric.Latency {
		return nil
	}
	perSecond, what := w.Rate.PerSecond, "records"
	if ofTransactions(r.Metric) {
		perSecond, what = plan.TransactionsPerSecond(w), "transactions"
	}
	perSecond *= 1 - w.AbortRatio // what is aborted has neither e2e nor commit
	if ofTransactions(r.Metric) {
		if n := perSecond / float64(w.Producers); n*window+rounding < plan.MinTransactions {
			return &gap{fmt.Sprintf("a window holds about %.0f transactions per producer, fewer than the %d that their figures need", math.Floor(n*window+rounding), plan.MinTransactions),
				fmt.Sprintf("raise --duration to %.0fs or more, or lower --txn-size", math.Ceil(plan.MinTransactions/n))}
		}
	}
	if need := float64(samples(r.Metric)); perSecond*window+rounding < need {
		return &gap{fmt.Sprintf("%s takes %.0f %s in a window, which holds about %.0f", r.Metric.Name, need, what, math.Floor(perSecond*window+rounding)),
			fmt.Sprintf("raise --duration to %.0fs or more, or gate a lower percentile", math.Ceil(need/perSecond))}
	}
	return nil
}

// ofProducers says whether a figure has one sample per producer.
func ofProducers(m metric.Metric) bool {
	_, histogram := parts(m)
	return m.Kind == metric.Latency && histogram == measure.Init
}

// fewProducers says why so many producers make too few samples of a figure that has one of each; nil where they do not.
func (r Rule) fewProducers(n int) *gap {
	need := samples(r.Metric)
	if n >= need {
		return nil
	}
	return &gap{fmt.Sprintf("%s takes %d producers, each of which has one initTransactions in a trial, and there are %d", r.Metric.Name, need, n),
		fmt.Sprintf("measure with --producers %d or more, or gate max(init)", need)}
}

// rounding is less than any number of samples.
const rounding = 1e-6

// ofTransactions says whether a figure has one sample per transaction.
func ofTransactions(m metric.Metric) bool {
	_, histogram := parts(m)
	return slices.Contains([]measure.Metric{measure.Commit, measure.CommitFlush, measure.CommitEnd, measure.CommitDue, measure.VisibilityFirst, measure.VisibilityLast}, histogram)
}

// samples is how many a window has to hold for a percentile to exist: ten beyond it. 0 of other figures.
func samples(m metric.Metric) int {
	statistic, _ := parts(m)
	return map[string]int{"p50": 20, "p90": 100, "p99": 1000, "p99.9": 10_000}[statistic]
}

// parts takes a latency's name apart: p99(commit_due). The statistic of other figures is empty.
func parts(m metric.Metric) (statistic string, histogram measure.Metric) {
	if m.Kind != metric.Latency {
		return "", 0
	}
	statistic, rest, _ := strings.Cut(m.Name, "(")
	histogram, _ = measure.ParseMetric(strings.TrimSuffix(rest, ")")) // the table makes the names of histograms
	return statistic, histogram
}
