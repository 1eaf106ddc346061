//go:build cgo

package librdkafka

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

func TestFencedBySuccessor(t *testing.T) {
	t.Parallel()
	c := embed(t)
	bootstrap := c.ListenAddrs()[0]
	w := testWorkload(t, "transactional", nil)
	old := open(t, bootstrap, w, "shared")
	old.begin(t)
	old.send(t, 30)
	if err := old.Flush(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	successor := open(t, bootstrap, w, "shared")
	outcome, err := old.End(within(t, 10*time.Second), true)
	if outcome != client.Fenced || !errors.Is(err, client.ErrFatal) {
		t.Errorf("the predecessor's transaction is %s, %v", outcome, err)
	}
	if err := old.trySend(); !errors.Is(err, client.ErrFatal) {
		t.Errorf("a fenced producer sends: %v", err)
	}
	if err := old.Begin(); !errors.Is(err, client.ErrFatal) {
		t.Errorf("a fenced producer begins: %v", err)
	}
	old.done.check(t, 30)

	successor.begin(t)
	successor.send(t, 60)
	successor.end(t, true, client.Committed)
	wantValues(t, read(t, openReader(t, bootstrap, w), highWatermarks(c)), span(0, 60))
}

func TestFencedWhileSending(t *testing.T) {
	t.Parallel()
	c := embed(t)
	bootstrap := c.ListenAddrs()[0]
	w := testWorkload(t, "transactional", nil)
	old := open(t, bootstrap, w, "shared")
	old.begin(t)
	old.send(t, 3)
	if err := old.Flush(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	open(t, bootstrap, w, "shared")
	old.send(t, 3) // refused when they arrive
	if err := old.Flush(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	if outcome, err := old.End(within(t, 10*time.Second), true); outcome != client.Fenced {
		t.Errorf("the transaction is %s, %v", outcome, err)
	}
	if failed := old.done.check(t, old.sent); failed == 0 {
		t.Error("no record of a fenced producer failed")
	}
}

func TestAbortableErrorAborts(t *testing.T) {
	t.Parallel()
	c := embed(t)
	bootstrap := c.ListenAddrs()[0]
	w := testWorkload(t, "transactional", nil)
	p := open(t, bootstrap, w, "abortable")
	p.begin(t)
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.InvalidRecord, Count: 1})
	p.send(t, 30)
	if err := p.Flush(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	p.send(t, 30) // into a failed transaction: accepted, and failing with it
	outcome, err := p.End(within(t, 10*time.Second), true)
	if outcome != client.Aborted || err == nil || errors.Is(err, client.ErrFatal) {
		t.Fatalf("the transaction is %s, %v; want aborted with a reason", outcome, err)
	}
	if failed := p.done.check(t, 60); failed == 0 {
		t.Error("no record failed")
	}
	p.begin(t)
	p.send(t, 30)
	p.end(t, true, client.Committed)
	wantValues(t, read(t, openReader(t, bootstrap, w), highWatermarks(c)), span(60, 90))
}

// A transaction that lacks a record is not committed, though librdkafka would.
func TestRefusedRecordAborts(t *testing.T) {
	t.Parallel()
	c := embed(t)
	bootstrap := c.ListenAddrs()[0]
	w := testWorkload(t, "transactional", nil)
	p := open(t, bootstrap, w, "refused")
	p.begin(t)
	p.send(t, 30)
	refusal := kafka.NewError(kafka.ErrState, "", false)
	p.Producer.(*transactor).spoiled = refusal
	outcome, err := p.End(within(t, 10*time.Second), true)
	if outcome != client.Aborted || !errors.Is(err, refusal) || errors.Is(err, client.ErrFatal) {
		t.Fatalf("the transaction is %s, %v; want aborted with the reason", outcome, err)
	}
	p.begin(t)
	p.send(t, 30)
	p.end(t, true, client.Committed)
	wantValues(t, read(t, openReader(t, bootstrap, w), highWatermarks(c)), span(30, 60))
}

func TestRetriableCommitError(t *testing.T) {
	t.Parallel()
	c := embed(t)
	bootstrap := c.ListenAddrs()[0]
	w := testWorkload(t, "transactional", nil)
	p := open(t, bootstrap, w, "retriable")
	for _, e := range []*kerr.Error{kerr.ConcurrentTransactions, kerr.CoordinatorLoadInProgress, kerr.NotCoordinator} {
		p.begin(t)
		p.send(t, 30)
		fault := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, TopLevel: true, Err: e, Count: 3})
		p.end(t, true, client.Committed)
		if fault.Hits() != 3 {
			t.Errorf("%v: the commit was answered %d times with it", e, fault.Hits())
		}
	}
	wantValues(t, read(t, openReader(t, bootstrap, w), highWatermarks(c)), span(0, 90))
}

