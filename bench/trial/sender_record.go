package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/payload"
)

// send hands over the next record. At max, and before the schedule began, it is intended when it is handed over.
func (s *sender) send(ctx context.Context, intended int64, t *Times) error {
	if s.txns != nil && !s.txn.open {
		if err := s.begin(t); err != nil {
			return err
		}
	}
	tag, err := s.slot(ctx, t)
	if err != nil {
		return err
	}
	scheduled := s.schedule != nil && t != nil
	intended, now, err := s.handOver(ctx, tag, intended, scheduled)
	if err != nil {
		return err
	}
	if t == nil {
		return nil
	}
	if t.Counts(now) {
		s.part.Sent++
	}
	if !t.InWindow(intended) {
		return nil
	}
	if s.part.LastHanded == 0 {
		s.part.WindowFirst = s.seq - 1
	}
	s.part.WindowLast = s.seq
	s.part.LastHanded = now
	if now < t.HandedBy {
		s.part.Handed++
	}
	if scheduled {
		blocked := min(s.blocked.since(intended), now-intended)
		s.rec.Record(measure.Blocked, now, blocked)
		s.rec.Record(measure.Schedule, now, now-intended-blocked)
	}
	return nil
}

// slot waits for a free place among the unacknowledged records.
func (s *sender) slot(ctx context.Context, t *Times) (tag uint32, err error) {
	tag, ok := s.flight.take()
	if ok {
		return tag, nil
	}
	began := clock.Now()
	for !ok {
		select {
		case <-s.flight.freed:
		case <-s.alarm.C:
			if t != nil && clock.Now() >= t.Deadline {
				return 0, fmt.Errorf("producer %d: %d records were not acknowledged by the trial's deadline", s.index, len(s.flight.slots))
			}
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		tag, ok = s.flight.take()
	}
	s.blocked.add(began, clock.Now())
	return tag, nil
}

// handOver gives the client the next record, waiting while its queue is full, and returns when the record was
// intended and when it was accepted. Without a schedule the one is the other.
func (s *sender) handOver(ctx context.Context, tag uint32, due int64, scheduled bool) (intended, now int64, err error) {
	key := s.source.Key(s.seq)
	topic, partition := s.route(s.seq, s.txn.ordinal, key)
	stamp := payload.Stamp{Run: s.run, Producer: uint32(s.index), Seq: s.seq, Txn: s.txn.ordinal, Intended: due}
	if s.txn.abort {
		stamp.Flags |= payload.FlagAbort
	}
	for {
		now = clock.Now()
		if !scheduled {
			stamp.Intended = now
		}
		s.record = client.Record{Topic: topic, Partition: partition, Key: key, Value: s.source.Value(stamp), Tag: tag}
		s.flight.slots[tag] = inFlight{seq: s.seq, intended: stamp.Intended, handed: now}
		s.cursor.add(s.seq, stamp.Intended)
		err = s.producer.Send(&s.record)
		if err == nil {
			break
		}
		if !errors.Is(err, client.ErrQueueFull) || ctx.Err() != nil {
			s.flight.putBack()
			s.cursor.finish(s.seq)
			return 0, 0, fmt.Errorf("producer %d: send record %d: %w", s.index, s.seq, err)
		}
		time.Sleep(100 * time.Microsecond)
		s.blocked.add(now, clock.Now())
	}
	if s.txn.open {
		s.txn.intended = append(s.txn.intended, stamp.Intended)
	}
	s.log.Sent()
	s.seq++
	s.sent.Store(int64(s.seq))
	return stamp.Intended, now, nil
}

// complete is called on the client's own goroutine, once for every accepted record.
func (s *sender) complete(c client.Completion) {
	f := s.flight.slots[c.Tag]
	s.flight.give(c.Tag)
	s.lastDone.Store(c.At)
	if c.Err != nil {
		s.acks.Failed()
		s.ackCursor.finish(f.seq)
		if s.failure == nil {
			s.failure = c.Err
		}
		return
	}
	s.acks.Acked(f.seq)
	s.acked.Add(1)
	if a := s.activity.Load(); a != nil {
		a.count(a.acked, c.At, 1)
	}
	if s.unwatched {
		s.ackCursor.finish(f.seq)
	}
	t := s.times.Load()
	if t == nil {
		return
	}
	if t.Counts(c.At) {
		s.ackedIn++
	}
	if !t.InWindow(f.intended) {
		return
	}
	s.lastAcked = c.At
	if s.w.Mode.Acks != 0 { // with acks=0 it only means written to a socket
		s.ackRec.Record(measure.Ack, c.At, c.At-f.intended)
		s.ackRec.Record(measure.Service, c.At, c.At-f.handed)
	}
}
