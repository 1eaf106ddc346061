package trial

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/verify"
)

// Disturbance is what is done to a trial's cluster and clients while its load runs.
type Disturbance interface {
	// Sessions is how many producer sessions of its own it writes to the trial's topics. They are numbered from Scene.FirstSession on,
	// and read and judged like the trial's, but not timed.
	Sessions() int
	// Run disturbs, from when the load begins, and returns when all is as it was before. The context ends with the load's deadline. An
	// error makes the trial incomplete.
	Run(ctx context.Context, scene Scene) error
	// Evidence is what its sessions sent and had acknowledged, in their order; after Run.
	Evidence() []verify.Session
	// Assess states what the disturbance did to the trial; after the verdict.
	Assess(r *result.Trial, seen *Activity)
}

// Scene is where a disturbance takes place.
type Scene struct {
	Times
	Stamp            uint64 // the run, as records carry it
	FirstSession     int
	Topics           []string
	Partitions       int
	Group            string
	TransactionalIDs []string // by producer; empty unless transactional
	Readers          Readers
}

// Readers is what a disturbance may do to all readers of a trial.
type Readers interface {
	// Slow makes them rest after each batch of records; 0 ends that.
	Slow(rest time.Duration)
	// Rejoin makes them leave without a word and come back where their offsets were last committed, which they read again from.
	Rejoin()
	// Rejoined is how often they came back so far, all together.
	Rejoined() int64
}

// activitySlot is the resolution of Activity.
const activitySlot = int64(time.Millisecond)

// Activity counts acknowledgements and reads by the millisecond. Lanes count, a disturbance asks afterwards.
type Activity struct {
	start       int64
	acked, read []atomic.Uint32
}

// newActivity counts from start until end, in clock nanoseconds; what happens outside is not counted.
func newActivity(start, end int64) *Activity {
	slots := int((end-start)/activitySlot) + 1
	return &Activity{start: start, acked: make([]atomic.Uint32, slots), read: make([]atomic.Uint32, slots)}
}

func (a *Activity) count(slots []atomic.Uint32, at, n int64) {
	if i := (at - a.start) / activitySlot; at >= a.start && i < int64(len(slots)) {
		slots[i].Add(uint32(n))
	}
}

// Acked counts records acknowledged in [from, to), in clock nanoseconds.
func (a *Activity) Acked(from, to int64) int64 { return a.total(a.acked, from, to) }

// Read counts distinct records read in [from, to), in clock nanoseconds.
func (a *Activity) Read(from, to int64) int64 { return a.total(a.read, from, to) }

// AckGap returns the longest stretch of [from, to) without an acknowledgement, in clock nanoseconds, exact to a millisecond.
func (a *Activity) AckGap(from, to int64) (start, end int64) { return a.gap(a.acked, from, to) }

// ReadGap is AckGap of records read.
func (a *Activity) ReadGap(from, to int64) (start, end int64) { return a.gap(a.read, from, to) }

func (a *Activity) slots(from, to int64, n int) (first, end int) {
	bound := func(at int64) int { return int(min(max((at-a.start)/activitySlot, 0), int64(n))) }
	return bound(from), bound(to)
}

func (a *Activity) total(slots []atomic.Uint32, from, to int64) (n int64) {
	first, end := a.slots(from, to, len(slots))
	for i := first; i < end; i++ {
		n += int64(slots[i].Load())
	}
	return n
}

func (a *Activity) gap(slots []atomic.Uint32, from, to int64) (start, end int64) {
	first, last := a.slots(from, to, len(slots))
	longest, begin, since := 0, first, first
	for i := first; i <= last; i++ {
		if i < last && slots[i].Load() == 0 {
			continue
		}
		if i-since > longest {
			longest, begin = i-since, since
		}
		since = i + 1
	}
	return a.start + int64(begin)*activitySlot, a.start + int64(begin+longest)*activitySlot
}
