package pace

import (
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
)

// maxSleep is the longest single sleep of Until, so that its caller notices within it that it has been cancelled.
const maxSleep = int64(50 * time.Millisecond)

// Waiter sleeps until exact instants without spinning. It belongs to the goroutine that made it.
type Waiter struct{ sleeper sleeper }

// NewWaiter locks the calling goroutine to its thread until Close: on Linux a sleep's precision is the thread's own.
func NewWaiter() *Waiter {
	w := &Waiter{}
	w.sleeper.open()
	return w
}

// Until sleeps until clock.Now() reaches t and returns the time then. It sleeps for about 50 ms at the longest and
// then returns before t: call it in a loop that also looks whether the run has been cancelled.
func (w *Waiter) Until(t int64) (now int64) {
	now = clock.Now()
	wake := min(t, now+maxSleep)
	for now < wake {
		w.sleeper.sleep(now, wake)
		now = clock.Now()
	}
	return now
}

// Close unlocks the goroutine and gives its thread back as it was.
func (w *Waiter) Close() { w.sleeper.close() }
