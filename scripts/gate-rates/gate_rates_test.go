package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// pilotRun is one of so many blocks, whose figures vary by a share.
func pilotRun(blocks int, vary float64) *compare.Run {
	r := &result.Run{Complete: true}
	for block := 1; block <= blocks; block++ {
		v := 1 + vary*math.Sin(float64(7*block))
		slow := result.Trial{
			Block: block, Cell: "mode=transactional", Mode: "transactional", Scenario: "produce", WindowS: 9, Complete: true, DuePerS: new(2500.0), Sustained: new(true),
			Axes: map[string]any{"rate": 2500.0}, LatencyUS: map[string]result.Latency{"commit_due": {Count: 1125, P99: new(10_000 * v)}},
			Throughput: result.Throughput{ReadPerS: new(2500.0)}, Transactions: &result.Transactions{Committed: 1125}, Guarantee: result.Guarantee{Verdict: result.Held},
			Window: result.WindowRecords{Committed: 22_500},
		}
		r.Trials = append(r.Trials, slow)
	}
	return compare.New(r, "")
}

func TestPlan(t *testing.T) {
	d, err := designOf("p99(commit_due)")
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.plan(pilotRun(11, 0.02))
	if err != nil || !strings.HasPrefix(p.Rule, "p99(commit_due) < 11.") || p.Blocks != 5 || p.Delay < 2900*time.Microsecond || p.Delay > 3100*time.Microsecond {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := d.plan(pilotRun(11, 0.7)); err == nil || !strings.Contains(err.Error(), "not even 100 would do") {
		t.Errorf("too noisy a machine: %v", err)
	}
}

// A cycle of 100 records that takes 4 ms reads 25,000 a second; 30% less is a cycle of 5.714 ms.
func TestLimitOfThroughput(t *testing.T) {
	d, err := designOf("read_per_s")
	if err != nil {
		t.Fatal(err)
	}
	if p := d.limit(25_000, 100_000); p.Rule != "cost(read_per_s) < 78.8%" || p.Delay != 1714*time.Microsecond {
		t.Errorf("%+v", p)
	}
}

func TestSpread(t *testing.T) {
	injected, longest, row := 0, 0, 0
	for i := range 79 {
		if spread(i, 59, 79) {
			injected++
			row++
			longest = max(longest, row)
		} else {
			row = 0
		}
	}
	if injected != 59 || longest > 3 {
		t.Errorf("%d injected, %d in a row", injected, longest)
	}
}

// pretended ends its tries with given exit codes.
type pretended struct {
	blocks          int
	vary            float64
	unchanged, slow []int
	err             error
	worse           float64 // by which share the injected figure is; 0: 30%
	stolen          int     // every so many runs the hypervisor took half of the machine; 1: always
	runs            int
}

func (p *pretended) warmUp(context.Context, *design) error { return nil }

func (p *pretended) pilot(context.Context, *design) (*compare.Run, outcome, error) {
	return pilotRun(p.blocks, p.vary), outcome{}, p.err
}

func (p *pretended) try(ctx context.Context, _ *design, _ plan, delay time.Duration) (outcome, error) {
	if ctx.Err() != nil {
		return outcome{}, ctx.Err()
	}
	if p.runs++; p.stolen > 0 && p.runs%p.stolen == 0 {
		return outcome{code: exitWrong, figure: 50_000, stolen: 0.5}, nil
	}
	codes, figure := &p.unchanged, 10_000.0
	if delay > 0 {
		codes, figure = &p.slow, 10_000*(1+cmp.Or(p.worse, 0.3))
	}
	if len(*codes) == 0 {
		return outcome{}, errors.New("no try is left")
	}
	code := (*codes)[0]
	*codes = (*codes)[1:]
	if code == exitError {
		return outcome{code: code}, errors.New("the run failed")
	}
	return outcome{code: code, figure: figure}, nil
}

func (p *pretended) close(context.Context, bool) {}

func TestRates(t *testing.T) {
	all := func(code, n int, others ...int) []int { return append(slices.Repeat([]int{code}, n), others...) }
	for name, c := range map[string]struct {
		bench pretended
		want  int
		says  string
	}{
		"as wanted":     {pretended{blocks: 11, vary: 0.02, unchanged: all(0, 17, 3, 4, 4), slow: all(3, 57, 4, 4)}, 0, "30% worse  57 failed  59  96.6%, 88.3% to 99.6%"},
		"false alarms":  {pretended{blocks: 11, vary: 0.02, unchanged: all(0, 18, 3, 3), slow: all(3, 59)}, exitWrong, "unchanged  2 failed   20  10.0%"},
		"seldom passes": {pretended{blocks: 11, vary: 0.02, unchanged: all(0, 15, 4, 4, 4, 4, 4), slow: all(3, 59)}, exitWrong, "unchanged  15 passed"},
		"seldom fails":  {pretended{blocks: 11, vary: 0.02, unchanged: all(0, 20), slow: all(3, 56, 4, 4, 0)}, exitWrong, "30% worse  1 passed"},
		"too noisy":     {pretended{blocks: 11, vary: 0.7}, exitInconclusive, ""},
		"no pilot":      {pretended{blocks: 11, err: errors.New("cut")}, exitError, ""},
		"errors only":   {pretended{blocks: 11, vary: 0.02, unchanged: all(0, 1), slow: all(3, 2)}, exitError, "unchanged  1 passed"},
		"one is error":  {pretended{blocks: 11, vary: 0.02, unchanged: all(0, 20), slow: all(3, 57, exitError, 3)}, 0, "30% worse  58 failed"},
		"host is busy":  {pretended{blocks: 11, vary: 0.02, unchanged: all(0, 20), slow: all(3, 59), stolen: 3}, 0, "made again: 39 runs"},
		"never alone":   {pretended{blocks: 11, vary: 0.02, stolen: 1}, exitInconclusive, "made again: 60 runs"},
		"more injected": {pretended{blocks: 11, vary: 0.02, unchanged: all(0, 20), slow: all(3, 59), worse: 0.6}, exitInconclusive, "the injected figure was 60.0% worse"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := designOf("p99(commit_due)")
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			s := settings{unchanged: 20, injected: 59, pilot: 10, maxSteal: result.MaxSteal}
			if got := rates(t.Context(), s, d, &c.bench, &journal{}, &out, func(string, ...any) {}); got != c.want || !strings.Contains(out.String(), c.says) {
				t.Errorf("exit code %d, want %d\n%s", got, c.want, &out)
			}
		})
	}
}

