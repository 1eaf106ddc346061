package figure

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// lags shows over one trial of each cell how far readers are behind, and how much of that open transactions hide from them.
func lags(s *set) (Figure, string, error) {
	f := Figure{
		Title:  "What read_committed readers cannot see yet (hold), and how far they are behind what they can (reader lag)",
		height: 150,
		keys: []key{
			{text: "hold: offsets that open transactions hide", look: holdLook(), fill: true},
			{text: "reader lag: offsets behind those", look: readerLook(), line: true},
		},
	}
	var from choices
	for _, facet := range facets(s.modes(anyCell)) {
		for _, c := range facet.cells {
			t := s.typical(c, &from)
			if t == nil {
				continue
			}
			series, why, err := s.readLag(c, t)
			if why != "" || err != nil {
				return Figure{}, why, err
			}
			f.panels = append(f.panels, lagPanel(facet.title, c, t, series))
		}
	}
	if len(f.panels) == 0 {
		return Figure{}, "no trial has lag samples", nil
	}
	f.across3()
	if len(f.panels) <= f.columns {
		f.height = rowHeight
	}
	f.Caption = fmt.Sprintf("Worst partition per sample, in offsets, markers included. Of each cell n = 1 trial, its block named above: the one whose mean age of unread records is the median of its %s.",
		from)
	return f, "", nil
}

func holdLook() look   { return look{ink: firstMode + 3} }
func readerLook() look { return look{ink: body} }

// choices are the trials that those drawn were chosen from.
type choices struct {
	fewest, most     int  // of a cell
	absent, unsteady bool // some cell's were passed over: without stored samples, or their rate not sustained
}

// String implements fmt.Stringer: 4–6 trials whose samples are stored.
func (c choices) String() string {
	text := plural(c.most, "trial")
	if c.fewest < c.most {
		text = fmt.Sprintf("%d–%s", c.fewest, text)
	}
	var terms []string
	if c.absent {
		terms = append(terms, "whose samples are stored")
	}
	if c.unsteady {
		terms = append(terms, "that held the rate where any did")
	}
	if len(terms) == 0 {
		return text
	}
	return text + " " + strings.Join(terms, " and ")
}

// typical is the trial in the middle of a cell's by the mean age of unread records, of those whose samples are stored and that held the rate where
// there are any; nil if none was sampled.
func (s *set) typical(c *compare.Cell, from *choices) *result.Trial {
	trials := slices.DeleteFunc(slices.Clone(c.Usable), func(t *result.Trial) bool { return t.Lag == nil || t.Lag.Samples == 0 || t.Lag.AgeMS.Mean == nil })
	if len(trials) == 0 {
		return nil
	}
	prefer := func(fit func(*result.Trial) bool) (some bool) {
		better := slices.DeleteFunc(slices.Clone(trials), func(t *result.Trial) bool { return !fit(t) })
		if len(better) == 0 || len(better) == len(trials) {
			return false
		}
		trials = better
		return true
	}
	from.absent = prefer(func(t *result.Trial) bool { return s.hasLag(c, t) }) || from.absent
	from.unsteady = prefer(func(t *result.Trial) bool { return !t.FellBehind() }) || from.unsteady
	from.most = max(from.most, len(trials))
	if from.fewest == 0 || len(trials) < from.fewest {
		from.fewest = len(trials)
	}
	slices.SortFunc(trials, func(a, b *result.Trial) int {
		return cmp.Or(cmp.Compare(*a.Lag.AgeMS.Mean, *b.Lag.AgeMS.Mean), cmp.Compare(a.Block, b.Block))
	})
	return trials[(len(trials)-1)/2]
}

func lagPanel(shared string, c *compare.Cell, t *result.Trial, series lagSeries) panel {
	p := panel{title: fmt.Sprintf("%s, block %d", rowName(c), t.Block)}
	if shared != "" {
		p.title += ", " + shared
	}
	if t.FellBehind() {
		p.title += ", rate not sustained"
	}
	var values []float64
	for _, points := range [][]point{series.hold, series.reader} {
		for _, v := range points {
			values = append(values, v.y)
		}
	}
	p.y = linear("offsets", whole, append(values, 5)...)
	p.x = seconds(t.WindowS)
	p.layers = []layer{filled(holdLook().ink, series.hold), line(readerLook(), 0.9, series.reader)}
	return p
}

// seconds is a time axis of a window.
func seconds(length float64) axis {
	a := linear("seconds of the window", digits, length)
	a.hi, a.grid = max(length, 1e-3), false
	a.ticks = slices.DeleteFunc(a.ticks, func(t plot.Tick) bool { return t.Value > a.hi })
	return a
}

