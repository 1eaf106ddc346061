package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlotDrawsAStoredRun(t *testing.T) {
	t.Parallel()
	run := filepath.Join(t.TempDir(), "run")
	c := newCommand(t)
	c.run(t, exitOK, append([]string{"run", "--broker", "embedded", "--progress", "none", "--out", run},
		with("--mode", "at-least-once,transactional", "--txn-size", "10,20")...)...)

	out := filepath.Join(t.TempDir(), "figures")
	c = newCommand(t)
	c.run(t, exitOK, "plot", run, "--out", out, "--theme", "light,dark")
	paths := strings.Fields(c.stdout.String())
	if len(paths) < 5*2*2 {
		t.Errorf("%d files:\n%s", len(paths), &c.stdout)
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v", path, err)
		}
	}
	if !strings.Contains(c.stderr.String(), "skipped throughput: no cell ran at max") {
		t.Errorf("what is skipped is not said:\n%s", &c.stderr)
	}

	alone := newCommand(t)
	alone.run(t, exitOK, "plot", filepath.Join(run, "run.json"), "--out", out, "--only", "cpu,lag", "--format", "svg")
	if got := alone.stdout.String(); got != filepath.Join(out, "cpu.svg")+"\n" || !strings.Contains(alone.stderr.String(), "skipped lag: it takes the run's directory") {
		t.Errorf("of a lone run.json: %s%s", got, &alone.stderr)
	}
	nothing := newCommand(t)
	nothing.run(t, exitInconclusive, "plot", run, "--out", filepath.Join(out, "none"), "--only", "ladder")
	if _, err := os.Stat(filepath.Join(out, "none")); err == nil {
		t.Error("a directory was made for nothing")
	}
}

func TestPlotRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"nowhere"}, "name a run's directory or its run.json"},
		{[]string{"nowhere", "--only", "costs"}, "did you mean cost?"},
		{[]string{"nowhere", "--format", "gif"}, "--format gif: use png, svg or both"},
		{[]string{"nowhere", "--theme", "sepia"}, "--theme sepia: use light, dark or both"},
		{[]string{"nowhere", "--reference", "hope"}, "--reference hope: there is no such mode"},
		{[]string{"nowhere", "--out", "plot_test.go"}, "--out plot_test.go: plot_test.go is no directory: name another"},
		{[]string{"nowhere", "--out", "plot_test.go/figures"}, "--out plot_test.go/figures: stat plot_test.go/figures: not a directory; name another directory"},
		{nil, "RUN is missing: give a run's directory or its run.json, as in 'kafka-eos-bench plot results/"},
	} {
		command := newCommand(t)
		command.run(t, exitUsage, append([]string{"plot"}, c.args...)...)
		if got := command.stderr.String(); !strings.Contains(got, c.want) {
			t.Errorf("%v: %s", c.args, got)
		}
	}
}
