package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// Markdown writes the summary for a pull request, in GitHub's dialect.
func Markdown(w io.Writer, r *result.Run, o Options) error {
	s := summarise(r)
	if compare.Disturbed(r) {
		return faultsMarkdown(w, s, o)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s\n", Escaped(s.title()), Escaped(s.answer()))
	if len(s.cells) > 0 {
		keys := s.keys()
		for i := range keys[0].texts {
			c := s.cells[i]
			keys[0].texts[i] = Escaped(keys[0].texts[i])
			if c.Unsustained() > 0 {
				keys[0].texts[i] += " !"
			}
			for _, n := range c.marks {
				keys[0].texts[i] += fmt.Sprintf("[^%d]", n)
			}
		}
		for _, part := range [][]group{s.performance(), s.price(), s.intervals()} {
			if len(part) > 0 {
				b.WriteByte('\n')
				markdownTable(&b, keys, part, len(s.cells))
			}
		}
		b.WriteByte('\n')
		for _, l := range s.legend() {
			fmt.Fprintf(&b, "- %s\n", Escaped(l))
		}
		markdownSplits(&b, s.splits())
	}
	for _, l := range s.header() {
		fmt.Fprintf(&b, "- %s: %s\n", l.name, Escaped(l.text))
	}
	if o.Path != "" {
		fmt.Fprintf(&b, "- result: `%s`\n", o.Path)
	}
	for _, n := range s.notes {
		if s.everywhere(n) {
			fmt.Fprintf(&b, "- **warning**: %s\n", Escaped(s.footnote(n)))
		}
	}
	if len(s.notes) > 0 {
		b.WriteByte('\n')
	}
	for i, n := range s.notes {
		if !s.everywhere(n) {
			fmt.Fprintf(&b, "[^%d]: %s\n", i+1, Escaped(s.footnote(n)))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdownTable writes one table. It has one line for its columns' names, and none for their groups.
func markdownTable(b *strings.Builder, keys []column, groups []group, rows int) {
	columns := keys
	for _, g := range groups {
		columns = slices.Concat(columns, g.columns)
	}
	titles, rules := "|", "|"
	for _, c := range columns {
		titles += " " + Escaped(cmp.Or(c.alone, c.title)) + " |"
		if c.left {
			rules += " :-- |"
		} else {
			rules += " --: |"
		}
	}
	b.WriteString(titles + "\n" + rules + "\n")
	for i := range rows {
		b.WriteByte('|')
		for k, c := range columns {
			text := printable(c.texts[i])
			if k > 0 { // the first holds footnote marks and is escaped already
				text = Escaped(text)
			}
			b.WriteString(" " + text + " |")
		}
		b.WriteByte('\n')
	}
}

var markup = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "\n", " ")

// Escaped keeps text from a stored file from being taken for Markdown's markup, or from commanding a terminal.
func Escaped(text string) string { return markup.Replace(printable(text)) }
