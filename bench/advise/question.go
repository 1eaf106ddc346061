package advise

import (
	"fmt"
	"math"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// Verdict says whether something meets a goal.
type Verdict string

// Verdicts. Something meets a goal when the whole 95% interval does, and misses it when none of the interval meets it.
const (
	Meets     Verdict = "meets"
	NotEnough Verdict = "not_enough_evidence"
	Misses    Verdict = "misses"
)

// Question is the goals asked of one setup at one rate.
type Question struct {
	Setup      map[string]any `json:"setup"`               // what its cells share
	Where      string         `json:"where"`               // tells it from the other questions, for people; may be empty
	RatePerS   *float64       `json:"rate_per_s"`          // null: none was asked for, or none was run
	Reference  *Judgement     `json:"reference_freshness"` // what the reference mode manages; null without a goal or a cell
	Candidates []Candidate    `json:"candidates"`          // from the smallest transaction to the largest
	Answered   bool           `json:"answered"`            // some candidate is recommended
	Answer     []string       `json:"answer"`              // a paragraph each
	Prediction *Prediction    `json:"prediction"`          // of where the budget's boundary lies; null where there is none to be had
	Notes      []string       `json:"notes"`               // why evidence is missing, a line each
}

// Candidate is one transaction size or interval that was run.
type Candidate struct {
	Transaction
	Cost        *Judgement `json:"cost"`      // a share of the reference's read_per_s at max; null: no goal
	Freshness   *Judgement `json:"freshness"` // µs; null: no goal
	Verdict     Verdict    `json:"verdict"`   // of both
	Recommended bool       `json:"recommended"`
}

// Judgement holds a figure against a goal.
type Judgement struct {
	Verdict Verdict  `json:"verdict"`
	Value   *float64 `json:"value"` // the cost's estimate, the freshness' median over blocks; null where there is none
	Lo      *float64 `json:"lo"`    // the 95% interval
	Hi      *float64 `json:"hi"`
	Worst   *float64 `json:"worst"`  // freshness: of the worst block
	Blocks  int      `json:"blocks"` // that the figure is of
	Why     string   `json:"why"`    // there is not enough evidence; empty where there is
}

// questions asks a setup for the goals, at each rate that matters.
func (s *setup) questions(goals Goals, reference string) []Question {
	if goals.none() {
		return nil
	}
	if goals.FreshnessUS == nil {
		return []Question{s.ask(goals, nil, reference)} // cost exists at max only
	}
	rates := s.rates()
	if goals.RatePerS != nil {
		rates = []float64{*goals.RatePerS}
	}
	if len(rates) == 0 {
		return []Question{s.ask(goals, nil, reference)}
	}
	var questions []Question
	for _, rate := range rates {
		questions = append(questions, s.ask(goals, &rate, reference))
	}
	return questions
}

func (s *setup) ask(goals Goals, rate *float64, reference string) Question {
	q := Question{Setup: s.axes, Where: s.name, RatePerS: rate, Candidates: []Candidate{}, Notes: []string{}}
	if rate != nil {
		if q.Where != "" {
			q.Where += ", "
		}
		q.Where += "at " + perSecond(*rate)
	}
	for _, t := range s.transactions() {
		q.Candidates = append(q.Candidates, s.candidate(t, goals, rate))
	}
	if goals.FreshnessUS != nil && rate != nil {
		if j := s.judge(func(c *compare.Cell) bool { return c.Mode == reference && !c.Transactional() && c.RatePerS() == *rate }, goals.judgeFreshness); j != nil {
			q.Reference = j
		}
	}
	q.recommend()
	if steps := q.bySize(); goals.MaxCost != nil && len(steps) > 0 {
		q.Prediction = s.predict(steps, *goals.MaxCost)
	}
	q.explain(goals, reference)
	return q
}

// transactions are those that were run, at max or at a rate.
func (s *setup) transactions() []Transaction {
	var all []Transaction
	for _, c := range s.cells {
		if c.Transactional() {
			all = append(all, transactionOf(c))
		}
	}
	slices.SortFunc(all, Transaction.compare)
	return slices.CompactFunc(all, Transaction.same)
}

func (s *setup) candidate(t Transaction, goals Goals, rate *float64) Candidate {
	c := Candidate{Transaction: t, Verdict: Meets}
	ran := func(c *compare.Cell) bool { return c.Transactional() && transactionOf(c).same(t) }
	if goals.MaxCost != nil {
		c.Cost = s.judge(func(c *compare.Cell) bool { return ran(c) && c.AtMax() }, goals.judgeCost)
		if c.Cost == nil {
			c.Cost = new(open("it was not run at max: throughput cost exists only there"))
		}
		c.Verdict = worse(c.Verdict, c.Cost.Verdict)
	}
	if goals.FreshnessUS != nil {
		at := "a fixed rate: freshness exists only there"
		if rate != nil {
			at = perSecond(*rate)
			c.Freshness = s.judge(func(c *compare.Cell) bool { return ran(c) && c.RatePerS() == *rate }, goals.judgeFreshness)
		}
		if c.Freshness == nil {
			c.Freshness = new(open("it was not run at " + at))
		}
		c.Verdict = worse(c.Verdict, c.Freshness.Verdict)
	}
	return c
}

// judge judges the cells picked, one of each run, and returns the least favourable judgement; nil without a cell.
func (s *setup) judge(pick func(*compare.Cell) bool, judge func(*compare.Cell) Judgement) (least *Judgement) {
	for _, c := range s.cells {
		if !pick(c) {
			continue
		}
		if j := judge(c); least == nil || j.worse(*least) {
			least = &j
		}
	}
	return least
}

// worse says whether a judgement is less favourable than another: by its verdict, and of one verdict by its interval's end.
func (j Judgement) worse(than Judgement) bool {
	if j.Verdict != than.Verdict {
		return worse(j.Verdict, than.Verdict) == j.Verdict
	}
	return j.Hi != nil && (than.Hi == nil || *j.Hi > *than.Hi)
}

// worse is the less favourable of two verdicts.
func worse(a, b Verdict) Verdict {
	order := []Verdict{Meets, NotEnough, Misses}
	if slices.Index(order, a) > slices.Index(order, b) {
		return a
	}
	return b
}

func open(why string) Judgement { return Judgement{Verdict: NotEnough, Why: why} }

// judgeCost holds the throughput that a cell at max lost to its reference against the budget.
func (g Goals) judgeCost(c *compare.Cell) Judgement {
	if why := unfit(c); why != "" {
		return open(why)
	}
	e := c.Effect(metric.Must("read_per_s"))
	switch {
	case e.Missing != "":
		return open(e.Missing)
	case !e.Ratio || math.IsInf(e.Estimate, 0) || math.IsInf(e.Hi, 0):
		return open("what was read has no ratio to the reference's: nothing, in some trial")
	}
	lo, hi := e.CostInterval()
	return Judgement{Value: new(e.Cost()), Blocks: e.N}.against(lo, hi, *g.MaxCost)
}

// judgeFreshness holds a cell's latency at its rate against the objective.
func (g Goals) judgeFreshness(c *compare.Cell) Judgement {
	if why := unfit(c); why != "" {
		return open(why)
	}
	m := g.freshness()
	e, ok := c.Estimate(m)
	if !ok {
		return open(fmt.Sprintf("not every trial has a %s: a percentile takes ten records beyond it", m.Name))
	}
	return Judgement{Value: &e.Median, Worst: c.Largest(m), Blocks: e.N}.against(e.Lo, e.Hi, *g.FreshnessUS)
}

// against completes a judgement by its interval and the goal's bound.
func (j Judgement) against(lo, hi, bound float64) Judgement {
	if math.IsNaN(lo) || math.IsNaN(hi) {
		j.Verdict, j.Why = NotEnough, fmt.Sprintf("%s: an interval takes %d", plural(j.Blocks, "block"), minBlocks)
		return j
	}
	j.Lo, j.Hi = &lo, &hi
	switch {
	case hi <= bound:
		j.Verdict = Meets
	case lo > bound:
		j.Verdict = Misses
	default:
		j.Verdict, j.Why = NotEnough, fmt.Sprintf("the goal lies inside the interval: more than %s narrow it", plural(j.Blocks, "block"))
	}
	return j
}

// minBlocks is the number of blocks that a distribution-free interval at 95% takes: 2·2⁻⁶ ≤ 0.05.
const minBlocks = 6

// unfit says why nothing can be concluded from a cell; empty where something can. Exactly-once that was not verified is not
// recommended, however fast.
func unfit(c *compare.Cell) string {
	of := func(n int) string { return fmt.Sprintf("in %d of %s", n, plural(len(c.Trials), "trial")) }
	switch broken, incomplete := c.Verdicts(result.Broken), c.Verdicts(result.Incomplete); {
	case broken > 0:
		return "the guarantee broke " + of(broken) + ", whose figures are void"
	case c.Unsustained() > 0:
		return "the rate was not sustained " + of(c.Unsustained())
	case incomplete > 0:
		return "the guarantee could not be verified to the end " + of(incomplete)
	case c.Verdicts(result.Unchecked) > 0:
		return "nothing was read, so the guarantee is unchecked"
	case !c.Usable[0].Complete:
		return "no trial ran to its end"
	}
	return ""
}

// recommend marks the smallest candidate of each ladder that meets the goals: smaller transactions keep readers closer, hold back less
// and redo less after a failure.
func (q *Question) recommend() {
	done := map[string]bool{}
	for i := range q.Candidates {
		c := &q.Candidates[i]
		if c.Verdict == Meets && !done[c.ladder()] {
			c.Recommended, done[c.ladder()], q.Answered = true, true, true
		}
	}
}

// bySize are the candidates that their size alone ends, the smallest first.
func (q *Question) bySize() []Candidate {
	return slices.DeleteFunc(slices.Clone(q.Candidates), func(c Candidate) bool { return c.Size == nil || c.Interval != nil })
}
