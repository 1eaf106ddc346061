package cli

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
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
	settings := []string{"--mode", "idempotent,transactional", "--txn-size", "20", "--blocks", "2", "--seed", "9", "--rate", "200",
		"--duration", "1s", "--warmup", "100ms", "--message-size", "100", "--expect", "unsustained"}
	c := newCommand(t)
	c.interrupt("[2/4]", 100*time.Millisecond)
	c.run(t, 130, slices.Concat([]string{"run", "--broker", "embedded", "--out", out, "--progress", "plain", "-X", "sasl.password=hush"}, settings)...)
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
	far := elsewhere
	far.Broker.Version, far.Broker.ReplicationFactor, far.Machine.Kernel, far.Tool.Version, far.Tool.Go = new("0.1"), 7, "0.1", "0.0.1", "go1.0"
	longer := *begun
	longer.Profile.Values = maps.Clone(begun.Profile.Values)
	longer.Profile.Values["duration"] = result.Value{Value: "3s", Source: "flag"}
	for _, tc := range []struct {
		stored *result.Run
		args   []string
		code   int
		says   []string
	}{
		{begun, nil, exitUsage, []string{"sasl.password", "-X"}},
		{begun, []string{"-X", "sasl.password=hush", "--rate", "300"}, exitUsage, []string{"--resume", "leave --rate out, or begin a new run in another directory"}},
		{begun, []string{"-X", "sasl.password=hush", "-X", "linger.ms=1"}, exitUsage, []string{"linger.ms"}},
		{&longer, []string{"-X", "sasl.password=hush"}, exitUsage, []string{begun.Trials[0].ID, "its window is 1s, planned 3s", "or begin a new run in another directory"}},
		{&elsewhere, []string{"-X", "sasl.password=hush"}, exitInconclusive, []string{"another CPU", "0123456", "cannot be continued",
			"; continue it where it began, or begin a new run in another directory"}},
		{&far, []string{"-X", "sasl.password=hush"}, exitInconclusive, []string{": broker version: 0.1 → ", "; and 2 more: " + filepath.Join(out, "run.json") + " has what it began on; continue it"}},
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
	unlock, err := result.Lock(out)
	if err != nil {
		t.Fatal(err)
	}
	second := newCommand(t)
	second.run(t, exitUsage, "run", "--resume", out, "--progress", "plain", "-X", "sasl.password=hush")
	if says := out + " is being written by another kafka-eos-bench"; !strings.Contains(second.stderr.String(), says) || strings.Contains(second.stderr.String(), "measuring on") {
		t.Errorf("stderr does not say %q, or it went on:\n%s", says, &second.stderr)
	}
	unlock()
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
	whole := measured(t, place{"embedded", []string{"--broker", "embedded"}}, exitOK, settings...)
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

// truncate leaves half of a file.
func truncate(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// What a full disk or a lost machine left of a trial is named; once the file is deleted the trial is measured again.
func TestATrialThatWasCutShortOnDiskIsMeasuredAgain(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "run")
	newCommand(t).run(t, exitOK, slices.Concat([]string{"run", "--broker", "embedded", "--out", out, "--progress", "none", "--blocks", "2", "--mode", "idempotent"}, quickly)...)
	whole, err := result.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	victim := filepath.Join(out, "trials", whole.Trials[0].ID+".json")
	truncate(t, victim)
	refused := func(says ...string) {
		t.Helper()
		c := newCommand(t)
		c.run(t, exitUsage, "run", "--resume", out)
		for _, part := range says {
			if !strings.Contains(c.stderr.String(), part) {
				t.Errorf("the error does not say %q:\n%s", part, &c.stderr)
			}
		}
		if strings.Contains(c.stderr.String(), "measuring on") {
			t.Error("something ran")
		}
	}
	refused("--resume: ", victim+": cut short after ", "the run is complete: give "+filepath.Join(out, "run.json")+", which holds every trial, to report or compare")
	newCommand(t).run(t, exitOK, "report", filepath.Join(out, "run.json"))

	interrupted := *whole
	interrupted.Complete = false
	writeRun(t, out, &interrupted)
	refused("--resume: ", victim+": cut short after ", "; delete the file and the trial is measured again")
	if err := os.Remove(victim); err != nil {
		t.Fatal(err)
	}
	newCommand(t).run(t, exitOK, "run", "--resume", out, "--progress", "none")
	again, err := result.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := trialIDs(again.Trials), trialIDs(whole.Trials); !again.Complete || !slices.Equal(got, want) {
		t.Errorf("complete %v, got %v, want %v", again.Complete, got, want)
	}
	if first, second := again.Trials[0].StartedAt, again.Trials[1].StartedAt; !first.After(whole.Trials[1].StartedAt) || !second.Equal(whole.Trials[1].StartedAt) {
		t.Error("another trial was measured than the one whose file was gone")
	}

	truncate(t, filepath.Join(out, "run.json"))
	refused("--resume: ", "run.json: cut short after ", "put the file back, or begin a new run in another directory")
}

// Between reading a run and locking it, another process may have gone on with it.
func TestARunThatChangedIsNotContinued(t *testing.T) {
	dir := storedRun(t, filepath.Join(t.TempDir(), "run"), 2, nil)
	earlier, err := result.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := own(dir, earlier)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	earlier.Trials = earlier.Trials[:3]
	if _, err := own(dir, earlier); exitCode(t.Context(), err) != exitUsage || !strings.Contains(err.Error(), "give the command again") {
		t.Errorf("got %v", err)
	}
	if unlock, err = own(dir, nil); err != nil {
		t.Fatalf("it stayed locked: %v", err)
	}
	unlock()
}

func TestStoredTrialsHaveTheConfigurationOfTheirPlan(t *testing.T) {
	profile, err := workload.Resolve(nil, nil, map[string]string{"mode": "transactional", "linger": "5ms"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, planned, err := layOut(profile)
	if err != nil {
		t.Fatal(err)
	}
	producer, reader, err := librdkafka.New().Effective(planned[0].Workload)
	if err != nil {
		t.Fatal(err)
	}
	stored := result.Trial{ID: planned[0].ID, Cell: planned[0].Cell, ClientConfig: result.ClientConfig{Producer: producer, Reader: reader}}
	if err := sameConfig(planned, []result.Trial{stored}); err != nil {
		t.Error(err)
	}
	for says, change := range map[string]func(*result.ClientConfig){
		"producer of linger.ms=7, and would be with 5 now":      func(c *result.ClientConfig) { c.Producer["linger.ms"] = "7" },
		"producer of batch.size=–, and would be with 65536 now": func(c *result.ClientConfig) { delete(c.Producer, "batch.size") },
		"reader of fetch.min.bytes=9, and would be with 1 now":  func(c *result.ClientConfig) { c.Reader["fetch.min.bytes"] = "9" },
		"reader of fetch.max.wait=1, and would be with – now":   func(c *result.ClientConfig) { c.Reader["fetch.max.wait"] = "1" },
	} {
		other := stored
		other.ClientConfig = result.ClientConfig{Producer: maps.Clone(producer), Reader: maps.Clone(reader)}
		change(&other.ClientConfig)
		if err := sameConfig(planned, []result.Trial{stored, other}); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), other.ID) {
			t.Errorf("got %v, want %q", err, says)
		}
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
