package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// answer says in a sentence what the run found, from figures it has and no others.
func (s *summary) answer() string {
	if len(s.cells) == 0 {
		return "No trial finished: there is nothing to report."
	}
	subject := s.subject()
	clauses := slices.Concat(s.latencyCost(subject), s.throughputCost(subject))
	if len(clauses) == 0 {
		clauses = append(clauses, s.noCost(subject))
	}
	clauses = append(clauses, s.guarantee())
	if why := s.unsustained(); why != "" {
		clauses = append(clauses, why)
	}
	text := strings.Join(clauses, "; ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// subject is the mode the answer is about: a transactional one if there is, else the last in the table that is
// not the reference.
func (s *summary) subject() string {
	mode := s.cells[0].Mode
	for _, c := range s.cells {
		if c.Transactional() {
			return c.Mode
		}
		if c.Mode != s.run.Reference {
			mode = c.Mode
		}
	}
	return mode
}

// noCost says why no cost is stated, and what the subject did by itself where that is all there is.
func (s *summary) noCost(subject string) string {
	of := func(mode string) []*cell {
		return slices.DeleteFunc(slices.Clone(s.cells), func(c *cell) bool { return c.Mode != mode })
	}
	stands := func(cells []*cell) bool {
		return slices.ContainsFunc(cells, func(c *cell) bool { return c.Unfit() == "" })
	}
	reference := s.run.Reference
	references, subjects := of(reference), of(subject)
	switch {
	case subject == reference:
		return s.alone(subjects)
	case len(references) == 0:
		return s.alone(subjects) + fmt.Sprintf(" (no cost without the reference, %s)", reference)
	case !stands(references):
		return fmt.Sprintf("no cost can be stated: no figures of the reference, %s, stand", reference)
	case !stands(subjects):
		return fmt.Sprintf("no cost can be stated: no figures of %s stand", subject)
	}
	return fmt.Sprintf("no cost can be stated: no cell of %s has a figure to hold against %s", subject, reference)
}

// alone describes the first cell whose figures stand.
func (s *summary) alone(cells []*cell) string {
	for _, c := range cells {
		if c.Unfit() != "" {
			continue
		}
		var parts []string
		if v := c.Median(metric.Must("read_per_s")); v != nil {
			parts = append(parts, "read "+rate(*v)+" msg/s")
		}
		if v := c.Median(metric.Must("p50(e2e)")); v != nil && !c.Saturated() {
			parts = append(parts, "e2e p50 "+duration(*v))
		}
		if v := c.Median(metric.Must("p99(e2e)")); v != nil && !c.Saturated() {
			parts = append(parts, "p99 "+duration(*v))
		}
		if len(parts) > 0 {
			return s.name(c) + ": " + strings.Join(parts, ", ")
		}
	}
	return fmt.Sprintf("no figures of %s stand", cells[0].Mode)
}

// guarantee sums the verdicts up; what is bad comes first.
func (s *summary) guarantee() string {
	n := map[result.Verdict]int{}
	all := 0
	for _, c := range s.cells {
		for _, t := range c.Trials {
			n[t.Guarantee.Verdict]++
			all++
		}
	}
	of := func(count int) string {
		if count == all {
			return "all " + plural(all, "trial")
		}
		return fmt.Sprintf("%d of %s", count, plural(all, "trial"))
	}
	if all == 1 {
		of = func(int) string { return "the one trial" }
	}
	var parts []string
	if k := n[result.Broken]; k > 0 {
		parts = append(parts, "the guarantee BROKE in "+of(k)+", whose figures are void")
	}
	if k := n[result.Incomplete]; k > 0 {
		parts = append(parts, "the evidence is incomplete in "+of(k))
	}
	if k := n[result.Unchecked]; k > 0 {
		parts = append(parts, "the guarantee went unchecked in "+of(k)+", nothing was read")
	}
	if k := n[result.NotPromised]; k > 0 {
		parts = append(parts, "nothing was promised in "+of(k))
	}
	if k := n[result.Held]; k > 0 {
		parts = append(parts, "the guarantee held in "+of(k))
	}
	return strings.Join(parts, "; ")
}

func (s *summary) unsustained() string {
	var names []string
	for _, c := range s.cells {
		if c.Unsustained() > 0 {
			names = append(names, s.name(c))
		}
	}
	switch {
	case len(names) == 0:
		return ""
	case len(names) > 3:
		return fmt.Sprintf("%d of %d cells did not sustain their rate", len(names), len(s.cells))
	}
	return strings.Join(names, " and ") + " did not sustain the rate"
}
