package figure

import (
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

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// lagSeries is a trial's lag samples, seconds of the window on x: where there are more than can be told apart, the smallest and the largest
// of each step.
type lagSeries struct {
	hold, reader []point
	samples      int
	thinned      bool // some are not there
}

// lagSteps of a window are told apart where there are more than two samples for each.
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
	if t.Lag != nil && t.Lag.Samples != int64(series.samples) {
		return lagSeries{}, "", fmt.Errorf("%s holds %d lag samples, its trial %d: it is cut short or not this trial's", path, series.samples, t.Lag.Samples)
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
	for samples := 0; ; samples++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return lagSeries{hold.points(), reader.points(), samples, hold.thinned() || reader.thinned()}, nil
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

// thinner keeps of each step of time the smallest and the largest sample, or all samples of a few.
type thinner struct {
	few   []point
	steps []extremes
	last  int
	count int
}

type extremes struct{ low, high point }

func (t *thinner) add(step int, x, y float64) {
	if !finite(y) {
		return
	}
	p := level(y)
	p.x = x
	if t.count++; !t.thinned() {
		t.few = append(t.few, p)
	}
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

func (t *thinner) thinned() bool { return t.count > 2*lagSteps }

func (t *thinner) points() (all []point) {
	if !t.thinned() {
		return t.few
	}
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

// readSeries reads one column of a trial's series as steps, each as long as it is the mean of, within the window. Without the file why says what is
// missing.
func (s *set) readSeries(c *compare.Cell, t *result.Trial, column string) (steps []point, why string, err error) {
	if s.dirs[c] == "" {
		return nil, "it takes the run's directory: a lone run.json has no trials/*.csv", nil
	}
	path := filepath.Join(s.dirs[c], "trials", t.ID+".csv")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Sprintf("trials/%s.csv is missing", t.ID), nil
	}
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	if steps, err = parseSeries(f, column, t.WindowS); err != nil {
		return nil, "", fmt.Errorf("read %s: %w", path, err)
	}
	return steps, "", nil
}

// parseSeries reads a column of a series file: a head that names its columns, then a row at the end of each stretch, in order of time; a field
// without a figure is empty, and leaves no step.
func parseSeries(r io.Reader, column string, window float64) (steps []point, err error) {
	rows := csv.NewReader(r)
	rows.ReuseRecord = true
	head, err := rows.Read()
	if err != nil {
		return nil, fmt.Errorf("its head: %w", err)
	}
	time, value := slices.Index(head, "t_s"), slices.Index(head, column)
	if time < 0 || value < 0 {
		return nil, fmt.Errorf("it has no columns t_s and %s: this is no series of a trial", column)
	}
	for last := 0.0; ; {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return steps, nil
		}
		if err != nil {
			return nil, err
		}
		at, err := strconv.ParseFloat(row[time], 64)
		if err != nil || !finite(at) {
			return nil, fmt.Errorf("line %d has no time", lineOf(rows, time))
		}
		v := math.NaN()
		if row[value] != "" {
			if v, err = strconv.ParseFloat(row[value], 64); err != nil || !finite(v) || v < 0 {
				return nil, fmt.Errorf("line %d: %q is no %s", lineOf(rows, value), row[value], column)
			}
		}
		from, to := max(last, 0), min(at, window)
		if last = at; to-from > shortestStep && finite(v) {
			steps = append(steps, point{x: from, y: v}, point{x: to, y: v})
		}
	}
}

// shortestStep of a series that shows: a row that comes a little after the window's start or end is of what lies before it.
const shortestStep = 0.05

func lineOf(rows *csv.Reader, field int) int {
	line, _ := rows.FieldPos(field)
	return line
}
