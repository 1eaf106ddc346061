package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// probed is a probe of a mode, and of a transaction size above 0.
func probed(mode string, size int, rate float64, block int, p50 float64, keepsUp bool) result.Trial {
	sent := rate
	if !keepsUp {
		sent = 0.7 * rate
	}
	t := result.Trial{
		Cell: fmt.Sprintf("mode=%s,rate=%.0f", mode, rate), Block: block, Scenario: "produce", Mode: mode, StartedAt: time.Unix(1e9, 0).UTC(),
		Axes: map[string]any{"rate": rate, "partitions": 6.0, "txn_size": nil}, WindowS: 10, DuePerS: &rate, SentPerS: sent, Sustained: &keepsUp, Complete: true,
		Client:     result.Client{Name: "librdkafka", Version: "2.15.1", TransactionProtocol: 1},
		Throughput: result.Throughput{ReadPerS: &sent}, Guarantee: result.Guarantee{Verdict: result.Held},
		LatencyUS: map[string]result.Latency{"e2e": {Count: 1000, P50: &p50, P99: new(3 * p50)}},
	}
	if size > 0 {
		t.TxnSize, t.Axes["txn_size"] = &size, float64(size)
		t.Cell += fmt.Sprintf(",txn_size=%d", size)
		t.LatencyUS["commit"] = result.Latency{Count: 1000, P50: new(p50 / 10), P99: new(p50 / 4)}
	}
	t.ID = fmt.Sprintf("b%02d-%s-%d-%.0f", block, mode, size, rate)
	return t
}

// sought is a search with every sort of ending.
func sought(t testing.TB) *result.Run {
	t.Helper()
	var objectives []metric.Objective
	for _, text := range []string{"p99(e2e) < 100ms", "p99(commit) < 50ms"} {
		o, err := metric.ParseObjective(text)
		if err != nil {
			t.Fatal(err)
		}
		objectives = append(objectives, o)
	}
	terms := compare.Terms{Objectives: objectives, Min: 100, Max: 100_000, Precision: 0.1, Confirm: 2, MaxProbes: 40}
	run := &result.Run{
		Schema: result.Schema, RunID: "20261123t060000-cafe", Complete: true, StartedAt: time.Unix(1e9, 0).UTC(),
		Broker:  result.Broker{Kind: "local", Version: new("4.3.1"), Nodes: 1, ReplicationFactor: 1, MinInsyncReplicas: 1, TransactionVersion: new(2)},
		Machine: result.Machine{OS: "linux", Arch: "amd64", CPU: "Some CPU", CPUs: 2, MemoryBytes: 8 << 30},
		Profile: result.Profile{Name: "capacity", Values: terms.Values()}, Warnings: []string{"interrupted and continued at 2026-11-23 07:00:00 UTC, after 3 finished trials"},
	}
	twice := func(mode string, size int, rate, p50 float64, keepsUp bool) {
		run.Trials = append(run.Trials, probed(mode, size, rate, 1, p50, keepsUp), probed(mode, size, rate, 2, p50*1.1, keepsUp))
	}
	twice("at-most-once", 0, 100_000, 6000, true)
	twice("at-least-once", 0, 62_000, 8000, true)
	twice("at-least-once", 0, 66_000, 900_000, false)
	twice("idempotent", 0, 100, 20_000, true)
	run.Trials = append(run.Trials, probed("idempotent", 0, 1000, 1, 4000, true))
	twice("transactional", 100, 316, 320_000, true)
	twice("transactional", 100, 21_000, 12_000, true)
	twice("transactional", 100, 22_500, 52_000, true)
	twice("transactional", 1, 100, 500_000, false)
	run.Trials = append(run.Trials, probed("transactional", 100, 21_000, 3, 52_000, true))
	run.Trials[0].Resources.CPUSteal = new(0.12)
	return run
}

func TestCapacityGolden(t *testing.T) {
	run := sought(t)
	for _, format := range CapacityFormats() {
		write, err := CapacityByName(format)
		if err != nil {
			t.Fatal(err)
		}
		got := render(t, write, run, Options{Path: "results/capacity"})
		holdAgainstGolden(t, filepath.Join("testdata", "capacity", "search."+format), got)
		if format == "text" {
			holdWidth(t, got)
		}
	}
}

