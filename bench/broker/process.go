package broker

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// process names one process for good: its id may be used again, but not with the same start time.
type process struct {
	PID     int    `json:"pid"`
	Started string `json:"started"` // opaque, as startTime gives it
}

// processOf names the process that has the id now; Started is empty when there is none.
func processOf(pid int) process {
	return process{PID: pid, Started: startTime(pid)}
}

// alive says whether exactly this process still runs; one that ended and waits to be reaped does not.
func (p process) alive() bool {
	return p.Started != "" && startTime(p.PID) == p.Started
}

func anyAlive(ps []process) bool {
	for _, p := range ps {
		if p.alive() {
			return true
		}
	}
	return false
}

// terminate asks the processes to stop and kills those that have not within grace or when the context ends. It
// returns once all are gone, which after a kill is a matter of milliseconds: an error means one cannot be killed.
func terminate(ctx context.Context, ps []process, grace time.Duration) error {
	signalAll(ps, syscall.SIGTERM)
	asked, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if waitGone(asked, ps) {
		return nil
	}
	signalAll(ps, syscall.SIGKILL)
	killed, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if waitGone(killed, ps) {
		return nil
	}
	for _, p := range ps {
		if p.alive() {
			return fmt.Errorf("broker process %d does not end although it was killed: end it by hand", p.PID)
		}
	}
	return nil
}

func signalAll(ps []process, sig syscall.Signal) {
	for _, p := range ps {
		if p.alive() {
			_ = syscall.Kill(p.PID, sig) // gone in between, or not ours: waitGone finds out which
		}
	}
}

func waitGone(ctx context.Context, ps []process) bool {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for anyAlive(ps) {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}
