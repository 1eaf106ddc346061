package fault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault/actor"
)

// actorPause is the time between two records of a scenario's own producers: 500 a second, beside the load.
const actorPause = 2 * time.Millisecond

// abandoned is the transaction.timeout.ms of a producer that nobody will take over from: the shortest that leaves its transactions room.
const abandoned = 5 * time.Second

// start starts the scenario's session of that number. Who started it takes its evidence with end.
func (a *Act) start(session int, id string, timeout time.Duration, script ...actor.Step) (*actor.Process, error) {
	w := a.Workload
	if timeout > 0 {
		w.Properties = withProperty(w.Properties, "transaction.timeout.ms", fmt.Sprint(timeout.Milliseconds()))
	}
	cfg := actor.Config{
		Bootstrap: a.Target.Bootstrap, Workload: w, Topics: a.scene.Topics, ClientID: cluster.Name(id, fmt.Sprintf("session-%d", session), "actor"),
		Stamp: a.scene.Stamp, Session: uint32(a.scene.FirstSession + session), Pause: actorPause, Script: script,
	}
	if w.Mode.Transactional {
		cfg.TransactionalID = id
	}
	return actor.Start(a.Command(), cfg)
}

func withProperty(properties map[string]string, name, value string) map[string]string {
	with := map[string]string{name: value}
	for n, v := range properties {
		if n != name {
			with[n] = v
		}
	}
	return with
}

// end makes sure that a session's process is gone and takes its evidence. overtaken is when a successor was initialised, in clock nanoseconds; 0
// where there was none.
func (a *Act) end(p *actor.Process, overtaken int64) {
	p.Kill()
	a.evidence[int(p.Config.Session)-a.scene.FirstSession] = p.Session(func(called int64) bool { return overtaken > 0 && called > overtaken })
}

// crashPoint is where in a transaction a producer dies.
type crashPoint struct {
	name   string
	script []actor.Step
	open   bool // a transaction is left open
}

// crashPoints are all that a producer's code can tell apart. Three whole transactions come before each.
func crashPoints(size int, transactional bool) []crashPoint {
	half := max(1, size/2)
	begin := []actor.Step{{Do: actor.Init}, {Do: actor.Cycle, N: 3}, {Do: actor.Begin}}
	script := func(steps ...actor.Step) []actor.Step {
		return append(append([]actor.Step{}, begin...), append(steps, actor.Step{Do: actor.Die})...)
	}
	names := [...]string{"in the middle of a transaction", "before the commit", "after the commit"}
	if !transactional {
		names = [...]string{"in the middle of a batch", "after a batch was acknowledged", "after a flush"}
	}
	return []crashPoint{
		{names[0], script(actor.Step{Do: actor.Send, N: half}, actor.Step{Do: actor.Flush}), true},
		{names[1], script(actor.Step{Do: actor.Send, N: size}, actor.Step{Do: actor.Flush}), true},
		{names[2], script(actor.Step{Do: actor.Send, N: size}, actor.Step{Do: actor.Commit}), false},
	}
}

// randomCrashes is how many producers are killed at random moments, beside those that die at named points.
const randomCrashes = 3

