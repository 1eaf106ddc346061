package compare

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Figures that most tests compare.
var (
	e2e     = metric.Must("mean(e2e)")
	readPer = metric.Must("read_per_s")
	hold    = metric.Must("max(hold)")
)

// at is a sustained trial at 1,000 a second with a mean e2e in µs; axes are keys and values in turn.
func at(mode string, block int, us float64, axes ...any) result.Trial {
	m, _ := workload.ModeByName(mode)
	t := result.Trial{
		Block: block, Scenario: "produce", Mode: mode, WindowS: 10, DuePerS: new(1000.0), SentPerS: 1000, Sustained: new(true), Complete: true,
		Axes:       map[string]any{"rate": 1000.0, "isolation": string(m.Isolation), "partitions": 6.0, "producers": 1.0, "txn_size": nil, "flush_every": nil},
		Throughput: result.Throughput{ReadPerS: new(1000.0)},
		LatencyUS:  map[string]result.Latency{"e2e": {Count: 10_000, Mean: &us}},
		Guarantee:  result.Guarantee{Verdict: result.Held},
	}
	name := []string{"mode=" + mode}
	for i := 0; i < len(axes); i += 2 {
		t.Axes[axes[i].(string)] = axes[i+1]
		name = append(name, fmt.Sprintf("%v=%v", axes[i], axes[i+1]))
	}
	t.Cell = strings.Join(name, ",")
	t.ID = fmt.Sprintf("b%02d-%s", block, t.Cell)
	return t
}

// atMax is a closed-loop trial that reads so many records a second.
func atMax(mode string, block int, read float64, axes ...any) result.Trial {
	t := at(mode, block, 5000, append([]any{"rate", "max"}, axes...)...)
	t.DuePerS, t.Sustained, t.Saturated = nil, nil, true
	t.SentPerS, t.Throughput.ReadPerS, t.Window.Handed = read, &read, int64(10*read)
	return t
}

// blocks makes a trial per value, in blocks from 1.
func blocks(of func(mode string, block int, v float64, axes ...any) result.Trial, mode string, values []float64, axes ...any) []result.Trial {
	var trials []result.Trial
	for i, v := range values {
		trials = append(trials, of(mode, i+1, v, axes...))
	}
	return trials
}

func run(trials ...[]result.Trial) *Run {
	var all []result.Trial
	for _, t := range trials {
		all = append(all, t...)
	}
	return New(&result.Run{Trials: all}, "")
}

// cell finds a cell by the end of its name.
func (r *Run) cell(t testing.TB, end string) *Cell {
	t.Helper()
	var found *Cell
	for _, c := range r.Cells {
		if strings.HasSuffix(c.Name, end) {
			if found != nil {
				t.Fatalf("%s and %s both end in %s", found.Name, c.Name, end)
			}
			found = c
		}
	}
	if found == nil {
		t.Fatalf("no cell ends in %s", end)
	}
	return found
}

func change(trials []result.Trial, block int, change func(*result.Trial)) []result.Trial {
	change(&trials[block-1])
	return trials
}

var nan = math.NaN()

// near allows for rounding, and holds NaN to be itself.
func near(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b))
}
