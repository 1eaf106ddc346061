package proxy

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"
)

// Whatever happens in whatever order, Close returns, without an error, and nothing is left: no link here, no goroutine in TestMain.
// What the rules counted agrees with the events.
func TestAnyFaults(t *testing.T) {
	brokers := [2]*stub{}
	for i := range brokers {
		brokers[i] = newStub(t, func(req request, _ []byte) [][]byte {
			if req.key == kmsg.Metadata.Int16() {
				return [][]byte{metadata(req, brokers[0].listener.Addr(), brokers[1].listener.Addr())}
			}
			return nil
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		p, err := Open(context.Background(), []string{brokers[0].addr()})
		if err != nil {
			t.Fatal(err)
		}
		f := faults{proxy: p, addrs: p.Bootstrap()}
		defer f.close()
		t.Repeat(map[string]func(*rapid.T){
			"inject":    f.inject,
			"undo":      f.undo,
			"delay":     f.delay,
			"throttle":  f.throttle,
			"freeze":    func(*rapid.T) { p.Freeze() },
			"thaw":      func(*rapid.T) { p.Thaw() },
			"half-open": f.halfOpen,
			"isolate":   f.isolate,
			"reset":     func(t *rapid.T) { p.Reset(f.nodes(t)...) },
			"connect":   f.connect,
			"hang up":   f.hangUp,
			"send":      f.send,
			"receive":   f.receive,
		})
		closed := make(chan error, 1)
		go func() { closed <- p.Close() }()
		select {
		case err := <-closed:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("the proxy does not close")
		}
		if n := len(p.linked(nil)); n != 0 {
			t.Fatalf("%d links are left", n)
		}
		f.check(t)
	})
}

// faults is a proxy with what has been done to it.
type faults struct {
	proxy   *Proxy
	addrs   []string
	rules   []*Injection
	undoes  []func()
	clients []net.Conn
	sent    int32
}

func (f *faults) nodes(t *rapid.T) []int32 {
	return rapid.SampledFrom([][]int32{nil, {0}, {1}, {0, 1}, {7}}).Draw(t, "nodes")
}

func (f *faults) inject(t *rapid.T) {
	i, err := f.proxy.Inject(Rule{
		Requests: rapid.SampledFrom([][]string{nil, {"Produce"}, {"Produce", "EndTxn"}}).Draw(t, "requests"),
		Node:     rapid.SampledFrom([]*int32{nil, new(int32(0)), new(int32(1))}).Draw(t, "node"),
		Nth:      rapid.SliceOfN(rapid.IntRange(1, 5), 0, 2).Draw(t, "nth"),
		Rate:     rapid.SampledFrom([]float64{0, 0.1, 0.5}).Draw(t, "rate"),
		Seed:     rapid.Uint64().Draw(t, "seed"),
		Drop:     rapid.SampledFrom([]Way{Response, Request}).Draw(t, "drop"),
		Then:     rapid.SampledFrom([]Then{Close, Reset, Hold}).Draw(t, "then"),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.rules, f.undoes = append(f.rules, i), append(f.undoes, i.Remove)
}

func (f *faults) undo(t *rapid.T) {
	if len(f.undoes) > 0 {
		rapid.SampledFrom(f.undoes).Draw(t, "undo")()
	}
}

func (f *faults) delay(t *rapid.T) {
	some := map[string]time.Duration{"": rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Hour}).Draw(t, "delay")}
	f.proxy.Delay(rapid.SampledFrom([]Delays{{}, {Request: some}, {Response: some}}).Draw(t, "way"))
}

func (f *faults) throttle(t *rapid.T) {
	f.proxy.Throttle(rapid.SampledFrom([]int64{0, 1, 100_000}).Draw(t, "rate"))
}

func (f *faults) halfOpen(t *rapid.T) {
	way := rapid.SampledFrom([]Way{Response, Request, Both}).Draw(t, "way")
	f.undoes = append(f.undoes, f.proxy.HalfOpen(way, f.nodes(t)...))
}

func (f *faults) isolate(t *rapid.T) {
	how := Isolation{Reset: rapid.Bool().Draw(t, "reset"), Refuse: rapid.Bool().Draw(t, "refuse")}
	f.undoes = append(f.undoes, f.proxy.Isolate(rapid.Int32Range(0, 2).Draw(t, "node"), how))
}

func (f *faults) connect(t *rapid.T) {
	conn, err := net.Dial("tcp", rapid.SampledFrom(f.addrs).Draw(t, "to"))
	if err == nil { // or refused
		f.clients = append(f.clients, conn)
	}
}

func (f *faults) client(t *rapid.T) net.Conn {
	if len(f.clients) == 0 {
		t.Skip("no client")
	}
	return rapid.SampledFrom(f.clients).Draw(t, "client")
}

func (f *faults) hangUp(t *rapid.T) { f.client(t).Close() }

func (f *faults) send(t *rapid.T) {
	c := f.client(t)
	for range rapid.IntRange(1, 5).Draw(t, "frames") {
		f.sent++
		frame := rapid.SampledFrom([][]byte{
			produce(f.sent, 0), produce(f.sent, 1), requestFrame(kmsg.EndTxn, 0, f.sent), requestFrame(kmsg.Metadata, 9, f.sent),
		}).Draw(t, "frame")
		_, _ = c.Write(frame) // as far as the connection still goes
	}
}

func (f *faults) receive(t *rapid.T) {
	c := f.client(t)
	_ = c.SetReadDeadline(time.Now().Add(2 * time.Millisecond))
	_, _ = c.Read(make([]byte, 1000))
}

func (f *faults) close() {
	_ = f.proxy.Close()
	for _, c := range f.clients {
		c.Close()
	}
}

// check holds counts and events against each other.
func (f *faults) check(t *rapid.T) {
	dropped, behind := make(map[int]int), make(map[int]int)
	for _, e := range f.proxy.Events() {
		dropped[e.Rule]++
		behind[e.Rule] += e.Behind
	}
	for _, i := range f.rules {
		var sum Count
		for name, c := range i.Counts() {
			if c.Dropped > c.Matched || c.Forwarded > c.Matched || i.rule.Drop == Response && c.Forwarded != c.Matched ||
				i.rule.Drop == Request && c.Forwarded+c.Dropped != c.Matched {
				t.Fatalf("%s: %+v by %+v", name, c, i.rule)
			}
			sum.Dropped, sum.Behind = sum.Dropped+c.Dropped, sum.Behind+c.Behind
		}
		if sum.Dropped != dropped[i.number] || sum.Behind != behind[i.number] {
			t.Fatalf("rule %d counted %+v, the events say %d and %d", i.number, sum, dropped[i.number], behind[i.number])
		}
	}
}

// No stretch of time carries more than the rate and what the bucket holds; and a connection that has always something to
// send gets all of its rate.
func TestBucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Int64Range(1, 1<<30).Draw(t, "rate")
		type write struct {
			at    time.Time
			bytes int
		}
		var b bucket
		var writes []write
		now := time.Unix(1_000_000, 0)
		start, busy, total := now, true, 0
		for range rapid.IntRange(1, 50).Draw(t, "frames") {
			if pause := rapid.Int64Range(0, 1e8).Draw(t, "pause"); rapid.Bool().Draw(t, "idle") && pause > 0 {
				now, busy = now.Add(time.Duration(pause)), false
			}
			for left := rapid.IntRange(1, 1<<20).Draw(t, "bytes"); left > 0 && len(writes) < 1000; {
				n, due := b.take(left, rate, now)
				if n < 1 || n > left {
					t.Fatalf("%d bytes of %d", n, left)
				}
				if now.Before(due) {
					now = due
				}
				writes, left, total = append(writes, write{now, n}), left-n, total+n
			}
		}
		held := float64(rate)*slice.Seconds() + 1
		for i := range writes {
			sum := 0
			for _, w := range writes[i:min(i+100, len(writes))] {
				sum += w.bytes
				span := w.at.Sub(writes[i].at).Seconds()
				if limit := 2*held + float64(rate)*span*1.000001; float64(sum) > limit {
					t.Fatalf("%d bytes in %v s at %d a second", sum, span, rate)
				}
			}
		}
		if took := now.Sub(start).Seconds(); busy && took > float64(total)/float64(rate)+1e-6*float64(len(writes)) {
			t.Fatalf("%d bytes took %v s at %d a second", total, took, rate)
		}
	})
}
