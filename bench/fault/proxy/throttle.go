package proxy

import (
	"context"
	"time"
)

// slice is how much of a second's bytes a throttled connection writes at once: the depth of its bucket.
const slice = 10 * time.Millisecond

// Throttle bounds each connection to so many bytes a second, in each direction, from now on; 0 removes the bound.
// After a pause, what 10 ms carry passes at once.
func (p *Proxy) Throttle(bytesPerSecond int64) { p.rate.Store(max(0, bytesPerSecond)) }

// bucket paces one direction of a connection.
type bucket struct {
	free time.Time // when what was let through before has passed, at the rate of then
}

// take returns how many of n bytes may pass, and when.
func (b *bucket) take(n int, rate int64, now time.Time) (int, time.Time) {
	n = min(n, max(1, int(rate/int64(time.Second/slice))))
	span := time.Duration(float64(n) / float64(rate) * float64(time.Second))
	if earliest := now.Add(-max(slice, span)); b.free.Before(earliest) {
		b.free = earliest
	}
	b.free = b.free.Add(span)
	return n, b.free
}

// write writes a frame once the gates are open, piece by piece when the connection is throttled, and answers false if it
// cannot.
func (d *direction) write(ctx context.Context, frame []byte) bool {
	for {
		piece := frame
		if rate := d.rate.Load(); rate > 0 && len(frame) > 0 {
			n, due := d.bucket.take(len(frame), rate, time.Now())
			if d.alarm.until(due) != nil {
				return false
			}
			piece = frame[:n]
		}
		if !d.gates.wait(ctx) {
			return false
		}
		if len(piece) > 0 {
			if _, err := d.to.Write(piece); err != nil {
				return false
			}
		}
		if frame = frame[len(piece):]; len(frame) == 0 {
			return true
		}
	}
}
