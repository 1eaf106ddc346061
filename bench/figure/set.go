package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// set is what a figure is drawn from: the cells of one run, or of several that may be compared.
type set struct {
	prefix string // of the figures' names
	runs   []*compare.Run
	cells  []*compare.Cell // whose figures stand
	left   []string        // "cell: why it is not drawn"
	dirs   map[*compare.Cell]string
	read   map[*compare.Cell]*histograms // what was read already
}

func newSet(source Source) *set {
	s := &set{runs: []*compare.Run{source.Run}, dirs: map[*compare.Cell]string{}, read: map[*compare.Cell]*histograms{}}
	for _, c := range source.Run.Cells {
		switch {
		case c.Verdicts(result.Broken) > 0:
			s.left = append(s.left, c.Name+" is void, its guarantee broke")
		case !c.Usable[0].Complete:
			s.left = append(s.left, c.Name+" never ran to its end")
		default:
			s.cells = append(s.cells, c)
			s.dirs[c] = source.Dir
		}
	}
	return s
}

// modes are the cells that are no controls and fulfil a condition.
func (s *set) modes(keep func(*compare.Cell) bool) (cells []*compare.Cell) {
	for _, c := range s.cells {
		if !c.Control() && keep(c) {
			cells = append(cells, c)
		}
	}
	return cells
}

func atMax(c *compare.Cell) bool       { return c.AtMax() }
func atRate(c *compare.Cell) bool      { return !c.AtMax() }
func anyCell(*compare.Cell) bool       { return true }
func unsustained(c *compare.Cell) bool { return c.Unsustained() > 0 }

// has keeps cells of which every trial has a figure.
func has(names ...string) func(*compare.Cell) bool {
	return func(c *compare.Cell) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return c.Values(metric.Must(name)) == nil })
	}
}

// both joins conditions.
func both(a, b func(*compare.Cell) bool) func(*compare.Cell) bool {
	return func(c *compare.Cell) bool { return a(c) && b(c) }
}

// facet is cells that differ in mode and transaction only: a panel's.
type facet struct {
	title string // what they share that other facets don't
	cells []*compare.Cell
	own   map[*compare.Cell]string // but for what one cell varies by itself, such as a linger that no other mode ran with
}

// name tells the cell apart from the facet's others.
func (f facet) name(c *compare.Cell) string { return joined(rowName(c), f.own[c]) }

// label is what a legend does not say of the cell: its transactions, and what it has of its own.
func (f facet) label(c *compare.Cell) string { return joined(transaction(c), f.own[c]) }

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// facets splits cells by every axis that varies among them, but mode, transaction and those named.
func facets(cells []*compare.Cell, except ...string) (all []facet) {
	var keys []string
	seen := map[string]string{}
	for _, c := range cells {
		for key := range c.Axes {
			if slices.Contains(except, key) || slices.Contains(ownAxes, key) {
				continue
			}
			text := compare.Spell(c.Axes[key])
			if first, known := seen[key]; !known {
				seen[key] = text
			} else if first != text && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a, b)) })
	own := map[*compare.Cell]string{}
	keys = slices.DeleteFunc(keys, func(key string) bool { return setApart(cells, key, own) })
	at := map[string]int{}
	for _, c := range cells {
		var parts []string
		for _, key := range keys {
			if v := c.Axes[key]; v != nil {
				parts = append(parts, phrase(key, v))
			}
		}
		if fault := c.Fault(); fault != "" {
			parts = append(parts, fault)
		}
		title := strings.Join(parts, ", ")
		i, known := at[title]
		if !known {
			i = len(all)
			at[title] = i
			all = append(all, facet{title: title, own: own})
		}
		all[i].cells = append(all[i].cells, c)
	}
	return all
}

// setApart says whether all modes share one value of an axis and only single ones ran with others: these cells are set apart by name, no panel of
// their own would compare them with anything.
func setApart(cells []*compare.Cell, key string, own map[*compare.Cell]string) bool {
	if place(key) < 3 {
		return false
	}
	ran := map[string][]string{} // by value
	for _, c := range cells {
		if value, name := compare.Spell(c.Axes[key]), rowName(c); !slices.Contains(ran[value], name) {
			ran[value] = append(ran[value], name)
		}
	}
	common, found := "", 0
	for value, names := range ran {
		if len(names) > 1 {
			common, found = value, found+1
		}
	}
	if found != 1 {
		return false
	}
	for _, c := range cells {
		if v := c.Axes[key]; compare.Spell(v) != common {
			own[c] = joined(own[c], phrase(key, v))
		}
	}
	return true
}

// ownAxes belong to a mode: they don't part cells that are compared.
var ownAxes = []string{compare.AxisTxnSize, compare.AxisTxnInterval, compare.AxisIsolation, compare.AxisFlushEvery}

