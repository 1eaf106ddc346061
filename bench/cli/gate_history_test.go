package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/history"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

func TestGatedRunsAreRemembered(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "history.csv")
	began := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	run := func(name string, day int, change func(*result.Run)) string {
		return storedRun(t, filepath.Join(dir, name), 6, func(r *result.Run) {
			r.StartedAt = began.AddDate(0, 0, day)
			if change != nil {
				change(r)
			}
		})
	}
	rules := []string{"gate", "--history", file, "--require", "read_per_s >= 20k for mode=transactional", "--require", "cost(read_per_s) < 95%", "--require", "foreign == 0"}
	gated := func(code int, args ...string) *command {
		t.Helper()
		c := newCommand(t)
		c.run(t, code, append(rules, args...)...)
		return c
	}
	first := run("first", 0, nil)
	gated(exitOK, first)
	gated(exitFailed, run("second", 1, func(r *result.Run) {
		for i := range r.Trials {
			readFaster(&r.Trials[i], 0.5)
		}
	}), "--release", "v1.1")
	again := gated(exitOK, first)
	if !strings.Contains(again.stderr.String(), "has run 001-first already") {
		t.Errorf("got %s", &again.stderr)
	}
	broken := gated(exitBroken, run("broken", 2, breaks))
	if !strings.Contains(broken.stderr.String(), "warning: the run is not added to "+file+": read_per_s for mode=transactional") {
		t.Errorf("got %s", &broken.stderr)
	}
	h, err := history.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Series) != 1 || h.Series[0].String() != "read_per_s for mode=transactional,txn_size=100" || len(h.Rows) != 2 {
		t.Fatalf("got %+v", h)
	}
	if a, b := h.Rows[0], h.Rows[1]; a.Release != a.Run || a.Gate != "pass" || a.Broker != "4.3.1" || !strings.HasPrefix(a.Client, "librdkafka ") || !a.Time.Equal(began) ||
		b.Release != "v1.1" || b.Gate != "fail" || b.Values[0] > 0.6*a.Values[0] {
		t.Errorf("got %+v", h.Rows)
	}

	before, _ := os.ReadFile(file)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"other figures":  {[]string{"gate", first, "--history", file, "--require", "sent_per_s > 1"}, `history.csv: it has no column "sent_per_s for mode=`},
		"only counts":    {[]string{"gate", first, "--history", file, "--require", "foreign == 0"}, "nothing but counts, which have no trend"},
		"no history":     {[]string{"gate", first, "--release", "v1", "--require", "read_per_s > 1"}, "--release says what a history calls the run, and there is none"},
		"no rules":       {[]string{"gate", first, "--history", file}, "there are no rules"},
		"no such file":   {[]string{"gate", first, "--history", first, "--require", "read_per_s > 1"}, "--history: "},
		"known earlier":  {[]string{"run", "--broker", "embedded", "--rate", "max", "--history", file, "--blocks", "6", "--require", "sent_per_s > 1"}, `it has no column`},
		"an earlier run": {append(rules[:len(rules):len(rules)], run("earlier", -1, nil)), "a history grows at its end"},
	} {
		t.Run(name, func(t *testing.T) {
			command := newCommand(t)
			t.Chdir(t.TempDir())
			command.run(t, exitUsage, c.args...)
			if !strings.Contains(command.stderr.String(), c.want) {
				t.Errorf("it does not say %q:\n%s", c.want, &command.stderr)
			}
		})
	}
	if after, _ := os.ReadFile(file); string(after) != string(before) {
		t.Errorf("it was written to:\n%s", after)
	}

	out := filepath.Join(dir, "plots")
	plot := newCommand(t)
	plot.run(t, exitOK, "plot", "--history", file, "--out", out, "--format", "svg")
	if got := plot.stdout.String(); got != filepath.Join(out, "history-read_per_s.svg")+"\n" {
		t.Errorf("got %s", got)
	}
	for want, args := range map[string][]string{
		"the history has no column of p99(e2e): known are read_per_s":              {"--history", file, "--metric", "p99(e2e)"},
		"--metric: \"p99(e2)\" is no figure":                                       {"--history", file, "--metric", "p99(e2)"},
		"give one of the two":                                                      {"--history", file, first},
		"name figures of the history with --metric":                                {"--history", file, "--only", "cost"},
		"name a file that 'gate --history' wrote":                                  {"--history", filepath.Join(dir, "none.csv")},
		"--metric names figures of a history: give its file with --history":        {first, "--metric", "p99(e2e)"},
		"RUN is missing: give a run's directory or its run.json, as in 'kafka-eos": {},
	} {
		c := newCommand(t)
		c.run(t, exitUsage, append([]string{"plot", "--out", out}, args...)...)
		if !strings.Contains(c.stderr.String(), want) {
			t.Errorf("%v: %s", args, &c.stderr)
		}
	}
}
