package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// Side is one side of a comparison of runs.
type Side struct {
	Path string // as the user named it
	Runs []*compare.Run
}

// CompareRuns holds each side after the first against it, cell by cell. The differences between them, if there are any, are why they
// are not comparable. Without metrics, those that such a comparison is about.
func CompareRuns(sides []Side, differences []string, metrics []metric.Metric) *Comparison {
	base := sides[0].Runs
	c := &Comparison{Differences: append([]string{}, differences...), AcrossEnvironments: len(differences) > 0, axes: axesOf(base[0])}
	for i, d := range c.Differences {
		c.Differences[i] = printable(d)
	}
	matches := make([]map[string]compare.Match, len(sides)-1) // of each side after the first, by the cell's identity
	for i, s := range sides {
		c.Sides = append(c.Sides, side(s.Path, s.Runs...))
		c.warnings(s.Runs)
		if i > 0 {
			matches[i-1] = c.matches(base, s.Runs)
		}
	}
	cells := slices.DeleteFunc(slices.Clone(base[0].Cells), func(cell *compare.Cell) bool {
		return !slices.ContainsFunc(matches, func(found map[string]compare.Match) bool { return found[cell.Identity()].Old != nil })
	})
	c.describe(base[0], len(cells))
	for _, m := range choose(metrics, cells) {
		section := newSection(m)
		for _, cell := range cells {
			if row := c.sideRow(cell, m, matches); row != nil {
				section.Rows = append(section.Rows, row)
			}
		}
		c.add(section, len(metrics) > 0)
	}
	c.finish()
	return c
}

// matches pairs up the cells of two sides, and notes those that stay alone.
func (c *Comparison) matches(older, newer []*compare.Run) map[string]compare.Match {
	pairs, unmatched := compare.Matches(older, newer)
	found := map[string]compare.Match{}
	for _, m := range pairs {
		found[m.Old[0].Identity()] = m
	}
	if len(pairs) == 0 {
		c.remark(nothingShared(older[0], newer[0]))
		return found
	}
	if len(unmatched) > 0 {
		slices.Sort(unmatched)
		c.remark("not in every run, and so not compared: " + strings.Join(slices.Compact(unmatched), ", "))
	}
	return found
}

// nothingShared names the axes that keep all cells of two runs apart.
func nothingShared(a, b *compare.Run) string {
	text := "no cell is in every run"
	if apart := compare.Apart(a, b, spellAxis); len(apart) > 0 {
		text += ": " + strings.Join(apart, "; ")
	}
	return text
}

func (c *Comparison) warnings(runs []*compare.Run) {
	for _, r := range runs {
		for _, w := range r.Warnings {
			c.remark(w)
		}
		if !r.Complete {
			c.remark(fmt.Sprintf("the run %s was stopped early", r.RunID))
		}
	}
}

// describe heads the comparison.
func (c *Comparison) describe(base *compare.Run, cells int) {
	runs := 0
	for i, s := range c.Sides {
		runs += len(s.Runs)
		text := s.Name + ": run " + s.Runs[0]
		if len(s.Runs) > 1 {
			text = fmt.Sprintf("%s: %s", s.Name, plural(len(s.Runs), "run"))
		}
		c.header = append(c.header, line{c.label(i), printable(text)})
	}
	c.title = printable(fmt.Sprintf("%s: %s in %s", base.Profile.Name, plural(cells, "cell"), plural(runs, "run")))
	if !c.AcrossEnvironments && cells > 0 {
		c.header = append(c.header, summaryOf(base).header()...)
	}
}

// label is what a side is called in the tables.
func (c *Comparison) label(side int) string {
	switch {
	case side == 0:
		return "base"
	case len(c.Sides) == 2:
		return "new"
	}
	return fmt.Sprintf("new %d", side)
}

// sideRow is nil where no trial has such a figure.
func (c *Comparison) sideRow(of *compare.Cell, m metric.Metric, matches []map[string]compare.Match) *ComparedRow {
	id := of.Identity()
	row := newRow(of)
	for _, found := range matches {
		if match, ok := found[id]; ok {
			row.cells = match.Old
		}
	}
	row.Figures = append(row.Figures, overRuns(row.cells, m))
	for _, found := range matches {
		row.cells = append(row.cells, found[id].New...)
	}
	if !slices.ContainsFunc(row.cells, func(c *compare.Cell) bool { return has(c, m) }) {
		return nil
	}
	for _, found := range matches {
		match, ok := found[id]
		if !ok {
			row.Figures, row.Effects = append(row.Figures, nil), append(row.Effects, nil)
			continue
		}
		e := match.Effect(m)
		row.Figures, row.Effects = append(row.Figures, overRuns(match.New, m)), append(row.Effects, effectOf(e))
		switch {
		case e.Missing != "":
			c.remark(e.Missing, row)
		case conclusive(e):
		case len(match.Old) == 1 && len(match.New) == 1:
			c.remark(fewRuns, row)
		default:
			c.remark(noSpread, row)
		}
	}
	return row
}

// Why nothing is shown between runs.
const (
	fewRuns = "one run a side cannot tell a change from what two hours or two brokers differ in: give a side several runs (six are " +
		"better than two) in a directory, or measure both within one run"
	noSpread = "the runs of a side are all alike: there is no spread to judge a difference by"
)

func overRuns(cells []*compare.Cell, m metric.Metric) *ComparedFigure {
	e, ok := compare.Over(cells, m)
	return figureOf(e, ok, slices.ContainsFunc(cells, (*compare.Cell).Void))
}
