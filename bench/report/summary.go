package report

import (
	"maps"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// summary is a run as its tables show it: one row per cell.
type summary struct {
	run      *compare.Run
	cells    []*cell
	constant []string // "key value" of the axes that don't vary
	rates    int      // how many different ones there are
	notes    []note
}

// cell is one row.
type cell struct {
	*compare.Cell
	marks   []int                     // numbers of the notes that concern it
	effects map[string]compare.Effect // by the metric's name
}

// Axes whose bare numbers get a unit.
const axisMessageSize = "message_size"

func summarise(r *result.Run) *summary { return summaryOf(compare.New(r, "")) }

func summaryOf(run *compare.Run) *summary {
	s := &summary{run: run}
	rates := map[string]bool{}
	for _, c := range run.Cells {
		s.cells = append(s.cells, &cell{Cell: c, effects: map[string]compare.Effect{}})
		rates[rateName(c)] = true
	}
	s.rates = len(rates)
	s.findConstant()
	s.takeNotes()
	return s
}

// findConstant tells the axes that are the same in every cell they concern.
func (s *summary) findConstant() {
	values := map[string]map[string]bool{}
	for _, c := range s.cells {
		for key, v := range c.Axes {
			if v == nil || key == compare.AxisTxnSize || key == compare.AxisTxnInterval || slices.Contains(s.run.Axes, key) {
				continue
			}
			if values[key] == nil {
				values[key] = map[string]bool{}
			}
			values[key][spellAxis(key, v)] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if len(values[key]) == 1 {
			s.constant = append(s.constant, strings.ReplaceAll(key, "_", " ")+" "+slices.Collect(maps.Keys(values[key]))[0])
		}
	}
}

// effect is how the figure differs from the reference's; it is computed once.
func (c *cell) effect(m metric.Metric) compare.Effect {
	e, known := c.effects[m.Name]
	if !known {
		e = c.Effect(m)
		c.effects[m.Name] = e
	}
	return e
}

// isBase says whether others are held against the cell.
func (c *cell) isBase() bool { return c.Base == c.Cell }

// total adds a count up over all trials, broken ones too; nil if no trial has it.
func (c *cell) total(m metric.Metric) *float64 {
	var sum *float64
	for _, t := range c.Trials {
		if v := m.Of(t); v != nil {
			if sum == nil {
				sum = new(float64)
			}
			*sum += *v
		}
	}
	return sum
}

// spell writes an axis value.
func spell(v any) string {
	if v == nil {
		return none
	}
	return compare.Spell(v)
}

// spellAxis writes an axis value with its unit where it is a bare number.
func spellAxis(axis string, v any) string {
	n, ok := v.(float64)
	switch {
	case ok && axis == compare.AxisRate:
		return rate(n) + "/s"
	case ok && axis == axisMessageSize:
		return whole(n) + " B"
	}
	return spell(v)
}

// transaction is what closes a cell's transactions: records, an interval, either, or nothing.
func transaction(c *compare.Cell) string {
	var parts []string
	if n := c.TxnSize(); n > 0 {
		parts = append(parts, whole(float64(n)))
	}
	if v := c.Axes[compare.AxisTxnInterval]; v != nil {
		parts = append(parts, spell(v))
	}
	if len(parts) == 0 {
		return none
	}
	return strings.Join(parts, " or ")
}

// rateName is the rate a cell was asked for.
func rateName(c *compare.Cell) string {
	if v := c.RatePerS(); v > 0 {
		return rate(v) + " msg/s"
	}
	if c.AtMax() {
		return "max"
	}
	return due(c) + " msg/s"
}

// due is what the schedule asked for, of broken trials too.
func due(c *compare.Cell) string {
	for _, t := range c.Trials {
		if t.DuePerS != nil {
			return rate(*t.DuePerS)
		}
	}
	return "max"
}

// name tells a cell from the others of the run as a sentence would.
func (s *summary) name(c *cell) string { return cellName(c.Cell, s.run.Axes, s.rates > 1) }

// cellName names a cell by its mode, its transaction, the axes given and, where asked for, its rate.
func cellName(c *compare.Cell, axes []string, withRate bool) string {
	var details []string
	if n := c.TxnSize(); n > 0 {
		details = append(details, whole(float64(n))+" per transaction")
	}
	if v := c.Axes[compare.AxisTxnInterval]; v != nil {
		details = append(details, "every "+spell(v))
	}
	for _, axis := range axes {
		if v := c.Axes[axis]; v != nil {
			details = append(details, strings.ReplaceAll(axis, "_", " ")+" "+spellAxis(axis, v))
		}
	}
	if withRate {
		details = append(details, "at "+rateName(c))
	}
	if len(details) == 0 {
		return c.Mode
	}
	return c.Mode + " (" + strings.Join(details, ", ") + ")"
}

// detail tells cells of one mode apart.
func (s *summary) detail(c *cell) string {
	text := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(s.name(c), c.Mode), " ("), ")")
	if text == "" {
		return c.Mode
	}
	return text
}
