package cluster

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

func TestOpenTransactionsAreNamed(t *testing.T) {
	for _, brokers := range []int{1, 3} {
		ctx, c := patience(t), fake(t, kfake.NumBrokers(brokers))
		a := dial(t, c)
		topics := []string{Name(testRun, "b01-ab", "t0"), Name(testRun, "b01-ab", "t1")}
		if err := a.CreateTopics(ctx, topics, 3, brokers, nil); err != nil {
			t.Fatal(err)
		}
		before := time.Now().Truncate(time.Millisecond)
		openTransaction(t, c, topics[1], 5, 7)

		for _, asked := range [][]string{nil, topics, topics[1:]} {
			holds, err := a.OpenTransactions(ctx, asked)
			if err != nil || len(holds.Open) != 1 || len(holds.Unanswered) != 0 {
				t.Fatalf("%d brokers, %v: %+v, %v", brokers, asked, holds, err)
			}
			if want := map[int]int{0: 6, 1: 3, 2: 6}[len(asked)]; holds.Partitions != want {
				t.Errorf("%d partitions answered, want %d", holds.Partitions, want)
			}
			// Five records and their marker are stable, seven records are not.
			o := holds.Open[0]
			if o.Topic != topics[1] || o.Partition != 0 || o.StartOffset != 6 || o.Held != 7 || o.TransactionalID != Name(testRun, "b01-ab", "open") ||
				o.ProducerID <= 0 || o.State != "Ongoing" || o.Coordinator < 0 || o.Timeout == 0 || o.Hanging || o.Since.Before(before) {
				t.Errorf("%+v", o)
			}
			if !o.TimesOut().Equal(o.Since.Add(o.Timeout)) {
				t.Errorf("begun %s, times out %s after %s", o.Since, o.TimesOut(), o.Timeout)
			}
		}
		if holds, err := a.OpenTransactions(ctx, topics[:1]); err != nil || len(holds.Open) != 0 || holds.Partitions != 3 {
			t.Errorf("where nothing is open: %+v, %v", holds, err)
		}
		if _, err := a.OpenTransactions(ctx, []string{"nosuch"}); !errors.Is(err, kerr.UnknownTopicOrPartition) {
			t.Errorf("a topic that does not exist: %v", err)
		}
	}
}

// held leaves a transaction of four records open on a topic of three partitions.
func held(t *testing.T) (*kfake.Cluster, *Admin, string) {
	c := fake(t, kfake.NumBrokers(1))
	a, topic := dial(t, c), Name(testRun, "b01-ab", "t0")
	if err := a.CreateTopics(patience(t), []string{topic}, 3, 1, nil); err != nil {
		t.Fatal(err)
	}
	openTransaction(t, c, topic, 0, 4)
	return c, a, topic
}

// What no coordinator knows of hangs, also where one knows the producer.
func TestHangingTransactions(t *testing.T) {
	c, a, topic := held(t)
	holds, err := a.OpenTransactions(patience(t), nil)
	if err != nil || len(holds.Open) != 1 {
		t.Fatalf("%+v, %v", holds, err)
	}
	known := holds.Open[0]
	for _, tc := range []struct {
		name  string
		key   kmsg.Key
		knows bool
		does  func(kmsg.Response)
	}{
		{"the producer is unknown", kmsg.ListTransactions, false, func(kmsg.Response) {}},
		{"the producer has another transaction", kmsg.DescribeTransactions, true, func(resp kmsg.Response) {
			state := kmsg.NewDescribeTransactionsResponseTransactionState()
			state.TransactionalID, state.ProducerID, state.State = known.TransactionalID, known.ProducerID, "Ongoing"
			state.TimeoutMillis, state.StartTimestamp = 60_000, time.Now().UnixMilli()
			state.Topics = []kmsg.DescribeTransactionsResponseTransactionStateTopic{{Topic: topic, Partitions: []int32{1}}}
			resp.(*kmsg.DescribeTransactionsResponse).TransactionStates = append(resp.(*kmsg.DescribeTransactionsResponse).TransactionStates, state)
		}},
	} {
		c.ControlKey(int16(tc.key), func(req kmsg.Request) (kmsg.Response, error, bool) {
			resp := req.ResponseKind()
			tc.does(resp)
			return resp, nil, true
		})
		holds, err := a.OpenTransactions(patience(t), []string{topic})
		if err != nil || len(holds.Open) != 1 {
			t.Fatalf("%s: %+v, %v", tc.name, holds, err)
		}
		o := holds.Open[0]
		if !o.Hanging || o.State != "" || o.Timeout != 0 || !o.TimesOut().IsZero() || o.Since.IsZero() || o.Held != 4 {
			t.Errorf("%s: %+v", tc.name, o)
		}
		if (o.TransactionalID != "") != tc.knows || (o.Coordinator >= 0) != tc.knows {
			t.Errorf("%s: coordinator %d, transactional id %q", tc.name, o.Coordinator, o.TransactionalID)
		}
	}
}

func TestATransactionThatEndsMeanwhileIsNotOpen(t *testing.T) {
	c, a, _ := held(t)
	asked := 0
	c.ControlKey(int16(kmsg.DescribeProducers), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		asked++
		return req.ResponseKind(), nil, asked == 2
	})
	if holds, err := a.OpenTransactions(patience(t), nil); err != nil || len(holds.Open) != 0 || asked != 2 {
		t.Errorf("asked %d times: %+v, %v", asked, holds, err)
	}
}

// A partition that does not answer may be held by anything; if none does, nothing is known.
func TestSilentPartitions(t *testing.T) {
	c, a, topic := held(t)
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Partitions: []int32{2}, Err: kerr.UnknownServerError})
	holds, err := a.OpenTransactions(patience(t), nil)
	if err != nil || holds.Partitions != 2 || len(holds.Open) != 1 || len(holds.Unanswered) != 1 || !strings.HasPrefix(holds.Unanswered[0], topic+"-2: UNKNOWN_SERVER_ERROR") {
		t.Errorf("%+v, %v", holds, err)
	}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Err: kerr.UnknownServerError, Count: -1})
	if holds, err := a.OpenTransactions(patience(t), nil); !errors.Is(err, kerr.UnknownServerError) || holds.Partitions != 0 {
		t.Errorf("%+v, %v", holds, err)
	}
}

func TestOpenTransactionsTakeAPermission(t *testing.T) {
	c, a, _ := held(t)
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeProducers}, Err: kerr.TopicAuthorizationFailed})
	if _, err := a.OpenTransactions(patience(t), nil); !errors.Is(err, ErrUnauthorised) {
		t.Errorf("got %v", err)
	}
}

func TestOpenTransactionsTakeWhatOlderClustersLack(t *testing.T) {
	a := dial(t, fake(t, kfake.NumBrokers(1), kfake.MaxVersions(kversion.V2_7_0())))
	if _, err := a.OpenTransactions(patience(t), nil); !errors.Is(err, ErrTooOld) || !strings.Contains(err.Error(), "DescribeProducers") {
		t.Errorf("got %v", err)
	}
}
