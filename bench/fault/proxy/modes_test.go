package proxy

import (
	"cmp"
	"maps"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"
)

// sentinel marks the end of each partition.
const sentinel = "the end"

// tally reads the topic from the brokers themselves, and returns how often each value is in it, and those of the first
// partition in order.
func tally(tb testing.TB, cluster *kfake.Cluster, isolation kgo.IsolationLevel) (map[string]int, []string) {
	tb.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DefaultProduceTopic("t"), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ConsumeTopics("t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(isolation))
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close()
	for partition := range int32(6) {
		if err := c.ProduceSync(tb.Context(), &kgo.Record{Partition: partition, Value: []byte(sentinel)}).FirstErr(); err != nil {
			tb.Fatal(err)
		}
	}
	count, order := make(map[string]int), []string{}
	for ctx := within(tb, 30*time.Second); count[sentinel] < 6; {
		fetches := c.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			tb.Fatalf("%v after %d values", err, len(count))
		}
		fetches.EachRecord(func(r *kgo.Record) {
			count[string(r.Value)]++
			if r.Partition == 0 && string(r.Value) != sentinel {
				order = append(order, string(r.Value))
			}
		})
	}
	delete(count, sentinel)
	return count, order
}

// verdict compares what was sent with what is there.
func verdict(sent []string, there map[string]int) (lost, duplicate int) {
	for _, v := range sent {
		switch n := there[v]; n {
		case 0:
			lost++
		default:
			duplicate += n - 1
		}
	}
	return lost, duplicate
}

// quick lets a client try again soon.
func quick() kgo.Opt { return kgo.RetryBackoffFn(func(int) time.Duration { return time.Millisecond }) }

// total sums up an injection's counts.
func total(i *Injection) (sum Count) {
	for _, c := range i.Counts() {
		sum.Matched, sum.Forwarded = sum.Matched+c.Matched, sum.Forwarded+c.Forwarded
		sum.Dropped, sum.Behind = sum.Dropped+c.Dropped, sum.Behind+c.Behind
	}
	return sum
}

