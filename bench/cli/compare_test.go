package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// storedRun writes a run of the two modes at max, made from one that was measured, and returns its directory.
func storedRun(t *testing.T, dir string, blocks int, change func(*result.Run)) string {
	t.Helper()
	run, err := result.Load("../report/testdata/max.json")
	if err != nil {
		t.Fatal(err)
	}
	var trials []result.Trial
	for block := 1; block <= blocks; block++ {
		for _, trial := range run.Trials[:5] {
			if trial.Mode != "at-least-once" && trial.Cell != "mode=transactional,txn_size=100" {
				continue
			}
			trial.ID = fmt.Sprintf("b%02d-%s", block, trial.Mode)
			trial.Block = block
			readFaster(&trial, 1+float64(block*block%7)/100)
			trials = append(trials, trial)
		}
	}
	run.Trials, run.RunID = trials, filepath.Base(filepath.Dir(dir))+"-"+filepath.Base(dir)
	if change != nil {
		change(run)
	}
	store, err := result.Create(dir, run)
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
	return dir
}

// readFaster makes a trial one in which more was read.
func readFaster(t *result.Trial, factor float64) {
	t.Throughput.ReadPerS = new(*t.Throughput.ReadPerS * factor)
	t.Throughput.MBPerS = new(*t.Throughput.MBPerS * factor)
}

// severalRuns makes a directory of runs that differ a little.
func severalRuns(t *testing.T, dir string, n int, factor float64) string {
	t.Helper()
	for i := range n {
		storedRun(t, filepath.Join(dir, fmt.Sprintf("run%d", i)), 2, func(r *result.Run) {
			for k := range r.Trials {
				readFaster(&r.Trials[k], factor*(1+float64(i*i%5)/200))
			}
		})
	}
	return dir
}