// By how much the injected figure was worse is measured against the unchanged one.
func TestInjectedAlone(t *testing.T) {
	d, err := designOf("p99(commit_due)")
	if err != nil {
		t.Fatal(err)
	}
	some := tally{tries: 59, failed: 59, figures: []float64{13_000}}
	if got := verdict(d, tally{}, some); got != exitInconclusive {
		t.Errorf("injected alone: %d", got)
	}
	if got := verdict(d, tally{tries: 20, passed: 20, figures: []float64{10_000}}, tally{}); got != 0 {
		t.Errorf("unchanged alone: %d", got)
	}
}

// Runs that measured nothing leave no directory, and those behind them keep their numbers.
func TestRunsAreNumberedOnwards(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"run001", "run003", "run100", journalName} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := lastRun(dir); n != 100 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := lastRun(t.TempDir()); n != 0 || err != nil {
		t.Errorf("of none: %d, %v", n, err)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-unchanged", "-1"}, {"-unchanged", "0"}, {"-injected", "-1"}, {"-pilot", "4"}, {"-max-steal", "2"}, {"-max-steal", "NaN"}, {"-broker", "docker"}, {"-figure", "p99(e2e)"}, {"-figure", "p50(ack)"}, {"-figure", "p98(x)"}, {"-nosuch"}} {
		var stderr bytes.Buffer
		if code := command(t.Context(), args, io.Discard, &stderr); code != exitUsage || stderr.Len() == 0 {
			t.Errorf("%s: exit code %d, %s", fmt.Sprint(args), code, &stderr)
		}
	}
}

// A series goes on where it was, to the same end, whatever it was cut after.
func TestASeriesGoesOn(t *testing.T) {
	d, err := designOf("p99(commit_due)")
	if err != nil {
		t.Fatal(err)
	}
	s := settings{unchanged: 2, injected: 6, pilot: 10, maxSteal: result.MaxSteal, figure: "p99(commit_due)", kind: "local", extra: []string{"--duration", "1s"}}
	fresh := func() *pretended {
		return &pretended{blocks: 11, vary: 0.02, unchanged: []int{0, 0}, slow: []int{3, 3, 3, 4, 3, 3}, stolen: 5}
	}
	part := func(dir string, p *pretended, runs int) string {
		s.out = dir
		j, err := openJournal(s)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := j.close(); err != nil {
				t.Error(err)
			}
		}()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var out bytes.Buffer
		say := func(string, ...any) {
			if p.runs == runs {
				cancel()
			}
		}
		rates(ctx, s, d, p, j, &out, say)
		return out.String()
	}
	whole := part(t.TempDir(), fresh(), -1)
	for cut := range 9 {
		dir, p := filepath.Join(t.TempDir(), "series"), fresh()
		part(dir, p, cut)
		f, err := os.OpenFile(filepath.Join(dir, journalName), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(`{"run":{"exit`); err != nil { // killed while it wrote
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if got := part(dir, p, -1); got != whole {
			t.Errorf("cut after %d runs:\n%s\nwhole:\n%s", cut, got, whole)
		}
	}
}

func TestASeriesIsOfTheSameFlags(t *testing.T) {
	s := settings{unchanged: 2, injected: 6, maxSteal: result.MaxSteal, figure: "p99(commit_due)", kind: "local", out: filepath.Join(t.TempDir(), "series")}
	for i, c := range []struct {
		change func()
		says   string
	}{
		{func() {}, ""},
		{func() {}, ""},
		{func() { s.extra = []string{"--duration", "1s"} }, "another series"},
		{func() { s.extra, s.maxSteal = nil, 1 }, "another series"},
		{func() { s.maxSteal, s.tool.digest = result.MaxSteal, "of other sources" }, "another series"},
		{func() { s.tool.digest, s.machine.CPUs = "", 99 }, "another series"},
		{func() { s.out = "." }, "is not empty"},
	} {
		c.change()
		j, err := openJournal(s)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%d: %v", i, err)
		}
		if err == nil {
			if err := j.close(); err != nil {
				t.Error(err)
			}
		}
	}
}
