package proxy

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
)

// eventually waits for what other goroutines are about to bring about.
func eventually(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("never: %s", what)
		}
	}
}

// arrived are the correlation ids of the requests that reached a broker behind the proxy's own.
func (s *stub) arrived() []int32 {
	var all []int32
	for _, req := range s.requests()[1:] {
		all = append(all, req.correlation)
	}
	return all
}

func (s *stub) expect(correlations ...int32) {
	s.tb.Helper()
	eventually(s.tb, "the requests reach the broker", func() bool { return len(s.arrived()) >= len(correlations) })
	if got := s.arrived(); !slices.Equal(got, correlations) {
		s.tb.Errorf("requests %v reached the broker, want %v", got, correlations)
	}
}

// ends reads the end of a connection, and nothing before it.
func (w *wire) ends(how error) {
	w.tb.Helper()
	_ = w.SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := w.Read(make([]byte, 1)); n != 0 || !errors.Is(err, how) {
		w.tb.Errorf("read %d bytes, %v, want %v", n, err, how)
	}
}

// assertEvents compares all but the times, which must be between two readings.
func assertEvents(tb testing.TB, p *Proxy, since int64, want ...Event) {
	tb.Helper()
	got := p.Events()
	last := since
	for i := range got {
		if got[i].At < last || got[i].At > clock.Now() {
			tb.Errorf("event %d happened at %d, between %d and %d", i, got[i].At, last, clock.Now())
		}
		last, got[i].At = got[i].At, 0
	}
	if !slices.Equal(got, want) {
		tb.Errorf("events %+v\n\twant %+v", got, want)
	}
}

// flight is five requests that a client sends without waiting, of which the second is to be lost.
func flight() []byte {
	return bytes.Join([][]byte{
		requestFrame(kmsg.EndTxn, 0, 1), requestFrame(kmsg.EndTxn, 0, 2), produce(3, 1), produce(4, 0), requestFrame(kmsg.EndTxn, 0, 5),
	}, nil)
}

// What is before the lost one passes, what is behind it is lost as well: a response behind its back, or a request unseen.
func TestLost(t *testing.T) {
	all := []int32{1, 2, 3, 4, 5}
	tests := []struct {
		name    string
		drop    Way
		then    Then
		arrived []int32
		fault   Fault
		behind  int
		counts  map[string]Count
	}{
		{"response, closed", Response, Close, all, LostResponse, 2,
			map[string]Count{"EndTxn": {Matched: 3, Forwarded: 3, Dropped: 1, Behind: 1}, "Produce": {Behind: 1}}},
		{"response, reset", Response, Reset, all, LostResponse, 2,
			map[string]Count{"EndTxn": {Matched: 3, Forwarded: 3, Dropped: 1, Behind: 1}, "Produce": {Behind: 1}}},
		{"response, held", Response, Hold, all, LostResponse, 2,
			map[string]Count{"EndTxn": {Matched: 3, Forwarded: 3, Dropped: 1, Behind: 1}, "Produce": {Behind: 1}}},
		{"request, closed", Request, Close, []int32{1}, LostRequest, 3,
			map[string]Count{"EndTxn": {Matched: 2, Forwarded: 1, Dropped: 1, Behind: 1}, "Produce": {Behind: 2}}},
		{"request, reset", Request, Reset, []int32{1}, LostRequest, 3,
			map[string]Count{"EndTxn": {Matched: 2, Forwarded: 1, Dropped: 1, Behind: 1}, "Produce": {Behind: 2}}},
		{"request, held", Request, Hold, []int32{1}, LostRequest, 3,
			map[string]Count{"EndTxn": {Matched: 2, Forwarded: 1, Dropped: 1, Behind: 1}, "Produce": {Behind: 2}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, nil)
			p := openFor(t, s.addr())
			i := inject(t, p, Rule{Requests: []string{"EndTxn"}, Nth: []int{2}, Drop: tt.drop, Then: tt.then})
			since := clock.Now()
			c := dial(t, p.Bootstrap()[0])
			c.send(flight())
			c.expect(1)
			switch tt.then {
			case Close:
				c.ends(io.EOF)
			case Reset:
				c.ends(syscall.ECONNRESET)
			case Hold:
				c.silent()
			}
			s.expect(tt.arrived...)
			eventually(t, "all that are behind are counted", func() bool { return p.Events()[0].Behind == tt.behind })
			assertEvents(t, p, since, Event{
				Fault: tt.fault, Rule: 1, Request: "EndTxn", Correlation: 2, Ordinal: 2, Behind: tt.behind,
			})
			if got := i.Counts(); !reflect.DeepEqual(got, tt.counts) {
				t.Errorf("%+v, want %+v", got, tt.counts)
			}
			again := dial(t, p.Bootstrap()[0]) // a connection of its own is none of it
			again.send(requestFrame(kmsg.EndTxn, 0, 6))
			again.expect(6)
		})
	}
}

