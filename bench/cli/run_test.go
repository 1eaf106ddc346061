package cli

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// everywhere runs a case on each broker the suite has.
func everywhere(t *testing.T, test func(*testing.T, place)) {
	for _, p := range places(t) {
		t.Run(p.name, func(t *testing.T) { test(t, p) })
	}
}

// quickly makes trials short and easy. Whether a rate is sustained depends on the machine and its hour: only the
// cases that are about it look at it.
var quickly = []string{"--duration", "1s", "--warmup", "200ms", "--message-size", "200", "--rate", "200", "--expect", "unsustained"}

func with(args ...string) []string { return append(slices.Clone(quickly), args...) }

func TestEveryModeHoldsItsGuaranteeAndItsCountsAddUp(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on place) {
		run := measured(t, on, exitOK, with("--mode", "all", "--txn-size", "10,20", "--producers", "2", "--readers", "2")...)
		if !run.Complete || len(run.Trials) != 5 {
			t.Fatalf("complete %v, %d trials, want 5", run.Complete, len(run.Trials))
		}
		for _, trial := range run.Trials {
			t.Run(trial.Cell, func(t *testing.T) { checkCounts(t, trial) })
		}
	})
}

func checkCounts(t *testing.T, trial result.Trial) {
	const due = 200
	g := trial.Guarantee
	if g.Verdict != result.Held || !trial.Complete || trial.Saturated {
		t.Fatalf("guarantee %s %v, complete %v %v", g.Verdict, g.Reasons, trial.Complete, trial.Warnings)
	}
	if g.Sent != g.Acked || g.Acked != *g.Read || *g.Lost+*g.Duplicate+*g.Reordered+*g.Foreign+*g.Redelivered != 0 {
		t.Errorf("the ledger does not add up: %+v", g)
	}
	w := trial.Window
	if *w.Due != due || w.Committed > due || *trial.Sustained && w.Committed != due {
		t.Errorf("%d records due in the window, %d committed; want %d", *w.Due, w.Committed, due)
	}
	if e := trial.LatencyUS["e2e"]; e.Count+e.Censored != w.Committed {
		t.Errorf("e2e has %d samples and %d censored, %d records were committed", e.Count, e.Censored, w.Committed)
	}
	transactional := trial.Mode == "transactional"
	for _, m := range measure.Metrics() {
		_, has := trial.LatencyUS[m.String()]
		want := transactional
		switch m {
		case measure.Schedule, measure.Blocked, measure.E2E:
			want = true
		case measure.Ack, measure.Service:
			want = trial.Mode != "at-most-once"
		case measure.SendOffsets:
			want = false
		}
		if has != want {
			t.Errorf("histogram %s: there %v, want %v", m, has, want)
		}
	}
	if !transactional {
		if trial.Transactions != nil || trial.TxnSize != nil {
			t.Errorf("transactions %v of size %v without a transactional mode", trial.Transactions, trial.TxnSize)
		}
		return
	}
	commits := trial.LatencyUS["commit"]
	if n := w.Committed / int64(*trial.TxnSize); trial.Transactions.Committed != n || commits.Count != n {
		t.Errorf("%d transactions, %d timed; want %d", trial.Transactions.Committed, commits.Count, n)
	}
	for _, name := range []string{"commit_flush", "commit_end", "commit_due", "visibility_first", "visibility_last"} {
		if l := trial.LatencyUS[name]; l.Count+l.Censored != commits.Count {
			t.Errorf("%s has %d samples, commit %d", name, l.Count, commits.Count)
		}
	}
	if parts := *trial.LatencyUS["commit_flush"].Mean + *trial.LatencyUS["commit_end"].Mean; math.Abs(parts-*commits.Mean) > 0.02**commits.Mean+2 {
		t.Errorf("flush and end take %.0f µs, the commit %.0f", parts, *commits.Mean)
	}
}

