package report

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

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Bounds of what the page carries to be looked at closely.
const (
	maxCurves = 12  // cells: more are a tangle
	maxPoints = 400 // of a series
)

// chart is a set of curves that a script draws.
type chart struct {
	Title  string  `json:"title"`
	Nines  bool    `json:"nines"` // x counts nines: 2 is the 99th percentile; otherwise seconds from the window's start
	Log    bool    `json:"log"`   // y
	Unit   string  `json:"unit"`
	Curves []curve `json:"curves"`
}

type curve struct {
	Name string   `json:"name"`
	Mode int      `json:"mode"` // its place among modes, which has one colour in every figure
	X    []number `json:"x"`
	Y    []number `json:"y"`
}

// number is written with the digits that a histogram keeps; null where there is none.
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(n), 'g', 4, 64), nil
}

// seriesColumn is a column of a trial's series files.
type seriesColumn struct {
	file, name  string
	title, unit string
	scale       float64
	largest     bool // of what a point stands for; otherwise the mean
}

func seriesColumns() []seriesColumn {
	return []seriesColumn{
		{"csv", "read_per_s", "read per second", "msg/s", 1, false},
		{"csv", "e2e_p50_us", "e2e p50, second by second", "ms", 1e-3, true},
		{"csv", "e2e_p99_us", "e2e p99, second by second", "ms", 1e-3, true},
		{"csv", "commit_p50_us", "commit p50, second by second", "ms", 1e-3, true},
		{"csv", "commit_p99_us", "commit p99, second by second", "ms", 1e-3, true},
		{"lag.csv", "hold", "hold", "offsets", 1, true},
		{"lag.csv", "reader_lag", "reader lag", "offsets", 1, true},
		{"lag.csv", "monitoring", "lag as a monitor sees it", "offsets", 1, true},
		{"lag.csv", "age_ms", "age of the oldest unread record", "ms", 1, true},
	}
}

// charts reads the series and the e2e histogram of the first usable trial of each chosen cell. Files that are not there are passed over, those that are
// not what they should be are errors.
func (s *summary) charts(dir string) ([]chart, error) {
	if dir == "" {
		return nil, nil
	}
	percentiles := chart{Title: "e2e percentiles", Nines: true, Log: true, Unit: "ms"}
	columns := seriesColumns()
	overTime := make([]chart, len(columns))
	for i, c := range columns {
		overTime[i] = chart{Title: c.title, Unit: c.unit}
	}
	for _, c := range s.chosen() {
		name, t, mode := printable(s.curveName(c)), c.Usable[0], workload.Rank(c.Mode)
		curve, err := e2eCurve(dir, name, t)
		if err != nil {
			return nil, err
		}
		if curve.Mode = mode; len(curve.X) > 0 && !c.Saturated() {
			percentiles.Curves = append(percentiles.Curves, curve)
		}
		for _, ext := range []string{"csv", "lag.csv"} {
			curves, err := seriesCurves(dir, name, t, ext, columns)
			if err != nil {
				return nil, err
			}
			for i, curve := range curves {
				curve.Mode = mode
				overTime[i].Curves = append(overTime[i].Curves, curve)
			}
		}
	}
	return slices.DeleteFunc(append([]chart{percentiles}, overTime...), func(c chart) bool { return len(c.Curves) == 0 }), nil
}

// chosen are the cells whose curves the page carries.
func (s *summary) chosen() []*cell {
	cells := s.drawable()
	return cells[:min(len(cells), maxCurves)]
}

// drawable are the cells that figures draw too: no guarantee broke, and a trial ran to its end.
func (s *summary) drawable() []*cell {
	return slices.DeleteFunc(slices.Clone(s.cells), func(c *cell) bool {
		return c.Verdicts(result.Broken) > 0 || !c.Usable[0].Complete
	})
}

// curveName is a cell's, with what figures say by a mark.
func (s *summary) curveName(c *cell) string {
	if c.Unsustained() > 0 {
		return s.name(c) + " (rate not sustained)"
	}
	return s.name(c)
}

// closer is where the script draws.
func (s *summary) closer(data []chart) section {
	if len(data) == 0 {
		return section{}
	}
	part := section{ID: "closer", Title: "A closer look", Charts: true}
	lead := "The first usable trial of each cell"
	n := len(s.drawable())
	if n > maxCurves {
		lead = fmt.Sprintf("The first usable trial of each of the first %d of %d cells", maxCurves, n)
	}
	if n < len(s.cells) {
		lead += ", without those whose guarantee broke or that never ran to their end"
	}
	part.Lead = []string{lead + fmt.Sprintf(". Point, touch or use the arrow keys to read values; drag to zoom in, double-click to zoom out; choose a name to hide its curve. "+
		"A series of more than %d samples is shown in slices: the largest of each, for a rate the mean.", maxPoints)}
	return part
}

