package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// disturbed says whether the run broke things: its report is a matrix of scenarios and modes, not one of costs.
func disturbed(r *result.Run) bool {
	return slices.ContainsFunc(r.Trials, func(t result.Trial) bool { return t.Fault != nil })
}

// faults is a run of scenarios, as its reports show it.
type faults struct {
	*summary
	scenarios []string // in the order run
	modes     []string
	cells     []*cell // those with a fault, by scenario and mode
}

func faultsOf(s *summary) *faults {
	f := &faults{summary: s}
	for _, t := range s.run.Trials {
		if t.Fault == nil {
			continue
		}
		if !slices.Contains(f.scenarios, *t.Fault) {
			f.scenarios = append(f.scenarios, *t.Fault)
		}
		if !slices.Contains(f.modes, t.Mode) {
			f.modes = append(f.modes, t.Mode)
		}
	}
	slices.SortFunc(f.modes, func(a, b string) int { return cmp.Or(workload.Rank(a)-workload.Rank(b), strings.Compare(a, b)) })
	for _, scenario := range f.scenarios {
		for _, c := range s.cells { // which are by mode
			if c.Fault() == scenario {
				f.cells = append(f.cells, c)
			}
		}
	}
	return f
}

func (f *faults) title() string {
	text := fmt.Sprintf("%s: %s, %s", cmp.Or(f.run.Profile.Name, f.run.RunID), plural(len(f.scenarios), "scenario"), plural(len(f.run.Trials), "trial"))
	if !f.run.Complete {
		text += ", incomplete: the run was stopped early"
	}
	return printable(text)
}

// header is that of any run, and the seed.
func (f *faults) header() []line {
	lines := f.summary.header()
	if seed := f.run.Profile.Values["seed"].Value; seed != "" {
		lines = append(lines, line{"seed", printable(seed) + ": the same seed and workload draw the same damage, of any choice of scenarios and modes"})
	}
	return lines
}

// of are the cells of a scenario with a mode, which differ in other axes; nil where the scenario does not concern the mode.
func (f *faults) of(scenario, mode string) []*cell {
	return slices.DeleteFunc(slices.Clone(f.cells), func(c *cell) bool { return c.Fault() != scenario || c.Mode != mode })
}

// damage is what the ledger found in the trials of some cells.
type damage struct {
	trials, broken, open, unchecked int
	counts                          []string // "3 lost", what is worst first
}

// anomalies are the ledger's counts of what went wrong, as a matrix calls them.
func anomalies() []guaranteeCount {
	return []guaranteeCount{
		{"lost", func(g *result.Guarantee) *int64 { return g.Lost }, nil},
		{"duplicated", func(g *result.Guarantee) *int64 { return g.Duplicate }, nil},
		{"out of order", func(g *result.Guarantee) *int64 { return g.Reordered }, nil},
		{"aborted but read", func(g *result.Guarantee) *int64 { return g.AbortedRead }, nil},
		{"torn", func(g *result.Guarantee) *int64 { return g.Torn }, nil},
		{"premature", func(g *result.Guarantee) *int64 { return g.Premature }, nil},
		{"foreign", func(g *result.Guarantee) *int64 { return g.Foreign }, nil},
		{"changed", func(g *result.Guarantee) *int64 { return g.Changed }, nil},
	}
}

// done is the damage of some cells.
func (f *faults) done(cells []*cell) damage {
	var d damage
	for _, c := range cells {
		for _, t := range c.Trials {
			d.trials++
			switch {
			case t.Guarantee.Verdict == result.Broken:
				d.broken++
			case len(missingEvidence(t, f.expect())) > 0:
				d.open++
			case t.Guarantee.Verdict == result.Unchecked:
				d.unchecked++
			}
		}
	}
	for _, a := range anomalies() {
		var n float64
		for _, c := range cells {
			if sum := c.sum(a); sum != nil {
				n += *sum
			}
		}
		if n > 0 {
			d.counts = append(d.counts, whole(n)+" "+a.title)
		}
	}
	return d
}

// verdict is the worst of the trials': BROKEN, inconclusive, unchecked, or empty where nothing speaks against what was counted.
func (d damage) verdict() string {
	word, n := "", 0
	switch {
	case d.broken > 0:
		word, n = "BROKEN", d.broken
	case d.open > 0:
		word, n = "inconclusive", d.open
	case d.unchecked > 0:
		word, n = "unchecked", d.unchecked
	}
	if n < d.trials && n > 0 {
		word += fmt.Sprintf(" in %d of %d", n, d.trials)
	}
	return word
}

// String says in a few words what went wrong, a count on a line of its own.
func (d damage) String() string {
	counts, verdict := strings.Join(d.counts, ",\n"), d.verdict()
	switch {
	case d.trials == 0:
		return none
	case verdict == "":
		return cmp.Or(counts, "nothing wrong")
	case counts == "":
		return verdict
	}
	return verdict + ": " + counts
}

// matrix has a row for each scenario and a column for each mode.
func (f *faults) matrix() []group {
	groups := []group{{"", []column{{title: "scenario", left: true, texts: f.scenarios}}}}
	for _, mode := range f.modes {
		groups = append(groups, group{"", []column{textColumn(f.scenarios, mode, "", true, func(scenario string) string { return f.done(f.of(scenario, mode)).String() })}})
	}
	return groups
}

// answer is what the matrix says, in a sentence.
func (f *faults) answer() string {
	all := f.done(f.cells)
	var clauses []string
	if all.broken > 0 {
		clauses = append(clauses, fmt.Sprintf("a promise BROKE in %d of %s", all.broken, plural(all.trials, "trial")))
	}
	if all.open > 0 {
		clauses = append(clauses, fmt.Sprintf("the evidence is incomplete in %d of %s", all.open, plural(all.trials, "trial")))
	}
	if all.unchecked > 0 {
		clauses = append(clauses, fmt.Sprintf("nothing was read in %d of %s, which promises nothing", all.unchecked, plural(all.trials, "trial")))
	}
	if held := all.trials - all.broken - all.open - all.unchecked; held == all.trials {
		clauses = append(clauses, "every promise held in "+plural(held, "trial"))
	} else if held > 0 {
		clauses = append(clauses, fmt.Sprintf("every promise held in %d of %s", held, plural(all.trials, "trial")))
	}
	var clean []string
	for _, mode := range f.modes {
		d := f.done(slices.DeleteFunc(slices.Clone(f.cells), func(c *cell) bool { return c.Mode != mode }))
		if len(d.counts) == 0 {
			clean = append(clean, mode)
			continue
		}
		clauses = append(clauses, mode+": "+listed(d.counts))
	}
	if len(clean) > 0 {
		clauses = append(clauses, listed(clean)+": nothing lost, duplicated or out of order")
	}
	text := printable(strings.Join(clauses, "; "))
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// listed joins words as a sentence does.
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
