package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Planned is the run that a plan would make, of one trial per cell without any figure: what rules can be checked against before
// anything runs.
func Planned(cells []workload.Cell, reference string) *compare.Run {
	run := &result.Run{Complete: true}
	for _, c := range cells {
		t := result.Trial{Cell: c.Name, Mode: c.Workload.Mode.Name, Scenario: c.Workload.Scenario, Axes: c.Axes, Saturated: c.Workload.Rate.Max}
		if !c.Workload.Rate.Max {
			t.DuePerS = new(c.Workload.Rate.PerSecond)
		}
		run.Trials = append(run.Trials, t)
	}
	return compare.New(run, reference)
}

// Check says whether every rule can be judged on the cells of a run, stored or planned, with or without a baseline. A rule that cannot is a
// *workload.UsageError that names it, why, and what to do.
func Check(rules []Rule, run *compare.Run, baseline bool) error {
	if len(rules) == 0 {
		return usage("give one, such as --require 'p99(commit_due) < 20ms', or a file of them", "there are no rules")
	}
	if compare.Disturbed(run.Run) {
		return &workload.UsageError{Problem: "run " + run.RunID + " broke things on purpose, so that its figures and counts are no release's",
			Remedy: "'fault' itself ends with 5 where a promise broke, and 'report RUN -o junit' says so for each scenario"}
	}
	first := map[string]Rule{}
	for _, r := range rules {
		if other, again := first[r.String()]; again {
			remedy := "keep the one in " + other.Where
			if other.Where == r.Where { // two of the command line
				remedy = "leave one of them out"
			}
			return r.mistake("is given twice", remedy)
		}
		first[r.String()] = r
		if r.Kind == Baseline && !baseline {
			return r.mistake("is held against a baseline, and there is none", "name the run or runs of one with --baseline, or measure it in the same blocks with 'run --against'")
		}
		if _, err := r.cells(run); err != nil {
			return err
		}
	}
	return nil
}

// mistake is a usage error about the rule as a whole.
func (r Rule) mistake(problem, remedy string) error {
	return &workload.UsageError{Where: r.Where, Problem: fmt.Sprintf("rule %q %s", r, problem), Remedy: remedy}
}

// cells are those that the rule concerns: in its scope, and with its figure. There is at least one without an error, unless the run was not
// finished: what has not been measured may be what the rule speaks of.
func (r Rule) cells(run *compare.Run) (cells []*compare.Cell, err error) {
	scoped := slices.DeleteFunc(slices.Clone(run.Cells), func(c *compare.Cell) bool { return !r.Scope.has(c) })
	if len(scoped) == 0 && !run.Complete {
		return nil, nil
	}
	if len(scoped) == 0 {
		return nil, r.mistake("matches no cell", r.Scope.nearest(run.Cells))
	}
	var why, ofReference string
	for _, c := range scoped {
		if w := r.senseless(c); w != "" && c.Base == c {
			ofReference = cmp.Or(ofReference, w+" ("+c.Name+")")
			continue
		} else if w != "" {
			why = cmp.Or(why, w+" ("+c.Name+")")
			continue
		}
		if r.Kind == Cost && c.Base == nil && !run.Complete {
			continue
		}
		if r.Kind == Cost && c.Base == nil {
			return nil, r.mistake(fmt.Sprintf("has nothing to hold %s against: no cell of %s has the same other axes", c.Name, run.Reference),
				"measure that mode too, or name another one as --reference")
		}
		cells = append(cells, c)
	}
	if len(cells) == 0 && run.Complete {
		return nil, r.mistake("matches no cell that it can be judged on: "+cmp.Or(why, ofReference), "change the rule or its scope, or what is measured")
	}
	return cells, nil
}

// senseless says why a rule does not concern a cell in its scope, empty where it does.
func (r Rule) senseless(c *compare.Cell) string {
	mode, known := workload.ModeByName(c.Mode)
	relative := r.Kind == Cost || r.Kind == Baseline
	switch {
	case known && !r.Metric.Concerns(mode):
		return "this mode has no " + r.Metric.Name
	case r.Kind == Cost && c.Base == c:
		return "the reference has no cost against itself"
	case slices.ContainsFunc(c.ControlledBy(), func(axis string) bool { return !r.Scope.names(axis) }):
		return "a control is judged only where the scope names its " + strings.Join(c.ControlledBy(), " and ")
	case r.Metric.Kind == metric.Latency && c.Saturated():
		return "latencies at rate max measure the queue"
	case relative && r.Metric.Kind == metric.Throughput && !c.AtMax():
		return "at a fixed rate throughput is the same by construction"
	}
	return ""
}

// nearest tells which of the scope's values no cell has, and what they have.
func (s Scope) nearest(cells []*compare.Cell) string {
	for _, p := range s {
		var values []string
		for _, c := range cells {
			if v := valuesOf(c)[p.Axis]; v != "" && !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		if len(values) == 0 {
			return "no cell has a " + p.Axis
		}
		if !slices.Contains(values, p.Value) {
			return fmt.Sprintf("no cell has %s=%s; %s", p.Axis, p.Value, workload.DidYouMean(p.Value, values))
		}
	}
	var names []string
	for _, c := range cells {
		names = append(names, c.Name)
	}
	return "no cell has all of these; the cells are " + strings.Join(names, "; ")
}
