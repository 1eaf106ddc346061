package selfcheck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/trial"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// What is frozen, and how the records of that time must look.
const (
	frozenBroker = "frozen broker"

	frozenRate = 1000 // records a second
	closedLoop = 10   // unacknowledged records of the generator that is held against ours
	attempts   = 3    // at a freeze that no disturbed trial spoils

	// catchUp is how long after the freeze the cluster may take to work off what was due in it.
	catchUp = 100 * time.Millisecond
)

// freezer stops a cluster from answering until it is let go. Both may be called twice in a row.
type freezer interface {
	Freeze()
	Thaw()
}

// processes are a broker's own, stopped by signals.
type processes []int

func (p processes) Freeze() { p.signal(syscall.SIGSTOP) }
func (p processes) Thaw()   { p.signal(syscall.SIGCONT) }

// signal drops errors: of a process that has ended the trial will tell.
func (p processes) signal(s syscall.Signal) {
	for _, pid := range p {
		_ = syscall.Kill(pid, s)
	}
}

// Freeze stops the cluster for two thirds of the window's length in the middle of a trial at 1,000 records a second
// and checks what the histogram of e2e says of it. Every record that was due meanwhile waited for the rest of the
// freeze, so that of a freeze of S at rate R about R·(S−x) records took longer than x, whatever x: a ramp. Beside
// it stands what a generator shows that sends the next record only when one is answered (coordinated omission): one to
// as many as it had under way, a handful.
//
// A single local broker that was started for this lab is stopped by SIGSTOP. Others are not this tool's to stop, and
// brokers of a quorum would elect another leader when they go on: a proxy in front of them holds everything back. The cluster
// is let go again on every way out.
func (l *Lab) Freeze(ctx context.Context) (checks []Check, err error) {
	target, f, how := l.Env.Target, freezer(processes(l.Env.Target.PIDs)), "SIGSTOP of the broker"
	if target.Kind != broker.Local || !target.Fresh || len(target.PIDs) != 1 {
		p, refused := l.proxy(ctx)
		if refused != nil {
			return unproxied(ctx, []Check{{Subject: frozenBroker, Name: "e2e of the records due meanwhile", Unit: "records"}}, refused)
		}
		defer func() { err = errors.Join(err, p.Close()) }()
		target, f, how = l.behind(p), p, "a proxy that holds everything back"
	}
	length := freezeOf(l.Window)
	l.Env.Say(fmt.Sprintf("frozen broker: %s by %s, at %d records/s and in a closed loop of %d", short(length), how, frozenRate, closedLoop))
	flags := frozenFlags(length)
	if checks, err = l.try(ctx, target, f, flags, length, ramp); err != nil {
		return nil, err
	}
	flags = with(flags, map[string]string{"rate": "max", "in-flight": strconv.Itoa(closedLoop)})
	closed, err := l.try(ctx, target, f, flags, length, omitted)
	return append(checks, closed...), err
}

// freezeOf is how long a freeze in a window may be, for enough of what is normal to be there before and after it: the
// trial's own window is twice as long.
func freezeOf(window time.Duration) time.Duration { return window * 2 / 3 }

// frozenFlags are the workload of a trial with a freeze of that length.
func frozenFlags(length time.Duration) map[string]string {
	return map[string]string{"mode": "at-least-once", "rate": strconv.Itoa(frozenRate), "duration": (2 * length).String(), "warmup": "1s", "message-size": "100"}
}

// try measures trials with a freeze in them until the checks on one pass, or one is undisturbed: others don't speak against
// the tool.
func (l *Lab) try(ctx context.Context, target *broker.Target, f freezer, flags map[string]string, length time.Duration,
	judge func(*observation, time.Duration) []Check) (checks []Check, err error) {
	w, err := l.workload(flags)
	if err != nil {
		return nil, err
	}
	for range attempts {
		o, lasted, err := l.frozen(ctx, target, f, w, length)
		if err != nil {
			return nil, err
		}
		judged, reason := o.evident(judge(o, lasted)), cmp.Or(o.disturbed(), o.slow(lasted))
		passed := !slices.ContainsFunc(judged, func(c Check) bool { return c.Verdict != Pass })
		checks = excused(judged, reason)
		if passed || reason == "" {
			break // of two undisturbed trials the second proves the first no less wrong
		}
	}
	return checks, nil
}

