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

// abandoned is the transaction.timeout.ms of a producer that nobody will take over from: the shortest that leaves its transactions room.
const abandoned = 5 * time.Second

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
	send := actor.Step{Do: actor.Send, N: size}
	if !transactional {
		return []crashPoint{
			{"in the middle of a batch", script(actor.Step{Do: actor.Send, N: half}, actor.Step{Do: actor.Flush}), false},
			{"after a batch was acknowledged", script(send, actor.Step{Do: actor.Flush}), false},
			{"after a flush", script(send, actor.Step{Do: actor.Commit}), false},
		}
	}
	return []crashPoint{
		{"in the middle of a transaction", script(actor.Step{Do: actor.Send, N: half}, actor.Step{Do: actor.Flush}), true},
		{"before the commit", script(send, actor.Step{Do: actor.Flush}), true},
		{"between sending offsets and commit", script(send, actor.Step{Do: actor.Flush}, actor.Step{Do: actor.Offsets}), true},
		{"after the commit", script(send, actor.Step{Do: actor.Offsets}, actor.Step{Do: actor.Commit}), false},
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
	p, err := a.start(session, part{id: a.id("crash-abandoned"), group: true, timeout: abandoned, script: crashPoints(size, true)[0].script})
	if err != nil {
		return err
	}
	defer a.end(p, 0)
	if err := a.held(ctx, p, "hold_without_takeover_s", func() error {
		_, err := p.Until(ctx, actor.Dying)
		return err
	}); err != nil {
		return err
	}
	return a.stands(ctx, p)
}

// succeeded has a producer die and a successor take over.
func (a *Act) succeeded(ctx context.Context, session *int, id, point string, open bool, die func(*actor.Process) error, script ...actor.Step) error {
	p, err := a.start(*session, part{id: a.id(id), group: true, script: script})
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
	s, err := a.start(*session, part{id: a.id(id), script: []actor.Step{{Do: actor.Init}, {Do: actor.Cycle, N: 3}}})
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
	return a.stands(ctx, p)
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
	if fenced < zombies {
		return fmt.Errorf("%d of %d overtaken producers were not refused when they went on", zombies-fenced, zombies)
	}
	return nil
}

func (a *Act) overtake(ctx context.Context, session int) (fenced bool, err error) {
	id := a.id(fmt.Sprintf("zombie-%d", session))
	z, err := a.start(session, part{id: id, script: []actor.Step{{Do: actor.Init}, {Do: actor.Cycle, N: 2}, {Do: actor.Begin},
		{Do: actor.Send, N: max(1, a.Workload.TxnSize/2)}, {Do: actor.Flush}, {Do: actor.Await}, {Do: actor.Send, N: 1}, {Do: actor.Commit}}})
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
	s, err := a.start(session+1, part{id: id, script: []actor.Step{{Do: actor.Init}, {Do: actor.Cycle, N: 2}}})
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
	select {
	case <-z.Ended():
	case <-ctx.Done():
		return false, ctx.Err()
	}
	for _, e := range z.Entries() {
		switch {
		case e.Kind == actor.Ended && e.At > overtaken:
			fenced = client.Outcome(e.N) == client.Fenced
		case e.Kind == actor.Failing: // at the record it sent before it could call the commit
			fenced = client.Outcome(e.N) == client.Fenced
		}
	}
	if fenced {
		a.note(healed, "the zombie went on and was fenced")
	} else {
		a.note(healed, "the zombie went on and was NOT fenced")
	}
	return fenced, nil
}

// openTransaction leaves a transaction open on partitions that others write to, from a quarter of the window to a half, ten
// seconds at the most: less than transaction.timeout.ms.
func openTransaction(ctx context.Context, a *Act) error {
	if err := a.until(ctx, a.instant(breaks)); err != nil {
		return err
	}
	p, err := a.start(0, part{id: a.id("stuck"), script: []actor.Step{{Do: actor.Init}, {Do: actor.Begin}, {Do: actor.Send, N: 1}, {Do: actor.Flush},
		{Do: actor.Await}, {Do: actor.Abort}}})
	if err != nil {
		return err
	}
	defer a.end(p, 0)
	if _, err := p.Until(ctx, actor.Waiting); err != nil {
		return err
	}
	a.note(broke, "a transaction of %s stays open on one partition", p.TransactionalID)
	if err := a.untilHeals(ctx); err != nil {
		return err
	}
	holds, err := a.Admin.OpenTransactions(ctx, a.scene.Topics)
	if err != nil {
		return err
	}
	named := false
	for _, t := range holds.Open {
		if t.TransactionalID == p.TransactionalID {
			a.note(observed, "%s-%d: %d offsets held from %d on by transactional id %s, producer id %d, open for %s", t.Topic, t.Partition, t.Held,
				t.StartOffset, t.TransactionalID, t.ProducerID, time.Since(t.Since).Round(time.Millisecond))
			a.figure("held_offsets", float64(t.Held))
			named = true
		}
	}
	if !named {
		return fmt.Errorf("the transaction of %s is not among the %d that are open: its coordinator may have given it up already", p.TransactionalID, len(holds.Open))
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
