package gate

import (
	"math"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// Need is what it takes to decide a rule in a cell, by the noise that a run shows. A figure that does not exist is nil.
type Need struct {
	Rule      string   `json:"rule"`
	Cell      string   `json:"cell"`
	Noise     *float64 `json:"noise"`      // the Spread of a Noise; of lags held against others in the metric's unit
	Blocks    *int     `json:"blocks"`     // that pass it in 80% of tries while nothing changes, and fail it in 95% when the figure is 30% worse
	Runs      bool     `json:"runs"`       // they are runs of a stored baseline
	FailsFrom *float64 `json:"fails_from"` // the smallest worsening with which it fails in 95% of tries, of as many blocks as were judged: a share, of lags held against others in the metric's unit
	Unit      string   `json:"unit"`       // of FailsFrom; empty: a share
	Reason    string   `json:"reason"`     // why there is no number; empty where there is one
	Remedy    string   `json:"remedy"`     // what to do about it
}

// Figure writes the smallest worsening for people, and a dash where there is none.
func (n Need) Figure() string { return Verdict{Unit: n.Unit}.Figure(n.FailsFrom) }

// Needs answers for every verdict in order. The rules and the run are those of the judgement.
func (j *Judgement) Needs(rules []Rule, run *compare.Run) []Need {
	d := j.design()
	bySpelling := spelled(rules)
	needs := []Need{}
	for _, v := range j.Verdicts {
		r := bySpelling[v.Rule]
		n := Need{Rule: v.Rule, Cell: v.Cell, Runs: v.Runs > 0, Unit: r.shareUnit()}
		d.Blocks, d.Runs = v.Blocks, v.Runs
		noise, known := v.Noise()
		switch {
		case r.Kind == Count:
			n.Blocks = new(1) // counts are exact
		case !known:
			n.Reason = "the run shows no noise to plan with"
			if v.Outcome == Inconclusive {
				n.Reason, n.Remedy = v.Reason, v.Remedy
			}
		default:
			n.Noise = &noise.Spread
			if r.room(noise) > 0 {
				n.FailsFrom = some(r.SmallestChange(noise, d))
			}
			if blocks, err := r.BlocksNeeded(noise, d, r.worsening(run, v.Cell)); err != nil {
				n.Reason = err.Error()
			} else {
				n.Blocks = &blocks
			}
		}
		needs = append(needs, n)
	}
	return needs
}

// worsening is the one a gate is designed for, as Fails takes it: a share, or so much of what a lag is in the cell.
func (r Rule) worsening(run *compare.Run, cell string) float64 {
	if r.Kind == Absolute || hasRatio(r.Metric) {
		return Worsening
	}
	for _, c := range run.Cells {
		if m := c.Median(r.Metric); c.Name == cell && m != nil {
			return Worsening * *m
		}
	}
	return math.NaN()
}

// design is how the judgement was measured, but for the blocks and runs of its verdicts.
func (j *Judgement) design() (d Design) {
	for _, v := range j.Verdicts {
		if v.Kind != Count {
			d.Tests++
		}
	}
	return d
}

func spelled(rules []Rule) map[string]Rule {
	by := map[string]Rule{}
	for _, r := range rules {
		by[r.String()] = r
	}
	return by
}
