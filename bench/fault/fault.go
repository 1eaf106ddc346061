// Package fault breaks a cluster or its clients on purpose while a trial runs, and states what that did to the trial.
package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault/proxy"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/trial"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/verify"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Scenario is one way to break things.
type Scenario struct {
	Name    string
	Summary string // one line
	Nodes   int    // brokers it takes: 1 or 3
	Needs   Needs
	Modes   Modes

	sessions int // producer sessions of its own, at most
	act      func(context.Context, *Act) error
}

// Needs is what a scenario has to have a hold on.
type Needs int

// What scenarios need. A proxy can stand in front of any cluster on this machine; brokers can be stopped only where this process started them.
const (
	Nothing Needs = 0
	Proxy   Needs = 1 << iota
	Brokers
	Actors  // producer processes of its own
	Leaders // other leaders for its partitions
	Readers // the load's readers
)

// Modes says which modes a scenario concerns.
type Modes int

// Kinds of modes.
const (
	AllModes Modes = iota
	TransactionalModes
)

// Concerns tells whether the scenario can be run with a mode.
func (s *Scenario) Concerns(m workload.Mode) bool { return s.Modes == AllModes || m.Transactional }

// ByName finds a scenario. The error names the nearest.
func ByName(name string) (*Scenario, error) {
	all := All()
	names := make([]string, len(all))
	for i, s := range all {
		if s.Name == name {
			return s, nil
		}
		names[i] = s.Name
	}
	if near := workload.Nearest(name, names); near != "" {
		return nil, fmt.Errorf("unknown scenario %q: did you mean %s?", name, near)
	}
	return nil, fmt.Errorf("unknown scenario %q: known are %s", name, strings.Join(names, ", "))
}

// Stage is what a scenario acts on.
type Stage struct {
	Target   *broker.Target
	Admin    *cluster.Admin // reaches the brokers directly
	Proxy    *proxy.Proxy   // in front of all of them; nil unless needed
	Workload workload.Workload
	Seed     uint64
	Command  func() *exec.Cmd // makes a producer process; nil unless needed
	Say      func(string)
}

// Act is a scenario on its stage: the disturbance of one trial.
type Act struct {
	Scenario *Scenario
	Stage
	scene  trial.Scene
	random *rand.Rand

	mu       sync.Mutex
	events   []event
	figures  map[string]float64
	evidence map[int]verify.Session // by the number of the scenario's session
	offsets  map[int]*int64         // where the sessions' groups stand
	groups   []string
}

// event is something that was done, or seen.
type event struct {
	at   int64 // clock ns
	what string
	kind eventKind
}

type eventKind int

const (
	observed eventKind = iota
	broke              // the disturbance begins, or goes on
	healed             // what was broken is whole
)

// On puts a scenario on a stage.
func (s *Scenario) On(stage Stage) *Act {
	return &Act{Scenario: s, Stage: stage, random: rand.New(rand.NewPCG(stage.Seed, 6)), figures: map[string]float64{}, evidence: map[int]verify.Session{}, offsets: map[int]*int64{}}
}

// Sessions, Run, Evidence and Assess make an Act a trial.Disturbance.

// Sessions is how many producer sessions the scenario brings.
func (a *Act) Sessions() int { return a.Scenario.sessions }

// Run waits for the window and does what the scenario is about.
func (a *Act) Run(ctx context.Context, scene trial.Scene) error {
	a.scene = scene
	defer a.leave(ctx)
	if err := a.until(ctx, a.instant(0)); err != nil {
		return err
	}
	if err := a.Scenario.act(ctx, a); err != nil {
		return fmt.Errorf("%s: %w", a.Scenario.Name, err)
	}
	return a.timely()
}

// timely is an error where nothing broke before the load was over: such a trial shows nothing.
func (a *Act) timely() error {
	for _, e := range a.events {
		if e.kind == broke {
			if end := a.scene.End(); e.at >= end {
				return fmt.Errorf("%s: the load had ended %s before the first thing broke: raise --duration or --messages", a.Scenario.Name,
					time.Duration(e.at-end).Round(time.Millisecond))
			}
			return nil
		}
	}
	return nil
}

