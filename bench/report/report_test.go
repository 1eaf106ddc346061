package report

import (
	"bytes"
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

var update = flag.Bool("update", false, "write the golden files anew")

func stored(t testing.TB, path string) *result.Run {
	t.Helper()
	r, err := result.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGolden(t *testing.T) {
	runs, err := filepath.Glob("testdata/*.json")
	if err != nil || len(runs) == 0 {
		t.Fatalf("no example runs: %v", err)
	}
	for _, path := range runs {
		run := stored(t, path)
		name := strings.TrimSuffix(path, ".json")
		for _, format := range Formats() {
			if format == "json" || format == "html" {
				continue // the input is the golden file: TestJSONIsTheStoredDocument; a page is mostly drawings: TestHTMLIsOneFile
			}
			t.Run(filepath.Base(name)+"/"+format, func(t *testing.T) {
				write, err := ByName(format)
				if err != nil {
					t.Fatal(err)
				}
				var got bytes.Buffer
				if err := write(&got, run, Options{Path: "results/" + run.RunID, Next: "kafka-eos-bench run claims --blocks 6"}); err != nil {
					t.Fatal(err)
				}
				holdAgainstGolden(t, name+"."+format, got.String())
				if format == "text" {
					holdWidth(t, got.String())
				}
			})
		}
	}
}

// TestBlocksGolden shows what a comparison of ten blocks looks like.
func TestBlocksGolden(t *testing.T) {
	for name, s := range map[string]made{
		"blocks-rate": {id: "20261122T230000-b0b1", blocks: 10, rate: 1000, modes: []string{"at-most-once", "at-least-once", "idempotent", "transactional"}, sizes: []int{100}},
		"blocks-max":  {id: "20261122T230000-b2b3", blocks: 10, modes: []string{"at-most-once", "at-least-once", "idempotent", "transactional"}, sizes: []int{100, 1000, 100_000}},
	} {
		for format, write := range map[string]Format{"text": Text, "markdown": Markdown} {
			got := render(t, write, s.run(), Options{Path: "results/" + s.id})
			holdAgainstGolden(t, filepath.Join("testdata", "compare", name+"."+format), got)
			if format == "text" {
				holdWidth(t, got)
			}
		}
	}
}

func TestJSONIsTheStoredDocument(t *testing.T) {
	dir := t.TempDir()
	run := stored(t, "testdata/modes.json")
	store, err := result.Create(filepath.Join(dir, "run"), run)
	if err != nil {
		t.Fatal(err)
	}
	for i := range run.Trials {
		if err := store.WriteTrial(&run.Trials[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Finish(len(run.Trials)); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(dir, "run", "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := JSON(&got, run, Options{}); err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Error("-o json differs from run.json")
	}
}

func TestUnknownFormat(t *testing.T) {
	_, err := ByName("xml")
	if err == nil || err.Error() != `unknown output format "xml": use one of text, json, csv, markdown, html, junit` {
		t.Errorf("got %v", err)
	}
}

func render(t *testing.T, write Format, run *result.Run, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, run, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestColourChangesNothingElse(t *testing.T) {
	run := stored(t, "testdata/trouble.json")
	coloured := render(t, Text, run, Options{Color: true})
	if !strings.Contains(coloured, "\x1b[31m") || !strings.Contains(coloured, "\x1b[33m") {
		t.Error("a broken guarantee and an unsustained rate do not stand out")
	}
	if uncoloured(coloured) != render(t, Text, run, Options{}) {
		t.Error("the text differs without its colours")
	}
}

func uncoloured(text string) string {
	return regexp.MustCompile(`\x1b\[[0-9]+m`).ReplaceAllString(text, "")
}

func TestWideScreensNeedFewerTables(t *testing.T) {
	run := stored(t, "testdata/trouble.json")
	count := func(width int) int { return strings.Count(render(t, Text, run, Options{Width: width}), "mode ") }
	if wide, narrow := count(300), count(60); wide != 2 || narrow <= count(100) {
		t.Errorf("%d tables at 300 columns, %d at 100, %d at 60", wide, count(100), narrow)
	}
}

func TestStoredTextCannotCommandTheTerminalOrTheMarkup(t *testing.T) {
	run := stored(t, "testdata/modes.json")
	run.Warnings = []string{"\x1b[2J a | b\n<script>"}
	run.Trials[0].Mode = "evil\x1b|mode"
	if text := render(t, Text, run, Options{}); strings.Contains(text, "\x1b") {
		t.Errorf("an escape came through: %q", text)
	}
	md := render(t, Markdown, run, Options{})
	if strings.Contains(md, "<script>") || strings.Contains(md, "\x1b") || !strings.Contains(md, `a \| b`) {
		t.Errorf("markup came through:\n%s", md)
	}
}

func TestARunWithoutTrials(t *testing.T) {
	run := stored(t, "testdata/modes.json")
	run.Trials, run.Complete = nil, false
	for _, format := range []Format{Text, Markdown} {
		if text := render(t, format, run, Options{}); !strings.Contains(text, "No trial finished") {
			t.Errorf("got %s", text)
		}
	}
	if rows := strings.Count(render(t, CSV, run, Options{}), "\n"); rows != 1 {
		t.Errorf("%d lines of CSV, want the header", rows)
	}
}

// TestCSVHasOneColumnSetForAllRuns but for the axes, which come last.
func TestCSVHasOneColumnSetForAllRuns(t *testing.T) {
	header := func(path string) []string {
		rows, err := csv.NewReader(strings.NewReader(render(t, CSV, stored(t, path), Options{}))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(rows[0], func(name string) bool { return strings.HasPrefix(name, "axis_") })
	}
	a, b := header("testdata/modes.json"), header("testdata/max.json")
	if !slices.Equal(a, b) || !slices.Contains(a, "e2e_p99_us") {
		t.Errorf("got %v and %v", a, b)
	}
	slices.Sort(a)
	if len(slices.Compact(a)) != len(b) {
		t.Error("a column is there twice")
	}
}
