package workload

import (
	"slices"
	"strings"
)

// Cell is one point of the product of a profile's axes.
type Cell struct {
	Name     string         // the mode and the varying axes that concern it: mode=transactional,txn_size=100
	Axes     map[string]any // of every axis but the mode: numbers and strings; nil where it does not concern the mode or is off
	Workload Workload
}

// Cells returns the product of the axes, in their order in Settings, and the controls of a ladder behind it. An axis
// that does not concern a mode collapses there. Those of another side follow.
func (p *Profile) Cells() []Cell {
	if p.Against == nil {
		return p.cells("")
	}
	return slices.Concat(p.cells(New), p.Against.cells(Baseline))
}

func (p *Profile) cells(side Side) []Cell {
	workloads := []Workload{{Scenario: "produce", Properties: p.Properties, Side: side}}
	for _, s := range settings {
		if s.pick == nil {
			continue
		}
		var next []Workload
		for _, w := range workloads {
			if s.choices(p) == 0 || !s.Concerns(w.Mode) {
				next = append(next, w)
				continue
			}
			for i := range s.choices(p) {
				s.pick(p, i, &w)
				next = append(next, w)
			}
		}
		workloads = next
	}
	cells := make([]Cell, len(workloads))
	for i, w := range workloads {
		if w.Isolation == "" {
			w.Isolation = w.Mode.Isolation
		}
		cells[i] = p.cell(w)
	}
	if p.Ladder {
		cells = append(cells, p.controls(cells)...)
	}
	return cells
}

// At is a cell at another rate, named by its mode, transaction size and rate whether they vary in the profile or not.
func (p *Profile) At(c Cell, r Rate) Cell {
	w := c.Workload
	w.Rate = r
	return p.cell(w, "rate", "txn_size")
}

// cell completes a workload to a cell, whose name says these axes besides those that vary.
func (p *Profile) cell(w Workload, named ...string) Cell {
	return Cell{Name: p.cellName(w, named), Axes: axesOf(w), Workload: w}
}

// cellName spells the mode, the axes that vary and those to be named, sorted by key.
func (p *Profile) cellName(w Workload, named []string) string {
	pairs := []string{"mode=" + w.Mode.Name}
	if w.Side != "" {
		pairs = append(pairs, AxisSide+"="+string(w.Side))
	}
	for _, s := range settings[1:] {
		if s.Axis && (s.choices(p) > 1 || slices.Contains(named, s.Key)) && s.Concerns(w.Mode) {
			text, _ := s.text(w)
			pairs = append(pairs, s.Key+"="+text)
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, ",")
}

func axesOf(w Workload) map[string]any {
	axes := map[string]any{}
	if w.Side != "" {
		axes[AxisSide] = string(w.Side)
	}
	for _, s := range settings[1:] {
		if s.Axis {
			axes[s.Key] = s.axisValue(w)
		}
	}
	return axes
}

// Value is a setting of a workload as a flag would spell it.
type Value struct{ Key, Text string }

// Values spells every setting of a workload in the order of Settings, empty where it does not concern the mode.
func (w Workload) Values() []Value {
	var values []Value
	for _, s := range settings {
		if s.pick == nil {
			continue
		}
		v := Value{Key: s.Key}
		if s.Concerns(w.Mode) {
			v.Text, _ = s.text(w)
		}
		values = append(values, v)
	}
	return values
}
