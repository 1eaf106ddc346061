package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// broken runs scenarios and returns the trials by scenario and mode.
func broken(t *testing.T, want int, args ...string) map[string]map[string]*result.Trial {
	t.Helper()
	c := newCommand(t)
	c.run(t, want, append([]string{"fault", "--progress", "none", "-o", "json", "--out", filepath.Join(t.TempDir(), "faults")}, args...)...)
	run := c.document(t)
	trials := map[string]map[string]*result.Trial{}
	for i := range run.Trials {
		f := &run.Trials[i]
		if f.Fault == nil || f.Outage == nil {
			t.Fatalf("trial %s has no fault", f.Cell)
		}
		if trials[*f.Fault] == nil {
			trials[*f.Fault] = map[string]*result.Trial{}
		}
		trials[*f.Fault][f.Mode] = f
		if !f.Complete {
			t.Errorf("%s is incomplete: %v", f.Cell, f.Warnings)
		}
	}
	return trials
}

// count is what the ledger counted; -1 where it did not.
func count(n *int64) int64 {
	if n == nil {
		return -1
	}
	return *n
}

func TestLostAcknowledgements(t *testing.T) {
	t.Parallel()
	for _, on := range places(t) {
		if on.name == "kafka-3" {
			continue
		}
		t.Run(on.name, func(t *testing.T) {
			args := append([]string{"lost-ack", "--mode", "all", "--messages", "8000", "--rate", "4000", "--warmup", "500ms", "--txn-size", "50"}, on.args...)
			for mode, f := range broken(t, exitOK, args...)["lost-ack"] {
				g := &f.Guarantee
				t.Logf("%s: sent %d, lost %d, duplicated %d, %v", mode, g.Sent, count(g.Lost), count(g.Duplicate), f.Outage.Figures)
				if g.Verdict != result.Held || count(g.Foreign) != 0 {
					t.Errorf("%s: %s: %v", mode, g.Verdict, g.Reasons)
				}
				lost := f.Outage.Figures["lost_Produce"]
				switch mode {
				case "at-most-once": // nobody is told anything, so there is nothing to lose, and nothing is sent twice
					if count(g.Duplicate) != 0 || lost != 0 {
						t.Errorf("at-most-once: duplicated %d, %.0f responses lost", count(g.Duplicate), lost)
					}
				case "at-least-once":
					if count(g.Lost) != 0 || count(g.Duplicate) == 0 || lost == 0 {
						t.Errorf("at-least-once: lost %d, duplicated %d, %.0f responses lost", count(g.Lost), count(g.Duplicate), lost)
					}
				default:
					if count(g.Lost) != 0 || count(g.Duplicate) != 0 || lost == 0 {
						t.Errorf("%s: lost %d, duplicated %d, %.0f responses lost", mode, count(g.Lost), count(g.Duplicate), lost)
					}
				}
				figures := f.Outage.Figures
				if mode == "transactional" && (figures["lost_EndTxn"] == 0 || figures["lost_AddOffsetsToTxn"]+figures["lost_TxnOffsetCommit"] == 0) {
					t.Errorf("no response of EndTxn was lost, or none to an offset: %v", figures)
				}
				if n := f.Outage.Figures["offsets_checked"]; mode == "transactional" && n != 1 {
					t.Errorf("the offsets of %.0f producers were held against their transactions", n)
				}
			}
		})
	}
}

func TestProducersDieAndZombiesAreFenced(t *testing.T) {
	t.Parallel()
	for _, on := range places(t) {
		if on.name == "kafka-3" {
			continue
		}
		t.Run(on.name, func(t *testing.T) {
			if on.name != "embedded" {
				on.args = append(on.args, "--i-own-this-cluster")
			}
			args := []string{"zombie", "--mode", "transactional", "--rate", "200", "--txn-size", "10", "--duration", "8s", "--warmup", "500ms"}
			got := broken(t, exitOK, append(args, on.args...)...)
			z := got["zombie"]["transactional"]
			if z.Guarantee.Verdict != result.Held || z.Outage.Figures["fenced"] != z.Outage.Figures["zombies"] || z.Outage.Figures["zombies"] == 0 {
				t.Errorf("zombies: %s, %v, %v", z.Guarantee.Verdict, z.Guarantee.Reasons, z.Outage.Figures)
			}
			args = []string{"client-crash", "--mode", "at-least-once,transactional", "--rate", "200", "--txn-size", "10", "--duration", "24s", "--warmup", "500ms"}
			got = broken(t, exitOK, append(args, on.args...)...)
			for mode, f := range got["client-crash"] {
				if f.Guarantee.Verdict != result.Held {
					t.Errorf("%s: %s: %v", mode, f.Guarantee.Verdict, f.Guarantee.Reasons)
				}
				with, without := f.Outage.Figures["takeover_s"], f.Outage.Figures["hold_without_takeover_s"]
				t.Logf("%s: a dead producer's transaction held readers for %.2f s with a successor and %.1f s without", mode, with, without)
				if mode == "transactional" && (with <= 0 || without < abandonedSeconds-1) { // the timeout counts from its begin, the hold from its producer's end
					t.Errorf("%s: %.2f s with a successor, %.1f s without", mode, with, without)
				}
				if n := f.Outage.Figures["offsets_checked"]; mode == "transactional" && n != 8 {
					t.Errorf("the offsets of %.0f producers were held against their transactions", n)
				}
				if point := "died between sending offsets and commit"; (mode == "transactional") != slices.ContainsFunc(f.Outage.Events, func(e result.OutageEvent) bool { return strings.Contains(e.What, point) }) {
					t.Errorf("%s: %v", mode, f.Outage.Events)
				}
			}
		})
	}
}

