package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// FaultsByName returns the format of that name for a run of scenarios; the error names those there are. Text and markdown lay a matrix of
// scenarios and modes out, the others are those of any run.
func FaultsByName(name string) (Format, error) {
	switch name {
	case "text":
		return faultsText, nil
	case "markdown":
		return faultsMarkdown, nil
	}
	return ByName(name)
}

// faults is a run of scenarios, as its reports show it.
type faults struct {
	run       *result.Run
	scenarios []string // in the order run
	modes     []string
	trials    []*result.Trial // those with a fault, by scenario and mode
}

func faultsOf(r *result.Run) *faults {
	f := &faults{run: r}
	for i := range r.Trials {
		t := &r.Trials[i]
		if t.Fault == nil {
			continue
		}
		f.trials = append(f.trials, t)
		if !slices.Contains(f.scenarios, *t.Fault) {
			f.scenarios = append(f.scenarios, *t.Fault)
		}
		if !slices.Contains(f.modes, t.Mode) {
			f.modes = append(f.modes, t.Mode)
		}
	}
	slices.SortFunc(f.modes, func(a, b string) int { return workload.Rank(a) - workload.Rank(b) })
	slices.SortStableFunc(f.trials, func(a, b *result.Trial) int {
		return cmp.Or(slices.Index(f.scenarios, *a.Fault)-slices.Index(f.scenarios, *b.Fault), workload.Rank(a.Mode)-workload.Rank(b.Mode), cmp.Compare(a.Cell, b.Cell))
	})
	return f
}

func (f *faults) title() string {
	return fmt.Sprintf("%s: %s, %s", f.run.Profile.Name, plural(len(f.scenarios), "scenario"), plural(len(f.trials), "trial"))
}

// matrix has a row for each scenario and a column for each mode; several trials of a pair are added up.
func (f *faults) matrix() []Column {
	columns := []Column{{Title: "scenario", Words: true, Texts: f.scenarios}}
	for _, mode := range f.modes {
		c := Column{Title: mode, Words: true}
		for _, scenario := range f.scenarios {
			c.Texts = append(c.Texts, f.findings(func(t *result.Trial) bool { return *t.Fault == scenario && t.Mode == mode }).String())
		}
		columns = append(columns, c)
	}
	return columns
}

// findings are what the ledger found in several trials.
type findings struct {
	trials, broken, open, unchecked int
	counts                          map[string]int64
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

func (f *faults) findings(of func(*result.Trial) bool) findings {
	sum := findings{counts: map[string]int64{}}
	for _, t := range f.trials {
		if !of(t) {
			continue
		}
		sum.trials++
		switch v := t.Guarantee.Verdict; {
		case v == result.Broken:
			sum.broken++
		case v == result.Incomplete, !t.Complete:
			sum.open++
		case v == result.Unchecked:
			sum.unchecked++
		}
		for _, a := range anomalies() {
			if n := a.of(&t.Guarantee); n != nil {
				sum.counts[a.title] += *n
			}
		}
	}
	return sum
}

// String says in a few words what went wrong.
func (s findings) String() string {
	var found []string
	for _, a := range anomalies() {
		if n := s.counts[a.title]; n > 0 {
			found = append(found, whole(float64(n))+" "+a.title)
		}
	}
	text := cmp.Or(strings.Join(found, ", "), "nothing wrong")
	switch {
	case s.trials == 0:
		return none
	case s.broken > 0:
		return "BROKEN: " + text
	case s.open > 0:
		return "inconclusive: " + text
	case s.unchecked == s.trials:
		return "unchecked"
	}
	return text
}

// outages has a row for each trial.
func (f *faults) outages() []Column {
	scenario, mode := Column{Title: "scenario", Words: true}, Column{Title: "mode", Words: true}
	sent := Column{Title: "sent"}
	acks, reads := Column{Group: "longest without, s", Title: "ack"}, Column{Group: "longest without, s", Title: "read"}
	recovery := Column{Group: "recovered", Title: "after, s"}
	before, during, after := Column{Group: "read, msg/s", Title: "before"}, Column{Group: "read, msg/s", Title: "during"}, Column{Group: "read, msg/s", Title: "after"}
	own := Column{Title: "besides", Words: true}
	for _, t := range f.trials {
		o := t.Outage
		if o == nil {
			o = &result.Outage{}
		}
		scenario.Texts = append(scenario.Texts, *t.Fault)
		mode.Texts = append(mode.Texts, t.Mode)
		sent.Texts = append(sent.Texts, whole(float64(t.Guarantee.Sent)))
		acks.Texts = append(acks.Texts, maybe(o.AckGapS, sensible))
		reads.Texts = append(reads.Texts, maybe(o.ReadGapS, sensible))
		recovery.Texts = append(recovery.Texts, maybe(o.RecoveryS, sensible))
		before.Texts = append(before.Texts, readRate(o.Before))
		during.Texts = append(during.Texts, readRate(o.During))
		after.Texts = append(after.Texts, readRate(o.After))
		own.Texts = append(own.Texts, ownFigures(o.Figures))
	}
	return []Column{scenario, mode, sent, acks, reads, recovery, before, during, after, own}
}

func readRate(r *result.OutageRates) string {
	if r == nil {
		return none
	}
	return whole(r.ReadPerS)
}

// ownFigures writes a scenario's own figures by name.
func ownFigures(figures map[string]float64) string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		texts = append(texts, strings.ReplaceAll(name, "_", " ")+" "+sensible(figures[name]))
	}
	return strings.Join(texts, ", ")
}

