package cli

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// someCluster is the address of a cluster at the place.
func someCluster(t *testing.T, on place) string {
	t.Helper()
	if i := slices.Index(on.args, "-b"); i >= 0 {
		return on.args[i+1]
	}
	target, err := broker.Open(t.Context(), broker.Options{Kind: broker.Embedded, CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return target.Bootstrap
}

// leaveOpen sends records to partitions of a topic in a transaction, and ends it when the test does.
func leaveOpen(t *testing.T, bootstrap, topic, id string, partitions ...int32) {
	t.Helper()
	mode, _ := workload.ModeByName("transactional")
	p, err := librdkafka.New().NewProducer(client.ProducerConfig{
		Bootstrap: bootstrap, Workload: workload.Workload{Mode: mode, Isolation: mode.Isolation, InFlight: 10},
		Topics: []string{topic}, InFlight: 10, ClientID: "test", TransactionalID: id, Complete: func(client.Completion) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	txns := p.(client.Transactor)
	t.Cleanup(func() {
		defer cancel()
		if _, err := txns.End(ctx, false); err != nil {
			t.Error(err)
		}
		if err := p.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	if err := txns.Init(ctx); err != nil {
		t.Fatal(err)
	}
	if err := txns.Begin(); err != nil {
		t.Fatal(err)
	}
	for i, partition := range partitions {
		if err := p.Send(&client.Record{Partition: partition, Value: []byte("v"), Tag: uint32(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorNamesOpenTransactions(t *testing.T) {
	everywhere(t, func(t *testing.T, on place) {
		bootstrap := someCluster(t, on)
		admin, err := dial(t.Context(), bootstrap, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer admin.Close()
		run := cluster.NewRunID(time.Now(), rand.New(rand.NewPCG(1, 1)))
		topic, id := cluster.Name(run, "doctor", "t0"), cluster.Name(run, "doctor", "stuck")
		if err := admin.CreateTopics(t.Context(), []string{topic}, 3, 1, nil); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := admin.DeleteTopics(context.Background(), []string{topic}); err != nil {
				t.Error(err)
			}
		}()
		look := func(t *testing.T, want int, args ...string) *holdsReport {
			t.Helper()
			c := newCommand(t)
			c.run(t, want, append([]string{"doctor", "--transactions", "-b", bootstrap, "-o", "json"}, args...)...)
			r := &holdsReport{}
			if err := json.Unmarshal(c.stdout.Bytes(), r); err != nil || r.Schema != "kafka-eos-bench/transactions/v1" {
				t.Fatalf("%v\n%s", err, &c.stdout)
			}
			return r
		}
		if r := look(t, exitOK, "--topics", topic); len(r.Open) != 0 || r.Partitions != 3 {
			t.Errorf("before: %+v", r)
		}
		t.Run("open", func(t *testing.T) { // which ends before the topic is deleted
			leaveOpen(t, bootstrap, topic, id, 0, 2, 2)
			if r := look(t, exitOK, "--topics", topic, "--older-than", "1h"); len(r.Open) != 0 || r.Younger != 2 {
				t.Errorf("younger ones: %+v", r)
			}
			r := look(t, exitFailed, "--older-than", "0s") // of all topics
			r.Open = slices.DeleteFunc(r.Open, func(h heldTransaction) bool { return h.Topic != topic })
			if len(r.Open) != 2 || len(r.Unanswered) != 0 || r.Partitions < 3 {
				t.Fatalf("%+v", r)
			}
			for i, h := range r.Open {
				if h.Partition != int32(2*i) || h.StartOffset != 0 || h.HeldOffsets != int64(i+1) || h.Hanging || h.ProducerID < 0 ||
					h.TransactionalID == nil || *h.TransactionalID != id || h.State == nil || *h.State != "Ongoing" || h.Coordinator == nil || h.TimesOutAt == nil || h.TimeoutS == nil ||
					h.TimesOutAt.Sub(h.Since).Seconds() != *h.TimeoutS {
					t.Errorf("%+v", h)
				}
			}
			c := newCommand(t)
			c.run(t, exitFailed, "doctor", "--transactions", "-b", bootstrap, "--older-than", "0s", "--topics", topic)
			if text := strings.Join(strings.Fields(c.stdout.String()), " "); !strings.Contains(text, id+" (producer ") || !strings.Contains(text, "1 transaction, open for 0s or longer, holds 2 of 3 partitions.") {
				t.Errorf("stdout:\n%s", &c.stdout)
			}
		})
	})
}

func TestDoctorTransactionsRefuses(t *testing.T) {
	for _, tc := range []struct {
		args []string
		says []string
	}{
		{[]string{"--transactions"}, []string{"kept running", "-b"}},
		{[]string{"--transactions", "--broker", "embedded"}, []string{"--transactions", "--broker"}},
		{[]string{"--transactions", "--rate", "1k"}, []string{"--transactions", "--rate"}},
		{[]string{"--transactions", "-b", "127.0.0.1:1", "--older-than", "-1s"}, []string{"--older-than", "0s"}},
		{[]string{"--older-than", "1s"}, []string{"--older-than", "--transactions"}},
		{[]string{"--topics", "a"}, []string{"--topics", "--transactions"}},
		{[]string{"--transactions", "-o", "csv"}, []string{"csv", "json"}},
	} {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			c := newCommand(t)
			c.run(t, exitUsage, append([]string{"doctor"}, tc.args...)...)
			for _, part := range tc.says {
				if !strings.Contains(c.stderr.String(), part) {
					t.Errorf("the error does not say %q:\n%s", part, &c.stderr)
				}
			}
		})
	}
}

func TestHoldsAsText(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 1, 0, 0, time.UTC)
	open := func(partition int32, start, held int64, age time.Duration) cluster.OpenTransaction {
		return cluster.OpenTransaction{Topic: "orders", Partition: partition, StartOffset: start, Held: held, ProducerID: 7, ProducerEpoch: 2, TransactionalID: "shop-1",
			State: "Ongoing", Coordinator: 3, Timeout: time.Minute, Since: now.Add(-age)}
	}
	ending := open(3, 5, 6, 90*time.Second)
	ending.ProducerID, ending.TransactionalID, ending.State = 8, "shop-2", "PrepareCommit"
	hanging := cluster.OpenTransaction{Topic: "orders", Partition: 4, StartOffset: 1, Held: 2, ProducerID: 9, Coordinator: -1, Since: now.Add(-time.Hour), Hanging: true}
	fresh := open(5, 0, 1, time.Second)
	fresh.ProducerID = 10
	for _, tc := range []struct {
		name  string
		holds cluster.Holds
		code  int
		want  string
	}{
		{"none", cluster.Holds{Partitions: 6, Open: []cluster.OpenTransaction{fresh}}, exitOK,
			"None of 6 partitions is held by a transaction open for 10s or longer. Younger transactions are left\nout, on 1 partition; --older-than 0s shows them.\n"},
		{"nobody answers for one", cluster.Holds{Partitions: 5, Unanswered: []string{"orders-1: nobody leads it"}}, exitInconclusive,
			"unanswered: orders-1: nobody leads it\nNone of 5 partitions is held by a transaction open for 10s or longer.\n"},
		{"nothing is seen", cluster.Holds{}, exitInconclusive, "None of 0 partitions is held by a transaction open for 10s or longer.\n"},
		{"some", cluster.Holds{Partitions: 6, Open: []cluster.OpenTransaction{open(0, 1204, 5310, 42*time.Second), open(2, 90, 3, 42*time.Second), ending, hanging, fresh},
			Unanswered: []string{"orders-1: nobody leads it"}}, exitFailed, `partition  held from  offsets  open for  producer
orders-0        1204     5310       42s         7
orders-2          90        3       42s         7
orders-3           5        6     1m30s         8
orders-4           1        2    1h0m0s         9

- Producer 9 (epoch 0): no coordinator knows of its transaction on orders-4, or this user may not
  describe its transactional id. If it hangs, nothing ends it by itself: kafka-transactions.sh abort
  --topic orders --partition 4 --start-offset 1 does. Its last record there is from 2026-11-23
  11:01:00 UTC.
- shop-2 (producer 8, epoch 2): PrepareCommit, begun at 2026-11-23 11:59:30 UTC: broker 3, which
  coordinates it, is writing the markers that end it.
- shop-1 (producer 7, epoch 2): Ongoing since 2026-11-23 12:00:18 UTC. Broker 3, which coordinates
  it, aborts it from 2026-11-23 12:01:18 UTC on (transaction.timeout.ms 1m0s), when it next looks:
  every 10 s unless configured otherwise.

unanswered: orders-1: nobody leads it
3 transactions, open for 10s or longer, hold 4 of 6 partitions. Younger transactions are left out,
on 1 partition; --older-than 0s shows them.
`},
	} {
		r := newHoldsReport(tc.holds, 10*time.Second, now)
		var b strings.Builder
		if err := r.text(&b, report.Options{Width: 100}); err != nil {
			t.Fatal(err)
		}
		if b.String() != tc.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tc.name, &b, tc.want)
		}
		if code := exitCode(t.Context(), r.verdict()); code != tc.code {
			t.Errorf("%s: exit code %d, want %d", tc.name, code, tc.code)
		}
	}
}
