package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// Each exit code, one by one, with and without leniency about missing evidence.
func TestGateExitCodes(t *testing.T) {
	good, few := madeUp(t, 8, 1000, nil), madeUp(t, 3, 1000, nil)
	broken := madeUp(t, 8, 1000, func(r *result.Run) {
		g := &r.Trials[1].Guarantee
		g.Verdict, g.Reasons, g.Lost = result.Broken, []string{"1 acknowledged record was lost"}, new(int64(1))
		*g.Read--
	})
	stopped := madeUp(t, 8, 1000, func(r *result.Run) { r.Complete = false })
	empty := madeUp(t, 0, 1000, func(r *result.Run) { r.Complete, r.Trials = false, []result.Trial{} })
	slow := madeUp(t, 8, 1000, func(r *result.Run) {
		for i := range r.Trials {
			r.Trials[i].Sustained = new(false)
		}
	})
	const passes, fails, near = "p99(e2e) < 12ms for mode=at-least-once", "p99(e2e) < 8ms for mode=at-least-once", "p99(e2e) < 9.5ms for mode=at-least-once"
	for name, c := range map[string]struct {
		run   string
		rules []string
		want  [3]int // as it is, --inconclusive=fail, --inconclusive=warn
		says  string
	}{
		"passes":         {good, []string{passes, "lost == 0"}, [3]int{0, 0, 0}, "The gate passes: of 5 verdicts 5 pass."},
		"fails":          {good, []string{passes, fails}, [3]int{3, 3, 3}, "The gate fails: of 2 verdicts 1 passes, 1 fails."},
		"near":           {good, []string{near}, [3]int{4, 3, 0}, "The gate is inconclusive"},
		"fails, near":    {good, []string{near, fails}, [3]int{3, 3, 3}, "The gate fails: of 2 verdicts 1 fails, 1 is inconclusive."},
		"too few":        {few, []string{passes}, [3]int{4, 3, 0}, "3 blocks can never fail"},
		"stopped early":  {stopped, []string{passes}, [3]int{4, 3, 0}, "the run was not finished"},
		"no data":        {empty, []string{passes}, [3]int{4, 3, 0}, "nothing was measured that the rule concerns"},
		"not sustained":  {slow, []string{passes}, [3]int{4, 3, 0}, "8 of 8 trials did not sustain the rate"},
		"broken":         {broken, []string{passes}, [3]int{5, 5, 5}, "The gate is broken: a promised delivery guarantee did not hold in 1 cell"},
		"broken, fails":  {broken, []string{fails}, [3]int{5, 5, 5}, "1 acknowledged record was lost"},
		"a bad baseline": {good, []string{"p99(e2e) <= baseline + 10%"}, [3]int{2, 2, 2}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for i, flags := range [][]string{nil, {"--inconclusive", "fail"}, {"--inconclusive=warn"}} {
				args := append([]string{"gate", c.run}, flags...)
				for _, rule := range c.rules {
					args = append(args, "--require", rule)
				}
				command := newCommand(t)
				command.run(t, c.want[i], args...)
				if i == 0 && !strings.Contains(strings.Join(strings.Fields(command.stdout.String()), " "), c.says) {
					t.Errorf("it does not say %q:\n%s", c.says, &command.stdout)
				}
				if said := command.stderr.String(); c.want[0] == exitInconclusive && flags != nil && !strings.Contains(said, "--inconclusive=") {
					t.Errorf("%s: what it counts as is not said: %s", flags, said)
				}
			}
		})
	}
}

// One output without a place keeps the others from nothing, and hides no broken guarantee.
func TestGateOutputWithoutAPlace(t *testing.T) {
	broken := madeUp(t, 8, 1000, func(r *result.Run) {
		g := &r.Trials[1].Guarantee
		g.Verdict, g.Reasons, g.Lost = result.Broken, []string{"1 acknowledged record was lost"}, new(int64(1))
		*g.Read--
	})
	for run, want := range map[string]int{madeUp(t, 8, 1000, nil): exitUnexpected, broken: exitBroken} {
		junit := filepath.Join(t.TempDir(), "gate.xml")
		command := newCommand(t)
		command.os.Env = append(command.os.Env, stepSummary+"="+t.TempDir())
		command.run(t, want, "gate", run, "--require", "p99(e2e) < 8ms for mode=at-least-once", "-o", "github", "-o", "junit="+junit)
		if _, err := os.Stat(junit); err != nil {
			t.Error(err)
		}
		if said := command.stderr.String(); !strings.Contains(said, stepSummary) || !strings.Contains(said, "the gate ") {
			t.Errorf("it does not say both: %s", said)
		}
	}
}