// trialFile opens one of a trial's files; nil where it is not there.
func trialFile(dir string, t *result.Trial, ext string) (*os.File, error) {
	f, err := os.Open(filepath.Join(dir, "trials", t.ID+"."+ext))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f, err
}

// e2eCurve is the distribution of e2e, sixteen points to every nine: no percentile without ten samples beyond it. What was never read lies above
// all that was.
func e2eCurve(dir, name string, t *result.Trial) (curve, error) {
	c := curve{Name: name}
	f, err := trialFile(dir, t, "hlog")
	if f == nil {
		return c, err
	}
	defer f.Close()
	histograms, err := measure.ReadLog(f, measure.E2E)
	if err != nil {
		return c, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	h := histograms[measure.E2E]
	if h == nil {
		return c, nil
	}
	read, stored := float64(h.TotalCount()), t.LatencyUS[measure.E2E.String()]
	all := read + float64(stored.Censored+stored.OutOfRange)
	for k := 0; ; k++ {
		nines := float64(k) / 16
		rank := max(1, math.Ceil(all*(1-math.Pow(10, -nines))-1e-6))
		if all-rank < 10 || rank > read {
			return c, nil
		}
		c.X = append(c.X, number(nines))
		c.Y = append(c.Y, number(float64(h.ValueAtPercentile(100*rank/read))/1e3))
	}
}

// seriesCurves reads one of a trial's series: the curves of the columns that have values, by their place among columns.
func seriesCurves(dir, name string, t *result.Trial, ext string, columns []seriesColumn) (map[int]curve, error) {
	f, err := trialFile(dir, t, ext)
	if f == nil {
		return nil, err
	}
	defer f.Close()
	thin, err := readSeries(f, ext, columns)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	curves := map[int]curve{}
	for i, s := range thin {
		if len(s.points) > 0 {
			curves[i] = s.curve(name, columns[i])
		}
	}
	return curves, nil
}

// readSeries reads the columns that a series file has.
func readSeries(r io.Reader, ext string, columns []seriesColumn) (map[int]*thinned, error) {
	rows := csv.NewReader(r)
	rows.ReuseRecord = true
	head, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the series is empty: even its head is missing")
	}
	if err != nil {
		return nil, err
	}
	at := slices.Index(head, "t_s")
	if at < 0 {
		return nil, errors.New("the series has no column t_s: it is none of a trial's")
	}
	thin, fields := map[int]*thinned{}, map[int]int{}
	for i, c := range columns {
		if k := slices.Index(head, c.name); k >= 0 && c.file == ext {
			thin[i], fields[i] = &thinned{every: 1}, k
		}
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return thin, nil
		}
		if err != nil {
			return nil, err
		}
		for i, s := range thin {
			if err := s.parse(row[at], row[fields[i]]); err != nil {
				line, _ := rows.FieldPos(fields[i])
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
		}
	}
}

// thinned is a series of bounded length: when it is full, neighbours become one, and from then on each point stands for twice as many samples.
type thinned struct {
	points []span
	every  int // samples that a point stands for; the last may stand for fewer
}

// span is what a point stands for.
type span struct {
	at, sum, largest float64
	n                int
}

func (a span) joined(b span) span {
	return span{a.at, a.sum + b.sum, max(a.largest, b.largest), a.n + b.n}
}

// parse adds a sample as a file spells it; an empty one is none.
func (s *thinned) parse(at, value string) error {
	if value == "" {
		return nil
	}
	t, err := strconv.ParseFloat(at, 64)
	if err != nil {
		return fmt.Errorf("%q is no time", at)
	}
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("%q is no figure", value)
	}
	s.add(t, v)
	return nil
}

func (s *thinned) add(t, v float64) {
	sample := span{t, v, v, 1}
	if n := len(s.points); n > 0 && s.points[n-1].n < s.every {
		s.points[n-1] = s.points[n-1].joined(sample)
		return
	}
	if len(s.points) == maxPoints {
		for i := range maxPoints / 2 {
			s.points[i] = s.points[2*i].joined(s.points[2*i+1])
		}
		s.points = s.points[:maxPoints/2]
		s.every *= 2
	}
	s.points = append(s.points, sample)
}

func (s *thinned) curve(name string, column seriesColumn) curve {
	c := curve{Name: name}
	for _, p := range s.points {
		v := p.sum / float64(p.n)
		if column.largest {
			v = p.largest
		}
		c.X, c.Y = append(c.X, number(p.at)), append(c.Y, number(v*column.scale))
	}
	return c
}
