package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
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
	disturbed := rapid.Bool().Draw(t, "disturbed")
	for i := range rapid.IntRange(0, 6).Draw(t, "trials") {
		trial := anyTrial(t)
		if disturbed {
			disturb(t, &trial)
		}
		trial.ID = string(rune('a' + i))
		if slices.ContainsFunc(r.Trials, func(other result.Trial) bool { return other.Cell == trial.Cell && other.Block == trial.Block }) {
			continue // a cell is measured once in a block
		}
		r.Trials = append(r.Trials, trial)
	}
	return r
}

// disturb draws what a fault did.
func disturb(t *rapid.T, trial *result.Trial) {
	f := func(name string) *float64 { return maybeOf(t, name, amount()) }
	rates := func(name string) *result.OutageRates {
		if v := f(name); v != nil {
			return &result.OutageRates{AckedPerS: *v, ReadPerS: *v}
		}
		return nil
	}
	fault := rapid.OneOf(rapid.SampledFrom([]string{"lost-ack", "zombie"}), rapid.StringMatching(`[a-z|<_]{1,4}`)).Draw(t, "fault")
	trial.Fault, trial.Axes["fault"], trial.Cell = &fault, fault, "fault="+fault+","+trial.Cell
	if rapid.IntRange(0, 4).Draw(t, "outage") == 0 {
		return
	}
	trial.Outage = &result.Outage{
		FromS: f("from"), ToS: f("to"), AckGapS: f("ack gap"), ReadGapS: f("read gap"), RecoveryS: f("recovery"),
		Before: rates("before"), During: rates("during"), After: rates("after"), Events: []result.OutageEvent{}, Figures: map[string]float64{},
	}
	for range rapid.IntRange(0, 3).Draw(t, "events") {
		trial.Outage.Events = append(trial.Outage.Events, result.OutageEvent{AtS: amount().Draw(t, "at"), What: rapid.String().Draw(t, "what")})
	}
	for _, name := range []string{"lost_Produce", "requests_Produce", "zombies", "fenced", "takeover_s", "hold_without_takeover_s", "_s", "lost_"} {
		if v := f(name); v != nil {
			trial.Outage.Figures[name] = *v
		}
	}
}

func mode() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom([]string{"at-most-once", "at-least-once", "idempotent", "transactional"}), rapid.StringMatching(`[a-z]{1,4}`))
}

func amount() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 1e6), rapid.Float64Range(0, 1e300))
}

// anyTrial draws what a trial is counted from and derives the rest, as the stored form asks for: one whose values contradict one another
// does not load.
func anyTrial(t *rapid.T) result.Trial {
	f := func(name string) *float64 { return maybeOf(t, name, amount()) }
	n := func(name string, most int64) int64 { return rapid.Int64Range(0, most).Draw(t, name) }
	name := mode().Draw(t, "mode")
	m, known := workload.ModeByName(name)
	d := &drawn{T: t, mode: m, known: known, transactional: m.Transactional || !known && rapid.Bool().Draw(t, "transactional")}
	d.trial = result.Trial{
		Mode: name, Block: rapid.IntRange(0, 3).Draw(t, "block"), Scenario: "produce",
		StartedAt: time.Unix(0, 0).UTC(), WindowS: rapid.Float64Range(1e-9, 1e6).Draw(t, "window"), SentPerS: amount().Draw(t, "sent"),
		Saturated: rapid.Bool().Draw(t, "saturated"), Complete: rapid.Bool().Draw(t, "complete"),
		Warnings:  rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "warnings"),
		LatencyUS: map[string]result.Latency{},
		Resources: result.Resources{CPUS: f("cpu"), RSSMaxBytes: d.maybe("rss"), BrokerCPUS: f("broker"), BrokerLogBytes: d.maybe("log")},
	}
	trial := &d.trial
	d.named()
	d.counted()
	w := &trial.Window
	w.Handed, w.Committed = n("handed", trial.Guarantee.Sent), n("committed in the window", trial.Guarantee.Committed)
	if !trial.Saturated {
		w.Due, trial.DuePerS = ptr(w.Handed+n("not handed", 1+w.Handed/50)), ptr(amount().Draw(t, "due"))
		if trial.Complete {
			g := trial.Guarantee
			held := float64(w.Handed) >= result.MinHanded*float64(*w.Due) && float64(g.Failed) <= result.MaxFailed*float64(g.Sent)
			trial.Sustained = ptr(held && rapid.Bool().Draw(t, "sustained"))
		}
	}
	if !known || m.Acks != 0 {
		trial.Throughput.AckedPerS = ptr(amount().Draw(t, "acked"))
	}
	if d.transactional {
		x := &result.Transactions{Committed: n("transactions", 1<<40), Aborted: n("aborted transactions", 1<<40), Failed: n("failed transactions", 1<<40)}
		trial.Transactions = x
		for _, name := range []string{"commit", "commit_due"} {
			if rapid.Bool().Draw(t, name) {
				trial.LatencyUS[name] = d.latency(name, x.Committed, x.Committed)
			}
		}
	}
	if trial.Guarantee.Read != nil {
		d.followed()
	}
	if rapid.Bool().Draw(t, "span") {
		trial.RequestSpan = &result.RequestSpan{PerRecord: map[string]float64{"Produce": amount().Draw(t, "requests")}}
	}
	return *trial
}

