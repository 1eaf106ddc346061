package report

import (
	"io"
	"slices"
	"strings"
)

// Column is one column of Table, its texts row by row.
type Column struct {
	Group string // neighbours of one group stand under it; empty: under none
	Title string
	Words bool // aligned left, where figures are aligned right
	Texts []string
}

// Table writes columns of the same length side by side as the report of a run does. Its only errors are the writer's.
func Table(w io.Writer, color bool, columns []Column) error {
	var groups []group
	rows := 0
	for _, c := range columns {
		if len(groups) == 0 || groups[len(groups)-1].title != c.Group {
			groups = append(groups, group{title: c.Group})
		}
		g := &groups[len(groups)-1]
		g.columns = append(g.columns, column{title: c.Title, left: c.Words, texts: c.Texts})
		rows = len(c.Texts)
	}
	p := &printer{color: color}
	p.table(groups, make([]string, rows))
	_, err := io.WriteString(w, p.b.String())
	return err
}

// MarkdownTable writes the same columns in GitHub's dialect, a group's name before the titles in it. Its only errors are the writer's.
func MarkdownTable(w io.Writer, columns []Column) error {
	var plain []column
	for _, c := range columns {
		plain = append(plain, column{title: strings.TrimSpace(c.Group + " " + c.Title), left: c.Words, texts: slices.Clone(c.Texts)})
	}
	for i, text := range plain[0].texts {
		plain[0].texts[i] = Escaped(text)
	}
	var b strings.Builder
	markdownTable(&b, plain, nil, len(plain[0].texts))
	_, err := io.WriteString(w, b.String())
	return err
}

// Paragraph writes text behind a lead, broken at a width (0: the default), its further lines indented as far. Its only errors
// are the writer's.
func Paragraph(w io.Writer, lead, text string, width int) error {
	p := newPrinter(Options{Width: width})
	p.wrapped(lead, printable(text))
	_, err := io.WriteString(w, p.b.String())
	return err
}

// Number writes a figure with the digits that people compare, and a dash for one that does not exist.
func Number(v *float64) string { return maybe(v, sensible) }
