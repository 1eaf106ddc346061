package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// stored is a campaign of one cell at max on a real Kafka.
func stored(t *testing.T) *result.Run {
	t.Helper()
	r, err := result.Load("../../bench/compare/testdata/aa/run.json")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// campaign is what a live one stores, each figure that of(block).
func campaign(blocks int, of func(block int) float64) *result.Run {
	r := &result.Run{}
	for block := 1; block <= blocks; block++ {
		v := of(block)
		latency := result.Latency{Count: 2000, P50: &v, P99: new(2 * v)}
		fixed := result.Trial{
			Block: block, Cell: "mode=transactional,rate=1000", Mode: "transactional", Scenario: "produce", WindowS: 2, Complete: true,
			DuePerS: new(1000.0), Sustained: new(true), LatencyUS: map[string]result.Latency{"e2e": latency, "commit": latency},
			Guarantee: result.Guarantee{Verdict: result.Held},
		}
		saturated := fixed
		saturated.Cell, saturated.DuePerS, saturated.Sustained, saturated.Saturated = "mode=transactional,rate=max", nil, nil, true
		saturated.Throughput.ReadPerS = &v
		r.Trials = append(r.Trials, fixed, saturated)
	}
	return r
}

func counted(t *testing.T, r *result.Run) map[string][2]int {
	t.Helper()
	tallies := newTallies()
	count(tallies, r)
	got := map[string][2]int{}
	for _, tally := range tallies {
		got[tally.metric.Name] = [2]int{tally.judged, tally.alarms}
	}
	return got
}

func TestHalvesAlternate(t *testing.T) {
	c := compare.New(campaign(8, func(block int) float64 { return float64(block) }), "").Cells[0]
	reference, changed := halves(c)
	blocksOf := func(c *compare.Cell) string {
		var all []string
		for _, trial := range c.Trials {
			all = append(all, fmt.Sprintf("%d:%g", trial.Block, *trial.LatencyUS["e2e"].P50))
		}
		return strings.Join(all, " ")
	}
	if got, want := blocksOf(reference), "1:1 2:4 3:5 4:8"; got != want {
		t.Errorf("reference: got %s, want %s", got, want)
	}
	if got, want := blocksOf(changed), "1:2 2:3 3:6 4:7"; got != want {
		t.Errorf("changed: got %s, want %s", got, want)
	}
	if c.Trials[3].Block != 4 || c.Trials[3].Cell != "mode=transactional,rate=1000" {
		t.Error("the campaign itself was changed")
	}
}

func TestADriftIsNoAlarm(t *testing.T) {
	for name, got := range counted(t, campaign(20, func(block int) float64 { return 1000 * math.Pow(1.1, float64(block)) })) {
		if got != [2]int{1, 0} {
			t.Errorf("%s: %d compared, %d alarms", name, got[0], got[1])
		}
	}
}

func TestWhatDiffersIsShown(t *testing.T) {
	pattern := campaign(20, func(block int) float64 { // the changed half of each pair is 30% up
		if ((block-1)/2+(block-1)%2)%2 == 1 {
			return 1300 + float64(block)
		}
		return 1000 + float64(block)
	})
	for name, got := range counted(t, pattern) {
		if got != [2]int{1, 1} {
			t.Errorf("%s: %d compared, %d alarms", name, got[0], got[1])
		}
	}
}

func TestWhatCannotBeComparedIsNotCounted(t *testing.T) {
	few := campaign(10, func(int) float64 { return 1 }) // five pairs
	lone := campaign(1, func(int) float64 { return 1 })
	broken := campaign(20, func(int) float64 { return 1 })
	for i := range broken.Trials {
		broken.Trials[i].Guarantee.Verdict = result.Broken
	}
	for name, r := range map[string]*result.Run{"few": few, "lone": lone, "broken": broken, "empty": {}} {
		for metric, got := range counted(t, r) {
			if got != [2]int{0, 0} {
				t.Errorf("%s, %s: %d compared, %d alarms", name, metric, got[0], got[1])
			}
		}
	}
	tallies := newTallies()
	want := []string{"p50(e2e) not compared: 5 pairs are too few", "read_per_s not compared: 5 pairs are too few"}
	lines := strings.Join(count(tallies, few), "\n")
	for _, w := range want {
		if !strings.Contains(lines, w) {
			t.Errorf("got %s, want %s", lines, w)
		}
	}
}

func TestStoredCampaign(t *testing.T) {
	got := counted(t, stored(t))
	if got["read_per_s"] != [2]int{1, 0} || got["p50(e2e)"] != [2]int{0, 0} {
		t.Errorf("got %v", got)
	}
}

// Of n comparisons, the most false alarms that a rate of 5% stays within 95 times of 100: from the binomial tables.
func TestAllowed(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 0, 2: 1, 10: 2, 20: 3, 59: 6, 100: 9} {
		if got := allowed(n); got != want {
			t.Errorf("%d: got %d, want %d", n, got, want)
		}
	}
}

