package pace

import (
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
)

const (
	// maxSleep is the longest single sleep of Until, so that its caller notices within it that it has been cancelled.
	maxSleep = int64(50 * time.Millisecond)

	// maxLead bounds how long before the instant the alarm is set, and so how long Until ever spins.
	maxLead = int64(100 * time.Microsecond)

	// late of 256 wake-ups may come after the instant. The lead follows what waking up has taken by a step of
	// that much at a time, so that it settles where this share is late.
	late     = 64
	leadStep = int64(4) // ns
)

// Waiter sleeps until exact instants. Waking a thread up takes the machine some 5 µs to 80 µs: a waiter learns how
// long, sets its alarm that much earlier and spins for what is left: a few microseconds, or all of a wait that is shorter than
// waking up takes. It belongs to the goroutine that made it.
type Waiter struct {
	sleeper sleeper
	lead    int64 // ns
}

// NewWaiter locks the calling goroutine to its thread until Close: on Linux a sleep's precision is the thread's own.
func NewWaiter() *Waiter {
	w := &Waiter{}
	w.sleeper.open()
	return w
}

// Until waits until clock.Now() reaches t and returns the time then. It waits for about 50 ms at the longest and
// then returns before t: call it in a loop that also looks whether the run has been cancelled.
func (w *Waiter) Until(t int64) (now int64) {
	now = clock.Now()
	wake := min(t, now+maxSleep)
	if now < wake && now >= wake-w.lead {
		// Too near to sleep, as far as is known. Forget a little, or a lead learnt in a bad moment would stay.
		w.lead = max(w.lead-leadStep, 0)
	}
	for alarm := wake - w.lead; now < alarm; {
		w.sleeper.sleep(now, alarm)
		if now = clock.Now(); now >= alarm {
			w.learn(now - alarm)
		}
	}
	for now < wake {
		now = clock.Now()
	}
	return now
}

// learn moves the lead towards what a wake-up took, so that few are late and the others little early.
func (w *Waiter) learn(took int64) {
	if took > w.lead {
		w.lead = min(w.lead+(256-late)*leadStep, maxLead)
	} else {
		w.lead = max(w.lead-late*leadStep, 0)
	}
}

// Close unlocks the goroutine and gives its thread back as it was.
func (w *Waiter) Close() { w.sleeper.close() }
