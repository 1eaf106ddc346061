package cluster

import (
	"errors"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// openTransaction leaves n records of an unfinished transaction in partition 0 and commits the rest.
func openTransaction(t testing.TB, c *kfake.Cluster, topic string, committed, open int) {
	t.Helper()
	ctx := patience(t)
	for _, part := range []struct {
		id      string
		records int
	}{{"done", committed}, {"open", open}} {
		cl, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.TransactionalID(Name(testRun, "b01-ab", part.id)),
			kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableClientMetrics())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cl.CloseAllowingRebalance)
		if err := cl.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for range part.records {
			if err := cl.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("v")}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if part.id == "done" {
			if err := cl.EndTransaction(ctx, kgo.TryCommit); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestMarksShowWhatAnOpenTransactionHolds(t *testing.T) {
	for _, brokers := range []int{1, 3} {
		ctx, c := patience(t), fake(t, kfake.NumBrokers(brokers))
		a := dial(t, c)
		topics := []string{Name(testRun, "b01-ab", "t0"), Name(testRun, "b01-ab", "t1")}
		if err := a.CreateTopics(ctx, topics, 3, brokers, nil); err != nil {
			t.Fatal(err)
		}
		openTransaction(t, c, topics[1], 5, 7)

		// Five records and their marker are stable, seven records are not.
		want := Mark{High1: 13, LastStable: 6, High2: 13}
		marks, err := a.Offsets(ctx, topics)
		if err != nil {
			t.Fatal(err)
		}
		for topic := range topics {
			for p, mark := range marks[topic] {
				if topic == 1 && p == 0 {
					if mark != want {
						t.Errorf("%d brokers: open partition %+v", brokers, mark)
					}
				} else if mark != (Mark{}) {
					t.Errorf("%d brokers: %s[%d] %+v", brokers, topics[topic], p, mark)
				}
			}
		}
		if marks.Settled() || !marks[:1].Settled() {
			t.Errorf("settled: %v, topic 0 %v", marks.Settled(), marks[:1].Settled())
		}
		if stable, high := marks.End(1, 0, true), marks.End(1, 0, false); stable != 6 || high != 13 {
			t.Errorf("ends %d and %d", stable, high)
		}

		w := a.Watch(topics, 3, Name(testRun, "b01-ab", "g"))
		high1, stable, high2 := make([]int64, 6), make([]int64, 6), make([]int64, 6)
		if err := w.Marks(ctx, high1, stable, high2); err != nil {
			t.Fatal(err)
		}
		if got := (Mark{high1[3], stable[3], high2[3]}); w.Partitions() != 6 || got != want || high1[0]+high1[1]+high1[2]+high1[4]+high1[5] != 0 {
			t.Errorf("%d brokers: watched %v %v %v", brokers, high1, stable, high2)
		}
	}
}

func TestMarksFollowAMovedLeader(t *testing.T) {
	c := fake(t, kfake.NumBrokers(3))
	a := dial(t, c)
	ctx, topic := patience(t), Name(testRun, "b01-ab", "t0")
	if err := a.CreateTopics(ctx, []string{topic}, 1, 3, nil); err != nil {
		t.Fatal(err)
	}
	w := a.Watch([]string{topic}, 1, "")
	marks := func() error { return w.Marks(ctx, make([]int64, 1), make([]int64, 1), make([]int64, 1)) }
	for range 3 {
		if err := marks(); err != nil {
			t.Fatal(err)
		}
		if err := c.MoveTopicPartition(topic, 0, (c.LeaderFor(topic, 0)+1)%3); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASampleAsksEachBrokerThreeTimes(t *testing.T) {
	c := fake(t, kfake.NumBrokers(3))
	a := dial(t, c)
	ctx, topic := patience(t), Name(testRun, "b01-ab", "t0")
	if err := a.CreateTopics(ctx, []string{topic}, 30, 3, nil); err != nil {
		t.Fatal(err)
	}
	w := a.Watch([]string{topic}, 30, Name(testRun, "b01-ab", "g"))
	offsets := make([]int64, 30)
	sample := func() {
		if err := errors.Join(w.Marks(ctx, offsets, offsets, offsets), w.Committed(ctx, offsets)); err != nil {
			t.Fatal(err)
		}
	}
	sample()
	requests := map[string]int{}
	c.Control(func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		requests[kmsg.Key(req.Key()).Name()]++
		return nil, nil, false
	})
	for range 10 {
		sample()
	}
	if requests["ListOffsets"] != 90 || requests["OffsetFetch"] != 10 || requests["Metadata"] > 1 {
		t.Errorf("ten samples took %v", requests)
	}
}

func TestAMissingTopicIsAnError(t *testing.T) {
	a := dial(t, fake(t))
	if _, err := a.Offsets(patience(t), []string{Name(testRun, "b01-ab", "t0")}); !errors.Is(err, kerr.UnknownTopicOrPartition) {
		t.Errorf("got %v", err)
	}
}

// commit stores a group's offset as an assigned reader does.
func commit(t testing.TB, c *kfake.Cluster, group, topic string, partition int32, offset int64) {
	t.Helper()
	a := dial(t, c)
	details, err := a.admin.ListTopics(patience(t), topic)
	if err != nil {
		t.Fatal(err)
	}
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.Generation = group, -1
	rt := kmsg.NewOffsetCommitRequestTopic()
	rt.Topic, rt.TopicID = topic, details[topic].ID
	rp := kmsg.NewOffsetCommitRequestTopicPartition()
	rp.Partition, rp.Offset = partition, offset
	rt.Partitions = append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	resp, err := req.RequestWith(patience(t), a.client)
	if err != nil || resp.Topics[0].Partitions[0].ErrorCode != 0 {
		t.Fatalf("commit: %v %+v", err, resp)
	}
}

func TestCommittedOffsets(t *testing.T) {
	for _, version := range []*kversion.Versions{kversion.Tip(), kversion.V2_8_0()} {
		ctx, c := patience(t), fake(t, kfake.NumBrokers(3), kfake.MaxVersions(version))
		a := dial(t, c)
		topic, group := Name(testRun, "b01-ab", "t0"), Name(testRun, "b01-ab", "g")
		if err := a.CreateTopics(ctx, []string{topic}, 2, 3, nil); err != nil {
			t.Fatal(err)
		}
		w := a.Watch([]string{topic}, 2, group)
		offsets := make([]int64, 2)
		if err := w.Committed(ctx, offsets); err != nil || !slices.Equal(offsets, []int64{-1, -1}) {
			t.Fatalf("before a commit: %v, %v", offsets, err)
		}
		if got, err := a.Committed(ctx, group); err != nil || len(got) != 0 {
			t.Fatalf("before a commit: %v, %v", got, err)
		}
		commit(t, c, group, topic, 1, 42)
		if err := w.Committed(ctx, offsets); err != nil || !slices.Equal(offsets, []int64{-1, 42}) {
			t.Fatalf("after a commit: %v, %v", offsets, err)
		}
		if got, err := a.Committed(ctx, group); err != nil || len(got) != 1 || got[topic][1] != 42 {
			t.Fatalf("after a commit: %v, %v", got, err)
		}
	}
}
