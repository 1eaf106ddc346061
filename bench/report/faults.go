package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// faults is a run of scenarios, as its reports show it.
type faults struct {
	*summary
	scenarios, modes []string
	cells            []*cell // by scenario and mode
	matrix           *compare.Faults
}

// faultsOf lays a run out that is compare.Disturbed.
func faultsOf(s *summary) *faults {
	f := &faults{summary: s, matrix: s.run.Faults()}
	f.scenarios, f.modes = f.matrix.Scenarios, f.matrix.Modes
	for _, c := range f.matrix.Cells {
		f.cells = append(f.cells, s.cells[slices.IndexFunc(s.cells, func(own *cell) bool { return own.Cell == c })])
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

// damage is what the ledger found in the trials of a scenario with a mode, either of which may be empty for all.
func (f *faults) damage(scenario, mode string) damage {
	return damage{f.matrix.Damage(f.matrix.Of(scenario, mode))}
}

// damage is worded for reports.
type damage struct{ compare.Damage }

// counts are what went wrong: "3 lost".
func (d damage) counts() (texts []string) {
	for _, a := range d.Counts {
		texts = append(texts, whole(float64(a.N))+" "+a.Name)
	}
	return texts
}

// String says in a few words what went wrong, a count on a line of its own.
func (d damage) String() string {
	counts, verdict := strings.Join(d.counts(), ",\n"), d.Verdict()
	switch {
	case d.Trials == 0:
		return none
	case verdict == "":
		return cmp.Or(counts, d.Nothing())
	case counts == "":
		return verdict
	}
	return verdict + ": " + counts
}

// table has a row for each scenario and a column for each mode.
func (f *faults) table() []group {
	groups := []group{{"", []column{{title: "scenario", left: true, texts: f.scenarios}}}}
	for _, mode := range f.modes {
		groups = append(groups, group{"", []column{textColumn(f.scenarios, mode, "", true, func(scenario string) string { return f.damage(scenario, mode).String() })}})
	}
	return groups
}

// answer is what the matrix says, in a sentence.
func (f *faults) answer() string {
	all := f.damage("", "")
	var clauses []string
	if all.Broken > 0 {
		clauses = append(clauses, fmt.Sprintf("a promise BROKE in %d of %s", all.Broken, plural(all.Trials, "trial")))
	}
	if all.Open > 0 {
		clauses = append(clauses, fmt.Sprintf("the evidence is incomplete in %d of %s", all.Open, plural(all.Trials, "trial")))
	}
	if all.Unchecked > 0 {
		clauses = append(clauses, fmt.Sprintf("nothing was read in %d of %s, which promises nothing", all.Unchecked, plural(all.Trials, "trial")))
	}
	if held := all.Trials - all.Broken - all.Open - all.Unchecked; held == all.Trials {
		clauses = append(clauses, "every promise held in "+plural(held, "trial"))
	} else if held > 0 {
		clauses = append(clauses, fmt.Sprintf("every promise held in %d of %s", held, plural(all.Trials, "trial")))
	}
	var clean []string
	for _, mode := range f.modes {
		d := f.damage("", mode)
		if len(d.Counts) == 0 {
			clean = append(clean, mode)
			continue
		}
		clauses = append(clauses, mode+": "+listed(d.counts()))
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
