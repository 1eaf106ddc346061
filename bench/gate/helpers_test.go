package gate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// at99 is a sustained trial at 1,000 a second with a p99 of e2e in µs; axes are keys and values in turn.
func at99(mode string, block int, us float64, axes ...any) result.Trial {
	m, _ := workload.ModeByName(mode)
	t := result.Trial{
		Block: block, Scenario: "produce", Mode: mode, WindowS: 10, DuePerS: new(1000.0), SentPerS: 1000, Sustained: new(true), Complete: true,
		Axes:       map[string]any{"rate": 1000.0, "isolation": string(m.Isolation), "partitions": 6.0, "producers": 1.0, "txn_size": nil, "txn_interval": nil, "flush_every": nil},
		Window:     result.WindowRecords{Committed: 10_000},
		Throughput: result.Throughput{ReadPerS: new(1000.0)},
		LatencyUS:  map[string]result.Latency{"e2e": {Count: 10_000, P99: &us}},
		Lag:        &result.Lag{Hold: result.LagStat{Max: new(0.0)}},
		Guarantee:  result.Guarantee{Verdict: result.Held, Lost: new(int64(0)), Duplicate: new(int64(0))},
	}
	if m.Transactional {
		t.Axes["txn_size"] = 100.0
		t.Transactions = &result.Transactions{Committed: 1000}
		t.LatencyUS["commit_due"] = result.Latency{Count: 1000, P99: new(us / 10)}
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
	t := at99(mode, block, 5000, append([]any{"rate", "max"}, axes...)...)
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

// around are n values near a level, spread evenly over so much of it to either side.
func around(level float64, n int, share float64) (values []float64) {
	for i := range n {
		values = append(values, level*(1+share*(2*float64((i*7)%n)/float64(n-1)-1)))
	}
	return values
}

func finished(trials ...[]result.Trial) *compare.Run {
	return compare.New(&result.Run{Complete: true, Trials: slices.Concat(trials...)}, "")
}

func must(t testing.TB, texts ...string) (rules []Rule) {
	t.Helper()
	for _, text := range texts {
		r, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	return rules
}

func judged(t testing.TB, run *compare.Run, against *Against, texts ...string) *Judgement {
	t.Helper()
	j, err := Judge(must(t, texts...), run, against)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// refused says whether an error is a usage error that reads so.
func refused(t testing.TB, err error, want string) {
	t.Helper()
	if _, ok := errors.AsType[*workload.UsageError](err); !ok || !strings.Contains(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
