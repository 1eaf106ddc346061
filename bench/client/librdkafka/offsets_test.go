//go:build cgo

package librdkafka

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// offer sends the offsets of group "g" with the open transaction.
func (p *testProducer) offer(ctx context.Context, next int64) error {
	offsets := []client.Offset{{Partition: 1, Next: next}, {Partition: 2, Next: next + 1}}
	return p.Transactor.(*transactor).SendOffsets(ctx, "g", offsets)
}

// wantCommitted holds what group "g" has committed against what it should have; -1 is nothing.
func wantCommitted(t *testing.T, c *kfake.Cluster, next int64) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.DisableClientMetrics())
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Group = "g"
	resp, err := req.RequestWith(within(t, 5*time.Second), cl)
	if err != nil {
		t.Fatal(err)
	}
	got := map[int32]int64{1: -1, 2: -1}
	for _, topic := range resp.Topics {
		for _, p := range topic.Partitions {
			got[p.Partition] = p.Offset
		}
	}
	if got[1] != next || next >= 0 && got[2] != next+1 || len(got) != 2 {
		t.Errorf("group g has committed %v, want %d", got, next)
	}
}

func TestOffsetsAreCommittedWithTheirTransaction(t *testing.T) {
	t.Parallel()
	c := embed(t)
	p := open(t, c.ListenAddrs()[0], testWorkload(t, "transactional", nil), "offsets")
	for _, test := range []struct {
		commit  bool
		outcome client.Outcome
		next    int64
		stands  int64
	}{
		{false, client.Aborted, 5, -1},
		{true, client.Committed, 10, 10},
		{false, client.Aborted, 20, 10},
		{true, client.Committed, 30, 30},
	} {
		p.begin(t)
		p.send(t, 3)
		if err := p.offer(within(t, 5*time.Second), test.next); err != nil {
			t.Fatal(err)
		}
		p.end(t, test.commit, test.outcome)
		wantCommitted(t, c, test.stands)
	}
}

func TestOffsetsAreSentAgain(t *testing.T) {
	t.Parallel()
	c := embed(t)
	p := open(t, c.ListenAddrs()[0], testWorkload(t, "transactional", nil), "retriable")
	for i, fault := range []kfake.Fault{
		{Keys: []kmsg.Key{kmsg.TxnOffsetCommit}, Err: kerr.CoordinatorLoadInProgress, Count: 2},
		{Keys: []kmsg.Key{kmsg.AddOffsetsToTxn}, TopLevel: true, Err: kerr.ConcurrentTransactions, Count: 2},
	} {
		p.begin(t)
		p.send(t, 3)
		handle := c.Fault(fault)
		if err := p.offer(within(t, 10*time.Second), int64(i)); err != nil || handle.Hits() != 2 {
			t.Fatalf("%v: answered with it %d times, then %v", fault.Err, handle.Hits(), err)
		}
		p.end(t, true, client.Committed)
		wantCommitted(t, c, int64(i))
	}
}

func TestRefusedOffsetsAbortTheTransaction(t *testing.T) {
	t.Parallel()
	c := embed(t)
	bootstrap, w := c.ListenAddrs()[0], testWorkload(t, "transactional", nil)
	p := open(t, bootstrap, w, "abortable")
	p.begin(t)
	p.send(t, 30)
	if err := p.Flush(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.TxnOffsetCommit}, Err: kerr.IllegalGeneration, Count: 1})
	if err := p.offer(within(t, 10*time.Second), 10); err == nil || errors.Is(err, client.ErrFatal) {
		t.Fatalf("refused offsets: %v; want a reason to abort", err)
	}
	if outcome, err := p.End(within(t, 10*time.Second), true); outcome != client.Aborted || err == nil || errors.Is(err, client.ErrFatal) {
		t.Fatalf("the transaction is %s, %v; want aborted with a reason", outcome, err)
	}
	wantCommitted(t, c, -1)
	p.begin(t)
	p.send(t, 30)
	if err := p.offer(within(t, 10*time.Second), 20); err != nil {
		t.Fatal(err)
	}
	p.end(t, true, client.Committed)
	wantCommitted(t, c, 20)
	wantValues(t, read(t, openReader(t, bootstrap, w), highWatermarks(c)), span(30, 60))
}

func TestOffsetsOfAFencedProducer(t *testing.T) {
	t.Parallel()
	c := embed(t)
	bootstrap, w := c.ListenAddrs()[0], testWorkload(t, "transactional", nil)
	old := open(t, bootstrap, w, "shared")
	old.begin(t)
	old.send(t, 3)
	if err := old.Flush(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	open(t, bootstrap, w, "shared")
	if err := old.offer(within(t, 10*time.Second), 10); !errors.Is(err, client.ErrFatal) {
		t.Errorf("a fenced producer sends offsets: %v", err)
	}
	if err := old.offer(within(t, 10*time.Second), 10); !errors.Is(err, client.ErrFatal) {
		t.Errorf("and again: %v", err)
	}
	wantCommitted(t, c, -1)
}

func TestOffsetsWithoutAnswer(t *testing.T) {
	t.Parallel()
	c := embed(t)
	p := open(t, c.ListenAddrs()[0], testWorkload(t, "transactional", nil), "silent")
	p.begin(t)
	p.send(t, 3)
	if err := p.Flush(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.TxnOffsetCommit}, Err: kerr.CoordinatorLoadInProgress, Count: -1})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // which bounds the attempt in librdkafka
	defer cancel()
	time.AfterFunc(300*time.Millisecond, cancel)
	if err := p.offer(ctx, 10); !errors.Is(err, client.ErrFatal) || !errors.Is(err, context.Canceled) {
		t.Errorf("offsets without an answer: %v", err)
	}
	if err := p.Begin(); !errors.Is(err, client.ErrFatal) {
		t.Errorf("the producer goes on: %v", err)
	}
	p.Close(within(t, time.Second))
	wantCommitted(t, c, -1)
}
