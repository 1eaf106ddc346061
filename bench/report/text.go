package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

const defaultWidth = 100

// Text writes the summary that people see after a run: what was run, the modes side by side, footnotes, the answer.
func Text(w io.Writer, r *result.Run, o Options) error {
	s := summarise(r)
	if compare.Disturbed(r) {
		return faultsText(w, s, o)
	}
	p := newPrinter(o)
	p.head(s.title(), s.header())
	if len(s.cells) > 0 {
		p.tables(s)
		p.legend(s.legend())
		p.splits(s.splits())
	}
	if len(s.notes) > 0 {
		p.line("")
		for i, n := range s.notes {
			p.wrapped(fmt.Sprintf("%4s ", superscript(i+1)), s.footnote(n))
		}
	}
	p.line("")
	p.wrapped("", printable(s.answer()))
	p.pointers(o)
	_, err := io.WriteString(w, p.b.String())
	return err
}

// ANSI styles.
const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	yellow = "33"
)

// printer builds text of a width.
type printer struct {
	b     strings.Builder
	width int
	color bool
}

func newPrinter(o Options) *printer {
	p := &printer{width: o.Width, color: o.Color}
	if p.width <= 0 {
		p.width = defaultWidth
	}
	return p
}

// head says what was run on what.
func (p *printer) head(title string, lines []line) {
	p.line(p.paint(bold, title))
	for _, l := range lines {
		p.wrapped(fmt.Sprintf("  %-10s", l.name), l.text)
	}
}

// pointers says where the run is stored, and what to do next.
func (p *printer) pointers(o Options) {
	if o.Path != "" || o.Next != "" {
		p.line("")
	}
	if o.Path != "" {
		p.line("result  " + o.Path)
	}
	if o.Next != "" {
		p.line("next    " + o.Next)
	}
}

func (p *printer) line(text string) {
	p.b.WriteString(strings.TrimRight(text, " "))
	p.b.WriteByte('\n')
}

func (p *printer) paint(style, text string) string {
	if !p.color || style == "" || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// wrapped writes text behind a lead, its further lines indented as far.
func (p *printer) wrapped(lead, text string) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(lead))
	line, used, empty := lead, len(indent), true
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if !empty && used+1+n > p.width {
			p.line(line)
			line, used, empty = indent, len(indent), true
		}
		if !empty {
			line += " "
			used++
		}
		line += word
		used += n
		empty = false
	}
	p.line(line)
}

func (p *printer) legend(lines []string) {
	if len(lines) > 0 {
		p.line("")
	}
	for _, l := range lines {
		p.faintly("  ", l)
	}
}

// faintly writes wrapped text in a faint colour.
func (p *printer) faintly(lead, text string) {
	plain := printer{width: p.width}
	plain.wrapped(lead, text)
	for line := range strings.Lines(plain.b.String()) {
		p.line(p.paint(faint, strings.TrimSuffix(line, "\n")))
	}
}

// superscript writes the number of a footnote.
func superscript(n int) string {
	return strings.Map(func(d rune) rune { return []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[d-'0'] }, fmt.Sprint(n))
}
