package report

import (
	"fmt"
	"io"
	"strings"
)

// ComparisonFormat writes a comparison. Its only errors are the writer's.
type ComparisonFormat func(io.Writer, *Comparison, Options) error

// ComparisonFormats names the output formats of a comparison, the default first.
func ComparisonFormats() []string { return []string{"text", "json", "csv", "markdown"} }

// ComparisonByName returns the format of that name; the error names those there are.
func ComparisonByName(name string) (ComparisonFormat, error) {
	switch name {
	case "text":
		return comparisonText, nil
	case "json":
		return comparisonJSON, nil
	case "csv":
		return comparisonCSV, nil
	case "markdown":
		return comparisonMarkdown, nil
	}
	return nil, fmt.Errorf("unknown output format %q: use one of %s", name, strings.Join(ComparisonFormats(), ", "))
}

// incomparable is the mark of a comparison across environments.
const incomparable = "NOT COMPARABLE: the sides differ in more than what is compared, and are shown side by side because --across-environments asks for it"

func comparisonText(w io.Writer, c *Comparison, o Options) error {
	p := newPrinter(o)
	if c.AcrossEnvironments {
		p.wrapped("! ", incomparable)
		for _, d := range c.Differences {
			p.wrapped("!   ", d)
		}
	}
	p.head(c.title, c.header)
	for _, m := range c.Metrics {
		if len(m.Rows) == 0 {
			continue // a note says so
		}
		keys := c.keys(m)
		if marked := m.column("", rowMarks); marked.filled() {
			marked.left, marked.close = true, true
			keys = append(keys, marked)
		}
		p.fitted(m.title(), keys, c.columns(m), m.styles())
	}
	p.legend(c.legend())
	if len(c.Notes) > 0 {
		p.line("")
	}
	for i, n := range c.Notes {
		p.wrapped(fmt.Sprintf("%4s ", superscript(i+1)), n)
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

// legend explains the signs that the tables use, and no others.
func (c *Comparison) legend() []string {
	var spreads, shown, open, differences, unsustained, void bool
	for _, m := range c.Metrics {
		for _, r := range m.Rows {
			unsustained = unsustained || r.unsustained()
			for _, f := range r.Figures {
				spreads = spreads || f != nil && f.Lo != nil
				void = void || f != nil && f.Void
			}
			for _, e := range r.Effects {
				if e != nil && e.Estimate != nil {
					shown = shown || e.P != nil
					open = open || !e.Shown
					differences = differences || e.P != nil && e.Kind == "difference"
				}
			}
		}
	}
	var lines []string
	unit, versus := "runs", "the ratio to base, a run being one figure"
	if c.ReferenceMode != nil {
		unit, versus = "trials", "the ratio to "+*c.ReferenceMode+" with the same other settings, block by block"
	} else {
		lines = append(lines, "median: over the runs of a side, of each the median over its trials")
	}
	if spreads {
		lines = append(lines, "±: 95% interval of the median over the "+unit)
	}
	if shown {
		text := "×: " + versus + ", with its 95% interval and the p of no difference"
		if differences {
			text += "; + and −: the difference instead"
		}
		lines = append(lines, text)
	}
	if open {
		lines = append(lines, "~: no difference is shown, or there is too little to show one")
	}
	if unsustained {
		lines = append(lines, "!: the rate was not sustained: shown, never compared")
	}
	if void {
		lines = append(lines, "void: the guarantee broke, so its figures count for nothing")
	}
	return lines
}
