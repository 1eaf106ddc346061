package compare

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Capacity is what probes of one mode and transaction size at several rates say of the highest one it holds.
type Capacity struct {
	Name  string // of its cells, without their rate: mode=transactional,txn_size=100
	Mode  string
	Axes  map[string]any // without the rate
	Rates []*Probed      // by rising rate
	Terms Terms
}

// Probed is a rate and the probes made at it.
type Probed struct {
	PerS   float64
	Trials []*result.Trial
	Held   int    // probes that kept up and met the objectives
	Missed int    // probes that did not
	KeptUp bool   // every probe did, whatever its objectives
	Why    string // of the first probe that missed

	confirm int
}

// misses is how many probes of a rate must fail before it counts as failed: one may have met a hiccup.
const misses = 2

// Holds says whether enough probes held, so that no lucky one decides: where one missed, at least two of three.
func (p *Probed) Holds() bool { return p.Held >= p.confirm && p.Held > p.Missed && !p.Fails() }

// Fails says whether enough probes missed, so that no unlucky one decides.
func (p *Probed) Fails() bool { return p.Missed >= misses }

// Open says whether probes have contradicted each other, or missed, without deciding yet.
func (p *Probed) Open() bool { return p.Missed > 0 && !p.Holds() && !p.Fails() }

// Tally says how many of its probes held: "2 of 3 probes".
func (p *Probed) Tally() string {
	text := fmt.Sprintf("%d of %d probe", p.Held, len(p.Trials))
	if len(p.Trials) != 1 {
		text += "s"
	}
	return text
}

// Sustained counts the probes that kept up with their schedule, whatever else they met or missed.
func (p *Probed) Sustained() (n int) {
	for _, t := range p.Trials {
		if t.Sustained != nil && *t.Sustained {
			n++
		}
	}
	return n
}

// promising says whether a probe has held and the rate has not failed.
func (p *Probed) promising() bool { return p.Held > 0 && !p.Fails() }

// Median is a figure's median over the probes whose guarantee did not break; nil if one of them lacks it.
func (p *Probed) Median(m metric.Metric) *float64 {
	c := Cell{Usable: slices.DeleteFunc(slices.Clone(p.Trials), func(t *result.Trial) bool { return t.Guarantee.Verdict == result.Broken })}
	return c.Median(m)
}

// Capacities tells from a run's stored trials, and nothing else, which rates its cells hold under the objectives, side by side as
// its cells are. The other terms are those stored with the run; one that was no search for capacity has none, and an
// error says so.
func Capacities(run *Run, objectives []metric.Objective) ([]*Capacity, error) {
	terms, found, err := TermsOf(run.Run)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("run %s is no search for capacity: it looked for no highest rate", run.RunID)
	}
	terms.Objectives = objectives
	var all []*Capacity
	order := map[string]int{}
	for _, cell := range run.Cells {
		order[WithoutRate(cell.Name)] = workload.Rank(cell.Mode)
	}
	byName := map[string]*Capacity{}
	for _, t := range Probes(run.Run) {
		name := WithoutRate(t.Cell)
		if byName[name] == nil {
			byName[name] = NewCapacity(t.Cell, t.Mode, t.Axes, terms)
			all = append(all, byName[name])
		}
		byName[name].Add(t)
	}
	slices.SortStableFunc(all, func(a, b *Capacity) int {
		by := cmp.Or(cmp.Compare(order[a.Name], order[b.Name]), cmp.Compare(a.Mode, b.Mode))
		for _, key := range slices.Sorted(maps.Keys(a.Axes)) {
			by = cmp.Or(by, compareAxis(a.Axes[key], b.Axes[key]))
		}
		return by
	})
	return all, nil
}

// Probes returns a run's trials in the order they ran, without the one that an interrupt cut short: it says nothing of its rate. One that
// ended early by itself does.
func Probes(r *result.Run) []*result.Trial {
	var probes []*result.Trial
	for i := range r.Trials {
		probes = append(probes, &r.Trials[i])
	}
	slices.SortStableFunc(probes, func(a, b *result.Trial) int { return a.StartedAt.Compare(b.StartedAt) })
	if n := len(probes); n > 0 && !probes[n-1].Complete && !r.Complete {
		probes = probes[:n-1]
	}
	return probes
}

// NewCapacity is a capacity of which nothing is known yet, of a cell with that name at any rate.
func NewCapacity(cell, mode string, axes map[string]any, terms Terms) *Capacity {
	axes = maps.Clone(axes)
	delete(axes, AxisRate)
	return &Capacity{Name: WithoutRate(cell), Mode: mode, Axes: axes, Terms: terms}
}

// WithoutRate is a cell's name without its rate.
func WithoutRate(cell string) string {
	pairs := slices.DeleteFunc(strings.Split(cell, ","), func(pair string) bool { return strings.HasPrefix(pair, AxisRate+"=") })
	return strings.Join(pairs, ",")
}

// Add counts a probe in.
func (c *Capacity) Add(t *result.Trial) {
	perS := rateOf(t)
	i, there := slices.BinarySearchFunc(c.Rates, perS, func(p *Probed, v float64) int { return cmp.Compare(p.PerS, v) })
	if !there {
		c.Rates = slices.Insert(c.Rates, i, &Probed{PerS: perS, KeptUp: true, confirm: c.Terms.Confirm})
	}
	p := c.Rates[i]
	p.Trials = append(p.Trials, t)
	keptUp, why := c.judge(t)
	p.KeptUp = p.KeptUp && keptUp
	if why == "" {
		p.Held++
		return
	}
	p.Missed++
	p.Why = cmp.Or(p.Why, why)
}

