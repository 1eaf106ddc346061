package measure

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// handOvers is how many filled histograms may wait for the collector: several seconds' worth of any trial. The
// memory behind them belongs to the recorders and does not grow.
const handOvers = 1024

// recentFor is how long the last interval of a metric counts as recent.
const recentFor = 5 * second

// Collector merges the recorders of a trial, second by second, into totals and a histogram log. The log is written as
// the trial goes, so memory does not depend on the trial's length.
//
// The log has one line per metric and second. What a lane hands over later than the others, because it had nothing to
// record in the second after, comes as a line of its own with that interval's start and length; a lane that found the
// collector behind hands over several seconds as one. The merge of all lines of a metric equals its totals.
type Collector struct {
	start  int64 // clock nanoseconds
	wall   time.Time
	filled chan interval
	quit   chan struct{}
	done   chan struct{}
	open   atomic.Int64 // recorders not closed yet

	mu      sync.Mutex // guards what follows; never taken where latencies are recorded
	log     *hdrhistogram.HistogramLogWriter
	err     error // the first of the log, after which it is left alone
	metrics [numMetrics]merged
	free    []*hdrhistogram.Histogram // empty ones
}

// merged is what the collector holds of a metric.
type merged struct {
	registered bool
	total      *hdrhistogram.Histogram // of the lines written
	negative   int64
	outOfRange int64

	line     *hdrhistogram.Histogram // the line under way; nil before the first
	from, to int64                   // its interval, in clock nanoseconds
}

// NewCollector starts a collector whose seconds count from clock time startMono, which is startWall in the log, and
// writes the log's head. It runs until Close.
func NewCollector(hlog io.Writer, startMono int64, startWall time.Time) (*Collector, error) {
	log, err := newLog(hlog, startWall)
	if err != nil {
		return nil, err
	}
	c := &Collector{
		start:  startMono,
		wall:   startWall,
		filled: make(chan interval, handOvers),
		quit:   make(chan struct{}),
		done:   make(chan struct{}),
		log:    log,
	}
	go c.run()
	return c, nil
}

// Recorder returns a recorder of some metrics for one goroutine, which must close it. It takes about 400 KB a metric.
func (c *Collector) Recorder(ms ...Metric) *Recorder {
	r := &Recorder{collector: c, metrics: ms, from: c.start, to: c.start + second}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range ms {
		s := &r.slots[m]
		s.active = newHistogram()
		s.spare.Store(newHistogram())
		s.from = c.start
		c.metrics[m].registered = true
	}
	c.open.Add(1)
	return r
}

// Close ends the collector after the last recorder has been closed, and completes totals and log. It answers the first
// error met in writing the log, which does not concern the totals, and reports recorders that are still open: what
// they hold is missing.
func (c *Collector) Close() error {
	close(c.quit)
	<-c.done
	if n := c.open.Load(); n > 0 {
		c.err = errors.Join(c.err, fmt.Errorf("%d latency recorders were not closed: their last interval is missing", n))
	}
	return c.err
}

// Latency summarises a metric, complete once Close has returned. Censored is how many records are owed a sample that
// never came. It answers false for a metric that nobody was to record.
func (c *Collector) Latency(m Metric, censored int64) (result.Latency, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.metrics[m]
	if !s.registered {
		return result.Latency{}, false
	}
	h := s.total
	if h == nil {
		h = newHistogram()
	}
	return summarise(h, censored, s.negative, s.outOfRange), true
}

// Recent returns what was recorded of a metric in the last whole second that was handed over, for people who watch;
// n is 0 when that is more than five seconds ago.
func (c *Collector) Recent(m Metric) (p50, p99 time.Duration, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.metrics[m]
	if s.line == nil || clock.Now()-s.to > recentFor {
		return 0, 0, 0
	}
	return time.Duration(s.line.ValueAtPercentile(50)) * time.Microsecond,
		time.Duration(s.line.ValueAtPercentile(99)) * time.Microsecond,
		s.line.TotalCount()
}

func (c *Collector) run() {
	defer close(c.done)
	for {
		select {
		case iv := <-c.filled:
			c.take(iv)
		case <-c.quit:
			for len(c.filled) > 0 {
				c.take(<-c.filled)
			}
			c.finish()
			return
		}
	}
}

// finish writes the lines under way.
func (c *Collector) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for m := range c.metrics {
		c.finishLine(Metric(m))
	}
}

// take merges an interval into the line of its second and gives its slot an empty histogram.
func (c *Collector) take(iv interval) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.metrics[iv.metric]
	s.negative += iv.negative
	s.outOfRange += iv.outOfRange
	switch {
	case s.line != nil && iv.from == s.from:
		c.merge(s.line, iv.histogram)
		s.to = max(s.to, iv.to)
		c.release(iv.histogram)
	case s.line != nil && iv.from < s.from:
		c.write(iv.metric, iv.histogram, iv.from, iv.to)
		c.release(iv.histogram)
	default:
		c.finishLine(iv.metric)
		s.line, s.from, s.to = iv.histogram, iv.from, iv.to
	}
	iv.slot.spare.Store(c.empty())
}

// finishLine writes the line under way, if there is one.
func (c *Collector) finishLine(m Metric) {
	s := &c.metrics[m]
	if s.line == nil {
		return
	}
	c.write(m, s.line, s.from, s.to)
	c.release(s.line)
	s.line = nil
}

// write adds a histogram to the log, as a line, and to the totals.
func (c *Collector) write(m Metric, h *hdrhistogram.Histogram, from, to int64) {
	if h.TotalCount() == 0 {
		return // all of it was out of range
	}
	s := &c.metrics[m]
	if s.total == nil {
		s.total = newHistogram()
	}
	c.merge(s.total, h)
	if c.err != nil {
		return
	}
	start := c.wall.UnixMilli()
	h.SetTag(m.String())
	h.SetStartTimeMs(start + (from-c.start)/int64(time.Millisecond))
	h.SetEndTimeMs(start + (to-c.start)/int64(time.Millisecond))
	if err := c.log.OutputIntervalHistogram(h); err != nil {
		c.err = fmt.Errorf("write the histogram log: %w", err)
	}
}

// merge adds a histogram to another. All have one geometry, so something dropped would be a defect of the program.
func (c *Collector) merge(into, from *hdrhistogram.Histogram) {
	if dropped := into.Merge(from); dropped > 0 {
		c.err = errors.Join(c.err, fmt.Errorf("%d latencies were dropped in merging histograms", dropped))
	}
}

func (c *Collector) release(h *hdrhistogram.Histogram) {
	h.Reset()
	c.free = append(c.free, h)
}

func (c *Collector) empty() *hdrhistogram.Histogram {
	if len(c.free) == 0 {
		return newHistogram()
	}
	h := c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	return h
}
