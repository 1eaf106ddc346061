package report

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// tables writes the groups of columns side by side, the cells' names repeated, in as few tables as the width allows.
func (p *printer) tables(s *summary) {
	keys := s.keys()
	if marked := s.column("", marks); marked.filled() {
		marked.left, marked.close = true, true
		keys = append(keys, marked)
	}
	for _, part := range [][]group{s.performance(), s.price()} {
		for len(part) > 0 {
			used := group{"", keys}.width()
			n := 0
			for ; n < len(part); n++ {
				next := 2 + part[n].width()
				if n > 0 && used+next > p.width {
					break
				}
				used += next
			}
			p.line("")
			p.table(append([]group{{"", keys}}, part[:n]...), s.styles())
			part = part[n:]
		}
	}
}

// marks are what stands beside a cell's name: not sustained, and its footnotes.
func marks(c *cell) string {
	var numbers []string
	for _, n := range c.marks {
		numbers = append(numbers, superscript(n))
	}
	text := strings.Join(numbers, " ")
	if c.unsustained() > 0 {
		return "!" + text
	}
	return text
}

// width is how wide a column is.
func (c column) width() int {
	n := utf8.RuneCountInString(c.title)
	for _, text := range c.texts {
		n = max(n, utf8.RuneCountInString(printable(text)))
	}
	return n
}

// gap is the space before a column inside its group.
func (c column) gap() int {
	if c.close {
		return 1
	}
	return 2
}

// inner is how wide the columns are together.
func (g group) inner() int {
	n := 0
	for i, c := range g.columns {
		if i > 0 {
			n += c.gap()
		}
		n += c.width()
	}
	return n
}

func (g group) width() int { return max(g.inner(), utf8.RuneCountInString(g.title)) }

// row writes one line of a group, as wide as the group is.
func (g group) row(cell func(column) string) string {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", g.width()-g.inner()))
	for i, c := range g.columns {
		if i > 0 {
			b.WriteString(strings.Repeat(" ", c.gap()))
		}
		text := cell(c)
		pad := strings.Repeat(" ", c.width()-utf8.RuneCountInString(text))
		if c.left {
			b.WriteString(text + pad)
		} else {
			b.WriteString(pad + text)
		}
	}
	return b.String()
}

// heading centres the title over its group, ruled to both sides.
func (g group) heading() string {
	if g.title == "" {
		return strings.Repeat(" ", g.width())
	}
	room := g.width() - utf8.RuneCountInString(g.title)
	if room < 4 {
		return g.title + strings.Repeat(" ", room)
	}
	left := (room - 2) / 2
	return strings.Repeat("─", left) + " " + g.title + " " + strings.Repeat("─", room-2-left)
}

// table writes a row for each style.
func (p *printer) table(groups []group, styles []string) {
	across := func(part func(group) string) string {
		texts := make([]string, len(groups))
		for i, g := range groups {
			texts[i] = part(g)
		}
		return strings.TrimRight(strings.Join(texts, "  "), " ")
	}
	if slices.ContainsFunc(groups, func(g group) bool { return g.title != "" }) {
		p.line(p.paint(faint, across(group.heading)))
	}
	p.line(p.paint(bold, across(func(g group) string { return g.row(func(c column) string { return c.title }) })))
	for i, style := range styles {
		p.line(p.paint(style, across(func(g group) string { return g.row(func(c column) string { return printable(c.texts[i]) }) })))
	}
}

func (s *summary) styles() []string {
	styles := make([]string, len(s.cells))
	for i, c := range s.cells {
		styles[i] = c.style()
	}
	return styles
}

// style makes a row stand out whose figures must not be taken at face value.
func (c *cell) style() string {
	switch {
	case c.verdicts(result.Broken) > 0:
		return red
	case c.unsustained() > 0:
		return yellow
	}
	return ""
}