// One record a request, each sent when the one before has been answered: the log holds as many duplicates as responses were
// lost, or none with sequence numbers; and of requests that are lost, none.
func TestLostProduce(t *testing.T) {
	const n = 30
	plain := []kgo.Opt{kgo.DisableIdempotentWrite(), kgo.RequiredAcks(kgo.AllISRAcks())}
	tests := []struct {
		name            string
		opts            []kgo.Opt
		drop            Way
		then            Then
		lost, duplicate int
	}{
		{"at-least-once, response closed", plain, Response, Close, 0, 3},
		{"at-least-once, response reset", plain, Response, Reset, 0, 3},
		{"at-least-once, request closed", plain, Request, Close, 0, 0},
		{"at-least-once, request reset", plain, Request, Reset, 0, 0},
		{"idempotent, response closed", nil, Response, Close, 0, 0},
		{"idempotent, response reset", nil, Response, Reset, 0, 0},
		{"idempotent, request closed", nil, Request, Close, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cluster := embed(t, 3)
			p := openFor(t, cluster.ListenAddrs()...)
			i := inject(t, p, Rule{Requests: []string{"Produce"}, Nth: []int{3, 10, 32}, Drop: tt.drop, Then: tt.then})
			producer := newClient(t, p, &dialed{}, append(tt.opts, quick())...)
			sent := records(n)
			for _, r := range sent {
				if err := producer.ProduceSync(within(t, 20*time.Second), r).FirstErr(); err != nil {
					t.Fatal(err)
				}
			}
			there, _ := tally(t, cluster, kgo.ReadUncommitted())
			if lost, duplicate := verdict(values(sent), there); lost != tt.lost || duplicate != tt.duplicate {
				t.Errorf("%d lost and %d duplicates, want %d and %d", lost, duplicate, tt.lost, tt.duplicate)
			}
			want := Count{Matched: n + 3, Forwarded: n + 3, Dropped: 3}
			if tt.drop == Request {
				want.Forwarded = n
			}
			if got := i.Counts()["Produce"]; got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

// Without acknowledgements what is lost is lost, and nothing is there twice.
func TestLostProduceUnacknowledged(t *testing.T) {
	cluster := embed(t, 1)
	p := openFor(t, cluster.ListenAddrs()...)
	i := inject(t, p, Rule{Requests: []string{"Produce"}, Nth: []int{3}, Drop: Request})
	producer := newClient(t, p, &dialed{}, kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite(), kgo.ProducerLinger(0), quick())
	sent := records(40)
	for _, r := range sent {
		if err := producer.ProduceSync(within(t, 20*time.Second), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	producer.Close()
	eventually(t, "the links have ended", func() bool { return len(p.linked(nil)) == 0 })
	there, _ := tally(t, cluster, kgo.ReadUncommitted())
	lost, duplicate := verdict(values(sent), there)
	if c := total(i); c.Dropped != 1 || c.Forwarded != len(there) || lost != len(sent)-c.Forwarded || duplicate != 0 {
		t.Errorf("%d lost and %d duplicates, counted %+v", lost, duplicate, c)
	}
}

// A transaction whose end was not heard of is committed, or aborted, once.
func TestLostEndTxn(t *testing.T) {
	cluster := embed(t, 3)
	p := openFor(t, cluster.ListenAddrs()...)
	i := inject(t, p, Rule{Requests: []string{"EndTxn"}, Nth: []int{2, 5, 8}})
	producer := newClient(t, p, &dialed{}, kgo.TransactionalID("tx"), quick())
	var committed []*kgo.Record
	for n := range 8 {
		if err := producer.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		batch := records(12)
		for _, r := range batch {
			r.Value = append(r.Value, ' ', byte('a'+n))
		}
		if err := producer.ProduceSync(within(t, 20*time.Second), batch...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		commit := n%3 != 2
		if commit {
			committed = append(committed, batch...)
		}
		if err := producer.EndTransaction(within(t, 20*time.Second), kgo.TransactionEndTry(commit)); err != nil {
			t.Fatal(err)
		}
	}
	there, _ := tally(t, cluster, kgo.ReadCommitted())
	want := make(map[string]int)
	for _, v := range values(committed) {
		want[v] = 1
	}
	if !maps.Equal(there, want) {
		t.Errorf("%d values are there, want the %d committed, each once", len(there), len(want))
	}
	if got, want := i.Counts()["EndTxn"], (Count{Matched: 11, Forwarded: 11, Dropped: 3}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// The steps of a pipeline's transaction, each lost once: its output is there once, and so are its offsets.
func TestLostPipeline(t *testing.T) {
	steps := []string{"AddPartitionsToTxn", "AddOffsetsToTxn", "TxnOffsetCommit", "EndTxn", "Produce"}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(6, "t", "in"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	p := openFor(t, cluster.ListenAddrs()...)
	direct, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close()
	sent := records(60)
	for _, r := range sent {
		r.Topic = "in"
	}
	if err := direct.ProduceSync(t.Context(), sent...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	var rules []*Injection
	for _, step := range steps {
		rules = append(rules, inject(t, p, Rule{Requests: []string{step}, Nth: []int{1}}))
	}
	session, err := kgo.NewGroupTransactSession(kgo.SeedBrokers(p.Bootstrap()...), kgo.TransactionalID("tx"), kgo.ConsumerGroup("g"),
		kgo.ConsumeTopics("in"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DefaultProduceTopic("t"),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.MaxVersions(kversion.V3_6_0()), quick()) // later ones leave steps out (KIP-890)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	ctx := within(t, 60*time.Second)
	for done := 0; done < len(sent); {
		fetches := session.PollRecords(ctx, 10)
		if err := cmp.Or(ctx.Err(), fetches.Err0()); err != nil {
			t.Fatal(err)
		}
		if err := session.Begin(); err != nil {
			t.Fatal(err)
		}
		n := 0
		fetches.EachRecord(func(r *kgo.Record) {
			n++
			session.Produce(ctx, &kgo.Record{Partition: r.Partition, Value: r.Value}, nil)
		})
		committed, err := session.End(ctx, kgo.TryCommit)
		if err != nil {
			t.Fatal(err)
		}
		if committed {
			done += n
		}
	}
	there, order := tally(t, cluster, kgo.ReadCommitted())
	if lost, duplicate := verdict(values(sent), there); lost != 0 || duplicate != 0 || len(there) != len(sent) {
		t.Errorf("%d lost and %d duplicates among %d values", lost, duplicate, len(there))
	}
	if len(order) != 10 {
		t.Errorf("%d in the first partition, want 10", len(order))
	}
	for i, step := range steps {
		if c := rules[i].Counts()[step]; c.Dropped != 1 || c.Matched < 2 {
			t.Errorf("%s: %+v", step, c)
		}
	}
}
