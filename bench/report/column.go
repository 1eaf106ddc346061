package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
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

// words aligns the column as text.
func (c column) words() column {
	c.left = true
	return c
}

// speed is a column of figures that a broken guarantee makes void.
func (s *summary) speed(title string, figure func(*cell) *float64, format func(float64) string) column {
	return s.column(title, func(c *cell) string {
		if c.Void() {
			return "void"
		}
		return maybe(figure(c), format)
	})
}

func (s *summary) median(title, name string, format func(float64) string) column {
	m := metric.Must(name)
	return s.speed(title, func(c *cell) *float64 { return c.Median(m) }, format)
}

func (s *summary) largest(title, name string, format func(float64) string) column {
	m := metric.Must(name)
	return s.speed(title, func(c *cell) *float64 { return c.Largest(m) }, format)
}

// versus is a column of ratios to the reference. A cell that others are held against is named, the rest is blank.
func (s *summary) versus(name string) column {
	column := s.ratios("×", name, shownRatio)
	column.close = true
	return column
}

// ratios is a column of what there is to say of each ratio to the reference.
func (s *summary) ratios(title, name string, text func(compare.Effect) string) column {
	m := metric.Must(name)
	texts := map[*compare.Cell]string{}
	for _, c := range s.cells {
		if e := c.effect(m); e.Missing == "" && e.Ratio && text(e) != "" {
			texts[c.Cell], texts[c.Base] = text(e), "ref"
		}
	}
	return s.column(title, func(c *cell) string { return texts[c.Cell] })
}

// shownRatio is a ratio, or that nothing is shown. Too few blocks for an interval leave it open: the legend says so.
func shownRatio(e compare.Effect) string {
	text := times(e.Estimate)
	switch {
	case !conclusive(e):
	case !e.Shown():
		return unshown
	case text == times(1):
		return "×" + finely(e.Estimate)
	}
	return text
}

// unshown stands where the evidence shows no difference.
const (
	unshown       = "~"
	unshownLegend = "~ no difference is shown: at 95% it may be none"
)

// compared are the figures that the tables hold against the reference's.
var compared = [...]string{"read_per_s", "p50(e2e)", "p99(e2e)", "client_cpu_us_per_record", "broker_cpu_us_per_record"}

// conclusive says whether an effect has an interval.
func conclusive(e compare.Effect) bool { return !math.IsNaN(e.P) }

// count is a column of counts over all trials, left out unless one is above zero.
func (s *summary) count(title, name string) column {
	m := metric.Must(name)
	seen := false
	c := s.column(title, func(c *cell) string {
		n := c.total(m)
		seen = seen || n != nil && *n > 0
		return maybe(n, whole)
	})
	if !seen {
		return column{}
	}
	return c
}

// keys are the columns that say which cell a row is.
func (s *summary) keys() []column { return keysOf(s.run.Cells, s.run.Axes) }

// keysOf tells cells apart by mode, transaction and the axes given.
func keysOf(cells []*compare.Cell, axes []string) []column {
	of := func(title string, text func(*compare.Cell) string) column {
		c := column{title: strings.ReplaceAll(title, "_", " ")}
		for _, cell := range cells {
			c.texts = append(c.texts, text(cell))
		}
		return c
	}
	keys := []column{of("mode", func(c *compare.Cell) string { return c.Mode }).words()}
	if txn := of("txn", transaction); txn.filled() {
		keys = append(keys, txn)
	}
	for _, axis := range axes {
		keys = append(keys, of(axis, func(c *compare.Cell) string { return spellAxis(axis, c.Axes[axis]) }))
	}
	return keys
}

// performance is what the modes deliver.
func (s *summary) performance() []group {
	return pruned(
		group{"messages/s", []column{
			s.column("due", func(c *cell) string { return due(c.Cell) }).as("due, msg/s"),
			s.median("sent", "sent_per_s", rate).as("sent, msg/s"),
			s.median("read", "read_per_s", rate).as("read, msg/s"),
			s.versus("read_per_s"),
		}},
		group{"", []column{s.median("MB/s", "mb_per_s", sensible)}},
		group{"end to end, ms", []column{
			s.median("p50", "p50(e2e)", millis).as("e2e p50, ms"),
			s.versus("p50(e2e)"),
			s.median("p99", "p99(e2e)", millis).as("e2e p99, ms"),
			s.versus("p99(e2e)"),
		}},
		group{"commit, ms", []column{
			s.median("p50", "p50(commit)", millis).as("commit p50, ms"),
			s.median("p99", "p99(commit)", millis).as("commit p99, ms"),
			s.median("due p99", "p99(commit_due)", millis).as("commit due p99, ms"),
		}},
	)
}

// price is what they take, and what they are worth: the guarantee.
func (s *summary) price() []group {
	return pruned(
		group{"largest lag", []column{
			s.largest("hold", "max(hold)", whole).as("largest hold"),
			s.largest("reader", "max(reader_lag)", whole).as("largest reader lag"),
			s.largest("age ms", "max(age)", sensible).as("largest age, ms"),
		}},
		group{"per record, CPU in µs", []column{
			s.median("reqs", "requests_per_record", sensible).as("requests/record"),
			s.median("client", "client_cpu_us_per_record", sensible).as("client CPU, µs/record"),
			s.versus("client_cpu_us_per_record"),
			s.median("broker", "broker_cpu_us_per_record", sensible).as("broker CPU, µs/record"),
			s.versus("broker_cpu_us_per_record"),
		}},
		group{"transactions", []column{
			s.count("aborted", "txn_aborted").as("aborted transactions"),
			s.count("unknown", "txn_indeterminate").as("transactions of unknown outcome"),
			s.count("failed", "txn_failed").as("failed transactions"),
		}},
		group{"guarantee", []column{
			s.column("verdict", verdict).words().as("guarantee"),
			s.column("trials", counted),
			s.count("lost", "lost"),
			s.count("duplicate", "duplicate"),
			s.count("reordered", "reordered"),
			s.count("aborted read", "aborted_read"),
			s.count("torn", "torn"),
			s.count("premature", "premature"),
			s.count("foreign", "foreign"),
		}},
	)
}

// intervals are how sure the ratios are, from six blocks on.
func (s *summary) intervals() []group {
	of := func(title, name string) column {
		return s.ratios(title, name, func(e compare.Effect) string {
			if !conclusive(e) {
				return ""
			}
			return between(e.Lo, e.Hi)
		})
	}
	columns := make([]column, len(compared))
	for i, name := range compared {
		columns[i] = of(metric.Must(name).Title, name)
	}
	return pruned(group{"95% interval of ×", columns})
}

// verdicts from the one that outweighs all others to the one that needs all trials.
var verdicts = [...]result.Verdict{result.Broken, result.Incomplete, result.Unchecked, result.NotPromised, result.Held}

// verdict names the worst verdict of a cell, and in how many trials unless in all.
func verdict(c *cell) string {
	for _, v := range verdicts {
		if n := c.Verdicts(v); n > 0 {
			word := strings.ReplaceAll(string(v), "_", " ")
			if n < len(c.Trials) {
				word += fmt.Sprintf(" %d/%d", n, len(c.Trials))
			}
			return word
		}
	}
	return none
}

// counted is the number of trials the figures come from.
func counted(c *cell) string {
	if len(c.Usable) == len(c.Trials) {
		return fmt.Sprint(len(c.Trials))
	}
	return fmt.Sprintf("%d of %d", len(c.Usable), len(c.Trials))
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