func TestCommitWithoutAnswer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		ctx  func(t *testing.T) context.Context
	}{
		{"deadline", func(t *testing.T) context.Context { return within(t, 700*time.Millisecond) }},
		{"cancelled", func(t *testing.T) context.Context {
			ctx, cancel := context.WithCancel(context.Background())
			t.Cleanup(cancel)
			time.AfterFunc(300*time.Millisecond, cancel)
			return ctx
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := embed(t)
			w := testWorkload(t, "transactional", nil)
			p := open(t, c.ListenAddrs()[0], w, "silent")
			p.begin(t)
			p.send(t, 30)
			c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, TopLevel: true, Err: kerr.CoordinatorLoadInProgress, Count: -1})
			aborts := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, TopLevel: true, Observe: true, Count: -1,
				When: func(r kmsg.Request) bool { return !r.(*kmsg.EndTxnRequest).Commit }})
			outcome, err := p.End(test.ctx(t), true)
			if outcome != client.Indeterminate || !errors.Is(err, client.ErrFatal) {
				t.Errorf("the transaction is %s, %v", outcome, err)
			}
			t.Log(err)
			if err := p.Begin(); !errors.Is(err, client.ErrFatal) {
				t.Errorf("the producer goes on: %v", err)
			}
			if failed := p.done.check(t, 30); failed > 0 {
				t.Errorf("%d records failed", failed)
			}
			p.Close(within(t, 5*time.Second))
			if aborts.Hits() > 0 {
				t.Error("an unanswered commit was followed by an abort")
			}
		})
	}
}

// A commit that librdkafka gives up on after it may have got through must not be followed by an abort (KAFKA-17754).
func TestCommitGivenUpLate(t *testing.T) {
	t.Parallel()
	c := embed(t)
	p := open(t, c.ListenAddrs()[0], testWorkload(t, "transactional", nil), "late")
	p.begin(t)
	p.send(t, 30)
	endTxn := []kmsg.Key{kmsg.EndTxn}
	c.Fault(kfake.Fault{Keys: endTxn, TopLevel: true, Err: kerr.CoordinatorLoadInProgress, Count: 4}, // about a second
		kfake.Fault{Keys: endTxn, TopLevel: true, Err: kerr.UnknownServerError, Count: -1})
	outcome, err := p.End(within(t, 10*time.Second), true)
	if outcome != client.Indeterminate || !errors.Is(err, client.ErrFatal) {
		t.Errorf("the transaction is %s, %v", outcome, err)
	}
}

func TestAbortWithoutAnswer(t *testing.T) {
	t.Parallel()
	c := embed(t)
	p := open(t, c.ListenAddrs()[0], testWorkload(t, "transactional", nil), "silent")
	p.begin(t)
	p.send(t, 30)
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.EndTxn}, TopLevel: true, Err: kerr.CoordinatorLoadInProgress, Count: -1})
	outcome, err := p.End(within(t, 500*time.Millisecond), false)
	if outcome != client.Aborted || !errors.Is(err, client.ErrFatal) {
		t.Errorf("the transaction is %s, %v", outcome, err)
	}
}

func TestBrokerGoneInTransaction(t *testing.T) {
	t.Parallel()
	c := embed(t)
	p := open(t, c.ListenAddrs()[0], testWorkload(t, "transactional", map[string]string{"message.timeout.ms": "500"}), "gone")
	p.begin(t)
	p.send(t, 3)
	if err := p.Flush(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	p.send(t, 30)
	outcome, err := p.End(within(t, 2*time.Second), true)
	if outcome == client.Committed || !errors.Is(err, client.ErrFatal) {
		t.Errorf("the transaction is %s, %v", outcome, err)
	}
	t.Log(outcome, err)
	p.Close(within(t, 200*time.Millisecond))
	p.done.check(t, 33)
}

func TestInitTimesOut(t *testing.T) {
	t.Parallel()
	c := embed(t)
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, TopLevel: true, Err: kerr.CoordinatorLoadInProgress, Count: 2})
	bootstrap := c.ListenAddrs()[0]
	open(t, bootstrap, testWorkload(t, "transactional", nil), "late") // retried

	c.Close()
	p, err := New().NewProducer(client.ProducerConfig{Bootstrap: bootstrap, Workload: testWorkload(t, "transactional", nil),
		Topics: []string{"t"}, InFlight: 1, ClientID: "p", TransactionalID: "never", Complete: func(client.Completion) {}})
	if err != nil {
		t.Fatal(err)
	}
	err = p.(client.Transactor).Init(within(t, 600*time.Millisecond))
	var k kafka.Error
	if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &k) {
		t.Errorf("initialised with %v", err)
	}
	t.Log(err)
	if err := p.Close(within(t, time.Second)); err != nil {
		t.Error(err)
	}
}

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		err  error
		want verdict
	}{
		{nil, done},
		{kafka.NewError(kafka.ErrFenced, "", true), dead},
		{kafka.NewError(kafka.ErrTimedOut, "", false), again},
		{kafka.NewError(kafka.ErrState, "", false), dead},
		{errors.New("something else"), dead},
	} {
		if got, _ := judge(test.err); got != test.want {
			t.Errorf("%v: verdict %d, want %d", test.err, got, test.want)
		}
	}
	for _, test := range []struct {
		code   kafka.ErrorCode
		commit bool
		want   client.Outcome
	}{
		{kafka.ErrFenced, true, client.Fenced},
		{kafka.ErrInvalidProducerEpoch, false, client.Fenced},
		{kafka.ErrInvalidTxnState, true, client.Aborted},
		{kafka.ErrTransactionalIDAuthorizationFailed, true, client.Indeterminate},
		{kafka.ErrTransactionalIDAuthorizationFailed, false, client.Aborted},
		{kafka.ErrTimedOut, true, client.Indeterminate},
	} {
		if got := deadOutcome(kafka.NewError(test.code, "", true), test.commit); got != test.want {
			t.Errorf("%v while committing=%t: %s, want %s", test.code, test.commit, got, test.want)
		}
	}
}
