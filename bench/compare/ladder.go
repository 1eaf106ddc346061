package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Ladder splits what exactly-once costs into steps, each between two cells that differ in one thing.
type Ladder struct {
	Name    string        // what its cells share: rate=1000,partitions=6,txn_size=100
	TxnSize int           // records per transaction, and per flush of the control
	Metric  metric.Metric // mean(e2e) at a fixed rate, us_per_record at max: percentiles don't add up
	Steps   []Step        // always all of them; what cannot be told is missing in their effects
	Total   Effect        // from the first cell to the last
	Linger  *Step         // from at-least-once to at-least-once that does not linger; nil if the run has no such cell
	Notes   []string
}

// Step is what one thing costs.
type Step struct {
	Name     string
	From, To *Cell  // nil if the run has none
	Effect   Effect // To − From in the metric's unit, paired by block
}

// rung is a cell of a ladder, by what it is made of.
type rung struct {
	name      string
	step      string // what changes on the way up to it
	mode      func(workload.Mode) bool
	isolation workload.Isolation
	txnSize   int
	flush     int
}

// rungs are those of METHOD's ladder for transactions of size records.
func rungs(size int) []rung {
	again := func(m workload.Mode) bool { return m.Retries && !m.Idempotent }
	sequenced := func(m workload.Mode) bool { return m.Idempotent && !m.Transactional }
	transactional := func(m workload.Mode) bool { return m.Transactional }
	flush, records := fmt.Sprintf(" that flushes every %d records", size), fmt.Sprintf(" of %d records", size)
	return []rung{
		{name: "at-least-once", mode: again, isolation: workload.ReadUncommitted},
		{name: "idempotent", step: "sequence numbers", mode: sequenced, isolation: workload.ReadUncommitted},
		{name: "idempotent" + flush, step: "lost batching", mode: sequenced, isolation: workload.ReadUncommitted, flush: size},
		{name: "transactions" + records + ", read uncommitted", step: "coordinator and markers", mode: transactional,
			isolation: workload.ReadUncommitted, txnSize: size},
		{name: "transactions" + records + ", read committed", step: "waiting for visibility", mode: transactional,
			isolation: workload.ReadCommitted, txnSize: size},
	}
}

func (r rung) is(c *Cell) bool {
	m, _ := workload.ModeByName(c.Mode)
	return r.mode(m) && c.isolation() == r.isolation && c.TxnSize() == r.txnSize && c.flushEvery() == r.flush && c.Axes[AxisTxnInterval] == nil
}

func (r rung) find(cells []*Cell) *Cell {
	if i := slices.IndexFunc(cells, r.is); i >= 0 {
		return cells[i]
	}
	return nil
}

// Ladders returns one for each transaction size, at each combination of the other axes, that the run has a control cell for: a flush
// as often as its commits, or its transactions read uncommitted.
func (r *Run) Ladders() []Ladder {
	var ladders []Ladder
	for _, cells := range r.families((*Cell).shared) {
		var sizes []int
		for _, c := range cells {
			if n := c.TxnSize(); n > 0 && !slices.Contains(sizes, n) {
				sizes = append(sizes, n)
			}
		}
		slices.Sort(sizes)
		for _, size := range sizes {
			climb := rungs(size)
			found := make([]*Cell, len(climb))
			for i, rung := range climb {
				found[i] = rung.find(cells)
			}
			if slices.ContainsFunc(found, func(c *Cell) bool { return c != nil && c.Control() }) {
				ladders = append(ladders, r.ladder(size, climb, found))
			}
		}
	}
	return ladders
}

// families groups cells by a key, in the order of their first.
func (r *Run) families(key func(*Cell) string) [][]*Cell {
	index := map[string]int{}
	var families [][]*Cell
	for _, c := range r.Cells {
		k := key(c)
		i, known := index[k]
		if !known {
			i = len(families)
			index[k] = i
			families = append(families, nil)
		}
		families[i] = append(families[i], c)
	}
	return families
}

func (r *Run) ladder(size int, climb []rung, cells []*Cell) Ladder {
	some := cells[slices.IndexFunc(cells, func(c *Cell) bool { return c != nil })]
	l := Ladder{Name: r.name(some, AxisTxnSize+"="+strconv.Itoa(size)), TxnSize: size, Metric: metric.Must("mean(e2e)")}
	if some.AtMax() {
		l.Metric = metric.Must("us_per_record")
	}
	difference := func(from, to int) Effect {
		for _, i := range []int{from, to} {
			if cells[i] == nil {
				return missing(l.Metric, "the run has no cell of %s", climb[i].name)
			}
		}
		return cells[to].Difference(cells[from], l.Metric)
	}
	for i := 1; i < len(climb); i++ {
		l.Steps = append(l.Steps, Step{Name: climb[i].step, From: cells[i-1], To: cells[i], Effect: difference(i-1, i)})
	}
	l.Total = difference(0, len(climb)-1)
	l.checkSum()
	l.compareLinger(r, climb[0], cells[0])
	return l
}

// name spells the rate, the varying axes that are no controls, and more.
func (r *Run) name(c *Cell, more ...string) string {
	var parts []string
	for _, key := range append([]string{AxisRate}, r.Axes...) {
		if v := c.Axes[key]; v != nil && !slices.Contains(controls, key) {
			parts = append(parts, key+"="+Spell(v))
		}
	}
	return strings.Join(append(parts, more...), ",")
}

// checkSum notes where the steps do not add up: each is a centre of paired differences, and centres need not.
func (l *Ladder) checkSum() {
	var sum float64
	for _, s := range l.Steps {
		sum += s.Effect.Estimate // NaN where one is missing
	}
	if sum < l.Total.Lo || sum > l.Total.Hi {
		unit, per := string(l.Metric.Unit), 1.0
		if l.Metric.Unit == metric.Microseconds {
			unit, per = "ms", 1e3
		}
		l.Notes = append(l.Notes, fmt.Sprintf("the steps add up to %s, outside the interval of the total, %s to %s %s: each is estimated by itself, trust the total",
			amount(sum/per), amount(l.Total.Lo/per), amount(l.Total.Hi/per), unit))
	}
}

// compareLinger holds at-least-once against itself without lingering, where the run has that cell.
func (l *Ladder) compareLinger(r *Run, first rung, from *Cell) {
	if from == nil || from.lingers0() {
		return
	}
	but := append(slices.Clone(ofMode), AxisLinger)
	i := slices.IndexFunc(r.Cells, func(c *Cell) bool {
		return first.is(c) && c.lingers0() && c.spell(but...) == from.spell(but...)
	})
	if i < 0 {
		return
	}
	to := r.Cells[i]
	l.Linger = &Step{Name: "no lingering", From: from, To: to, Effect: to.Difference(from, l.Metric)}
	l.Notes = append(l.Notes, "a commit sends at once what at-least-once lets linger, so that transactions can beat it at low rates: "+
		"the cell without lingering shows how much of its figure is linger.ms")
}

// lingers0 says whether the cell's producers are told not to wait for more records before they send.
func (c *Cell) lingers0() bool {
	v := c.Axes[AxisLinger]
	d, err := time.ParseDuration(Spell(v))
	return v != nil && err == nil && d == 0
}

// amount writes a figure to three digits, whole numbers to all of theirs.
func amount(v float64) string {
	if math.Abs(v) >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