// abandonedSeconds is the transaction.timeout.ms of a producer that nobody succeeds, in bench/fault.
const abandonedSeconds = 5

func TestReadersAreDisturbed(t *testing.T) {
	t.Parallel()
	got := broken(t, exitOK, "rebalance-storm", "slow-consumer", "open-transaction", "--broker", "embedded", "--mode", "at-least-once,transactional",
		"--rate", "1000", "--duration", "6s", "--warmup", "500ms")
	for name, modes := range got {
		for mode, f := range modes {
			if g := f.Guarantee; g.Verdict != result.Held || count(g.Lost) != 0 || count(g.Duplicate) != 0 {
				t.Errorf("%s, %s: %s: %v", name, mode, g.Verdict, g.Reasons)
			}
		}
	}
	if n := count(got["rebalance-storm"]["at-least-once"].Guarantee.Redelivered); n == 0 {
		t.Error("readers that came back to their committed offsets read nothing again")
	}
	if gap := *got["slow-consumer"]["at-least-once"].Outage.ReadGapS; gap < 0.3 {
		t.Errorf("readers that rest 500 ms after each batch read something every %.3f s", gap)
	}
	stuck := got["open-transaction"]["transactional"]
	if hold := stuck.Lag.Hold.Max; hold == nil || *hold < 25 { // a transaction at a time holds 20 back, over all partitions
		t.Errorf("a transaction open for 1.5 s: hold %+v", stuck.Lag.Hold)
	} else {
		t.Logf("a transaction open for 1.5 s held back %.0f offsets", *hold)
	}
	named := false
	for _, e := range stuck.Outage.Events {
		named = named || strings.Contains(e.What, " offsets held from ") && strings.Contains(e.What, "-stuck")
	}
	if !named {
		t.Errorf("nobody named the culprit: %+v", stuck.Outage.Events)
	}
}

// Brokers end in a cluster of the command's own.
func TestBrokersEnd(t *testing.T) {
	if os.Getenv(requireKafka) == "" {
		t.Skip("stops brokers of a real Kafka: set " + requireKafka + "=1")
	}
	got := broken(t, exitOK, "broker-restart", "coordinator-kill", "leader-move", "--broker", "local", "--mode", "at-least-once,transactional",
		"--rate", "500", "--txn-size", "50", "--duration", "16s", "--warmup", "2s")
	for name, modes := range got {
		for mode, f := range modes {
			g := &f.Guarantee
			t.Logf("%s, %s: lost %d, duplicated %d, no read for %.1f s", name, mode, count(g.Lost), count(g.Duplicate), *f.Outage.ReadGapS)
			if g.Verdict != result.Held || count(g.Lost) != 0 || mode == "transactional" && count(g.Duplicate) != 0 {
				t.Errorf("%s, %s: %s: %v", name, mode, g.Verdict, g.Reasons)
			}
		}
	}
}

func TestFaultRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "SCENARIO is missing"},
		{[]string{"lost-akc"}, "did you mean lost-ack?"},
		{[]string{"zombie", "zombie"}, "zombie is named twice"},
		{[]string{"zombie", "--mode", "idempotent"}, "it takes a transactional one"},
		{[]string{"broker-restart", "--broker", "embedded"}, "--broker local"},
		{[]string{"broker-restart", "--nodes", "1"}, "takes 3 brokers"},
		{[]string{"leader-move", "-b", "127.0.0.1:1"}, "--i-own-this-cluster"},
		{[]string{"lost-ack", "--rate", "max", "--messages", "1000"}, "give --duration"},
		{[]string{"rebalance-storm", "--readers", "0"}, "disturbs readers"},
		{[]string{"lost-ack", "-b", "127.0.0.1:1", "-X", "security.protocol=SASL_SSL"}, "takes security.protocol=plaintext, not SASL_SSL"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			cmd := newCommand(t)
			cmd.run(t, exitUsage, append([]string{"fault"}, c.args...)...)
			if !strings.Contains(cmd.stderr.String(), c.want) {
				t.Errorf("got %s, want %q", &cmd.stderr, c.want)
			}
		})
	}
}

