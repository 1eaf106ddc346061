// Package trial runs one cell once, phase by phase: prepare → connect → warm up → measure → drain → verify →
// settle. Senders and receivers are lanes; what they measure reaches one collector, what they sent and read is
// judged by the ledger.
package trial

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/pace"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Bounds of a trial's phases.
const (
	rest         = time.Second // between creating topics and sending: leaders settle
	lead         = 300 * time.Millisecond
	readyTimeout = 60 * time.Second
	drainTimeout = 30 * time.Second
	drainPoll    = 20 * time.Millisecond
	closeTimeout = 15 * time.Second
	impatience   = 5 * time.Second // bounds closing and draining after an interrupt
)

// Env is what a campaign hands each of its trials.
type Env struct {
	RunID             string
	Stamp             uint64 // the run, as records carry it
	Target            *broker.Target
	Admin             *cluster.Admin
	Library           client.Library
	ReplicationFactor int
	Disturbance       Disturbance    // nil: nothing disturbs the trial
	Store             *result.Store  // nil: nothing of the trial is kept
	Progress          func(Progress) // about twice a second; may be nil
	Say               func(string)   // what the user should know and no result holds
	Log               func(string)   // the client's own log lines
}

// Run measures one trial. An interrupt after the window began gives a result marked incomplete; before it, or
// when the cluster fails the preparation, only the error.
func Run(ctx context.Context, env Env, tr plan.Trial) (*result.Trial, error) {
	t := &running{env: env, plan: tr, w: tr.Workload, names: namesOf(env.RunID, tr)}
	defer t.settle(ctx)
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	if err := t.connect(ctx); err != nil {
		return nil, errors.Join(err, t.abandon(ctx))
	}
	err := t.measure(ctx)
	if t.stopped <= t.times.WindowStart {
		return nil, errors.Join(ctx.Err(), err, t.abandon(ctx))
	}
	// Nothing may be under way any more when the end of the topics is taken: what was acknowledged after it would
	// look lost. Closing a producer flushes, or fails what cannot be.
	t.note(t.closeSenders(ctx))
	t.drain(ctx)
	t.note(t.closeReceivers(ctx))
	return t.assemble(ctx)
}

// running is a trial under way.
type running struct {
	env   Env
	plan  plan.Trial
	w     workload.Workload
	names names

	config      result.ClientConfig // effective
	files       files
	collector   *measure.Collector
	sessions    []*session // of the producers, then of the disturbance
	activity    *Activity  // nil unless the trial is disturbed
	senders     []*sender
	receivers   []*receiver
	drained     chan struct{}
	stateBytes  *int64 // of __transaction_state before the trial; nil: the cluster does not tell
	reading     sync.WaitGroup
	readCtx     context.Context // of the receivers; ended by the first that fails
	stopReading context.CancelCauseFunc

	startedAt time.Time
	times     Times
	stopped   int64 // clock ns when the senders had stopped
	cutShort  bool  // by an interrupt
	disturbed error // why the disturbance was not what it was meant to be
	watch     watch
	end       ending
	censored  censored
	notes     []string // warnings that belong to no lane
}

// prepare makes fresh topics and lets their leaders settle.
func (t *running) prepare(ctx context.Context) error {
	t.progress("prepare")
	if err := t.env.Admin.CreateTopics(ctx, t.names.topics, t.w.Partitions, t.env.ReplicationFactor, topicConfig(t.w, t.env.Target.Kind)); err != nil {
		return err
	}
	if size, err := t.env.Admin.LogBytes(ctx, t.names.topics); err == nil {
		t.stateBytes = &size.TransactionState
	}
	return sleep(ctx, rest)
}

// largestBatch is message.max.bytes' default, a broker's bound on a batch.
const largestBatch = 1_048_588

// topicConfig keeps the cluster from deleting what was not read yet, and raises the bound on a batch where one
// record alone would exceed it. An embedded broker's disk budget works by retention and is left alone.
func topicConfig(w workload.Workload, kind broker.Kind) map[string]string {
	config := map[string]string{"cleanup.policy": "delete", "retention.ms": "-1"}
	if kind != broker.Embedded {
		config["retention.bytes"] = "-1"
	}
	if need := w.MessageSize.Max + 4096; need > largestBatch {
		config["max.message.bytes"] = strconv.Itoa(need)
	}
	return config
}

