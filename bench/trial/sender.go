package trial

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/pace"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/payload"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/verify"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// sender is a producer lane: it hands records over when they are due, groups them into transactions where the
// mode has them, and follows each record to its acknowledgement.
type sender struct {
	w         workload.Workload
	index     int
	run       uint64
	quota     int64         // records of the window; 0: the window's end bounds it
	unwatched bool          // nobody reads: an acknowledgement finishes a record
	endLimit  time.Duration // bounds the end of a transaction or flush: as long as the broker keeps a transaction

	producer client.Producer
	txns     client.Transactor // nil unless transactional
	source   *payload.Source
	router   *payload.Router
	route    func(seq, txn uint64, key []byte) (topic, partition int32)
	schedule pace.Schedule // nil at max
	due      *pace.Counter // nil at max
	visible  *visibility   // nil unless read_committed receivers watch
	unread   *unread
	flight   *flight

	times    atomic.Pointer[Times] // nil until Run: what completes before is outside the window
	sent     atomic.Int64
	acked    atomic.Int64
	lastDone atomic.Int64 // clock ns of the last completion
	counts   counterSpan
	activity atomic.Pointer[Activity] // nil unless the trial is disturbed

	// The sending goroutine's own.
	rec     *measure.Recorder
	cursor  cursor
	log     *verify.SendLog
	record  client.Record
	seq     uint64
	txn     openTxn
	aborts  float64 // aborts owed, in transactions
	blocked blockedTime
	flushed uint64 // records before it were flushed
	ready   uint64 // records sent before the schedule began
	early   int64  // records due before the window
	sampled int64  // clock ns of the last backlog sample
	backlog thinned
	alarm   *time.Ticker // wakes a sender that waits for a slot, to look at the time
	part    Part

	// The completion goroutine's own, until the producer is closed.
	ackRec    *measure.Recorder
	ackCursor cursor
	acks      *verify.AckLog
	ackedIn   int64
	lastAcked int64
	failure   error // of the first record reported undelivered
}

// Ready connects and sends one throw-away transaction (or flushes) over every partition, so that connections,
// the coordinator's state and the partitions' producer state exist before anything is timed.
func (s *sender) Ready(ctx context.Context) error {
	if s.txns != nil {
		began := clock.Now()
		if err := s.txns.Init(ctx); err != nil {
			return fmt.Errorf("initialise transactions of producer %d: %w", s.index, err)
		}
		now := clock.Now()
		s.rec.Record(measure.Init, now, now-began)
	}
	s.route = s.router.Each
	for range s.w.Topics * s.w.Partitions {
		if err := s.send(ctx, 0, nil); err != nil {
			return err
		}
	}
	s.ready = s.seq
	s.route = s.router.Route
	return s.finish(ctx, nil)
}

// Run sends until the window is over and its last transaction is closed.
func (s *sender) Run(ctx context.Context, t Times) error {
	s.times.Store(&t)
	loop := s.closedLoop
	if s.schedule != nil {
		s.early = s.due.Due(t.WindowStart - t.Start - 1)
		loop = s.openLoop
	}
	err := loop(ctx, &t)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil // an interrupt is the campaign's to report
	}
	if !errors.Is(err, client.ErrFatal) {
		// What is under way is ended even when the run was interrupted.
		err = errors.Join(err, s.finish(ctx, &t))
	}
	s.part.Ended = err
	return err
}

// openLoop hands each record over at its scheduled instant, whatever became of those before it. After the
// window's end the schedule goes on until the open transaction is full, so that its records wait as long as
// any other's did.
func (s *sender) openLoop(ctx context.Context, t *Times) error {
	waiter := pace.NewWaiter()
	defer waiter.Close()
	// A backlog is worked off for a moment after the window: it marks the trial unsustained anyway. A number of
	// records takes as long as it takes.
	grace := t.WindowEnd + max(int64(time.Second), (t.WindowEnd-t.WindowStart)/10)
	if t.Quota {
		grace = t.Deadline
	}
	for {
		due := t.Start + s.schedule.Next()
		if err := s.await(ctx, waiter, due, t); err != nil {
			return err
		}
		now := clock.Now()
		if s.over(due, t) {
			if t.Quota {
				return nil
			}
			return sleepUntil(ctx, t.WindowEnd) // the window is over when its time is, not when its last record is sent
		}
		if now >= t.Deadline || now >= grace && !s.txn.open && !s.kept(t) {
			return nil
		}
		if err := s.sendAndClose(ctx, due, t); err != nil {
			return err
		}
	}
}

// kept tells whether the trial may still have sustained its rate, although the sender was held up behind the window's end. What it has left to hand over
// is little then, and as late as records can be: without it the percentiles would be those of the others.
func (s *sender) kept(t *Times) bool {
	due := s.dueInWindow(t.WindowEnd - t.Start - 1)
	return float64(due-s.part.Handed) <= (1-result.MinHanded)*float64(due)*float64(s.w.Producers)
}

