package trial

import (
	"sync"
	"sync/atomic"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
)

// visibility joins one producer session's commits with what read_committed receivers see of them:
// commit return → first and last record read. Only transactions under way are held.
type visibility struct {
	called atomic.Uint64 // transactions below it had their end called: reading one at or above it is premature

	mu   sync.Mutex // taken per transaction and per run of its records in a poll, not per record
	rec  *measure.Recorder
	open map[uint64]*commitRead

	early    int64 // transactions whose first record was read before the commit call returned
	earlySum int64 // ns, by how much
}

type commitRead struct {
	inWindow    bool
	returned    int64 // 0 until the commit call came back
	want, got   int
	first, last int64
}

func newVisibility(rec *measure.Recorder) *visibility {
	return &visibility{rec: rec, open: map[uint64]*commitRead{}}
}

// calling says that a transaction's commit is about to be called.
func (v *visibility) calling(txn uint64, records int, inWindow bool) {
	v.mu.Lock()
	v.open[txn] = &commitRead{want: records, inWindow: inWindow}
	v.mu.Unlock()
	v.called.Store(txn + 1)
}

// ended says when the call that ended a transaction returned. One that was not committed is forgotten.
func (v *visibility) ended(txn uint64, committed bool, at int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c := v.open[txn]
	switch {
	case c == nil:
	case committed:
		c.returned = at
		v.settle(txn, c)
	default:
		delete(v.open, txn)
	}
}

// read adds n records of a transaction, returned to a receiver between first and last.
func (v *visibility) read(txn uint64, n int, first, last int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c := v.open[txn]
	if c == nil {
		return
	}
	if c.got == 0 || first < c.first {
		c.first = first
	}
	c.last = max(c.last, last)
	c.got += n
	v.settle(txn, c)
}

func (v *visibility) settle(txn uint64, c *commitRead) {
	if c.returned == 0 || c.got < c.want {
		return
	}
	delete(v.open, txn)
	if !c.inWindow {
		return
	}
	if c.first < c.returned {
		v.early++
		v.earlySum += c.returned - c.first
	}
	now := max(c.last, c.returned)
	v.rec.Record(measure.VisibilityFirst, now, max(0, c.first-c.returned))
	v.rec.Record(measure.VisibilityLast, now, max(0, c.last-c.returned))
}

// close ends the recording and returns how many committed transactions of the window were never read whole.
func (v *visibility) close(now int64) (censored int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range v.open {
		if c.inWindow && c.returned != 0 {
			censored++
		}
	}
	v.rec.Close(now)
	return censored
}
