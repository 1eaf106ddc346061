//go:build cgo

package librdkafka

import (
	"errors"
	"slices"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
)

// handOver is the way of a producer's records into librdkafka, and of their ends out of it. produce and fail belong to
// the sending goroutine.
type handOver interface {
	produce(*client.Record) kafka.ErrorCode  // kafka.ErrNoError: accepted
	fail(tag uint32, err kafka.Error)        // ends a record that librdkafka refused
	reported(*kafka.Message)                 // takes a delivery report of the binding's
	report(complete func(client.Completion)) // hands the ends on until end was called and none is left
	hurry(bool)                              // somebody waits for the last of them, or no more
	leave()                                  // before the client is closed
	end()                                    // after it was
	free()                                   // when report has returned
}

// source is the way of records out of a consumer.
type source interface {
	release() // forgets the records returned so far
	// poll waits for a first event, returns the records at hand and hands on what is none; more is false when
	// nothing came.
	poll(timeoutMS int, out []client.Delivered, other func(kafka.Event) error) (n int, more bool, err error)
	leave() // before the client is closed
}

// statistics is librdkafka's JSON, as an event.
type statistics string

func (s statistics) String() string { return string(s) }

// openProducerInBinding opens a producer whose records pass through the binding. It is the way on systems where no other was tried.
func openProducerInBinding(props map[string]string, cfg client.ProducerConfig) (*kafka.Producer, handOver, error) {
	k, err := kafka.NewProducer(producerMap(merge(props, map[string]string{"delivery.report.only.error": "false"})))
	if err != nil {
		return nil, nil, err
	}
	b := &binding{kafka: k, topics: cfg.Topics, tags: make([]any, cfg.InFlight), ends: make(chan client.Completion, cfg.InFlight)}
	for i := range b.tags {
		b.tags[i] = uint32(i)
	}
	return k, b, nil
}

// binding passes records through the binding, one call and one report each.
type binding struct {
	kafka   *kafka.Producer
	topics  []string
	message kafka.Message          // reused: the binding copies what it needs
	tags    []any                  // boxed once, so that Opaque costs no allocation
	ends    chan client.Completion // as many as can be unacknowledged
}

func (b *binding) produce(r *client.Record) kafka.ErrorCode {
	m := &b.message
	m.TopicPartition.Topic = &b.topics[r.Topic]
	m.TopicPartition.Partition = r.Partition
	m.Key, m.Value = r.Key, r.Value
	m.Opaque = b.tags[r.Tag]
	err := b.kafka.Produce(m, nil)
	if err == nil {
		return kafka.ErrNoError
	}
	var k kafka.Error
	if errors.As(err, &k) {
		return k.Code()
	}
	return kafka.ErrFail
}

func (b *binding) fail(tag uint32, err kafka.Error) {
	b.ends <- client.Completion{Tag: tag, At: clock.Now(), Err: err}
}

func (b *binding) reported(m *kafka.Message) {
	b.ends <- client.Completion{Tag: m.Opaque.(uint32), At: clock.Now(), Err: m.TopicPartition.Error}
}

func (b *binding) report(complete func(client.Completion)) {
	for c := range b.ends {
		complete(c)
	}
}

func (b *binding) hurry(bool) {}
func (b *binding) leave()     {}
func (b *binding) end()       { close(b.ends) }
func (b *binding) free()      {}

// openConsumerInBinding opens a consumer whose records pass through the binding.
func openConsumerInBinding(props map[string]string, topics []string) (*kafka.Consumer, source, error) {
	k, err := kafka.NewConsumer(readerMap(props))
	return k, &bindingSource{kafka: k, names: topics, at: -1}, err
}

// bindingSource passes records through the binding, a copy at a time.
type bindingSource struct {
	kafka *kafka.Consumer
	names []string

	// The last record's topic: the binding hands out one string per topic, so comparing costs a pointer.
	topic string
	at    int32
}

func (s *bindingSource) poll(timeoutMS int, out []client.Delivered, other func(kafka.Event) error) (n int, more bool, err error) {
	event := s.kafka.Poll(timeoutMS)
	m, ok := event.(*kafka.Message)
	switch {
	case event == nil:
		return 0, false, nil
	case !ok:
		return 0, true, other(event)
	case m.TopicPartition.Error != nil:
		var k kafka.Error
		if !errors.As(m.TopicPartition.Error, &k) {
			return 0, true, m.TopicPartition.Error
		}
		return 0, true, other(k)
	}
	if s.at < 0 || *m.TopicPartition.Topic != s.topic {
		s.topic = *m.TopicPartition.Topic
		s.at = int32(slices.Index(s.names, s.topic))
	}
	out[0] = client.Delivered{Topic: s.at, Partition: m.TopicPartition.Partition, Offset: int64(m.TopicPartition.Offset),
		Value: m.Value, At: clock.Now()}
	return 1, true, nil
}

func (s *bindingSource) release() {}
func (s *bindingSource) leave()   {}
