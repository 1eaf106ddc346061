//go:build cgo

package librdkafka

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testPartitions = 3

// embed starts an in-process broker with one topic, "t".
func embed(tb testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	tb.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(testPartitions, "t")}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

func testWorkload(tb testing.TB, mode string, props map[string]string) workload.Workload {
	tb.Helper()
	m, ok := workload.ModeByName(mode)
	if !ok {
		tb.Fatal(mode)
	}
	return workload.Workload{Mode: m, Isolation: m.Isolation, InFlight: 1000, Linger: 5 * time.Millisecond, Properties: props}
}

func within(tb testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	tb.Cleanup(cancel)
	return ctx
}

// log of completions, by tag.
type completions struct {
	mu  sync.Mutex
	all map[uint32][]error
}

func (c *completions) add(d client.Completion) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all[d.Tag] = append(c.all[d.Tag], d.Err)
}

// check reports every tag below n that did not complete once, and returns how many completions were errors.
func (c *completions) check(tb testing.TB, n int) (failed int) {
	tb.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for tag := range uint32(n) {
		if len(c.all[tag]) != 1 {
			tb.Errorf("tag %d completed %d times", tag, len(c.all[tag]))
		} else if c.all[tag][0] != nil {
			failed++
		}
	}
	if len(c.all) != n {
		tb.Errorf("%d tags completed, %d were sent", len(c.all), n)
	}
	return failed
}

type testProducer struct {
	client.Producer
	client.Transactor
	done   *completions
	record client.Record
	sent   int
}

// open opens a producer with 1000 tags; transactional ones are initialised.
func open(tb testing.TB, bootstrap string, w workload.Workload, id string) *testProducer {
	tb.Helper()
	return openBy(tb, bootstrap, w, id, openProducer)
}

func openBy(tb testing.TB, bootstrap string, w workload.Workload, id string, way producerOpener) *testProducer {
	tb.Helper()
	p := &testProducer{done: &completions{all: map[uint32][]error{}}}
	var err error
	p.Producer, err = newProducer(client.ProducerConfig{
		Bootstrap: bootstrap, Workload: w, Topics: []string{"t"}, InFlight: 1000, ClientID: "p", TransactionalID: id,
		Complete: p.done.add, Log: func(line string) { tb.Log(line) },
	}, way)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { p.Close(within(tb, time.Second)) })
	if w.Mode.Transactional {
		p.Transactor = p.Producer.(client.Transactor)
		if err := p.Init(within(tb, 10*time.Second)); err != nil {
			tb.Fatal(err)
		}
	}
	return p
}

// send sends n records whose values count from the number of those sent before.
func (p *testProducer) send(tb testing.TB, n int) {
	tb.Helper()
	for range n {
		if err := p.trySend(); err != nil {
			tb.Fatal(err)
		}
	}
}

func (p *testProducer) trySend() error {
	p.record = client.Record{
		Partition: int32(p.sent % testPartitions), Tag: uint32(p.sent),
		Value: binary.BigEndian.AppendUint32(p.record.Value[:0], uint32(p.sent)),
	}
	err := p.Send(&p.record)
	if err == nil {
		p.sent++
	}
	return err
}

func (p *testProducer) begin(tb testing.TB) {
	tb.Helper()
	if err := p.Begin(); err != nil {
		tb.Fatal(err)
	}
}

func (p *testProducer) end(tb testing.TB, commit bool, want client.Outcome) {
	tb.Helper()
	if got, err := p.End(within(tb, 10*time.Second), commit); got != want || err != nil {
		tb.Fatalf("the transaction is %s (%v), want %s", got, err, want)
	}
	if err := p.Flush(within(tb, 10*time.Second)); err != nil { // its last completions may be on their way still
		tb.Fatal(err)
	}
}

func openReader(tb testing.TB, bootstrap string, w workload.Workload) client.Reader {
	tb.Helper()
	return openReaderBy(tb, bootstrap, w, openConsumer)
}

func openReaderBy(tb testing.TB, bootstrap string, w workload.Workload, way consumerOpener) client.Reader {
	tb.Helper()
	var assigned []client.Partition
	for p := range int32(testPartitions) {
		assigned = append(assigned, client.Partition{Partition: p})
	}
	r, err := newReader(client.ReaderConfig{
		Bootstrap: bootstrap, Workload: w, Topics: []string{"t"}, Assigned: assigned, Group: "g", ClientID: "r",
		Log: func(line string) { tb.Log(line) },
	}, way)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { r.Close(within(tb, 5*time.Second)) })
	return r
}

// read reads until the positions are those wanted, and returns the values in order.
func read(tb testing.TB, r client.Reader, positions []int64) []int {
	tb.Helper()
	var values []int
	ctx := within(tb, 10*time.Second)
	batch := make([]client.Delivered, 7)
	at := make([]int64, testPartitions)
	for {
		n, err := r.Poll(ctx, batch)
		if err != nil {
			tb.Fatalf("%v; read %d, at %v, want %v", err, len(values), at, positions)
		}
		for _, d := range batch[:n] {
			v := int(binary.BigEndian.Uint32(d.Value))
			if d.Topic != 0 || int(d.Partition) != v%testPartitions || d.At == 0 || d.Offset < 0 {
				tb.Errorf("record %d is delivered as %+v", v, d)
			}
			values = append(values, v)
		}
		if err := r.Position(at); err != nil {
			tb.Fatal(err)
		}
		if n == 0 && slices.Equal(at, positions) {
			slices.Sort(values)
			return values
		}
	}
}

// highWatermarks are the offsets behind everything in the log, markers included.
func highWatermarks(c *kfake.Cluster) []int64 {
	var all []int64
	for p := range int32(testPartitions) {
		all = append(all, c.PartitionInfo("t", p).HighWatermark)
	}
	return all
}

func span(from, to int) []int {
	var all []int
	for v := from; v < to; v++ {
		all = append(all, v)
	}
	return all
}

func wantValues(tb testing.TB, got, want []int) {
	tb.Helper()
	if !slices.Equal(got, want) {
		tb.Errorf("read %s, want %s", brief(got), brief(want))
	}
}

func brief(values []int) string {
	if len(values) < 10 {
		return fmt.Sprint(values)
	}
	return fmt.Sprintf("%d values %d…%d", len(values), values[0], values[len(values)-1])
}
