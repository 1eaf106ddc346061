//go:build cgo

package librdkafka

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// swallow is a broker that acknowledges records and keeps none.
func swallow(b *testing.B) string {
	return embed(b, kfake.BlackholeProduce()).ListenAddrs()[0]
}

// BenchmarkSend is the whole way of a 1 KB record to its completion, 10,000 unacknowledged at the most. What it
// allocates is the binding's: a message and an entry of its map per delivery report, temporaries per Produce.
func BenchmarkSend(b *testing.B) {
	const inFlight = 10_000
	free := make(chan uint32, inFlight)
	for tag := range uint32(inFlight) {
		free <- tag
	}
	p, err := New().NewProducer(client.ProducerConfig{
		Bootstrap: swallow(b), Workload: testWorkload(b, "at-least-once", nil), Topics: []string{"t"}, InFlight: inFlight,
		ClientID: "p", Complete: func(c client.Completion) { free <- c.Tag },
	})
	if err != nil {
		b.Fatal(err)
	}
	r := client.Record{Value: make([]byte, 1024)}
	b.SetBytes(1024)
	b.ReportAllocs()
	for b.Loop() {
		r.Tag = <-free
		r.Partition = (r.Partition + 1) % testPartitions
		for errors.Is(p.Send(&r), client.ErrQueueFull) {
			time.Sleep(100 * time.Microsecond)
		}
	}
	if err := p.Flush(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	p.Close(context.Background())
}

// BenchmarkOpaque is the binding alone with and without the value that ties a report to its record: the price of
// a report being tied to its own.
func BenchmarkOpaque(b *testing.B) {
	for name, tag := range map[string]any{"without": nil, "with": any(uint32(1000))} {
		b.Run(name, func(b *testing.B) {
			props, _, err := configure(testWorkload(b, "at-least-once", nil), identity{bootstrap: swallow(b), clientID: "p"})
			if err != nil {
				b.Fatal(err)
			}
			p, err := kafka.NewProducer(producerMap(props))
			if err != nil {
				b.Fatal(err)
			}
			var outstanding atomic.Int64
			served := make(chan struct{})
			go func() {
				defer close(served)
				for event := range p.Events() {
					if _, ok := event.(*kafka.Message); ok {
						outstanding.Add(-1)
					}
				}
			}()
			topic := "t"
			m := kafka.Message{Value: make([]byte, 1024), Opaque: tag, TopicPartition: kafka.TopicPartition{Topic: &topic}}
			b.SetBytes(1024)
			b.ReportAllocs()
			for b.Loop() {
				for outstanding.Load() > 10_000 {
					time.Sleep(50 * time.Microsecond)
				}
				outstanding.Add(1)
				m.TopicPartition.Partition = (m.TopicPartition.Partition + 1) % testPartitions
				if err := p.Produce(&m, nil); err != nil {
					b.Fatal(err)
				}
			}
			for outstanding.Load() > 0 {
				time.Sleep(50 * time.Microsecond)
			}
			b.StopTimer()
			p.Close()
			<-served
		})
	}
}

// BenchmarkPoll reads 1 KB records; what it allocates is the binding's copy of each.
func BenchmarkPoll(b *testing.B) {
	c := embed(b, kfake.SyntheticFetch(kfake.SyntheticBatch{}))
	r := openReader(b, c.ListenAddrs()[0], testWorkload(b, "at-least-once", nil))
	batch := make([]client.Delivered, 500)
	left := 0
	b.ReportAllocs()
	for b.Loop() {
		for left == 0 {
			n, err := r.Poll(context.Background(), batch)
			if err != nil {
				b.Fatal(err)
			}
			left = n
		}
		left--
	}
	b.SetBytes(int64(len(batch[0].Value)))
}

// BenchmarkPosition is what a sample of lag costs the reader.
func BenchmarkPosition(b *testing.B) {
	r := openReader(b, embed(b).ListenAddrs()[0], testWorkload(b, "at-least-once", nil))
	to := make([]int64, testPartitions)
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Position(to); err != nil {
			b.Fatal(err)
		}
	}
}
