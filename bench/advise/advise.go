// Package advise says, from stored runs alone, which transaction size meets a throughput budget and a freshness objective, which lag to
// alarm on, and what the runs do not tell. It recommends nothing that was not run, and nothing without evidence.
package advise

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Schema names this version of Advice's JSON. Keys may be added; none is renamed or removed within v1. A figure that does not
// exist is null, never 0.
const Schema = "kafka-eos-bench/advice/v1"

// Advice is what the runs say. Its fields are its JSON document.
type Advice struct {
	Schema    string     `json:"schema"`
	Runs      []string   `json:"runs"`      // their ids
	Reference string     `json:"reference"` // the mode that costs are stated against
	Goals     Goals      `json:"goals"`
	Common    string     `json:"common"`    // settings that all cells share, for people
	Questions []Question `json:"questions"` // the goals, of each setup and rate; none without a goal
	Alerts    []Alert    `json:"alerts"`    // of each cell at a fixed rate
	Rule      []string   `json:"rule"`      // how the alerts' thresholds come about, and what they do not cover; a paragraph each
	Gaps      []string   `json:"gaps"`      // what the runs do not tell, a line each
}

// Given says whether there is advice to follow: a recommendation, or, where no goal was set, a threshold.
func (a *Advice) Given() bool {
	if a.Goals.none() {
		return slices.ContainsFunc(a.Alerts, func(a Alert) bool { return a.Monitoring.Above != nil })
	}
	return slices.ContainsFunc(a.Questions, func(q Question) bool { return q.Answered })
}

// IncomparableError is the refusal of runs that do not speak of the same thing.
type IncomparableError struct {
	A, B        string // ids of the runs
	Differences []string
}

func (e *IncomparableError) Error() string {
	return fmt.Sprintf("runs %s and %s are not comparable (%s): give runs of one cluster, machine, client and workload", e.A, e.B,
		strings.Join(e.Differences, "; "))
}

// From advises on what runs measured, whose costs are stated against one reference. The throughput cost may come from one run and the
// freshness from another; where several measured the same, the least favourable counts. Errors are *workload.UsageError for goals or runs
// that make no sense, and *IncomparableError.
func From(runs []*compare.Run, goals Goals) (*Advice, error) {
	goals, err := goals.checked()
	if err != nil {
		return nil, err
	}
	if err := checkRuns(runs); err != nil {
		return nil, err
	}
	a := &Advice{Schema: Schema, Reference: runs[0].Reference, Goals: goals, Questions: []Question{}, Alerts: []Alert{}, Rule: []string{}}
	for _, r := range runs {
		a.Runs = append(a.Runs, r.RunID)
	}
	setups := setupsOf(runs)
	a.Common = common(setups)
	for _, s := range setups {
		a.Questions = append(a.Questions, s.questions(goals, a.Reference)...)
		a.Alerts = append(a.Alerts, s.alerts(goals)...)
	}
	for i := range a.Questions {
		a.Questions[i].alarm(a.Alerts, a.Reference)
	}
	a.Rule = rule(a.Alerts)
	a.Gaps = gaps(runs, setups, a)
	return a, nil
}

// checkRuns refuses runs that cannot be spoken of together.
func checkRuns(runs []*compare.Run) error {
	if len(runs) == 0 {
		return &workload.UsageError{Problem: "there is no run to advise from", Remedy: "name at least one"}
	}
	first := runs[0]
	for i, r := range runs[1:] {
		if slices.ContainsFunc(runs[:i+1], func(other *compare.Run) bool { return other.RunID == r.RunID }) {
			return &workload.UsageError{Problem: fmt.Sprintf("run %s is given twice", r.RunID), Remedy: "its blocks count once: name it once"}
		}
		if r.Reference != first.Reference {
			return &workload.UsageError{Problem: fmt.Sprintf("run %s states costs against %s, run %s against %s", first.RunID, first.Reference, r.RunID, r.Reference),
				Remedy: "take one reference for all"}
		}
		if d := compare.Differences(anyWindow(first), anyWindow(r)); len(d) > 0 {
			return &IncomparableError{first.RunID, r.RunID, d}
		}
	}
	return nil
}

// anyWindow is the run without how long it measured: no figure of one run is held against one of another here, so that a long window
// at a low rate and a short one at max go together.
func anyWindow(r *compare.Run) *compare.Run {
	stored := *r.Run
	stored.Profile.Values = maps.Clone(r.Profile.Values)
	maps.DeleteFunc(stored.Profile.Values, func(key string, _ result.Value) bool {
		return key == "duration" || key == "warmup" || key == "messages"
	})
	other := *r
	other.Run = &stored
	return &other
}