// crash has producer processes die, at named points and at random ones, each with a successor that takes its transactional id over. Then one dies
// that nobody succeeds: the coordinator gives its transaction up when transaction.timeout.ms is over and it next looks.
func crash(ctx context.Context, a *Act) error {
	if err := a.until(ctx, a.instant(breaks)); err != nil {
		return err
	}
	size := max(1, a.Workload.TxnSize)
	session := 0
	for i, point := range crashPoints(size, a.Workload.Mode.Transactional) {
		if err := a.succeeded(ctx, &session, fmt.Sprintf("crash-%d", i), point.name, point.open, func(p *actor.Process) error {
			_, err := p.Until(ctx, actor.Dying)
			return err
		}, point.script...); err != nil {
			return err
		}
	}
	for i := range randomCrashes {
		moment := time.Duration(100+a.random.IntN(400)) * time.Millisecond
		if err := a.succeeded(ctx, &session, fmt.Sprintf("crash-random-%d", i), fmt.Sprintf("%s after its first commit", moment), false, func(p *actor.Process) error {
			first := actor.Ended
			if !a.Workload.Mode.Transactional {
				first = actor.Acked
			}
			_, err := p.Until(ctx, first)
			if err == nil {
				err = wait(ctx, moment)
			}
			p.Kill()
			return err
		}, actor.Step{Do: actor.Init}, actor.Step{Do: actor.Cycle}); err != nil {
			return err
		}
	}
	if !a.Workload.Mode.Transactional {
		return nil
	}
	p, err := a.start(session, a.id("crash-abandoned"), abandoned, crashPoints(size, true)[0].script...)
	if err != nil {
		return err
	}
	defer a.end(p, 0)
	return a.held(ctx, p, "hold_without_takeover_s", func() error {
		_, err := p.Until(ctx, actor.Dying)
		return err
	})
}

func (a *Act) id(name string) string { return a.scene.Group + "-" + name }

// succeeded has a producer die and a successor take over.
func (a *Act) succeeded(ctx context.Context, session *int, id, point string, open bool, die func(*actor.Process) error, script ...actor.Step) error {
	p, err := a.start(*session, a.id(id), 0, script...)
	if err != nil {
		return err
	}
	*session++
	overtaken := int64(0)
	defer func() { a.end(p, overtaken) }()
	if err := die(p); err != nil {
		return err
	}
	<-p.Ended()
	died := clock.Now()
	a.note(broke, "a producer process died %s", point)
	s, err := a.start(*session, a.id(id), 0, actor.Step{Do: actor.Init}, actor.Step{Do: actor.Cycle, N: 3})
	if err != nil {
		return err
	}
	*session++
	defer a.end(s, 0)
	if a.Workload.Mode.Transactional {
		e, err := s.Until(ctx, actor.Initialised)
		if err != nil {
			return err
		}
		overtaken = e.At - e.N
		if open {
			a.worst("takeover_s", time.Duration(e.At-died).Seconds())
		}
	}
	if _, err := s.Until(ctx, actor.Finished); err != nil {
		return err
	}
	a.note(healed, "its successor has done its work")
	return nil
}

// worst states the largest of several figures.
func (a *Act) worst(name string, v float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.figures[name] = max(a.figures[name], v)
}

// held measures how long the last stable offset of any partition stands still once die has returned: until it reaches what was written by then.
func (a *Act) held(ctx context.Context, p *actor.Process, figure string, die func() error) error {
	if err := die(); err != nil {
		return err
	}
	<-p.Ended()
	died := clock.Now()
	a.note(broke, "a producer process died in the middle of a transaction, and nobody takes its transactional id over")
	written, err := a.Admin.Offsets(ctx, a.scene.Topics)
	if err != nil {
		return err
	}
	for {
		now, err := a.Admin.Offsets(ctx, a.scene.Topics)
		if err != nil {
			return err
		}
		if stable(now, written) {
			a.figure(figure, time.Duration(clock.Now()-died).Seconds())
			a.note(healed, "the last stable offset has passed what was written when it died")
			return nil
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("the last stable offset has not moved past the abandoned transaction: %w", err)
		}
	}
}

// stable tells whether every partition's last stable offset has reached an earlier high watermark.
func stable(now, written cluster.Marks) bool {
	for t := range written {
		for p := range written[t] {
			if now[t][p].LastStable < written[t][p].High2 {
				return false
			}
		}
	}
	return true
}

// zombies is how often a producer is overtaken while it is stopped.
const zombies = 5

