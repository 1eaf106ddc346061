package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// faultsText writes the matrix of scenarios and modes, what the outages were like, what was done, and every promise that broke.
func faultsText(w io.Writer, s *summary, o Options) error {
	f := faultsOf(s)
	p := newPrinter(o)
	p.head(f.title(), f.header())
	rows, styles := stacked(f.table(), f.styles())
	p.fitted("", rows[0].columns, rows[1:], styles)
	outages := f.outages()
	p.fitted("", outages[0].columns, outages[1:], make([]string, len(f.cells)))
	p.legend(f.legend())
	p.listed("counted", f.counted())
	if schedules := f.schedules(); len(schedules) > 0 {
		p.line("")
		p.line(p.paint(bold, "what was done, at seconds of the window"))
		for _, s := range schedules {
			p.line("  " + s.of)
			for _, e := range s.events {
				p.wrapped(fmt.Sprintf("    %7s s  ", e.name), e.text)
			}
		}
	}
	for _, b := range f.breaches() {
		p.line("")
		p.line(p.paint(red, "BROKEN  "+b.of))
		for _, r := range b.reasons {
			p.wrapped("  ", r)
		}
		p.wrapped("  again: ", b.again)
	}
	for i, text := range f.remarks() {
		if i == 0 {
			p.line("")
		}
		p.wrapped("  ", text)
	}
	p.line("")
	p.wrapped("", f.answer())
	p.pointers(o)
	_, err := io.WriteString(w, p.b.String())
	return err
}

// styles make the rows of a matrix stand out in which a promise broke or the evidence is missing.
func (f *faults) styles() []string {
	styles := make([]string, len(f.scenarios))
	for i, scenario := range f.scenarios {
		switch d := f.damage(scenario, ""); {
		case d.Broken > 0:
			styles[i] = red
		case d.Open > 0:
			styles[i] = yellow
		}
	}
	return styles
}

// stacked gives each line of a text a row of its own.
func stacked(groups []group, styles []string) (rows []group, styled []string) {
	heights := make([]int, len(styles))
	for _, g := range groups {
		for _, c := range g.columns {
			for i, text := range c.texts {
				heights[i] = max(heights[i], 1+strings.Count(text, "\n"))
			}
		}
	}
	for _, g := range groups {
		tall := group{title: g.title}
		for _, c := range g.columns {
			var texts []string
			for i, text := range c.texts {
				lines := strings.Split(text, "\n")
				texts = append(append(texts, lines...), make([]string, heights[i]-len(lines))...)
			}
			c.texts = texts
			tall.columns = append(tall.columns, c)
		}
		rows = append(rows, tall)
	}
	for i, style := range styles {
		styled = append(styled, slices.Repeat([]string{style}, heights[i])...)
	}
	return rows, styled
}

// listed writes named lines below a title.
func (p *printer) listed(title string, lines []line) {
	if len(lines) == 0 {
		return
	}
	p.line("")
	p.line(p.paint(bold, title))
	name := 0
	for _, l := range lines {
		name = max(name, utf8.RuneCountInString(l.name))
	}
	for _, l := range lines {
		p.wrapped("  "+l.name+strings.Repeat(" ", name-utf8.RuneCountInString(l.name)+2), l.text)
	}
}

// faultsMarkdown writes the same for a pull request.
func faultsMarkdown(w io.Writer, s *summary, o Options) error {
	f := faultsOf(s)
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s\n", Escaped(f.title()), Escaped(f.answer()))
	for _, x := range f.breaches() {
		fmt.Fprintf(&b, "\n**BROKEN**: %s\n\n", Escaped(x.of))
		for _, r := range x.reasons {
			fmt.Fprintf(&b, "- %s\n", Escaped(r))
		}
		fmt.Fprintf(&b, "\n```sh\n%s\n```\n", printable(x.again))
	}
	for _, table := range [][]group{f.table(), f.outages()} {
		b.WriteByte('\n')
		keys := table[0].columns
		for i, text := range keys[0].texts {
			keys[0].texts[i] = Escaped(text)
		}
		markdownTable(&b, keys, table[1:], len(keys[0].texts))
	}
	b.WriteByte('\n')
	for _, l := range f.legend() {
		fmt.Fprintf(&b, "- %s\n", Escaped(l))
	}
	for _, l := range slices.Concat(f.header(), f.counted()) {
		fmt.Fprintf(&b, "- %s: %s\n", Escaped(l.name), Escaped(l.text))
	}
	if o.Path != "" {
		fmt.Fprintf(&b, "- result: `%s`\n", o.Path)
	}
	for _, text := range f.remarks() {
		fmt.Fprintf(&b, "- **warning**: %s\n", Escaped(text))
	}
	if schedules := f.schedules(); len(schedules) > 0 {
		b.WriteString("\n<details><summary>What was done, at seconds of the window</summary>\n\n")
		for _, s := range schedules {
			fmt.Fprintf(&b, "- %s\n", Escaped(s.of))
			for _, e := range s.events {
				fmt.Fprintf(&b, "  - %s s: %s\n", e.name, Escaped(e.text))
			}
		}
		b.WriteString("\n</details>\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
