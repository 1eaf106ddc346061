package gate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// alpha is the chance of failing at least one rule of those judged together that is kept, and of passing one that is not.
const alpha = 1 - compare.Confidence

// bothEnds is the confidence of an interval each end of which is a one-sided 95% bound.
const bothEnds = 1 - 2*alpha

// Judge decides every rule in every cell of a run that it concerns. A guarantee that broke on the other side of the same campaign broke in the
// run. Its errors are those of Check.
func Judge(rules []Rule, run *compare.Run, against *Against) (*Judgement, error) {
	if err := Check(rules, run, against != nil && len(against.Runs) > 0); err != nil {
		return nil, err
	}
	j := &Judgement{Verdicts: []Verdict{}, Broken: broken(run), Unproven: unproven(run), UnderTest: []string{}}
	if against != nil {
		j.UnderTest = append(j.UnderTest, against.UnderTest...)
		if against.Interleaved {
			j.Broken = append(j.Broken, others(broken(against.Runs[0]))...)
			j.Unproven = append(j.Unproven, others(unproven(against.Runs[0]))...)
		}
	}
	var tested []*test // in the order of the verdicts; nil where the rule counts
	for _, r := range rules {
		cells, err := r.cells(run)
		if err != nil {
			return nil, err
		}
		if len(cells) == 0 {
			v := r.verdict("")
			v.Outcome, v.Reason, v.Remedy = Inconclusive, "the run was not finished, and nothing was measured that the rule concerns", resume
			j.Verdicts, tested = append(j.Verdicts, v), append(tested, nil)
		}
		for _, c := range cells {
			v := r.verdict(c.Name)
			var t *test
			if r.statistical() {
				t = r.test(run, c, against)
			} else {
				r.count(run, c, &v)
			}
			j.Verdicts, tested = append(j.Verdicts, v), append(tested, t)
		}
	}
	var p []float64
	for _, t := range tested {
		if t != nil {
			p = append(p, t.p)
		}
	}
	adjusted, next := stats.Holm(p), 0
	for i, t := range tested {
		if t != nil {
			t.decide(&j.Verdicts[i], adjusted[next], len(p))
			next++
		}
	}
	if against != nil && against.Interleaved {
		for i := range j.Verdicts {
			j.Verdicts[i].Remedy = sided(j.Verdicts[i].Remedy)
		}
	}
	j.Outcome = j.overall()
	return j, nil
}

// verdict is the rule's in a cell, undecided.
func (r Rule) verdict(cell string) Verdict {
	return Verdict{Rule: r.String(), Name: r.Name, Where: r.Where, Kind: r.Kind, Cell: cell, Limit: r.limit(), Unit: r.unit()}
}

// broken says in which cells a guarantee broke, whether a rule concerns them or not.
func broken(run *compare.Run) []string {
	lines := []string{}
	for _, c := range run.Cells {
		if n := c.Verdicts(result.Broken); n > 0 {
			i := slices.IndexFunc(c.Trials, func(t *result.Trial) bool { return t.Guarantee.Verdict == result.Broken })
			lines = append(lines, fmt.Sprintf("%s: %d of %s: %s", c.Name, n, plural(len(c.Trials), "trial"), strings.Join(c.Trials[i].Guarantee.Reasons, "; ")))
		}
	}
	return lines
}

// unproven says of which cells nobody knows whether their guarantee held, whether a rule concerns them or not.
func unproven(run *compare.Run) (lines []string) {
	if len(run.Cells) == 0 {
		return []string{"nothing was measured"}
	}
	for _, c := range run.Cells {
		if g := unchecked(run, c); g != nil {
			lines = append(lines, c.Name+": "+g.reason)
		}
	}
	return lines
}

// others are lines about the other side of a campaign.
func others(lines []string) (all []string) {
	for _, line := range lines {
		all = append(all, "the baseline's "+line)
	}
	return all
}

// gap is missing evidence, and what to do about it.
type gap struct{ reason, remedy string }

// unfit says why the figures of a run's cell cannot be judged; nil where they can. One bad trial is enough: the others are likely to be the better
// ones.
func unfit(run *compare.Run, c *compare.Cell) *gap {
	if g := unfinished(run, c); g != nil {
		return g
	}
	switch n := len(c.Trials); {
	case c.Verdicts(result.Broken) > 0:
		return &gap{"the guarantee broke, which voids the figures", "find out why before looking at speed"}
	case c.Verdicts(result.Unchecked) > 0:
		return unread
	case c.Unsustained() > 0:
		if stolen := c.StolenUnsustained(); stolen > result.MaxSteal {
			return &gap{fmt.Sprintf("%d of %s, with %.0f%% or more of the machine's CPU time given to others by its hypervisor, did not sustain the rate",
				c.Unsustained(), plural(n, "trial"), 100*stolen), "measure again when the machine is left alone, or on one of your own"}
		}
		return &gap{fmt.Sprintf("%d of %s did not sustain the rate", c.Unsustained(), plural(n, "trial")),
			"find out whether the rate or the release is at fault: gate at a --rate that the cell holds with room"}
	}
	return nil
}

