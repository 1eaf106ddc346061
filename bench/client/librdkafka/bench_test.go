//go:build cgo

package librdkafka

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// swallow is a broker that acknowledges records and keeps none.
func swallow(b *testing.B) string {
	return embed(b, kfake.BlackholeProduce()).ListenAddrs()[0]
}

// BenchmarkSend is the whole way of a 1 KB record to its completion, 10,000 unacknowledged at the most, into a broker in
// this process. What the binding allocates is a message and an entry of its map per delivery report, and temporaries.
func BenchmarkSend(b *testing.B) {
	for name, way := range map[string]producerOpener{"around": openProducer, "through": openProducerInBinding} {
		b.Run(name, func(b *testing.B) {
			const inFlight = 10_000
			free := make(chan uint32, inFlight)
			for tag := range uint32(inFlight) {
				free <- tag
			}
			p, err := newProducer(client.ProducerConfig{
				Bootstrap: swallow(b), Workload: testWorkload(b, "at-least-once", nil), Topics: []string{"t"}, InFlight: inFlight,
				ClientID: "p", Complete: func(c client.Completion) { free <- c.Tag },
			}, way)
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
		})
	}
}

// BenchmarkPoll reads 100 B records from a broker in this process; the binding copies each.
func BenchmarkPoll(b *testing.B) {
	for name, way := range map[string]consumerOpener{"around": openConsumer, "through": openConsumerInBinding} {
		b.Run(name, func(b *testing.B) {
			c := embed(b, kfake.SyntheticFetch(kfake.SyntheticBatch{}))
			r := openReaderBy(b, c.ListenAddrs()[0], testWorkload(b, "at-least-once", nil), way)
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
		})
	}
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
