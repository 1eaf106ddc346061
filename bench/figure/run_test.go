package figure

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// design says what a made-up run holds: the product of its lists.
type design struct {
	modes      []string
	sizes      []int
	rates      []float64 // 0 is max
	partitions []int
	blocks     int
	controls   bool // the cells of a ladder beside them
	files      bool // histogram logs and lag samples too
	samples    int  // of a trial's latencies; 0: 1,200
	change     func(*result.Trial)
	omit       func(*result.Trial) bool // trials that there are not
	terms      compare.Terms            // of a search for capacity; none without a lowest rate
}

// run makes up a run whose figures look like a real one's, the same each time.
func (d design) run(t testing.TB) Source {
	t.Helper()
	r := &result.Run{
		Schema: result.Schema, Complete: true, RunID: "20261122T230000-a1b2", Tool: result.Tool{Version: "v0.1.0"},
		Broker:  result.Broker{Kind: "local", Version: new("4.3.1"), Nodes: 1, ReplicationFactor: 1, MinInsyncReplicas: 1, TransactionVersion: new(2)},
		Machine: result.Machine{OS: "linux", Arch: "amd64", CPU: "Example CPU @ 2.60GHz", CPUs: 2, MemoryBytes: 25282318336},
		Profile: result.Profile{Name: "made-up"},
	}
	var dir string
	if d.files {
		dir = t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "trials"), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for block := range d.blocks {
		d.cells(func(mode string, rate float64, axes map[string]any) {
			trial := made(mode, rate, axes, block+1, cmp.Or(d.samples, 1200), dir, t)
			if d.change != nil {
				d.change(&trial)
			}
			if d.omit == nil || !d.omit(&trial) {
				r.Trials = append(r.Trials, trial)
			}
		})
	}
	if d.terms.Min > 0 {
		r.Profile.Values = d.terms.Values()
	}
	return Source{compare.New(r, ""), dir}
}

func (d design) cells(each func(mode string, rate float64, axes map[string]any)) {
	if d.partitions == nil {
		d.partitions = []int{6}
	}
	for _, rate := range d.rates {
		for _, partitions := range d.partitions {
			for _, mode := range d.modes {
				m, _ := workload.ModeByName(mode)
				axes := map[string]any{"rate": rate, "partitions": float64(partitions), "message_size": 1000.0, "producers": 1.0,
					"isolation": string(m.Isolation), "flush_every": nil, "txn_size": nil, "txn_interval": nil}
				if rate == 0 {
					axes["rate"] = "max"
				}
				with := func(more ...any) {
					own := map[string]any{}
					for k, v := range axes {
						own[k] = v
					}
					for i := 0; i < len(more); i += 2 {
						own[more[i].(string)] = more[i+1]
					}
					each(mode, rate, own)
				}
				if !m.Transactional {
					with()
					for _, size := range d.sizes {
						if d.controls && m.Idempotent {
							with("flush_every", float64(size))
						}
					}
					continue
				}
				for _, size := range d.sizes {
					with("txn_size", float64(size))
					if d.controls {
						with("txn_size", float64(size), "isolation", string(workload.ReadUncommitted))
					}
				}
			}
		}
	}
}

