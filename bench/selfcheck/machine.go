package selfcheck

import (
	"context"
	"slices"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/pace"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/trial"
)

// Timing is how exactly this machine keeps time, which nothing measured on it can surpass.
type Timing struct {
	ClockStepNS float64  `json:"clock_step_ns"` // smallest difference seen between two readings
	ClockReadNS float64  `json:"clock_read_ns"` // what a reading takes, on average
	TimerP50US  float64  `json:"timer_p50_us"`  // how late the generator's timer wakes a millisecond's sleep
	TimerP99US  float64  `json:"timer_p99_us"`
	CPUSteal    *float64 `json:"cpu_steal"` // share of CPU time that the hypervisor gave to others meanwhile; null: unknown
}

// What MeasureTiming takes: about a second.
const (
	clockReadings = 200_000
	timerSleeps   = 1000
	timerSleep    = int64(time.Millisecond)
)

// MeasureTiming looks at the machine for a second.
func MeasureTiming(ctx context.Context) (Timing, error) {
	var t Timing
	steal := make(chan *float64, 1)
	go func() {
		share, ok := trial.Steal(ctx, timerSleeps*time.Duration(timerSleep))
		if !ok {
			steal <- nil
			return
		}
		steal <- &share
	}()
	t.ClockStepNS, t.ClockReadNS = clockSteps()
	late, err := timerErrors(ctx)
	t.CPUSteal = <-steal
	if err != nil {
		return t, err
	}
	slices.Sort(late)
	t.TimerP50US, t.TimerP99US = stats.Quantile(late, 0.5), stats.Quantile(late, 0.99)
	return t, nil
}

// clockSteps reads the clock again and again.
func clockSteps() (smallest, mean float64) {
	first := clock.Now()
	last, step := first, int64(time.Second)
	for range clockReadings {
		now := clock.Now()
		if d := now - last; d > 0 {
			step = min(step, d)
		}
		last = now
	}
	return float64(step), float64(last-first) / clockReadings
}

// timerErrors sleeps until instants a millisecond apart, as the generator does, and returns how late each was in µs.
func timerErrors(ctx context.Context) ([]float64, error) {
	waiter := pace.NewWaiter()
	defer waiter.Close()
	late := make([]float64, 0, timerSleeps)
	for range timerSleeps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		due := clock.Now() + timerSleep
		now := waiter.Until(due)
		for now < due {
			now = waiter.Until(due)
		}
		late = append(late, float64(now-due)/1e3)
	}
	return late, nil
}