// schedules say what was done in each scenario, of the first trial of each.
func (f *faults) schedules() (lines []line) {
	for _, scenario := range f.scenarios {
		i := slices.IndexFunc(f.trials, func(t *result.Trial) bool { return *t.Fault == scenario })
		t := f.trials[i]
		if t.Outage == nil {
			continue
		}
		var done []string
		for _, e := range t.Outage.Events {
			done = append(done, fmt.Sprintf("%.3f s %s", e.AtS, e.What))
		}
		lines = append(lines, line{scenario, fmt.Sprintf("seed %d, %s: %s", t.Outage.Seed, t.Mode, strings.Join(done, "; "))})
	}
	return lines
}

// answer is what the matrix says, in a sentence.
func (f *faults) answer() string {
	var parts []string
	for _, mode := range f.modes {
		sum := f.findings(func(t *result.Trial) bool { return t.Mode == mode })
		text := fmt.Sprintf("%s lost %s and duplicated %s records in %s", mode,
			whole(float64(sum.counts["lost"])), whole(float64(sum.counts["duplicated"])), plural(sum.trials, "trial"))
		if sum.broken > 0 {
			text += fmt.Sprintf(" and broke its promise in %d of them", sum.broken)
		}
		if sum.open > 0 {
			text += fmt.Sprintf(" (%d of them inconclusive)", sum.open)
		}
		parts = append(parts, text)
	}
	text := strings.Join(parts, "; ")
	if text == "" {
		return "Nothing was broken, and nothing measured."
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// reasons are those of trials that broke a promise or could not be judged.
func (f *faults) reasons() (lines []line) {
	for _, t := range f.trials {
		for _, r := range t.Guarantee.Reasons {
			lines = append(lines, line{t.Cell, r})
		}
		for _, w := range t.Warnings {
			lines = append(lines, line{t.Cell, w})
		}
	}
	return lines
}

// legend explains the tables.
func (f *faults) legend() []string {
	return []string{
		"counts are records of the whole trial; what a mode never promised is counted and not held against it",
		"before, during and after: the first thing that broke and the last that healed; recovered: until nine tenths of before were read in a second again",
	}
}

func faultsText(w io.Writer, r *result.Run, o Options) error {
	f := faultsOf(r)
	p := newPrinter(o)
	p.head(f.title(), summarise(r).header())
	if len(f.trials) > 0 {
		for _, columns := range [][]Column{f.matrix(), f.outages()} {
			p.line("")
			if err := Table(&p.b, o.Color, columns); err != nil {
				return err
			}
		}
		p.legend(f.legend())
		for _, lines := range [][]line{f.schedules(), f.reasons()} {
			if len(lines) > 0 {
				p.line("")
			}
			for _, l := range lines {
				p.wrapped("  ", l.name+": "+printable(l.text))
			}
		}
	}
	p.line("")
	p.wrapped("", printable(f.answer()))
	p.pointers(o)
	_, err := io.WriteString(w, p.b.String())
	return err
}

func faultsMarkdown(w io.Writer, r *result.Run, o Options) error {
	f := faultsOf(r)
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s\n", Escaped(f.title()), Escaped(f.answer()))
	if len(f.trials) > 0 {
		for _, columns := range [][]Column{f.matrix(), f.outages()} {
			b.WriteByte('\n')
			if err := MarkdownTable(&b, columns); err != nil {
				return err
			}
		}
		b.WriteByte('\n')
		for _, l := range f.legend() {
			fmt.Fprintf(&b, "- %s\n", Escaped(l))
		}
	}
	for _, l := range slices.Concat(summarise(r).header(), f.schedules(), f.reasons()) {
		fmt.Fprintf(&b, "- %s: %s\n", Escaped(l.name), Escaped(l.text))
	}
	if o.Path != "" {
		fmt.Fprintf(&b, "- result: `%s`\n", o.Path)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
