package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// alwaysShown are the latencies that are shown of every rate.
func alwaysShown() []metric.Metric {
	return []metric.Metric{metric.Must("p50(e2e)"), metric.Must("p99(e2e)"), metric.Must("p50(commit)"), metric.Must("p99(commit)")}
}

// bounded are the objectives' figures beside these.
func (s *searches) bounded() (figures []metric.Metric) {
	for _, o := range s.terms.Objectives {
		if !slices.ContainsFunc(slices.Concat(alwaysShown(), figures), func(m metric.Metric) bool { return m.Name == o.Metric.Name }) {
			figures = append(figures, o.Metric)
		}
	}
	return figures
}

// shownAtRate is all that is shown of a rate.
func (s *searches) shownAtRate() []metric.Metric { return slices.Concat(alwaysShown(), s.bounded()) }

// textColumn makes a column of a text for each row.
func textColumn[T any](rows []T, title, alone string, words bool, text func(T) string) column {
	c := column{title: title, alone: alone, left: words}
	for _, row := range rows {
		c.texts = append(c.texts, text(row))
	}
	return c
}

// keysOf are the columns that say which cell a row is of.
func (s *searches) keysOf(rows []*compare.Capacity) []column {
	keys := []column{
		textColumn(rows, "mode", "", true, func(c *compare.Capacity) string { return c.Mode }),
		textColumn(rows, "txn", "", false, func(c *compare.Capacity) string { return transaction(&compare.Cell{Mode: c.Mode, Axes: c.Axes}) }),
	}
	if !keys[1].filled() {
		keys = keys[:1]
	}
	for _, axis := range s.run.Axes {
		keys = append(keys, textColumn(rows, strings.ReplaceAll(axis, "_", " "), "", false, func(c *compare.Capacity) string { return spellAxis(axis, c.Axes[axis]) }))
	}
	return keys
}

// figuresAt are groups of columns of what is shown at each row's rate.
func figuresAt[T any](s *searches, rows []T, at func(T) *compare.Probed) []group {
	figure := func(title, alone string, m metric.Metric, format func(float64) string) column {
		return textColumn(rows, title, alone, false, func(row T) string {
			if p := at(row); p != nil {
				return maybe(p.Median(m), format)
			}
			return none
		})
	}
	latency := func(title, alone, name string) column { return figure(title, alone, metric.Must(name), millis) }
	groups := []group{
		{"e2e, ms", []column{latency("p50", "e2e p50, ms", "p50(e2e)"), latency("p99", "e2e p99, ms", "p99(e2e)")}},
		{"commit, ms", []column{latency("p50", "commit p50, ms", "p50(commit)"), latency("p99", "commit p99, ms", "p99(commit)")}},
	}
	for _, m := range s.bounded() {
		title, format := inUnit(m)
		groups = append(groups, group{"", []column{figure(title, "", m, format)}})
	}
	return pruned(groups...)
}

// inUnit is a figure's title with the unit it is shown in, and how it is written.
func inUnit(m metric.Metric) (title string, format func(float64) string) {
	switch m.Unit {
	case metric.Microseconds:
		return m.Title + ", ms", millis
	case metric.PerSecond, metric.Offsets, metric.Records, metric.Transactions, metric.Bytes:
		return m.Title + ", " + string(m.Unit), rate
	case metric.Share:
		return m.Title, sensible
	}
	return m.Title + ", " + string(m.Unit), sensible
}

// found is the table of what was found, a row for each search.
func (s *searches) found() []group {
	return slices.Concat([]group{{"", s.keysOf(s.all)}, {"messages/s", []column{
		textColumn(s.all, "holds", "holds, msg/s", false, held),
		textColumn(s.all, "probes", "probes held", false, func(c *compare.Capacity) string { return tally(c.Held()) }),
		textColumn(s.all, "fails at", "fails at, msg/s", false, failing),
	}}}, figuresAt(s, s.all, (*compare.Capacity).Held), []group{{"", []column{
		textColumn(s.all, "because", "", true, because),
	}}})
}

// points is the table of latency against rate, a row for each rate that was probed.
func (s *searches) points() []group {
	var of []*compare.Capacity
	var rates []*compare.Probed
	for _, c := range s.all {
		for _, p := range c.Rates {
			of, rates = append(of, c), append(rates, p)
		}
	}
	return slices.Concat([]group{{"", append(s.keysOf(of), textColumn(rates, "msg/s", "", false, rateOf))}, {"probes", []column{
		textColumn(rates, "held", "probes held", false, tally),
		textColumn(rates, "sustained", "probes sustained", false, func(p *compare.Probed) string { return fmt.Sprintf("%d of %d", p.Sustained(), len(p.Trials)) }),
	}}},
		figuresAt(s, rates, func(p *compare.Probed) *compare.Probed { return p }),
		pruned(group{"", []column{textColumn(rates, "missed because", "", true, func(p *compare.Probed) string { return p.Why })}}))
}

// tally is how many probes of a rate held.
func tally(p *compare.Probed) string {
	if p == nil {
		return none
	}
	return fmt.Sprintf("%d of %d", p.Held, len(p.Trials))
}

// legend explains what stands in the tables.
func (s *searches) legend() []string {
	return []string{"figures are medians over the probes of a rate; two probes that miss make a rate fail"}
}

// held is the highest rate that a cell holds, as far as it is known.
func held(c *compare.Capacity) string {
	switch h := c.Held(); c.Finding() {
	case compare.Above:
		return "≥ " + rate(h.PerS)
	case compare.None:
		return none
	case compare.Unfinished:
		if h == nil {
			return none
		}
		return "≥ " + rate(h.PerS)
	default:
		return rate(h.PerS)
	}
}

// failing is the lowest rate that fails above those which hold, or still may.
func failing(c *compare.Capacity) string {
	failed := c.Failed()
	if c.Held() == nil && c.Finding() == compare.Unfinished {
		_, failed = c.Bracket()
	}
	return rateOf(failed)
}

func rateOf(p *compare.Probed) string {
	if p == nil {
		return none
	}
	return rate(p.PerS)
}

// because says why the cell goes no higher; where it holds no rate, why not the highest that it kept up with.
func because(c *compare.Capacity) string {
	switch c.Finding() {
	case compare.Above:
		return "no rate tried failed"
	case compare.Unfinished:
		if open := c.Undecided(); open != nil {
			return fmt.Sprintf("%s held at %s", open.Tally(), rate(open.PerS))
		}
		return "the search ended early"
	case compare.None:
		if low, _ := c.Bracket(); low != nil {
			return fmt.Sprintf("%s at %s", low.Why, rate(low.PerS))
		}
	}
	return c.Failed().Why
}