// drawn is a trial being drawn.
type drawn struct {
	*rapid.T
	trial                result.Trial
	mode                 workload.Mode
	known, transactional bool
}

func (d *drawn) count(name string, most int64) int64 {
	return rapid.Int64Range(0, most).Draw(d.T, name)
}

func (d *drawn) maybe(name string) *int64 { return maybeOf(d.T, name, rapid.Int64Range(0, 1<<40)) }

// rarely draws a count that most trials have none of.
func (d *drawn) rarely(name string, most int64) *int64 {
	return ptr(rapid.OneOf(rapid.Just[int64](0), rapid.Int64Range(0, most)).Draw(d.T, name))
}

// named draws axes, and the cell's name from some of them.
func (d *drawn) named() {
	trial := &d.trial
	trial.Axes = map[string]any{}
	pairs := []string{"mode=" + trial.Mode}
	for _, axis := range []string{"rate", "txn_interval", "isolation", "partitions", "message_size"} {
		switch rapid.IntRange(0, 3).Draw(d.T, axis) {
		case 1:
			trial.Axes[axis] = nil
		case 2:
			v := rapid.Float64Range(0, 1e6).Draw(d.T, axis)
			if trial.Axes[axis] = v; rapid.Bool().Draw(d.T, "named") {
				pairs = append(pairs, axis+"="+spell(v))
			}
		case 3:
			trial.Axes[axis] = rapid.String().Draw(d.T, axis)
		}
	}
	if trial.Saturated {
		trial.Axes["rate"] = "max"
	} else if trial.Axes["rate"] == "max" {
		trial.Axes["rate"] = nil
	}
	if d.transactional {
		if trial.TxnSize = maybeOf(d.T, "size", rapid.IntRange(1, 1000)); trial.TxnSize != nil {
			trial.Axes["txn_size"] = *trial.TxnSize
			pairs = append(pairs, fmt.Sprintf("txn_size=%d", *trial.TxnSize))
		}
	}
	slices.Sort(pairs)
	pairs = slices.DeleteFunc(pairs, func(pair string) bool { return trial.Saturated && strings.HasPrefix(pair, "rate=") })
	trial.Cell = strings.Join(pairs, ",")
}

