package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// answer says in a sentence what the run found, from figures it has and no others.
func (s *summary) answer() string {
	if len(s.cells) == 0 {
		return "No trial finished: there is nothing to report."
	}
	var clauses []string
	subject := s.subject()
	clauses = append(clauses, s.latencyCost(subject)...)
	clauses = append(clauses, s.throughputCost(subject)...)
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
	mode := s.cells[0].mode
	for _, c := range s.cells {
		if m, ok := workload.ModeByName(c.mode); ok && m.Transactional {
			return c.mode
		}
		if c.mode != s.reference {
			mode = c.mode
		}
	}
	return mode
}

// cost is what one cell of the subject pays.
type cost struct {
	cell  *cell
	value float64
}

// extremes returns the cells of the subject that pay least and most.
func (s *summary) extremes(subject string, pays func(*cell) (float64, bool)) (least, most cost, n int) {
	for _, c := range s.cells {
		if c.mode != subject || c.base == nil || c.base == c || c.verdicts(result.NotPromised) > 0 {
			continue // a control's price is not the mode's
		}
		v, ok := pays(c)
		if !ok {
			continue
		}
		if n == 0 || v < least.value {
			least = cost{c, v}
		}
		if n == 0 || v > most.value {
			most = cost{c, v}
		}
		n++
	}
	return least, most, n
}

func (s *summary) latencyCost(subject string) []string {
	least, most, n := s.extremes(subject, func(c *cell) (float64, bool) {
		if c.latencyRatio(p50("e2e")) == nil {
			return 0, false
		}
		return *c.median(p50("e2e")) - *c.base.median(p50("e2e")), true
	})
	at := ""
	if n > 0 && s.rates() == 1 {
		at = "at " + rateName(least.cell) + " "
	}
	move := func(c *cell, g get) string { return durations(*c.base.median(g), *c.median(g)) }
	switch n {
	case 0:
		return nil
	case 1:
		text := fmt.Sprintf("%s%s %s %s e2e p50 over %s (%s)", at, s.name(most.cell),
			added(most.value), towards(most.value), s.reference, move(most.cell, p50("e2e")))
		if most.cell.latencyRatio(p99("e2e")) != nil {
			text += fmt.Sprintf(", p99 goes %s", move(most.cell, p99("e2e")))
		}
		return []string{text}
	}
	detail := func(c cost, size string) string {
		return fmt.Sprintf("%s (%s: %s)", size, s.detail(c.cell), move(c.cell, p50("e2e")))
	}
	if least.value < 0 {
		return []string{fmt.Sprintf("%s%s changes e2e p50 over %s by between %s and %s", at, subject, s.reference,
			detail(least, signed(least.value)), detail(most, signed(most.value)))}
	}
	return []string{fmt.Sprintf("%s%s adds between %s and %s to e2e p50 over %s", at, subject,
		detail(least, duration(least.value)), detail(most, duration(most.value)), s.reference)}
}

func added(us float64) string {
	if us < 0 {
		return "takes " + duration(-us)
	}
	return "adds " + duration(us)
}

func towards(us float64) string {
	if us < 0 {
		return "off"
	}
	return "to"
}

func signed(us float64) string {
	if us < 0 {
		return "−" + duration(-us)
	}
	return "+" + duration(us)
}

func (s *summary) throughputCost(subject string) []string {
	least, most, n := s.extremes(subject, func(c *cell) (float64, bool) {
		v := c.throughputRatio()
		if v == nil {
			return 0, false
		}
		return 1 - *v, true
	})
	detail := func(c cost) string {
		word := "less"
		if c.value < 0 {
			word, c.value = "more", -c.value
		}
		return fmt.Sprintf("%s%% %s", rate(math.Round(100*c.value)), word)
	}
	move := func(c *cell) string {
		return rate(*c.base.median(readPerS)) + " → " + rate(*c.median(readPerS)) + " msg/s"
	}
	switch n {
	case 0:
		return nil
	case 1:
		return []string{fmt.Sprintf("at max %s reads %s than %s (%s)", s.name(most.cell), detail(most), s.reference, move(most.cell))}
	}
	return []string{fmt.Sprintf("at max %s reads from %s (%s: %s) to %s (%s: %s) than %s", subject,
		detail(least), s.detail(least.cell), move(least.cell), detail(most), s.detail(most.cell), move(most.cell), s.reference)}
}

// detail tells cells of one mode apart.
func (s *summary) detail(c *cell) string {
	text := strings.TrimPrefix(s.name(c), c.mode)
	text = strings.TrimSuffix(strings.TrimPrefix(text, " ("), ")")
	if text == "" {
		return c.mode
	}
	return text
}

// noCost says why no cost is stated, and what the subject did by itself where that is all there is.
func (s *summary) noCost(subject string) string {
	of := func(mode string) []*cell {
		return slices.DeleteFunc(slices.Clone(s.cells), func(c *cell) bool { return c.mode != mode })
	}
	stands := func(cells []*cell) bool { return slices.ContainsFunc(cells, (*cell).stands) }
	references, subjects := of(s.reference), of(subject)
	switch {
	case subject == s.reference:
		return s.alone(subjects)
	case len(references) == 0:
		return s.alone(subjects) + fmt.Sprintf(" (no cost without the reference, %s)", s.reference)
	case !stands(references):
		return fmt.Sprintf("no cost can be stated: no figures of the reference, %s, stand", s.reference)
	case !stands(subjects):
		return fmt.Sprintf("no cost can be stated: no figures of %s stand", subject)
	}
	return fmt.Sprintf("no cost can be stated: no cell of %s has a figure to hold against %s", subject, s.reference)
}

// alone describes the first cell whose figures stand.
func (s *summary) alone(cells []*cell) string {
	for _, c := range cells {
		if !c.stands() {
			continue
		}
		var parts []string
		if v := c.median(readPerS); v != nil {
			parts = append(parts, "read "+rate(*v)+" msg/s")
		}
		if v := c.median(p50("e2e")); v != nil && !c.saturated() {
			parts = append(parts, "e2e p50 "+duration(*v))
		}
		if v := c.median(p99("e2e")); v != nil && !c.saturated() {
			parts = append(parts, "p99 "+duration(*v))
		}
		if len(parts) > 0 {
			return s.name(c) + ": " + strings.Join(parts, ", ")
		}
	}
	return fmt.Sprintf("no figures of %s stand", cells[0].mode)
}

// guarantee sums the verdicts up; what is bad comes first.
func (s *summary) guarantee() string {
	n := map[result.Verdict]int{}
	all := 0
	for _, c := range s.cells {
		for _, t := range c.trials {
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
		if c.unsustained() > 0 {
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
