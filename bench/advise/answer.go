package advise

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// explain words the answer, and notes why evidence is missing.
func (q *Question) explain(goals Goals, reference string) {
	q.note()
	if len(q.Candidates) == 0 {
		q.Answer = []string{"No transactional mode was run here: there is nothing to recommend."}
		return
	}
	words := &wording{goals, q.RatePerS, reference}
	for _, c := range q.Candidates {
		if c.Recommended {
			q.Answer = append(q.Answer, words.recommendation(c, len(q.steps(c.ladder()))))
		}
	}
	switch {
	case q.Answered:
	case !slices.ContainsFunc(q.Candidates, func(c Candidate) bool { return c.Verdict != Misses }):
		q.Answer = []string{fmt.Sprintf("No transaction size or interval that was run meets %s.", words.target())}
	default:
		q.Answer = []string{fmt.Sprintf("Not enough evidence to recommend a transaction size: none that was run is shown to meet %s.", words.target())}
	}
	for _, ladder := range q.ladders() {
		steps := q.steps(ladder)
		if text := words.boundaries(steps); text != "" {
			q.Answer = append(q.Answer, text)
		}
		if text := undecided(steps); text != "" {
			q.Answer = append(q.Answer, text)
		}
	}
	if !q.Answered && goals.MaxCost != nil && goals.FreshnessUS != nil {
		for _, ladder := range q.ladders() {
			if text := both(q.steps(ladder)); text != "" {
				q.Answer = append(q.Answer, text)
			}
		}
	}
	if q.Prediction != nil {
		q.Answer = append(q.Answer, q.Prediction.String())
	}
	if q.Answered {
		return
	}
	if q.Reference != nil && q.Reference.Verdict == Misses {
		q.Answer = append(q.Answer, fmt.Sprintf("%s, without transactions, misses the freshness objective as well: %s.", sentence(reference), words.fresh(*q.Reference)))
	}
	if slices.ContainsFunc(q.Candidates, func(c Candidate) bool {
		return c.Cost != nil && c.Cost.Verdict == Misses && c.Freshness != nil && c.Freshness.Verdict == Meets
	}) {
		q.Answer = append(q.Answer, "The budget is about the maximum: a service that stays at a rate which its transactions sustain pays no throughput, and may go by freshness alone (leave --max-cost out).")
	}
}

// alarm says which lag to alarm on with what is recommended, and how that differs from before.
func (q *Question) alarm(alerts []Alert, reference string) {
	find := func(match func(Alert) bool) string {
		i := slices.IndexFunc(alerts, func(a Alert) bool {
			return q.RatePerS != nil && a.RatePerS == *q.RatePerS && maps.Equal(a.Setup, q.Setup) && match(a)
		})
		if i < 0 {
			return ""
		}
		return alerts[i].said()
	}
	before := find(func(a Alert) bool { return a.Mode == reference })
	for _, c := range q.Candidates {
		text := find(func(a Alert) bool { return a.same(c.Transaction) })
		if !c.Recommended || text == "" {
			continue
		}
		text = fmt.Sprintf("With %s alarm on a group's lag %s", c, text)
		if before != "" {
			text += fmt.Sprintf("; with %s it would be %s", reference, before)
		}
		q.Answer = append(q.Answer, text+".")
	}
}

// ladders names those of the candidates, in their order.
func (q *Question) ladders() []string {
	var names []string
	for _, c := range q.Candidates {
		names = append(names, c.ladder())
	}
	return slices.Compact(names)
}

// steps are the candidates of a ladder, the smallest first.
func (q *Question) steps(ladder string) []Candidate {
	return slices.DeleteFunc(slices.Clone(q.Candidates), func(c Candidate) bool { return c.ladder() != ladder })
}

// note gathers why evidence is missing, each reason once.
func (q *Question) note() {
	for _, goal := range []struct {
		name string
		of   func(Candidate) *Judgement
	}{
		{"throughput cost", func(c Candidate) *Judgement { return c.Cost }},
		{"freshness", func(c Candidate) *Judgement { return c.Freshness }},
	} {
		var reasons []string
		sizes := map[string][]string{}
		for _, c := range q.Candidates {
			if j := goal.of(c); j != nil && j.Why != "" {
				if !slices.Contains(reasons, j.Why) {
					reasons = append(reasons, j.Why)
				}
				sizes[j.Why] = append(sizes[j.Why], c.Short())
			}
		}
		for _, why := range reasons {
			q.Notes = append(q.Notes, fmt.Sprintf("%s of %s: %s", goal.name, list(sizes[why]), why))
		}
	}
}

// undecided names the smaller steps that might do as well.
func undecided(steps []Candidate) string {
	var names []string
	for _, c := range steps {
		if c.Recommended {
			if len(names) == 0 {
				return ""
			}
			return fmt.Sprintf("Whether %s would do is open: there is not enough evidence.", list(names))
		}
		if c.Verdict == NotEnough {
			names = append(names, c.Short())
		}
	}
	return ""
}

// wording knows what the sentences are about.
type wording struct {
	goals     Goals
	rate      *float64
	reference string
}

func (w *wording) target() string {
	switch {
	case w.goals.FreshnessUS == nil:
		return "the throughput budget"
	case w.goals.MaxCost == nil:
		return "the freshness objective"
	}
	return "both goals"
}

