package report

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// TestAnyValidRunCanBeReported draws runs with nulls, zeros and extremes everywhere and renders those that load.
func TestAnyValidRunCanBeReported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.json")
	rapid.Check(t, func(t *rapid.T) {
		run := storedAnyRun(t, path)
		o := Options{Width: rapid.IntRange(0, 200).Draw(t, "width"), Color: rapid.Bool().Draw(t, "color")}
		for _, name := range Formats() {
			if name == "html" && rapid.IntRange(0, 4).Draw(t, "page") > 0 {
				continue // its drawings take longer than all else
			}
			write, err := ByName(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := write(io.Discard, run, o); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	})
}

// TestAnyValidRunCanBeCompared does so with its modes and with itself, in every format.
func TestAnyValidRunCanBeCompared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.json")
	rapid.Check(t, func(t *rapid.T) {
		run := storedAnyRun(t, path)
		of := grouped(run)
		o := Options{Width: rapid.IntRange(0, 200).Draw(t, "width"), Color: rapid.Bool().Draw(t, "color")}
		asked := rapid.SliceOfN(rapid.SampledFrom(metric.All()), 1, 5).Draw(t, "metrics")
		for _, c := range []*Comparison{
			CompareModes(path, of, nil), CompareModes(path, of, asked),
			CompareRuns([]Side{{path, []*compare.Run{of, of}}, {path, []*compare.Run{of}}}, run.Warnings, nil),
		} {
			for _, name := range ComparisonFormats() {
				written(t, name, c, o)
			}
			for _, m := range c.Metrics {
				for _, r := range m.Rows {
					if len(r.Figures) != len(c.Sides) || len(r.Effects) != max(1, len(c.Sides)-1) {
						t.Fatalf("%s of %s: %d figures, %d effects", m.Name, r.Cell, len(r.Figures), len(r.Effects))
					}
					for _, e := range r.Effects {
						if e != nil && e.Shown && (e.P == nil || *e.P > 0.05 || e.Estimate == nil || e.Missing != "") {
							t.Fatalf("%s of %s is shown: %+v", m.Name, r.Cell, e)
						}
					}
				}
			}
		}
	})
}

// storedAnyRun draws a run that loads.
func storedAnyRun(t *rapid.T, path string) *result.Run {
	var b bytes.Buffer
	if err := result.Encode(&b, anyRun(t)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	run, err := result.Load(path)
	if err != nil {
		t.Fatalf("the drawn run is not valid: %v", err)
	}
	return run
}

// maybeOf draws a value or null.
func maybeOf[T any](t *rapid.T, name string, g *rapid.Generator[T]) *T {
	return rapid.Ptr(g, true).Draw(t, name)
}

func anyRun(t *rapid.T) *result.Run {
	r := &result.Run{
		Schema: result.Schema, RunID: "r", Complete: rapid.Bool().Draw(t, "complete"), StartedAt: time.Unix(0, 0).UTC(),
		Broker: result.Broker{
			Kind:    rapid.SampledFrom([]string{"local", "embedded", "external"}).Draw(t, "kind"),
			Version: maybeOf(t, "version", rapid.String()), Nodes: rapid.IntRange(0, 3).Draw(t, "nodes"),
			TransactionVersion: maybeOf(t, "tv", rapid.IntRange(0, 2)), ReplicationFactor: rapid.IntRange(0, 3).Draw(t, "rf"),
		},
		Profile:  result.Profile{Name: rapid.String().Draw(t, "profile"), Values: map[string]result.Value{}},
		Warnings: rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "warnings"),
	}
	if rapid.Bool().Draw(t, "own reference") {
		r.Profile.Values["reference"] = result.Value{Value: mode().Draw(t, "reference"), Source: "flag"}
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "trials") {
		trial := anyTrial(t)
		trial.ID = string(rune('a' + i))
		if slices.ContainsFunc(r.Trials, func(other result.Trial) bool { return other.Cell == trial.Cell && other.Block == trial.Block }) {
			continue // a cell is measured once in a block
		}
		r.Trials = append(r.Trials, trial)
	}
	return r
}

