// Package baseline keeps what releases are held against: of one or several stored runs the figures that a relative rule may need, trial by
// trial, with the environment and configuration they were measured in. A baseline is one file, small enough to be committed, and stands on
// its own: the runs may be gone.
package baseline

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/redact"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// Schema names this version of the stored form.
const Schema = "kafka-eos-bench/baseline/v1"

// Baseline is the stored form. Environments and configurations are kept once for all runs that share them, by their fingerprint.
type Baseline struct {
	Schema         string                   `json:"schema"`
	Name           string                   `json:"name"`
	SavedAt        time.Time                `json:"saved_at"`
	Tool           result.Tool              `json:"tool"` // that saved it
	Environments   map[string]Environment   `json:"environments"`
	Configurations map[string]Configuration `json:"configurations"`
	Runs           []Run                    `json:"runs"` // the oldest first
}

// Environment is what a run was measured on and with.
type Environment struct {
	Broker  result.Broker   `json:"broker"`
	Machine result.Machine  `json:"machine"`
	Clients []result.Client `json:"clients"`
}

// Configuration is what a run was asked to do.
type Configuration struct {
	Profile string            `json:"profile"`
	Values  map[string]string `json:"values"` // of every setting as resolved, client properties as client_config.NAME, secrets redacted
}

// Run is what is kept of a stored run. It was complete, and no guarantee broke in it.
type Run struct {
	RunID         string      `json:"run_id"`
	StartedAt     time.Time   `json:"started_at"`
	Tool          result.Tool `json:"tool"` // that measured it
	Environment   string      `json:"environment"`
	Configuration string      `json:"configuration"`
	Cells         []Cell      `json:"cells"`
}

// Cell is the trials of one cell. Lists have an entry per trial, in the order of its blocks.
type Cell struct {
	Name      string                `json:"cell"`
	Scenario  string                `json:"scenario"`
	Mode      string                `json:"mode"`
	Fault     *string               `json:"fault"`
	Axes      map[string]any        `json:"axes"`
	Client    result.Client         `json:"client"`
	Saturated bool                  `json:"saturated"` // closed loop: there are no latencies
	Blocks    []int                 `json:"blocks"`
	Guarantee []result.Verdict      `json:"guarantee"`
	Sustained []*bool               `json:"sustained"` // null at max
	Committed []*int64              `json:"committed"` // transactions; null of other modes
	Figures   map[string][]*float64 `json:"figures"`   // by the names of bench/metric, in their units; null where a trial has none
}

// Keeps says whether a baseline keeps a figure of a cell: whether a later run's may be held against it, and there is one.
func Keeps(m metric.Metric, c *compare.Cell) bool {
	switch {
	case m.Better == metric.Neither, m.Kind == metric.Count, m.Kind == metric.Throughput && !c.AtMax(), m.Kind == metric.Latency && c.Saturated():
		return false
	}
	return slices.ContainsFunc(c.Trials, func(t *result.Trial) bool { return m.Of(t) != nil })
}

// New makes a baseline of runs. Runs that are incomplete, whose guarantee broke, or that may not be compared with one another make
// none: the error is a *RefusalError. Naming a run twice is a *workload.UsageError.
func New(name string, at time.Time, by result.Tool, runs []*result.Run) (*Baseline, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	var cells []*compare.Run
	for _, r := range runs {
		cells = append(cells, compare.New(r, ""))
	}
	if err := fit(cells); err != nil {
		return nil, err
	}
	b := &Baseline{Schema: Schema, Name: name, SavedAt: at.UTC().Truncate(time.Second), Tool: by,
		Environments: map[string]Environment{}, Configurations: map[string]Configuration{}}
	slices.SortStableFunc(cells, func(a, b *compare.Run) int { return a.StartedAt.Compare(b.StartedAt) })
	for _, r := range cells {
		e, c := environmentOf(r.Run), configurationOf(r.Run)
		kept := Run{RunID: r.RunID, StartedAt: r.StartedAt, Tool: r.Tool, Environment: Fingerprint(e), Configuration: Fingerprint(c)}
		b.Environments[kept.Environment], b.Configurations[kept.Configuration] = e, c
		for _, cell := range r.Cells {
			kept.Cells = append(kept.Cells, keep(cell))
		}
		b.Runs = append(b.Runs, kept)
	}
	return b, nil
}