// Evidence is what the scenario's own sessions sent; one that never began sent nothing.
func (a *Act) Evidence() []verify.Session {
	sessions := make([]verify.Session, a.Scenario.sessions)
	for i := range sessions {
		s, began := a.evidence[i]
		if !began {
			s = verify.Session{Sent: &verify.SendLog{}, Acked: &verify.AckLog{}}
		}
		sessions[i] = s
	}
	return sessions
}

// recoveredShare is how much of what was read before must be read again in a second for the trial to have recovered.
const recoveredShare = 0.9

// Assess states what the disturbance did to the trial.
func (a *Act) Assess(r *result.Trial, seen *trial.Activity) {
	r.Fault = &a.Scenario.Name
	o := &result.Outage{Events: []result.OutageEvent{}, Figures: a.figures}
	r.Outage = o
	from, to := int64(0), int64(0)
	for _, e := range a.events {
		o.Events = append(o.Events, result.OutageEvent{AtS: a.seconds(e.at), What: e.what})
		if e.kind == broke && from == 0 {
			from = e.at
		}
		if e.kind != observed {
			to = max(to, e.at)
		}
	}
	if from == 0 {
		return
	}
	start, end := a.scene.WindowStart, a.scene.End()
	o.FromS, o.ToS = new(a.seconds(from)), new(a.seconds(to))
	if a.Workload.Mode.Acks != 0 { // else nobody acknowledges anything
		gapFrom, gapTo := seen.AckGap(start, end)
		o.AckGapS = new(time.Duration(gapTo - gapFrom).Seconds())
	}
	if a.Workload.Readers > 0 {
		gapFrom, gapTo := seen.ReadGap(start, end)
		o.ReadGapS = new(time.Duration(gapTo - gapFrom).Seconds())
		o.RecoveryS = recovery(seen, start, from, end)
	}
	o.Before, o.During, o.After = rates(seen, start, from, to, end)
}

// rates are the means until a fault broke, until it healed, and until the window's end: no load is due behind that, so a fault that heals later
// counts until there. Stretches too short to tell are nil.
func rates(seen activity, start, from, to, end int64) (before, during, after *result.OutageRates) {
	mean := func(from, to int64) *result.OutageRates {
		if to-from < int64(100*time.Millisecond) {
			return nil
		}
		s := time.Duration(to - from).Seconds()
		return &result.OutageRates{AckedPerS: float64(seen.Acked(from, to)) / s, ReadPerS: float64(seen.Read(from, to)) / s}
	}
	return mean(start, from), mean(from, min(to, end)), mean(to, end)
}

// activity is what a trial's lanes did, by time.
type activity interface {
	Read(from, to int64) int64
	Acked(from, to int64) int64
}

// recovery is how long after the fault's begin it took until as much was read in a second as before it, counted from the second in which the least
// was read; 0 if that was no less. It is nil if that never came, or nothing was to compare with. In seconds.
func recovery(seen activity, start, from, end int64) *float64 {
	const second, step = int64(time.Second), int64(10 * time.Millisecond)
	if from-start < second || end-from < second {
		return nil
	}
	enough := recoveredShare * float64(seen.Read(start, from)) / time.Duration(from-start).Seconds()
	deepest, least := from, seen.Read(from, from+second)
	for at := from + step; at+second <= end; at += step {
		if n := seen.Read(at, at+second); n < least {
			deepest, least = at, n
		}
	}
	if float64(least) >= enough {
		return new(0.0)
	}
	for at := deepest; at+second <= end; at += step {
		if seen.Read(at, at+step) > 0 && float64(seen.Read(at, at+second)) >= enough { // not while nothing is read, ahead of a burst
			return new(time.Duration(at - from).Seconds())
		}
	}
	return nil
}

// seconds counts from the window's start.
func (a *Act) seconds(at int64) float64 {
	return time.Duration(at - a.scene.WindowStart).Round(time.Microsecond).Seconds()
}

// instant is a point of the window: 0 its start, 1 its planned end.
func (a *Act) instant(share float64) int64 {
	return a.scene.WindowStart + int64(share*float64(a.scene.WindowEnd-a.scene.WindowStart))
}

func (a *Act) until(ctx context.Context, at int64) error {
	return wait(ctx, time.Duration(at-clock.Now()))
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *Act) note(kind eventKind, format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, event{clock.Now(), fmt.Sprintf(format, args...), kind})
}

// figure states a number of the scenario's own.
func (a *Act) figure(name string, v float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.figures[name] = v
}
