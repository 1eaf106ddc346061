package compare

import (
	"maps"
	"regexp"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Sides parts a run that measured two: its own side, and the other that the same blocks measured as the baseline. Cells have the names they would have
// in a run of one side. A run that has one side only is its own, and the baseline is nil.
func (r *Run) Sides() (newer, baseline *Run) {
	if r.Against == nil {
		return r, nil
	}
	newer, baseline = r.side(workload.New), r.side(workload.Baseline)
	baseline.Broker, baseline.Profile = r.Against.Broker, r.Against.Profile
	return newer, baseline
}

// sidePair is the side within a cell's name, with the comma before it or after.
var sidePair = regexp.MustCompile(`,side=(new|baseline)\b|\bside=(new|baseline),`)

func (r *Run) side(side workload.Side) *Run {
	one := *r.Run
	one.Against, one.Trials = nil, nil
	for _, t := range r.Trials {
		if t.Axes[workload.AxisSide] != string(side) {
			continue
		}
		t.Axes = maps.Clone(t.Axes)
		delete(t.Axes, workload.AxisSide)
		t.Cell = sidePair.ReplaceAllString(t.Cell, "")
		one.Trials = append(one.Trials, t)
	}
	return New(&one, r.Reference)
}

// Versus is a run of two sides in which every cell's base is the baseline's, so that what compares modes compares the sides. Of one side it is the run
// itself.
func (r *Run) Versus() *Run {
	if r.Against == nil {
		return r
	}
	versus := New(r.Run, r.Reference)
	versus.Reference = workload.AxisSide + "=" + string(workload.Baseline)
	bases := map[string]*Cell{}
	for _, c := range versus.Cells {
		if c.Axes[workload.AxisSide] == string(workload.Baseline) {
			bases[c.oneSided()] = c
		}
	}
	for _, c := range versus.Cells {
		c.Base = bases[c.oneSided()]
	}
	return versus
}

// oneSided spells what the two sides' cells have in common.
func (c *Cell) oneSided() string {
	return sidePair.ReplaceAllString(c.Name, "")
}