// place orders axes in a title.
func place(key string) int {
	i := slices.Index([]string{compare.AxisRate, axisPartitions, axisMessageSize}, key)
	if i < 0 {
		return 3
	}
	return i
}

// Axes with a unit, or an axis of a figure, of their own.
const (
	axisPartitions  = "partitions"
	axisMessageSize = "message_size"
)

// phrase says an axis and its value as people do.
func phrase(key string, v any) string {
	n, number := v.(float64)
	switch {
	case key == compare.AxisRate && number:
		return whole(n) + " msg/s"
	case key == compare.AxisRate:
		return "rate " + compare.Spell(v)
	case key == axisMessageSize && number:
		return whole(n) + " B"
	case key == compare.AxisTxnSize && number:
		return whole(n) + " records per transaction"
	case number && n == 1:
		return "1 " + strings.TrimSuffix(key, "s")
	case number:
		return whole(n) + " " + strings.ReplaceAll(key, "_", " ")
	}
	return strings.ReplaceAll(key, "_", " ") + " " + compare.Spell(v)
}

// transaction says what closes a cell's transactions.
func transaction(c *compare.Cell) string {
	var parts []string
	if n := c.TxnSize(); n > 0 {
		parts = append(parts, whole(float64(n)))
	}
	if v := c.Axes[compare.AxisTxnInterval]; v != nil {
		parts = append(parts, compare.Spell(v))
	}
	return strings.Join(parts, " or ")
}

// rowName tells cells of a facet apart.
func rowName(c *compare.Cell) string {
	if t := transaction(c); t != "" {
		return c.Mode + ", " + t
	}
	return c.Mode
}

// sizes is an x axis for transactional cells, and a cell's place on it: logarithmic in the records per transaction, or one place per
// transaction where an interval closes some.
func sizes(cells []*compare.Cell) (axis, func(*compare.Cell) float64) {
	cells = slices.DeleteFunc(slices.Clone(cells), func(c *compare.Cell) bool { return !c.Transactional() })
	slices.SortStableFunc(cells, func(a, b *compare.Cell) int { return a.TxnSize() - b.TxnSize() })
	var names []string
	var values []float64
	var ticks []plot.Tick
	bySize := true
	for _, c := range cells {
		name := transaction(c)
		if slices.Contains(names, name) {
			continue
		}
		n := float64(c.TxnSize())
		names, values = append(names, name), append(values, n)
		ticks = append(ticks, plot.Tick{Value: n, Label: name})
		bySize = bySize && n > 0 && c.Axes[compare.AxisTxnInterval] == nil
	}
	if !bySize {
		return categories("transaction closed by records or interval", names), func(c *compare.Cell) float64 {
			return float64(slices.Index(names, transaction(c)))
		}
	}
	lo, hi := span(values)
	a := logarithmic("records per transaction", digits, 0.15+0.08*math.Log10(hi/lo), values...)
	a.ticks, a.fewer = ticks, append([][]plot.Tick{a.ticks}, a.fewer...)
	return a, func(c *compare.Cell) float64 { return float64(c.TxnSize()) }
}

// modesOf lists the modes of cells in the order of the table.
func modesOf(cells []*compare.Cell) (modes []string) {
	for _, c := range cells {
		if !slices.Contains(modes, c.Mode) {
			modes = append(modes, c.Mode)
		}
	}
	return modes
}

// estimate is a figure of a cell over its trials, scaled.
func estimate(c *compare.Cell, name string, scale float64) (compare.Estimate, bool) {
	e, ok := c.Estimate(metric.Must(name))
	e.Median, e.Lo, e.Hi = e.Median*scale, e.Lo*scale, e.Hi*scale
	return e, ok && finite(e.Median)
}

// trials says how many trials the cells' figures are medians of, and whether there are intervals.
func trials(cells []*compare.Cell, what string) string {
	least, most := math.MaxInt, 0
	for _, c := range cells {
		least, most = min(least, len(c.Usable)), max(most, len(c.Usable))
	}
	n := plural(most, "trial")
	if least < most {
		n = fmt.Sprintf("%d–%s", least, n)
	}
	switch {
	case most == 1:
		return what + " of one trial per cell: without intervals, small differences may be noise."
	case most < fewest:
		return fmt.Sprintf("%s over %s per cell; a 95%% interval takes %d.", what, n, fewest)
	}
	return fmt.Sprintf("%s over n = %s per cell, with 95%% intervals.", what, n)
}

// fewest trials that have a 95% interval.
const fewest = 6

// hollowNote explains hollow marks where there are any.
func hollowNote(cells []*compare.Cell) string {
	if slices.ContainsFunc(cells, unsustained) {
		return " Hollow: the rate was not sustained."
	}
	return ""
}
