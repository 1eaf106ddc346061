package report

import (
	"fmt"
	"io"
	"strings"
)

// capacityText writes what was found, and the latency at every rate probed, for a screen.
func capacityText(w io.Writer, s *searches, o Options) error {
	p := newPrinter(o)
	p.head(s.heading(), s.header())
	if len(s.all) > 0 {
		for _, table := range [][]group{s.found(), s.points()} {
			p.fitted("", table[0].columns, table[1:], make([]string, len(table[0].columns[0].texts)))
		}
		p.legend(s.legend())
	}
	for i, text := range s.remarks() {
		if i == 0 {
			p.line("")
		}
		p.wrapped("  ", text)
	}
	p.line("")
	p.wrapped("", s.verdict())
	p.pointers(o)
	_, err := io.WriteString(w, p.b.String())
	return err
}

// capacityMarkdown writes the same for a pull request.
func capacityMarkdown(w io.Writer, s *searches, o Options) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s\n", Escaped(s.heading()), Escaped(s.verdict()))
	if len(s.all) > 0 {
		for _, table := range [][]group{s.found(), s.points()} {
			b.WriteByte('\n')
			markdownTable(&b, table[0].columns, table[1:], len(table[0].columns[0].texts))
		}
	}
	b.WriteByte('\n')
	for _, l := range s.header() {
		fmt.Fprintf(&b, "- %s: %s\n", l.name, Escaped(l.text))
	}
	if o.Path != "" {
		fmt.Fprintf(&b, "- result: `%s`\n", o.Path)
	}
	for _, text := range s.remarks() {
		fmt.Fprintf(&b, "- **note**: %s\n", Escaped(text))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