// slow says that the cluster took longer than it may to work off what had piled up while it stood still: the first record that was due
// then waits for all of the freeze and for that. As long as the freeze again is no slow cluster but a clock that is wrong, and no excuse.
func (o *observation) slow(lasted time.Duration) string {
	took := o.quantile(measure.E2E, 100) - lasted
	if took <= catchUp || took > lasted*3/4 {
		return ""
	}
	return fmt.Sprintf("the cluster took %s to work off what had piled up, more than %s", short(took), short(catchUp))
}

// excused makes failures inconclusive where there is a reason for them that is not the tool's.
func excused(checks []Check, reason string) []Check {
	for i := range checks {
		if c := &checks[i]; c.Verdict == Fail && reason != "" {
			c.Verdict, c.Note = Inconclusive, reason
		}
	}
	return checks
}

// frozen measures a trial whose cluster stands still for a while in the middle of the window, and returns how long.
func (l *Lab) frozen(ctx context.Context, target *broker.Target, f freezer, w workload.Workload, length time.Duration) (*observation, time.Duration, error) {
	running, stop := context.WithCancel(ctx)
	defer stop()
	var began sync.Once
	var freezing sync.WaitGroup
	var lasted time.Duration
	m, err := l.prepare(target, w, func(p trial.Progress) {
		if p.Phase != "warm-up" && p.Phase != "measure" {
			return
		}
		began.Do(func() {
			at := clock.Now() + int64(p.Left) - int64(w.Duration) + int64(w.Duration-length)/2
			freezing.Go(func() { lasted = hold(running, f, at, length) })
		})
	})
	if err != nil {
		return nil, 0, err
	}
	o, err := m.run(ctx)
	stop()
	freezing.Wait()
	if err == nil && lasted == 0 {
		err = errors.New("the trial was over before its cluster could be frozen: give --duration a larger value")
	}
	return o, lasted, err
}

// hold freezes from a clock time on for so long, or until the context ends, and returns how long it was.
func hold(ctx context.Context, f freezer, at int64, length time.Duration) time.Duration {
	if !sleepUntil(ctx, at) {
		return 0
	}
	defer f.Thaw()
	f.Freeze()
	from := clock.Now()
	sleepUntil(ctx, from+int64(length))
	return time.Duration(clock.Now() - from)
}

// sleepUntil tells whether the instant came before the end of the context.
func sleepUntil(ctx context.Context, at int64) bool {
	select {
	case <-time.After(time.Duration(at - clock.Now())):
		return true
	case <-ctx.Done():
		return false
	}
}

// ramp holds the histogram of a trial against a freeze of length s.
func ramp(o *observation, s time.Duration) []Check {
	checks := make([]Check, 0, 4)
	for _, share := range []float64{0.1, 0.25, 0.5, 0.75} {
		x := time.Duration(share * float64(s))
		c := Check{
			Subject: frozenBroker, Name: fmt.Sprintf("%s: e2e above %s", short(s), short(x)), Unit: "records",
			Expected:  math.Round(frozenRate * (s - x).Seconds()),
			Tolerance: math.Round(frozenRate * (s/50 + catchUp).Seconds()),
		}
		c.within(float64(o.above(measure.E2E, x)), "the records that were due while the broker stood still are not those that waited")
		checks = append(checks, c)
	}
	return checks
}

// omitted counts what a closed loop shows of the same freeze: its records under way, none of those that it would have
// sent meanwhile.
func omitted(o *observation, s time.Duration) []Check {
	c := Check{
		Subject: frozenBroker, Name: fmt.Sprintf("%s, closed loop of %d: ack above %s", short(s), closedLoop, short(s/2)), Unit: "records",
		Expected: (1 + closedLoop) / 2.0, Tolerance: (closedLoop - 1) / 2.0,
	}
	c.within(float64(o.above(measure.Ack, s/2)), "a closed loop shows the records it had under way, and at least one")
	return []Check{c}
}
