package pace

import (
	"slices"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
)

func TestUntilNeverReturnsEarlyWithinABoundedSleep(t *testing.T) {
	w := NewWaiter()
	defer w.Close()
	for _, ahead := range []time.Duration{-time.Hour, 0, time.Microsecond, 300 * time.Microsecond, 20 * time.Millisecond} {
		target := clock.Now() + int64(ahead)
		if now := w.Until(target); now < target {
			t.Errorf("%v ahead: returned %v early", ahead, time.Duration(target-now))
		}
	}
}

func TestUntilReturnsForCancellation(t *testing.T) {
	w := NewWaiter()
	defer w.Close()
	start := clock.Now()
	target := start + int64(time.Hour)
	if now := w.Until(target); now < start+maxSleep || now >= target {
		t.Errorf("returned after %v, want about 50ms", time.Duration(now-start))
	}
}

// BenchmarkLateness compares the waiter with the runtime's timers, 1 ms apart as at 1,000 records a second.
func BenchmarkLateness(b *testing.B) {
	b.Run("Waiter", func(b *testing.B) {
		w := NewWaiter()
		defer w.Close()
		lateness(b, w.Until)
	})
	b.Run("time.Sleep", func(b *testing.B) {
		lateness(b, func(t int64) int64 {
			time.Sleep(time.Duration(t - clock.Now()))
			return clock.Now()
		})
	})
}

func lateness(b *testing.B, until func(int64) int64) {
	late := make([]int64, b.N)
	next := clock.Now()
	b.ReportAllocs()
	b.ResetTimer()
	for i := range late {
		next += int64(time.Millisecond)
		late[i] = until(next) - next
	}
	b.StopTimer()
	slices.Sort(late)
	b.ReportMetric(float64(late[b.N/2])/1e3, "p50-µs")
	b.ReportMetric(float64(late[b.N*99/100])/1e3, "p99-µs")
}
