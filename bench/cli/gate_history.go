package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/history"
)

// historyFlags say where gated runs are remembered.
type historyFlags struct{ path, release string }

func (f *historyFlags) register(set *pflag.FlagSet) {
	set.StringVar(&f.path, "history", "", "CSV `file` that a row with the gated figures is added to, for 'plot --history' and change-point tools (docs/gate.md)")
	set.StringVar(&f.release, "release", "", "what the history calls the run, such as a version or commit (default its id)")
}

func (f *historyFlags) given() bool { return f.path != "" || f.release != "" }

// check says what is wrong with the flags themselves.
func (f *historyFlags) check() error {
	if f.path == "" && f.release != "" {
		return usagef("--release says what a history calls the run, and there is none: name its file with --history")
	}
	if f.path == "" {
		return nil
	}
	if err := fileWritable(f.path); err != nil {
		return usagef("--history: %w: name a file that can be written", err)
	}
	return nil
}

// fits says why the gated figures of a run, which may only be planned, cannot go to the file.
func (f *historyFlags) fits(rules []gate.Rule, run *compare.Run) error {
	if f.path == "" || !run.Complete { // what is not finished goes to no history
		return nil
	}
	series := seriesOf(gate.Figures(rules, run))
	if len(series) == 0 {
		return usagef("--history: the rules speak of nothing but counts, which have no trend: add a rule on a figure, such as p99(commit_due) < 20ms")
	}
	if err := history.Fits(f.path, series); err != nil {
		return fmt.Errorf("--history: %w", err)
	}
	return nil
}

func seriesOf(figures []gate.Gated) (series []history.Series) {
	for _, g := range figures {
		series = append(series, history.Series{Metric: g.Metric, Cell: g.Cell.Name})
	}
	return series
}

// remember adds the run to the history, unless one of its gated figures does not stand: a row with a gap would be no data to who reads it.
func (a *app) remember(f historyFlags, rules []gate.Rule, run *compare.Run, outcome gate.Outcome) error {
	if f.path == "" {
		return nil
	}
	if !run.Complete {
		a.say("warning: the run was not finished, and is not added to %s", f.path)
		return nil
	}
	row := history.Row{Time: run.StartedAt, Release: cmp.Or(strings.Join(strings.Fields(f.release), " "), run.RunID), Run: run.RunID, Tool: run.Tool.Version, Gate: string(outcome)}
	if v := run.Broker.Version; v != nil {
		row.Broker = *v
	}
	if len(run.Trials) > 0 {
		row.Client = run.Trials[0].Client.Name + " " + run.Trials[0].Client.Version
	}
	figures := gate.Figures(rules, run)
	series := seriesOf(figures)
	for i, g := range figures {
		v, missing := g.Value(run)
		if outcome == gate.Broken {
			missing = "a guarantee broke"
		}
		if missing != "" {
			a.say("warning: the run is not added to %s: %s: %s", f.path, series[i], missing)
			return nil
		}
		row.Values = append(row.Values, v)
	}
	added, err := history.Append(f.path, series, row)
	if err == nil && !added {
		a.say("%s has run %s already", f.path, run.RunID)
	}
	return err
}