// judge says whether a probe kept up, and why it did not hold; empty: it did.
func (c *Capacity) judge(t *result.Trial) (keptUp bool, why string) {
	switch {
	case !t.Complete:
		return false, "the probe ended early"
	case t.Guarantee.Verdict != result.Held:
		return false, "guarantee " + strings.ReplaceAll(string(t.Guarantee.Verdict), "_", " ")
	case t.Sustained == nil || !*t.Sustained:
		return false, "unsustained: " + fellBehind(t)
	}
	for _, o := range c.Asked() {
		switch met, ok := o.Met(t); {
		case !ok:
			return true, "no " + o.Metric.Name + ": too few samples, or records never read"
		case !met:
			return true, figure(o, *o.Metric.Of(t))
		}
	}
	return true, ""
}

// fellBehind says in a few words what became of the records of a probe that did not keep up. A window may see as many sent as were due, when
// those before it were late.
func fellBehind(t *result.Trial) string {
	handed, due := float64(t.Window.Handed), t.Window.Due
	switch {
	case t.DuePerS == nil || due == nil || t.SentPerS < result.MinHanded**t.DuePerS:
		return fmt.Sprintf("%.0f/s sent", t.SentPerS)
	case handed < result.MinHanded*float64(*due):
		return fmt.Sprintf("%.0f%% of the records due sent in time", math.Floor(100*handed/float64(*due)))
	case float64(t.Guarantee.Failed) > result.MaxFailed*float64(t.Guarantee.Sent):
		return fmt.Sprintf("%.0f%% of the records undelivered", 100*float64(t.Guarantee.Failed)/float64(t.Guarantee.Sent))
	case t.Transactions.Failing():
		return fmt.Sprintf("%d transactions not committed that were to be", t.Transactions.Failed+t.Transactions.Indeterminate)
	}
	return "the backlog grew"
}

// figure spells a figure as its objective spells the bound.
func figure(o metric.Objective, v float64) string {
	o.Op, o.Bound = "=", threeDigits(v)
	return o.String()
}

// rateOf is a probe's rate, whether it was just measured or read from a file.
func rateOf(t *result.Trial) float64 {
	v, err := strconv.ParseFloat(Spell(t.Axes[AxisRate]), 64)
	if err != nil {
		return 0 // at max, which no search asks for
	}
	return v
}

// Asked are the objectives that concern the mode. One that does not says nothing of it, whatever its trials hold: without
// transactions nothing is committed.
func (c *Capacity) Asked() []metric.Objective { return c.objectives(true) }

// Unasked are those that do not concern it.
func (c *Capacity) Unasked() []metric.Objective { return c.objectives(false) }

func (c *Capacity) objectives(concern bool) (some []metric.Objective) {
	mode, known := workload.ModeByName(c.Mode)
	for _, o := range c.Terms.Objectives {
		if (!known || o.Metric.Concerns(mode)) == concern {
			some = append(some, o)
		}
	}
	return some
}

// Of is the rate that a probe was made at, with all its probes; nil if the probe was not added.
func (c *Capacity) Of(t *result.Trial) *Probed { return c.at(rateOf(t)) }

func (c *Capacity) at(perS float64) *Probed {
	for _, p := range c.Rates {
		if p.PerS == perS {
			return p
		}
	}
	return nil
}

// Block is the block for the next probe of a rate: the first that none of them has. One whose result was lost leaves its block free.
func (c *Capacity) Block(perS float64) int {
	p := c.at(perS)
	if p == nil {
		return 1
	}
	block := 1
	for slices.ContainsFunc(p.Trials, func(t *result.Trial) bool { return t.Block == block }) {
		block++
	}
	return block
}

// Probes counts those of all rates.
func (c *Capacity) Probes() (n int) {
	for _, p := range c.Rates {
		n += len(p.Trials)
	}
	return n
}

// highest is the highest rate of a kind, nil if there is none.
func (c *Capacity) highest(is func(*Probed) bool) *Probed {
	for _, p := range slices.Backward(c.Rates) {
		if is(p) {
			return p
		}
	}
	return nil
}

// Held is the highest rate that holds, nil while none does.
func (c *Capacity) Held() *Probed { return c.highest((*Probed).Holds) }

// Failed is the lowest rate that fails above Held; nil: none does.
func (c *Capacity) Failed() *Probed { return c.failedAbove(c.Held()) }

func (c *Capacity) failedAbove(low *Probed) *Probed {
	for _, p := range c.Rates {
		if p.Fails() && (low == nil || p.PerS > low.PerS) {
			return p
		}
	}
	return nil
}

// Undecided is the highest rate whose probes contradict each other, or of which but one missed: one more is to decide. Nil: there is none.
func (c *Capacity) Undecided() *Probed { return c.highest((*Probed).Open) }

// Floor is the highest rate that fails below Held: transactions that fill too slowly for an objective; nil: none does.
func (c *Capacity) Floor() *Probed {
	held := c.Held()
	return c.highest(func(p *Probed) bool { return held != nil && p.PerS < held.PerS && p.Fails() })
}