// TestVerdictClaimsNoObjectiveOfAModeThatHasNone: a rate was held to those objectives alone that concern the mode.
func TestVerdictClaimsNoObjectiveOfAModeThatHasNone(t *testing.T) {
	for slo, want := range map[string]string{
		"": "At-least-once holds 1,000 msg/s, the highest rate tried (1 of 1 probe); transactional (100 per transaction) holds 1,000 msg/s, the highest rate tried (1 of 1 probe).",
		"p99(e2e) < 1s": "With p99(e2e) < 1s, at-least-once holds 1,000 msg/s, the highest rate tried (1 of 1 probe); " +
			"transactional (100 per transaction) holds 1,000 msg/s, the highest rate tried (1 of 1 probe).",
		"p99(commit) < 1s; p50(commit) < 1s": "At-least-once holds 1,000 msg/s, the highest rate tried (1 of 1 probe); " +
			"transactional (100 per transaction), with p99(commit) < 1s and p50(commit) < 1s, holds 1,000 msg/s, the highest rate tried (1 of 1 probe).",
		"p99(commit) < 1s; p99(e2e) < 1s": "With p99(e2e) < 1s, at-least-once holds 1,000 msg/s, the highest rate tried (1 of 1 probe); " +
			"transactional (100 per transaction), with p99(commit) < 1s too, holds 1,000 msg/s, the highest rate tried (1 of 1 probe).",
		"torn == 0":              "At-least-once holds 1,000 msg/s, the highest rate tried (1 of 1 probe); transactional (100 per transaction), with torn == 0, holds 1,000 msg/s, the highest rate tried (1 of 1 probe).",
		"p99(send_offsets) < 1s": "At-least-once holds 1,000 msg/s, the highest rate tried (1 of 1 probe); transactional (100 per transaction) holds 1,000 msg/s, the highest rate tried (1 of 1 probe).",
	} {
		run := sought(t)
		run.Trials = []result.Trial{probed("at-least-once", 0, 1000, 1, 4000, true), probed("transactional", 100, 1000, 1, 4000, true)}
		run.Trials[1].Guarantee.Torn = new(int64(0))
		run.Profile.Values = compare.Terms{Min: 1000, Max: 1000, Precision: 0.1, Confirm: 1, MaxProbes: 40}.Values()
		run.Profile.Values["slo"] = result.Value{Value: slo}
		s, err := searchesOf(summarise(run))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.verdict(); got != want {
			t.Errorf("%s:\n got %s\nwant %s", slo, got, want)
		}
		claimed := 0
		for _, c := range s.document().Searches {
			claimed += len(c.Asked)
		}
		if remarked := strings.Contains(strings.Join(s.remarks(), "\n"), "was not asked of at-least-once"); remarked != (claimed < 2*len(s.terms.Objectives)) {
			t.Errorf("%s: %d objectives asked, remarks %q", slo, claimed, s.remarks())
		}
	}
}

// TestVerdictSaysHowManyProbesHeld and claims no rate whose probes contradict each other until two of three held.
func TestVerdictSaysHowManyProbesHeld(t *testing.T) {
	for _, test := range []struct {
		keepUp []bool // of the highest rate's probes
		want   string
	}{
		{[]bool{true}, "Idempotent holds 200 msg/s, the highest rate tried (1 of 1 probe)."},
		{[]bool{true, false}, "Idempotent holds 100 msg/s at least (1 of 1 probe), and 200 msg/s is undecided (1 of 2 probes held)."},
		{[]bool{false, true}, "Idempotent holds 100 msg/s at least (1 of 1 probe), and 200 msg/s is undecided (1 of 2 probes held)."},
		{[]bool{false, true, true}, "Idempotent holds 200 msg/s, the highest rate tried (2 of 3 probes)."},
		{[]bool{true, false, false}, "Idempotent holds 100 msg/s (1 of 1 probe)."},
	} {
		run := sought(t)
		run.Profile.Values = compare.Terms{Min: 100, Max: 200, Precision: 1, Confirm: 1, MaxProbes: 40}.Values()
		run.Trials = []result.Trial{probed("idempotent", 0, 100, 1, 4000, true)}
		for i, keepsUp := range test.keepUp {
			run.Trials = append(run.Trials, probed("idempotent", 0, 200, i+1, 4000, keepsUp))
		}
		s, err := searchesOf(summarise(run))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.verdict(); got != test.want {
			t.Errorf("%v:\n got %s\nwant %s", test.keepUp, got, test.want)
		}
		contradicts := slices.Contains(test.keepUp, true) && slices.Contains(test.keepUp, false)
		if said := strings.Contains(strings.Join(s.remarks(), "\n"), "probes of 1 rate contradicted each other"); said != contradicts {
			t.Errorf("%v: remarks %q", test.keepUp, s.remarks())
		}
	}
}

