package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// interrupt sends a signal some time into the first phase after stderr says something.
func (c *command) interrupt(says string, after time.Duration) {
	go func() {
		for !strings.Contains(c.stderr.String(), says) {
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(after)
		c.signals <- syscall.SIGINT
	}()
}

func trialIDs(trials []result.Trial) (ids []string) {
	for _, t := range trials {
		ids = append(ids, t.ID)
	}
	return ids
}

func TestInterruptedRunIsContinuedAsItBegan(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "run")
	workload := []string{"--mode", "idempotent,transactional", "--txn-size", "20", "--blocks", "2", "--seed", "9", "--rate", "200",
		"--duration", "1s", "--warmup", "100ms", "--message-size", "100", "--expect", "unsustained"}
	c := newCommand(t)
	c.interrupt("[2/4]", 100*time.Millisecond)
	c.run(t, 130, slices.Concat([]string{"run", "--broker", "embedded", "--out", out, "--progress", "plain", "-X", "sasl.password=hush"}, workload)...)
	next := "next    kafka-eos-bench run --resume " + out + " -X sasl.password=…"
	if !strings.Contains(c.stdout.String(), next) {
		t.Errorf("stdout does not say %q:\n%s", next, &c.stdout)
	}
	begun, err := result.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if begun.Complete || len(begun.Trials) == 0 || len(begun.Trials) > 2 {
		t.Fatalf("complete %v, %d trials", begun.Complete, len(begun.Trials))
	}

	// What is not the same run is refused, and changes nothing.
	elsewhere := *begun
	elsewhere.Machine.CPU, elsewhere.Tool.Commit = "another CPU", "0123456"
	for _, tc := range []struct {
		stored *result.Run
		args   []string
		code   int
		says   []string
	}{
		{begun, nil, exitUsage, []string{"sasl.password", "-X"}},
		{begun, []string{"-X", "sasl.password=hush", "--rate", "300"}, exitUsage, []string{"--resume", "--rate"}},
		{begun, []string{"-X", "sasl.password=hush", "-X", "linger.ms=1"}, exitUsage, []string{"linger.ms"}},
		{&elsewhere, []string{"-X", "sasl.password=hush"}, exitInconclusive, []string{"another CPU", "0123456", "cannot be continued"}},
	} {
		writeRun(t, out, tc.stored)
		c := newCommand(t)
		c.run(t, tc.code, append([]string{"run", "--resume", out}, tc.args...)...)
		for _, part := range tc.says {
			if !strings.Contains(c.stderr.String(), part) {
				t.Errorf("%v: the error does not say %q:\n%s", tc.args, part, &c.stderr)
			}
		}
	}
	writeRun(t, out, begun)
	capacity := newCommand(t)
	capacity.run(t, exitUsage, "capacity", "--resume", out, "-X", "sasl.password=hush")

	again := newCommand(t)
	again.run(t, exitOK, "run", "--resume", out, "--progress", "plain", "-X", "sasl.password=hush")
	ended, err := result.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if !ended.Complete || len(ended.Trials) != 4 || ended.RunID != begun.RunID || !ended.StartedAt.Equal(begun.StartedAt) {
		t.Fatalf("complete %v, %d trials, run %s, begun as %s", ended.Complete, len(ended.Trials), ended.RunID, begun.RunID)
	}
	if !ended.Trials[0].StartedAt.Equal(begun.Trials[0].StartedAt) {
		t.Error("a finished trial was measured again")
	}
	if i := slices.IndexFunc(ended.Warnings, func(w string) bool { return strings.HasPrefix(w, "interrupted and continued at ") }); i < 0 {
		t.Errorf("the run does not say that it was interrupted: %q", ended.Warnings)
	}
	if left, _ := filepath.Glob(filepath.Join(out, "trials", "*.partial")); len(left) > 0 {
		t.Errorf("partial files are left: %v", left)
	}

	// The same trials, in the same order, as in one go.
	whole := measured(t, place{"embedded", []string{"--broker", "embedded"}}, exitOK, workload...)
	if got, want := trialIDs(ended.Trials), trialIDs(whole.Trials); !slices.Equal(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}

	// A complete run has nothing left, and is shown without a broker.
	shown := newCommand(t)
	shown.run(t, exitOK, "run", "--resume", out, "-X", "sasl.password=hush")
	if !strings.Contains(shown.stdout.String(), "2 cells, 4 trials") {
		t.Errorf("stdout:\n%s", &shown.stdout)
	}
}

func writeRun(t *testing.T, dir string, run *result.Run) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := result.Encode(f, run); err != nil {
		t.Fatal(err)
	}
}

// A trial that fails for the cluster's sake ends the run: the others would too. What is missing can be measured later.
func TestADeadClusterEndsTheRun(t *testing.T) {
	t.Parallel()
	target, err := broker.Open(t.Context(), broker.Options{Kind: broker.Embedded, Nodes: 1, CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "run")
	c := newCommand(t)
	go func() {
		for !strings.Contains(c.stderr.String(), "[1/4]") || !strings.Contains(c.stderr.String(), "done") {
			time.Sleep(20 * time.Millisecond)
		}
		_ = target.Close(context.Background())
	}()
	c.run(t, exitCluster, append([]string{"run", "-b", target.Bootstrap, "--mode", "at-least-once", "--blocks", "4", "--out", out, "--progress", "plain",
		"-X", "message.timeout.ms=1000", "-X", "socket.timeout.ms=1000"}, quickly...)...)
	run, err := result.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if run.Complete || len(run.Trials) == 0 || len(run.Trials) == 4 {
		t.Errorf("complete %v, %d trials", run.Complete, len(run.Trials))
	}
	if i := slices.IndexFunc(run.Warnings, func(w string) bool { return strings.Contains(w, "mode=at-least-once) failed: ") }); i < 0 {
		t.Errorf("the run does not say what failed: %q", run.Warnings)
	}
	if next := "next    kafka-eos-bench run --resume " + out + " -b " + target.Bootstrap; !strings.Contains(c.stdout.String(), next) {
		t.Errorf("stdout does not say %q:\n%s", next, &c.stdout)
	}
	// The address is not stored: it has to be named again.
	c = newCommand(t)
	c.run(t, exitUsage, "run", "--resume", out)
	if !strings.Contains(c.stderr.String(), "-b") {
		t.Errorf("stderr:\n%s", &c.stderr)
	}
}
