package broker

import (
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// roundTrip commits one transaction, aborts another and reads the first alone; then a successor takes the
// transactional id and the predecessor is fenced.
func roundTrip(t *testing.T, bootstrap string, replicas int16) {
	t.Helper()
	ctx := t.Context()
	addrs := strings.Split(bootstrap, ",")
	client := func(opts ...kgo.Opt) *kgo.Client {
		c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(addrs...))...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	producer := client(kgo.TransactionalID("trip"), kgo.DefaultProduceTopic("trip"))
	defer producer.Close()
	if _, err := kadm.NewClient(producer).CreateTopic(ctx, 3, replicas, nil, "trip"); err != nil {
		t.Fatal(err)
	}
	for _, txn := range []struct {
		value string
		end   kgo.TransactionEndTry
	}{{"aborted", kgo.TryAbort}, {"committed", kgo.TryCommit}} {
		if err := producer.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := producer.ProduceSync(ctx, kgo.StringRecord(txn.value)).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := producer.EndTransaction(ctx, txn.end); err != nil {
			t.Fatal(err)
		}
	}

	reader := client(kgo.ConsumeTopics("trip"), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	defer reader.Close()
	fetches := reader.PollFetches(ctx)
	if err := fetches.Err(); err != nil {
		t.Fatal(err)
	}
	for _, r := range fetches.Records() {
		if string(r.Value) != "committed" {
			t.Errorf("read %q under read_committed", r.Value)
		}
	}

	successor := client(kgo.TransactionalID("trip"))
	defer successor.Close()
	if _, _, err := successor.ProducerID(ctx); err != nil {
		t.Fatal(err)
	}
	if err := producer.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	err := producer.ProduceSync(ctx, kgo.StringRecord("zombie")).FirstErr()
	if err == nil {
		err = producer.EndTransaction(ctx, kgo.TryCommit)
	}
	if !errors.Is(err, kerr.ProducerFenced) && !errors.Is(err, kerr.InvalidProducerEpoch) {
		t.Errorf("the fenced producer got %v", err)
	}
	if err := producer.AbortBufferedRecords(ctx); err != nil {
		t.Error(err)
	}
}

func topicConfig(t *testing.T, admin *kadm.Client, topic, key string) string {
	t.Helper()
	configs, err := admin.DescribeTopicConfigs(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range configs[0].Configs {
		if c.Key == key {
			return c.MaybeValue()
		}
	}
	return ""
}

func newAdmin(t *testing.T, bootstrap string) *kadm.Client {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(bootstrap, ",")...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return kadm.NewClient(client)
}
