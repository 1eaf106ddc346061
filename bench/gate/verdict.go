package gate

import "slices"

// Outcome is what a rule, or a gate as a whole, came to.
type Outcome string

// Outcomes, the better ones first.
const (
	Pass         Outcome = "pass"
	Inconclusive Outcome = "inconclusive" // too little evidence either way; never a pass
	Fail         Outcome = "fail"
	Broken       Outcome = "broken" // of a gate only: a mode broke its guarantee, whatever the rules say
)

// Verdict is what became of one rule in one cell. A figure that does not exist is nil.
type Verdict struct {
	Rule    string  `json:"rule"`  // as it spells itself
	Name    string  `json:"name"`  // what its file calls it; empty: nothing
	Where   string  `json:"where"` // it was written
	Kind    Kind    `json:"kind"`
	Cell    string  `json:"cell"` // empty where a run that was not finished has none that the rule concerns
	Outcome Outcome `json:"outcome"`

	// Of absolute rules the median over the trials, of counts the worst trial's, in the metric's unit. Of the others by how much
	// the figure is worse than what it is held against, negative where it is better: a share, of lags in the metric's unit.
	Value *float64 `json:"value"`
	Lo    *float64 `json:"lo"`    // with 95% confidence it is not below
	Hi    *float64 `json:"hi"`    // with 95% confidence it is not above
	Limit float64  `json:"limit"` // what the rule allows, as Value is given
	Unit  string   `json:"unit"`  // of these four; empty: a share

	P      *float64 `json:"p"`      // one-sided, of the rule being kept, adjusted for the rules judged together; 0.05 or less fails
	Spread *float64 `json:"spread"` // standard deviation of what was judged, which Noise is made of
	Blocks int      `json:"blocks"` // of the cell, that were judged
	Runs   int      `json:"runs"`   // of the baseline; 0: the rule has none, or one measured in the same blocks

	Reason string `json:"reason"` // why this outcome, for people
	Remedy string `json:"remedy"` // what to do about it; empty where it passed
}

// Figure writes one of the verdict's figures for people: shares as percentages, times in the unit that suits them, and a dash for what does not
// exist.
func (v Verdict) Figure(of *float64) string {
	if of == nil {
		return "–"
	}
	return spell(*of, v.Unit)
}

// Judgement is what a gate says of a run.
type Judgement struct {
	Outcome  Outcome   `json:"outcome"`
	Verdicts []Verdict `json:"verdicts"` // by rule, then by cell
	Broken   []string  `json:"broken"`   // a line for each cell whose guarantee broke
	Unproven []string  `json:"-"`        // a line for each of which nobody knows whether it held

	UnderTest []string `json:"under_test"` // what the run is meant to differ in from its baseline, and does, a line each
}

// overall is the gate's outcome: a broken guarantee before a failed rule, that before an inconclusive one. Nothing judged passes nothing.
func (j *Judgement) overall() Outcome {
	has := func(o Outcome) bool {
		return slices.ContainsFunc(j.Verdicts, func(v Verdict) bool { return v.Outcome == o })
	}
	switch {
	case len(j.Broken) > 0:
		return Broken
	case has(Fail):
		return Fail
	case has(Inconclusive), len(j.Verdicts) == 0:
		return Inconclusive
	}
	return Pass
}