func TestCompareOneRun(t *testing.T) {
	dir := t.TempDir()
	run := storedRun(t, filepath.Join(dir, "six"), 6, nil)
	for _, path := range []string{run, filepath.Join(run, "run.json")} {
		c := newCommand(t)
		c.run(t, exitOK, "compare", path)
		if text := c.stdout.String(); !strings.Contains(text, "×0.2") || !strings.Contains(text, "0.031") {
			t.Errorf("the cost is not stated:\n%s", text)
		}
	}
	c := newCommand(t)
	c.run(t, exitOK, "compare", run, "--reference", "transactional", "--metric", "read_per_s", "-o", "json")
	var got report.Comparison
	if err := json.Unmarshal(c.stdout.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if *got.ReferenceMode != "transactional" || len(got.Metrics) != 1 || *got.Metrics[0].Rows[0].Effects[0].Estimate < 3 {
		t.Errorf("got %s", &c.stdout)
	}
	few := newCommand(t)
	few.run(t, exitInconclusive, "compare", storedRun(t, filepath.Join(dir, "few"), 5, nil))
	if !strings.Contains(few.stdout.String(), "~") || !strings.Contains(few.stderr.String(), "--blocks 6") {
		t.Errorf("got\n%s%s", &few.stdout, &few.stderr)
	}
}

func TestCompareRuns(t *testing.T) {
	dir := t.TempDir()
	older, newer := severalRuns(t, filepath.Join(dir, "older"), 6, 1), severalRuns(t, filepath.Join(dir, "newer"), 2, 0.7)
	another := storedRun(t, filepath.Join(dir, "another"), 2, nil)
	for _, args := range [][]string{{older, newer}, {older, filepath.Join(newer, "run0")}, {older, newer, another}} {
		c := newCommand(t)
		c.run(t, exitOK, append([]string{"compare"}, args...)...)
		if text := c.stdout.String(); !strings.Contains(text, "×0.7") && !strings.Contains(text, "×0.6") {
			t.Errorf("%v: the change is not stated:\n%s", args, text)
		}
	}
	few := filepath.Join(dir, "few")
	for i := range 5 {
		storedRun(t, filepath.Join(few, fmt.Sprint("few", i)), 2, nil)
	}
	for _, base := range []string{filepath.Join(older, "run0"), few} {
		c := newCommand(t)
		c.run(t, exitInconclusive, "compare", base, newer)
		if strings.Contains(c.stdout.String(), "×0") || !strings.Contains(c.stderr.String(), "fewer than six runs of the baseline") {
			t.Errorf("%s shows something:\n%s%s", base, &c.stdout, &c.stderr)
		}
	}
}

func TestCompareCountsEachRunOnce(t *testing.T) {
	dir := t.TempDir()
	runs := severalRuns(t, filepath.Join(dir, "runs"), 2, 1)
	c := newCommand(t)
	c.run(t, exitUsage, "compare", runs, filepath.Join(runs, "run1"))
	if want := "are the same run, runs-run1: name each once"; !strings.Contains(c.stderr.String(), want) {
		t.Errorf("got %s", &c.stderr)
	}
	if err := os.Remove(filepath.Join(runs, "run0", "run.json")); err != nil {
		t.Fatal(err)
	}
	c = newCommand(t)
	c.run(t, exitUsage, "compare", runs)
	if want := "run0 has trials and no run.json"; !strings.Contains(c.stderr.String(), want) {
		t.Errorf("got %s", &c.stderr)
	}
}

func TestCompareRefusesWhatIsNotComparable(t *testing.T) {
	dir := t.TempDir()
	older := severalRuns(t, filepath.Join(dir, "older"), 6, 1)
	elsewhere := storedRun(t, filepath.Join(dir, "elsewhere"), 2, func(r *result.Run) {
		r.Broker.Version, r.Machine.CPUs = new("3.9.0"), 64
		r.Profile.Values = map[string]result.Value{"duration": {Value: "60s", Source: "flag"}}
	})
	c := newCommand(t)
	c.run(t, exitInconclusive, "compare", older, elsewhere)
	if c.stdout.String() != "" {
		t.Errorf("it printed figures:\n%s", &c.stdout)
	}
	for _, part := range []string{"broker version: 4.3.1 → 3.9.0", "64 ×", "duration: ", "--across-environments"} {
		if !strings.Contains(c.stderr.String(), part) {
			t.Errorf("it does not say %q:\n%s", part, &c.stderr)
		}
	}
	for _, format := range report.ComparisonFormats() {
		c := newCommand(t)
		c.run(t, exitOK, "compare", older, elsewhere, "--across-environments", "-o", format)
		if !strings.Contains(c.stdout.String(), "broker version: 4.3.1 → 3.9.0") {
			t.Errorf("%s is not marked:\n%s", format, &c.stdout)
		}
	}
	moved := storedRun(t, filepath.Join(dir, "moved"), 2, func(r *result.Run) {
		r.Broker.Version, r.Broker.Nodes, r.Broker.Kind, r.Machine.CPUs, r.Machine.Kernel = new("3.9.0"), 5, "external", 64, "7.0"
		r.Broker.Config = map[string]string{"a.setting": "1", "another.setting": "2"}
		for i := range r.Trials {
			r.Trials[i].Client.Version = "1.9.2"
		}
	})
	many := newCommand(t)
	many.run(t, exitInconclusive, "compare", older, moved)
	lines := strings.Split(strings.TrimSpace(many.stderr.String()), "\n")
	for i, want := range []string{
		"kafka-eos-bench: not comparable, these differ:", "  broker version: ", "  broker: ", "  brokers: ", "  client: ", "  machine: ", "  and ",
		"--across-environments compares them nevertheless, and marks the output; with -o json it lists them all",
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d does not begin with %q:\n%s", i+1, want, &many.stderr)
		}
	}
	if len(lines) != 8 {
		t.Errorf("%d lines:\n%s", len(lines), &many.stderr)
	}
	all := newCommand(t)
	all.run(t, exitOK, "compare", older, moved, "--across-environments", "-o", "json")
	var listed report.Comparison
	if err := json.Unmarshal(all.stdout.Bytes(), &listed); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("  and %d more", len(listed.Differences)-handful); lines[6] != want {
		t.Errorf("%q, want %q: %q", lines[6], want, listed.Differences)
	}
	within := newCommand(t) // a side whose own runs differ
	if err := os.Rename(elsewhere, filepath.Join(older, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	within.run(t, exitInconclusive, "compare", older, storedRun(t, filepath.Join(dir, "another"), 2, nil))
	if !strings.Contains(within.stderr.String(), "broker version") {
		t.Errorf("got %s", &within.stderr)
	}
}

func TestCompareWithNothingInCommon(t *testing.T) {
	dir := t.TempDir()
	only := func(mode string) string {
		return storedRun(t, filepath.Join(dir, mode), 6, func(r *result.Run) {
			var kept []result.Trial
			for _, trial := range r.Trials {
				if trial.Mode == mode {
					kept = append(kept, trial)
				}
			}
			r.Trials = kept
		})
	}
	reference, subject := only("at-least-once"), only("transactional")
	for _, args := range [][]string{{reference}, {subject}, {reference, subject}} {
		c := newCommand(t)
		c.run(t, exitInconclusive, append([]string{"compare"}, args...)...)
		if !strings.Contains(c.stderr.String(), "nothing could be compared") {
			t.Errorf("%v: got %s", args, &c.stderr)
		}
	}
}

func TestCompareRefusesBadInput(t *testing.T) {
	dir := t.TempDir()
	run := storedRun(t, filepath.Join(dir, "good"), 2, nil)
	several := severalRuns(t, filepath.Join(dir, "several"), 2, 1)
	document, err := os.ReadFile(filepath.Join(run, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	edit := func(from, to string) []byte {
		if !bytes.Contains(document, []byte(from)) {
			t.Fatalf("the document has no %s", from)
		}
		return bytes.Replace(document, []byte(from), []byte(to), 1)
	}
	spoilt := storedRun(t, filepath.Join(dir, "spoilt"), 2, nil)
	trial := filepath.Join(spoilt, "trials", "b01-transactional.json")
	if data, err := os.ReadFile(trial); err != nil || os.WriteFile(trial, data[:len(data)/2], 0o600) != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		args []string
		says []string
	}{
		"missing":           {[]string{filepath.Join(dir, "none")}, []string{"none"}},
		"empty directory":   {[]string{empty}, []string{"empty", "run.json"}},
		"truncated":         {[]string{file("cut.json", document[:len(document)/2])}, []string{"cut.json", "cut short"}},
		"foreign":           {[]string{file("foreign.json", []byte(`{"benchmark": 1}`))}, []string{"foreign.json", "schema"}},
		"of a later time":   {[]string{file("later.json", edit("kafka-eos-bench/run/v1", "kafka-eos-bench/run/v9"))}, []string{"later.json", "v9"}},
		"edited":            {[]string{file("edited.json", edit(`"sent_per_s": `, `"sent_per_s": -`))}, []string{"edited.json", "sent_per_s"}},
		"a trial cut short": {[]string{spoilt}, []string{"b01-transactional.json", "cut short"}},
		"bad among good":    {[]string{run, file("bad.json", []byte("{"))}, []string{"bad.json"}},
		"unknown metric":    {[]string{run, "--metric", "p99(e2)"}, []string{"p99(e2)", "p99(e2e)"}},
		"unknown reference": {[]string{run, "--reference", "idempotent"}, []string{"idempotent", "at-least-once", "transactional"}},
		"one side":          {[]string{several}, []string{"2 runs"}},
		"reference of two":  {[]string{run, filepath.Join(several, "run0"), "--reference", "transactional"}, []string{"--reference"}},
		"unknown format":    {[]string{run, "-o", "html"}, []string{"html", "markdown"}},
		"nothing":           {nil, []string{"RUN is missing: give a run's directory or its run.json, as in 'kafka-eos-bench compare results/", "--help"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCommand(t)
			c.run(t, exitUsage, append([]string{"compare"}, tc.args...)...)
			if c.stdout.String() != "" {
				t.Errorf("it printed:\n%s", &c.stdout)
			}
			for _, part := range tc.says {
				if !strings.Contains(c.stderr.String(), part) {
					t.Errorf("it does not say %q:\n%s", part, &c.stderr)
				}
			}
		})
	}
}
