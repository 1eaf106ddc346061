package advise

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// figures are one per block and cell.
type figures [][]float64

// drawn are figures around a centre for each cell.
func drawn(t *rapid.T, blocks int, centres ...float64) figures {
	all := make(figures, len(centres))
	for i, centre := range centres {
		for range blocks {
			all[i] = append(all[i], centre*math.Exp(rapid.Float64Range(-0.2, 0.2).Draw(t, "noise")))
		}
	}
	return all
}

// run makes a run at max of the figures: the reference first, then transactions of 1, 10, 100 and so on.
func (f figures) run(rate float64) *compare.Run {
	var cells []cellOf
	size := 0
	for i := range f {
		cells = append(cells, cellOf{size: size, rate: rate, each: func(block int, t *result.Trial) {
			if rate == 0 {
				t.Throughput.ReadPerS = &f[i][block-1]
			} else {
				t.LatencyUS["e2e"] = result.Latency{Count: 10_000, P99: &f[i][block-1]}
			}
		}})
		size = max(1, size*10)
	}
	return runOf("drawn", len(f[0]), cells...)
}

// smallest is the size recommended, 0 if none is.
func smallest(t *rapid.T, run *compare.Run, goals Goals) int {
	a, err := From([]*compare.Run{run}, goals)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Questions[0].Candidates {
		if c.Recommended {
			return c.size()
		}
	}
	return 0
}

func TestALargerBudgetNeverTakesALargerTransaction(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run := drawn(t, rapid.IntRange(1, 9).Draw(t, "blocks"), 1000, 200, 700, 900, 1000).run(0)
		a := rapid.Float64Range(0, 0.9).Draw(t, "budget")
		b := rapid.Float64Range(a, 0.95).Draw(t, "larger budget")
		small, large := smallest(t, run, budget(a)), smallest(t, run, budget(b))
		if small > 0 && (large == 0 || large > small) {
			t.Fatalf("%d at %g, %d at %g", small, a, large, b)
		}
	})
}

// Spreading figures about their centre widens the interval to both sides and leaves the centre where it is: what had too little evidence
// has no more of it.
func TestNoiseNeverTurnsMissingEvidenceIntoAPass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		blocks := rapid.IntRange(1, 9).Draw(t, "blocks")
		wider := rapid.Float64Range(1, 5).Draw(t, "wider")
		before := drawn(t, blocks, 1000, 900)
		after := figures{before[0], make([]float64, blocks)}
		a, err := From([]*compare.Run{before.run(0)}, budget(0.1))
		if err != nil {
			t.Fatal(err)
		}
		cost := a.Questions[0].Candidates[0].Cost
		centre := math.Log(1 - *cost.Value)
		for i := range blocks {
			ratio := math.Log(before[1][i]) - math.Log(before[0][i])
			after[1][i] = before[0][i] * math.Exp(centre+wider*(ratio-centre))
		}
		// Bounds a hair apart are the same: the goal is not put between them.
		if cost.Hi != nil && math.Abs(*cost.Hi-0.1) < 1e-9 {
			t.Skip("on the edge")
		}
		if cost.Verdict != Meets && smallest(t, after.run(0), budget(0.1)) != 0 {
			t.Fatalf("%s became a pass when figures spread %g times as wide", cost.Verdict, wider)
		}
	})
}

func TestFewBlocksNeverPass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		blocks := rapid.IntRange(1, minBlocks-1).Draw(t, "blocks")
		if size := smallest(t, drawn(t, blocks, 1000, 2000).run(0), budget(0.9)); size != 0 {
			t.Fatalf("cost: %d", size)
		}
		if size := smallest(t, drawn(t, blocks, 1000, 1000).run(500), freshness(time.Hour)); size != 0 {
			t.Fatalf("freshness: %d", size)
		}
	})
}

// TestAnyRunIsAdvisedOn draws figures that are missing, zero or extreme: advice is always a valid document, and recommends nothing that did
// not hold its guarantee.
func TestAnyRunIsAdvisedOn(t *testing.T) {
	verdict := rapid.SampledFrom([]result.Verdict{result.Held, result.Held, result.Held, result.Broken, result.Incomplete, result.Unchecked})
	amount := rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 1e6), rapid.Float64Range(0, 1e300))
	rapid.Check(t, func(t *rapid.T) {
		maybe := func(name string) *float64 { return rapid.Ptr(amount, true).Draw(t, name) }
		stat := func() result.LagStat {
			return result.LagStat{Mean: maybe("lag"), Max: maybe("lag"), SumMean: maybe("lag"), SumMax: maybe("lag")}
		}
		spoil := func(_ int, trial *result.Trial) {
			trial.Guarantee.Verdict = verdict.Draw(t, "verdict")
			trial.Complete = rapid.Bool().Draw(t, "complete")
			trial.Throughput.ReadPerS = maybe("read")
			trial.LatencyUS["e2e"] = result.Latency{P99: maybe("p99")}
			trial.Sustained = rapid.Ptr(rapid.Bool(), true).Draw(t, "sustained")
			if rapid.Bool().Draw(t, "lag") {
				trial.Lag = &result.Lag{Samples: 5, Hold: stat(), Reader: stat(), Monitoring: stat(), AgeMS: stat()}
			} else {
				trial.Lag = nil
			}
		}
		cells := []cellOf{{}, {rate: 100}}
		for range rapid.IntRange(0, 3).Draw(t, "cells") {
			cells = append(cells, cellOf{size: rapid.IntRange(0, 3).Draw(t, "size"), mode: "transactional",
				interval: rapid.SampledFrom([]string{"", "5ms", "soon"}).Draw(t, "interval"), rate: rapid.SampledFrom([]float64{0, 100}).Draw(t, "rate")})
		}
		for i := range cells {
			if rapid.Bool().Draw(t, "spoilt") {
				cells[i].each = spoil
			}
		}
		a, err := From([]*compare.Run{runOf("any", rapid.IntRange(0, 8).Draw(t, "blocks"), cells...)}, bothGoals(0.5, time.Second))
		if err != nil {
			t.Fatal(err)
		}
		var document bytes.Buffer
		if err := json.NewEncoder(&document).Encode(a); err != nil {
			t.Fatal(err)
		}
		for _, q := range a.Questions {
			for _, c := range q.Candidates {
				if c.Recommended && (c.Cost.Verdict != Meets || c.Freshness.Verdict != Meets || *c.Cost.Hi > 0.5 || *c.Freshness.Hi > 1e6) {
					t.Fatalf("recommended %+v", c)
				}
			}
		}
	})
}
