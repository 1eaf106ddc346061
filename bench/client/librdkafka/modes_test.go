//go:build cgo

package librdkafka

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, mode := range workload.Modes {
		t.Run(mode.Name, func(t *testing.T) {
			t.Parallel()
			c := embed(t)
			bootstrap := c.ListenAddrs()[0]
			w := testWorkload(t, mode.Name, nil)
			p := open(t, bootstrap, w, "round-trip")
			if mode.Transactional {
				p.begin(t)
			}
			p.send(t, 300)
			if mode.Transactional {
				p.end(t, true, client.Committed)
			}
			if err := p.Flush(within(t, 10*time.Second)); err != nil {
				t.Fatal(err)
			}
			if failed := p.done.check(t, 300); failed > 0 {
				t.Errorf("%d records failed", failed)
			}
			if err := p.Close(within(t, 5*time.Second)); err != nil {
				t.Error(err)
			}
			if err := p.Close(within(t, 5*time.Second)); err != nil {
				t.Errorf("closed again: %v", err)
			}
			// Acks of 0 mean written to a socket.
			for deadline := time.Now().Add(5 * time.Second); sum(highWatermarks(c)) < 300 && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			r := openReader(t, bootstrap, w)
			wantValues(t, read(t, r, highWatermarks(c)), span(0, 300))
			if err := r.Close(within(t, 5*time.Second)); err != nil {
				t.Error(err)
			}
			if got, want := committed(t, bootstrap), highWatermarks(c); !slices.Equal(got, want) {
				t.Errorf("committed offsets %v, want %v", got, want)
			}
			if err := r.Position(make([]int64, testPartitions)); err == nil {
				t.Error("a closed reader has a position")
			}
		})
	}
}

func sum(all []int64) (total int64) {
	for _, v := range all {
		total += v
	}
	return total
}

// committed asks for the reader group's offsets.
func committed(t *testing.T, bootstrap string) []int64 {
	t.Helper()
	c, err := kafka.NewConsumer(&kafka.ConfigMap{"bootstrap.servers": bootstrap, "group.id": "g", "log_level": 0})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	topic := "t"
	var asked []kafka.TopicPartition
	for p := range int32(testPartitions) {
		asked = append(asked, kafka.TopicPartition{Topic: &topic, Partition: p})
	}
	answer, err := c.Committed(asked, 5000)
	if err != nil {
		t.Fatal(err)
	}
	var offsets []int64
	for _, a := range answer {
		offsets = append(offsets, int64(a.Offset))
	}
	return offsets
}

func TestAbortedRecords(t *testing.T) {
	t.Parallel()
	c := embed(t)
	bootstrap := c.ListenAddrs()[0]
	w := testWorkload(t, "transactional", nil)
	p := open(t, bootstrap, w, "aborts")
	for _, commit := range []bool{true, false, true, false} {
		p.begin(t)
		p.send(t, 30)
		want := client.Committed
		if !commit {
			want = client.Aborted
		}
		p.end(t, commit, want)
		if failed := p.done.check(t, p.sent); failed > 0 {
			t.Errorf("%d records failed: the log does not hold what was aborted", failed)
		}
	}
	// Each transaction leaves ten records and a marker in each partition; both readers get past all of them.
	ends := []int64{44, 44, 44}
	if got := highWatermarks(c); !slices.Equal(got, ends) {
		t.Fatalf("the logs end at %v, want %v", got, ends)
	}
	wantValues(t, read(t, openReader(t, bootstrap, w), ends), slices.Concat(span(0, 30), span(60, 90)))
	w.Isolation = workload.ReadUncommitted
	wantValues(t, read(t, openReader(t, bootstrap, w), ends), span(0, 120))
}