// recommendation is the answer, of a ladder of so many steps.
func (w *wording) recommendation(c Candidate, steps int) string {
	which := "the smallest that was run and meets " + w.target()
	if steps == 1 {
		which = "the only one that was run, it meets " + w.target()
	}
	parts := []string{fmt.Sprintf("Set %s: %s.", c, which)}
	if c.Cost != nil {
		parts = append(parts, fmt.Sprintf("Throughput cost at max against %s: %s; budget %s.", w.reference, w.cost(*c.Cost), percent(*w.goals.MaxCost)))
	}
	if c.Freshness != nil {
		parts = append(parts, fmt.Sprintf("%s at %s: %s; objective %s.", w.goals.FreshnessMetric, perSecond(*w.rate), w.fresh(*c.Freshness), latency(*w.goals.FreshnessUS)))
		if *c.Freshness.Worst > *w.goals.FreshnessUS {
			parts = append(parts, "The worst block exceeded it: a typical stretch is fresh enough, not every one.")
		}
	}
	return strings.Join(parts, " ")
}

func (w *wording) cost(j Judgement) string { return j.with(percent) }

func (w *wording) fresh(j Judgement) string { return j.with(latency) }

// with writes the figure, its interval and what it is of.
func (j Judgement) with(format func(float64) string) string {
	text := fmt.Sprintf("%s (95%% interval %s to %s, %s", format(*j.Value), format(*j.Lo), format(*j.Hi), plural(j.Blocks, "block"))
	if j.Worst != nil {
		text += ", the worst " + format(*j.Worst)
	}
	return text + ")"
}

// boundaries says between which steps of a ladder each goal's boundary lies; a single step has none.
func (w *wording) boundaries(steps []Candidate) string {
	if len(steps) < 2 {
		return ""
	}
	var parts []string
	if w.goals.MaxCost != nil {
		parts = append(parts, w.costBoundary(steps))
	}
	if w.goals.FreshnessUS != nil && w.rate != nil {
		parts = append(parts, w.freshnessBoundary(steps))
	}
	return strings.Join(slices.DeleteFunc(parts, func(text string) bool { return text == "" }), " ")
}

// costBoundary: larger transactions cost less throughput.
func (w *wording) costBoundary(steps []Candidate) string {
	is := func(v Verdict) func(Candidate) bool { return func(c Candidate) bool { return c.Cost.Verdict == v } }
	first := slices.IndexFunc(steps, is(Meets))
	switch {
	case first == 0:
		return fmt.Sprintf("%s, the smallest run, keeps the budget: how small it may get was not measured.", steps[0].Short())
	case first > 0:
		if below := lastIndex(steps[:first], is(Misses)); below >= 0 {
			return fmt.Sprintf("The budget's boundary lies between %s (cost %s) and %s (%s).", steps[below].Short(), percent(*steps[below].Cost.Value),
				steps[first].Short(), percent(*steps[first].Cost.Value))
		}
		return fmt.Sprintf("The budget is kept from %s on; below there is not enough evidence.", steps[first].Short())
	}
	if last := steps[len(steps)-1]; last.Cost.Verdict == Misses {
		return fmt.Sprintf("%s, the largest run, still costs %s: the budget's boundary lies above.", last.Short(), percent(*last.Cost.Value))
	}
	return ""
}

// freshnessBoundary: in larger transactions records wait longer.
func (w *wording) freshnessBoundary(steps []Candidate) string {
	is := func(v Verdict) func(Candidate) bool {
		return func(c Candidate) bool { return c.Freshness.Verdict == v }
	}
	last := lastIndex(steps, is(Meets))
	switch {
	case last == len(steps)-1:
		return fmt.Sprintf("%s, the largest run, is fresh enough: how large it may get was not measured.", steps[last].Short())
	case last >= 0:
		if above := slices.IndexFunc(steps[last:], is(Misses)); above >= 0 {
			over := steps[last+above]
			return fmt.Sprintf("The freshness boundary lies between %s (%s) and %s (%s).", steps[last].Short(), latency(*steps[last].Freshness.Value),
				over.Short(), latency(*over.Freshness.Value))
		}
		return fmt.Sprintf("Freshness is kept up to %s; above there is not enough evidence.", steps[last].Short())
	}
	if first := steps[0]; first.Freshness.Verdict == Misses {
		return fmt.Sprintf("%s, the smallest run, already misses the freshness objective with %s.", first.Short(), latency(*first.Freshness.Value))
	}
	return ""
}

// both says whether a step that was not run may meet both goals where none that was does: more than the largest that misses the budget, and
// less than the smallest that misses freshness.
func both(steps []Candidate) string {
	dear := lastIndex(steps, func(c Candidate) bool { return c.Cost.Verdict == Misses })
	stale := slices.IndexFunc(steps, func(c Candidate) bool { return c.Freshness.Verdict == Misses })
	switch {
	case dear < 0 || stale < 0:
		return ""
	case dear == stale:
		return fmt.Sprintf("The two goals exclude one another here: %s misses both, smaller ones cost more and larger ones are less fresh.", steps[dear].Short())
	case dear < stale:
		return fmt.Sprintf("Between %s, which misses the budget, and %s, which misses freshness, another may meet both: run some.", steps[dear].Short(), steps[stale].Short())
	}
	return fmt.Sprintf("The two goals exclude one another here: %s still misses the budget, %s already misses freshness.", steps[dear].Short(), steps[stale].Short())
}

func lastIndex(steps []Candidate, is func(Candidate) bool) int {
	for i := len(steps) - 1; i >= 0; i-- {
		if is(steps[i]) {
			return i
		}
	}
	return -1
}
