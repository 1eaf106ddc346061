package figure

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// mostTrials of a cell whose histograms are read: more don't make the curves smoother, and each takes some ten milliseconds.
const mostTrials = 30

// histograms are a cell's, of those of its trials that were read.
type histograms struct {
	trials      int
	e2e, commit pool
}

// pool is one metric's histograms of several trials merged, and what each trial says by itself.
type pool struct {
	merged *hdrhistogram.Histogram // nil without samples
	beyond int64                   // samples owed that no histogram holds: they lie above all others
	each   [][]float64             // by trial, its value at each of the shares; NaN where it supports none
}

// shares of 1 that percentile curves are drawn through: twenty to every nine, closer where curves begin, and the median.
func shares() []float64 {
	all := []float64{0.01, 0.025, 0.05, 0.075, 0.5}
	for i := range 121 {
		all = append(all, 1-math.Pow(10, -float64(i)/20))
	}
	slices.Sort(all)
	return all
}

// histogramsOf reads the cell's histogram logs, once. Without them why says what is missing.
func (s *set) histogramsOf(c *compare.Cell) (h *histograms, why string, err error) {
	if h := s.read[c]; h != nil {
		return h, "", nil
	}
	if s.dirs[c] == "" {
		return nil, "it takes the run's directory: a lone run.json has no trials/*.hlog", nil
	}
	h = &histograms{}
	grid := shares()
	for _, t := range spread(c.Usable, mostTrials) {
		read, err := readLog(s.dirs[c], t)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Sprintf("%s is missing", filepath.Join("trials", t.ID+".hlog")), nil
		}
		if err != nil {
			return nil, "", err
		}
		h.e2e.add(read[measure.E2E], t.LatencyUS[measure.E2E.String()], grid)
		h.commit.add(read[measure.Commit], t.LatencyUS[measure.Commit.String()], nil)
		h.trials++
	}
	s.read[c] = h
	return h, "", nil
}

// readLog reads a trial's histogram log and holds it against the trial: a file of another one would be drawn under a wrong name.
func readLog(dir string, t *result.Trial) (map[measure.Metric]*hdrhistogram.Histogram, error) {
	path := filepath.Join(dir, "trials", t.ID+".hlog")
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	read, err := measure.ReadLog(f, measure.E2E, measure.Commit)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	for _, m := range []measure.Metric{measure.E2E, measure.Commit} {
		var samples int64
		if h := read[m]; h != nil {
			samples = h.TotalCount()
		}
		if want := t.LatencyUS[m.String()].Count; samples != want {
			return nil, fmt.Errorf("%s holds %d samples of %s, its trial %d: it is cut short or not this trial's", path, samples, m, want)
		}
	}
	return read, nil
}

// add adds a trial's histogram, nil without samples, and what the trial says of it.
func (p *pool) add(h *hdrhistogram.Histogram, l result.Latency, grid []float64) {
	beyond := l.Censored + l.OutOfRange
	p.beyond += beyond
	values := make([]float64, len(grid))
	for i, share := range grid {
		values[i] = math.NaN()
		if h != nil {
			values[i] = quantile(h, beyond, share)
		}
	}
	p.each = append(p.each, values)
	switch {
	case h == nil:
	case p.merged == nil:
		p.merged = h
	default:
		p.merged.Merge(h) // loses nothing: all have one geometry
	}
}

// quantile is the value below which a share of all samples lies, those that a histogram does not hold being above all others. NaN
// unless ten samples lie beyond it.
func quantile(h *hdrhistogram.Histogram, beyond int64, share float64) float64 {
	count := h.TotalCount()
	n := float64(count + beyond)
	rank := math.Ceil(share*n - 1e-6)
	if n-rank < 10 || rank > float64(count) {
		return math.NaN()
	}
	return float64(h.ValueAtPercentile(100 * max(rank, 1) / float64(count)))
}

// curve is the merged histogram's percentiles, with the interval of the trials' median at each where all trials support it. Shares are
// on x, microseconds on y.
func (p *pool) curve() (points []point) {
	for i, share := range shares() {
		v := point{x: share, y: quantile(p.merged, p.beyond, share), lo: math.NaN(), hi: math.NaN()}
		if !finite(v.y) {
			break
		}
		var each []float64
		for _, values := range p.each {
			each = append(each, values[i])
		}
		if finite(each...) {
			slices.Sort(each)
			v.lo, v.hi, _ = stats.MedianInterval(each, compare.Confidence)
		}
		points = append(points, v)
	}
	return points
}

// spread picks so many trials at most, evenly over the blocks.
func spread(trials []*result.Trial, most int) []*result.Trial {
	trials = slices.SortedFunc(slices.Values(trials), func(a, b *result.Trial) int { return cmp.Compare(a.Block, b.Block) })
	if len(trials) <= most {
		return trials
	}
	picked := make([]*result.Trial, most)
	for i := range picked {
		picked[i] = trials[i*len(trials)/most]
	}
	return picked
}
