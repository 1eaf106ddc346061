package trial

import (
	"sync"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// Sample is one reading of a series.
type Sample struct {
	At    int64 // clock ns
	Value float64
}

const thinnedMax = 2048

// thinned is a series of bounded length: when it is full every second sample goes, and from then on only every
// second (fourth, eighth …) new one is kept.
type thinned struct {
	samples []Sample
	every   int // power of two
	offered int
}

func (t *thinned) add(s Sample) {
	t.every = max(t.every, 1)
	if t.offered%t.every == 0 {
		if len(t.samples) == thinnedMax {
			for i := range thinnedMax / 2 {
				t.samples[i] = t.samples[2*i]
			}
			t.samples = t.samples[:thinnedMax/2]
			t.every *= 2
		}
		t.samples = append(t.samples, s)
	}
	t.offered++
}

// counterSpan keeps, of a client's reports, the first and the last inside the window.
type counterSpan struct {
	mu          sync.Mutex
	times       *Times
	first, last Report
}

// Report is a client's counters with what its lane had done by then.
type Report struct {
	client.Counters
	Sent int64 // records
}

func (c *counterSpan) within(t *Times) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.times = t
}

// restart begins anew: the next reports are another client's, which counts from 0.
func (c *counterSpan) restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.first, c.last = Report{}, Report{}
}

func (c *counterSpan) observe(counters client.Counters, sent int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.times == nil || !c.times.Inside(counters.At) {
		return
	}
	c.last = Report{counters, sent}
	if c.first.Requests == nil {
		c.first = c.last
	}
}

// spans returns the two reports, or nothing when the window held fewer.
func (c *counterSpan) spans() []Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last.At <= c.first.At {
		return nil
	}
	return []Report{c.first, c.last}
}
