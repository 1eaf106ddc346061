package pace

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// timerSlack is what the kernel may add to a sleep to wake several threads at once: 50 µs unless asked for less.
const timerSlack = 1000 // ns

// slice is how long the thread wants to run at a stretch, the shortest that Linux takes. Where every core is busy, with a broker on
// the same machine say, the scheduler lets a thread that asks for short turns run at once when it wakes up, and others only when the
// running thread's turn of some milliseconds is over. Its share of the time stays what it was. Linux before 6.12 ignores it.
const slice = 100_000 // ns

// sleeper sleeps in the kernel with clock_nanosleep(2): the runtime's own timers end in epoll_wait, which counts in
// milliseconds. The thread's slack and slice are restored afterwards because threads it starts, a Kafka client's too, inherit them.
type sleeper struct {
	slack    int             // the thread's own
	turns    *unix.SchedAttr // the thread's own, nil where they were left alone
	deadline unix.Timespec
}

// Errors of the calls below are dropped: without them sleeps are less exact, no more.

func (s *sleeper) open() {
	runtime.LockOSThread()
	s.slack, _ = unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, timerSlack, 0, 0, 0)
	own, err := unix.SchedGetAttr(0, 0)
	if err != nil || own.Policy != unix.SCHED_NORMAL {
		return
	}
	short := *own
	short.Runtime = slice
	if unix.SchedSetAttr(0, &short, 0) == nil {
		s.turns = own
	}
}

// sleep may end early when a signal interrupts it: its caller calls again with the same absolute instant.
func (s *sleeper) sleep(_, wake int64) {
	s.deadline = unix.NsecToTimespec(wake)
	_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &s.deadline, nil)
}

func (s *sleeper) close() {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(s.slack), 0, 0, 0)
	if s.turns != nil {
		_ = unix.SchedSetAttr(0, s.turns, 0)
	}
	runtime.UnlockOSThread()
}
