package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// summary is a run as its tables show it: one row per cell.
type summary struct {
	run       *result.Run
	reference string // the mode that costs are stated against
	cells     []*cell
	axes      []string // vary between cells, besides mode, transaction and rate
	constant  []string // "key value" of those that don't
	notes     []note
}

// cell is one row: the trials of a cell over all blocks.
type cell struct {
	mode   string
	size   string // records that close its transactions; empty: none do
	every  string // interval that closes them; empty: none does
	axes   map[string]any
	trials []*result.Trial
	usable []*result.Trial // whose figures stand: guarantee not broken, and finished where any did
	base   *cell           // the reference cell with the same other axes; itself if it is one
	marks  []int           // numbers of the notes that concern it
}

// Axes with a column of their own, or that a reference need not share because they belong to a mode.
const (
	axisRate        = "rate"
	axisTxnSize     = "txn_size"
	axisInterval    = "txn_interval"
	axisIsolation   = "isolation"
	axisMessageSize = "message_size"
)

func summarise(r *result.Run) *summary {
	s := &summary{run: r, reference: workload.Reference}
	if v, ok := r.Profile.Values["reference"]; ok && v.Value != "" {
		s.reference = v.Value
	}
	s.cells = cellsOf(r)
	s.sortAxes()
	s.sortCells()
	for _, c := range s.cells {
		c.base = s.baseOf(c)
	}
	s.takeNotes()
	return s
}

func cellsOf(r *result.Run) []*cell {
	var cells []*cell
	byName := map[string]*cell{}
	for i := range r.Trials {
		t := &r.Trials[i]
		c := byName[t.Cell]
		if c == nil {
			c = &cell{mode: t.Mode, axes: t.Axes}
			if t.TxnSize != nil {
				c.size = whole(float64(*t.TxnSize))
			}
			if v := t.Axes[axisInterval]; v != nil {
				c.every = spell(v)
			}
			byName[t.Cell] = c
			cells = append(cells, c)
		}
		c.trials = append(c.trials, t)
	}
	for _, c := range cells {
		held := slices.DeleteFunc(slices.Clone(c.trials), func(t *result.Trial) bool { return t.Guarantee.Verdict == result.Broken })
		c.usable = slices.DeleteFunc(slices.Clone(held), func(t *result.Trial) bool { return !t.Complete })
		if len(c.usable) == 0 {
			c.usable = held
		}
	}
	return cells
}

// spell writes an axis value.
func spell(v any) string {
	switch v := v.(type) {
	case nil:
		return none
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// spellAxis writes an axis value with its unit where it is a bare number.
func spellAxis(axis string, v any) string {
	n, ok := v.(float64)
	switch {
	case ok && axis == axisRate:
		return rate(n) + "/s"
	case ok && axis == axisMessageSize:
		return whole(n) + " B"
	}
	return spell(v)
}

// sortAxes tells the axes that vary, and so need a column, from those that are the same everywhere.
func (s *summary) sortAxes() {
	keys := map[string]bool{}
	for _, c := range s.cells {
		for key := range c.axes {
			keys[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		values, withinMode := map[string]bool{}, map[string]map[string]bool{}
		for _, c := range s.cells {
			text := spellAxis(key, c.axes[key])
			if c.axes[key] != nil {
				values[text] = true
			}
			if withinMode[c.mode] == nil {
				withinMode[c.mode] = map[string]bool{}
			}
			withinMode[c.mode][text] = true
		}
		varies := len(values) > 1 && key != axisIsolation // which follows from the mode unless it varies within one
		for _, texts := range withinMode {
			varies = varies || len(texts) > 1
		}
		switch {
		case key == axisTxnSize || key == axisInterval || key == axisRate && varies:
		case varies:
			s.axes = append(s.axes, key)
		case len(values) == 1:
			s.constant = append(s.constant, strings.ReplaceAll(key, "_", " ")+" "+slices.Collect(maps.Keys(values))[0])
		}
	}
}

// sortCells puts what is compared side by side: by rate and the other axes first, then from the weakest mode to
// the strongest, then by transaction.
func (s *summary) sortCells() {
	order := map[string]int{}
	for i, m := range workload.Modes {
		order[m.Name] = i - len(workload.Modes)
	}
	slices.SortStableFunc(s.cells, func(a, b *cell) int {
		for _, key := range append([]string{axisRate}, s.axes...) {
			if n := compareAxis(a.axes[key], b.axes[key]); n != 0 && key != axisIsolation {
				return n
			}
		}
		return cmp.Or(cmp.Compare(order[a.mode], order[b.mode]), cmp.Compare(a.mode, b.mode),
			compareAxis(a.axes[axisTxnSize], b.axes[axisTxnSize]), compareAxis(a.axes[axisInterval], b.axes[axisInterval]),
			compareAxis(a.axes[axisIsolation], b.axes[axisIsolation]))
	})
}

// compareAxis orders numbers before words ("max"), nothing before both.
func compareAxis(a, b any) int {
	rank := func(v any) (int, float64) {
		if v == nil {
			return 0, 0
		}
		if n, err := strconv.ParseFloat(spell(v), 64); err == nil {
			return 1, n
		}
		return 2, 0
	}
	ra, na := rank(a)
	rb, nb := rank(b)
	return cmp.Or(cmp.Compare(ra, rb), cmp.Compare(na, nb), strings.Compare(spell(a), spell(b)))
}

// baseOf finds the cell of the reference mode that shares every axis which is not a mode's own; of several, the
// one that reads at the same isolation level. Nil if there is none.
func (s *summary) baseOf(c *cell) *cell {
	if c.mode == s.reference {
		return c
	}
	var found *cell
	for _, r := range s.cells {
		if r.mode != s.reference || !sameAxes(c, r) {
			continue
		}
		if found == nil || r.axes[axisIsolation] == c.axes[axisIsolation] {
			found = r
		}
	}
	return found
}

func sameAxes(a, b *cell) bool {
	if a.trials[0].Scenario != b.trials[0].Scenario || spellFault(a) != spellFault(b) {
		return false
	}
	shared := func(axes map[string]any) map[string]any {
		rest := maps.Clone(axes)
		maps.DeleteFunc(rest, func(key string, v any) bool {
			return v == nil || key == axisTxnSize || key == axisInterval || key == axisIsolation
		})
		return rest
	}
	return maps.Equal(shared(a.axes), shared(b.axes))
}

func spellFault(c *cell) string {
	if f := c.trials[0].Fault; f != nil {
		return *f
	}
	return ""
}
