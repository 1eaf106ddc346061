package proxy

import (
	"net"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
)

// pair is a cluster of two brokers, and a proxy before it.
func pair(t *testing.T) (brokers [2]*stub, p *Proxy) {
	t.Helper()
	for i := range brokers {
		brokers[i] = newStub(t, func(req request, _ []byte) [][]byte {
			if req.key == kmsg.Metadata.Int16() {
				return [][]byte{metadata(req, brokers[0].listener.Addr(), brokers[1].listener.Addr())}
			}
			return nil
		})
	}
	return brokers, openFor(t, brokers[0].addr())
}

// met is a connection that has got an answer.
func met(tb testing.TB, addr string) *wire {
	tb.Helper()
	c := dial(tb, addr)
	c.send(produce(100, 1))
	c.expect(100)
	return c
}

// settled waits until the proxy knows that all answers were passed on: a client may have one an instant earlier.
func settled(tb testing.TB, p *Proxy) {
	tb.Helper()
	owed := func() (n int64) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for l := range p.links {
			n += l.owed.Load()
		}
		return n
	}
	for began := time.Now(); owed() > 0; time.Sleep(time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			tb.Fatalf("%d answers are owed", owed())
		}
	}
}

func TestReset(t *testing.T) {
	answer := make(chan struct{})
	brokers, p := pair(t)
	addrs := p.Bootstrap()
	idle, asking, other := met(t, addrs[0]), met(t, addrs[0]), met(t, addrs[1])
	settled(t, p)
	brokers[0].answer = func(request, []byte) [][]byte {
		<-answer
		return nil
	}
	asking.send(requestFrame(kmsg.EndTxn, 0, 1), produce(2, 0))
	eventually(t, "the request is under way", func() bool { return len(brokers[0].requests()) == 4 })
	since := clock.Now()
	if n := p.Reset(0); n != 2 {
		t.Errorf("%d connections are reset, want 2", n)
	}
	close(answer)
	idle.ends(syscall.ECONNRESET)
	asking.ends(syscall.ECONNRESET)
	other.send(produce(3, 1))
	other.expect(3)
	events := p.Events()
	slices.SortFunc(events, func(a, b Event) int { return a.Behind - b.Behind })
	for i, want := range []Event{{Fault: WasReset}, {Fault: WasReset, Behind: 1}} {
		if events[i].At < since {
			t.Errorf("event %d happened before", i)
		}
		if events[i].At = 0; events[i] != want {
			t.Errorf("event %+v, want %+v", events[i], want)
		}
	}
	if n := p.Reset(7); n != 0 {
		t.Errorf("%d connections to nobody are reset", n)
	}
	met(t, addrs[0])
	eventually(t, "the links have ended", func() bool { return len(p.linked([]int32{0})) == 1 })
	if n := p.Reset(); n != 2 {
		t.Errorf("%d connections are reset, want 2", n)
	}
	other.ends(syscall.ECONNRESET)
}

func TestHalfOpen(t *testing.T) {
	tests := []struct {
		name              string
		way               Way
		request, response bool // passes
	}{
		{"responses", Response, true, false},
		{"requests", Request, false, true},
		{"both", Both, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			answer := make(chan struct{})
			brokers, p := pair(t)
			addrs := p.Bootstrap()
			asked, asking, ended, other := met(t, addrs[0]), met(t, addrs[0]), met(t, addrs[0]), met(t, addrs[1])
			brokers[0].answer = func(req request, _ []byte) [][]byte {
				if req.correlation == 1 {
					<-answer
				}
				return nil
			}
			asked.send(produce(1, 1))
			eventually(t, "the request is under way", func() bool { return len(brokers[0].requests()) == 5 })
			since := clock.Now()
			heal := p.HalfOpen(tt.way, 0)
			gone := Event{Fault: WentSilent}
			assertEvents(t, p, since, gone, gone, gone)
			close(answer)
			asking.send(produce(2, 1))
			ended.Close()
			if tt.response {
				asked.expect(1)
			} else {
				asked.silent()
			}
			asking.silent() // without its request or its response
			if n := len(brokers[0].requests()); (n == 6) != tt.request {
				t.Errorf("%d requests reached the broker", n)
			}
			fresh := met(t, addrs[0])
			other.send(produce(3, 1))
			other.expect(3)
			heal()
			heal()
			if !tt.response {
				asked.expect(1)
			}
			asking.expect(2)
			for _, c := range []*wire{asked, asking, fresh} {
				c.send(produce(4, 1))
				c.expect(4)
			}
			eventually(t, "the link whose client has gone has ended", func() bool { return len(p.linked([]int32{0})) == 3 })
		})
	}
}

// refused holds that nobody listens.
func refused(tb testing.TB, addr string) {
	tb.Helper()
	conn, err := net.Dial("tcp", addr)
	if runtime.GOOS == "linux" {
		if err == nil {
			conn.Close()
			tb.Error("a connection is accepted")
		}
	} else if err == nil {
		(&wire{tb, conn}).gone()
		conn.Close()
	}
}

func TestIsolate(t *testing.T) {
	for _, how := range []Isolation{{}, {Reset: true}, {Refuse: true}, {Reset: true, Refuse: true}} {
		name := "silent"
		if how.Reset {
			name = "reset"
		}
		if how.Refuse {
			name += ", refused"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, p := pair(t)
			addrs := p.Bootstrap()
			old, other := met(t, addrs[1]), met(t, addrs[0])
			settled(t, p)
			since := clock.Now()
			heal := p.Isolate(1, how)
			if how.Reset {
				old.ends(syscall.ECONNRESET)
			} else {
				old.send(produce(1, 1))
				old.silent()
			}
			var fresh *wire
			if how.Refuse {
				for range 3 {
					refused(t, addrs[1])
				}
			} else {
				fresh = dial(t, addrs[1])
				fresh.send(produce(2, 1))
				fresh.silent()
			}
			other.send(produce(3, 1))
			other.expect(3)
			met(t, addrs[0])
			heal()
			heal()
			if !how.Reset {
				old.expect(1)
			}
			if !how.Refuse {
				fresh.expect(2)
			}
			met(t, addrs[1])
			want := []Event{{Fault: Isolated, Node: 1}}
			if how.Reset {
				want = append(want, Event{Fault: WasReset, Node: 1})
			}
			assertEvents(t, p, since, append(want, Event{Fault: Healed, Node: 1})...)
		})
	}
}

