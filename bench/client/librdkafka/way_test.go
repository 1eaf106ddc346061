//go:build cgo

package librdkafka

import (
	"slices"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// Records may pass through the binding or around it: what is sent, reported and read must be the same.
func TestEveryWayIsTheSame(t *testing.T) {
	producers := map[string]producerOpener{"around the binding": openProducer, "through the binding": openProducerInBinding}
	consumers := map[string]consumerOpener{"around the binding": openConsumer, "through the binding": openConsumerInBinding}
	for written, producer := range producers {
		for reading, consumer := range consumers {
			t.Run("sent "+written+", read "+reading, func(t *testing.T) {
				c := embed(t)
				w := testWorkload(t, "transactional", nil)
				p := openBy(t, c.ListenAddrs()[0], w, "id", producer)
				for i := range 10 {
					p.begin(t)
					p.send(t, 30)
					want := client.Committed
					if i == 3 {
						want = client.Aborted
					}
					p.end(t, i != 3, want)
				}
				if err := p.Close(within(t, closeTimeout)); err != nil {
					t.Fatal(err)
				}
				if failed := p.done.check(t, 300); failed > 0 {
					t.Errorf("%d records failed", failed)
				}
				r := openReaderBy(t, c.ListenAddrs()[0], w, consumer)
				values := read(t, r, highWatermarks(c))
				slices.Sort(values)
				wantValues(t, values, slices.Concat(span(0, 90), span(120, 300)))
			})
		}
	}
}

// What was accepted and can't be delivered ends in an error, once, whichever way it went.
func TestEveryWayReportsFailures(t *testing.T) {
	for name, way := range map[string]producerOpener{"around the binding": openProducer, "through the binding": openProducerInBinding} {
		t.Run(name, func(t *testing.T) {
			c := embed(t)
			p := openBy(t, c.ListenAddrs()[0], testWorkload(t, "idempotent", nil), "", way)
			p.send(t, 30)
			if err := p.Flush(within(t, closeTimeout)); err != nil {
				t.Fatal(err)
			}
			c.Close()
			p.send(t, 30)
			if err := p.Close(within(t, 0)); err == nil {
				t.Error("closing dropped records without saying so")
			}
			if failed := p.done.check(t, 60); failed != 30 {
				t.Errorf("%d records failed, want the 30 that no broker took", failed)
			}
		})
	}
}
