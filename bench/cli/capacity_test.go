package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// shortProbes make a search of two rates that any machine holds.
var shortProbes = []string{"--message-size", "100", "--duration", "1s", "--warmup", "100ms", "--min-rate", "100", "--max-rate", "200", "--precision", "50%"}

func document(t *testing.T, c *command) *report.CapacityDocument {
	t.Helper()
	var d report.CapacityDocument
	if err := json.Unmarshal(c.stdout.Bytes(), &d); err != nil {
		t.Fatalf("stdout is no document: %v\n%s", err, &c.stdout)
	}
	return &d
}

func TestCapacityIsFoundInterruptedOrNot(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "search")
	c := newCommand(t)
	c.interrupt("mode=transactional,rate=100,txn_size=10  measure", 100*time.Millisecond)
	c.run(t, 130, slices.Concat([]string{"capacity", "--broker", "embedded", "--out", out, "-o", "json", "--progress", "plain",
		"--mode", "idempotent,transactional", "--txn-size", "10", "--slo", "p50(e2e) < 10s", "--slo", "p50(commit) < 10s", "--confirm", "1"}, shortProbes)...)
	if next := "next: kafka-eos-bench capacity --resume " + out; !strings.Contains(c.stderr.String(), next) {
		t.Errorf("stderr does not say %q:\n%s", next, &c.stderr)
	}
	plain := newCommand(t)
	plain.run(t, exitUsage, "run", "--resume", out)

	again := newCommand(t)
	again.run(t, exitOK, "capacity", "--resume", out, "-o", "json", "--progress", "plain")
	d := document(t, again)
	if !d.Complete || len(d.Searches) != 2 || !slices.Equal(d.Objectives, []string{"p50(e2e) < 10s", "p50(commit) < 10s"}) {
		t.Fatalf("%+v", d)
	}
	for _, s := range d.Searches {
		if s.Finding != "above" || *s.Held != 200 || s.Failed != nil || len(s.Rates) != 2 {
			t.Errorf("%+v", s)
		}
	}
	if strings.Count(again.stderr.String(), "mode=idempotent,rate=100  done") > 0 {
		t.Errorf("a finished probe was made again:\n%s", &again.stderr)
	}
	run, err := result.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if !run.Complete || len(run.Trials) < 4 || run.Profile.Values["slo"].Value == "" {
		t.Errorf("complete %v, %d probes, %v", run.Complete, len(run.Trials), run.Profile.Values)
	}
	for _, format := range report.Formats() { // every probe is a trial like any other
		c := newCommand(t)
		c.run(t, exitOK, "report", out, "-o", format)
	}
	shown := newCommand(t)
	shown.run(t, exitOK, "capacity", "--resume", out)
	if text := shown.stdout.String(); !strings.Contains(text, "holds 200 msg/s, the highest rate tried") {
		t.Errorf("stdout:\n%s", text)
	}
	page := newCommand(t)
	page.run(t, exitOK, "report", out, "-o", "html")
	if text := page.stdout.String(); !strings.Contains(text, "<caption>Every rate that was probed</caption>") || !strings.Contains(text, ">1 of 1<") {
		t.Error("the page lacks the table of the search")
	}

	// A probe whose file was cut short is named; deleted, it is made up for.
	probe := filepath.Join(out, "trials", run.Trials[0].ID+".json")
	run.Complete = false
	writeRun(t, out, run)
	truncate(t, probe)
	torn := newCommand(t)
	torn.run(t, exitUsage, "capacity", "--resume", out)
	if text := torn.stderr.String(); !strings.Contains(text, probe+": cut short after ") || !strings.Contains(text, "; delete the file and the search makes up for the trial") {
		t.Errorf("stderr:\n%s", text)
	}
	if err := os.Remove(probe); err != nil {
		t.Fatal(err)
	}
	whole := newCommand(t)
	whole.run(t, exitOK, "capacity", "--resume", out, "-o", "json", "--progress", "none")
	if d := document(t, whole); !d.Complete || len(d.Searches) != 2 || *d.Searches[0].Held != 200 || *d.Searches[1].Held != 200 {
		t.Errorf("%+v", d)
	}
}