// resume is what to do about a run that was not finished.
const resume = "let the run finish: run --resume DIR measures what is missing"

// again is what to do about one of two sides.
const again = "measure again: a run of two sides cannot be continued"

// sided is a remedy as it reads for a run of two sides.
func sided(remedy string) string {
	if remedy == resume {
		return again
	}
	return remedy
}

// unread is a gap of trials without readers.
var unread = &gap{"nothing is read, so that the guarantee is unchecked", "measure with --readers 1 or more"}

// unchecked says why what a cell's trials counted shows nothing; nil where it does.
func unchecked(run *compare.Run, c *compare.Cell) *gap {
	if g := unfinished(run, c); g != nil {
		return g
	}
	if c.Verdicts(result.Unchecked) > 0 {
		return unread
	}
	return barren(c)
}

// barren says in how many trials nothing was committed while they were measured, so that they show nothing; nil: in none. Baselines that were saved do
// not keep what it goes by: their trials lack the figures.
func barren(c *compare.Cell) *gap {
	n := 0
	for _, t := range c.Trials {
		if t.Window.Committed == 0 {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return &gap{fmt.Sprintf("%d of %s committed nothing", n, plural(len(c.Trials), "trial")), "see the trials' warnings, or raise --duration"}
}

// unfinished says why even what was counted is not all there is.
func unfinished(run *compare.Run, c *compare.Cell) *gap {
	switch n := len(c.Trials); {
	case !run.Complete:
		return &gap{"the run was not finished", resume}
	case slices.ContainsFunc(c.Trials, func(t *result.Trial) bool { return !t.Complete }):
		return &gap{"a trial was cut short", resume}
	case n < blocksOf(run):
		return &gap{fmt.Sprintf("only %d of the run's %s hold a trial of it", n, plural(blocksOf(run), "block")), "put the run back as it was stored, or measure it again"}
	case c.Verdicts(result.Incomplete) > 0:
		return &gap{fmt.Sprintf("%d of %s could not be verified to the end", c.Verdicts(result.Incomplete), plural(n, "trial")), "measure again; the trial's reasons say what it waited for"}
	}
	return nil
}

// blocksOf is in how many blocks a run measured every cell, 0 where it does not say: the trial that is missing may be the bad one.
func blocksOf(run *compare.Run) int {
	n, err := strconv.Atoi(run.Profile.Values["blocks"].Value)
	if err != nil {
		return 0
	}
	return n
}

// count judges what is counted: every trial has to meet the bound, and to have been checked. A trial that does not meet it fails even so.
func (r Rule) count(run *compare.Run, c *compare.Cell, v *Verdict) {
	o, g := r.objective(), unfinished(run, c)
	var worst *float64
	missing, violated := false, 0
	for _, t := range c.Trials {
		n := r.Metric.Of(t)
		if n == nil {
			missing = true
			continue
		}
		if !o.MetBy(*n) && (g == nil || r.Op[0] == '<' || *n > r.Limit) { // what was not finished may still have counted up to a bound, never back
			violated++
		}
		if worst == nil || r.worse(*n, *worst) {
			worst = n
		}
	}
	v.Value, v.Blocks = worst, len(c.Trials)
	g = unchecked(run, c)
	switch {
	case violated > 0:
		v.Outcome = Fail
		v.Reason = fmt.Sprintf("%s in %d of %s, the worst %s", r.Metric.Name+" is not "+r.Op+" "+plain(r.Limit), violated, plural(len(c.Trials), "trial"), plain(*worst))
		v.Remedy = "look at the guarantee's reasons of those trials"
	case g != nil:
		v.Outcome, v.Reason, v.Remedy = Inconclusive, g.reason, g.remedy
	case missing:
		v.Outcome, v.Reason, v.Remedy = Inconclusive, "not every trial counted "+r.Metric.Name, "see the trials' warnings"
	default:
		v.Outcome = Pass
		v.Reason = fmt.Sprintf("%s in the worst of %s", plain(*worst), plural(len(c.Trials), "trial"))
	}
}

// worse says which of two counts is further from what the rule asks for.
func (r Rule) worse(a, b float64) bool {
	switch r.Op {
	case "<", "<=":
		return a > b
	case ">", ">=":
		return a < b
	}
	return math.Abs(a-r.Limit) > math.Abs(b-r.Limit)
}
