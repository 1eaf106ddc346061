package advise

import (
	"fmt"
	"maps"
	"math"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// cellOf is a cell to make up; its figures vary by a percent or so between blocks.
type cellOf struct {
	mode     string // empty: transactional, or the reference where nothing ends a transaction
	size     int
	interval string
	rate     float64 // 0: max
	read     float64 // records per second
	e2eP99   float64 // µs
	axes     map[string]any
	each     func(block int, t *result.Trial) // changes a trial
}

const reference = workload.Reference

// wiggle is a factor within a percent of 1 that differs between blocks and cells.
func wiggle(block, cell int) float64 {
	return 1 + 0.008*math.Sin(float64(5*block+3*cell))
}

func trialOf(c cellOf, index, block int) result.Trial {
	mode := c.mode
	if mode == "" {
		mode = reference
		if c.size > 0 || c.interval != "" {
			mode = "transactional"
		}
	}
	axes := map[string]any{"client": "librdkafka", "message_size": 1000.0, "partitions": 6.0, "producers": 1.0, "rate": "max",
		"txn_size": nil, "txn_interval": nil, "flush_every": nil, "isolation": "read_uncommitted"}
	if mode == "transactional" {
		axes["isolation"] = "read_committed"
	}
	name := "mode=" + mode
	t := result.Trial{Block: block, Scenario: "produce", Mode: mode, Axes: axes, StartedAt: time.Unix(0, 0).UTC(), WindowS: 10, Complete: true,
		Client:       result.Client{Name: "librdkafka", Version: "2.15.1", TransactionProtocol: 1},
		ClientConfig: result.ClientConfig{Producer: map[string]string{"transaction.timeout.ms": "60000"}, Reader: map[string]string{"auto.commit.interval.ms": "1000"}},
		LatencyUS:    map[string]result.Latency{}, Guarantee: result.Guarantee{Verdict: result.Held}}
	f := wiggle(block, index)
	if c.size > 0 {
		axes["txn_size"], t.TxnSize = float64(c.size), &c.size
		name += fmt.Sprintf(",txn_size=%d", c.size)
	}
	if c.interval != "" {
		axes["txn_interval"] = c.interval
		name += ",txn_interval=" + c.interval
	}
	if mode == "transactional" {
		t.Transactions = &result.Transactions{Committed: 100}
		t.LatencyUS["commit"] = result.Latency{Count: 100, Max: new(50_000.0)}
	}
	read := c.read * f
	if c.rate > 0 {
		axes["rate"] = c.rate
		name += fmt.Sprintf(",rate=%g", c.rate)
		t.DuePerS, t.Sustained = &c.rate, new(true)
		read = c.rate
		t.LatencyUS["e2e"] = result.Latency{Count: 10_000, P99: new(c.e2eP99 * f)}
		stat := func(mean, largest float64) result.LagStat {
			return result.LagStat{Mean: &mean, Max: &largest, SumMean: new(6 * mean), SumMax: new(6 * largest)}
		}
		t.Lag = &result.Lag{Samples: 100, Hold: stat(float64(c.size)/10, float64(c.size)/5), Reader: stat(0, 0),
			Monitoring: stat(100, float64(200+block)), AgeMS: stat(10, 20)}
	} else {
		t.Saturated = true
	}
	t.SentPerS, t.Throughput.ReadPerS = read, &read
	for key, v := range c.axes {
		name += fmt.Sprintf(",%s=%v", key, v)
	}
	maps.Copy(axes, c.axes)
	t.Cell, t.ID = name, fmt.Sprintf("b%02d-%d", block, index)
	if c.each != nil {
		c.each(block, &t)
	}
	return t
}

// runOf makes up a run of so many blocks of the cells.
func runOf(id string, blocks int, cells ...cellOf) *compare.Run {
	r := &result.Run{Schema: result.Schema, Complete: true, RunID: id, StartedAt: time.Unix(0, 0).UTC(),
		Broker:  result.Broker{Kind: "local", Version: new("4.3.1"), Nodes: 1, ReplicationFactor: 1, MinInsyncReplicas: 1},
		Machine: result.Machine{OS: "linux", Arch: "amd64", CPUs: 2},
		Profile: result.Profile{Name: "made up", Values: map[string]result.Value{"linger": {Value: "5"}, "duration": {Value: id}}}}
	for block := range blocks {
		for i, c := range cells {
			r.Trials = append(r.Trials, trialOf(c, i, block+1))
		}
	}
	return compare.New(r, "")
}

// maxRun costs 90, 40, 8 and −2% with 1, 10, 100 and 1000 records per transaction.
func maxRun(blocks int) *compare.Run {
	return runOf("max", blocks, cellOf{read: 100_000}, cellOf{size: 1, read: 10_000}, cellOf{size: 10, read: 60_000},
		cellOf{size: 100, read: 92_000}, cellOf{size: 1000, read: 102_000})
}

// rateRun has a p99 of 20, 22, 110 and 1,010 ms with 1, 10, 100 and 1000 records per transaction.
func rateRun(blocks int) *compare.Run {
	return runOf("rate", blocks, cellOf{rate: 1000, e2eP99: 10_000}, cellOf{size: 1, rate: 1000, e2eP99: 20_000}, cellOf{size: 10, rate: 1000, e2eP99: 22_000},
		cellOf{size: 100, rate: 1000, e2eP99: 110_000}, cellOf{size: 1000, rate: 1000, e2eP99: 1_010_000})
}

func bothGoals(cost float64, freshness time.Duration) Goals {
	return Goals{MaxCost: &cost, FreshnessUS: new(float64(freshness.Microseconds()))}
}

func budget(cost float64) Goals { return Goals{MaxCost: &cost} }

func freshness(d time.Duration) Goals { return Goals{FreshnessUS: new(float64(d.Microseconds()))} }