// await returns when the record is due, having closed the transaction whose interval ended before.
func (s *sender) await(ctx context.Context, waiter *pace.Waiter, due int64, t *Times) error {
	for {
		now := clock.Now()
		if s.txn.open && now >= s.txn.deadline {
			if err := s.endTxn(ctx, s.txn.intended[0]+int64(s.w.TxnInterval), t); err != nil {
				return err
			}
			continue
		}
		s.sampleBacklog(now, t)
		if err := ctx.Err(); err != nil || now >= due || s.over(due, t) {
			return err
		}
		until := due
		if s.txn.open {
			until = min(until, s.txn.deadline)
		}
		waiter.Until(until)
	}
}

// closedLoop hands records over as fast as the bound on unacknowledged ones lets it.
func (s *sender) closedLoop(ctx context.Context, t *Times) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := clock.Now()
		if s.over(now, t) || now >= t.Deadline {
			return nil
		}
		if s.txn.open && now >= s.txn.deadline {
			if err := s.endTxn(ctx, now, t); err != nil {
				return err
			}
			continue
		}
		if err := s.sendAndClose(ctx, now, t); err != nil {
			return err
		}
	}
}

// over tells whether a record intended then is one too many.
func (s *sender) over(intended int64, t *Times) bool {
	if s.quota > 0 {
		return int64(s.part.WindowLast-s.part.WindowFirst) >= s.quota
	}
	return intended >= t.WindowEnd && !s.txn.open
}

// sendAndClose sends a record and closes the transaction it fills, or flushes where the workload asks for it.
func (s *sender) sendAndClose(ctx context.Context, due int64, t *Times) error {
	if err := s.send(ctx, due, t); err != nil {
		return err
	}
	switch {
	case s.txn.open && s.w.TxnSize > 0 && len(s.txn.intended) >= s.w.TxnSize:
		return s.endTxn(ctx, due, t)
	case s.w.FlushEvery > 0 && s.seq-s.flushed >= uint64(s.w.FlushEvery):
		return s.flush(ctx)
	}
	return nil
}

// finish ends what is open: the transaction, or what was sent and not acknowledged.
func (s *sender) finish(ctx context.Context, t *Times) error {
	if !s.txn.open {
		return s.flush(ctx)
	}
	due := clock.Now()
	if n := len(s.txn.intended); n > 0 {
		due = s.txn.intended[n-1]
	}
	return s.endTxn(ctx, due, t)
}

func (s *sender) flush(ctx context.Context) error {
	ctx, cancel := outlive(ctx, s.endLimit)
	defer cancel()
	began := clock.Now()
	err := s.producer.Flush(ctx)
	s.blocked.add(began, clock.Now())
	s.flushed = s.seq
	if err != nil {
		return fmt.Errorf("producer %d: flush: %w", s.index, err)
	}
	return nil
}

// sampleBacklog notes how many records are due and not finished, in the window and at most every 100 ms.
func (s *sender) sampleBacklog(now int64, t *Times) {
	if s.txns == nil {
		s.noteBacklog(now, t)
	}
}

func (s *sender) noteBacklog(now int64, t *Times) {
	if s.schedule == nil || t == nil || !t.Inside(now) || now-s.sampled < int64(100*time.Millisecond) {
		return
	}
	s.sampled = now
	due := int64(s.ready) + s.early + s.dueInWindow(now-t.Start)
	s.backlog.add(Sample{At: now, Value: float64(due - s.unread.finished.Load())})
}

// dueInWindow is how many of the window's records are due by that long after the schedule's start, which must not decrease.
func (s *sender) dueInWindow(elapsed int64) int64 {
	n := s.due.Due(elapsed) - s.early
	if s.quota > 0 {
		n = min(n, s.quota)
	}
	return n
}

// Part closes the recorders; the producer must have been closed, so that no completion follows.
func (s *sender) Part(context.Context) (*Part, error) {
	now := clock.Now()
	s.rec.Close(now)
	s.ackRec.Close(now)
	p := s.part
	p.Send, p.Acks = s.log, s.acks
	p.Acked, p.LastAcked = s.ackedIn, s.lastAcked
	p.Failed, p.FirstFailure = int64(s.acks.Failures), s.failure
	if t := s.times.Load(); t != nil && s.schedule != nil {
		p.Due = s.dueInWindow(min(t.End(), now) - t.Start - 1)
	}
	p.Backlog = s.backlog.samples
	p.Spans = s.counts.spans()
	return &p, nil
}

// Close waits for what is under way and closes the producer; Part comes after it.
func (s *sender) Close(ctx context.Context) error {
	s.alarm.Stop()
	return s.producer.Close(ctx)
}
