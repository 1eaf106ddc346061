package proxy

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// embed starts in-process brokers with one topic, "t", of six partitions, which they lead in turn.
func embed(tb testing.TB, nodes int) *kfake.Cluster {
	tb.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(nodes), kfake.SeedTopics(6, "t"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	for partition := range int32(6) {
		if err := c.MoveTopicPartition("t", partition, partition%int32(nodes)); err != nil {
			tb.Fatal(err)
		}
	}
	return c
}

// dialed collects the addresses that clients connect to.
type dialed struct {
	mu    sync.Mutex
	addrs map[string]bool
}

func (d *dialed) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d.mu.Lock()
	if d.addrs == nil {
		d.addrs = map[string]bool{}
	}
	d.addrs[addr] = true
	d.mu.Unlock()
	return (&net.Dialer{}).DialContext(ctx, network, addr)
}

// assertAll holds that clients connected to these addresses, each of them and no other.
func (d *dialed) assertAll(tb testing.TB, want []string) {
	tb.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	want = slices.Sorted(slices.Values(want))
	var got []string
	for addr := range d.addrs {
		got = append(got, addr)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		tb.Errorf("clients connected to %v, want %v", got, want)
	}
}

func newClient(tb testing.TB, p *Proxy, d *dialed, opts ...kgo.Opt) *kgo.Client {
	tb.Helper()
	opts = append(opts, kgo.SeedBrokers(p.Bootstrap()...), kgo.Dialer(d.dial), kgo.DefaultProduceTopic("t"),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MetadataMinAge(10*time.Millisecond))
	c, err := kgo.NewClient(opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

// records are n of them, over the six partitions in turn.
func records(n int) []*kgo.Record {
	all := make([]*kgo.Record, n)
	for i := range all {
		all[i] = &kgo.Record{Partition: int32(i % 6), Value: fmt.Append(nil, i)}
	}
	return all
}

// read returns the values of n records.
func read(tb testing.TB, c *kgo.Client, n int) []string {
	tb.Helper()
	var values []string
	ctx := within(tb, 30*time.Second)
	for len(values) < n {
		fetches := c.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			tb.Fatalf("%v after %d of %d records", err, len(values), n)
		}
		fetches.EachRecord(func(r *kgo.Record) { values = append(values, string(r.Value)) })
	}
	slices.Sort(values)
	return values
}

func values(all []*kgo.Record) []string {
	var values []string
	for _, r := range all {
		values = append(values, string(r.Value))
	}
	slices.Sort(values)
	return values
}

func TestTrafficStaysOnTheProxy(t *testing.T) {
	for _, nodes := range []int{1, 3} {
		t.Run(fmt.Sprint(nodes), func(t *testing.T) {
			t.Parallel()
			cluster := embed(t, nodes)
			p := openFor(t, cluster.ListenAddrs()[0])
			if n := len(p.Bootstrap()); n != nodes {
				t.Fatalf("%d listeners for %d brokers", n, nodes)
			}
			var seen dialed
			producer := newClient(t, p, &seen)
			sent := records(600)
			if err := producer.ProduceSync(t.Context(), sent...).FirstErr(); err != nil {
				t.Fatal(err)
			}
			group := newClient(t, p, &seen, kgo.ConsumerGroup("g"), kgo.ConsumeTopics("t"))
			if got := read(t, group, len(sent)); !slices.Equal(got, values(sent)) {
				t.Errorf("read %d records, want the %d sent", len(got), len(sent))
			}
			if err := group.CommitUncommittedOffsets(t.Context()); err != nil {
				t.Error(err)
			}
			for partition := range int32(6) { // leaders move: responses to Produce name the new ones
				if err := cluster.MoveTopicPartition("t", partition, (cluster.LeaderFor("t", partition)+1)%int32(nodes)); err != nil {
					t.Fatal(err)
				}
			}
			if err := producer.ProduceSync(t.Context(), records(60)...).FirstErr(); err != nil {
				t.Fatal(err)
			}
			// From the start: kfake tells a reader that had got further that records were lost.
			read(t, newClient(t, p, &seen, kgo.ConsumeTopics("t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())), len(sent)+60)
			assertAdvertised(t, producer, p.Bootstrap())
			seen.assertAll(t, p.Bootstrap())
		})
	}
}

// assertAdvertised holds that what clients are told are the proxy's addresses alone.
func assertAdvertised(t *testing.T, client *kgo.Client, want []string) {
	t.Helper()
	admin := kadm.NewClient(client)
	m, err := admin.BrokerMetadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range m.Brokers {
		got = append(got, hostPort(b.Host, b.Port))
	}
	if !slices.Equal(got, want) {
		t.Errorf("Metadata tells %v, want %v", got, want)
	}
	for _, c := range admin.FindTxnCoordinators(t.Context(), "a", "b", "c") {
		if at := hostPort(c.Host, c.Port); c.Err != nil || !slices.Contains(want, at) {
			t.Errorf("FindCoordinator tells %s (%v), want one of %v", at, c.Err, want)
		}
	}
	described, err := kmsg.NewPtrDescribeClusterRequest().RequestWith(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range described.Brokers {
		if at := hostPort(b.Host, b.Port); !slices.Contains(want, at) {
			t.Errorf("DescribeCluster tells %s, want one of %v", at, want)
		}
	}
}

func TestTransactions(t *testing.T) {
	cluster := embed(t, 3)
	p := openFor(t, cluster.ListenAddrs()...)
	p.Delay(Delays{Request: map[string]time.Duration{"EndTxn": 5 * time.Millisecond}, Response: map[string]time.Duration{"": time.Millisecond}})
	var seen dialed
	producer := newClient(t, p, &seen, kgo.TransactionalID("tx"))
	var committed []*kgo.Record
	for i := range 6 {
		if err := producer.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		batch := records(30)
		if err := producer.ProduceSync(t.Context(), batch...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		commit := i%2 == 0
		if commit {
			committed = append(committed, batch...)
		}
		if err := producer.EndTransaction(t.Context(), kgo.TransactionEndTry(commit)); err != nil {
			t.Fatal(err)
		}
	}
	reader := newClient(t, p, &seen, kgo.ConsumeTopics("t"), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if got := read(t, reader, len(committed)); !slices.Equal(got, values(committed)) {
		t.Errorf("read %d records, want the %d committed", len(got), len(committed))
	}
	seen.assertAll(t, p.Bootstrap())
}

func TestUnacknowledged(t *testing.T) {
	cluster := embed(t, 1)
	p := openFor(t, cluster.ListenAddrs()...)
	var seen dialed
	producer := newClient(t, p, &seen, kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite(), kgo.ProducerLinger(0))
	sent := records(300)
	for _, r := range sent {
		producer.Produce(t.Context(), r, nil)
	}
	if err := producer.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	reader := newClient(t, p, &seen, kgo.ConsumeTopics("t"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if got := read(t, reader, len(sent)); !slices.Equal(got, values(sent)) {
		t.Errorf("read %d records, want the %d sent", len(got), len(sent))
	}
	seen.assertAll(t, p.Bootstrap())
}

// A broker that joins later gets its listener when it is first spoken of; one that has left is refused.
func TestBrokersComeAndGo(t *testing.T) {
	cluster := embed(t, 1)
	p := openFor(t, cluster.ListenAddrs()...)
	var seen dialed
	c := newClient(t, p, &seen)
	if err := c.ProduceSync(t.Context(), records(6)...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	node, _, err := cluster.AddNode(7, 0)
	if err != nil {
		t.Fatal(err)
	}
	for partition := range int32(6) {
		if err := cluster.MoveTopicPartition("t", partition, node); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.ProduceSync(t.Context(), records(6)...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if n := len(p.Bootstrap()); n != 2 {
		t.Errorf("%d listeners, want 2", n)
	}
	seen.assertAll(t, p.Bootstrap())
	if err := cluster.RemoveNode(node); err != nil {
		t.Fatal(err)
	}
	dial(t, p.Bootstrap()[1]).gone()
	if err := c.ProduceSync(t.Context(), records(6)...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	elsewhere := newStub(t, func(req request, _ []byte) [][]byte {
		return [][]byte{metadata(req, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9092})}
	})
	empty := newStub(t, func(req request, _ []byte) [][]byte { return [][]byte{metadata(req)} })
	gone := newStub(t, nil)
	gone.close()
	tests := []struct {
		name      string
		bootstrap []string
		want      string
	}{
		{"nothing", nil, "a proxy needs the address of at least one broker"},
		{"no port", []string{"127.0.0.1"}, `broker address "127.0.0.1": address 127.0.0.1: missing port in address`},
		{"an address elsewhere", []string{"127.0.0.1:1", "192.0.2.1:9092"}, `"192.0.2.1:9092" is 192.0.2.1, not a loopback address`},
		{"a broker elsewhere", []string{elsewhere.addr()}, `broker 0 advertises an address the proxy may not use: broker address "192.0.2.1:9092"`},
		{"nobody there", []string{gone.addr()}, "asking " + gone.addr() + " for the brokers of the cluster: dial tcp"},
		{"no brokers", []string{empty.addr()}, "it knows of no broker"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Open(t.Context(), tt.bootstrap)
			if err == nil {
				_ = p.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want it to say %q", err, tt.want)
			}
		})
	}
}

// Names and other loopback addresses do, and the first bootstrap address need not answer.
func TestOpenTriesEachAddress(t *testing.T) {
	gone := newStub(t, nil)
	gone.close()
	s := newStub(t, nil)
	_, port, _ := net.SplitHostPort(s.addr())
	p := openFor(t, gone.addr(), "localhost:"+port)
	c := dial(t, p.Bootstrap()[0])
	c.send(requestFrame(unknownKey, 0, 1))
	c.expect(1)
}

func TestOpenEndsWithItsContext(t *testing.T) {
	s := newStub(t, func(request, []byte) [][]byte { return [][]byte{} }) // no answer
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if p, err := Open(ctx, []string{s.addr()}); err == nil {
		_ = p.Close()
		t.Error("opened without an answer")
	}
}
