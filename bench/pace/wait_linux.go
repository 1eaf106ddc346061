package pace

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// timerSlack is what the kernel may add to a sleep to wake several threads at once: 50 µs unless asked for less.
const timerSlack = 1000 // ns

// sleeper sleeps in the kernel with clock_nanosleep(2): the runtime's own timers end in epoll_wait, which counts in
// milliseconds. The thread's slack is restored afterwards because threads it starts, a Kafka client's too, inherit it.
type sleeper struct {
	slack    int // the thread's own
	deadline unix.Timespec
}

// Errors of the calls below are dropped: without them sleeps are less exact, no more.

func (s *sleeper) open() {
	runtime.LockOSThread()
	s.slack, _ = unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, timerSlack, 0, 0, 0)
}

// sleep may end early when a signal interrupts it: its caller calls again with the same absolute instant.
func (s *sleeper) sleep(_, wake int64) {
	s.deadline = unix.NsecToTimespec(wake)
	_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &s.deadline, nil)
}

func (s *sleeper) close() {
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(s.slack), 0, 0, 0)
	runtime.UnlockOSThread()
}