// A connection that is held goes on taking requests, and says no more.
func TestHeld(t *testing.T) {
	for drop, arrived := range map[Way][]int32{Response: {1, 2}, Request: {}} {
		s := newStub(t, nil)
		p := openFor(t, s.addr())
		inject(t, p, Rule{Nth: []int{1}, Drop: drop, Then: Hold})
		c := dial(t, p.Bootstrap()[0])
		c.send(produce(1, 1))
		c.silent()
		c.send(produce(2, 1))
		c.silent()
		eventually(t, "the second is counted", func() bool { return p.Events()[0].Behind == 1 })
		if got := s.arrived(); !slices.Equal(got, arrived) {
			t.Errorf("requests %v reached the broker, want %v", got, arrived)
		}
		c.Close()
		eventually(t, "the link has ended", func() bool { return len(p.linked(nil)) == 0 })
	}
}

// What was under way before a lost request takes its time, and arrives.
func TestLostBehindDelays(t *testing.T) {
	const d = 100 * time.Millisecond
	every := map[string]time.Duration{"": d}
	tests := []struct {
		name    string
		drop    Way
		delays  Delays
		arrived []int32
	}{
		{"request, requests delayed", Request, Delays{Request: every}, []int32{1, 2}},
		{"request, responses delayed", Request, Delays{Response: every}, []int32{1, 2}},
		{"response, requests delayed", Response, Delays{Request: every}, []int32{1, 2, 3}},
		{"response, responses delayed", Response, Delays{Response: every}, []int32{1, 2, 3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, nil)
			p := openFor(t, s.addr())
			p.Delay(tt.delays)
			inject(t, p, Rule{Requests: []string{"EndTxn"}, Nth: []int{1}, Drop: tt.drop})
			c := dial(t, p.Bootstrap()[0])
			start := time.Now()
			c.send(bytes.Join([][]byte{produce(1, 0), produce(2, 1), requestFrame(kmsg.EndTxn, 0, 3)}, nil))
			c.expect(2)
			c.ends(io.EOF)
			if took := time.Since(start); took < d {
				t.Errorf("the end came after %v, before what is delayed by %v", took, d)
			}
			s.expect(tt.arrived...)
		})
	}
}