func TestOneCommitARecordIsUnsustainedAndSaysWhatToChange(t *testing.T) {
	everywhere(t, func(t *testing.T, on place) {
		// An embedded broker commits faster than a real one: a rate that no broker holds.
		run := measured(t, on, exitInconclusive, with("--mode", "transactional", "--txn-size", "1", "--rate", "20000", "--producers", "1", "--expect", "sustained")...)
		trial := run.Trials[0]
		text := strings.Join(trial.Warnings, "\n")
		if *trial.Sustained || trial.Guarantee.Verdict != result.Held {
			t.Fatalf("sustained %v, guarantee %s", *trial.Sustained, trial.Guarantee.Verdict)
		}
		for _, part := range []string{"unsustained", "needs 20000 commits/s", "--txn-size of at least", "--producers", "lower --rate"} {
			if !strings.Contains(text, part) {
				t.Errorf("the warnings do not say %q:\n%s", part, text)
			}
		}
	})
}

func TestRateMaxBoundsEveryModeAlike(t *testing.T) {
	everywhere(t, func(t *testing.T, on place) {
		run := measured(t, on, exitOK, with("--mode", "all", "--rate", "max", "--in-flight", "500", "--txn-size", "200")...)
		for _, trial := range run.Trials {
			if trial.Guarantee.Verdict != result.Held || !trial.Saturated || trial.Sustained != nil || trial.DuePerS != nil {
				t.Errorf("%s: guarantee %s %v, saturated %v, sustained %v", trial.Cell, trial.Guarantee.Verdict, trial.Guarantee.Reasons, trial.Saturated, trial.Sustained)
			}
			if trial.Throughput.ReadPerS == nil || *trial.Throughput.ReadPerS <= 0 {
				t.Errorf("%s: nothing was read", trial.Cell)
			}
			for _, name := range []string{"schedule", "blocked", "commit_due"} {
				if _, has := trial.LatencyUS[name]; has {
					t.Errorf("%s: histogram %s exists at max", trial.Cell, name)
				}
			}
			if e := trial.LatencyUS["e2e"]; e.Count+e.Censored != trial.Window.Committed {
				t.Errorf("%s: e2e has %d samples, %d records were committed", trial.Cell, e.Count, trial.Window.Committed)
			}
		}
	})
}

func TestAbortedRecordsStayHiddenUnlessReadUncommitted(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on place) {
		aborts := with("--mode", "transactional", "--txn-size", "5", "--abort-ratio", "0.2")
		committed := measured(t, on, exitOK, aborts...).Trials[0]
		g := committed.Guarantee
		if g.Verdict != result.Held || g.Aborted == 0 || *g.AbortedRead != 0 || committed.Transactions.Aborted == 0 || *committed.Sustained && committed.Transactions.Aborted != 8 {
			t.Fatalf("read_committed: %+v, %+v", g, committed.Transactions)
		}
		uncommitted := measured(t, on, exitOK, append(aborts, "--isolation", "read_uncommitted")...).Trials[0]
		g = uncommitted.Guarantee
		if g.Verdict != result.NotPromised || *g.AbortedRead != g.Aborted || g.Aborted == 0 {
			t.Fatalf("read_uncommitted: %+v", g)
		}
		for _, trial := range []result.Trial{committed, uncommitted} {
			if e := trial.LatencyUS["e2e"]; e.Count+e.Censored != trial.Window.Committed {
				t.Errorf("e2e has %d samples and %d censored, %d records were committed", e.Count, e.Censored, trial.Window.Committed)
			}
		}
	})
}

func TestTransactionsOverTopicsAndByInterval(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on place) {
		run := measured(t, on, exitOK, with("--mode", "transactional", "--txn-interval", "100ms", "--txn-topics", "3", "--partitions", "2", "--keys", "50",
			"--arrival", "poisson", "--readers", "3", "--payload", "text")...)
		trial := run.Trials[0]
		if trial.Guarantee.Verdict != result.Held {
			t.Fatalf("guarantee %s %v", trial.Guarantee.Verdict, trial.Guarantee.Reasons)
		}
		if n := trial.Transactions.Committed; n < 1 || n > 11 {
			t.Errorf("%d transactions of 100 ms in 1 s", n)
		}
		if trial.TxnSize != nil {
			t.Errorf("transactions closed by an interval have size %d", *trial.TxnSize)
		}
	})
}