// TestEveryFormatShowsTheObjectivesFigure and how many probes held and were sustained, at every rate.
func TestEveryFormatShowsTheObjectivesFigure(t *testing.T) {
	run := sought(t)
	run.Profile.Values["slo"] = result.Value{Value: "p90(e2e) < 100ms; max(hold) < 5k; p99(e2e) < 100ms"}
	for i := range run.Trials {
		latency := run.Trials[i].LatencyUS["e2e"]
		latency.P90 = new(43_210.0)
		run.Trials[i].LatencyUS["e2e"] = latency
		run.Trials[i].Lag = &result.Lag{Hold: result.LagStat{Max: new(1234.0)}}
	}
	formats := map[string]Format{"html": HTML}
	for _, name := range CapacityFormats() {
		formats[name], _ = CapacityByName(name)
	}
	for name, says := range map[string][]string{
		"text":     {"e2e p90, ms", "43.2", "hold max, offsets", "1,234", "2 of 3", "3 of 3", "sustained"},
		"markdown": {"| probes held | probes sustained |", "| e2e p90, ms | hold max, offsets |", "| 43.2 | 1,234 |", "| 2 of 2 | 2 of 2 |", "| 0 of 2 | 0 of 2 |"},
		"html":     {">e2e p90, ms<", ">43.2<", ">hold max, offsets<", ">1,234<", ">3 of 3<", ">sustained<"},
		"csv":      {",held,missed,sustained,", ",p90(e2e)_us,max(hold),", ",43210,1234,"},
		"json":     {`"sustained": 3`, `"p90(e2e)": 43210`, `"max(hold)": 1234`, `"undecided_per_s": null`},
	} {
		text := render(t, formats[name], run, Options{})
		for _, part := range says {
			if !strings.Contains(text, part) {
				t.Errorf("%s does not say %q:\n%s", name, part, text)
			}
		}
		if name == "text" {
			holdWidth(t, text)
		}
	}
}

// TestHTMLOfASearchLeadsWithWhatWasFound in the tables of the other formats.
func TestHTMLOfASearchLeadsWithWhatWasFound(t *testing.T) {
	run := sought(t)
	page := render(t, HTML, run, Options{Path: "results/capacity"})
	s, err := searchesOf(summarise(run))
	if err != nil {
		t.Fatal(err)
	}
	_, main, _ := strings.Cut(page, `<main id="main"`)
	if !strings.HasPrefix(main, " tabindex=\"-1\">\n"+`<section id="capacity"`) {
		t.Errorf("the search does not come first: %.200s", main)
	}
	for _, want := range append(s.shows(), s.verdict(), s.asked(), "Which rate does each delivery mode hold here") {
		if !strings.Contains(page, templateEscaped(want)) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, table := range [][]group{s.found(), s.points()} {
		for _, g := range table {
			for _, c := range g.columns {
				for _, text := range append(c.texts, c.title) {
					if !strings.Contains(page, ">"+templateEscaped(text)+"</t") {
						t.Errorf("no cell of a table says %q", text)
					}
				}
			}
		}
	}
	holdInPageLinks(t, "search", page)
	edited := sought(t)
	edited.Profile.Values["min_rate"] = result.Value{Value: "fast"}
	if err := HTML(io.Discard, edited, Options{}); err == nil || !strings.Contains(err.Error(), "min_rate") {
		t.Errorf("of terms that were edited: %v", err)
	}
	empty := sought(t)
	empty.Trials, empty.Complete = nil, false
	if page := render(t, HTML, empty, Options{}); strings.Contains(page, `id="capacity"`) || !strings.Contains(page, "No probe finished") {
		t.Error("a search that did not get far has a table")
	}
}

func TestCapacityFormats(t *testing.T) {
	if _, err := CapacityByName("xml"); err == nil || err.Error() != `unknown output format "xml": use one of text, json, csv, markdown` {
		t.Errorf("%v", err)
	}
	for _, format := range CapacityFormats() {
		write, err := CapacityByName(format)
		if err != nil {
			t.Fatal(err)
		}
		if err := write(io.Discard, &result.Run{RunID: "plain"}, Options{}); err == nil || !strings.Contains(err.Error(), "plain") {
			t.Errorf("%s of a run that was no search: %v", format, err)
		}
		empty := sought(t)
		empty.Trials, empty.Complete = nil, false
		if err := write(io.Discard, empty, Options{}); err != nil {
			t.Errorf("%s of a search that did not get far: %v", format, err)
		}
	}
}

func TestCapacityDocuments(t *testing.T) {
	run := sought(t)
	write, err := CapacityByName("json")
	if err != nil {
		t.Fatal(err)
	}
	var d CapacityDocument
	if err := json.Unmarshal([]byte(render(t, write, run, Options{})), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Searches) != 5 || d.Schema != CapacitySchema || d.Objectives[0] != "p99(e2e) < 100ms" {
		t.Errorf("%+v", d)
	}
	for _, c := range d.Searches {
		if (c.Held != nil) != (c.Finding == "bracketed" || c.Finding == "above" || c.Cell == "mode=idempotent") {
			t.Errorf("%s is %s with %v", c.Cell, c.Finding, c.Held)
		}
	}
	if write, err = CapacityByName("csv"); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(render(t, write, run, Options{}))).ReadAll()
	if err != nil || len(rows) != 1+9 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}
