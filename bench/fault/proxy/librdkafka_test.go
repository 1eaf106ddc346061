//go:build cgo

package proxy

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Transactions of librdkafka through three brokers; and while the proxy is frozen nothing of any partition passes, so
// nothing goes around it.
func TestLibrdkafka(t *testing.T) {
	cluster := embed(t, 3)
	p := openFor(t, cluster.ListenAddrs()...)
	mode, _ := workload.ModeByName("transactional")
	w := workload.Workload{Mode: mode, Isolation: mode.Isolation, InFlight: 100}
	var failed, done atomic.Int64
	bootstrap := strings.Join(p.Bootstrap(), ",")
	producer, err := librdkafka.New().NewProducer(client.ProducerConfig{
		Bootstrap: bootstrap, Workload: w, Topics: []string{"t"}, InFlight: 100, ClientID: "p", TransactionalID: "tx",
		Complete: func(c client.Completion) {
			if c.Err != nil {
				failed.Add(1)
			}
			done.Add(1)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close(within(t, 10*time.Second))
	transactor := producer.(client.Transactor)
	if err := transactor.Init(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	send := func(tag uint32) {
		if err := producer.Send(&client.Record{Partition: int32(tag % 6), Tag: tag, Value: []byte("v")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := transactor.Begin(); err != nil {
		t.Fatal(err)
	}
	for tag := range uint32(60) {
		send(tag)
	}
	if err := producer.Flush(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	p.Freeze()
	for tag := range uint32(6) {
		send(60 + tag)
	}
	time.Sleep(200 * time.Millisecond)
	if n := done.Load(); n != 60 {
		t.Errorf("%d records are done, 6 of them while frozen", n)
	}
	p.Thaw()
	if outcome, err := transactor.End(within(t, 20*time.Second), true); outcome != client.Committed {
		t.Fatalf("%v: %v", outcome, err)
	}
	if err := producer.Flush(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	if done.Load() != 66 || failed.Load() != 0 {
		t.Errorf("%d records are done and %d failed, want 66 and 0", done.Load(), failed.Load())
	}

	var assigned []client.Partition
	for partition := range int32(6) {
		assigned = append(assigned, client.Partition{Partition: partition})
	}
	reader, err := librdkafka.New().NewReader(client.ReaderConfig{
		Bootstrap: bootstrap, Workload: w, Topics: []string{"t"}, Assigned: assigned, Group: "g", ClientID: "r",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close(within(t, 10*time.Second))
	ctx, batch := within(t, 20*time.Second), make([]client.Delivered, 100)
	for total := 0; total < 66; {
		n, err := reader.Poll(ctx, batch)
		if err != nil {
			t.Fatalf("%v after %d records", err, total)
		}
		total += n
	}
}