func TestMessagesBoundTheWindow(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on place) {
		for _, rate := range []string{"400", "max"} {
			run := measured(t, on, exitOK, "--mode", "at-least-once,transactional", "--messages", "401", "--producers", "2", "--rate", rate, "--warmup", "200ms", "--message-size", "100", "--expect", "unsustained")
			for _, trial := range run.Trials {
				if trial.Window.Committed != 401 || trial.LatencyUS["e2e"].Count != 401 {
					t.Errorf("rate %s, %s: %+v, e2e %d, %+v, %v; want 401 records", rate, trial.Cell, trial.Window, trial.LatencyUS["e2e"].Count, trial.Transactions, trial.Warnings)
				}
			}
		}
	})
}

func TestWithoutReadersNothingIsChecked(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on place) {
		run := measured(t, on, exitOK, with("--mode", "idempotent,transactional", "--readers", "0")...)
		for _, trial := range run.Trials {
			g := trial.Guarantee
			if g.Verdict != result.Unchecked || g.Read != nil || g.Lost != nil || trial.Lag != nil || trial.Throughput.ReadPerS != nil {
				t.Errorf("%s: %+v", trial.Cell, g)
			}
			if _, has := trial.LatencyUS["e2e"]; has {
				t.Errorf("%s: e2e exists without readers", trial.Cell)
			}
		}
	})
}

func TestFlushControlLosesBatching(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, on place) {
		run := measured(t, on, exitOK, with("--mode", "idempotent", "--flush-every", "0,5", "-X", "linger.ms=80")...)
		if len(run.Trials) != 2 || run.Trials[0].Guarantee.Verdict != result.Held {
			t.Fatalf("%d trials, %+v", len(run.Trials), run.Trials[0].Guarantee)
		}
		means := map[bool]float64{}
		for _, trial := range run.Trials {
			means[trial.Axes["flush_every"] != nil] = *trial.LatencyUS["service"].Mean
		}
		if means[true] >= means[false] {
			t.Errorf("flushing every 5 records takes %.0f µs to an acknowledgement, lingering 80 ms %.0f", means[true], means[false])
		}
	})
}

func TestInterruptKeepsWhatFinished(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	out := filepath.Join(t.TempDir(), "run")
	c := newCommand(t)
	go func() {
		for !strings.Contains(c.stderr.String(), "[1/2]") || !strings.Contains(c.stderr.String(), "done") {
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(3 * time.Second) // into the second trial's window
		c.signals <- syscall.SIGINT
	}()
	c.run(t, 130, "run", "--broker", "embedded", "--mode", "idempotent,transactional", "--rate", "200", "--duration", "4s", "--warmup", "100ms", "--out", out, "--progress", "plain")
	run, err := result.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if run.Complete || len(run.Trials) != 2 || !run.Trials[0].Complete || run.Trials[1].Complete {
		t.Fatalf("run complete %v, %d trials", run.Complete, len(run.Trials))
	}
	if v := run.Trials[1].Guarantee.Verdict; v != result.Held {
		t.Errorf("the trial cut short: guarantee %s %v", v, run.Trials[1].Guarantee.Reasons)
	}
	if run.Trials[1].WindowS >= 4 {
		t.Errorf("the trial cut short has a window of %g s", run.Trials[1].WindowS)
	}
}

func TestBrokerThatDiesLeavesAResultAndAnEnd(t *testing.T) {
	t.Parallel()
	for mode, code := range map[string]int{
		"at-least-once": exitInconclusive, // it went on to its end, which nobody could verify
		"transactional": exitUnexpected,   // a commit without an answer ended the producer
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			target, err := broker.Open(t.Context(), broker.Options{Kind: broker.Embedded, Nodes: 1, CacheDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "run")
			c := newCommand(t)
			go func() {
				for !strings.Contains(c.stderr.String(), "measure") {
					time.Sleep(20 * time.Millisecond)
				}
				_ = target.Close(context.Background())
			}()
			// The broker is given up after a second or two; a minute is the default.
			c.run(t, code, "run", "-b", target.Bootstrap, "--mode", mode, "--rate", "100", "--duration", "3s", "--warmup", "100ms",
				"-X", "message.timeout.ms=1000", "-X", "transaction.timeout.ms=2000", "-X", "socket.timeout.ms=1000", "--out", out, "--progress", "plain")
			run, err := result.Load(out)
			if err != nil {
				t.Fatal(err)
			}
			if len(run.Trials) != 1 || run.Trials[0].Guarantee.Verdict != result.Incomplete {
				t.Errorf("complete %v, trials %+v", run.Complete, run.Trials)
			}
		})
	}
}