// zombie stops a producer in the middle of a transaction, has a successor take its transactional id over, and lets it go on: it must be
// fenced, and nothing of its transaction may be seen.
func zombie(ctx context.Context, a *Act) error {
	if err := a.until(ctx, a.instant(breaks)); err != nil {
		return err
	}
	fenced := 0
	for i := range zombies {
		ok, err := a.overtake(ctx, 2*i)
		if err != nil {
			return err
		}
		if ok {
			fenced++
		}
	}
	a.figure("zombies", zombies)
	a.figure("fenced", float64(fenced))
	return nil
}

func (a *Act) overtake(ctx context.Context, session int) (fenced bool, err error) {
	id := a.id(fmt.Sprintf("zombie-%d", session))
	z, err := a.start(session, id, 0, actor.Step{Do: actor.Init}, actor.Step{Do: actor.Cycle, N: 2}, actor.Step{Do: actor.Begin},
		actor.Step{Do: actor.Send, N: max(1, a.Workload.TxnSize/2)}, actor.Step{Do: actor.Flush}, actor.Step{Do: actor.Await},
		actor.Step{Do: actor.Send, N: 1}, actor.Step{Do: actor.Commit})
	if err != nil {
		return false, err
	}
	overtaken := int64(0)
	defer func() { a.end(z, overtaken) }()
	if _, err := z.Until(ctx, actor.Waiting); err != nil {
		return false, err
	}
	if err := z.Stop(); err != nil {
		return false, err
	}
	a.note(broke, "a producer is stopped (SIGSTOP) in the middle of a transaction, and overtaken")
	s, err := a.start(session+1, id, 0, actor.Step{Do: actor.Init}, actor.Step{Do: actor.Cycle, N: 2})
	if err != nil {
		return false, err
	}
	defer a.end(s, 0)
	e, err := s.Until(ctx, actor.Initialised)
	if err != nil {
		return false, err
	}
	if _, err := s.Until(ctx, actor.Finished); err != nil {
		return false, err
	}
	overtaken = e.At
	if err := errors.Join(z.Go(), z.Continue()); err != nil {
		return false, err
	}
	<-z.Ended()
	for _, e := range z.Entries() {
		switch {
		case e.Kind == actor.Ended && e.At > overtaken:
			fenced = client.Outcome(e.N) == client.Fenced
		case e.Kind == actor.Failing: // at the record it sent before it could call the commit
			fenced = true
		}
	}
	if fenced {
		a.note(healed, "the zombie went on and was fenced")
	} else {
		a.note(healed, "the zombie went on and was NOT fenced")
	}
	return fenced, nil
}

// openTransaction leaves a transaction open on partitions that others write to, from a quarter of the window to a half.
func openTransaction(ctx context.Context, a *Act) error {
	if err := a.until(ctx, a.instant(breaks)); err != nil {
		return err
	}
	p, err := a.start(0, a.id("stuck"), 0, actor.Step{Do: actor.Init}, actor.Step{Do: actor.Begin}, actor.Step{Do: actor.Send, N: 1},
		actor.Step{Do: actor.Flush}, actor.Step{Do: actor.Await}, actor.Step{Do: actor.Abort})
	if err != nil {
		return err
	}
	defer a.end(p, 0)
	if _, err := p.Until(ctx, actor.Waiting); err != nil {
		return err
	}
	a.note(broke, "a transaction of %s stays open on one partition", p.TransactionalID)
	if err := a.until(ctx, a.instant(heals)); err != nil {
		return err
	}
	open, err := a.Admin.OpenTransactions(ctx, a.scene.Topics)
	if err != nil {
		return err
	}
	for _, t := range open {
		if t.TransactionalID == p.TransactionalID {
			a.note(observed, "%s-%d: held at offset %d by transactional id %s, producer id %d, open for %s", t.Topic, t.Partition, t.StartOffset,
				t.TransactionalID, t.ProducerID, time.Since(t.Since).Round(time.Millisecond))
		}
	}
	if err := p.Go(); err != nil {
		return err
	}
	if _, err := p.Until(ctx, actor.Ended); err != nil {
		return err
	}
	a.note(healed, "the transaction is aborted")
	return nil
}
