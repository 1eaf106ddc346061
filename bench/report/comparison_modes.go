package report

import (
	"math"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// CompareModes holds each cell of a run against the reference mode's. Without metrics, those that such a comparison is about.
func CompareModes(path string, run *compare.Run, metrics []metric.Metric) *Comparison {
	s := summaryOf(run)
	c := &Comparison{
		ReferenceMode: &run.Reference, Differences: []string{}, Sides: []ComparedSide{side(path, run)},
		title: s.title(), header: append(s.header(), line{"reference", run.Reference + " with the same other settings, block by block"}), axes: axesOf(run),
	}
	for _, m := range choose(metrics, run.Cells) {
		section := newSection(m)
		for _, cell := range s.cells {
			if row := c.modeRow(cell, m); row != nil {
				section.Rows = append(section.Rows, row)
			}
		}
		c.add(section, len(metrics) > 0)
	}
	for _, n := range s.notes {
		var rows []*ComparedRow
		if !s.everywhere(n) {
			rows = c.rowsOf(n.cells)
		}
		c.remark(s.footnote(n), rows...)
	}
	c.finish()
	return c
}

// modeRow is nil where no trial of the cell has such a figure.
func (c *Comparison) modeRow(of *cell, m metric.Metric) *ComparedRow {
	if !has(of.Cell, m) {
		return nil
	}
	row := newRow(of.Cell)
	row.cells = []*compare.Cell{of.Cell}
	estimate, ok := of.Estimate(m)
	row.Figures = []*ComparedFigure{figureOf(estimate, ok, of.Void())}
	if ok && math.IsNaN(estimate.Lo) {
		c.remark(fewBlocks, row)
	}
	if of.isBase() {
		row.Reference, row.Effects = true, []*ComparedEffect{nil}
		return row
	}
	e := of.effect(m)
	row.Effects = []*ComparedEffect{effectOf(e)}
	switch {
	case e.Missing != "" && (of.Base == nil || has(of.Base, m)): // a reference to which the figure does not apply is nothing to explain
		c.remark(e.Missing, row)
	case e.Missing == "" && !conclusive(e):
		c.remark(fewBlocks, row)
	case e.Missing == "" && ok && e.N < estimate.N:
		c.remark(plural(e.N, "block")+" of it alone can be paired with the reference's", row)
	}
	return row
}

const fewBlocks = "need ≥ 6 blocks for a 0.95 interval: nothing is shown of fewer"

// usual are the figures that a comparison is about.
var usual = [...]string{
	"read_per_s", "p50(e2e)", "p99(e2e)", "p50(commit_due)", "p99(commit_due)", "p50(commit)", "p99(commit)", "client_cpu_us_per_record",
	"broker_cpu_us_per_record", "requests_per_record", "log_bytes_per_record", "max(hold)", "max(age)",
}

// choose returns the metrics to show: those asked for, or of the usual ones those in which cells can differ.
func choose(asked []metric.Metric, cells []*compare.Cell) []metric.Metric {
	if len(asked) > 0 {
		return asked
	}
	every := func(is func(*compare.Cell) bool) bool {
		return !slices.ContainsFunc(cells, func(c *compare.Cell) bool { return !is(c) })
	}
	saturated := every((*compare.Cell).Saturated)
	fixed := every(func(c *compare.Cell) bool { return !c.AtMax() })
	var chosen []metric.Metric
	for _, name := range usual {
		switch {
		case name == "read_per_s" && fixed, name == "p50(e2e)" && saturated, name == "p99(e2e)" && saturated: // by construction
		case name == "p50(commit)" && !saturated, name == "p99(commit)" && !saturated: // commit_due says more
		default:
			chosen = append(chosen, metric.Must(name))
		}
	}
	return chosen
}

// rowsOf are all rows of the cells.
func (c *Comparison) rowsOf(cells []*cell) (rows []*ComparedRow) {
	wanted := map[*compare.Cell]bool{}
	for _, cell := range cells {
		wanted[cell.Cell] = true
	}
	for _, m := range c.Metrics {
		rows = append(rows, slices.DeleteFunc(slices.Clone(m.Rows), func(r *ComparedRow) bool { return !wanted[r.cells[0]] })...)
	}
	return rows
}
