package trial

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/payload"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/verify"
)

const pollRecords = 500 // as Java's max.poll.records

// receiver is a reader lane: it decodes what its partitions deliver, times it and enters it into the ledger.
type receiver struct {
	run      uint64
	index    int
	assigned []client.Partition
	place    [][]int // of a topic's partition among the lane's own; -1: not assigned
	reader   client.Reader
	orders   *readerOrders // nil unless the trial is disturbed
	sessions []*session    // by producer
	rec      *measure.Recorder
	log      *verify.ReadLog
	drained  chan struct{} // closed when there is nothing more to wait for

	read    atomic.Int64 // distinct records
	counts  counterSpan
	part    Part
	cursors []cursor
	group   readGroup

	activity *Activity // nil unless the trial is disturbed
}

// session is what receivers share with one producer's lane.
type session struct {
	unread  *unread
	visible *visibility
	untimed bool // its records are none of the load's
}

// readGroup is a run of one transaction's records within a poll.
type readGroup struct {
	producer    uint32
	txn         uint64
	n           int
	first, last int64
}

// Ready has nothing to do: a reader is assigned when it is opened, its first poll connects it.
func (r *receiver) Ready(context.Context) error { return nil }

// Run reads until the trial has been drained, or the context ends.
func (r *receiver) Run(ctx context.Context, t Times) error {
	batch := make([]client.Delivered, pollRecords)
	for {
		select {
		case <-r.drained:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		if err := r.obey(ctx); err != nil {
			r.part.Ended = fmt.Errorf("reader %d: %w", r.index, err)
			return r.part.Ended
		}
		n, err := r.reader.Poll(ctx, batch)
		r.take(batch[:n], &t)
		if err != nil && !errors.Is(err, context.Canceled) {
			r.part.Ended = fmt.Errorf("reader %d: %w", r.index, err)
			return r.part.Ended
		}
	}
}

func (r *receiver) take(batch []client.Delivered, t *Times) {
	fresh := int64(0)
	for i := range batch {
		d := &batch[i]
		stamp, err := payload.Decode(d.Value)
		partition := r.place[d.Topic][d.Partition]
		switch {
		case err != nil:
			r.log.Foreign(partition, d.Offset, err.Error())
			continue
		case stamp.Run != r.run || int(stamp.Producer) >= len(r.sessions):
			r.log.Foreign(partition, d.Offset, "another run's record")
			continue
		}
		from := r.sessions[stamp.Producer]
		called := from.visible == nil || stamp.Txn < from.visible.called.Load()
		class := r.log.Read(stamp.Producer, stamp.Seq, partition, d.Offset, called)
		if class != verify.New || from.untimed {
			continue
		}
		fresh++
		if r.activity != nil {
			r.activity.count(r.activity.read, d.At, 1)
		}
		r.cursors[stamp.Producer].finish(stamp.Seq)
		if stamp.Flags&payload.FlagAbort != 0 {
			continue // nobody was meant to have it
		}
		if t.Counts(d.At) {
			r.part.ReadIn++
			r.part.ReadBytes += int64(len(d.Value))
		}
		if from.visible != nil {
			r.extend(stamp.Producer, stamp.Txn, d.At)
		}
		if t.InWindow(stamp.Intended) {
			r.rec.Record(measure.E2E, d.At, d.At-stamp.Intended)
			r.part.LastRead = d.At
		}
	}
	r.handIn()
	r.read.Add(fresh)
}

// behind returns how far the reader is from the end of the partition it is furthest from. It is called beside Run.
func (r *receiver) behind(marks cluster.Marks, committed bool) (offsets int64, at client.Partition, err error) {
	positions := make([]int64, len(r.assigned))
	if err := r.position(positions); err != nil {
		return 0, at, fmt.Errorf("ask reader %d for its position: %w", r.index, err)
	}
	for i, p := range r.assigned {
		if d := marks.End(p.Topic, p.Partition, committed) - positions[i]; d > offsets {
			offsets, at = d, p
		}
	}
	return offsets, at, nil
}

// extend adds a record to the run of its transaction's records, handing the previous run in when it changes.
func (r *receiver) extend(producer uint32, txn uint64, at int64) {
	g := &r.group
	if g.n > 0 && (g.producer != producer || g.txn != txn) {
		r.handIn()
	}
	if g.n == 0 {
		*g = readGroup{producer: producer, txn: txn, first: at}
	}
	g.n++
	g.last = at
}

func (r *receiver) handIn() {
	if g := &r.group; g.n > 0 {
		r.sessions[g.producer].visible.read(g.txn, g.n, g.first, g.last)
		g.n = 0
	}
}

// Part closes the recorder; Run must have returned.
func (r *receiver) Part(context.Context) (*Part, error) {
	r.rec.Close(clock.Now())
	p := r.part
	p.Read = r.log
	p.Spans = r.counts.spans()
	return &p, nil
}

// Close commits the last offsets and leaves.
func (r *receiver) Close(ctx context.Context) error {
	if r.reader == nil {
		return nil // it could not come back
	}
	return r.reader.Close(ctx)
}
