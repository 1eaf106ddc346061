package cli

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/advise"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// advice is what is shown of it, with the runs it is from.
type advice struct {
	*advise.Advice
	runs []*compare.Run
}

// part is a piece of the advice, the same in every format for people.
type part struct {
	heading string
	lead    []string // paragraphs before the tables
	tables  [][]report.Column
	notes   []string // on the tables
	text    []string // paragraphs
	items   []string
}

func (v *advice) json(w io.Writer) error { return result.Indented(w, v.Advice) }

func (v *advice) text(w io.Writer, width int) error {
	var b strings.Builder
	fmt.Fprintln(&b, v.title())
	var err error
	for _, l := range v.header() {
		err = errors.Join(err, report.Paragraph(&b, fmt.Sprintf("  %-10s", l[0]), l[1], width))
	}
	for _, p := range v.parts() {
		fmt.Fprintf(&b, "\n%s\n", strings.ToUpper(p.heading))
		paragraphs := func(texts []string) {
			for _, text := range texts {
				fmt.Fprintln(&b)
				err = errors.Join(err, report.Paragraph(&b, "", text, width))
			}
		}
		paragraphs(p.lead)
		for _, columns := range p.tables {
			fmt.Fprintln(&b)
			err = errors.Join(err, report.Table(&b, false, columns))
		}
		if len(p.notes) > 0 {
			fmt.Fprintln(&b)
		}
		for _, text := range p.notes {
			err = errors.Join(err, report.Paragraph(&b, "  ", text, width))
		}
		paragraphs(p.text)
		if len(p.items) > 0 {
			fmt.Fprintln(&b)
		}
		for _, text := range p.items {
			err = errors.Join(err, report.Paragraph(&b, "  - ", text, width))
		}
	}
	_, failed := io.WriteString(w, b.String())
	return errors.Join(err, failed)
}

