package proxy

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// alarm waits for exact instants. The runtime's own timers end in epoll_wait, which counts in milliseconds; a timerfd
// (timerfd_create(2)) wakes the same epoll_wait when it is due, and waiting for it occupies no thread of its own.
type alarm struct {
	fd   int
	file *os.File
	buf  [8]byte // how often it rang, which read(2) wants to tell
}

func newAlarm() (*alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating a timer: %w", err)
	}
	return &alarm{fd: fd, file: os.NewFile(uintptr(fd), "timerfd")}, nil
}

// until returns at t, never before it, or with an error once interrupted.
func (a *alarm) until(t time.Time) error {
	for rest := time.Until(t); rest > 0; rest = time.Until(t) {
		spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(rest))}
		if err := unix.TimerfdSettime(a.fd, 0, &spec, nil); err != nil {
			return fmt.Errorf("setting a timer: %w", err)
		}
		if _, err := a.file.Read(a.buf[:]); err != nil {
			return err
		}
	}
	return nil
}

// interrupt ends a wait under way and those to come, from any goroutine.
func (a *alarm) interrupt() { _ = a.file.SetReadDeadline(time.Unix(1, 0)) }

// close is for the goroutine that waits.
func (a *alarm) close() { _ = a.file.Close() }