// A probe's line names its own rate first, and then those between which the search stands.
func TestProgressNamesTheRateThatWasProbed(t *testing.T) {
	c := compare.NewCapacity("mode=idempotent", "idempotent", nil, compare.Terms{Min: 100, Max: 1e6, Precision: 0.1, Confirm: 2, MaxProbes: 40})
	for i, probe := range []struct {
		rate    float64
		keepsUp bool
		want    string
	}{
		{100, true, "mode=idempotent at 100/s: 1 of 1 probe held"},
		{316, true, "mode=idempotent at 316/s: 1 of 1 probe held"},
		{1000, false, "mode=idempotent at 1,000/s: 0 of 1 probe held (unsustained: 700/s sent); 316/s held (1 of 1 probe)"},
		{1000, false, "mode=idempotent at 1,000/s: 0 of 2 probes held (unsustained: 700/s sent); 316/s held (1 of 1 probe)"},
		{562, false, "mode=idempotent at 562/s: 0 of 1 probe held (unsustained: 393/s sent); 316/s held (1 of 1 probe); 1,000/s failed (0 of 2 probes)"},
		{562, true, "mode=idempotent at 562/s: 1 of 2 probes held (unsustained: 393/s sent); 1,000/s failed (0 of 2 probes)"},
		{562, true, "mode=idempotent at 562/s: 2 of 3 probes held (unsustained: 393/s sent); 1,000/s failed (0 of 2 probes)"},
	} {
		trial := &result.Trial{
			Cell: "mode=idempotent,rate=1", Block: i + 1, Axes: map[string]any{"rate": probe.rate}, Complete: true,
			Sustained: &probe.keepsUp, SentPerS: 0.7 * probe.rate, Guarantee: result.Guarantee{Verdict: result.Held},
		}
		c.Add(trial)
		if got := known(c, trial); got != probe.want {
			t.Errorf("probe %d:\n got %s\nwant %s", i+1, got, probe.want)
		}
	}
}

// The last probe that a search asked for may have ended early by itself: the search is complete all the same.
func TestASearchIsCompleteWhenItIsDone(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "search")
	c := newCommand(t)
	c.run(t, exitOK, slices.Concat([]string{"capacity", "--broker", "embedded", "--out", out, "-o", "json", "--progress", "none", "--mode", "idempotent", "--max-rate", "100"}, shortProbes[:6])...)
	run, err := result.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	early := run.Trials[0]
	early.Block, early.Complete, early.Sustained = 3, false, nil
	early.ID = strings.Replace(early.ID, "b01", "b03", 1)
	early.StartedAt = early.StartedAt.Add(-time.Minute)
	store, err := result.Create(out, run)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.WriteTrial(&early); err != nil {
		t.Fatal(err)
	}
	if err := store.FinishAs(false); err != nil {
		t.Fatal(err)
	}
	again := newCommand(t)
	again.run(t, exitOK, "capacity", "--resume", out, "-o", "json")
	if strings.Contains(again.stderr.String(), "next:") {
		t.Errorf("there is something left to do:\n%s", &again.stderr)
	}
	if run, err = result.Load(out); err != nil || !run.Complete || len(run.Trials) != 3 {
		t.Errorf("got %v, %v", run, err)
	}
}

func TestCapacityThatNothingHoldsIsInconclusive(t *testing.T) {
	t.Parallel()
	c := newCommand(t)
	c.run(t, exitInconclusive, slices.Concat([]string{"capacity", "--broker", "embedded", "--out", filepath.Join(t.TempDir(), "search"), "-o", "json", "--progress", "none",
		"--mode", "idempotent", "--slo", "p50(e2e) < 1us"}, shortProbes)...)
	d := document(t, c)
	if s := d.Searches[0]; s.Finding != "none" || s.Held != nil || s.Probes != 4 || !strings.HasPrefix(s.Why, "p50(e2e) = ") {
		t.Errorf("%+v", s)
	}
}

// A count that a mode does not have says nothing of it: the search of the others is held to it alone.
func TestCapacityAsksWhatConcernsAMode(t *testing.T) {
	t.Parallel()
	c := newCommand(t)
	c.run(t, exitOK, slices.Concat([]string{"capacity", "--broker", "embedded", "--out", filepath.Join(t.TempDir(), "search"), "--progress", "none", "--confirm", "1",
		"--mode", "at-most-once,transactional", "--txn-size", "10", "--slo", "torn == 0", "--slo", "acked_per_s > 1", "--slo", "txn_failed == 0"}, shortProbes)...)
	text := strings.Join(strings.Fields(c.stdout.String()), " ")
	for _, part := range []string{
		"At-most-once holds ", "transactional (10 per transaction), with torn == 0 and acked_per_s > 1 and txn_failed == 0, holds ",
		"torn == 0 was not asked of at-most-once: there is no such figure", "acked_per_s > 1 was not asked of at-most-once",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("stdout does not say %q:\n%s", part, &c.stdout)
		}
	}
}

