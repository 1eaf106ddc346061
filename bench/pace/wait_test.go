package pace

import (
	"fmt"
	"os/exec"
	"runtime"
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

// BenchmarkLateness is the error of waking up for a record's due time: p50 and p99 of the lateness at three rates, on a machine that
// is idle and on one whose cores all have others to run, beside the runtime's own timers at the lowest of them.
func BenchmarkLateness(b *testing.B) {
	for _, perSecond := range []int64{1_000, 10_000, 50_000} {
		b.Run(fmt.Sprintf("Waiter/per_s=%d", perSecond), func(b *testing.B) {
			w := NewWaiter()
			defer w.Close()
			lateness(b, int64(time.Second)/perSecond, w.Until)
		})
	}
	b.Run("Waiter/busy/per_s=1000", func(b *testing.B) {
		stop := keepBusy()
		defer stop()
		w := NewWaiter()
		defer w.Close()
		lateness(b, int64(time.Millisecond), w.Until)
	})
	b.Run("time.Sleep/per_s=1000", func(b *testing.B) {
		lateness(b, int64(time.Millisecond), func(t int64) int64 {
			time.Sleep(time.Duration(t - clock.Now()))
			return clock.Now()
		})
	})
}

// keepBusy gives every core a thread that never rests, until the function it returns is called. They are processes of their own: the
// Go scheduler would have a say in threads of this one.
func keepBusy() (stop func()) {
	var busy []*exec.Cmd
	for range runtime.NumCPU() {
		loop := exec.Command("sh", "-c", "while :; do :; done")
		if loop.Start() == nil {
			busy = append(busy, loop)
		}
	}
	return func() {
		for _, loop := range busy {
			_ = loop.Process.Kill()
			_ = loop.Wait()
		}
	}
}

// lateness waits for b.N instants with a gap between them, in nanoseconds.
func lateness(b *testing.B, gap int64, until func(int64) int64) {
	late := make([]int64, b.N)
	next := clock.Now()
	b.ReportAllocs()
	b.ResetTimer()
	for i := range late {
		next += gap
		late[i] = until(next) - next
	}
	b.StopTimer()
	slices.Sort(late)
	b.ReportMetric(float64(late[b.N/2])/1e3, "p50-µs")
	b.ReportMetric(float64(late[b.N*99/100])/1e3, "p99-µs")
}
