package trial

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// readerOrders is what a disturbance asks of one reader, and what that takes.
type readerOrders struct {
	rest   atomic.Int64 // ns after each batch
	rejoin atomic.Bool
	back   atomic.Int64 // how often the reader came back

	coming    sync.RWMutex // held while the reader is away: nobody asks for its position then
	open      func(from []int64) (client.Reader, error)
	committed func(context.Context) ([]int64, error)
}

// readers are those of a trial, as a disturbance sees them.
type readers []*receiver

func (rs readers) Slow(rest time.Duration) {
	for _, r := range rs {
		r.orders.rest.Store(int64(rest))
	}
}

func (rs readers) Rejoin() {
	for _, r := range rs {
		r.orders.rejoin.Store(true)
	}
}

func (rs readers) Rejoined() (n int64) {
	for _, r := range rs {
		n += r.orders.back.Load()
	}
	return n
}

// obey does what a disturbance asked for since the last batch.
func (r *receiver) obey(ctx context.Context) error {
	if r.orders == nil {
		return nil
	}
	if r.orders.rejoin.Swap(false) {
		if err := r.rejoin(ctx); err != nil {
			return fmt.Errorf("rejoin: %w", err)
		}
	}
	if rest := r.orders.rest.Load(); rest > 0 {
		_ = sleep(ctx, time.Duration(rest)) // its end is Run's to see
	}
	return nil
}

// rejoin leaves and comes back. What the old reader commits as it closes comes too late to count: where to begin was asked before.
func (r *receiver) rejoin(ctx context.Context) error {
	from, err := r.orders.committed(ctx)
	if err != nil {
		return err
	}
	r.orders.coming.Lock()
	defer r.orders.coming.Unlock()
	leaving, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	old := r.reader
	r.reader = nil
	if err := old.Close(leaving); err != nil {
		return err
	}
	r.counts.restart()
	reader, err := r.orders.open(from)
	if err != nil {
		return err
	}
	r.reader = reader
	r.orders.back.Add(1)
	return nil
}

// position is where the reader stands in each of its partitions. It is called beside Run.
func (r *receiver) position(to []int64) error {
	if r.orders != nil {
		r.orders.coming.RLock()
		defer r.orders.coming.RUnlock()
		if r.reader == nil {
			return fmt.Errorf("reader %d left and did not come back", r.index)
		}
	}
	return r.reader.Position(to)
}

// committed returns the group's offsets of these partitions, 0 where there is none.
func (t *running) committed(ctx context.Context, assigned []client.Partition) ([]int64, error) {
	group, err := t.env.Admin.Committed(ctx, t.names.group)
	if err != nil {
		return nil, err
	}
	offsets := make([]int64, len(assigned))
	for i, p := range assigned {
		offsets[i] = group[t.names.topics[p.Topic]][p.Partition]
	}
	return offsets, nil
}
