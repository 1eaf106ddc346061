//go:build cgo

package proxy

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

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

// native is a producer of librdkafka behind a proxy, that sends records one by one or all at once.
type native struct {
	t            *testing.T
	producer     client.Producer
	done, failed atomic.Int64
	sent         []string
}

func newNative(t *testing.T, p *Proxy, modeName string, properties map[string]string) *native {
	t.Helper()
	mode, _ := workload.ModeByName(modeName)
	n := &native{t: t}
	config := client.ProducerConfig{
		Bootstrap: strings.Join(p.Bootstrap(), ","), Topics: []string{"t"}, InFlight: 1000, ClientID: "p",
		Workload: workload.Workload{Mode: mode, Isolation: mode.Isolation, InFlight: 1000, Properties: properties},
		Complete: func(c client.Completion) {
			if c.Err != nil {
				n.failed.Add(1)
			}
			n.done.Add(1)
		},
	}
	if mode.Transactional {
		config.TransactionalID = "tx"
	}
	producer, err := librdkafka.New().NewProducer(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { producer.Close(within(t, 10*time.Second)) })
	n.producer = producer
	return n
}

func (n *native) send(partition int32) {
	n.t.Helper()
	tag := len(n.sent)
	value := fmt.Sprintf("%d", tag)
	if err := n.producer.Send(&client.Record{Partition: partition, Tag: uint32(tag % 1000), Value: []byte(value)}); err != nil {
		n.t.Fatal(err)
	}
	n.sent = append(n.sent, value)
}

func (n *native) flush() {
	n.t.Helper()
	if err := n.producer.Flush(within(n.t, 30*time.Second)); err != nil {
		n.t.Fatal(err)
	}
}

// A record a request, one after the other: as many duplicates as responses were lost; none with sequence numbers, none
// of lost requests. A connection that is held costs request.timeout.ms, and comes to the same.
func TestLibrdkafkaLostProduce(t *testing.T) {
	impatient := map[string]string{"request.timeout.ms": "300", "socket.timeout.ms": "300"}
	tests := []struct {
		mode       string
		properties map[string]string
		drop       Way
		then       Then
		duplicate  int
	}{
		{"at-least-once", nil, Response, Close, 3},
		{"at-least-once", nil, Response, Reset, 3},
		{"at-least-once", impatient, Response, Hold, 3},
		{"at-least-once", nil, Request, Close, 0},
		{"idempotent", nil, Response, Close, 0},
		{"idempotent", nil, Response, Reset, 0},
		{"idempotent", impatient, Response, Hold, 0},
		{"idempotent", nil, Request, Close, 0},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.mode, tt.drop, tt.then), func(t *testing.T) {
			t.Parallel()
			cluster := embed(t, 1)
			p := openFor(t, cluster.ListenAddrs()...)
			i := inject(t, p, Rule{Requests: []string{"Produce"}, Nth: []int{3, 10, 22}, Drop: tt.drop, Then: tt.then})
			producer := newNative(t, p, tt.mode, tt.properties)
			for n := range int32(20) {
				producer.send(n % 6)
				producer.flush()
			}
			there, _ := tally(t, cluster, kgo.ReadUncommitted())
			if lost, duplicate := verdict(producer.sent, there); lost != 0 || duplicate != tt.duplicate || producer.failed.Load() != 0 {
				t.Errorf("%d lost, %d duplicates and %d failed, want 0, %d and 0", lost, duplicate, producer.failed.Load(), tt.duplicate)
			}
			if c := total(i); c.Dropped != 3 || c.Matched != 23 {
				t.Errorf("counted %+v", c)
			}
		})
	}
}

