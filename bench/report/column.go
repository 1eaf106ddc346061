package report

import (
	"fmt"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// group is a few columns under one heading. A column nobody has a figure for is left out.
type group struct {
	title   string
	columns []column
}

// column is one column of a table.
type column struct {
	title string
	alone string // the title where there is none of the group; empty: it says enough
	left  bool   // words are aligned left, figures right
	close bool   // to the column before it, which it qualifies
	texts []string
}

func (s *summary) column(title string, text func(*cell) string) column {
	c := column{title: title}
	for _, cell := range s.cells {
		c.texts = append(c.texts, text(cell))
	}
	return c
}

// as names the column for tables without group titles.
func (c column) as(alone string) column {
	c.alone = alone
	return c
}

// speed is a column of figures that a broken guarantee makes void.
func (s *summary) speed(title string, figure func(*cell) *float64, format func(float64) string) column {
	return s.column(title, func(c *cell) string {
		if c.void() {
			return "void"
		}
		return maybe(figure(c), format)
	})
}

func (s *summary) median(title string, g get, format func(float64) string) column {
	return s.speed(title, func(c *cell) *float64 { return c.median(g) }, format)
}

func (s *summary) largest(title string, g get, format func(float64) string) column {
	return s.speed(title, func(c *cell) *float64 { return c.largest(g) }, format)
}

// versus is a column of ratios to the reference. A cell that others are held against is named, the rest is blank.
func (s *summary) versus(ratio func(*cell) *float64) column {
	texts := map[*cell]string{}
	for _, c := range s.cells {
		if v := ratio(c); v != nil {
			texts[c], texts[c.base] = times(*v), "ref"
		}
	}
	column := s.column("×", func(c *cell) string { return texts[c] })
	column.close = true
	return column
}

// count is a column of counts over all trials, left out unless one is above zero.
func (s *summary) count(title string, g func(*result.Trial) *int64) column {
	seen := false
	c := s.column(title, func(c *cell) string {
		n := c.total(g)
		if n == nil {
			return none
		}
		seen = seen || *n > 0
		return whole(float64(*n))
	})
	if !seen {
		return column{}
	}
	return c
}

// keys are the columns that say which cell a row is.
func (s *summary) keys() []column {
	word := func(title string, text func(*cell) string) column {
		c := s.column(title, text)
		c.left = true
		return c
	}
	keys := []column{word("mode", func(c *cell) string { return c.mode })}
	if txn := s.column("txn", transaction); txn.filled() {
		keys = append(keys, txn)
	}
	for _, axis := range s.axes {
		keys = append(keys, s.column(strings.ReplaceAll(axis, "_", " "), func(c *cell) string { return spellAxis(axis, c.axes[axis]) }))
	}
	return keys
}

// performance is what the modes deliver.
func (s *summary) performance() []group {
	e2eP50, e2eP99 := p50("e2e"), p99("e2e")
	return pruned(
		group{"messages/s", []column{
			s.column("due", due).as("due, msg/s"),
			s.median("sent", sentPerS, rate).as("sent, msg/s"),
			s.median("read", readPerS, rate).as("read, msg/s"),
			s.versus((*cell).throughputRatio),
		}},
		group{"", []column{s.median("MB/s", mbPerS, sensible)}},
		group{"end to end, ms", []column{
			s.median("p50", e2eP50, millis).as("e2e p50, ms"),
			s.versus(func(c *cell) *float64 { return c.latencyRatio(e2eP50) }),
			s.median("p99", e2eP99, millis).as("e2e p99, ms"),
			s.versus(func(c *cell) *float64 { return c.latencyRatio(e2eP99) }),
		}},
		group{"commit, ms", []column{
			s.median("p50", p50("commit"), millis).as("commit p50, ms"),
			s.median("p99", p99("commit"), millis).as("commit p99, ms"),
			s.median("due p99", p99("commit_due"), millis).as("commit due p99, ms"),
		}},
	)
}

// price is what they take, and what they are worth: the guarantee.
func (s *summary) price() []group {
	guarantee := func(of func(*result.Guarantee) *int64) func(*result.Trial) *int64 {
		return func(t *result.Trial) *int64 { return of(&t.Guarantee) }
	}
	transactions := func(of func(*result.Transactions) *int64) func(*result.Trial) *int64 {
		return func(t *result.Trial) *int64 {
			if t.Transactions == nil {
				return nil
			}
			return of(t.Transactions)
		}
	}
	verdicts := s.column("verdict", verdict)
	verdicts.left = true
	return pruned(
		group{"largest lag", []column{
			s.largest("hold", lag(func(l *result.Lag) *float64 { return l.Hold.Max }), whole).as("largest hold"),
			s.largest("reader", lag(func(l *result.Lag) *float64 { return l.Reader.Max }), whole).as("largest reader lag"),
			s.largest("age ms", lag(func(l *result.Lag) *float64 { return l.AgeMS.Max }), sensible).as("largest age, ms"),
		}},
		group{"per record, CPU in µs", []column{
			s.median("reqs", requestsPerRecord, sensible).as("requests/record"),
			s.median("client", clientCPU, sensible).as("client CPU, µs/record"),
			s.versus(func(c *cell) *float64 { return c.ratio(clientCPU) }),
			s.median("broker", brokerCPU, sensible).as("broker CPU, µs/record"),
			s.versus(func(c *cell) *float64 { return c.ratio(brokerCPU) }),
		}},
		group{"transactions", []column{
			s.count("aborted", transactions(func(t *result.Transactions) *int64 { return &t.Aborted })).as("aborted transactions"),
			s.count("unknown", transactions(func(t *result.Transactions) *int64 { return &t.Indeterminate })).as("transactions of unknown outcome"),
			s.count("failed", transactions(func(t *result.Transactions) *int64 { return &t.Failed })).as("failed transactions"),
		}},
		group{"guarantee", []column{
			verdicts.as("guarantee"),
			s.column("trials", counted),
			s.count("lost", guarantee(func(g *result.Guarantee) *int64 { return g.Lost })),
			s.count("duplicate", guarantee(func(g *result.Guarantee) *int64 { return g.Duplicate })),
			s.count("reordered", guarantee(func(g *result.Guarantee) *int64 { return g.Reordered })),
			s.count("aborted read", guarantee(func(g *result.Guarantee) *int64 { return g.AbortedRead })),
			s.count("torn", guarantee(func(g *result.Guarantee) *int64 { return g.Torn })),
			s.count("premature", guarantee(func(g *result.Guarantee) *int64 { return g.Premature })),
			s.count("foreign", guarantee(func(g *result.Guarantee) *int64 { return g.Foreign })),
		}},
	)
}

// due is what the schedule asked for, of broken trials too.
func due(c *cell) string {
	if c.atMax() {
		return "max"
	}
	for _, t := range c.trials {
		if t.DuePerS != nil {
			return rate(*t.DuePerS)
		}
	}
	return none
}

// verdicts from the one that outweighs all others to the one that needs all trials.
var verdicts = [...]result.Verdict{result.Broken, result.Incomplete, result.Unchecked, result.NotPromised, result.Held}

// verdict names the worst verdict of a cell, and in how many trials unless in all.
func verdict(c *cell) string {
	for _, v := range verdicts {
		if n := c.verdicts(v); n > 0 {
			word := strings.ReplaceAll(string(v), "_", " ")
			if n < len(c.trials) {
				word += fmt.Sprintf(" %d/%d", n, len(c.trials))
			}
			return word
		}
	}
	return none
}

// counted is the number of trials the figures come from.
func counted(c *cell) string {
	if len(c.usable) == len(c.trials) {
		return fmt.Sprint(len(c.trials))
	}
	return fmt.Sprintf("%d of %d", len(c.usable), len(c.trials))
}

// transaction is what closes a cell's transactions.
func transaction(c *cell) string {
	switch {
	case c.size != "" && c.every != "":
		return c.size + " or " + c.every
	case c.size+c.every != "":
		return c.size + c.every
	}
	return none
}

// filled says whether the column holds anything.
func (c column) filled() bool {
	for _, text := range c.texts {
		if text != "" && text != none {
			return true
		}
	}
	return false
}

func pruned(groups ...group) []group {
	var full []group
	for _, g := range groups {
		var columns []column
		for _, c := range g.columns {
			if c.filled() {
				columns = append(columns, c)
			}
		}
		if len(columns) > 0 {
			full = append(full, group{g.title, columns})
		}
	}
	return full
}