// connect opens the lanes and brings every sender through its throw-away transaction.
func (t *running) connect(ctx context.Context) error {
	t.progress("connect")
	t.startedAt = time.Now().UTC()
	if err := t.open(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if len(t.receivers) > 0 {
		// On a cluster that has never had a group this takes seconds, which the first lag samples would miss.
		// An error is theirs to report.
		_, _ = t.env.Admin.Committed(ctx, t.names.group)
	}
	return together(len(t.senders), func(i int) error { return t.senders[i].Ready(ctx) })
}

// open creates the files, the collector and the lanes, without waiting for the cluster.
func (t *running) open() (err error) {
	if t.config.Producer, t.config.Reader, err = t.env.Library.Effective(t.w); err != nil {
		return err
	}
	if err = t.files.open(t.env.Store, t.plan.ID); err != nil {
		return err
	}
	if t.collector, err = measure.NewCollector(t.files.hlog, clock.Now(), t.startedAt); err != nil {
		return err
	}
	t.drained = make(chan struct{})
	watched := t.w.Readers > 0
	for range t.w.Producers {
		s := &session{unread: newUnread()}
		if watched && t.w.Mode.Transactional && t.w.Isolation == workload.ReadCommitted {
			s.visible = newVisibility(t.collector.Recorder(measure.VisibilityFirst, measure.VisibilityLast))
		}
		t.sessions = append(t.sessions, s)
	}
	if t.env.Disturbance != nil {
		for range t.env.Disturbance.Sessions() {
			t.sessions = append(t.sessions, &session{unread: newUnread(), untimed: true})
		}
	}
	for i := range t.w.Readers {
		r, err := t.newReceiver(i)
		if err != nil {
			return err
		}
		t.receivers = append(t.receivers, r)
	}
	for i := range t.w.Producers {
		s, err := t.newSender(i, !watched)
		if err != nil {
			return err
		}
		t.senders = append(t.senders, s)
	}
	return nil
}

// measure runs the load: warm-up, window, and the end of the last transactions. A lane that ended early says so in
// its part; what was measured until then is kept.
func (t *running) measure(ctx context.Context) error {
	last := lastDue(ctx, t.w)
	t.times = timesOf(t.w, last, clock.Now()+int64(lead))
	if t.env.Disturbance != nil {
		t.activity = newActivity(t.times.Start, t.times.Deadline+int64(drainTimeout))
	}
	for _, s := range t.senders {
		s.counts.within(&t.times)
		s.activity.Store(t.activity)
	}
	for _, r := range t.receivers {
		r.counts.within(&t.times)
		r.activity = t.activity
	}
	// Receivers outlive an interrupt: they are told when the trial has been drained.
	t.readCtx, t.stopReading = context.WithCancelCause(context.WithoutCancel(ctx))
	for _, r := range t.receivers {
		t.reading.Go(func() {
			if err := r.Run(t.readCtx, t.times); err != nil {
				t.stopReading(err)
			}
		})
	}
	stop := t.observe(ctx)
	defer stop()
	disturbed := t.disturb(ctx)
	err := together(len(t.senders), func(i int) error { return t.senders[i].Run(ctx, t.times) })
	t.stopped, t.cutShort = clock.Now(), ctx.Err() != nil
	t.times.stopped.Store(t.stopped)
	if t.disturbed = disturbed(); t.disturbed != nil {
		err = errors.Join(err, fmt.Errorf("disturbing the trial: %w", t.disturbed))
	}
	return err
}

// disturb starts what the trial is disturbed by, and returns what waits for its end.
func (t *running) disturb(ctx context.Context) (wait func() error) {
	if t.env.Disturbance == nil {
		return func() error { return nil }
	}
	scene := Scene{
		Times: t.times, Stamp: t.env.Stamp, FirstSession: t.w.Producers, Topics: t.names.topics, Partitions: t.w.Partitions, Group: t.names.group,
		Readers: readers(t.receivers),
	}
	if t.w.Mode.Transactional {
		scene.TransactionalIDs = t.names.txnIDs
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(t.times.Deadline-clock.Now()))
	ended := make(chan error, 1)
	go func() { ended <- t.env.Disturbance.Run(ctx, scene) }()
	return func() error {
		defer cancel()
		return <-ended
	}
}

func (t *running) closeSenders(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience(ctx, closeTimeout))
	defer cancel()
	return together(len(t.senders), func(i int) error { return t.senders[i].Close(ctx) })
}