// With requests in flight at once, what each mode promises is kept at any seed; and a mode without sequence numbers shows
// duplicates.
func TestLibrdkafkaLostAtARate(t *testing.T) {
	const n = 1000
	for _, mode := range []string{"at-least-once", "idempotent"} {
		for _, seed := range []uint64{1, 2} {
			t.Run(fmt.Sprint(mode, seed), func(t *testing.T) {
				t.Parallel()
				cluster := embed(t, 3)
				p := openFor(t, cluster.ListenAddrs()...)
				i := inject(t, p, Rule{Requests: []string{"Produce"}, Rate: 0.1, Seed: seed})
				producer := newNative(t, p, mode, map[string]string{"batch.num.messages": "5"})
				for tag := range int32(n) {
					producer.send(tag % 6)
				}
				producer.flush()
				there, order := tally(t, cluster, kgo.ReadUncommitted())
				lost, duplicate := verdict(producer.sent, there)
				if lost != 0 || (duplicate > 0) != (mode == "at-least-once") || producer.failed.Load() != 0 {
					t.Errorf("%d lost, %d duplicates and %d failed", lost, duplicate, producer.failed.Load())
				}
				if mode == "idempotent" {
					for k, v := range order {
						if want := fmt.Sprint(6 * k); v != want {
							t.Fatalf("record %d of the first partition is %s, want %s", k, v, want)
						}
					}
				}
				if c := total(i); c.Dropped == 0 || c.Dropped != len(p.Events()) || c.Matched < n/5 {
					t.Errorf("counted %+v, and %d events", c, len(p.Events()))
				}
			})
		}
	}
}

// Without acknowledgements lost requests are lost records, and nobody tries again.
func TestLibrdkafkaAtMostOnce(t *testing.T) {
	cluster := embed(t, 1)
	p := openFor(t, cluster.ListenAddrs()...)
	responses := inject(t, p, Rule{Requests: []string{"Produce"}, Rate: 1})
	requests := inject(t, p, Rule{Requests: []string{"Produce"}, Nth: []int{3}, Drop: Request})
	producer := newNative(t, p, "at-most-once", nil)
	for n := range int32(40) {
		producer.send(n % 6)
		producer.flush()
	}
	producer.producer.Close(within(t, 10*time.Second))
	eventually(t, "the links have ended", func() bool { return len(p.linked(nil)) == 0 })
	there, _ := tally(t, cluster, kgo.ReadUncommitted())
	lost, duplicate := verdict(producer.sent, there)
	if c := total(requests); c.Dropped != 1 || c.Forwarded != len(there) || lost != 40-c.Forwarded || duplicate != 0 {
		t.Errorf("%d lost and %d duplicates, counted %+v", lost, duplicate, c)
	}
	if c := total(responses); c != (Count{}) {
		t.Errorf("of responses there are not, %+v are counted", c)
	}
}

// Whatever answer of a transaction's requests is lost, it is committed once or not at all.
func TestLibrdkafkaLostTransactions(t *testing.T) {
	tests := []struct {
		name string
		rule Rule
	}{
		{"EndTxn", Rule{Requests: []string{"EndTxn"}, Nth: []int{2, 5}}},
		{"EndTxn again", Rule{Requests: []string{"EndTxn"}, Nth: []int{2, 3, 4}, Then: Reset}},
		{"AddPartitionsToTxn", Rule{Requests: []string{"AddPartitionsToTxn"}, Nth: []int{1, 3}}},
		{"all at a rate", Rule{Requests: []string{"Produce", "AddPartitionsToTxn", "InitProducerId", "EndTxn"}, Rate: 0.1, Seed: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cluster := embed(t, 3)
			p := openFor(t, cluster.ListenAddrs()...)
			i := inject(t, p, tt.rule)
			producer := newNative(t, p, "transactional", nil)
			transactor := producer.producer.(client.Transactor)
			if err := transactor.Init(within(t, 20*time.Second)); err != nil {
				t.Fatal(err)
			}
			var committed []string
			for txn := range 6 {
				if err := transactor.Begin(); err != nil {
					t.Fatal(err)
				}
				first := len(producer.sent)
				for n := range int32(18) {
					producer.send(n % 6)
				}
				commit := txn != 3
				want := client.Committed
				if !commit {
					want = client.Aborted
				}
				if outcome, err := transactor.End(within(t, 30*time.Second), commit); outcome != want {
					t.Fatalf("%v, want %v: %v", outcome, want, err)
				}
				if commit {
					committed = append(committed, producer.sent[first:]...)
				}
			}
			there, _ := tally(t, cluster, kgo.ReadCommitted())
			if lost, duplicate := verdict(committed, there); lost != 0 || duplicate != 0 || len(there) != len(committed) {
				t.Errorf("%d lost, %d duplicates among %d values, want 0 and 0 among %d", lost, duplicate, len(there), len(committed))
			}
			if c := total(i); c.Dropped == 0 || tt.rule.Nth != nil && c.Dropped != len(tt.rule.Nth) {
				t.Errorf("counted %+v", c)
			}
		})
	}
}