func TestVerdict(t *testing.T) {
	same := func(int) float64 { return 1000 }
	differing := func(block int) float64 { return 1000 + 500*float64(((block-1)/2+(block-1)%2)%2) + float64(block) }
	cut := errors.New("cut")
	for name, c := range map[string]struct {
		runs func(i int) (*result.Run, error)
		code int
	}{
		"no alarms":                         {func(int) (*result.Run, error) { return campaign(20, same), nil }, 0},
		"three of twenty":                   {func(i int) (*result.Run, error) { return campaign(20, pick(i <= 3, differing, same)), nil }, 0},
		"four of twenty":                    {func(i int) (*result.Run, error) { return campaign(20, pick(i <= 4, differing, same)), nil }, exitAlarms},
		"two in twenty judged by nothing":   {func(i int) (*result.Run, error) { return pickRun(i <= 2, campaign(20, same)), nil }, 0},
		"three in twenty judged by nothing": {func(i int) (*result.Run, error) { return pickRun(i <= 3, campaign(20, same)), nil }, exitInconclusive},
		"nothing to judge":                  {func(int) (*result.Run, error) { return &result.Run{}, nil }, exitInconclusive},
		"a failed campaign": {func(i int) (*result.Run, error) {
			return campaign(20, same), errors.Join(map[bool]error{true: cut}[i == 2])
		}, exitError},
	} {
		t.Run(name, func(t *testing.T) {
			var out, said bytes.Buffer
			say := func(format string, args ...any) { fmt.Fprintf(&said, format+"\n", args...) }
			code := compareAll(t.Context(), 20, func(_ context.Context, i int) (*result.Run, error) { return c.runs(i) }, &out, say)
			if code != c.code {
				t.Errorf("exit code %d, want %d:\n%s%s", code, c.code, said.String(), out.String())
			}
			if lines := strings.Count(out.String(), "\n"); lines != 1+len(newTallies()) {
				t.Errorf("got %s", out.String())
			}
		})
	}
}

// pickRun is an empty run, or the one given.
func pickRun(empty bool, r *result.Run) *result.Run {
	if empty {
		return &result.Run{}
	}
	return r
}

func pick(first bool, a, b func(int) float64) func(int) float64 {
	if first {
		return a
	}
	return b
}

func TestInterruptedComparisonsShowWhatThereIs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	code := compareAll(ctx, 20, func(ctx context.Context, i int) (*result.Run, error) {
		if i == 3 {
			cancel()
			return nil, ctx.Err()
		}
		return campaign(20, func(int) float64 { return 1000 }), nil
	}, &out, func(string, ...any) {})
	want := "figure       load   compared  false alarms  allowed  rate, 95% interval\n" +
		"read_per_s   max    2         0             1        0.0% to 84.2%\n"
	if code != exitInterrupted || !strings.HasPrefix(out.String(), want) {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-blocks", "5"}, {"-comparisons", "0"}, {"-blocks", "501"}, {"-nothing"}} {
		if code := command(t.Context(), args, io.Discard, io.Discard); code != exitUsage {
			t.Errorf("%q: exit code %d", args, code)
		}
	}
	if code := command(t.Context(), []string{"-h"}, io.Discard, io.Discard); code != 0 {
		t.Errorf("-h: exit code %d", code)
	}
	c := campaigns{blocks: 20, extra: []string{"--rate", "500"}}
	if got := strings.Join(c.args(7, "d"), " "); !strings.HasSuffix(got, "--seed 7 --blocks 20 --progress none --out d --rate 500") {
		t.Errorf("got %s", got)
	}
}
