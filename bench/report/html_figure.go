package report

import (
	"html/template"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/figure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// htmlFigure is a drawing with its words and figures.
type htmlFigure struct {
	Name, Title, Alt string
	Caption          []string
	Light, Dark      template.HTML
	Table            *htmlTable
}

// figures draws those of some names that the run has the data for, and says what it lacks.
func (s *summary) figures(dir string, names []string) (section, error) {
	part := section{ID: "figures", Title: "Figures"}
	if len(s.cells) == 0 {
		return section{}, nil
	}
	drawn, skipped, err := figure.Some([]figure.Source{{Run: s.run, Dir: dir}}, names)
	if err != nil {
		return section{}, err
	}
	shared := sharedLines(drawn)
	for _, f := range drawn {
		h, err := s.inline(f)
		if err != nil {
			return section{}, err
		}
		h.Caption = slices.DeleteFunc(h.Caption, func(line string) bool { return slices.Contains(shared, line) })
		part.Figures = append(part.Figures, h)
	}
	if len(drawn) == 0 {
		part.Lead = []string{"The run has the data for none."}
	}
	part.Legend = shared
	for _, line := range skipped {
		part.Missing = append(part.Missing, printable(line))
	}
	return part, nil
}

// sharedLines are what every caption says: the environment. On a page, once is enough.
func sharedLines(figures []figure.Figure) (shared []string) {
	for i, f := range figures {
		lines := captionLines(f)
		if i == 0 {
			shared = lines
			continue
		}
		shared = slices.DeleteFunc(shared, func(line string) bool { return !slices.Contains(lines, line) })
	}
	if len(figures) < 2 {
		return nil
	}
	return shared
}

func captionLines(f figure.Figure) (lines []string) {
	for line := range strings.Lines(f.Caption) {
		lines = append(lines, printable(strings.Join(strings.Fields(line), " "))) // where lines break is the page's to say
	}
	return lines
}

// inline draws a figure in both themes. Title and caption are left to the page, where they are text that wraps.
func (s *summary) inline(f figure.Figure) (htmlFigure, error) {
	h := htmlFigure{Name: f.Name, Title: f.Title, Alt: f.Title, Caption: captionLines(f), Table: s.behind(f.Name)}
	if len(h.Caption) > 0 {
		h.Alt += ". " + h.Caption[0]
	}
	f.Title, f.Caption = "", ""
	var err error
	if h.Light, err = drawing(f, figure.Light); err != nil {
		return htmlFigure{}, err
	}
	h.Dark, err = drawing(f, figure.Dark)
	return h, err
}

// drawing is an SVG element. What the figure says in words, it has escaped.
func drawing(f figure.Figure, theme figure.Theme) (template.HTML, error) {
	var b strings.Builder
	if err := f.Write(&b, figure.SVG, theme); err != nil {
		return "", err
	}
	// It stands in an element that has the role and the name already.
	return template.HTML(strings.Replace(b.String(), `role="img" aria-label=""`, `aria-hidden="true"`, 1)), nil
}

// drawnMetrics are those that a figure draws: medians of cells, ratios to the reference, and differences from it.
type drawnMetrics struct{ medians, ratios, differences []string }

func behindFigures(name string) drawnMetrics {
	switch name {
	case "throughput":
		return drawnMetrics{medians: []string{"read_per_s"}}
	case "cost", "heatmap":
		return drawnMetrics{medians: []string{"read_per_s"}, ratios: []string{"read_per_s"}}
	case "latency", "rate":
		return drawnMetrics{medians: []string{"p50(e2e)", "p99(e2e)"}}
	case "latency-cost":
		return drawnMetrics{differences: []string{"p50(e2e)", "p99(e2e)"}}
	case "percentiles":
		return drawnMetrics{medians: []string{"p50(e2e)", "p90(e2e)", "p99(e2e)", "p99.9(e2e)", "max(e2e)"}}
	case "commit":
		return drawnMetrics{medians: []string{"p50(commit)", "p90(commit)", "p99(commit)", "p99.9(commit)", "max(commit)"}}
	case "lag":
		return drawnMetrics{medians: []string{"mean(hold)", "p99(hold)", "max(hold)", "mean(reader_lag)", "p99(reader_lag)", "max(reader_lag)"}}
	case "cpu":
		return drawnMetrics{medians: []string{"client_cpu_us_per_record", "broker_cpu_us_per_record"}}
	}
	return drawnMetrics{}
}

// page2 is what a figure's further pages have behind their names.
var page2 = regexp.MustCompile(`-[0-9]+$`)

// behindIt is the caption of what a figure draws, as a table.
const behindIt = "The figures behind it"

// behind is the table of what a figure draws, cell by cell; nil where the figure is a further page, or none of the cells' own metrics.
func (s *summary) behind(name string) *htmlTable {
	switch name {
	case "ladder":
		return s.behindLadders()
	case "cycle":
		return s.behindCycles()
	}
	if page2.MatchString(name) {
		return nil
	}
	drawn := behindFigures(name)
	keys := s.keys()
	t := htmlTable{Caption: behindIt, Folded: true}
	for _, k := range keys {
		t.Heads = append(t.Heads, head{k.title, k.class()})
	}
	var columns []func(*cell) htmlCell
	for _, name := range drawn.medians {
		m := metric.Must(name)
		format, unit := shownIn(m)
		t.Heads = append(t.Heads, head{m.Title + unit, ""})
		columns = append(columns, func(c *cell) htmlCell { return c.estimateCell(m, format) })
	}
	for _, name := range drawn.ratios {
		m := metric.Must(name)
		t.Heads = append(t.Heads, head{m.Title + " × " + s.run.Reference, ""})
		columns = append(columns, func(c *cell) htmlCell { return c.ratioCell(m) })
	}
	for _, name := range drawn.differences {
		m := metric.Must(name)
		format, unit := shownIn(m)
		t.Heads = append(t.Heads, head{m.Title + " − " + s.run.Reference + unit, ""})
		columns = append(columns, func(c *cell) htmlCell { return c.differenceCell(m, format) })
	}
	for i, c := range s.cells {
		var row htmlRow
		figures := false
		for k, key := range keys {
			row.Cells = append(row.Cells, htmlCell{Text: printable(key.texts[i]), Class: key.class(), Head: k == 0})
		}
		s.sign(&row.Cells[0], c, "")
		row.Cells[0].Marks = nil // the tables above have them
		for _, column := range columns {
			text := column(c)
			figures = figures || text.Text != none
			row.Cells = append(row.Cells, text)
		}
		if figures {
			t.Rows = append(t.Rows, row)
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return &t
}

// shownIn is how people read a metric, and its unit as it stands behind a title.
func shownIn(m metric.Metric) (format func(float64) string, unit string) {
	switch m.Unit {
	case metric.Microseconds:
		return millis, ", ms"
	case metric.PerSecond:
		return rate, ", msg/s"
	case metric.Share:
		return sensible, ""
	}
	return sensible, ", " + string(m.Unit)
}

// estimateCell is a median with its interval.
func (c *cell) estimateCell(m metric.Metric, format func(float64) string) htmlCell {
	if c.Void() {
		return htmlCell{Text: "void"}
	}
	e, ok := c.Estimate(m)
	if !ok {
		return htmlCell{Text: none}
	}
	out := htmlCell{Text: format(e.Median)}
	if !math.IsNaN(e.Lo) && !math.IsNaN(e.Hi) {
		out.Small = format(e.Lo) + " … " + format(e.Hi)
	}
	return out
}

// ratioCell is a ratio to the reference with its interval.
func (c *cell) ratioCell(m metric.Metric) htmlCell {
	if c.isBase() {
		return htmlCell{Text: "ref"}
	}
	e := c.effect(m)
	if e.Missing != "" || !e.Ratio {
		return htmlCell{Text: none}
	}
	out := htmlCell{Text: shownRatio(e)}
	if conclusive(e) {
		out.Small = between(e.Lo, e.Hi)
	}
	return out
}

// differenceCell is a difference from the reference with its interval.
func (c *cell) differenceCell(m metric.Metric, format func(float64) string) htmlCell {
	switch {
	case c.isBase():
		return htmlCell{Text: "ref"}
	case c.Base == nil:
		return htmlCell{Text: none}
	}
	e := c.Difference(c.Base, m)
	out := htmlCell{Text: added(e, format)}
	if conclusive(e) {
		out.Small = addedBetween(e, format)
	}
	return out
}
