package report

import (
	"math"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// ComparisonSchema names this version of a comparison's JSON form. Keys may be added; none is renamed or removed within v1.
const ComparisonSchema = "kafka-eos-bench/compare/v1"

// Comparison holds the cells of a run against those of its reference mode, or the cells of several sides against the first side's. It
// is the JSON form too. A figure that does not exist is null, never 0.
type Comparison struct {
	Schema             string            `json:"schema"`
	Confidence         float64           `json:"confidence"`          // of every interval
	ReferenceMode      *string           `json:"reference_mode"`      // null where sides are held against one another
	AcrossEnvironments bool              `json:"across_environments"` // the sides are not comparable, and were compared because the user insisted
	Differences        []string          `json:"differences"`         // that make them so, a line each
	Sides              []ComparedSide    `json:"sides"`               // the first is the baseline
	Metrics            []*ComparedMetric `json:"metrics"`
	Notes              []string          `json:"notes"` // rows refer to them by number, from 1; one that no row refers to concerns all

	title   string
	header  []line
	axes    []string // that tell the cells apart
	remarks []*remark
}

// ComparedSide is one run, or several that measured the same.
type ComparedSide struct {
	Name string   `json:"name"` // as the user named it
	Runs []string `json:"runs"` // their ids
}

// ComparedMetric is one figure of all cells that have it.
type ComparedMetric struct {
	Name   string         `json:"metric"`
	Unit   string         `json:"unit"`   // empty for a share
	Better string         `json:"better"` // lower, higher or neither
	Rows   []*ComparedRow `json:"rows"`
}

// ComparedRow is one figure of one cell.
type ComparedRow struct {
	Cell      string            `json:"cell"`
	Mode      string            `json:"mode"`
	Axes      map[string]any    `json:"axes"`
	Reference bool              `json:"reference"` // the row's cell is what others are held against
	Figures   []*ComparedFigure `json:"figures"`   // of each side; null where it has none
	Effects   []*ComparedEffect `json:"effects"`   // against the reference's cell (null for itself); of sides, of each but the first against it
	Notes     []int             `json:"notes"`

	cells []*compare.Cell // of all sides and runs
}

// ComparedFigure is the median over a run's trials; of several runs, over their medians.
type ComparedFigure struct {
	Void   bool     `json:"void"` // the guarantee broke: there is no figure
	Median *float64 `json:"median"`
	Lo     *float64 `json:"lo"` // interval of the median; null of fewer than six
	Hi     *float64 `json:"hi"`
	N      int      `json:"n"` // trials, or runs
}

// ComparedEffect is how a figure differs from what it is held against.
type ComparedEffect struct {
	Kind     string   `json:"kind"`     // ratio or difference (in the metric's unit)
	Estimate *float64 `json:"estimate"` // null where missing says why
	Lo       *float64 `json:"lo"`
	Hi       *float64 `json:"hi"`
	P        *float64 `json:"p"` // two-sided, of no difference; null where there are too few pairs or runs
	N        int      `json:"n"` // pairs of trials; of sides, the runs of the one that has fewer
	Shown    bool     `json:"shown"`
	Missing  string   `json:"missing"`
}

// Compared counts the differences that were looked for, by how far the search came.
func (c *Comparison) Compared() (estimates, conclusive int) {
	for _, m := range c.Metrics {
		for _, r := range m.Rows {
			for _, e := range r.Effects {
				if e != nil && e.Estimate != nil {
					estimates++
					if e.P != nil {
						conclusive++
					}
				}
			}
		}
	}
	return estimates, conclusive
}

func newSection(m metric.Metric) *ComparedMetric {
	better := map[metric.Better]string{metric.Lower: "lower", metric.Higher: "higher", metric.Neither: "neither"}[m.Better]
	return &ComparedMetric{Name: m.Name, Unit: string(m.Unit), Better: better, Rows: []*ComparedRow{}}
}

// add keeps a section that has rows, or was asked for.
func (c *Comparison) add(section *ComparedMetric, asked bool) {
	if asked && len(section.Rows) == 0 {
		c.remark("no trial has " + section.Name)
	}
	if asked || len(section.Rows) > 0 {
		c.Metrics = append(c.Metrics, section)
	}
}

func newRow(of *compare.Cell) *ComparedRow {
	axes := of.Axes
	if axes == nil {
		axes = map[string]any{}
	}
	return &ComparedRow{Cell: of.Name, Mode: of.Mode, Axes: axes, Notes: []int{}}
}

// has says whether any trial of the cell has the figure.
func has(c *compare.Cell, m metric.Metric) bool {
	return slices.ContainsFunc(c.Trials, func(t *result.Trial) bool { return m.Of(t) != nil })
}

// axesOf are the axes that tell a run's cells apart, the rate among them.
func axesOf(run *compare.Run) []string {
	rates := map[string]bool{}
	for _, c := range run.Cells {
		rates[spell(c.Axes[compare.AxisRate])] = true
	}
	if len(rates) > 1 {
		return append([]string{compare.AxisRate}, run.Axes...)
	}
	return run.Axes
}

func side(path string, runs ...*compare.Run) ComparedSide {
	s := ComparedSide{Name: path}
	for _, r := range runs {
		s.Runs = append(s.Runs, r.RunID)
	}
	return s
}

func figureOf(e compare.Estimate, ok, void bool) *ComparedFigure {
	switch {
	case void:
		return &ComparedFigure{Void: true}
	case !ok || known(e.Median) == nil:
		return nil
	}
	return &ComparedFigure{Median: known(e.Median), Lo: known(e.Lo), Hi: known(e.Hi), N: e.N}
}

func effectOf(e compare.Effect) *ComparedEffect {
	kind := "difference"
	if e.Ratio {
		kind = "ratio"
	}
	return &ComparedEffect{Kind: kind, Estimate: known(e.Estimate), Lo: known(e.Lo), Hi: known(e.Hi), P: known(e.P), N: e.N, Shown: e.Shown(), Missing: e.Missing}
}

// known is nil for what there is not.
func known(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// remark is a note in the making.
type remark struct {
	text string
	rows map[*ComparedRow]bool // empty: it concerns all
}

// remark adds a note to rows, or to the whole.
func (c *Comparison) remark(text string, rows ...*ComparedRow) {
	i := slices.IndexFunc(c.remarks, func(r *remark) bool { return r.text == text })
	if i < 0 {
		i = len(c.remarks)
		c.remarks = append(c.remarks, &remark{text: text, rows: map[*ComparedRow]bool{}})
	}
	for _, row := range rows {
		c.remarks[i].rows[row] = true
	}
}

// finish numbers the notes. One that concerns every row needs no marks.
func (c *Comparison) finish() {
	c.Schema, c.Confidence, c.Notes = ComparisonSchema, compare.Confidence, []string{}
	if c.Metrics == nil {
		c.Metrics = []*ComparedMetric{}
	}
	all := 0
	for _, m := range c.Metrics {
		all += len(m.Rows)
	}
	for i, r := range c.remarks {
		c.Notes = append(c.Notes, printable(r.text))
		if len(r.rows) == all {
			continue
		}
		for row := range r.rows {
			row.Notes = append(row.Notes, i+1)
		}
	}
}