// made is a trial of a cell. With a directory it writes the trial's files.
func made(mode string, rate float64, axes map[string]any, block, samples int, dir string, t testing.TB) result.Trial {
	var name []string
	for k, v := range axes {
		name = append(name, k+"="+compare.Spell(v))
	}
	slices.Sort(name)
	cell := "mode=" + mode + "," + strings.Join(name, ",")
	h := fnv.New64a()
	io.WriteString(h, cell)
	random := rand.New(rand.NewPCG(h.Sum64(), uint64(block)))
	noise := func(v float64) float64 { return v * math.Exp(0.04*random.NormFloat64()) }

	size, _ := axes["txn_size"].(float64)
	if n, ok := axes["flush_every"].(float64); ok {
		size = n / 2
	}
	cycle := 0.0 // µs a transaction adds to a record
	if size > 0 {
		cycle = 5000 / size
	}
	partitions := axes["partitions"].(float64)
	full := noise(1e6 / (9 + math.Log10(partitions) + 0.3*float64(len(mode)%4) + cycle))
	trial := result.Trial{
		ID: fmt.Sprintf("b%02d-%012x", block, h.Sum64()&0xffffffffffff), Cell: cell, Block: block, Scenario: "produce", Mode: mode, Axes: axes,
		StartedAt: time.Unix(1_700_000_000, 0), WindowS: 4, SentPerS: full, Window: result.WindowRecords{Handed: int64(4 * full)}, Complete: true,
		Client:     result.Client{Name: "librdkafka", Version: "2.15.1", TransactionProtocol: 1},
		Resources:  result.Resources{CPUS: new(noise(full * 4 * 8e-6)), BrokerCPUS: new(noise(full * 4 * (6e-6 + cycle*2e-7)))},
		Guarantee:  result.Guarantee{Verdict: result.Held},
		LatencyUS:  map[string]result.Latency{},
		Throughput: result.Throughput{ReadPerS: &full},
	}
	if rate > 0 {
		trial.SentPerS, trial.DuePerS, trial.Sustained, trial.Throughput.ReadPerS = rate, &rate, new(true), &rate
		trial.Resources = result.Resources{CPUS: new(noise(rate * 4 * 30e-6)), BrokerCPUS: new(noise(rate * 4 * (20e-6 + cycle*5e-7)))}
	} else {
		trial.Saturated = true
		rate = full
	}
	if n, ok := axes["txn_size"].(float64); ok {
		trial.TxnSize = new(int(n))
		trial.Transactions = &result.Transactions{Committed: int64(rate * 4 / n)}
	}
	// Latencies: a floor, the time to fill the transaction, and a commit of two humps.
	out := io.Discard
	if dir != "" {
		f, err := os.Create(filepath.Join(dir, "trials", trial.ID+".hlog"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		out = f
	}
	collector, err := measure.NewCollector(out, 0, trial.StartedAt)
	if err != nil {
		t.Fatal(err)
	}
	recorder := collector.Recorder(measure.E2E, measure.Commit)
	floor := noise(4000)
	for range samples {
		us := floor * math.Exp(0.4*random.NormFloat64())
		if size > 0 {
			us += size / rate * 1e6 * random.Float64()
			commit := (1500 + size) * math.Exp(0.2*random.NormFloat64())
			if random.IntN(3) == 0 {
				commit += 20_000
			}
			us += commit
			if trial.TxnSize != nil {
				recorder.Record(measure.Commit, 1, int64(commit*1e3))
			}
		}
		recorder.Record(measure.E2E, 1, int64(us*1e3))
	}
	recorder.Close(2)
	if err := collector.Close(); err != nil {
		t.Fatal(err)
	}
	for _, m := range []measure.Metric{measure.E2E, measure.Commit} {
		if l, ok := collector.Latency(m, 0); ok && l.Count > 0 {
			trial.LatencyUS[m.String()] = l
		}
	}
	trial.Lag = &result.Lag{Samples: 40, AgeMS: result.LagStat{Mean: new(floor / 1e3)}}
	if dir != "" {
		f, err := os.Create(filepath.Join(dir, "trials", trial.ID+".lag.csv"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		series := measure.NewSeries(f, []string{"t_s", "hold", "hold_sum", "reader_lag", "age_ms"})
		for i := range 40 {
			hold := math.Floor(size * random.Float64())
			lag := math.Floor(20 * random.Float64())
			if i == 7 {
				lag = math.NaN()
			}
			if err := series.Row(float64(i)/10, hold, hold, lag, 5); err != nil {
				t.Fatal(err)
			}
		}
	}
	return trial
}

// quick is two modes of two sizes at a fixed rate; full is every mode at max.
func quick() design {
	return design{modes: []string{"at-least-once", "transactional"}, sizes: []int{100, 1000}, rates: []float64{5000}, blocks: 6, files: true}
}

func full() design {
	return design{modes: []string{"at-most-once", "at-least-once", "idempotent", "transactional"}, sizes: []int{1, 10, 100, 1000, 10000}, rates: []float64{0},
		blocks: 6, files: true}
}

func mapped() design {
	return design{modes: []string{"at-least-once", "transactional"}, sizes: []int{10, 100, 1000}, rates: []float64{0}, partitions: []int{1, 6, 48}, blocks: 6}
}

func probes() design {
	return design{modes: []string{"at-least-once", "transactional"}, sizes: []int{10, 1000}, rates: []float64{100, 1000, 5000, 20000}, blocks: 6,
		change: func(t *result.Trial) {
			if t.TxnSize != nil && *t.TxnSize == 10 && *t.DuePerS > 4000 {
				t.Sustained = new(false)
			}
		}}
}

func climb() design {
	return design{modes: []string{"at-least-once", "idempotent", "transactional"}, sizes: []int{100}, rates: []float64{5000, 0}, blocks: 6, controls: true}
}

// search is one for capacity: cells share its first rates, and have others of their own about where they fail.
func search() design {
	objective, _ := metric.ParseObjective("p99(e2e) < 100ms")
	own := map[string][]float64{"at-least-once": {31600, 56200, 74900}, "transactional": {13300, 17800, 23700}}
	d := design{modes: []string{"at-least-once", "transactional"}, sizes: []int{100}, rates: []float64{100, 316, 1000, 3160, 10000}, blocks: 2, files: true,
		terms: compare.Terms{Objectives: []metric.Objective{objective}, Min: 100, Max: 1e5, Precision: 0.1, Confirm: 2, MaxProbes: 20}}
	shared := len(d.rates)
	for _, rates := range own {
		d.rates = append(d.rates, rates...)
	}
	slices.Sort(d.rates[shared:])
	d.omit = func(t *result.Trial) bool { return *t.DuePerS > 1e4 && !slices.Contains(own[t.Mode], *t.DuePerS) }
	d.change = func(t *result.Trial) {
		if *t.DuePerS == own[t.Mode][len(own[t.Mode])-1] {
			t.Sustained = new(false)
		}
	}
	return d
}

// single is one transaction size, at a rate and at max.
func single() design {
	return design{modes: []string{"at-most-once", "at-least-once", "idempotent", "transactional"}, sizes: []int{100}, rates: []float64{1000, 0}, blocks: 6}
}
