//go:build cgo

package librdkafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// pollTimeout is how long Poll waits for a first record.
const pollTimeout = 100 * time.Millisecond

// reader adapts kafka.Consumer.
type reader struct {
	cfg      client.ReaderConfig
	kafka    *kafka.Consumer
	records  source
	assigned []kafka.TopicPartition

	closing    sync.RWMutex // Position must not meet a consumer that is being destroyed
	closed     bool
	background sync.WaitGroup
}

func (library) NewReader(cfg client.ReaderConfig) (client.Reader, error) {
	return newReader(cfg, openConsumer)
}

type consumerOpener func(props map[string]string, topics []string) (*kafka.Consumer, source, error)

func newReader(cfg client.ReaderConfig, open consumerOpener) (client.Reader, error) {
	_, props, err := configure(cfg.Workload, identity{bootstrap: cfg.Bootstrap, clientID: cfg.ClientID, group: cfg.Group})
	if err != nil {
		return nil, err
	}
	k, records, err := open(props, cfg.Topics)
	if err != nil {
		return nil, fmt.Errorf("open reader %s: %w", cfg.ClientID, rejected(cfg.Workload, err))
	}
	r := &reader{cfg: cfg, kafka: k, records: records}
	for i, a := range cfg.Assigned {
		from := kafka.OffsetBeginning
		if cfg.From != nil {
			from = kafka.Offset(cfg.From[i])
		}
		r.assigned = append(r.assigned, kafka.TopicPartition{Topic: &cfg.Topics[a.Topic], Partition: a.Partition, Offset: from})
	}
	r.background.Go(func() { forwardLogs(k.Logs(), cfg.Log) })
	if err := k.Assign(r.assigned); err != nil {
		err = fmt.Errorf("assign %d partitions to reader %s: %w", len(r.assigned), cfg.ClientID, err)
		return nil, errors.Join(err, r.Close(context.Background()))
	}
	return r, nil
}

func (r *reader) Poll(ctx context.Context, out []client.Delivered) (n int, err error) {
	deadline := time.Now().Add(pollTimeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	r.records.release()
	for n < len(out) {
		wait := 0
		if n == 0 {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			// Rounded up, or the last millisecond would be spent polling without waiting.
			wait = int((max(time.Until(deadline), 0) + time.Millisecond - 1) / time.Millisecond)
		}
		came, more, err := r.records.poll(wait, out[n:], r.handle)
		n += came
		if err != nil || !more && (n > 0 || wait == 0) {
			return n, err
		}
	}
	return n, nil
}

// handle takes what is not a record. Its error ends the reading.
func (r *reader) handle(event kafka.Event) error {
	switch e := event.(type) {
	case *kafka.Stats, statistics:
		count(e.String(), r.cfg.Count)
	case kafka.Error:
		return r.failed(e)
	case kafka.OffsetsCommitted:
		if e.Error != nil && r.cfg.Log != nil {
			r.cfg.Log(fmt.Sprintf("%s: commit offsets: %v", r.cfg.ClientID, e.Error))
		}
	}
	return nil
}

// failed returns the error if reading cannot go on, and logs it otherwise.
func (r *reader) failed(k kafka.Error) error {
	if !transient(k) {
		return fmt.Errorf("read %s from %s: %w", r.cfg.Topics, r.cfg.Bootstrap, k)
	}
	log(r.cfg.Log, r.cfg.ClientID, k)
	return nil
}

// Position is librdkafka's, which moves past the markers of transactions and past aborted records as Poll meets
// them, unlike the offset of the last record read. Before a partition's first record it is where reading begins: 0, unless told
// otherwise, for the tool's topics are fresh.
func (r *reader) Position(to []int64) error {
	r.closing.RLock()
	defer r.closing.RUnlock()
	if r.closed {
		return fmt.Errorf("position of reader %s: it is closed", r.cfg.ClientID)
	}
	positions, err := r.kafka.Position(r.assigned)
	if err != nil {
		return fmt.Errorf("position of reader %s: %w", r.cfg.ClientID, err)
	}
	for i, p := range positions {
		if p.Error != nil {
			return fmt.Errorf("position of reader %s in %s: %w", r.cfg.ClientID, p, p.Error)
		}
		to[i] = max(int64(p.Offset), int64(r.assigned[i].Offset), 0) // kafka.OffsetInvalid and OffsetBeginning are negative
	}
	return nil
}

// Close commits the position and leaves. librdkafka gives up on a coordinator that does not answer by itself; when
// the context ends first, Close returns and leaves it to that.
func (r *reader) Close(ctx context.Context) error {
	r.closing.Lock()
	defer r.closing.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	closed := make(chan error, 1)
	go func() {
		r.records.leave()
		err := r.kafka.Close()
		r.background.Wait()
		closed <- err
	}()
	select {
	case err := <-closed:
		if err != nil {
			return fmt.Errorf("close reader %s: %w", r.cfg.ClientID, err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close reader %s: the last offsets were not committed: %w", r.cfg.ClientID, ctx.Err())
	}
}
