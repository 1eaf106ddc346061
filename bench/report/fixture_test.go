package report

import (
	"fmt"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// made describes a run that was never measured.
type made struct {
	id     string
	blocks int
	rate   float64 // 0: max
	modes  []string
	sizes  []int   // records per transaction
	slower float64 // share by which everything is worse than it would be; 0: by nothing
	hour   int     // of several runs
}

// wobble is what blocks differ by.
var wobble = [...]float64{0.012, -0.021, 0.004, 0.017, -0.009, -0.002, 0.023, -0.014, 0.008, -0.018, 0.001}

// run makes the run up.
func (s made) run() *result.Run {
	r := &result.Run{
		Schema: result.Schema, Complete: true, RunID: s.id, StartedAt: time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC),
		Broker: result.Broker{
			Kind: "local", Version: new("4.3.1"), Nodes: 1, TransactionVersion: new(2), ReplicationFactor: 1, MinInsyncReplicas: 1,
		},
		Machine:  result.Machine{OS: "linux", Arch: "amd64", Kernel: "6.8.0", CPU: "Example CPU @ 2.60GHz", CPUs: 2, MemoryBytes: 24 << 30},
		Profile:  result.Profile{Name: "claims", Values: map[string]result.Value{"duration": {Value: "10s", Source: "profile"}}},
		Warnings: []string{}, Trials: []result.Trial{},
	}
	for block := 1; block <= s.blocks; block++ {
		for i, name := range s.modes {
			mode, _ := workload.ModeByName(name)
			if !mode.Transactional {
				r.Trials = append(r.Trials, s.trial(block, i, mode, 0))
				continue
			}
			for k, size := range s.sizes {
				r.Trials = append(r.Trials, s.trial(block, i+k, mode, size))
			}
		}
	}
	return r
}

// trial makes a trial up. Its figures follow from mode, size and block by rules of thumb.
func (s made) trial(block, salt int, mode workload.Mode, size int) result.Trial {
	noise := func(of int) float64 { return 1 + wobble[(block*(3+salt)+salt*5+s.hour*(4+salt)+of)%len(wobble)] }
	worse := 1 + s.slower
	cost := 1.0 // in throughput
	if size > 0 {
		cost = 1 + 275/float64(size)
	}
	t := result.Trial{
		Cell: "mode=" + mode.Name, Block: block, Scenario: "produce", Mode: mode.Name, WindowS: 10, Complete: true, Warnings: []string{},
		StartedAt: time.Date(2026, 11, 22, 23, block, salt*12, 0, time.UTC),
		Axes: map[string]any{
			"rate": "max", "partitions": 6.0, "message_size": 1000.0, "producers": 1.0, "isolation": string(mode.Isolation),
			"txn_size": nil, "txn_interval": nil, "flush_every": nil,
		},
		Client:    result.Client{Name: "librdkafka", Version: "2.15.1", TransactionProtocol: 1},
		LatencyUS: map[string]result.Latency{},
		Guarantee: result.Guarantee{Verdict: result.Held, Reasons: []string{}, Sent: 10_000},
	}
	per := s.rate
	if s.rate == 0 {
		per = 95_000 / cost / worse * noise(0)
		t.Saturated = true
		t.Lag = &result.Lag{Samples: 98, Hold: result.LagStat{Max: new(0.0)}, AgeMS: result.LagStat{Max: new(110 * noise(1))}}
	} else {
		t.Axes["rate"], t.DuePerS, t.Sustained = s.rate, &s.rate, new(true)
		wait := 5200 * noise(1) * worse
		if size > 0 {
			wait += float64(size) / s.rate * 1e6
		}
		t.LatencyUS["e2e"] = latency(10_000, wait)
		t.Lag = &result.Lag{Samples: 98, Hold: result.LagStat{Max: new(0.0)}, AgeMS: result.LagStat{Max: new(2 * wait / 1000)}}
	}
	t.SentPerS, t.Throughput = per, result.Throughput{AckedPerS: &per, ReadPerS: &per, MBPerS: new(per / 1000)}
	t.Window = result.WindowRecords{Handed: int64(10 * per), Committed: int64(10 * per)}
	t.RequestSpan = &result.RequestSpan{Seconds: 10, Records: int64(10 * per), PerRecord: map[string]float64{"Produce": 0.016 * cost, "Fetch": 0.01}}
	t.Resources = result.Resources{
		CPUS: new(10 * per * 4.2e-6 * noise(2)), BrokerCPUS: new(10 * per * 7e-6 * cost * worse * noise(3)), BrokerLogBytes: new(int64(10_900_000 * noise(4))),
	}
	if size > 0 {
		t.TxnSize, t.Axes["txn_size"] = &size, float64(size)
		t.Cell = fmt.Sprintf("mode=%s,txn_size=%d", mode.Name, size)
		t.Transactions = &result.Transactions{Committed: int64(10 * per / float64(size)), RecordsMean: new(float64(size))}
		t.LatencyUS["commit"] = latency(t.Transactions.Committed, 4900*noise(5)*worse)
		if s.rate > 0 {
			t.LatencyUS["commit_due"] = latency(t.Transactions.Committed, 5400*noise(5)*worse)
		}
		t.Lag.Hold.Max = new(float64(size) * 1.04)
	}
	t.ID = fmt.Sprintf("b%02d-%s-%d", block, mode.Name, size)
	return t
}

// latency summarises so many samples around a median in µs.
func latency(n int64, p50 float64) result.Latency {
	l := result.Latency{Count: n, Mean: new(p50 * 1.05), P50: &p50, Max: new(p50 * 2.5)}
	if n >= 1000 {
		l.P99 = new(p50 * 1.9)
	}
	return l
}