func TestCapacityRefusesWhatItCannotSearch(t *testing.T) {
	dir := t.TempDir()
	counted := filepath.Join(dir, "counted.yaml")
	if err := os.WriteFile(counted, []byte("mode: idempotent\nmessages: 1000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		says []string
	}{
		{[]string{"--slo", "p99(e2e)"}, []string{"--slo", "p99(e2e) < 100ms"}},
		{[]string{"--slo", "p98(e2e) < 1s"}, []string{"--slo", "p98(e2e)"}},
		{[]string{"--slo", "p99(e2e) > 5ms"}, []string{"--slo p99(e2e) > 5ms", "turn the comparison round"}},
		{[]string{"--slo", "read_per_s < 1k"}, []string{"turn the comparison round"}},
		{[]string{"--slo", "p99(e2e) < 100"}, []string{"--slo", "100ms"}},
		{[]string{"--slo", "p99(commit_due) < 1s"}, []string{"--slo", "--min-rate", "1000 samples"}},
		{[]string{"--slo", "p99(send_offsets) < 1us"}, []string{"--slo p99(send_offsets) < 1µs", "no mode has p99(send_offsets)", "remove it"}},
		{[]string{"--slo", "p99(e2e) < 1s", "--slo", "max(send_offsets) < 1s"}, []string{"--slo max(send_offsets) < 1s", "remove it"}},
		{[]string{"--mode", "at-least-once", "--slo", "p99(commit) < 1s"}, []string{"--slo p99(commit) < 1s", "does not concern mode at-least-once", "add transactional to --mode"}},
		{[]string{"--mode", "at-least-once,idempotent", "--slo", "torn == 0"}, []string{"--slo torn == 0", "mode at-least-once,idempotent", "add transactional to --mode"}},
		{[]string{"--mode", "at-most-once", "--slo", "acked_per_s > 10"}, []string{"acked_per_s", "mode at-most-once", "add at-least-once or idempotent or transactional to --mode"}},
		{[]string{"--min-rate", "max"}, []string{"--min-rate", "20k"}},
		{[]string{"--min-rate", "2k", "--max-rate", "1k"}, []string{"--max-rate", "--min-rate"}},
		{[]string{"--precision", "0"}, []string{"--precision", "10%"}},
		{[]string{"--precision", "wide"}, []string{"--precision"}},
		{[]string{"--confirm", "0"}, []string{"--confirm"}},
		{[]string{"--max-probes", "0"}, []string{"--max-probes"}},
		{[]string{"--readers", "0"}, []string{"--readers"}},
		{[]string{"--rate", "1000"}, []string{"--rate", "--help"}},
		{[]string{counted}, []string{"messages", "duration"}},
		{[]string{"nosuch"}, []string{"nosuch"}},
		{[]string{"-o", "xml"}, []string{"xml", "markdown"}},
		{[]string{"--resume", dir, "--slo", "p99(e2e) < 1s"}, []string{"--resume", "--slo"}},
		{[]string{"--resume", dir}, []string{"--resume", "run.json"}},
	} {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			c := newCommand(t)
			t.Chdir(t.TempDir())
			c.run(t, exitUsage, append([]string{"capacity"}, tc.args...)...)
			text := c.stderr.String()
			if n := strings.Count(strings.TrimSpace(text), "\n"); n != 0 {
				t.Errorf("%d lines, want one:\n%s", n+1, text)
			}
			for _, part := range tc.says {
				if !strings.Contains(text, part) {
					t.Errorf("the error does not say %q:\n%s", part, text)
				}
			}
			if left, _ := os.ReadDir("."); len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}

func TestCapacitySaysWhatItWillTake(t *testing.T) {
	c := newCommand(t)
	c.os.Env = append(c.os.Env, "KEB_BOOTSTRAP_SERVERS=127.0.0.1:1")
	c.run(t, exitCluster, "capacity", "--mode", "idempotent", "--out", filepath.Join(t.TempDir(), "x"))
	// From two probes of the lowest rate to the whole climb, halving and confirming; 15 s each, and 15 s to warm up. A probe sends for 13 s,
	// 1 kB a record, to three replicas.
	want := "profile capacity: 1 cell, 2 to 19 probes, about 45s to 5m0s (15s of it to warm up), 7.8 MB to 307 GB written, up to 39 GB in one probe if 1,000,000/s are held; " +
		"noise and missed objectives take more, 40 a cell at most (3 replicas of each record)"
	if !strings.Contains(c.stderr.String(), want) {
		t.Errorf("stderr does not say %q:\n%s", want, &c.stderr)
	}
}

func TestSpace(t *testing.T) {
	free := func(dir string) (uint64, error) {
		if dir == "gone" {
			return 0, os.ErrNotExist
		}
		return 20e9, nil
	}
	for _, tc := range []struct {
		dirs          []string
		least, atMost float64
		warning, err  string
	}{
		{dirs: nil, least: 1e12, atMost: 1e12},
		{dirs: []string{"gone"}, least: 1e12, atMost: 1e12},
		{dirs: []string{"data"}, least: 10e9, atMost: 10e9},
		{dirs: []string{"data"}, least: 1e6, atMost: 13e9, warning: "a probe writes up to 13 GB, more than half of the 20 GB left on the disk of data: lower --max-rate"},
		{dirs: []string{"gone", "data"}, least: 11e9, atMost: 13e9, err: "a trial writes up to 11 GB, more than half of the 20 GB left on the disk of data: lower --rate"},
	} {
		warnings, err := spaceFor(tc.dirs, forecast{least: tc.least, atMost: tc.atMost}, free)
		if got := strings.Join(warnings, "\n"); (tc.warning == "") != (got == "") || !strings.Contains(got, tc.warning) {
			t.Errorf("%+v: warnings %q", tc, got)
		}
		if (tc.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%+v: error %v", tc, err)
		}
	}
}