// A broker is isolated until the last isolation has been healed, in whatever order.
func TestIsolateTwice(t *testing.T) {
	_, p := pair(t)
	addrs := p.Bootstrap()
	c := met(t, addrs[1])
	var heal []func()
	for _, how := range []Isolation{{Refuse: true}, {}, {Refuse: true}} {
		heal = append(heal, p.Isolate(1, how))
	}
	c.send(produce(1, 1))
	refused(t, addrs[1])
	heal[0]()
	heal[0]()
	refused(t, addrs[1])
	heal[2]()
	fresh := dial(t, addrs[1])
	fresh.send(produce(2, 1))
	fresh.silent()
	c.silent()
	heal[1]()
	c.expect(1)
	fresh.expect(2)
	met(t, addrs[1])
}

// Whoever refuses and listens in a hurry still listens at the end.
func TestIsolateInAHurry(t *testing.T) {
	_, p := pair(t)
	for range 200 {
		p.Isolate(0, Isolation{Reset: true, Refuse: true})()
	}
	met(t, p.Bootstrap()[0])
}

// A broker that comes back at another address, or joins, is isolated as its id is.
func TestIsolateUnknown(t *testing.T) {
	first, second := newStub(t, nil), newStub(t, nil)
	p := openFor(t, first.addr())
	heal := p.Isolate(1, Isolation{Refuse: true})
	first.answer = func(req request, _ []byte) [][]byte {
		return [][]byte{metadata(req, first.listener.Addr(), second.listener.Addr())}
	}
	c := dial(t, p.Bootstrap()[0])
	c.send(requestFrame(kmsg.Metadata, 9, 1))
	c.expect(1)
	if n := len(p.Bootstrap()); n != 2 {
		t.Fatalf("%d listeners, want 2", n)
	}
	refused(t, p.Bootstrap()[1])
	heal()
	met(t, p.Bootstrap()[1])
}

func TestThrottle(t *testing.T) {
	const rate, size = 400_000, 100_000 // a quarter of a second
	s := newStub(t, nil)
	p := openFor(t, s.addr())
	c := dial(t, p.Bootstrap()[0])
	big := requestFrame(unknownKey, 0, 1, make([]byte, size)...)
	p.Throttle(rate)
	start := time.Now()
	c.send(big)
	eventually(t, "the request arrives", func() bool { return len(s.arrived()) == 1 })
	if took := time.Since(start); took < size*time.Second/rate-2*slice {
		t.Errorf("the request took %v, at %d bytes a second", took, rate)
	}
	c.expect(1)
	if took := time.Since(start); took < 2*size*time.Second/rate-3*slice {
		t.Errorf("request and response took %v, at %d bytes a second", took, rate)
	}
	other := dial(t, p.Bootstrap()[0]) // has a rate of its own
	p.Throttle(1)                      // what is under way would take more than a day
	c.send(big)
	other.send(big)
	c.silent()
	if n := len(s.arrived()); n != 1 {
		t.Errorf("%d requests reached the broker, want 1", n)
	}
	p.Throttle(0)
	c.expect(1)
	other.expect(1)
}

// Close ends whatever state connections and listeners are in.
func TestCloseEndsFaults(t *testing.T) {
	s := newStub(t, nil)
	p, err := Open(t.Context(), []string{s.addr()})
	if err != nil {
		t.Fatal(err)
	}
	addr := p.Bootstrap()[0]
	heldRequest := inject(t, p, Rule{Requests: []string{"EndTxn"}, Rate: 1, Drop: Request, Then: Hold})
	held := met(t, addr)
	held.send(requestFrame(kmsg.EndTxn, 0, 1))
	eventually(t, "the request is lost", func() bool { return len(p.Events()) == 1 })
	heldRequest.Remove()
	inject(t, p, Rule{Requests: []string{"EndTxn"}, Rate: 1, Then: Hold})
	mute := met(t, addr)
	mute.send(requestFrame(kmsg.EndTxn, 0, 1))
	eventually(t, "the response is lost", func() bool { return len(p.Events()) == 2 })
	p.HalfOpen(Both)
	p.Throttle(1)
	slow := dial(t, addr)
	slow.send(produce(1, 1))
	heal := p.Isolate(0, Isolation{Refuse: true})
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	held.gone()
	mute.gone()
	slow.gone()
	heal() // of what is no more
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	p.Reset()
	p.HalfOpen(Both)()
	p.Isolate(0, Isolation{Reset: true, Refuse: true})()
	if _, err := p.Inject(Rule{}); err != nil {
		t.Error(err)
	}
}

// A connection that is accepted at the moment its broker begins to refuse is reset.
func TestRefusesTheAccepted(t *testing.T) {
	s := newStub(t, nil)
	p := openFor(t, s.addr())
	near, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	c := dial(t, near.Addr().String())
	accepted, err := near.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Isolate(0, Isolation{Refuse: true})()
	p.connect(p.known(s.addr()), accepted.(*net.TCPConn))
	c.ends(syscall.ECONNRESET)
	if n := len(p.linked(nil)); n != 0 {
		t.Errorf("%d links", n)
	}
}
