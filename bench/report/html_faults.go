package report

import (
	"cmp"
	"fmt"
	"os"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// faultsPage is about what broke: the matrix and every broken promise come first, and nothing is said of costs.
func faultsPage(s *summary, o Options) (*page, error) {
	f := faultsOf(s)
	p := &page{
		Title: f.title(), Question: "What does each guarantee buy here when something breaks?", Answer: f.answer(), Badge: f.badge(), Path: printable(o.Path),
	}
	for _, l := range f.header() {
		p.Facts = append(p.Facts, fact{l.name, l.text})
	}
	drawn, err := f.figures(directory(o.Path), []string{"faults", "timeline"})
	if err != nil {
		return nil, err
	}
	counts := f.guarantees()
	for _, part := range []section{
		f.matrixSection(), f.breachSection(), f.outageSection(), f.scheduleSection(), drawn, counts, f.warnings(counts), f.surroundings(), f.configuration(), f.settings(), f.again(o.Next),
	} {
		if part.ID != "" {
			p.Sections = append(p.Sections, part)
		}
	}
	return p, p.dress()
}

// directory is a path if it is one's.
func directory(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return path
	}
	return ""
}

func (f *faults) matrixSection() section {
	t := htmlTable{Caption: "What went wrong, by scenario and mode", Heads: []head{{"scenario", "words"}}}
	for _, mode := range f.modes {
		t.Heads = append(t.Heads, head{printable(mode), "words"})
	}
	absent := false
	for _, scenario := range f.scenarios {
		row := htmlRow{Cells: []htmlCell{{Text: printable(scenario), Class: "words", Head: true}}}
		for _, mode := range f.modes {
			d := f.damage(scenario, mode)
			absent = absent || d.Trials == 0
			row.Cells = append(row.Cells, d.cell())
		}
		t.Rows = append(t.Rows, row)
	}
	part := section{ID: "faults", Title: "What broke", Tables: []htmlTable{t}, Legend: []string{
		"counts are records of the whole trial; what a mode never promised is counted and not held against it",
	}}
	if absent {
		part.Legend = append(part.Legend, "–: the scenario does not concern the mode")
	}
	return part
}

// cell says the damage in words, which a colour repeats.
func (d damage) cell() htmlCell {
	counts, verdict := strings.Join(d.counts(), ", "), d.Verdict()
	switch {
	case d.Trials == 0:
		return htmlCell{Text: none, Class: "words quiet", Unseen: "does not concern the mode"}
	case d.Broken > 0:
		return htmlCell{Text: "✗ " + verdict, Small: counts, Class: "words bad"}
	case verdict != "":
		return htmlCell{Text: "? " + verdict, Small: counts, Class: "words open"}
	case counts != "":
		return htmlCell{Text: counts, Small: "never promised otherwise", Class: "words reported"}
	}
	if d.Idle == d.Trials {
		return htmlCell{Text: compare.NothingDone, Small: "there was nothing to break", Class: "words quiet"}
	}
	return htmlCell{Text: "✓ nothing wrong", Class: "words good"}
}

// breachSection names every broken promise and the command that draws it again.
func (f *faults) breachSection() section {
	part := section{ID: "broken", Title: "Broken promises"}
	t := htmlTable{Caption: "What the ledger found", Heads: []head{{"trial", "words"}, {"evidence", "words"}}}
	for _, b := range f.breaches() {
		t.Rows = append(t.Rows, htmlRow{Cells: []htmlCell{{Text: b.of, Class: "words", Head: true}, {Text: strings.Join(b.reasons, "; "), Class: "words wrap"}}})
		part.Code = append(part.Code, code{Title: "Draw again: " + b.of, Text: b.again, Folded: true})
	}
	if len(t.Rows) == 0 {
		return section{}
	}
	part.Tables = []htmlTable{t}
	part.Legend = []string{"the commands draw the same faults and the same load; timing, and so the counts, may differ"}
	return part
}

func (f *faults) outageSection() section {
	part := section{ID: "outage", Title: "Outage and recovery", Legend: f.legend()[1:]} // the first is about the matrix
	part.Tables = []htmlTable{htmlTableOf("How long nothing moved, and how it went on", f.outages())}
	counted := htmlTable{Caption: "What the scenarios counted besides", Heads: []head{{"trial", "words"}, {"counted", "words"}}}
	for _, l := range f.counted() {
		counted.Rows = append(counted.Rows, htmlRow{Cells: []htmlCell{{Text: l.name, Class: "words", Head: true}, {Text: l.text, Class: "words wrap"}}})
	}
	part.Tables = filledTables(append(part.Tables, counted)...)
	return part
}

// mostEvents that a page shows before it folds them.
const mostEvents = 20

func (f *faults) scheduleSection() section {
	t := htmlTable{Caption: "What was done, at seconds of the window", Heads: []head{{"scenario", "words"}, {"at, s", "words"}, {"what", "words"}}}
	for _, s := range f.schedules() {
		for _, e := range s.events {
			t.Rows = append(t.Rows, htmlRow{Cells: []htmlCell{{Text: s.of, Class: "words", Head: true}, {Text: e.name, Class: "words"}, {Text: e.text, Class: "words wrap"}}})
		}
	}
	if len(t.Rows) == 0 {
		return section{}
	}
	t.Folded = len(t.Rows) > mostEvents
	seed := cmp.Or(printable(f.run.Profile.Values["seed"].Value), "1")
	return section{ID: "schedule", Title: "The schedule", Tables: []htmlTable{t}, Lead: []string{
		fmt.Sprintf("As in the trial of each scenario that has most to tell. What is drawn follows from seed %s.", seed),
	}}
}