// A client that sends without waiting for answers loses what follows, and is asked for nothing.
func TestLostUnacknowledged(t *testing.T) {
	s := newStub(t, nil)
	p := openFor(t, s.addr())
	responses := inject(t, p, Rule{Requests: []string{"Produce"}, Rate: 1})
	requests := inject(t, p, Rule{Requests: []string{"Produce"}, Nth: []int{3}, Drop: Request})
	c := dial(t, p.Bootstrap()[0])
	c.send(bytes.Join([][]byte{produce(1, 0), produce(2, 0), produce(3, 0), produce(4, 0)}, nil))
	c.ends(io.EOF)
	s.expect(1, 2)
	if got := responses.Counts(); len(got) != 0 {
		t.Errorf("of responses there are not, %+v are counted", got)
	}
	if got, want := requests.Counts()["Produce"], (Count{Matched: 3, Forwarded: 2, Dropped: 1, Behind: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Each of several lost ones is an event of its own, on whatever connection.
func TestLostTogether(t *testing.T) {
	s := newStub(t, nil)
	p := openFor(t, s.addr())
	i := inject(t, p, Rule{Requests: []string{"EndTxn"}, Nth: []int{2, 3, 4}})
	since := clock.Now()
	c := dial(t, p.Bootstrap()[0])
	c.send(flight()) // EndTxn 1, 2, 5: the second and the third
	c.expect(1)
	c.ends(io.EOF)
	eventually(t, "both are lost", func() bool { return len(p.Events()) == 2 })
	c = dial(t, p.Bootstrap()[0])
	c.send(requestFrame(kmsg.EndTxn, 0, 9, 0))
	c.ends(io.EOF)
	assertEvents(t, p, since,
		Event{Fault: LostResponse, Rule: 1, Request: "EndTxn", Correlation: 2, Ordinal: 2, Behind: 1},
		Event{Fault: LostResponse, Rule: 1, Request: "EndTxn", Correlation: 5, Ordinal: 3},
		Event{Fault: LostResponse, Rule: 1, Request: "EndTxn", Correlation: 9, Ordinal: 4})
	want := map[string]Count{"EndTxn": {Matched: 4, Forwarded: 4, Dropped: 3}, "Produce": {Behind: 1}}
	if got := i.Counts(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// The first loss decides what the client sees: the request that is lost behind a response that is changes nothing.
func TestLostTwice(t *testing.T) {
	answer := make(chan struct{})
	s := newStub(t, func(req request, _ []byte) [][]byte {
		if req.key == kmsg.EndTxn.Int16() {
			<-answer
		}
		return nil
	})
	p := openFor(t, s.addr())
	inject(t, p, Rule{Requests: []string{"EndTxn"}, Rate: 1, Then: Hold})
	inject(t, p, Rule{Requests: []string{"Produce"}, Rate: 1, Drop: Request, Then: Close})
	c := dial(t, p.Bootstrap()[0])
	c.send(requestFrame(kmsg.EndTxn, 0, 1), produce(2, 1))
	eventually(t, "the request is lost", func() bool { return len(p.Events()) == 1 })
	close(answer)
	eventually(t, "the response is lost", func() bool { return len(p.Events()) == 2 })
	c.silent()
	s.expect(1)
}

// What a broker never answers, for the connection's end, is lost with the response before it.
func TestLostUnanswered(t *testing.T) {
	s := newStub(t, func(req request, _ []byte) [][]byte {
		if req.key == kmsg.Produce.Int16() {
			return [][]byte{} // never
		}
		return nil
	})
	p := openFor(t, s.addr())
	i := inject(t, p, Rule{Requests: []string{"EndTxn"}, Nth: []int{2}})
	c := dial(t, p.Bootstrap()[0])
	c.send(flight())
	c.expect(1)
	c.ends(io.EOF)
	eventually(t, "the link has ended", func() bool { return len(p.linked(nil)) == 0 })
	if got, want := p.Events()[0].Behind, 2; got != want {
		t.Errorf("%d are behind, want %d", got, want)
	}
	if got, want := i.Counts()["Produce"], (Count{Behind: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// A rule that is removed leaves requests alone, but for those under way.
func TestRemove(t *testing.T) {
	answer := make(chan struct{})
	s := newStub(t, nil)
	p := openFor(t, s.addr())
	s.answer = func(request, []byte) [][]byte {
		<-answer
		return nil
	}
	i := inject(t, p, Rule{Rate: 1})
	c := dial(t, p.Bootstrap()[0])
	c.send(produce(1, 1))
	s.expect(1)
	i.Remove()
	close(answer)
	c.ends(io.EOF)
	c = dial(t, p.Bootstrap()[0])
	c.send(produce(2, 1))
	c.expect(2)
}

// The client's name is known, and the broker's id.
func TestEventsTellWhere(t *testing.T) {
	s := newStub(t, nil)
	p := openFor(t, s.addr())
	inject(t, p, Rule{Nth: []int{1}})
	since := clock.Now()
	c := dial(t, p.Bootstrap()[0])
	c.send(kmsg.NewRequestFormatter(kmsg.FormatterClientID("producer-1")).AppendRequest(nil, kmsg.NewPtrEndTxnRequest(), 8))
	c.ends(io.EOF)
	assertEvents(t, p, since, Event{Fault: LostResponse, Client: "producer-1", Rule: 1, Request: "EndTxn", Correlation: 8, Ordinal: 1})
}

// A request that a rule cannot look into ends its connection, and is told of.
func TestWhereCannotRead(t *testing.T) {
	s := newStub(t, nil)
	p, err := Open(t.Context(), []string{s.addr()})
	if err != nil {
		t.Fatal(err)
	}
	inject(t, p, Rule{Where: func(kmsg.Request) bool { return true }})
	c := dial(t, p.Bootstrap()[0])
	c.send(requestFrame(kmsg.EndTxn, 0, 1)) // without a body
	c.gone()
	if err := p.Close(); err == nil || !strings.Contains(err.Error(), `a rule wants to look into EndTxn version 0 of client "": `) {
		t.Errorf("%v", err)
	}
}
