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
	if err := s.txns.Begin(); err != nil {
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
	ctx, cancel := outlive(ctx)
	defer cancel()
	txn := &s.txn
	inWindow := t != nil && len(txn.intended) > 0 && t.InWindow(txn.intended[0])
	called := clock.Now()
	if s.visible != nil && !txn.abort {
		s.visible.calling(txn.ordinal, len(txn.intended), inWindow)
	}
	outcome, err := s.txns.End(ctx, !txn.abort)
	returned := clock.Now()
	s.blocked.add(called, returned)

	if t != nil && returned >= t.WindowStart && (t.Quota || returned < t.WindowEnd) {
		s.part.Ends++
		s.part.EndTime += returned - called
	}
	n := uint64(len(txn.intended))
	s.log.EndTxn(outcome)
	if outcome != client.Committed && s.visible != nil {
		s.visible.gone(txn.ordinal)
	}
	switch {
	case outcome == client.Committed:
		if s.visible != nil {
			s.visible.committed(txn.ordinal, returned)
		}
		if inWindow {
			s.part.Transactions.Committed++
			s.part.Transactions.Records += int64(n)
			s.recordCommit(called, returned, due)
		}
		s.recordFill(called, returned, t)
	case outcome == client.Aborted:
		for seq := txn.first; seq < txn.first+n; seq++ {
			s.cursor.finish(seq)
		}
		if inWindow && txn.abort {
			s.part.Transactions.Aborted++
		}
	}
	failed := outcome == client.Aborted && !txn.abort
	if inWindow && failed {
		s.part.Transactions.Failed++
	}
	unknown := outcome == client.Indeterminate || outcome == client.Fenced
	if inWindow && unknown {
		s.part.Transactions.Indeterminate++
	}
	if failed {
		s.part.note(fmt.Sprintf("a commit of producer %d was answered with an abort: %v", s.index, err))
		err = nil
	}
	ordinal := txn.ordinal
	txn.open, txn.abort = false, false
	txn.ordinal++
	s.noteBacklog(returned, t)
	if unknown {
		return fmt.Errorf("producer %d: transaction %d is %s: %w", s.index, ordinal, outcome, fatal(err))
	}
	return err
}

// fatal marks an error that ends its producer.
func fatal(err error) error {
	if errors.Is(err, client.ErrFatal) {
		return err
	}
	return fmt.Errorf("%w: %w", client.ErrFatal, err)
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

func (s *sender) recordFill(called, returned int64, t *Times) {
	if t == nil {
		return
	}
	for _, intended := range s.txn.intended {
		if t.InWindow(intended) {
			s.rec.Record(measure.Fill, returned, called-intended)
		}
	}
}

// endTimeout bounds the end of one transaction or flush: as long as the broker keeps a transaction open, and a bit.
const endTimeout = 75 * time.Second

// interruptGrace is how long an end that is under way may take after an interrupt.
const interruptGrace = 10 * time.Second

// outlive returns a context for ending what is under way: an interrupt shortens it rather than cutting it off,
// for a commit abandoned half-way is the one thing that cannot be told from a lost one.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(interruptGrace, cancel)
		context.AfterFunc(ending, func() { timer.Stop() })
	})
	return ending, func() { stop(); cancel() }
}
