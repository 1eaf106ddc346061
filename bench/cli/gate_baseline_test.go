package cli

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

const keepsUp = "read_per_s >= baseline - 15% for mode=transactional"

func TestGateAgainstABaseline(t *testing.T) {
	dir := t.TempDir()
	runs := severalRuns(t, filepath.Join(dir, "runs"), 6, 1)
	newer := func(name string, factor float64, change func(*result.Run)) string {
		return storedRun(t, filepath.Join(dir, name), 2, func(r *result.Run) {
			for i := range r.Trials {
				readFaster(&r.Trials[i], factor)
			}
			if change != nil {
				change(r)
			}
		})
	}
	same, slower := newer("same", 1, nil), newer("slower", 0.7, nil)
	upgraded := func(r *result.Run) { r.Broker.Version = new("4.4.0") }
	moved := func(r *result.Run) { upgraded(r); r.Machine.CPUs = 64 }
	file, two := filepath.Join(dir, "main.json"), filepath.Join(dir, "two.json")
	newCommand(t).run(t, exitOK, "baseline", "save", "main", runs, "--dir", dir)
	newCommand(t).run(t, exitOK, "baseline", "save", "two", filepath.Join(runs, "run0"), filepath.Join(runs, "run1"), "--dir", dir)
	halves := func(paths ...string) (args []string) {
		for _, p := range paths {
			args = append(args, "--baseline", p)
		}
		return args
	}
	for name, tc := range map[string]struct {
		code int
		args []string
		says []string
	}{
		"same, a file":        {exitOK, append(halves(file), same), []string{"pass", "6 runs"}},
		"same, a directory":   {exitOK, append(halves(runs), same), []string{"pass", "6 runs"}},
		"same, run by run":    {exitOK, append(halves(two, runs+"/run2", runs+"/run3", runs+"/run4", runs+"/run5/run.json"), same), []string{"6 runs"}},
		"slower, a file":      {exitFailed, append(halves(file), slower), []string{"fail", "30.6%", "over 6 baseline runs"}},
		"slower, a directory": {exitFailed, append(halves(runs), slower), []string{"fail", "30.6%"}},
		"too few runs":        {exitInconclusive, append(halves(two), slower), []string{"2 baseline runs too few"}},
		"another broker":      {exitInconclusive, append(halves(file), newer("upgraded", 1, upgraded)), []string{"not comparable with the baseline: broker version: 4.3.1 → 4.4.0", "--under-test"}},
		"the broker is under test": {exitOK, append(halves(file), newer("tested", 1, upgraded), "--under-test", "broker.version"),
			[]string{"pass", "tested broker version: 4.3.1 → 4.4.0"}},
		"the broker is under test, and the machine is another": {exitInconclusive, append(halves(file), newer("moved", 1, moved), "--under-test", "broker.version"),
			[]string{"not comparable with the baseline: machine: "}},
		"nothing under test differs": {exitOK, append(halves(file), same, "--under-test", "client"), []string{"warning: nothing of what is under test differs"}},
		"runs that differ among themselves": {exitInconclusive, append(halves(runs, newer("odd", 1, upgraded)), same, "--under-test", "broker.version"),
			[]string{"not comparable with the baseline: broker version: 4.3.1 → 4.4.0"}},
		"itself":          {exitUsage, append(halves(file), filepath.Join(runs, "run3")), []string{"is held against itself: name earlier ones"}},
		"twice":           {exitUsage, append(halves(file, runs), same), []string{"--baseline: ", "hold the same run"}},
		"none":            {exitUsage, []string{same}, []string{"there is none: name the run or runs of one with --baseline"}},
		"missing":         {exitUsage, append(halves("nowhere"), same), []string{"--baseline: ", "nowhere"}},
		"unknown test":    {exitUsage, append(halves(file), same, "--under-test", "broker"), []string{"--under-test: ", `"broker" is nothing that can be under test`}},
		"test of nothing": {exitUsage, []string{same, "--under-test", "client"}, []string{"--under-test says what may differ from a baseline, and there is none"}},
		"another workload": {exitInconclusive, append(halves(file), newer("longer", 1, func(r *result.Run) {
			r.Profile.Values = map[string]result.Value{"duration": {Value: "60s", Source: "flag"}}
		})), []string{"duration: – → 60s"}},
		"not a broken mode": {exitBroken, append(halves(file), newer("broken", 1, breaks)), []string{"broken"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCommand(t)
			c.run(t, tc.code, append([]string{"gate", "--require", keepsUp}, tc.args...)...)
			for _, part := range tc.says {
				if text := c.stdout.String() + c.stderr.String(); !strings.Contains(strings.Join(strings.Fields(text), " "), part) {
					t.Errorf("it does not say %q:\n%s", part, text)
				}
			}
		})
	}
	none := newCommand(t)
	none.run(t, exitUsage, "gate", same, "--baseline", file)
	if !strings.Contains(none.stderr.String(), "there are no rules") {
		t.Errorf("got %s", &none.stderr)
	}
}

// breaks plants a defect in one trial.
func breaks(r *result.Run) {
	g := &r.Trials[0].Guarantee
	g.Verdict, g.Foreign, g.Reasons = result.Broken, new(int64(1)), []string{"1 record read but never sent"}
}

// TestARunKnowsBeforehandThatItsBaselineDecidesNothing ends before a broker is started.
func TestARunKnowsBeforehandThatItsBaselineDecidesNothing(t *testing.T) {
	runs := severalRuns(t, filepath.Join(t.TempDir(), "runs"), 2, 1)
	t.Chdir(t.TempDir())
	c := newCommand(t)
	c.run(t, exitInconclusive, "run", "--broker", "embedded", "--rate", "max", "--mode", "at-least-once,transactional", "--txn-size", "100", "--blocks", "6", "--duration", "3s",
		"--require", keepsUp, "--baseline", runs)
	for _, part := range []string{"inconclusive, whatever is measured:", "2 runs of the baseline: too few to tell a change", "not comparable with the baseline: machine: "} {
		if !strings.Contains(c.stderr.String(), part) {
			t.Errorf("it does not say %q:\n%s", part, &c.stderr)
		}
	}
	if strings.Contains(c.stderr.String(), "measuring on") {
		t.Errorf("it measured:\n%s", &c.stderr)
	}
}

// What was measured names its client, and what is planned does not: they are the same cells nevertheless, whatever is under test.
func TestARunKnowsBeforehandThatItsBlocksAreFewerThanTheBaselines(t *testing.T) {
	t.Parallel()
	earlier, out := filepath.Join(t.TempDir(), "earlier"), filepath.Join(t.TempDir(), "run")
	args := []string{"run", "--broker", "embedded", "--mode", "idempotent", "--messages", "100", "--warmup", "50ms"}
	newCommand(t).run(t, exitOK, append(args, "--blocks", "2", "--out", earlier)...)
	for _, more := range [][]string{nil, {"--linger", "7ms", "--under-test", "client-config"}} {
		c := newCommand(t)
		c.run(t, exitInconclusive, slices.Concat(args, []string{"--blocks", "1", "--out", out, "--require", "p50(e2e) <= baseline + 15%", "--baseline", earlier}, more)...)
		if said := c.stderr.String(); !strings.Contains(said, "1 block, fewer than the 2 of a run of the baseline: measure with --blocks 2 or more") {
			t.Errorf("%v: it does not say so:\n%s", more, said)
		}
	}
}
