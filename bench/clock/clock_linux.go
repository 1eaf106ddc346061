package clock

import "golang.org/x/sys/unix"

// raw reads CLOCK_MONOTONIC (clock_gettime(2)).
func raw() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0
	}
	return ts.Nano()
}
