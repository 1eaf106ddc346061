package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// title heads a section: the metric, its unit as shown, and which way is up.
func (m *ComparedMetric) title() string {
	parts := []string{m.Name}
	if unit, _ := m.shownUnit(); unit != "" {
		parts = append(parts, unit)
	}
	if m.Better != "neither" {
		parts = append(parts, m.Better+" is better")
	}
	return strings.Join(parts, ", ")
}

// shownUnit is the unit that suits the section's figures, and how much of the metric's own it is.
func (m *ComparedMetric) shownUnit() (unit string, scale float64) {
	if metric.Unit(m.Unit) != metric.Microseconds {
		return m.Unit, 1
	}
	for _, r := range m.Rows {
		for _, f := range r.Figures {
			if f != nil && f.Median != nil && *f.Median >= 1000 {
				return "ms", 1000
			}
		}
	}
	return m.Unit, 1
}

func (m *ComparedMetric) format(v float64) string {
	_, scale := m.shownUnit()
	switch metric.Unit(m.Unit) {
	case metric.PerSecond, metric.Offsets, metric.Records, metric.Transactions, metric.Bytes:
		return rate(v)
	}
	return sensible(v / scale)
}

// keys are the columns that say which cell a row is.
func (c *Comparison) keys(m *ComparedMetric) []column {
	cells := make([]*compare.Cell, len(m.Rows))
	for i, r := range m.Rows {
		cells[i] = r.cells[0]
	}
	return keysOf(cells, c.axes)
}

func (m *ComparedMetric) column(title string, text func(*ComparedRow) string) column {
	c := column{title: title}
	for _, r := range m.Rows {
		c.texts = append(c.texts, text(r))
	}
	return c
}

// columns are, of one run, its figures and how they differ from the reference mode's; of several sides a group each, with how those behind
// the baseline differ from it.
func (c *Comparison) columns(m *ComparedMetric) []group {
	if c.ReferenceMode != nil {
		trials := m.column("n", func(r *ComparedRow) string { return r.Figures[0].count() })
		return []group{filled("", slices.Concat(m.figures(0), m.effects(0, "vs ref"), []column{trials}))}
	}
	var groups []group
	for i := range c.Sides {
		columns := m.figures(i)
		if i > 0 {
			columns = append(columns, m.effects(i-1, "vs base")...)
		}
		for k, column := range columns {
			columns[k].alone = c.label(i) + " " + column.title
		}
		groups = append(groups, filled(c.label(i), columns))
	}
	return groups
}

// filled leaves out the columns that hold nothing, except the first: that there is no figure is something to show.
func filled(title string, columns []column) group {
	rest := slices.DeleteFunc(columns[1:], func(c column) bool { return !c.filled() })
	return group{title, append(columns[:1], rest...)}
}

func (m *ComparedMetric) figures(side int) []column {
	spread := m.column("±", func(r *ComparedRow) string { return m.spread(r.Figures[side]) })
	spread.close = true
	return []column{m.column("median", func(r *ComparedRow) string {
		switch f := r.Figures[side]; {
		case f == nil:
			return none
		case f.Void:
			return "void"
		default:
			return m.format(*f.Median)
		}
	}), spread}
}

// spread is the interval of a median as a share of it, the wider half. Of more than all of it the size says nothing any more.
func (m *ComparedMetric) spread(f *ComparedFigure) string {
	switch {
	case f == nil || f.Lo == nil || f.Hi == nil:
		return ""
	case *f.Lo == *f.Hi:
		return "±0%"
	case *f.Median == 0:
		return m.format(*f.Lo) + "–" + m.format(*f.Hi)
	}
	share := max(*f.Hi-*f.Median, *f.Median-*f.Lo) / math.Abs(*f.Median)
	if share > 1 {
		return "±>100%"
	}
	return "±" + rate(math.Round(100*share)) + "%"
}

// effects are the i-th of each row, with how sure they are.
func (m *ComparedMetric) effects(i int, title string) []column {
	of := func(title string, text func(*ComparedEffect) string) column {
		return m.column(title, func(r *ComparedRow) string {
			if e := r.Effects[i]; e != nil && e.Estimate != nil {
				return text(e)
			}
			return ""
		})
	}
	versus := of(title, m.change)
	for k, r := range m.Rows {
		if r.Reference && versus.filled() {
			versus.texts[k] = "ref"
		}
	}
	return []column{versus, of("95%", m.interval), of("p", (*ComparedEffect).probability)}
}

// change is a ratio or a difference, if it is shown.
func (m *ComparedMetric) change(e *ComparedEffect) string {
	switch {
	case !e.Shown:
		return unshown
	case e.Kind == "ratio":
		return "×" + finely(*e.Estimate)
	}
	return m.plus(*e.Estimate)
}

func (m *ComparedMetric) interval(e *ComparedEffect) string {
	switch {
	case e.Lo == nil || e.Hi == nil:
		return ""
	case e.Kind == "ratio":
		return finely(*e.Lo) + "–" + finely(*e.Hi)
	}
	return m.plus(*e.Lo) + " to " + m.plus(*e.Hi)
}

func (e *ComparedEffect) probability() string {
	switch {
	case e.P == nil:
		return ""
	case *e.P < 0.001:
		return "<0.001"
	}
	return strconv.FormatFloat(*e.P, 'f', 3, 64)
}

// plus writes a difference with its sign.
func (m *ComparedMetric) plus(v float64) string {
	text := m.format(v)
	if v > 0 {
		text = "+" + text
	}
	return minus(text)
}

func (f *ComparedFigure) count() string {
	if f == nil || f.N == 0 {
		return none
	}
	return fmt.Sprint(f.N)
}

// rowMarks are what stands beside a cell's name: not sustained, and its footnotes.
func rowMarks(r *ComparedRow) string {
	text := superscripts(r.Notes)
	if r.unsustained() {
		return "!" + text
	}
	return text
}

func (r *ComparedRow) unsustained() bool {
	return slices.ContainsFunc(r.cells, func(c *compare.Cell) bool { return c.Unsustained() > 0 })
}

func (r *ComparedRow) broken() bool {
	return slices.ContainsFunc(r.cells, func(c *compare.Cell) bool { return c.Verdicts(result.Broken) > 0 })
}

func (m *ComparedMetric) styles() []string {
	styles := make([]string, len(m.Rows))
	for i, r := range m.Rows {
		switch {
		case r.broken():
			styles[i] = red
		case r.unsustained():
			styles[i] = yellow
		}
	}
	return styles
}
