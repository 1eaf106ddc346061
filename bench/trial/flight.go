package trial

import (
	"sync/atomic"
)

// flight is the table of records handed over and not yet completed, and so the bound on them: a record takes
// a slot before it is sent and its completion gives it back. One goroutine takes, another gives back.
type flight struct {
	slots []inFlight
	free  []uint32      // ring of free tags
	head  atomic.Uint64 // next to take
	tail  atomic.Uint64 // next place to give back to
	freed chan struct{} // holds one token when something was given back since the taker last looked
}

type inFlight struct {
	seq      uint64
	intended int64
	handed   int64
}

func newFlight(n int) *flight {
	f := &flight{slots: make([]inFlight, n), free: make([]uint32, n), freed: make(chan struct{}, 1)}
	for i := range f.free {
		f.free[i] = uint32(i)
	}
	f.tail.Store(uint64(n))
	return f
}

// take returns a free tag, or false when as many records are out as may be.
func (f *flight) take() (uint32, bool) {
	head := f.head.Load()
	if head == f.tail.Load() {
		return 0, false
	}
	tag := f.free[head%uint64(len(f.free))]
	f.head.Store(head + 1)
	return tag, true
}

func (f *flight) give(tag uint32) {
	tail := f.tail.Load()
	f.free[tail%uint64(len(f.free))] = tag
	f.tail.Store(tail + 1)
	select {
	case f.freed <- struct{}{}:
	default:
	}
}

// putBack undoes the taker's own last take: the record was not accepted.
func (f *flight) putBack() { f.head.Store(f.head.Load() - 1) }