// A trial to which nothing was done, or only when its load was over, shows nothing; that acks=0 has no response to lose is said.
func TestNothingDoneIsInconclusive(t *testing.T) {
	t.Parallel()
	c := newCommand(t)
	c.run(t, exitInconclusive, "fault", "--progress", "none", "-o", "json", "--out", filepath.Join(t.TempDir(), "faults"), "lost-ack", "open-transaction",
		"--broker", "embedded", "--mode", "at-most-once,at-least-once,transactional", "--rate", "1000", "--messages", "10", "--warmup", "100ms", "--linger", "100ms")
	run := c.document(t)
	for i := range run.Trials {
		f := &run.Trials[i]
		said := strings.Join(f.Warnings, "\n")
		switch name := *f.Fault + ", " + f.Mode; name {
		case "lost-ack, at-most-once":
			if !f.Complete || f.Outage.AckGapS != nil || len(f.Outage.Events) != 1 || !strings.Contains(f.Outage.Events[0].What, "no response is lost: with acks=0") {
				t.Errorf("%s: %+v, %s", name, f.Outage, said)
			}
		case "lost-ack, at-least-once":
			if f.Complete || !strings.Contains(said, "no response was lost, of ") {
				t.Errorf("%s: %+v, %s", name, f.Outage, said)
			}
		case "open-transaction, transactional":
			if f.Complete || !strings.Contains(said, "before the first thing broke: raise --duration or --messages") {
				t.Errorf("%s: %+v, %s", name, f.Outage, said)
			}
		}
	}
}

// A stored run of faults is shown as one, whatever shows it.
func TestStoredFaultsAreShownAsFaults(t *testing.T) {
	const stored = "../report/testdata/faults.json"
	for _, c := range []struct {
		args         []string
		exit         int
		said, silent string
	}{
		{[]string{"report", stored}, exitOK, "lost-ack  nothing wrong  1,731 duplicated  nothing wrong  nothing wrong", "× is the ratio"},
		{[]string{"report", stored, "-o", "markdown"}, exitOK, "| lost-ack | nothing wrong | 1,731 duplicated | nothing wrong | nothing wrong |", "× is the ratio"},
		{[]string{"report", stored, "-o", "html"}, exitOK, "What does each guarantee buy here when something breaks?", "What it costs"},
		{[]string{"report", stored, "-o", "csv"}, exitOK, ",ack_gap_s,read_gap_s,recovery_s,", ""},
		{[]string{"report", stored, "-o", "junit"}, exitOK, `name="fault=lost-ack,mode=at-least-once"`, "<failure"},
		{[]string{"plot", stored, "--out", t.TempDir(), "--format", "svg"}, exitOK, "faults.svg", "latency.svg"},
		{[]string{"compare", stored}, exitInconclusive, "something was broken on purpose in " + stored, ""},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			cmd := newCommand(t)
			cmd.run(t, c.exit, c.args...)
			all := cmd.stdout.String() + cmd.stderr.String()
			if !strings.Contains(all, c.said) || c.silent != "" && strings.Contains(cmd.stdout.String(), c.silent) {
				t.Errorf("want %q and no %q, got\n%.3000s", c.said, c.silent, all)
			}
		})
	}
}

// TestBrokenPromisesAreDrawnAgain by the command that a report names, which the command line takes.
func TestBrokenPromisesAreDrawnAgain(t *testing.T) {
	run, err := result.Load("../report/testdata/faults.json")
	if err != nil {
		t.Fatal(err)
	}
	for i := range run.Trials {
		run.Trials[i].Guarantee.Verdict = result.Broken
	}
	var b strings.Builder
	if err := report.Markdown(&b, run, report.Options{}); err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^kafka-eos-bench (fault .*)$`).FindAllStringSubmatch(b.String(), -1)
	if len(commands) != len(run.Trials) {
		t.Fatalf("%d commands for %d broken promises:\n%s", len(commands), len(run.Trials), &b)
	}
	for _, c := range commands {
		if !strings.Contains(c[1], "--rate 5000 --messages 20000 --seed 1 --broker local") {
			t.Errorf("it draws something else: %s", c[1])
		}
		cmd := newCommand(t)
		cmd.run(t, exitUsage, append(strings.Fields(c[1]), "--out", "fault_test.go/x")...) // what is refused last: all else stands
		if text := cmd.stderr.String(); !strings.Contains(text, "--out") {
			t.Errorf("%s: %s", c[1], text)
		}
	}
}
