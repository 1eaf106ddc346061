package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// split is a table of what a cost is made of, with a title, and what is to be said below it.
type split struct {
	title  string
	keys   []column
	groups []group
	below  []string
}

// rows of the table.
func (s split) rows() int { return len(s.keys[0].texts) }

// splits are a table for each ladder of control cells, a row for each step, and one for each line through the times that transactions of
// several sizes take, a row for each size.
func (s *summary) splits() (all []split) {
	for _, l := range s.run.Ladders() {
		format, unit := shownIn(l.Metric)
		steps := stepsOf(l)
		all = append(all, split{
			title: fmt.Sprintf("where the cost comes from (%s): %s%s", l.Name, l.Metric.Title, unit),
			keys:  []column{textColumn(steps, "step", "", true, func(step compare.Step) string { return step.Name })},
			groups: pruned(group{"", []column{
				textColumn(steps, "adds", "", false, func(step compare.Step) string { return added(step.Effect, format) }),
				textColumn(steps, "95% interval", "", false, func(step compare.Step) string { return addedBetween(step.Effect, format) }),
				textColumn(steps, "blocks", "", false, func(step compare.Step) string { return pairsOf(step.Effect) }),
				textColumn(steps, "why not", "", true, func(step compare.Step) string { return step.Effect.Missing }),
			}}),
			below: slices.DeleteFunc(slices.Clone(l.Notes), said(all)),
		})
	}
	for _, f := range s.run.CycleFits() {
		all = append(all, split{
			title: fmt.Sprintf("from one transaction to the next (%s)", f.Name),
			keys:  []column{textColumn(f.Points, "txn", "", false, func(p compare.CyclePoint) string { return whole(float64(p.Records)) })},
			groups: []group{{"", []column{
				textColumn(f.Points, "measured, ms", "", false, func(p compare.CyclePoint) string { return millis(p.CycleUS) }),
				textColumn(f.Points, "line, ms", "", false, func(p compare.CyclePoint) string { return minus(millis(p.CycleUS - p.Residual)) }),
				textColumn(f.Points, "off by", "", false, offBy),
				textColumn(f.Points, "blocks", "", false, func(p compare.CyclePoint) string { return strconv.Itoa(p.Blocks) }),
			}}},
			below: fitted(f),
		})
	}
	return all
}

// said tells what stands below a table already.
func said(tables []split) func(line string) bool {
	return func(line string) bool {
		return slices.ContainsFunc(tables, func(s split) bool { return slices.Contains(s.below, line) })
	}
}

// stepsOf are a ladder's steps, all of them together, and what lingering makes of the first cell.
func stepsOf(l compare.Ladder) []compare.Step {
	steps := append(slices.Clone(l.Steps), compare.Step{Name: "all together", Effect: l.Total})
	if l.Linger != nil {
		steps = append(steps, *l.Linger)
	}
	return steps
}

// added is a difference with its sign.
func added(e compare.Effect, format func(float64) string) string {
	switch {
	case e.Missing != "":
		return none
	case conclusive(e) && !e.Shown():
		return unshown
	}
	return plus(e.Estimate, format)
}

func addedBetween(e compare.Effect, format func(float64) string) string {
	if e.Missing != "" || !conclusive(e) {
		return none
	}
	return plus(e.Lo, format) + " … " + plus(e.Hi, format)
}

func pairsOf(e compare.Effect) string {
	if e.Missing != "" {
		return none
	}
	return strconv.Itoa(e.N)
}

func plus(v float64, format func(float64) string) string {
	if v > 0 {
		return "+" + format(v)
	}
	return minus(format(v))
}

// offBy is by how much a measured time lies above the line.
func offBy(p compare.CyclePoint) string {
	return plus(100*p.Residual/(p.CycleUS-p.Residual), sensible) + "%"
}

// fitted says what a line is, and what it leaves out.
func fitted(f compare.CycleFit) []string {
	bounds := func(lo, hi float64, format func(float64) string) string {
		if math.IsNaN(lo) || math.IsNaN(hi) {
			return ""
		}
		return " (95%: " + minus(format(lo)+" to "+format(hi)) + ")"
	}
	return append([]string{fmt.Sprintf("a producer at max takes %s ms a transaction%s and %s µs a record%s: least squares, weights %s",
		minus(millis(f.Fixed.Value)), bounds(f.Fixed.Lo, f.Fixed.Hi, millis), minus(sensible(f.Marginal.Value)), bounds(f.Marginal.Lo, f.Marginal.Hi, sensible), f.Weights)},
		f.Notes...)
}

// splits writes what the cost is made of, if the run tells.
func (p *printer) splits(all []split) {
	for _, s := range all {
		p.fitted(printable(s.title), s.keys, s.groups, make([]string, s.rows()))
		p.legend(printables(s.below))
	}
}

func markdownSplits(b *strings.Builder, all []split) {
	for _, s := range all {
		fmt.Fprintf(b, "\n#### %s\n\n", Escaped(s.title))
		for i, text := range s.keys[0].texts {
			s.keys[0].texts[i] = Escaped(text)
		}
		markdownTable(b, s.keys, s.groups, s.rows())
		b.WriteByte('\n')
		for _, line := range s.below {
			fmt.Fprintf(b, "- %s\n", Escaped(line))
		}
	}
	if len(all) > 0 {
		b.WriteByte('\n')
	}
}

// behindLadders are the steps, each with its interval.
func (s *summary) behindLadders() *htmlTable {
	t := htmlTable{Caption: behindIt, Folded: true, Heads: []head{
		{"cells", "words"}, {"step", "words"}, {"adds", ""}, {"95% interval", ""}, {"blocks", ""}, {"why not", "words"},
	}}
	for _, l := range s.run.Ladders() {
		format, unit := shownIn(l.Metric)
		for _, step := range stepsOf(l) {
			e := step.Effect
			t.Rows = append(t.Rows, htmlRow{Cells: []htmlCell{
				{Text: printable(l.Name + ": " + l.Metric.Title + unit), Class: "words", Head: true}, {Text: step.Name, Class: "words"},
				{Text: added(e, format)}, {Text: addedBetween(e, format)}, {Text: pairsOf(e)}, {Text: printable(e.Missing), Class: "words wrap"},
			}})
		}
		for _, note := range printables(l.Notes) {
			if !slices.Contains(t.Below, note) {
				t.Below = append(t.Below, note)
			}
		}
	}
	return &t
}

// behindCycles are the times of transactions, and by how much the line misses each.
func (s *summary) behindCycles() *htmlTable {
	t := htmlTable{Caption: behindIt, Folded: true, Heads: []head{{"cells", "words"}, {"txn", ""}, {"measured, ms", ""}, {"line, ms", ""}, {"off by", ""}, {"blocks", ""}}}
	for _, f := range s.run.CycleFits() {
		for _, p := range f.Points {
			t.Rows = append(t.Rows, htmlRow{Cells: []htmlCell{
				{Text: printable(f.Name), Class: "words", Head: true}, {Text: whole(float64(p.Records))}, {Text: millis(p.CycleUS)},
				{Text: minus(millis(p.CycleUS - p.Residual))}, {Text: offBy(p)}, {Text: strconv.Itoa(p.Blocks)},
			}})
		}
		t.Below = append(t.Below, printables(fitted(f))...)
	}
	return &t
}

func printables(lines []string) []string {
	shown := make([]string, len(lines))
	for i, line := range lines {
		shown[i] = printable(line)
	}
	return shown
}
