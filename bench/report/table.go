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
	for _, part := range [][]group{s.performance(), s.price(), s.intervals()} {
		p.fitted("", keys, part, s.styles())
	}
}

// fitted writes as many groups side by side as the width allows, and the others below, each time behind the keys and under the
// title, if there is one.
func (p *printer) fitted(title string, keys []column, groups []group, styles []string) {
	for len(groups) > 0 {
		used := laidOut(group{"", keys}).width
		n := 0
		for ; n < len(groups); n++ {
			next := 2 + laidOut(groups[n]).width
			if n > 0 && used+next > p.width {
				break
			}
			used += next
		}
		p.line("")
		if title != "" {
			p.line(p.paint(bold, title))
		}
		p.table(append([]group{{"", keys}}, groups[:n]...), styles)
		groups = groups[n:]
	}
}

// marks are what stands beside a cell's name: not sustained, and its footnotes.
func marks(c *cell) string {
	text := superscripts(c.marks)
	if c.Unsustained() > 0 {
		return "!" + text
	}
	return text
}

// superscripts writes the numbers of footnotes.
func superscripts(numbers []int) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = superscript(n)
	}
	return strings.Join(texts, " ")
}

// layout is a group with the widths it takes.
type layout struct {
	group
	widths []int // of its columns
	inner  int   // of them together
	width  int   // at least that of the title
}

func laidOut(g group) layout {
	l := layout{group: g, widths: make([]int, len(g.columns))}
	for i, c := range g.columns {
		n := utf8.RuneCountInString(c.title)
		for _, text := range c.texts {
			n = max(n, utf8.RuneCountInString(printable(text)))
		}
		l.widths[i] = n
		l.inner += n
		if i > 0 {
			l.inner += c.gap()
		}
	}
	l.width = max(l.inner, utf8.RuneCountInString(g.title))
	return l
}

// gap is the space before a column inside its group.
func (c column) gap() int {
	if c.close {
		return 1
	}
	return 2
}

// row writes one line of a group, as wide as the group is.
func (l layout) row(cell func(column) string) string {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", l.width-l.inner))
	for i, c := range l.columns {
		if i > 0 {
			b.WriteString(strings.Repeat(" ", c.gap()))
		}
		text := cell(c)
		pad := strings.Repeat(" ", l.widths[i]-utf8.RuneCountInString(text))
		if c.left {
			b.WriteString(text + pad)
		} else {
			b.WriteString(pad + text)
		}
	}
	return b.String()
}

// heading centres the title over its group, ruled to both sides.
func (l layout) heading() string {
	if l.title == "" {
		return strings.Repeat(" ", l.width)
	}
	room := l.width - utf8.RuneCountInString(l.title)
	if room < 4 {
		return l.title + strings.Repeat(" ", room)
	}
	left := (room - 2) / 2
	return strings.Repeat("─", left) + " " + l.title + " " + strings.Repeat("─", room-2-left)
}

// table writes a row for each style.
func (p *printer) table(groups []group, styles []string) {
	layouts := p.headings(groups)
	for i, style := range styles {
		p.row(layouts, i, style)
	}
}

// headings lays groups out and writes what stands above their rows.
func (p *printer) headings(groups []group) []layout {
	layouts := make([]layout, len(groups))
	for i, g := range groups {
		layouts[i] = laidOut(g)
	}
	if slices.ContainsFunc(groups, func(g group) bool { return g.title != "" }) {
		p.line(p.paint(faint, across(layouts, layout.heading)))
	}
	p.line(p.paint(bold, across(layouts, func(l layout) string { return l.row(func(c column) string { return c.title }) })))
	return layouts
}

// row writes the i-th row of groups.
func (p *printer) row(layouts []layout, i int, style string) {
	p.line(p.paint(style, across(layouts, func(l layout) string { return l.row(func(c column) string { return printable(c.texts[i]) }) })))
}

// across puts a part of each group side by side.
func across(layouts []layout, part func(layout) string) string {
	texts := make([]string, len(layouts))
	for i, l := range layouts {
		texts[i] = part(l)
	}
	return strings.TrimRight(strings.Join(texts, "  "), " ")
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
	case c.Verdicts(result.Broken) > 0:
		return red
	case c.Unsustained() > 0:
		return yellow
	}
	return ""
}