func (t *running) closeReceivers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience(ctx, closeTimeout))
	defer cancel()
	return together(len(t.receivers), func(i int) error { return t.receivers[i].Close(ctx) })
}

// patience is how long something that outlives an interrupt may take.
func patience(ctx context.Context, usually time.Duration) time.Duration {
	if ctx.Err() != nil {
		return impatience
	}
	return usually
}

// note keeps an error that costs no figure as a warning.
func (t *running) note(err error) {
	if err != nil {
		t.notes = append(t.notes, err.Error())
	}
}

// settle removes the trial's topics and group, also after an interrupt.
func (t *running) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	t.progress("settle")
	err := t.env.Admin.DeleteTopics(ctx, t.names.topics)
	if t.w.Readers > 0 {
		err = errors.Join(err, t.env.Admin.DeleteGroups(ctx, []string{t.names.group}))
	}
	if err != nil {
		t.env.Say(fmt.Sprintf("trial %s left its topics behind, 'clean' removes them: %v", t.plan.ID, err))
	}
}

// abandon closes what a trial without a result had opened.
func (t *running) abandon(ctx context.Context) error {
	err := t.closeSenders(ctx)
	if t.stopReading != nil {
		t.stopReading(nil)
		t.reading.Wait()
	}
	err = errors.Join(err, t.closeReceivers(ctx))
	t.discard()
	return err
}

// discard drops the trial's files. The recorders that were never closed are of no interest any more.
func (t *running) discard() {
	if t.collector != nil {
		_ = t.collector.Close()
	}
	t.files.abort()
}

// lastDue is when the last of a number of records is due, in nanoseconds from the schedule's start; 0 where time bounds the window, or nothing is due.
// Of very many records that takes seconds, which the context cuts short.
func lastDue(ctx context.Context, w workload.Workload) (last int64) {
	if w.Messages == 0 || w.Rate.Max {
		return 0
	}
	for i := range w.Producers {
		schedule := pace.New(w, i, spanOf(w))
		for left := share(w.Messages, i, w.Producers); left > 0; {
			if due := schedule.Next(); due >= int64(w.Warmup) {
				left, last = left-1, max(last, due)
			}
			if left%(1<<16) == 0 && ctx.Err() != nil {
				break
			}
		}
	}
	return last
}

// spanOf is warm-up and window together.
func spanOf(w workload.Workload) time.Duration { return w.Warmup + plan.Window(w) }

// timesOf lays the phases out from their start; last is lastDue.
func timesOf(w workload.Workload, last, start int64) Times {
	t := Times{Start: start, WindowStart: start + int64(w.Warmup), Quota: w.Messages > 0, stopped: &atomic.Int64{}}
	t.stopped.Store(math.MaxInt64)
	window := plan.Window(w)
	if window == 0 {
		window = time.Hour // a number of records at max: there is no telling
	}
	t.WindowEnd = t.WindowStart + int64(window)
	t.Deadline = t.WindowEnd + int64(drainTimeout)
	if t.Quota {
		// A number of records takes as long as it takes; ten times the plan is no longer the same workload.
		t.Deadline = t.WindowStart + 10*int64(window) + int64(drainTimeout)
	}
	switch {
	case w.Rate.Max:
		t.HandedBy = math.MaxInt64
	case t.Quota:
		t.HandedBy = t.Start + last + int64(hiccup)
	default:
		t.HandedBy = t.WindowEnd + int64(hiccup)
	}
	return t
}

// together runs n calls at once and joins their errors.
func together(n int, call func(int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = call(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
