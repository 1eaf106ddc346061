//go:build cgo

package librdkafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// offsetsTimeout bounds SendOffsets where its context does not.
const offsetsTimeout = time.Minute

// SendOffsets adds the offsets of a group without members to the open transaction: they are committed with it or not at all (KIP-98). What is
// retriable is retried until the context ends. That ends the producer, as a fatal failure does: the error wraps client.ErrFatal. After an
// abortable failure, which the error names, End aborts, whatever it is asked for. To be called from the goroutine that sends.
func (t *transactor) SendOffsets(ctx context.Context, group string, offsets []client.Offset) error {
	what := fmt.Sprintf("send the offsets of group %s with a transaction of %s", group, t.cfg.TransactionalID)
	if err := t.fatal.Load(); err != nil {
		return *err
	}
	members, err := kafka.NewTestConsumerGroupMetadata(group)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	partitions := make([]kafka.TopicPartition, len(offsets))
	for i, o := range offsets {
		partitions[i] = kafka.TopicPartition{Topic: &t.cfg.Topics[o.Topic], Partition: o.Partition, Offset: kafka.Offset(o.Next)}
	}
	ctx, cancel := context.WithTimeout(ctx, offsetsTimeout)
	defer cancel()
	for {
		v, k := t.sendOffsets(ctx, partitions, members)
		switch {
		case v == done:
			return nil
		case ctx.Err() != nil:
			return t.die(what, t.explain("no answer", errors.Join(ctx.Err(), k)))
		case v == again:
			time.Sleep(retryPause)
		case v == mustStop && !fenced(k.Code()):
			t.spoiled = fmt.Errorf("%s: %w", what, k)
			return t.spoiled
		default:
			return t.die(what, k)
		}
	}
}

// sendOffsets is one attempt. It has all the time there is: librdkafka fails the transaction when one runs out, and goes on with it in nobody's
// sight when the context is cancelled. Close waits for its end.
func (t *transactor) sendOffsets(ctx context.Context, partitions []kafka.TopicPartition, members *kafka.ConsumerGroupMetadata) (verdict, kafka.Error) {
	answer := make(chan error, 1)
	t.flushers.Go(func() { answer <- t.kafka.SendOffsetsToTransaction(ctx, partitions, members) })
	select {
	case err := <-answer:
		return judge(err)
	case <-ctx.Done():
		return again, kafka.NewError(kafka.ErrTimedOut, "", false)
	}
}
