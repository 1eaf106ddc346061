package cluster

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
	"go.uber.org/goleak"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testRun = "20261122t231502-7f3a"

func fake(t testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func dial(t testing.TB, c *kfake.Cluster) *Admin {
	t.Helper()
	a, err := Dial(t.Context(), c.ListenAddrs()[0], client.Security{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func patience(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestTopicsComeAndGo(t *testing.T) {
	for _, brokers := range []int{1, 3} {
		ctx, c := patience(t), fake(t, kfake.NumBrokers(brokers))
		a := dial(t, c)
		names := []string{Name(testRun, "b01-ab", "t0"), Name(testRun, "b01-ab", "t1")}
		if err := a.CreateTopics(ctx, names, 4, brokers, map[string]string{"min.insync.replicas": "1"}); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			info := c.TopicInfo(name)
			if info == nil || info.NumReplicas != brokers || len(c.PartitionInfos(name)) != 4 || *info.Configs["min.insync.replicas"] != "1" {
				t.Fatalf("%d brokers: topic %s is %+v", brokers, name, info)
			}
		}

		err := a.CreateTopics(ctx, append(names[:1:1], Name(testRun, "b01-ab", "t2")), 4, brokers, nil)
		if !errors.Is(err, kerr.TopicAlreadyExists) {
			t.Fatalf("an existing topic gave %v", err)
		}
		if topics, err := a.topics(ctx); err != nil || len(topics) != 2 {
			t.Fatalf("after a creation that failed in part there are %v, %v", topics, err)
		}

		if err := a.DeleteTopics(ctx, append(names, Name(testRun, "b01-ab", "never"))); err != nil {
			t.Fatal(err)
		}
		if topics, err := a.topics(ctx); err != nil || len(topics) != 0 {
			t.Fatalf("after deletion there are %v, %v", topics, err)
		}
	}
}

func TestCreationWaitsForEveryBroker(t *testing.T) {
	c := fake(t, kfake.NumBrokers(3))
	a := dial(t, c)
	name := Name(testRun, "b01-ab", "t0")
	leaderless := map[int32]int{}
	c.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		m := req.(*kmsg.MetadataRequest)
		if len(m.Topics) != 1 || leaderless[c.CurrentNode()] == 2 {
			return nil, nil, false
		}
		leaderless[c.CurrentNode()]++
		resp := m.ResponseKind().(*kmsg.MetadataResponse)
		topic := kmsg.NewMetadataResponseTopic()
		topic.Topic = &name
		p := kmsg.NewMetadataResponseTopicPartition()
		p.Leader = -1
		topic.Partitions = append(topic.Partitions, p)
		resp.Topics = append(resp.Topics, topic)
		return resp, nil, true
	})
	if err := a.CreateTopics(patience(t), []string{name}, 1, 3, nil); err != nil {
		t.Fatal(err)
	}
	for node := range int32(3) {
		if leaderless[node] != 2 {
			t.Errorf("broker %d was not waited for: %v", node, leaderless)
		}
	}
}

func TestNamesOfOthersAreRefused(t *testing.T) {
	c := fake(t, kfake.SeedTopics(1, "orders"))
	a := dial(t, c)
	ctx := patience(t)
	mixed := []string{Name(testRun, "b01-ab", "t0"), "orders"}
	for doing, err := range map[string]error{
		"create": a.CreateTopics(ctx, mixed, 1, 1, nil),
		"delete": a.DeleteTopics(ctx, mixed),
		"group":  a.DeleteGroups(ctx, mixed),
		"remove": a.Remove(ctx, []Leftover{{Kind: Topic, Name: "orders", Run: testRun}}),
	} {
		if err == nil {
			t.Errorf("%s accepted a name of others", doing)
		}
	}
	if topics, err := a.topics(ctx); err != nil || !slices.Equal(topics, []string{"orders"}) {
		t.Errorf("there are %v, %v", topics, err)
	}
}

func TestDescribe(t *testing.T) {
	c := fake(t, kfake.NumBrokers(3), kfake.ClusterID("here"), kfake.BrokerConfigs(map[string]string{"message.max.bytes": "5000"}))
	info, err := dial(t, c).Describe(patience(t))
	if err != nil {
		t.Fatal(err)
	}
	if info.ClusterID != "here" || len(info.Brokers) != 3 || info.Brokers[2].Host != "127.0.0.1" || info.Brokers[2].Port == 0 {
		t.Errorf("cluster %+v", info)
	}
	if info.VersionGuess == "" || info.Config["message.max.bytes"] != "5000" {
		t.Errorf("version %q, configuration %v", info.VersionGuess, info.Config)
	}
	if _, other := info.Config["log.dir"]; other {
		t.Errorf("configuration that bears on nothing: %v", info.Config)
	}
	if info.TransactionVersion == nil || *info.TransactionVersion != 2 || info.Features["transaction.version"] != 2 {
		t.Errorf("transaction.version %v of %v", info.TransactionVersion, info.Features)
	}
}

func TestDescribeOlderKafka(t *testing.T) {
	info, err := dial(t, fake(t, kfake.NumBrokers(1), kfake.MaxVersions(kversion.V2_7_0()))).Describe(patience(t))
	if err != nil {
		t.Fatal(err)
	}
	if info.TransactionVersion != nil || len(info.Features) != 0 {
		t.Errorf("transaction.version %v of %v", info.TransactionVersion, info.Features)
	}
}

func TestLeftovers(t *testing.T) {
	ctx, c := patience(t), fake(t, kfake.SeedTopics(1, "keb-orders", "orders"))
	a := dial(t, c)
	older := "20251122t231502-0000"
	topic, second, group := Name(testRun, "b01-ab", "t0"), Name(older, "b01-ab", "t0"), Name(testRun, "b01-ab", "g")
	if err := a.CreateTopics(ctx, []string{topic, second}, 1, 1, nil); err != nil {
		t.Fatal(err)
	}
	commit(t, c, group, topic, 0, 1)
	commit(t, c, "billing", "orders", 0, 1)
	openTransaction(t, c, topic, 1, 0)

	began := time.Date(2026, 11, 22, 23, 15, 2, 0, time.UTC)
	want := []Leftover{
		{Topic, second, older, began.AddDate(-1, 0, 0)},
		{Group, group, testRun, began},
		{Topic, topic, testRun, began},
		{TransactionalID, Name(testRun, "b01-ab", "done"), testRun, began},
		{TransactionalID, Name(testRun, "b01-ab", "open"), testRun, began},
	}
	got, err := a.Leftovers(ctx)
	if err != nil || len(got) < 4 || !slices.Equal(got[:4], want[:4]) {
		t.Fatalf("leftovers %+v, %v", got, err)
	}
	if err := a.Remove(ctx, got); err != nil {
		t.Fatal(err)
	}
	got, err = a.Leftovers(ctx)
	if err != nil || slices.ContainsFunc(got, func(l Leftover) bool { return l.Kind != TransactionalID }) {
		t.Fatalf("after removal %+v, %v", got, err)
	}
	topics, err := a.topics(ctx)
	slices.Sort(topics)
	if err != nil || !slices.Equal(topics, []string{"keb-orders", "orders"}) {
		t.Fatalf("others' topics %v, %v", topics, err)
	}
	if offsets, err := a.Committed(ctx, "billing"); err != nil || offsets["orders"][0] != 1 {
		t.Fatalf("others' group %v, %v", offsets, err)
	}
	if err := a.Remove(ctx, want); err != nil {
		t.Fatalf("removing what is gone: %v", err)
	}
}

func TestLogBytes(t *testing.T) {
	ctx, c := patience(t), fake(t, kfake.NumBrokers(3), kfake.SeedTopics(3, "__transaction_state", "orders"))
	a := dial(t, c)
	topic := Name(testRun, "b01-ab", "t0")
	if err := a.CreateTopics(ctx, []string{topic}, 3, 1, nil); err != nil {
		t.Fatal(err)
	}
	if size, err := a.LogBytes(ctx, []string{topic}); err != nil || size != (LogSize{}) {
		t.Fatalf("empty topics take %+v, %v", size, err)
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.DisableClientMetrics())
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for name, bytes := range map[string]int{topic: 1000, "__transaction_state": 100, "orders": 10_000} {
		if err := cl.ProduceSync(ctx, &kgo.Record{Topic: name, Value: make([]byte, bytes)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	size, err := a.LogBytes(ctx, []string{topic})
	if err != nil || size.Topics == 0 || size.TransactionState == 0 || size.Topics > 5000 {
		t.Fatalf("topics take %+v, %v", size, err)
	}
	c.ControlKey(int16(kmsg.DescribeLogDirs), func(req kmsg.Request) (kmsg.Response, error, bool) {
		resp := req.ResponseKind().(*kmsg.DescribeLogDirsResponse)
		resp.ErrorCode = kerr.ClusterAuthorizationFailed.Code
		return resp, nil, true
	})
	if _, err := a.LogBytes(ctx, []string{topic}); !errors.Is(err, ErrUnauthorised) {
		t.Fatalf("refused log directories gave %v", err)
	}
}
