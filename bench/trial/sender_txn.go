package trial

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
)

// openTxn is the transaction being filled: records first to first + len(intended).
type openTxn struct {
	ordinal  uint64
	open     bool
	abort    bool // on purpose, when it is full
	first    uint64
	intended []int64 // of its records
	deadline int64   // clock ns; MaxInt64 without an interval
}

func (s *sender) begin(t *Times) error {
	called := clock.Now()
	err := s.txns.Begin()
	s.blocked.add(called, clock.Now())
	if err != nil {
		return fmt.Errorf("producer %d: begin transaction: %w", s.index, err)
	}
	s.txn.open = true
	s.txn.first = s.seq
	s.txn.intended = s.txn.intended[:0]
	s.txn.deadline = math.MaxInt64
	if s.w.TxnInterval > 0 && t != nil {
		// From its begin rather than its first record's due time: a backlog would otherwise close every
		// transaction at once and never be worked off.
		s.txn.deadline = clock.Now() + int64(s.w.TxnInterval)
	}
	if t == nil {
		return nil
	}
	// Spread evenly, so that the share is exact however few transactions there are.
	s.aborts += s.w.AbortRatio
	if s.aborts >= 1 {
		s.aborts--
		s.txn.abort = true
	}
	return nil
}

// endTxn commits or aborts the open transaction and says where its time went. due is when it ought to have been
// closed: its last record's intended time, or its interval's deadline.
func (s *sender) endTxn(ctx context.Context, due int64, t *Times) error {
	ctx, cancel := outlive(ctx, s.endLimit)
	defer cancel()
	txn := s.txn
	inWindow := t != nil && len(txn.intended) > 0 && t.InWindow(txn.intended[0])
	called := clock.Now()
	if s.visible != nil && !txn.abort {
		s.visible.calling(txn.ordinal, len(txn.intended), inWindow)
	}
	outcome, err := s.txns.End(ctx, !txn.abort)
	returned := clock.Now()

	s.txn.open, s.txn.abort = false, false
	s.txn.ordinal++
	s.blocked.add(called, returned)
	s.log.EndTxn(outcome)
	if s.visible != nil {
		s.visible.ended(txn.ordinal, outcome == client.Committed, returned)
	}
	if t != nil && t.Inside(returned) && outcome == client.Committed {
		s.part.Commits++
		s.part.CommitTime += returned - called
	}
	if inWindow {
		s.part.Transactions.count(outcome, txn.abort, len(txn.intended))
	}
	switch outcome {
	case client.Committed:
		if inWindow {
			s.recordCommit(called, returned, due)
		}
		s.recordFill(txn.intended, called, returned, t)
	case client.Aborted:
		for seq := txn.first; seq < s.seq; seq++ {
			s.cursor.finish(seq)
		}
		if !txn.abort && !errors.Is(err, client.ErrFatal) {
			s.part.note(fmt.Sprintf("producer %d was told to abort a transaction it wanted committed: %v", s.index, err))
			err = nil // the next one may well be committed
		}
	}
	s.noteBacklog(returned, t)
	if err != nil {
		return fmt.Errorf("producer %d: transaction %d is %s: %w", s.index, txn.ordinal, outcome, err)
	}
	return nil
}

func (s *sender) recordCommit(called, returned, due int64) {
	s.rec.Record(measure.Commit, returned, returned-called)
	// The last delivery report reaches us through a queue and may be read just after the call returned.
	flushed := min(max(s.lastDone.Load(), called), returned)
	s.rec.Record(measure.CommitFlush, returned, flushed-called)
	s.rec.Record(measure.CommitEnd, returned, returned-flushed)
	if s.schedule != nil {
		s.rec.Record(measure.CommitDue, returned, returned-due)
	}
}

func (s *sender) recordFill(records []int64, called, returned int64, t *Times) {
	if t == nil {
		return
	}
	for _, intended := range records {
		if t.InWindow(intended) {
			s.rec.Record(measure.Fill, returned, called-intended)
		}
	}
}

// expiryScan is how much longer than transaction.timeout.ms a broker may keep a transaction: it looks for expired
// ones every ten seconds (transaction.abort.timed.out.transaction.cleanup.interval.ms), and has to write the end.
const expiryScan = 15 * time.Second

// interruptGrace is how long an end that is under way may take after an interrupt.
const interruptGrace = 10 * time.Second

// outlive returns a context for ending what is under way: an interrupt shortens it rather than cutting it off,
// for a commit abandoned half-way is the one thing that cannot be told from a lost one.
func outlive(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(interruptGrace, cancel)
		context.AfterFunc(ending, func() { timer.Stop() })
	})
	return ending, func() { stop(); cancel() }
}
