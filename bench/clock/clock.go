// Package clock gives the one time base of every measurement: nanoseconds of CLOCK_MONOTONIC,
// comparable between processes on one machine (unlike the readings inside a time.Time).
package clock

import "time"

var (
	base   = time.Now()
	offset = calibrate()
)

// Now returns nanoseconds of the machine's monotonic clock. It costs one vDSO call: Go's own
// monotonic reading is of the same clock, so a constant offset makes it comparable.
func Now() int64 { return offset + int64(time.Since(base)) }

// Wall returns the wall-clock time of a monotonic reading, for stamps people read; never for a duration.
func Wall(mono int64) time.Time { return time.Now().Add(time.Duration(mono - Now())) }

// calibrate brackets a raw reading between two of Go's own and keeps the tightest of a few tries.
func calibrate() int64 {
	best, tightest := int64(0), time.Duration(1<<62)
	for range 16 {
		before := time.Since(base)
		raw := raw()
		after := time.Since(base)
		if width := after - before; width < tightest {
			tightest, best = width, raw-int64(before+width/2)
		}
	}
	return best
}