func TestOpenTransactionIsInvisible(t *testing.T) {
	t.Parallel()
	c := embed(t)
	bootstrap := c.ListenAddrs()[0]
	w := testWorkload(t, "transactional", nil)
	p := open(t, bootstrap, w, "open")
	r := openReader(t, bootstrap, w)
	p.begin(t)
	p.send(t, 30)
	if err := p.Flush(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Poll(within(t, time.Second), make([]client.Delivered, 10)); n != 0 || err != nil {
		t.Errorf("%d records of an open transaction were read, %v", n, err)
	}
	p.end(t, true, client.Committed)
	wantValues(t, read(t, r, []int64{11, 11, 11}), span(0, 30))
}

func TestFlushDoesNotLinger(t *testing.T) {
	c := embed(t)
	p := open(t, c.ListenAddrs()[0], testWorkload(t, "at-least-once", map[string]string{"linger.ms": "50"}), "")
	var took []time.Duration
	for range 20 {
		p.send(t, 10)
		began := time.Now()
		if err := p.Flush(within(t, 5*time.Second)); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	t.Logf("flushes took %v", took)
	if median := took[len(took)/2]; median > 25*time.Millisecond {
		t.Errorf("a flush takes %v: it waits for linger.ms", median)
	}
	p.done.check(t, 200)
}

func TestQueueFull(t *testing.T) {
	t.Parallel()
	c := embed(t)
	p := open(t, c.ListenAddrs()[0], testWorkload(t, "idempotent", map[string]string{
		"queue.buffering.max.messages": "10", "linger.ms": "1000"}), "")
	p.send(t, 10)
	if err := p.trySend(); !errors.Is(err, client.ErrQueueFull) {
		t.Errorf("got %v, want a full queue", err)
	}
	if err := p.Flush(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); p.sent < 20; { // an acknowledged record's place is free a moment later
		if err := p.trySend(); err != nil && (!errors.Is(err, client.ErrQueueFull) || time.Now().After(deadline)) {
			t.Fatal(err)
		}
	}
	if err := p.Close(within(t, 5*time.Second)); err != nil {
		t.Error(err)
	}
	if failed := p.done.check(t, 20); failed > 0 {
		t.Errorf("%d records failed", failed)
	}
}

func TestBrokerGone(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"at-most-once", "at-least-once", "idempotent"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			c := embed(t)
			p := open(t, c.ListenAddrs()[0], testWorkload(t, mode, map[string]string{"message.timeout.ms": "500"}), "")
			p.send(t, 3)
			if err := p.Flush(within(t, 5*time.Second)); err != nil {
				t.Fatal(err)
			}
			c.Close()
			p.send(t, 50)
			if err := p.Flush(within(t, 10*time.Second)); err != nil {
				t.Error(err)
			}
			// Without acknowledgements a write to a socket that is about to break counts as delivered.
			if failed := p.done.check(t, 53); failed == 0 && mode != "at-most-once" {
				t.Error("nothing failed without a broker")
			}
		})
	}
}

func TestCloseDropsWhatItCannotDeliver(t *testing.T) {
	t.Parallel()
	c := embed(t)
	r := openReader(t, c.ListenAddrs()[0], testWorkload(t, "idempotent", nil))
	r.Poll(within(t, time.Second), make([]client.Delivered, 1))
	p := open(t, c.ListenAddrs()[0], testWorkload(t, "idempotent", nil), "")
	p.send(t, 3)
	if err := p.Flush(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	p.send(t, 50)
	began := time.Now()
	if err := p.Close(within(t, 200*time.Millisecond)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("closed with %v, want a deadline", err)
	}
	p.done.check(t, 53)
	if err := r.Close(within(t, 10*time.Second)); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("closing took %v", took)
	}
}

func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	c := embed(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "admin", "secret"))
	bootstrap := c.ListenAddrs()[0]
	w := testWorkload(t, "transactional", map[string]string{"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
		"sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="secret";`})
	open(t, bootstrap, w, "accepted")

	// As Kafka answers wrong credentials; the embedded broker just hangs up.
	c.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		resp.ErrorCode = kerr.SaslAuthenticationFailed.Code
		resp.ErrorMessage = kmsg.StringPtr("Authentication failed: Invalid username or password")
		return resp, nil, true
	})
	p, err := New().NewProducer(client.ProducerConfig{Bootstrap: bootstrap, Workload: w, Topics: []string{"t"},
		InFlight: 1, ClientID: "p", TransactionalID: "refused", Complete: func(client.Completion) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(within(t, time.Second))
	ctx := within(t, 10*time.Second)
	err = p.(client.Transactor).Init(ctx)
	if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "Invalid username or password") {
		t.Errorf("initialised with %v, want a prompt refusal", err)
	}
	r := openReader(t, bootstrap, w)
	for err = nil; err == nil; {
		_, err = r.Poll(ctx, make([]client.Delivered, 1))
	}
	if ctx.Err() != nil || !strings.Contains(err.Error(), "Invalid username or password") {
		t.Errorf("read until %v, want a prompt refusal", err)
	}
}

func TestCounters(t *testing.T) {
	t.Parallel()
	c := embed(t)
	var produce, end int64
	counted := make(chan struct{}, 100)
	w := testWorkload(t, "transactional", nil)
	p, err := New().NewProducer(client.ProducerConfig{Bootstrap: c.ListenAddrs()[0], Workload: w, Topics: []string{"t"},
		InFlight: 1, ClientID: "p", TransactionalID: "counted", Complete: func(client.Completion) {},
		Count: func(c client.Counters) {
			if c.At == 0 || c.TxBytes == 0 || c.RxBytes == 0 {
				return // before the first connection
			}
			produce, end = c.Requests["Produce"], c.Requests["EndTxn"]
			counted <- struct{}{}
		}})
	if err != nil {
		t.Fatal(err)
	}
	txn := p.(client.Transactor)
	if err := txn.Init(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := txn.Begin(); err != nil {
			t.Fatal(err)
		}
		if err := p.Send(&client.Record{Value: []byte("v")}); err != nil {
			t.Fatal(err)
		}
		if outcome, err := txn.End(within(t, 5*time.Second), true); outcome != client.Committed {
			t.Fatal(outcome, err)
		}
	}
	for len(counted) > 0 {
		<-counted
	}
	<-counted
	<-counted // reported after the last transaction
	if err := p.Close(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	if produce != 5 || end != 5 {
		t.Errorf("counted %d Produce and %d EndTxn, want 5 of each", produce, end)
	}
}
