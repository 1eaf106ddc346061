package report

import (
	"fmt"
	"io"
	"strings"
)

// capacityText writes what was found, and the latency at every rate probed, for a screen.
func capacityText(w io.Writer, s *searches, o Options) error {
	p := &printer{width: o.Width, color: o.Color}
	if p.width <= 0 {
		p.width = defaultWidth
	}
	p.line(p.paint(bold, s.heading()))
	for _, l := range s.header() {
		p.wrapped(fmt.Sprintf("  %-10s", l.name), l.text)
	}
	if len(s.all) > 0 {
		for _, table := range [][]group{s.found(), s.points()} {
			p.line("")
			p.table(table, make([]string, len(table[0].columns[0].texts)))
		}
		p.legend([]string{"latencies are medians over the probes of a rate; two probes that miss make a rate fail"})
	}
	for i, text := range s.remarks() {
		if i == 0 {
			p.line("")
		}
		p.wrapped("  ", text)
	}
	p.line("")
	p.wrapped("", s.verdict())
	if o.Path != "" || o.Next != "" {
		p.line("")
	}
	if o.Path != "" {
		p.line("result  " + o.Path)
	}
	if o.Next != "" {
		p.line("next    " + o.Next)
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

// capacityMarkdown writes the same for a pull request.
func capacityMarkdown(w io.Writer, s *searches, o Options) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s\n", escaped(s.heading()), escaped(s.verdict()))
	if len(s.all) > 0 {
		for _, table := range [][]group{s.found(), s.points()} {
			b.WriteByte('\n')
			markdownTable(&b, table[0].columns, table[1:], len(table[0].columns[0].texts))
		}
	}
	b.WriteByte('\n')
	for _, l := range s.header() {
		fmt.Fprintf(&b, "- %s: %s\n", l.name, escaped(l.text))
	}
	if o.Path != "" {
		fmt.Fprintf(&b, "- result: `%s`\n", o.Path)
	}
	for _, text := range s.remarks() {
		fmt.Fprintf(&b, "- **note**: %s\n", escaped(text))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
