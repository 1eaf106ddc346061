package trial

import (
	"context"
	"fmt"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// ending is how the drain went.
type ending struct {
	reached   bool
	deadlines []string
	offsets   int64 // written to the topics, markers included
	moved     int64 // clock ns when they were last seen to grow
}

// drain waits until the receivers have passed everything the senders left, or a deadline.
func (t *running) drain(ctx context.Context) {
	defer t.reading.Wait()
	defer t.stopReading(nil)
	defer close(t.drained)
	if len(t.receivers) == 0 {
		return
	}
	t.progress("drain")
	draining, cancel := context.WithTimeout(t.readCtx, patience(ctx, drainTimeout))
	defer cancel()
	if err := t.awaitEnd(draining); err != nil {
		if failed := context.Cause(t.readCtx); failed != nil {
			err = failed
		}
		t.end.deadlines = append(t.end.deadlines, err.Error())
		return
	}
	t.end.reached = true
}

// awaitEnd waits for the readers' positions to reach the end of every partition.
func (t *running) awaitEnd(ctx context.Context) error {
	marks, err := t.ends(ctx)
	if err != nil {
		return err
	}
	for _, r := range t.receivers {
		for {
			behind, at, err := r.behind(marks, t.w.Isolation == workload.ReadCommitted)
			if err != nil {
				return err
			}
			if behind == 0 {
				break
			}
			if sleep(ctx, drainPoll) != nil {
				return fmt.Errorf("reader %d was still %d offsets short of the end of %s-%d after %s of draining",
					r.index, behind, t.names.topics[at.Topic], at.Partition, drainTimeout)
			}
		}
	}
	return nil
}

// ends takes the end of every partition. The end of a transaction is answered before its markers are written: the
// last stable offset counts once it has met the high watermark.
func (t *running) ends(ctx context.Context) (cluster.Marks, error) {
	for {
		marks, err := t.env.Admin.Offsets(ctx, t.names.topics)
		if err != nil {
			return nil, fmt.Errorf("ask for the end of the topics: %w", err)
		}
		if marks.Settled() && t.arrived(marks) {
			t.end.offsets = 0
			for _, topic := range marks {
				for _, p := range topic {
					t.end.offsets += p.High2
				}
			}
			return marks, nil
		}
		if sleep(ctx, drainPoll) != nil {
			return nil, fmt.Errorf("the end of the topics still moved or was held back by transactions after %s of draining", drainTimeout)
		}
	}
}

// quiet is how long the ends of the topics must not have moved before records that nobody acknowledges count as
// arrived or lost.
const quiet = time.Second

// arrived tells whether everything that was handed over has had its chance to reach the log. With acks=0 a record
// was only written to a socket, and the broker may be behind: its records have arrived when the log holds as many,
// or when it has stopped growing.
func (t *running) arrived(marks cluster.Marks) bool {
	if t.w.Mode.Acks != 0 {
		return true
	}
	var high, handed int64
	for _, topic := range marks {
		for _, p := range topic {
			high += p.High2
		}
	}
	for _, s := range t.senders {
		handed += s.acked.Load()
	}
	now := clock.Now()
	if high != t.end.offsets {
		t.end.offsets, t.end.moved = high, now
	}
	return high >= handed || now-t.end.moved >= int64(quiet)
}
