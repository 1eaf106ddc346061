package proxy

import (
	"sync"
	"time"
)

// lineBytes bounds what one direction of a connection holds; beyond it the sender is read no further, as with a full
// socket buffer. It carries 64 MB/s at a delay of a second.
const lineBytes = 64 << 20

// frameOverhead is about what a waiting frame costs beside its bytes.
const frameOverhead = 64

// passage is a frame on its way: not to be written before due.
type passage struct {
	frame []byte
	due   time.Time
	end   *strike // in place of a frame, what it was lost to
}

// line is the queue between the goroutine that reads from one side and the one that writes to the other.
type line struct {
	mu      sync.Mutex
	changed sync.Cond
	waiting []passage
	bytes   int
	ended   bool // nothing more comes
	stopped bool // nothing more goes
}

func newLine() *line {
	l := &line{}
	l.changed.L = &l.mu
	return l
}

// push waits for room and answers false once the line has been stopped. A single frame always has room.
func (l *line) push(p passage) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.bytes > lineBytes && !l.stopped {
		l.changed.Wait()
	}
	if l.stopped {
		return false
	}
	l.waiting = append(l.waiting, p)
	l.bytes += len(p.frame) + frameOverhead
	l.changed.Signal()
	return true
}

// pop waits for the next frame and answers false when none follows.
func (l *line) pop() (passage, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) == 0 && !l.ended && !l.stopped {
		l.changed.Wait()
	}
	if l.stopped || len(l.waiting) == 0 {
		return passage{}, false
	}
	p := l.waiting[0]
	l.waiting[0] = passage{}
	l.waiting = l.waiting[1:]
	l.bytes -= len(p.frame) + frameOverhead
	l.changed.Signal()
	return p, true
}

// end says that the sender is gone: what it sent still goes on its way.
func (l *line) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.changed.Broadcast()
}

// stop ends the waiting of both goroutines at once.
func (l *line) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	l.changed.Broadcast()
}
