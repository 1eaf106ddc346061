package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// guarantees are what was promised, and what the ledger counted.
func (s *summary) guarantees() section {
	part := section{ID: "guarantee", Title: "Did it hold?"}
	if len(s.cells) == 0 {
		return section{}
	}
	counts := slices.DeleteFunc(guaranteeCounts(), func(n guaranteeCount) bool {
		return n.promised == nil && !slices.ContainsFunc(s.cells, func(c *cell) bool {
			sum := c.sum(n)
			return sum != nil && *sum > 0
		})
	})
	keys := s.keys()
	t := htmlTable{Caption: "What became of the records, all trials of a cell together"}
	for _, k := range keys {
		t.Heads = append(t.Heads, head{k.title, k.class()})
	}
	t.Heads = append(t.Heads, head{"verdict", "words"}, head{"trials", ""})
	for _, n := range counts {
		t.Heads = append(t.Heads, head{n.title, ""})
	}
	for i, c := range s.cells {
		row := htmlRow{Class: rowClass(c)}
		for k, key := range keys {
			row.Cells = append(row.Cells, htmlCell{Text: printable(key.texts[i]), Class: key.class(), Head: k == 0})
		}
		s.sign(&row.Cells[0], c, fmt.Sprintf("guarantee-%d", i))
		row.Cells = append(row.Cells, htmlCell{Text: verdict(c), Class: "words " + verdictClass(c)}, htmlCell{Text: fmt.Sprint(len(c.Trials))})
		for _, n := range counts {
			row.Cells = append(row.Cells, c.judged(n))
		}
		t.Rows = append(t.Rows, row)
	}
	part.Tables = []htmlTable{t, s.promises()}
	part.Legend = []string{
		"every record carries a stamp; the ledger compares what was sent, acknowledged, committed and read, record by record",
		"grey counts are reported only: the mode promises nothing about them",
	}
	return part
}

// sum adds one of the ledger's counts up over all trials, broken ones too; nil if no trial has it.
func (c *cell) sum(n guaranteeCount) *float64 {
	var sum *float64
	for _, t := range c.Trials {
		if v := n.of(&t.Guarantee); v != nil {
			if sum == nil {
				sum = new(float64)
			}
			*sum += float64(*v)
		}
	}
	return sum
}

// judged shows one of the ledger's counts in the light of what the cell's mode promises.
func (c *cell) judged(n guaranteeCount) htmlCell {
	sum := c.sum(n)
	out := htmlCell{Text: maybe(sum, whole)}
	if n.promised == nil || sum == nil {
		return out
	}
	m, _ := workload.ModeByName(c.Mode)
	switch promised := n.promised(m.Promises) && c.Verdicts(result.NotPromised) < len(c.Trials); {
	case !promised:
		out.Class = "quiet"
		if *sum > 0 {
			out.Unseen = "not promised"
		}
	case *sum > 0:
		out.Class, out.Unseen = "bad", "promise broken"
	}
	return out
}

func verdictClass(c *cell) string {
	switch {
	case c.Verdicts(result.Broken) > 0:
		return "bad"
	case c.Verdicts(result.Held) == len(c.Trials):
		return "good"
	case c.Verdicts(result.NotPromised)+c.Verdicts(result.Held) == len(c.Trials):
		return "quiet"
	}
	return "open"
}

// promises says what the run's modes promise.
func (s *summary) promises() htmlTable {
	t := htmlTable{Caption: "What each mode promises", Heads: []head{{"mode", "words"}, {"promise", "words"}, {"broken by", "words"}}}
	var modes []string
	for _, c := range s.cells {
		modes = append(modes, c.Mode)
	}
	for _, name := range distinct(modes) {
		m, known := workload.ModeByName(name)
		covers := m.Covers
		if !known {
			covers = "not a mode of this version"
		}
		var broken []string
		for _, n := range guaranteeCounts() {
			if n.promised != nil && n.promised(m.Promises) {
				broken = append(broken, n.title)
			}
		}
		t.Rows = append(t.Rows, htmlRow{Cells: []htmlCell{
			{Text: printable(name), Class: "words", Head: true}, {Text: covers, Class: "words wrap"}, {Text: strings.Join(broken, ", "), Class: "words wrap"},
		}})
	}
	return t
}

// guaranteeCount is one of the ledger's counts.
type guaranteeCount struct {
	title    string
	of       func(*result.Guarantee) *int64
	promised func(workload.Promises) bool // that it is zero; nil: nobody promises anything about it
}

// guaranteeCounts are the ledger's, in the order of METHOD's table behind those that tell how much it saw.
func guaranteeCounts() []guaranteeCount {
	atomic := func(p workload.Promises) bool { return p.Atomic }
	return []guaranteeCount{
		{"sent", func(g *result.Guarantee) *int64 { return &g.Sent }, nil},
		{"committed", func(g *result.Guarantee) *int64 { return &g.Committed }, nil},
		{"aborted", func(g *result.Guarantee) *int64 { return &g.Aborted }, nil},
		{"indeterminate", func(g *result.Guarantee) *int64 { return &g.Indeterminate }, nil},
		{"undelivered", func(g *result.Guarantee) *int64 { return &g.Failed }, nil},
		{"read", func(g *result.Guarantee) *int64 { return g.Read }, nil},
		{"redelivered", func(g *result.Guarantee) *int64 { return g.Redelivered }, nil},
		{"lost", func(g *result.Guarantee) *int64 { return g.Lost }, func(p workload.Promises) bool { return p.NoLoss }},
		{"duplicate", func(g *result.Guarantee) *int64 { return g.Duplicate }, func(p workload.Promises) bool { return p.NoDuplicate }},
		{"reordered", func(g *result.Guarantee) *int64 { return g.Reordered }, func(p workload.Promises) bool { return p.Ordered }},
		{"aborted read", func(g *result.Guarantee) *int64 { return g.AbortedRead }, atomic},
		{"torn", func(g *result.Guarantee) *int64 { return g.Torn }, atomic},
		{"premature", func(g *result.Guarantee) *int64 { return g.Premature }, atomic},
		{"foreign", func(g *result.Guarantee) *int64 { return g.Foreign }, func(workload.Promises) bool { return true }},
		{"changed", func(g *result.Guarantee) *int64 { return g.Changed }, func(workload.Promises) bool { return true }},
	}
}