func mode() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom([]string{"at-most-once", "at-least-once", "idempotent", "transactional"}), rapid.StringN(1, 4, -1))
}

func amount() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 1e6), rapid.Float64Range(0, 1e300))
}

func anyTrial(t *rapid.T) result.Trial {
	f := func(name string) *float64 { return maybeOf(t, name, amount()) }
	n := func(name string) int64 { return rapid.Int64Range(0, 1<<40).Draw(t, name) }
	maybeN := func(name string) *int64 { return maybeOf(t, name, rapid.Int64Range(0, 1<<40)) }
	stat := func(name string) result.LagStat { return result.LagStat{Mean: f(name), P99: f(name), Max: f(name)} }
	trial := result.Trial{
		Cell: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "cell"), Block: rapid.IntRange(0, 3).Draw(t, "block"), Scenario: "produce",
		Mode: mode().Draw(t, "mode"), TxnSize: maybeOf(t, "size", rapid.IntRange(1, 1000)), Fault: maybeOf(t, "fault", rapid.String()),
		Axes: map[string]any{}, StartedAt: time.Unix(0, 0).UTC(), WindowS: amount().Draw(t, "window"), DuePerS: f("due"),
		SentPerS: amount().Draw(t, "sent"), Sustained: maybeOf(t, "sustained", rapid.Bool()), Saturated: rapid.Bool().Draw(t, "saturated"),
		Complete: rapid.Bool().Draw(t, "complete"), Warnings: rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "warnings"),
		Throughput: result.Throughput{AckedPerS: f("acked"), ReadPerS: f("read"), MBPerS: f("mb")}, LatencyUS: map[string]result.Latency{},
		Resources: result.Resources{CPUS: f("cpu"), RSSMaxBytes: maybeN("rss"), BrokerCPUS: f("broker"), BrokerLogBytes: maybeN("log")},
		Guarantee: result.Guarantee{
			Verdict: rapid.SampledFrom(verdicts[:]).Draw(t, "verdict"), Reasons: rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "reasons"),
			Sent: n("sent"), Read: maybeN("read"), Lost: maybeN("lost"), Duplicate: maybeN("duplicate"), Reordered: maybeN("reordered"),
			AbortedRead: maybeN("aborted read"), Torn: maybeN("torn"), Premature: maybeN("premature"), Foreign: maybeN("foreign"),
		},
	}
	for _, axis := range []string{"rate", "txn_size", "txn_interval", "isolation", "partitions", "message_size"} {
		switch rapid.IntRange(0, 3).Draw(t, axis) {
		case 1:
			trial.Axes[axis] = nil
		case 2:
			trial.Axes[axis] = amount().Draw(t, axis)
		case 3:
			trial.Axes[axis] = rapid.String().Draw(t, axis)
		}
	}
	for _, name := range []string{"e2e", "commit", "commit_due"} {
		if rapid.Bool().Draw(t, name) {
			l := result.Latency{Count: 1 + n(name), Mean: f(name), P50: f(name), Max: f(name)}
			if l.P50 != nil && rapid.Bool().Draw(t, name) {
				l.P99 = ptr(*l.P50 * 2)
			}
			trial.LatencyUS[name] = l
		}
	}
	if rapid.Bool().Draw(t, "transactions") {
		trial.Transactions = &result.Transactions{Committed: n("committed"), Aborted: n("aborted"), Failed: n("failed")}
	}
	if rapid.Bool().Draw(t, "lag") {
		trial.Lag = &result.Lag{Hold: stat("hold"), Reader: stat("reader"), AgeMS: stat("age")}
	}
	if rapid.Bool().Draw(t, "span") {
		trial.RequestSpan = &result.RequestSpan{PerRecord: map[string]float64{"Produce": amount().Draw(t, "requests")}}
	}
	return trial
}
