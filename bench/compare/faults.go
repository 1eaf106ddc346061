package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Faults is a run that broke things, as scenarios × modes.
type Faults struct {
	Scenarios []string // in the order run
	Modes     []string // from the weakest to the strongest
	Cells     []*Cell  // by scenario, then mode and other axes

	expect string
}

// Disturbed says whether something was broken in every trial of a run: it is one of faults.
func Disturbed(r *result.Run) bool {
	return len(r.Trials) > 0 && !slices.ContainsFunc(r.Trials, func(t result.Trial) bool { return t.Fault == nil })
}

// Faults lays a run that is Disturbed out.
func (r *Run) Faults() *Faults {
	f := &Faults{expect: r.Profile.Values["expect"].Value}
	for _, t := range r.Trials {
		if !slices.Contains(f.Scenarios, *t.Fault) {
			f.Scenarios = append(f.Scenarios, *t.Fault)
		}
		if !slices.Contains(f.Modes, t.Mode) {
			f.Modes = append(f.Modes, t.Mode)
		}
	}
	slices.SortFunc(f.Modes, func(a, b string) int { return cmp.Or(workload.Rank(a)-workload.Rank(b), strings.Compare(a, b)) })
	for _, scenario := range f.Scenarios {
		for _, c := range r.Cells { // which are by mode
			if c.Fault() == scenario {
				f.Cells = append(f.Cells, c)
			}
		}
	}
	return f
}

// Of are the cells of a scenario with a mode, which differ in other axes; none where the scenario does not concern the mode. An empty name
// stands for all.
func (f *Faults) Of(scenario, mode string) []*Cell {
	return slices.DeleteFunc(slices.Clone(f.Cells), func(c *Cell) bool {
		return scenario != "" && c.Fault() != scenario || mode != "" && c.Mode != mode
	})
}

// Damage is what the ledger found in the trials of some cells.
type Damage struct {
	Trials    int
	Broken    int // a promise broke
	Open      int // none did, but evidence is missing
	Unchecked int // nothing was read
	Idle      int // nothing was broken, as there was nothing to break
	Counts    []Anomaly
}

// Verdict is the worst of the trials': BROKEN, inconclusive, unchecked, or empty where nothing speaks against what was counted.
func (d Damage) Verdict() string {
	word, n := "", 0
	switch {
	case d.Broken > 0:
		word, n = "BROKEN", d.Broken
	case d.Open > 0:
		word, n = "inconclusive", d.Open
	case d.Unchecked > 0:
		word, n = "unchecked", d.Unchecked
	}
	if n < d.Trials && n > 0 {
		word += fmt.Sprintf(" in %d of %d", n, d.Trials)
	}
	return word
}

// NothingDone is the word for damage of none where a scenario found nothing to break in any trial.
const NothingDone = "nothing done"

// Nothing words damage of none.
func (d Damage) Nothing() string {
	if d.Idle == d.Trials {
		return NothingDone
	}
	return "nothing wrong"
}

// Anomaly is a kind of thing that went wrong, and how often: more than never, in records or, where torn, in transactions.
type Anomaly struct {
	Name string
	N    int64
}

// anomalies are the ledger's counts of what went wrong, by the names people give them.
func anomalies(g *result.Guarantee) []struct {
	name string
	n    *int64
} {
	return []struct {
		name string
		n    *int64
	}{
		{"lost", g.Lost}, {"duplicated", g.Duplicate}, {"out of order", g.Reordered}, {"aborted but read", g.AbortedRead},
		{"torn", g.Torn}, {"premature", g.Premature}, {"foreign", g.Foreign}, {"changed", g.Changed},
	}
}

// Damage of some of the cells, all their trials together.
func (f *Faults) Damage(cells []*Cell) Damage {
	var d Damage
	var sums [8]int64
	for _, c := range cells {
		for _, t := range c.Trials {
			d.Trials++
			switch {
			case t.Guarantee.Verdict == result.Broken:
				d.Broken++
			case len(MissingEvidence(t, f.expect)) > 0:
				d.Open++
			case t.Guarantee.Verdict == result.Unchecked:
				d.Unchecked++
			case t.Outage != nil && t.Outage.FromS == nil:
				d.Idle++
			}
			for i, a := range anomalies(&t.Guarantee) {
				if a.n != nil {
					sums[i] += *a.n
				}
			}
		}
	}
	for i, a := range anomalies(&result.Guarantee{}) {
		if sums[i] > 0 {
			d.Counts = append(d.Counts, Anomaly{a.name, sums[i]})
		}
	}
	return d
}

// MissingEvidence says why a trial whose guarantee did not break proves less than it was meant to. Expect is what its profile takes for granted.
func MissingEvidence(t *result.Trial, expect string) (why []string) {
	if t.Guarantee.Verdict == result.Incomplete {
		why = append(why, t.Guarantee.Reasons...)
		if len(why) == 0 {
			why = append(why, "a deadline came before the readers reached the end")
		}
	}
	if !t.Complete {
		why = append(why, "stopped early")
	}
	if t.Window.Committed == 0 {
		why = append(why, "nothing was committed in the window")
	}
	if t.FellBehind() && expect != string(workload.Unsustained) {
		why = append(why, "the rate was not sustained")
	}
	return why
}

// Outage is what a fault did to a cell's trials whose figures stand. A figure is nil unless all of them have it.
type Outage struct {
	AckGapS, ReadGapS     *float64 // the longest of any trial
	RecoveryS             *float64 // likewise
	NotSeen               bool     // that some trial recovered: reading did not go on as before within its window
	Before, During, After *float64 // medians, in records read per second
}

// comparableS is how long a window has to last before a fault and behind its begin for there to be something to compare, as bench/fault has it.
const comparableS = 1

// Outage sums the cell's up.
func (c *Cell) Outage() Outage {
	var out Outage
	for _, t := range c.Usable {
		o := t.Outage
		tells := o != nil && o.ReadGapS != nil && o.FromS != nil && *o.FromS >= comparableS && *o.FromS+comparableS <= t.WindowS
		out.NotSeen = out.NotSeen || tells && o.RecoveryS == nil
	}
	values := func(of func(*result.Outage) *float64) (all []float64) {
		for _, t := range c.Usable {
			if t.Outage == nil || of(t.Outage) == nil {
				return nil
			}
			all = append(all, *of(t.Outage))
		}
		return all
	}
	longest := func(of func(*result.Outage) *float64) *float64 {
		if all := values(of); len(all) > 0 {
			return new(slices.Max(all))
		}
		return nil
	}
	read := func(of func(*result.Outage) *result.OutageRates) *float64 {
		all := values(func(o *result.Outage) *float64 {
			if r := of(o); r != nil {
				return &r.ReadPerS
			}
			return nil
		})
		if len(all) == 0 {
			return nil
		}
		slices.Sort(all)
		return new(stats.Quantile(all, 0.5))
	}
	out.AckGapS = longest(func(o *result.Outage) *float64 { return o.AckGapS })
	out.ReadGapS = longest(func(o *result.Outage) *float64 { return o.ReadGapS })
	out.RecoveryS = longest(func(o *result.Outage) *float64 { return o.RecoveryS })
	out.Before = read(func(o *result.Outage) *result.OutageRates { return o.Before })
	out.During = read(func(o *result.Outage) *result.OutageRates { return o.During })
	out.After = read(func(o *result.Outage) *result.OutageRates { return o.After })
	return out
}
