//go:build !linux

package proxy

import (
	"context"
	"time"
)

// alarm is as exact as the runtime's timers.
type alarm struct {
	ctx       context.Context
	interrupt context.CancelFunc
}

func newAlarm() (*alarm, error) {
	a := &alarm{}
	a.ctx, a.interrupt = context.WithCancel(context.Background())
	return a, nil
}

// until returns at t, never before it, or with an error once interrupted.
func (a *alarm) until(t time.Time) error {
	rest := time.Until(t)
	if rest <= 0 {
		return nil
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-a.ctx.Done():
		return a.ctx.Err()
	}
}

func (a *alarm) close() { a.interrupt() }
