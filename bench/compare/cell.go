// Package compare groups a run's trials into cells, finds which of them may be held against one another, and says by how much
// they differ and how sure that is. It needs nothing but stored runs.
package compare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Run is a stored run as its cells.
type Run struct {
	*result.Run
	Reference string   // the mode that costs are stated against
	Cells     []*Cell  // side by side what is compared: by rate and the other axes first, then from the weakest mode to the strongest
	Axes      []string // vary between cells, besides mode, transaction and rate
}

// Cell is the trials of one cell over all blocks.
type Cell struct {
	Name   string
	Mode   string
	Axes   map[string]any // numbers are float64, whatever the file spelled
	Trials []*result.Trial
	Usable []*result.Trial // whose figures stand: guarantee not broken, and finished where any did
	Base   *Cell           // the reference mode's cell with the same other axes; itself if it is one; nil if there is none
}

// Axes with a meaning of their own here.
const (
	AxisRate        = "rate"
	AxisTxnSize     = "txn_size"
	AxisTxnInterval = "txn_interval"
	AxisIsolation   = "isolation"
	AxisFlushEvery  = "flush_every"
	AxisLinger      = "linger"
	AxisProducers   = "producers"
)

// controls are the axes that make a cell a control of a mode rather than the mode itself.
var controls = []string{AxisIsolation, AxisFlushEvery}

// ofMode are the axes that a cell need not share with its reference: they belong to a mode, or make a control of it.
var ofMode = append([]string{AxisTxnSize, AxisTxnInterval}, controls...)

// New groups a run's trials. An empty reference is the one its profile names.
func New(r *result.Run, reference string) *Run {
	run := &Run{Run: r, Reference: reference}
	if run.Reference == "" {
		run.Reference = cmp.Or(r.Profile.Values["reference"].Value, workload.Reference)
	}
	run.group()
	run.Axes = varying(run.Cells)
	run.sort()
	bases := map[string][]*Cell{}
	for _, c := range run.Cells {
		if c.Mode == run.Reference {
			bases[c.shared()] = append(bases[c.shared()], c)
		}
	}
	for _, c := range run.Cells {
		c.Base = baseOf(c, bases[c.shared()], run.Reference)
	}
	return run
}

func (r *Run) group() {
	byName := map[string]*Cell{}
	for i := range r.Trials {
		t := &r.Trials[i]
		c := byName[t.Cell]
		if c == nil {
			c = &Cell{Name: t.Cell, Mode: t.Mode, Axes: numbers(t.Axes)}
			byName[t.Cell] = c
			r.Cells = append(r.Cells, c)
		}
		c.Trials = append(c.Trials, t)
	}
	for _, c := range r.Cells {
		held := slices.DeleteFunc(slices.Clone(c.Trials), func(t *result.Trial) bool { return t.Guarantee.Verdict == result.Broken })
		c.Usable = slices.DeleteFunc(slices.Clone(held), func(t *result.Trial) bool { return !t.Complete })
		if len(c.Usable) == 0 {
			c.Usable = held
		}
	}
}

// numbers returns axes whose numbers all are float64, as a file's are: a run that was never stored has whole ones too.
func numbers(axes map[string]any) map[string]any {
	axes = maps.Clone(axes)
	for key, v := range axes {
		if n, ok := v.(int); ok {
			axes[key] = float64(n)
		}
	}
	return axes
}

// varying names the axes that need saying to tell cells apart. The isolation follows from the mode unless it varies within one.
func varying(cells []*Cell) []string {
	keys := map[string]bool{}
	for _, c := range cells {
		for key := range c.Axes {
			keys[key] = true
		}
	}
	var axes []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		values, withinMode, within := map[string]bool{}, map[string]map[string]bool{}, false
		for _, c := range cells {
			text := Spell(c.Axes[key])
			if c.Axes[key] != nil {
				values[text] = true
			}
			if withinMode[c.Mode] == nil {
				withinMode[c.Mode] = map[string]bool{}
			}
			withinMode[c.Mode][text] = true
			within = within || len(withinMode[c.Mode]) > 1
		}
		if within || len(values) > 1 && key != AxisIsolation {
			axes = append(axes, key)
		}
	}
	return slices.DeleteFunc(axes, func(key string) bool { return key == AxisTxnSize || key == AxisTxnInterval || key == AxisRate })
}

