package main

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// design is what is measured for a figure, and how a rule on it is made.
type design struct {
	figure metric.Metric
	args   []string // of run
	size   int      // records of a transaction
}

// Commits a second of all producers together: the fewer, the more room one that is 30% slower has before the next is due. A p99 takes a thousand in a
// window.
const (
	producers        = "4"
	commitsPerSecond = 50
	commitsForTail   = 125
)

func designOf(figure string) (*design, error) {
	m, err := metric.Parse(figure)
	if err != nil {
		return nil, fmt.Errorf("-figure: %w", err)
	}
	switch m.Name {
	case "read_per_s":
		return &design{m, []string{"--mode", "at-least-once,transactional", "--txn-size", "100", "--rate", "max", "--duration", "4s"}, 100}, nil
	case "p50(commit_due)", "p90(commit_due)", "mean(commit_due)", "p50(e2e)", "mean(e2e)": // every record waits for its commit
		return &design{m, []string{"--mode", "transactional", "--txn-size", "20", "--producers", producers, "--rate", strconv.Itoa(20 * commitsPerSecond), "--duration", "4s"}, 20}, nil
	case "p99(commit_due)":
		return &design{m, []string{"--mode", "transactional", "--txn-size", "20", "--producers", producers, "--rate", strconv.Itoa(20 * commitsForTail), "--duration", "9s"}, 20}, nil
	}
	return nil, fmt.Errorf("-figure %s: a delay of commits has to move it by a known amount: give read_per_s, p50(e2e), mean(e2e), or a statistic of commit_due but max", m.Name)
}

// plan is what the pilot says about the tries.
type plan struct {
	Rule   string        `json:"rule"`
	Blocks int           `json:"blocks"`
	Delay  time.Duration `json:"delay_ns"` // of a commit, which makes the figure 30% worse
}

// Room of a limit half-way to 30%, as docs/gate.md recommends.
const (
	roomAbove = 1.14 // of a bound on a latency, over where it is
	roomBelow = 0.85 // of a throughput
)

// medians are the figure's, by mode.
func (d *design) medians(run *compare.Run) map[string]float64 {
	medians := map[string]float64{}
	for _, c := range run.Cells {
		if m := c.Median(d.figure); m != nil {
			medians[c.Mode] = *m
		}
	}
	return medians
}

// gated is what a rule of the figure looks at in a run: the figure, or of throughput its ratio to the reference's. It is NaN where there is none.
func (d *design) gated(run *compare.Run) float64 {
	medians := d.medians(run)
	figure, reference := medians["transactional"], 1.0
	if d.figure.Kind != metric.Latency {
		reference = medians["at-least-once"]
	}
	if figure == 0 || reference == 0 {
		return math.NaN()
	}
	return figure / reference
}

// worsening is by which share of the one the other is worse.
func (d *design) worsening(was, is float64) float64 {
	if d.figure.Better == metric.Higher {
		return 1 - is/was
	}
	return is/was - 1
}

// plan takes limit, blocks and delay from an unchanged run.
func (d *design) plan(run *compare.Run) (plan, error) {
	medians := d.medians(run)
	p := d.limit(medians["transactional"], medians["at-least-once"])
	rule, err := gate.Parse(p.Rule)
	if err != nil {
		return p, fmt.Errorf("the pilot's %s, %v, makes no rule: %w", d.figure.Name, medians, err)
	}
	j, err := gate.Judge([]gate.Rule{rule}, run, nil)
	if err != nil {
		return p, err
	}
	need := j.Needs([]gate.Rule{rule}, run)[0]
	if need.Blocks == nil {
		return p, fmt.Errorf("%s: %s", p.Rule, need.Reason)
	}
	p.Blocks = *need.Blocks
	return p, nil
}

// limit makes the rule from the figure in the transactional cell, and in that of its reference.
func (d *design) limit(figure, reference float64) (p plan) {
	if d.figure.Kind == metric.Latency {
		p.Rule = fmt.Sprintf("%s < %s", d.figure.Name, micros(roomAbove*figure))
		p.Delay = micros(gate.Worsening * figure)
		return p
	}
	p.Rule = fmt.Sprintf("cost(%s) < %.1f%%", d.figure.Name, 100*(1-roomBelow*figure/reference))
	cycle := float64(d.size) / figure * 1e6 // of one transaction
	p.Delay = micros(cycle * (1/(1-gate.Worsening) - 1))
	return p
}

func micros(us float64) time.Duration {
	return time.Duration(math.Round(us)) * time.Microsecond
}