func TestUnreachableClusterIsSaidWithinBounds(t *testing.T) {
	t.Parallel()
	c := newCommand(t)
	began := time.Now()
	c.run(t, exitCluster, "run", "-b", "127.0.0.1:1", "--out", filepath.Join(t.TempDir(), "run"))
	if took := time.Since(began); took > 2*dialTimeout {
		t.Errorf("it took %s", took)
	}
	if !strings.Contains(c.stderr.String(), "127.0.0.1:1") {
		t.Errorf("the address is not named:\n%s", &c.stderr)
	}
}

func TestReportPrintsTheStoredRunAgain(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "run")
	c := newCommand(t)
	c.run(t, exitOK, append([]string{"run", "--broker", "embedded", "--mode", "at-least-once,transactional", "--out", out, "-o", "markdown"}, quickly...)...)
	again := newCommand(t)
	again.run(t, exitOK, "report", out, "-o", "markdown")
	if c.stdout.String() != again.stdout.String() {
		t.Errorf("report differs from run:\n%s\n%s", &c.stdout, &again.stdout)
	}
	for _, format := range []string{"text", "json", "csv"} {
		c := newCommand(t)
		c.run(t, exitOK, "report", filepath.Join(out, "run.json"), "-o", format)
		if len(c.stdout.Bytes()) == 0 {
			t.Errorf("nothing printed as %s", format)
		}
	}
	names, _ := filepath.Glob(filepath.Join(out, "trials", "*"))
	if len(names) != 8 {
		t.Errorf("a trial leaves json, hlog, csv and lag.csv: %v", names)
	}
	for _, name := range names {
		if filepath.Ext(name) == ".hlog" {
			checkLog(t, name)
		}
	}
}

// checkLog holds a histogram log against its trial: their counts are the same.
func checkLog(t *testing.T, name string) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	logged, err := measure.ReadLog(f)
	if err != nil {
		t.Fatal(err)
	}
	run, err := result.Load(filepath.Dir(filepath.Dir(name)))
	if err != nil {
		t.Fatal(err)
	}
	id := strings.TrimSuffix(filepath.Base(name), ".hlog")
	i := slices.IndexFunc(run.Trials, func(t result.Trial) bool { return t.ID == id })
	for metric, h := range logged {
		if got, want := h.TotalCount(), run.Trials[i].LatencyUS[metric.String()].Count; got != want {
			t.Errorf("%s %s: %d samples in the log, %d in the trial", id, metric, got, want)
		}
	}
	if len(logged) == 0 {
		t.Errorf("%s is empty", name)
	}
}

// What is worth trying next repeats the command line, so nothing is said where that may hold a secret, whatever the flag was spelled like.
func TestNextHoldsNoSecret(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-vX", "sasl.password=hunter2"}, {"-X", "sasl.password=hunter2"}, {"--property=sasl.password=hunter2"}} {
		c := newCommand(t)
		c.run(t, exitOK, append([]string{"run", "--broker", "embedded", "--mode", "at-least-once", "--rate", "200", "--duration", "500ms", "--warmup", "0s",
			"--out", filepath.Join(t.TempDir(), "run")}, args...)...)
		for _, text := range []string{c.stdout.String(), c.stderr.String()} {
			if strings.Contains(text, "hunter2") {
				t.Errorf("%v: the secret is printed:\n%s", args, text)
			}
		}
	}
}
