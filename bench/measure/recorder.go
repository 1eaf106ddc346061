package measure

import (
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// highest is the longest latency recorded, an hour in microseconds.
	highest = int64(time.Hour / time.Microsecond)
	digits  = 3 // significant decimal digits of a recorded value

	second = int64(time.Second)
)

// newHistogram makes a histogram of the one geometry used throughout: merging any two of them loses nothing. It
// holds zero too, although its resolution is a microsecond.
func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, highest, digits) }

// Recorder is one goroutine's share of a trial's histograms; it is not safe for concurrent use. Each time its
// records enter another second it hands what it holds to the collector and goes on with a second set of histograms.
type Recorder struct {
	collector *Collector
	metrics   []Metric
	slots     [numMetrics]slot
	from, to  int64 // the second under way, in clock nanoseconds
}

// slot is a metric's pair of histograms: one being filled, one empty or with the collector.
type slot struct {
	active     *hdrhistogram.Histogram
	spare      atomic.Pointer[hdrhistogram.Histogram] // nil while the collector has it
	from       int64                                  // since when active has been filled
	negative   int64
	outOfRange int64
}

// interval is a filled histogram on its way to the collector, which puts an empty one back into its slot.
type interval struct {
	slot       *slot
	metric     Metric
	from, to   int64 // clock nanoseconds
	histogram  *hdrhistogram.Histogram
	negative   int64
	outOfRange int64
}

// Record adds a latency of ns nanoseconds, seen at clock time now, to a metric's histogram, rounded to the
// nearest microsecond: 0 is a value too. A negative latency is counted as such and recorded as 0; one above an hour is
// counted as out of range and not recorded. Metrics that the recorder was not made for panic. Clock times that go back
// belong to the second under way.
//
// It allocates nothing, takes no lock and never waits: should the collector be behind when a second ends, the
// interval grows by another second instead.
func (r *Recorder) Record(m Metric, now, ns int64) {
	if now >= r.to {
		r.turn(now)
	}
	s := &r.slots[m]
	if ns < 0 {
		s.negative++
		ns = 0
	}
	// The histogram has buckets somewhat above its highest value: the bound is checked here.
	if ns >= highest*1000+500 || s.active.RecordValue((ns+500)/1000) != nil {
		s.outOfRange++
	}
}

// Close hands over what is left, up to clock time now. The recorder must not be used afterwards.
func (r *Recorder) Close(now int64) {
	to := min(max(now, r.from), r.to)
	for _, m := range r.metrics {
		if iv, ok := r.filled(m, to); ok {
			select {
			case r.collector.filled <- iv:
			case <-r.collector.done: // closed before its recorders, which its Close has reported
			}
		}
	}
	r.collector.open.Add(-1)
}

// turn ends the second under way and starts the one that now lies in.
func (r *Recorder) turn(now int64) {
	start := r.collector.start
	from := start + (now-start)/second*second
	for _, m := range r.metrics {
		s := &r.slots[m]
		if iv, ok := r.filled(m, r.to); ok && !r.handOver(iv) {
			continue
		}
		s.from = from
	}
	r.from, r.to = from, from+second
}

// filled returns what a slot holds, if it holds anything.
func (r *Recorder) filled(m Metric, to int64) (interval, bool) {
	s := &r.slots[m]
	return interval{s, m, s.from, to, s.active, s.negative, s.outOfRange},
		s.active.TotalCount() > 0 || s.outOfRange > 0
}

// handOver passes an interval to the collector unless that would mean waiting.
func (r *Recorder) handOver(iv interval) bool {
	spare := iv.slot.spare.Swap(nil)
	if spare == nil {
		return false
	}
	select {
	case r.collector.filled <- iv:
		iv.slot.active = spare
		iv.slot.negative, iv.slot.outOfRange = 0, 0
		return true
	default:
		iv.slot.spare.Store(spare)
		return false
	}
}
