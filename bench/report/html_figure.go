package report

import (
	"fmt"
	"html/template"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
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

// behindFigures names the metrics that figures draw: medians of cells, and ratios to the reference.
func behindFigures(name string) (medians, ratios []string) {
	switch name {
	case "throughput":
		return []string{"read_per_s"}, nil
	case "cost", "heatmap":
		return []string{"read_per_s"}, []string{"read_per_s"}
	case "latency", "rate":
		return []string{"p50(e2e)", "p99(e2e)"}, nil
	case "latency-cost":
		return []string{"p50(e2e)"}, []string{"p50(e2e)"}
	case "percentiles":
		return []string{"p50(e2e)", "p90(e2e)", "p99(e2e)", "p99.9(e2e)", "max(e2e)"}, nil
	case "commit":
		return []string{"p50(commit)", "p90(commit)", "p99(commit)", "p99.9(commit)", "max(commit)"}, nil
	case "lag":
		return []string{"mean(hold)", "p99(hold)", "max(hold)", "mean(reader_lag)", "p99(reader_lag)", "max(reader_lag)"}, nil
	case "cpu":
		return []string{"client_cpu_us_per_record", "broker_cpu_us_per_record"}, nil
	}
	return nil, nil
}

// page2 is what a figure's further pages have behind their names.
var page2 = regexp.MustCompile(`-[0-9]+$`)

// behind is the table of what a figure draws, cell by cell; nil where the figure is a further page, or none of the cells' own metrics.
func (s *summary) behind(name string) *htmlTable {
	if name == "ladder" {
		return s.behindLadders()
	}
	medians, ratios := behindFigures(name)
	if medians == nil || page2.MatchString(name) {
		return nil
	}
	keys := s.keys()
	t := htmlTable{Caption: "The figures behind it", Folded: true}
	for _, k := range keys {
		t.Heads = append(t.Heads, head{k.title, k.class()})
	}
	var columns []func(*cell) htmlCell
	for _, name := range medians {
		m := metric.Must(name)
		format, unit := shownIn(m)
		t.Heads = append(t.Heads, head{m.Title + unit, ""})
		columns = append(columns, func(c *cell) htmlCell { return c.estimateCell(m, format) })
	}
	for _, name := range ratios {
		m := metric.Must(name)
		t.Heads = append(t.Heads, head{m.Title + " × " + s.run.Reference, ""})
		columns = append(columns, func(c *cell) htmlCell { return c.ratioCell(m) })
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

// behindLadders are the steps, each with its interval.
func (s *summary) behindLadders() *htmlTable {
	t := htmlTable{Caption: "The figures behind it", Folded: true, Heads: []head{
		{"cells", "words"}, {"step", "words"}, {"adds", ""}, {"95% interval", ""}, {"blocks", ""}, {"why not", "words"},
	}}
	for _, l := range s.run.Ladders() {
		format, unit := shownIn(l.Metric)
		steps := append(slices.Clone(l.Steps), compare.Step{Name: "all together", Effect: l.Total})
		if l.Linger != nil {
			steps = append(steps, *l.Linger)
		}
		for _, step := range steps {
			e := step.Effect
			row := []htmlCell{{Text: printable(l.Name + ": " + l.Metric.Title + unit), Class: "words", Head: true}, {Text: step.Name, Class: "words"}}
			if e.Missing != "" {
				row = append(row, htmlCell{Text: none}, htmlCell{Text: none}, htmlCell{Text: none}, htmlCell{Text: printable(e.Missing), Class: "words wrap"})
			} else {
				bounds := none
				if conclusive(e) {
					bounds = format(e.Lo) + " … " + format(e.Hi)
				}
				row = append(row, htmlCell{Text: format(e.Estimate)}, htmlCell{Text: bounds}, htmlCell{Text: fmt.Sprint(e.N)}, htmlCell{})
			}
			t.Rows = append(t.Rows, htmlRow{Cells: row})
		}
		for _, n := range l.Notes {
			t.Below = append(t.Below, printable(n))
		}
	}
	return &t
}