// filled draws points as an area down to zero.
func filled(i ink, points []point) layer {
	return func(a *area) {
		if len(points) == 0 {
			return
		}
		var edge []vg.Point
		for _, p := range points {
			edge = append(edge, a.at(p.x, p.y))
		}
		outline := append(slices.Clone(edge), a.at(points[len(points)-1].x, 0), a.at(points[0].x, 0))
		a.FillPolygon(a.faint(i, 0.35), outline)
		a.StrokeLines(a.stroke(a.palette[i], 0.7, nil), edge)
	}
}

// lagSeries is a trial's lag samples, seconds of the window on x: where there are more than can be told apart, the smallest and the largest
// of each step.
type lagSeries struct{ hold, reader []point }

// lagSteps of a window are told apart.
const lagSteps = 240

func (s *set) lagPath(c *compare.Cell, t *result.Trial) string {
	return filepath.Join(s.dirs[c], "trials", t.ID+".lag.csv")
}

// hasLag says whether a trial's lag samples are stored: a run may be kept without some.
func (s *set) hasLag(c *compare.Cell, t *result.Trial) bool {
	if s.dirs[c] == "" {
		return false
	}
	_, err := os.Stat(s.lagPath(c, t))
	return !errors.Is(err, fs.ErrNotExist) // another error is for the reader to report
}

// readLag reads a trial's lag samples in memory that does not grow with their number. Without them why says what is missing.
func (s *set) readLag(c *compare.Cell, t *result.Trial) (series lagSeries, why string, err error) {
	if s.dirs[c] == "" {
		return lagSeries{}, "it takes the run's directory: a lone run.json has no trials/*.lag.csv", nil
	}
	path := s.lagPath(c, t)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return lagSeries{}, fmt.Sprintf("trials/%s.lag.csv is missing", t.ID), nil
	}
	if err != nil {
		return lagSeries{}, "", err
	}
	defer f.Close()
	series, err = parseLag(f, t.WindowS)
	if err != nil {
		return lagSeries{}, "", fmt.Errorf("read %s: %w", path, err)
	}
	return series, "", nil
}

// parseLag reads a lag.csv: a head that names its columns, then a row for each sample, in order of time, fields without a figure empty.
func parseLag(r io.Reader, window float64) (lagSeries, error) {
	rows := csv.NewReader(r)
	rows.ReuseRecord = true
	head, err := rows.Read()
	if err != nil {
		return lagSeries{}, fmt.Errorf("its head: %w", err)
	}
	var column [3]int
	for i, name := range []string{"t_s", "hold", "reader_lag"} {
		if column[i] = slices.Index(head, name); column[i] < 0 {
			return lagSeries{}, fmt.Errorf("it has no column %s: these are no lag samples", name)
		}
	}
	var hold, reader thinner
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return lagSeries{hold.points(), reader.points()}, nil
		}
		if err != nil {
			return lagSeries{}, err
		}
		var values [3]float64
		for i, c := range column {
			if row[c] == "" {
				values[i] = math.NaN()
				continue
			}
			values[i], err = strconv.ParseFloat(row[c], 64)
			if err != nil || !finite(values[i]) || values[i] < 0 && i > 0 {
				at, _ := rows.FieldPos(c)
				return lagSeries{}, fmt.Errorf("line %d: %q is no lag", at, row[c])
			}
		}
		if !finite(values[0]) {
			at, _ := rows.FieldPos(column[0])
			return lagSeries{}, fmt.Errorf("line %d has no time", at)
		}
		step := int(min(max(values[0]/window, 0), 1) * lagSteps)
		hold.add(step, values[0], values[1])
		reader.add(step, values[0], values[2])
	}
}

// thinner keeps of each step of time the smallest and the largest sample.
type thinner struct {
	steps []extremes
	last  int
}

type extremes struct{ low, high point }

func (t *thinner) add(step int, x, y float64) {
	if !finite(y) {
		return
	}
	p := level(y)
	p.x = x
	if len(t.steps) == 0 || step != t.last {
		t.steps, t.last = append(t.steps, extremes{p, p}), step
		return
	}
	e := &t.steps[len(t.steps)-1]
	if y < e.low.y {
		e.low = p
	}
	if y > e.high.y {
		e.high = p
	}
}

func (t *thinner) points() (all []point) {
	for _, e := range t.steps {
		switch {
		case e.low.x < e.high.x:
			all = append(all, e.low, e.high)
		case e.low.x > e.high.x:
			all = append(all, e.high, e.low)
		default:
			all = append(all, e.low)
		}
	}
	return all
}
