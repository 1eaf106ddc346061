package advise

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// setup is the cells of all runs that differ in nothing but mode, transaction and rate: a goal is asked of one at a time.
type setup struct {
	axes  map[string]any // that its cells share
	name  string         // what tells it from other setups; empty: there is only one
	cells []*compare.Cell
	runs  []*compare.Run // that its cells may be of
}

// own are the axes that a setup's cells may differ in.
var own = []string{compare.AxisRate, compare.AxisTxnSize, compare.AxisTxnInterval, compare.AxisIsolation, compare.AxisFlushEvery}

// setupsOf sorts the cells that people would run into setups, in the order they come. Controls and faults are no way to run a service.
func setupsOf(runs []*compare.Run) []*setup {
	var setups []*setup
	byKey := map[string]*setup{}
	for _, r := range runs {
		for _, c := range r.Cells {
			if c.Control() || c.Fault() != "" {
				continue
			}
			axes := maps.Clone(c.Axes)
			maps.DeleteFunc(axes, func(key string, v any) bool { return v == nil || slices.Contains(own, key) })
			key := c.Trials[0].Scenario + fmt.Sprint(axes) // which prints maps in order
			s := byKey[key]
			if s == nil {
				s = &setup{axes: axes, runs: runs}
				byKey[key] = s
				setups = append(setups, s)
			}
			s.cells = append(s.cells, c)
		}
	}
	for _, s := range setups {
		s.name = describe(s.axes, func(key string) bool { return !alike(setups, key) })
	}
	return setups
}

// common describes what all setups share.
func common(setups []*setup) string {
	if len(setups) == 0 {
		return ""
	}
	return describe(setups[0].axes, func(key string) bool { return alike(setups, key) })
}

func alike(setups []*setup, key string) bool {
	return !slices.ContainsFunc(setups, func(s *setup) bool { return s.axes[key] != setups[0].axes[key] })
}

// describe spells those axes that are to be said.
func describe(axes map[string]any, say func(key string) bool) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(axes)) {
		if !say(key) {
			continue
		}
		text := compare.Spell(axes[key])
		if n, ok := axes[key].(float64); ok {
			text = figure(n)
			if key == "message_size" {
				text += " B"
			}
		}
		parts = append(parts, strings.ReplaceAll(key, "_", " ")+" "+text)
	}
	return strings.Join(parts, ", ")
}

// rates are the fixed rates that were run, in ascending order.
func (s *setup) rates() []float64 {
	var rates []float64
	for _, c := range s.cells {
		if r := c.RatePerS(); r > 0 {
			rates = append(rates, r)
		}
	}
	slices.Sort(rates)
	return slices.Compact(rates)
}

// Transaction says what ends a mode's transactions.
type Transaction struct {
	Mode     string  `json:"mode"`
	Size     *int    `json:"txn_size"`     // records; null: unbounded, or not transactional
	Interval *string `json:"txn_interval"` // such as 100ms; null: never by time
}

func transactionOf(c *compare.Cell) Transaction {
	t := Transaction{Mode: c.Mode}
	if n := c.TxnSize(); n > 0 {
		t.Size = &n
	}
	if v := c.Axes[compare.AxisTxnInterval]; v != nil {
		t.Interval = new(compare.Spell(v))
	}
	return t
}

// size is the number of records, 0 where it is unbounded.
func (t Transaction) size() int {
	if t.Size == nil {
		return 0
	}
	return *t.Size
}

// interval is the time, 0 where there is none.
func (t Transaction) interval() time.Duration {
	if t.Interval == nil {
		return 0
	}
	d, _ := time.ParseDuration(*t.Interval) // of a file that was edited by hand it may be anything
	return d
}

// same says whether two are alike.
func (t Transaction) same(u Transaction) bool { return t.compare(u) == 0 }

// compare orders transactions by ladder, and within one from the smallest to the largest.
func (t Transaction) compare(u Transaction) int {
	if n := strings.Compare(t.ladder(), u.ladder()); n != 0 {
		return n
	}
	return cmp.Or(cmp.Compare(t.size(), u.size()), cmp.Compare(t.interval(), u.interval()))
}

// ladder names what a transaction is a step of: of those that differ in size alone, or, without one, in their interval.
func (t Transaction) ladder() string {
	if t.Size == nil {
		return t.Mode + " by interval"
	}
	return fmt.Sprintf("%s by %020d size", t.Mode, t.interval())
}

// Short names the transaction by what ends it: "100", "100ms", "100 or 100ms"; empty without transactions.
func (t Transaction) Short() string {
	var parts []string
	if t.Size != nil {
		parts = append(parts, thousands(strconv.Itoa(*t.Size)))
	}
	if t.Interval != nil {
		parts = append(parts, *t.Interval)
	}
	return strings.Join(parts, " or ")
}

// String says what ends the transactions, as a sentence would.
func (t Transaction) String() string {
	switch {
	case t.Size == nil && t.Interval == nil:
		return t.Mode
	case t.Interval == nil:
		return "transactions of " + records(*t.Size)
	case t.Size == nil:
		return "transactions of " + *t.Interval
	}
	return fmt.Sprintf("transactions of %s or %s, whichever comes first", records(*t.Size), *t.Interval)
}

func records(n int) string {
	if n == 1 {
		return "1 record"
	}
	return thousands(strconv.Itoa(n)) + " records"
}