// keep takes from a cell what is needed of it.
func keep(c *compare.Cell) Cell {
	trials := slices.SortedStableFunc(slices.Values(c.Trials), func(a, b *result.Trial) int { return a.Block - b.Block })
	first := trials[0]
	kept := Cell{Name: c.Name, Scenario: first.Scenario, Mode: c.Mode, Fault: first.Fault, Axes: c.Axes, Client: first.Client, Saturated: c.Saturated(),
		Figures: map[string][]*float64{}}
	for _, t := range trials {
		kept.Blocks, kept.Guarantee, kept.Sustained = append(kept.Blocks, t.Block), append(kept.Guarantee, t.Guarantee.Verdict), append(kept.Sustained, t.Sustained)
		var committed *int64
		if t.Transactions != nil {
			committed = &t.Transactions.Committed
		}
		kept.Committed = append(kept.Committed, committed)
	}
	for _, m := range metric.All() {
		if !Keeps(m, c) {
			continue
		}
		for _, t := range trials {
			kept.Figures[m.Name] = append(kept.Figures[m.Name], m.Of(t))
		}
	}
	return kept
}

func environmentOf(r *result.Run) Environment {
	e := Environment{Broker: r.Broker, Machine: r.Machine}
	if r.Broker.Config != nil {
		e.Broker.Config = redact.Properties(r.Broker.Config)
	}
	for i := range r.Trials {
		if c := r.Trials[i].Client; !slices.Contains(e.Clients, c) {
			e.Clients = append(e.Clients, c)
		}
	}
	slices.SortFunc(e.Clients, func(a, b result.Client) int { return strings.Compare(a.String(), b.String()) })
	return e
}

func configurationOf(r *result.Run) Configuration {
	values := map[string]string{}
	for key, v := range r.Profile.Values {
		values[key] = v.Value
	}
	return Configuration{Profile: r.Profile.Name, Values: redact.Properties(values)}
}

// Fingerprint is a short name for an environment or configuration that no other one has: of its form as JSON, keys sorted.
func Fingerprint(v any) string {
	data, err := json.Marshal(v)
	var sorted any
	if decoder := json.NewDecoder(bytes.NewReader(data)); err == nil {
		decoder.UseNumber()
		err = decoder.Decode(&sorted)
	}
	if err == nil {
		data, err = json.Marshal(sorted)
	}
	if err != nil {
		panic(err) // strings and numbers always have that form
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))[:12]
}

// Restore returns the runs in the form that they are compared in. Their trials have the figures kept and no others; reference is the
// mode that costs are stated against, empty for each run's own.
func (b *Baseline) Restore(reference string) []*compare.Run {
	var runs []*compare.Run
	for _, kept := range b.Runs {
		runs = append(runs, compare.New(b.restore(kept), reference))
	}
	return runs
}

func (b *Baseline) restore(kept Run) *result.Run {
	e, c := b.Environments[kept.Environment], b.Configurations[kept.Configuration]
	run := &result.Run{Schema: result.Schema, Complete: true, RunID: kept.RunID, StartedAt: kept.StartedAt, Tool: kept.Tool, Broker: e.Broker, Machine: e.Machine,
		Profile: result.Profile{Name: c.Profile, Values: map[string]result.Value{}}}
	for key, v := range c.Values {
		run.Profile.Values[key] = result.Value{Value: v}
	}
	for _, cell := range kept.Cells {
		run.Trials = append(run.Trials, cell.trials()...)
	}
	return run
}

// compared is the cell in the form that it is compared in.
func (c *Cell) compared() *compare.Cell {
	return compare.New(&result.Run{Trials: c.trials()}, "").Cells[0]
}

func (c *Cell) trials() (all []result.Trial) {
	for i := range c.Blocks {
		all = append(all, c.trial(i))
	}
	return all
}

// trial is one of the cell's trials as far as it was kept.
func (c *Cell) trial(i int) result.Trial {
	t := result.Trial{
		ID: fmt.Sprintf("b%02d-%s", c.Blocks[i], c.Name), Cell: c.Name, Block: c.Blocks[i], Scenario: c.Scenario, Mode: c.Mode, Fault: c.Fault, Axes: maps.Clone(c.Axes),
		Client: c.Client, Saturated: c.Saturated, Sustained: c.Sustained[i], Complete: true, Guarantee: result.Guarantee{Verdict: c.Guarantee[i]},
		Figures: map[string]float64{},
	}
	if n := c.Committed[i]; n != nil {
		t.Transactions = &result.Transactions{Committed: *n}
	}
	if rate, paced := c.Axes[compare.AxisRate].(float64); paced {
		t.DuePerS = &rate
	}
	for name, values := range c.Figures {
		if v := values[i]; v != nil {
			t.Figures[name] = *v
		}
	}
	return t
}