// sort puts what is compared side by side.
func (r *Run) sort() {
	slices.SortStableFunc(r.Cells, func(a, b *Cell) int {
		for _, key := range append([]string{AxisRate}, r.Axes...) {
			if n := compareAxis(a.Axes[key], b.Axes[key]); n != 0 && !slices.Contains(controls, key) && key != workload.AxisSide {
				return n
			}
		}
		order := cmp.Or(cmp.Compare(workload.Rank(a.Mode), workload.Rank(b.Mode)), cmp.Compare(a.Mode, b.Mode))
		for _, key := range []string{AxisTxnSize, AxisTxnInterval, AxisFlushEvery, AxisIsolation, workload.AxisSide} {
			order = cmp.Or(order, compareAxis(a.Axes[key], b.Axes[key]))
		}
		return order
	})
}

// compareAxis orders nothing before numbers and durations before words ("max").
func compareAxis(a, b any) int {
	kind := func(v any) (int, float64) {
		if v == nil {
			return 0, 0
		}
		if n, err := strconv.ParseFloat(Spell(v), 64); err == nil {
			return 1, n
		}
		if d, err := time.ParseDuration(Spell(v)); err == nil {
			return 1, d.Seconds()
		}
		return 2, 0
	}
	ka, na := kind(a)
	kb, nb := kind(b)
	return cmp.Or(cmp.Compare(ka, kb), cmp.Compare(na, nb), strings.Compare(Spell(a), Spell(b)))
}

// baseOf picks among the reference mode's cells that share a cell's other axes: the mode itself, or where only controls of it
// ran the one that reads at the same isolation level. A flush that stands for a commit's is nobody's reference.
func baseOf(c *Cell, candidates []*Cell, reference string) *Cell {
	if c.Mode == reference && !c.Control() {
		return c
	}
	var found *Cell
	for _, b := range candidates {
		switch {
		case b.flushEvery() != 0:
		case !b.Control():
			return b
		case found == nil || b.Axes[AxisIsolation] == c.Axes[AxisIsolation]:
			found = b
		}
	}
	return found
}

// spell writes scenario, fault and all axes that concern the cell but some.
func (c *Cell) spell(without ...string) string {
	parts := []string{"scenario=" + c.Trials[0].Scenario}
	if f := c.Fault(); f != "" {
		parts = append(parts, "fault="+f)
	}
	for _, key := range slices.Sorted(maps.Keys(c.Axes)) {
		if v := c.Axes[key]; v != nil && !slices.Contains(without, key) {
			parts = append(parts, key+"="+Spell(v))
		}
	}
	return strings.Join(parts, ",")
}

// shared spells what a cell has in common with its reference.
func (c *Cell) shared() string { return c.spell(ofMode...) }

// Identity spells all that tells a cell from others, of its run or another: the same in every run that measured it.
func (c *Cell) Identity() string { return "mode=" + c.Mode + "," + c.spell() }

// Fault is the fault injected, empty if none.
func (c *Cell) Fault() string {
	if f := c.Trials[0].Fault; f != nil {
		return *f
	}
	return ""
}

// Spell writes an axis value; empty where the axis is off or does not concern the mode.
func Spell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// Control says whether the cell is no delivery mode as people use it but a control: an isolation level that is not its mode's, or a
// flush that stands for a commit's.
func (c *Cell) Control() bool { return len(c.ControlledBy()) > 0 }

// ControlledBy are the axes that make the cell a control; none where it is none.
func (c *Cell) ControlledBy() (axes []string) {
	if m, known := workload.ModeByName(c.Mode); known && c.isolation() != m.Isolation {
		axes = append(axes, AxisIsolation)
	}
	if c.flushEvery() != 0 {
		axes = append(axes, AxisFlushEvery)
	}
	return axes
}

