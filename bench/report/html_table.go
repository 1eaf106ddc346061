package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// htmlTable is a table of the page. It scrolls by itself where the screen is narrower.
type htmlTable struct {
	Caption string
	Folded  bool // behind its caption
	Groups  []headGroup
	Heads   []head
	Rows    []htmlRow
	Below   []string
}

// headGroup spans neighbouring columns.
type headGroup struct {
	Title string
	Span  int
}

type head struct{ Text, Class string }

type htmlRow struct {
	Class string
	Cells []htmlCell
}

type htmlCell struct {
	Text   string
	Small  string
	Unseen string // what others see by the colour
	Class  string
	Head   bool
	Marks  []mark
}

// mark refers to a note.
type mark struct {
	ID     string
	Number int
}

// Grouped says whether any columns stand under a common heading.
func (t htmlTable) Grouped() bool {
	return slices.ContainsFunc(t.Groups, func(g headGroup) bool { return g.Title != "" })
}

// firstMark is the id of the first mark of a note; empty: there is none.
func (t htmlTable) firstMark(number int) string {
	for _, r := range t.Rows {
		for _, c := range r.Cells {
			for _, m := range c.Marks {
				if m.Number == number {
					return m.ID
				}
			}
		}
	}
	return ""
}

// costs are the tables of the text report.
func (s *summary) costs() section {
	part := section{ID: "cost", Title: "What it costs", Legend: s.legend()}
	if len(s.cells) == 0 {
		return section{}
	}
	for _, t := range []struct {
		id, caption string
		groups      []group
	}{
		{"performance", "Throughput and latency", s.performance()},
		{"intervals", "How sure the ratios are", s.intervals()},
		{"price", "Lag, resources and guarantee", s.price()},
	} {
		if len(t.groups) > 0 {
			part.Tables = append(part.Tables, s.tableOf(t.id, t.caption, t.groups))
		}
	}
	return part
}

// tableOf lays groups of columns beside the cells' names.
func (s *summary) tableOf(id, caption string, groups []group) htmlTable {
	t := htmlTableOf(caption, append([]group{{"", s.keys()}}, groups...))
	for i, cell := range s.cells {
		t.Rows[i].Class = rowClass(cell)
		s.sign(&t.Rows[i].Cells[0], cell, fmt.Sprintf("%s-%d", id, i))
	}
	return t
}

// htmlTableOf lays groups of columns side by side; the first column names the rows.
func htmlTableOf(caption string, groups []group) htmlTable {
	t := htmlTable{Caption: caption}
	var columns []column
	for _, g := range groups {
		t.Groups = append(t.Groups, headGroup{g.title, len(g.columns)})
		columns = append(columns, g.columns...)
	}
	for _, c := range columns {
		t.Heads = append(t.Heads, head{c.title, c.class()})
	}
	for i := range columns[0].texts {
		row := htmlRow{}
		for k, c := range columns {
			row.Cells = append(row.Cells, htmlCell{Text: printable(c.texts[i]), Class: c.class(), Head: k == 0})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// sign sets what stands beside a cell's name.
func (s *summary) sign(to *htmlCell, c *cell, id string) {
	if c.Unsustained() > 0 {
		to.Text += " !"
	}
	for _, n := range c.marks {
		to.Marks = append(to.Marks, mark{fmt.Sprintf("%s-%d", id, n), n})
	}
}

func (c column) class() string {
	var classes []string
	if c.left {
		classes = append(classes, "words")
	}
	if c.close {
		classes = append(classes, "close")
	}
	return strings.Join(classes, " ")
}

// rowClass makes a row stand out whose figures must not be taken at face value.
func rowClass(c *cell) string {
	switch {
	case c.Verdicts(result.Broken) > 0:
		return "bad"
	case c.Unsustained() > 0:
		return "open"
	}
	return ""
}