// counted draws what became of the records, and the verdict from it.
func (d *drawn) counted() {
	g := &d.trial.Guarantee
	g.Reasons = rapid.SliceOfN(rapid.String(), 0, 2).Draw(d.T, "reasons")
	g.Committed, g.Indeterminate = d.count("committed", 1<<40), *d.rarely("indeterminate", 1<<40)
	unknown := g.Indeterminate
	if d.transactional {
		g.Aborted = *d.rarely("aborted", 1<<40)
		g.Sent = g.Committed + g.Aborted + g.Indeterminate
		g.Acked = d.count("acked", g.Sent)
		g.Failed = *d.rarely("failed", g.Sent-g.Acked)
	} else {
		g.Acked, g.Failed = g.Committed, *d.rarely("failed", 1<<40)
		g.Sent = g.Committed + g.Indeterminate + g.Failed
		unknown += g.Failed
	}
	if g.Verdict = result.Unchecked; rapid.IntRange(0, 4).Draw(d.T, "readers") == 0 {
		return
	}
	g.Duplicate, g.Reordered, g.Foreign = d.rarely("duplicate", 1<<40), d.rarely("reordered", 1<<40), d.rarely("foreign", 1<<40)
	g.Redelivered, g.Read = d.rarely("redelivered", 1<<40), ptr(d.count("read", g.Sent))
	var aborted int64
	if d.transactional {
		g.AbortedRead, g.Torn, g.Premature = d.rarely("aborted read", g.Aborted), d.rarely("torn", 1<<40), d.rarely("premature", 1<<40)
		aborted = *g.AbortedRead
	}
	if rapid.Bool().Draw(d.T, "end reached") {
		g.Lost = d.rarely("lost", g.Committed)
		g.Read = ptr(g.Committed - *g.Lost + aborted + d.count("known by nobody", unknown))
	}
	if !d.known {
		g.Verdict = rapid.SampledFrom(verdicts[:]).Draw(d.T, "verdict")
		return
	}
	isolation, ok := d.trial.Axes["isolation"].(string)
	if !ok {
		isolation = string(d.mode.Isolation)
	}
	g.Verdict, _ = g.Judge(d.mode, workload.Isolation(isolation))
}

// followed draws what takes a reader.
func (d *drawn) followed() {
	trial, g := &d.trial, d.trial.Guarantee
	read, size := amount().Draw(d.T, "read per second"), 1000.0
	if v, fixed := trial.Axes["message_size"].(float64); fixed {
		size = v
	}
	trial.Throughput.ReadPerS, trial.Throughput.MBPerS = &read, ptr(read*size/1e6)
	unread := trial.Window.Committed
	if g.Lost != nil {
		unread = min(unread, *g.Lost)
	}
	trial.LatencyUS["e2e"] = d.latency("e2e", trial.Window.Committed, unread)
	if rapid.Bool().Draw(d.T, "lag") {
		trial.Lag = &result.Lag{Hold: d.lag("hold"), Reader: d.lag("reader"), AgeMS: d.lag("age")}
	}
}

// rising draws so many figures in ascending order.
func (d *drawn) rising(name string, n int) []float64 {
	return slices.Sorted(slices.Values(rapid.SliceOfN(amount(), n, n).Draw(d.T, name)))
}

func (d *drawn) lag(name string) result.LagStat {
	if rapid.Bool().Draw(d.T, name) {
		return result.LagStat{}
	}
	v := d.rising(name, 3)
	s := result.LagStat{Mean: &v[0], Max: &v[2]}
	if rapid.Bool().Draw(d.T, name) {
		s.P99 = &v[1]
	}
	return s
}

// latency draws a histogram of so many samples, of which some never came, with the figures that they support.
func (d *drawn) latency(name string, all, unread int64) result.Latency {
	l := result.Latency{Censored: *d.rarely(name, unread)}
	l.OutOfRange = *d.rarely(name, all-l.Censored)
	l.Count = all - l.Censored - l.OutOfRange
	v := d.rising(name, 5)
	for i, p := range []struct {
		figure   **float64
		permille int64
	}{{&l.P50, 500}, {&l.P90, 900}, {&l.P99, 990}, {&l.P999, 999}} {
		if (1000-p.permille)*all >= 10*1000 && p.permille*all <= 1000*l.Count {
			*p.figure = maybeOf(d.T, name, rapid.Just(v[i]))
		}
	}
	if l.Count > 0 && l.Count == all {
		l.Mean, l.Max = &v[1], &v[4]
	}
	return l
}