// isolation is the level its readers read at.
func (c *Cell) isolation() workload.Isolation {
	if v := c.Axes[AxisIsolation]; v != nil {
		return workload.Isolation(Spell(v))
	}
	m, _ := workload.ModeByName(c.Mode)
	return m.Isolation
}

// flushEvery is the number of records after which a producer without transactions flushes, 0 where it does not.
func (c *Cell) flushEvery() int { return c.whole(AxisFlushEvery) }

func (c *Cell) whole(axis string) int {
	n, _ := c.Axes[axis].(float64)
	return int(n)
}

// Transactional says whether the cell's mode has transactions.
func (c *Cell) Transactional() bool {
	m, _ := workload.ModeByName(c.Mode)
	return m.Transactional
}

// TxnSize is the number of records that closes its transactions, 0 where none does.
func (c *Cell) TxnSize() int { return c.whole(AxisTxnSize) }

// RatePerS is the rate asked for, 0 at max.
func (c *Cell) RatePerS() float64 {
	n, _ := c.Axes[AxisRate].(float64)
	return n
}

// AtMax says whether the cell ran closed loop: there was no rate to hold.
func (c *Cell) AtMax() bool {
	return !slices.ContainsFunc(c.Trials, func(t *result.Trial) bool { return t.DuePerS != nil })
}

// Saturated says whether its latencies measure the queue.
func (c *Cell) Saturated() bool {
	return slices.ContainsFunc(c.Trials, func(t *result.Trial) bool { return t.Saturated })
}

// Unsustained counts the trials that did not hold their rate.
func (c *Cell) Unsustained() (n int) {
	for _, t := range c.Trials {
		if t.FellBehind() {
			n++
		}
	}
	return n
}

// StolenUnsustained is the smallest share of the machine's CPU time, 0 to 1, that its hypervisor gave to others during a trial that did not hold its
// rate; 0 where all did.
func (c *Cell) StolenUnsustained() float64 {
	least := 1.0
	for _, t := range c.Trials {
		if t.FellBehind() {
			least = min(least, t.Resources.Stolen())
		}
	}
	if c.Unsustained() == 0 {
		return 0
	}
	return least
}

// Verdicts counts the trials with a verdict.
func (c *Cell) Verdicts(v result.Verdict) (n int) {
	for _, t := range c.Trials {
		if t.Guarantee.Verdict == v {
			n++
		}
	}
	return n
}

// Void says whether no trial's figures count: the guarantee broke in all.
func (c *Cell) Void() bool { return len(c.Usable) == 0 }

// Unfit says why the cell's figures may not be compared with another's; empty where they may.
func (c *Cell) Unfit() string {
	switch {
	case c.Verdicts(result.Broken) > 0:
		return "the guarantee broke"
	case c.Unsustained() > 0:
		return "the rate was not sustained"
	case !c.Usable[0].Complete:
		return "no trial ran to its end"
	}
	return ""
}

// Values reads a figure from the usable trials, nil if one of them lacks it: the trials that have it are likely to be the better
// ones.
func (c *Cell) Values(m metric.Metric) []float64 {
	var values []float64
	for _, t := range c.Usable {
		v := m.Of(t)
		if v == nil {
			return nil
		}
		values = append(values, *v)
	}
	return values
}

// Median is a figure's median over the usable trials; nil if one of them lacks it.
func (c *Cell) Median(m metric.Metric) *float64 {
	values := c.Values(m)
	if values == nil {
		return nil
	}
	slices.Sort(values)
	return new(stats.Quantile(values, 0.5))
}

// Largest is a figure's largest value over the usable trials; nil if one of them lacks it.
func (c *Cell) Largest(m metric.Metric) *float64 {
	values := c.Values(m)
	if values == nil {
		return nil
	}
	return new(slices.Max(values))
}
