package gate

import (
	"errors"
	"fmt"
	"math"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// What a gate is designed for: a release engineer can live with less, and cannot trust less.
const (
	WantPass  = 0.80 // chance that a rule passes while nothing changes
	WantFail  = 0.95 // chance that it fails after a worsening of
	Worsening = 0.30
)

// Noise is what a rule's figure does while nothing changes.
type Noise struct {
	// Spread is the standard deviation of logarithms, of lags' differences in their unit: of trials for an absolute rule, of the two
	// sides' difference within a block for a cost or an interleaved baseline, of runs' medians for a stored baseline.
	Spread float64
	// Level is where the figure is, in its unit for an absolute rule; for a cost the cost, as a share or in the lag's unit. A
	// baseline's is 0.
	Level float64
}

// Noise is what the verdict's trials show of it; false where they show none. From ten blocks it is known to a quarter.
func (v Verdict) Noise() (Noise, bool) {
	if v.Spread == nil || !(*v.Spread > 0) {
		return Noise{}, false
	}
	n := Noise{Spread: *v.Spread}
	if v.Kind != Baseline {
		n.Level = *v.Value
	}
	return n, true
}

// Design is how a gate measures.
type Design struct {
	Blocks int
	Runs   int // of a stored baseline; 0: there is none, or it is measured in the same blocks
	Tests  int // judged together: rules, each times the cells it concerns, counts left out
}

// Passes is the chance that the rule passes in a cell while nothing changes. That of several together is lower.
func (r Rule) Passes(n Noise, d Design) float64 {
	if r.Kind == Count {
		return 1
	}
	return r.chance(d, r.room(n)/n.Spread, alpha)
}

// Fails is the chance that the rule fails in a cell after its figure became worse by that share; relative rules of lags take it in the lag's
// unit. It counts on the strictest of the levels that Holm's procedure tests at.
func (r Rule) Fails(n Noise, d Design, worse float64) float64 {
	if r.Kind == Count {
		return 1
	}
	return r.chance(d, (r.shift(worse)-r.room(n))/n.Spread, alpha/float64(d.Tests))
}

// chance is that of showing, at a level, what lies gap standard deviations beyond the limit.
func (r Rule) chance(d Design, gap, level float64) float64 {
	switch stored := r.Kind == Baseline && d.Runs > 0; {
	case math.IsNaN(gap), stored && d.Runs < compare.BaselineRuns, !stored && d.Blocks < fewest(d.Tests):
		return 0
	case stored:
		return stats.MeanDifferencePower(1, d.Runs, gap, level)
	case r.Kind == Absolute:
		return stats.SignPower(d.Blocks, gap, level)
	}
	return stats.SignedRankPower(d.Blocks, gap, level)
}

// room is how much worse the figure may still become: in logarithms, of lags in their unit.
func (r Rule) room(n Noise) float64 {
	if r.Kind == Absolute {
		return r.direction() * math.Log(r.Limit/n.Level)
	}
	w := worsening{r.Metric}
	return w.distance(r.limit()) - w.distance(n.Level)
}

// shift is a worsening on the scale of room.
func (r Rule) shift(worse float64) float64 {
	if r.Kind == Absolute {
		return r.direction() * math.Log1p(r.direction()*worse)
	}
	return worsening{r.Metric}.distance(worse)
}

// worseBy is the reverse of shift.
func (r Rule) worseBy(shift float64) float64 {
	if r.Kind == Absolute {
		return r.direction() * math.Expm1(r.direction()*shift)
	}
	return worsening{r.Metric}.share(shift)
}

// direction is that in which a bounded figure gets worse.
func (r Rule) direction() float64 {
	if r.Op[0] == '>' {
		return -1
	}
	return 1
}

// caution is how much more spread is planned for than was measured: a spread over ten blocks is itself known to a quarter only, and trials are
// not distributed as power is computed for.
const caution = 1.1

// steady is how many numbers more have to be enough for all to be: the chances of exact tests rise in teeth, of three or four numbers, ever smaller ones.
const steady = 10

// BlocksNeeded is the smallest number of blocks, of runs of the baseline where the design has some, from which on the rule passes with WantPass while
// nothing changes and fails with WantFail after a worsening, if the spread is a tenth more than it was. The error says why no number up to 100 does.
func (r Rule) BlocksNeeded(n Noise, d Design, worse float64) (int, error) {
	if r.Kind == Count {
		return 1, nil
	}
	n.Spread *= caution
	enough := func(number int) bool {
		d := d
		if d.Runs > 0 {
			d.Runs = number
		} else {
			d.Blocks = number
		}
		return r.Passes(n, d) >= WantPass && r.Fails(n, d, worse) >= WantFail
	}
	switch room := r.room(n); {
	case !(n.Spread > 0) || math.IsNaN(room):
		return 0, errors.New("its figure has no spread, or no level above 0, to plan with")
	case room <= 0:
		return 0, fmt.Errorf("what was measured, %s, is not within the rule: there is nothing to pass", spell(n.Level, r.unit()))
	case r.shift(worse) <= room:
		return 0, fmt.Errorf("a figure that is %s worse still keeps the rule: give a narrower limit", spell(worse, r.shareUnit()))
	}
	if row := 0; enough(mostBlocks) {
		for number := 1; number <= mostBlocks+steady; number++ {
			if row++; !enough(number) {
				row = 0
			}
			if row > steady {
				return number - steady, nil
			}
		}
	}
	return 0, fmt.Errorf("not even %d would do with a spread of %s between them: give a limit half-way to what has to be found, %s",
		mostBlocks, figure(n.Spread/caution), orElse(d))
}

// orElse is what to do about noise, beside a better limit.
func orElse(d Design) string {
	if d.Runs > 0 {
		return "or measure both sides in one campaign"
	}
	return "or quieten what disturbs the trials"
}

// shareUnit is that of a worsening: a share, or that of a lag held against another.
func (r Rule) shareUnit() string {
	if r.Kind == Absolute {
		return ""
	}
	return r.unit()
}

// SmallestChange is the smallest worsening that the rule finds with WantFail: a share, of a relative rule of lags in their unit. NaN where the design
// can find none.
func (r Rule) SmallestChange(n Noise, d Design) float64 {
	return r.worseBy(r.room(n) + r.found(d)*n.Spread)
}

// found is how many standard deviations beyond its limit a figure has to be for the rule to fail with WantFail; NaN where it never does.
func (r Rule) found(d Design) float64 {
	fails := func(gap float64) bool { return r.chance(d, gap, alpha/float64(d.Tests)) >= WantFail }
	lo, hi := 0.0, 50.0
	if r.Kind == Count || !fails(hi) {
		return math.NaN()
	}
	for hi-lo > 1e-3 {
		if middle := (lo + hi) / 2; fails(middle) {
			hi = middle
		} else {
			lo = middle
		}
	}
	return hi
}

// finds is the smallest worsening that the design can tell from none, and the narrowest room that is worth having with it: a share, of relative
// rules of lags in their unit. NaN where it can find none.
func (r Rule) finds(n Noise, d Design) float64 { return r.worseBy(r.found(d) * n.Spread) }

// Warnings names the rules that leave less room than the smallest change these blocks, or runs, can find: with such a margin, or a bound so near, a
// release that changed nothing will often be inconclusive. The rules are those of the judgement.
func (j *Judgement) Warnings(rules []Rule) (lines []string) {
	bySpelling, d := spelled(rules), j.design()
	for _, v := range j.Verdicts {
		r := bySpelling[v.Rule]
		noise, known := v.Noise()
		if !known {
			continue
		}
		d.Blocks, d.Runs = v.Blocks, v.Runs
		room, find := r.worseBy(r.room(noise)), r.finds(noise, d)
		if room <= 0 || room > Worsening && r.shareUnit() == "" || !(room < find) { // it is not kept anyway, is wider than what gates are for, or there is room, or nothing can be found at all
			continue
		}
		number := plural(v.Blocks, "block")
		if v.Runs > 0 {
			number = plural(v.Runs, "baseline run")
		}
		lines = append(lines, fmt.Sprintf("rule %q in %s leaves room for a change of %s, and the smallest that %s can find with this noise is %s: take more, or widen the margin",
			v.Rule, v.Cell, spell(room, r.shareUnit()), number, spell(find, r.shareUnit())))
	}
	return lines
}