// No output takes the place of what the gate reads, or of another.
func TestGateOutputsKeepApart(t *testing.T) {
	run := madeUp(t, 8, 1000, nil)
	dir := t.TempDir()
	rules, history := filepath.Join(dir, "gate.yaml"), filepath.Join(dir, "history.csv")
	if err := os.WriteFile(rules, []byte("rules:\n  - p99(e2e) < 12ms for mode=at-least-once\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	document := run
	if info, err := os.Stat(run); err == nil && info.IsDir() {
		document = filepath.Join(run, "run.json")
	}
	before, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"the run":        {[]string{"-o", "json=" + document}, "the gate needs that file itself: name another"},
		"the rules":      {[]string{"-o", "junit=" + filepath.Join(dir, ".", "gate.yaml")}, "the gate needs that file itself"},
		"the history":    {[]string{"-o", "markdown=" + history, "--history", history}, "the gate needs that file itself"},
		"another":        {[]string{"-o", "json=" + dir + "/a.out", "-o", "junit=" + dir + "/a.out"}, "goes to that file: name another"},
		"mixed":          {[]string{"-o", "text", "-o", "json"}, "--output json: it stands alone or is no json"},
		"no room":        {[]string{"-o", "junit=/proc/nosuch/gate.xml"}, "is no directory"},
		"no right":       {[]string{"-o", "junit=/proc/gate.xml"}, "name a file that can be written"},
		"history's room": {[]string{"--history", "/proc/history.csv"}, "--history: "},
	} {
		command := newCommand(t)
		command.run(t, exitUsage, append([]string{"gate", run, "--gate", rules}, c.args...)...)
		if said := command.stderr.String(); !strings.Contains(said, c.says) {
			t.Errorf("%s: it does not say %q: %s", name, c.says, said)
		}
	}
	if after, err := os.ReadFile(document); err != nil || string(after) != string(before) {
		t.Errorf("the run is another: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	newCommand(t).run(t, exitOK, "gate", run, "--gate", rules, "-o", "text", "-o", "github", "-o", "json="+filepath.Join(dir, "a.json"), "-o", "junit="+filepath.Join(dir, "a.xml"))
}

// full is an output with no room left.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// A report without a place keeps the gate from nothing.
func TestRunJudgesWhatItCannotReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	junit := filepath.Join(dir, "gate.xml")
	command := newCommand(t)
	command.os.Stdout = full{}
	command.run(t, exitUnexpected, "run", "--broker", "embedded", "--mode", "idempotent", "--messages", "100", "--warmup", "50ms", "--out", filepath.Join(dir, "run"),
		"--require", "lost == 0", "--gate-output", "junit="+junit)
	if verdicts, err := os.ReadFile(junit); err != nil || !strings.Contains(string(verdicts), `failures="0" errors="0"`) {
		t.Errorf("%v\n%s", err, verdicts)
	}
	if said := command.stderr.String(); !strings.Contains(said, syscall.ENOSPC.Error()) {
		t.Errorf("it does not say why: %s", said)
	}
}

// A cell that no rule concerns may leave the run inconclusive, which counts as the gate's own verdicts do and is said.
func TestWhatTheRunsOwnVerdictCountsAs(t *testing.T) {
	for counts, c := range map[string]struct {
		code int
		says string
	}{
		"":     {exitInconclusive, "inconclusive: "},
		"fail": {exitFailed, "a failure, with --inconclusive=fail: inconclusive: "},
		"warn": {exitOK, "warning, with --inconclusive=warn: inconclusive: "},
	} {
		t.Run(counts, func(t *testing.T) {
			t.Parallel()
			args := []string{"run", "--broker", "embedded", "--mode", "idempotent,transactional", "--txn-size", "1", "--rate", "8000", "--warmup", "100ms", "--duration", "500ms",
				"--out", filepath.Join(t.TempDir(), "run"), "--require", "lost == 0 for mode=idempotent"}
			if counts != "" {
				args = append(args, "--inconclusive", counts)
			}
			command := newCommand(t)
			command.run(t, c.code, args...)
			if said := command.stderr.String(); !strings.Contains(said, c.says) {
				t.Errorf("it does not say %q:\n%s", c.says, said)
			}
			if said := command.stdout.String(); !strings.Contains(said, "The gate passes") {
				t.Errorf("the gate does not pass:\n%s", said)
			}
		})
	}
}

// Of what several things ended a command with, the worst decides: the order is part of the interface.
func TestWhatOutweighsWhat(t *testing.T) {
	codes := []int{exitBroken, 143, 130, exitCluster, exitUnexpected, exitFailed, exitInconclusive}
	errs := make([]error, len(codes))
	for i, code := range codes {
		errs[i] = &coded{code: code}
	}
	for i := range errs {
		for j := range errs {
			others, first := weightiest(t.Context(), errs[i], nil, errs[j])
			if got := exitCode(t.Context(), first); got != codes[min(i, j)] || len(others) != 1 || exitCode(t.Context(), others[0]) != codes[max(i, j)] {
				t.Errorf("%d and %d: got %d", codes[i], codes[j], got)
			}
		}
	}
	if others, first := weightiest(t.Context(), nil, nil); first != nil || others != nil {
		t.Errorf("nothing: %v, %v", first, others)
	}
	if code := (&interruption{syscall.SIGTERM}).code(); code != 143 {
		t.Errorf("got %d", code)
	}
}

func TestGateWritesEveryForm(t *testing.T) {
	run := madeUp(t, 8, 1000, nil)
	dir := t.TempDir()
	rules, summary := filepath.Join(dir, "gate.yaml"), filepath.Join(dir, "summary.md")
	if err := os.WriteFile(rules, []byte("rules:\n  - p99(e2e) < 8ms for mode=at-least-once\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a step's summary is added to, a file of one's own is written anew
		c := newCommand(t)
		c.os.Env = append(c.os.Env, "GITHUB_STEP_SUMMARY="+summary)
		c.run(t, exitFailed, "gate", run, "--gate", rules, "-o", "text", "-o", "github", "-o", "junit="+filepath.Join(dir, "gate.xml"),
			"-o", "json="+filepath.Join(dir, "gate.json"), "-o", "markdown="+filepath.Join(dir, "gate.md"))
		for _, part := range []string{"gate on made up\n", "::error file=" + strings.ReplaceAll(rules, ":", "%3A") + ",line=2,title=Gate fails%3A p99(e2e) < 8ms"} {
			if !strings.Contains(c.stdout.String(), part) {
				t.Errorf("stdout does not have %q:\n%s", part, &c.stdout)
			}
		}
	}
	for file, want := range map[string]int{"summary.md": 2, "gate.md": 1} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if n := strings.Count(string(text), "### Gate on made up: fail\n"); err != nil || n != want {
			t.Errorf("%s: %d times, want %d: %v\n%s", file, n, want, err, text)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "gate.xml")); err != nil || !strings.Contains(string(text), `failures="1"`) {
		t.Errorf("%v\n%s", err, text)
	}
	text, err := os.ReadFile(filepath.Join(dir, "gate.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g report.Gate
	if err := json.Unmarshal(text, &g); err != nil || g.Outcome != "fail" || len(g.Verdicts) != 1 || g.Verdicts[0].Where != rules+":2" {
		t.Errorf("%v: %+v", err, g)
	}
}

func TestGateSaysHowManyBlocksARuleTakes(t *testing.T) {
	run := madeUp(t, 8, 1000, nil)
	c := newCommand(t)
	c.run(t, exitOK, "gate", run, "--require", "p99(e2e) < 10.8ms for mode=at-least-once", "--power", "-o", "json")
	var p report.GatePower
	if err := json.Unmarshal(c.stdout.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if n := p.Needs[0]; n.Blocks == nil || *n.Blocks != 5 || n.FailsFrom == nil || !(*n.FailsFrom > 0.13 && *n.FailsFrom < 0.3) {
		t.Errorf("got %+v", n)
	}
	text := newCommand(t)
	text.run(t, exitInconclusive, "gate", run, "--require", "p99(e2e) < 1s for mode=at-least-once", "--power")
	if said := strings.Join(strings.Fields(text.stdout.String()), " "); !strings.Contains(said, "a figure that is 30% worse still keeps the rule: give a narrower limit") {
		t.Errorf("got %s", said)
	}
}

// What judges nothing takes no flag of a judgement.
func TestPowerRefusesWhatJudges(t *testing.T) {
	run := madeUp(t, 8, 1000, nil)
	for _, flags := range [][]string{{"--history", "h.csv"}, {"--release", "v1"}, {"--inconclusive", "warn"}} {
		c := newCommand(t)
		c.run(t, exitUsage, append([]string{"gate", run, "--require", "lost == 0", "--power"}, flags...)...)
		if said := c.stderr.String(); !strings.Contains(said, "judges nothing: leave out "+flags[0]) {
			t.Errorf("got %s", said)
		}
	}
}

// Plan knows of a gate's rules what run would, and shows the plan nevertheless.
func TestPlanChecksAGate(t *testing.T) {
	for name, c := range map[string]struct {
		args  []string
		code  int
		shows bool
		says  string
	}{
		"fine":                {[]string{"release-gate", "--require", "p99(commit_due) < 20ms"}, exitOK, true, ""},
		"mistaken":            {[]string{"release-gate", "--require", "p99(commit_du) < 20ms"}, exitUsage, false, "did you mean p99(commit_due)?"},
		"no cell":             {[]string{"release-gate", "--require", "lost == 0 for txn_size=77"}, exitUsage, true, "no cell has txn_size=77; known are 20"},
		"a baseline to come":  {[]string{"release-gate", "--require", "p99(e2e) <= baseline + 12%"}, exitOK, true, "taken to be those of 'run --against'"},
		"a mistake about one": {[]string{"release-gate", "--require", "p99(e2e) <= baseline + 12% for txn_size=77"}, exitUsage, true, "no cell has txn_size=77"},
		"undecidable":         {[]string{"quick", "--require", "p50(e2e) < 1s"}, exitInconclusive, true, "1 block can never fail"},
	} {
		t.Run(name, func(t *testing.T) {
			command := newCommand(t)
			command.run(t, c.code, append([]string{"plan"}, c.args...)...)
			if said := command.stderr.String(); !strings.Contains(said, c.says) || strings.Contains(command.stdout.String(), "TRIAL") != c.shows {
				t.Errorf("it says %s\n%s", said, &command.stdout)
			}
		})
	}
}

// Before anything runs a mistake in the rules, or too little to judge, is known; nothing is left behind.
func TestRunKnowsBeforehandWhatCannotBeJudged(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no such cell":    {[]string{"--require", "p99(e2e) < 1s for txn_size=20"}, exitUsage, "--require: rule \"p99(e2e) < 1s for txn_size=20\" matches no cell: no cell has txn_size=20; known are 100"},
		"no such figure":  {[]string{"--require", "p99(e2e) < 1s", "--require", "cost(read_per_s) < 10%"}, exitUsage, "at a fixed rate throughput is the same by construction"},
		"no reference":    {[]string{"--mode", "transactional", "--require", "cost(p50(e2e)) < 10%"}, exitUsage, "has nothing to hold mode=transactional against"},
		"too few blocks":  {[]string{"--require", "p50(e2e) < 1s"}, exitInconclusive, "1 block can never fail: the smallest p-value of n blocks is 2⁻ⁿ, here 0.5, and 4 tests judged together need 0.013: measure with --blocks 7 or more"},
		"too few samples": {[]string{"--blocks", "6", "--mode", "transactional", "--require", "p99(commit_due) < 1s"}, exitInconclusive, "p99(commit_due) takes 1000 transactions in a window, which holds about 70: raise --duration to 100s or more"},
		"as a failure":    {[]string{"--require", "p50(e2e) < 1s", "--inconclusive=fail"}, exitFailed, "can never fail"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			command := newCommand(t)
			command.run(t, c.code, append([]string{"run", "--broker", "embedded"}, c.args...)...)
			if said := command.stderr.String(); !strings.Contains(said, c.says) {
				t.Errorf("it does not say %q:\n%s", c.says, said)
			}
			if left, _ := os.ReadDir("."); len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}