func (v *advice) markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", report.Escaped(v.title()))
	for _, l := range v.header() {
		fmt.Fprintf(&b, "- %s: %s\n", l[0], report.Escaped(l[1]))
	}
	for _, p := range v.parts() {
		fmt.Fprintf(&b, "\n#### %s\n", report.Escaped(p.heading))
		for _, text := range slices.Concat(p.lead, p.text) {
			fmt.Fprintf(&b, "\n%s\n", report.Escaped(text))
		}
		for _, columns := range p.tables {
			b.WriteByte('\n')
			if err := report.MarkdownTable(&b, columns); err != nil {
				return err
			}
		}
		if lines := slices.Concat(p.notes, p.items); len(lines) > 0 {
			fmt.Fprintf(&b, "\n- %s\n", strings.Join(each(lines, report.Escaped), "\n- "))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (v *advice) title() string {
	cells, trials := 0, 0
	for _, r := range v.runs {
		cells, trials = cells+len(r.Cells), trials+len(r.Trials)
	}
	return fmt.Sprintf("advice from %s: %s, %s", plural(len(v.runs), "run"), plural(cells, "cell"), plural(trials, "trial"))
}

// header says what it was measured on, and the goals.
func (v *advice) header() [][2]string {
	r := v.runs[0]
	lines := [][2]string{{"broker", r.Broker.String()}, {"machine", r.Machine.String()}}
	if v.Common != "" {
		lines = append(lines, [2]string{"all cells", v.Common})
	}
	if goals := v.Goals.String(); goals != "" {
		lines = append(lines, [2]string{"goals", goals})
	}
	return lines
}

func (v *advice) parts() []part {
	var parts []part
	for _, q := range v.Questions {
		parts = append(parts, v.question(q))
	}
	for rest := v.Alerts; len(rest) > 0; {
		n := 1 // of the same setup
		for n < len(rest) && rest[n].Where == rest[0].Where {
			n++
		}
		parts = append(parts, alertPart(rest[:n]))
		rest = rest[n:]
	}
	if len(v.Rule) > 0 {
		parts = append(parts, part{heading: "Where these thresholds come from", text: v.Rule})
	}
	return append(parts, part{heading: "What these runs do not tell", items: v.Gaps})
}

// question shows the candidates and the answer.
func (v *advice) question(q advise.Question) part {
	heading := "Transaction size"
	if q.Where != "" {
		heading += ", " + q.Where
	}
	p := part{heading: heading, notes: each(q.Notes, func(text string) string { return "open: " + text }), lead: q.Answer}
	if len(q.Candidates) == 0 {
		return p
	}
	column := func(group, title string, words bool, text func(advise.Candidate) string) report.Column {
		return report.Column{Group: group, Title: title, Words: words, Texts: each(q.Candidates, text)}
	}
	columns := []report.Column{column("", "txn", false, func(c advise.Candidate) string { return c.Short() })}
	judged := func(group, value string, scale float64, of func(advise.Candidate) *advise.Judgement) {
		columns = append(columns,
			column(group, value, false, func(c advise.Candidate) string { return scaledText(of(c).Value, scale) }),
			column(group, "95% interval", false, func(c advise.Candidate) string { return interval(of(c), scale) }),
			column(group, "blocks", false, func(c advise.Candidate) string { return blocks(of(c)) }),
			column(group, "goal", true, func(c advise.Candidate) string { return verdictWord(of(c).Verdict) }))
	}
	if v.Goals.MaxCost != nil {
		judged("throughput cost at max, %", "cost", 100, func(c advise.Candidate) *advise.Judgement { return c.Cost })
	}
	if v.Goals.FreshnessUS != nil {
		judged(v.Goals.FreshnessMetric+", ms", "median", 1e-3, func(c advise.Candidate) *advise.Judgement { return c.Freshness })
	}
	columns = append(columns, column("", "advice", true, func(c advise.Candidate) string {
		if c.Recommended {
			return "set this"
		}
		return "–"
	}))
	p.tables = [][]report.Column{columns}
	return p
}

// alertPart shows the lag that was measured in a setup, and the thresholds.
func alertPart(alerts []advise.Alert) part {
	p := part{heading: "Lag alerts"}
	if where := alerts[0].Where; where != "" {
		p.heading += ", " + where
	}
	var reasons []string
	cells := map[string][]string{}
	for _, a := range alerts {
		if a.Why == "" {
			continue
		}
		if cells[a.Why] == nil {
			reasons = append(reasons, a.Why)
		}
		cells[a.Why] = append(cells[a.Why], fmt.Sprintf("%s at %s msg/s", strings.TrimSpace(a.Mode+" "+a.Short()), plain(&a.RatePerS)))
	}
	for _, why := range reasons {
		p.notes = append(p.notes, fmt.Sprintf("no threshold: %s (%s)", why, strings.Join(cells[why], ", ")))
	}
	column := func(group, title string, words bool, text func(advise.Alert) string) report.Column {
		return report.Column{Group: group, Title: title, Words: words, Texts: each(alerts, text)}
	}
	figures := func(group, title string, of func(advise.Alert) *float64) report.Column {
		return column(group, title, false, func(a advise.Alert) string { return plain(of(a)) })
	}
	keys := []report.Column{
		column("", "mode", true, func(a advise.Alert) string { return a.Mode }),
		column("", "txn", false, func(a advise.Alert) string { return orDash(a.Short()) }),
		figures("", "msg/s", func(a advise.Alert) *float64 { return &a.RatePerS }),
	}
	view := func(group string, of func(advise.Alert) advise.Lag) []report.Column {
		return []report.Column{
			column(group, "mean", false, func(a advise.Alert) string { return report.Number(of(a).Mean) }),
			figures(group, "largest", func(a advise.Alert) *float64 { return of(a).Largest }),
			figures(group, "alarm >", func(a advise.Alert) *float64 { return of(a).Above }),
		}
	}
	hold := view("hold, per partition", func(a advise.Alert) advise.Lag { return a.Hold })
	reader := view("reader, per partition", func(a advise.Alert) advise.Lag { return a.Reader })[:2] // nothing exports it
	p.tables = [][]report.Column{
		slices.Concat(keys, view("as monitored, per partition", func(a advise.Alert) advise.Lag { return a.Monitoring }),
			view("as monitored, summed", func(a advise.Alert) advise.Lag { return a.MonitoringSum }),
			[]report.Column{figures("", "for, s", func(a advise.Alert) *float64 { return a.ForS })}),
		slices.Concat(keys, hold, reader, view("age, ms", func(a advise.Alert) advise.Lag { return a.AgeMS })),
	}
	return p
}

// plain writes whole numbers without decimals.
func plain(v *float64) string {
	if v != nil && *v == math.Trunc(*v) && *v < 100 {
		return fmt.Sprintf("%.0f", *v)
	}
	return report.Number(v)
}

func verdictWord(v advise.Verdict) string {
	if v == advise.NotEnough {
		return "open"
	}
	return string(v)
}

func interval(j *advise.Judgement, scale float64) string {
	if j.Lo == nil {
		return "–"
	}
	return scaledText(j.Lo, scale) + " to " + scaledText(j.Hi, scale)
}

func blocks(j *advise.Judgement) string {
	if j.Blocks == 0 {
		return "–"
	}
	return fmt.Sprint(j.Blocks)
}

func scaledText(v *float64, by float64) string { return report.Number(scaled(v, by)) }

func each[T any](items []T, text func(T) string) []string {
	var texts []string
	for _, item := range items {
		texts = append(texts, text(item))
	}
	return texts
}
