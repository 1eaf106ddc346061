package proxy

import (
	"bytes"
	"encoding/binary"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const unknownKey = kmsg.Key(9999)

func TestUnknownRequestsPassUnchanged(t *testing.T) {
	s := newStub(t, nil)
	c := dial(t, openFor(t, s.addr()).Bootstrap()[0])
	body := bytes.Repeat([]byte("any body at all"), 100_000)
	c.send(requestFrame(unknownKey, 7, 3, body...))
	correlation, got := c.receive()
	if correlation != 3 || !bytes.Equal(got, append([]byte{0xff, 0xff}, body...)) {
		t.Errorf("correlation id %d, %d bytes", correlation, len(got))
	}
}

func TestDelay(t *testing.T) {
	const d = 200 * time.Millisecond
	named := map[string]time.Duration{"Produce": d}
	all := map[string]time.Duration{"": d}
	tests := []struct {
		name            string
		delays          Delays
		produce, others bool // held
	}{
		{"none", Delays{}, false, false},
		{"a request by name", Delays{Request: named}, true, false},
		{"a response by name", Delays{Response: named}, true, false},
		{"every request", Delays{Request: all}, true, true},
		{"every response", Delays{Response: all}, true, true},
		{"every request but one", Delays{Request: map[string]time.Duration{"": d, "Produce": 0}}, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, nil)
			p := openFor(t, s.addr())
			c := dial(t, p.Bootstrap()[0])
			p.Delay(tt.delays)
			for frame, held := range map[string]bool{string(produce(1, 1)): tt.produce, string(requestFrame(unknownKey, 0, 1)): tt.others} {
				start := time.Now()
				c.send([]byte(frame))
				c.expect(1)
				if took := time.Since(start); (took >= d) != held {
					t.Errorf("took %v, held: %v", took, held)
				}
			}
			p.Delay(Delays{})
			start := time.Now()
			c.send(produce(1, 1))
			c.expect(1)
			if took := time.Since(start); took >= d {
				t.Errorf("took %v without delays", took)
			}
		})
	}
}

// Five requests in flight take about as long as one, in either direction.
func TestDelayIsLatency(t *testing.T) {
	const d = 300 * time.Millisecond
	every := map[string]time.Duration{"": d}
	for name, delays := range map[string]Delays{"requests": {Request: every}, "responses": {Response: every}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t, nil)
			p := openFor(t, s.addr())
			p.Delay(delays)
			c := dial(t, p.Bootstrap()[0])
			sent := make([]time.Time, 5)
			for i := range sent {
				sent[i] = time.Now()
				c.send(produce(int32(i), 1))
				time.Sleep(d / 20)
			}
			for i := range sent {
				c.expect(int32(i))
				if took := time.Since(sent[i]); took < d {
					t.Errorf("request %d took %v, less than %v", i, took, d)
				}
			}
			if took := time.Since(sent[0]); took > 3*d {
				t.Errorf("five requests took %v: one after the other", took)
			}
		})
	}
}

func TestDelayKeepsOrder(t *testing.T) {
	s := newStub(t, nil)
	p := openFor(t, s.addr())
	p.Delay(Delays{Request: map[string]time.Duration{"Produce": 100 * time.Millisecond}})
	c := dial(t, p.Bootstrap()[0])
	c.send(produce(1, 1), requestFrame(unknownKey, 0, 2), produce(3, 1))
	c.expect(1, 2, 3)
	other := dial(t, p.Bootstrap()[0])
	c.send(produce(4, 1))
	other.send(requestFrame(unknownKey, 0, 5)) // its own connection: nothing to wait behind
	other.expect(5)
	c.expect(4)
	var order []int32
	for _, req := range s.requests()[1:] { // behind the proxy's own
		order = append(order, req.correlation)
	}
	if want := []int32{1, 2, 3, 5, 4}; !slices.Equal(order, want) {
		t.Errorf("they arrived as %v, want %v", order, want)
	}
}

func TestFreeze(t *testing.T) {
	answer, answered := make(chan struct{}), make(chan struct{})
	s := newStub(t, func(req request, _ []byte) [][]byte {
		if req.correlation == 2 {
			<-answer
			defer close(answered)
		}
		return nil
	})
	p := openFor(t, s.addr())
	asked := dial(t, p.Bootstrap()[0]) // its answer is under way
	asked.send(requestFrame(unknownKey, 0, 1))
	asked.expect(1)
	asked.send(requestFrame(unknownKey, 0, 2))
	for len(s.requests()) < 3 {
		time.Sleep(time.Millisecond)
	}
	asking := dial(t, p.Bootstrap()[0]) // its request will be
	asking.send(requestFrame(unknownKey, 0, 3))
	asking.expect(3)

	p.Freeze()
	p.Freeze()
	close(answer)
	<-answered
	asking.send(requestFrame(unknownKey, 0, 4))
	fresh := dial(t, p.Bootstrap()[0])
	fresh.send(requestFrame(unknownKey, 0, 5))
	for _, c := range []*wire{asked, asking, fresh} {
		c.silent()
	}
	if n := len(s.requests()); n != 4 {
		t.Errorf("%d requests reached the broker, want 4", n)
	}
	p.Thaw()
	p.Thaw()
	asked.expect(2)
	asking.expect(4)
	fresh.expect(5)
}

// A broker that hangs up while the proxy is frozen is not missed before the thaw.
func TestFreezeHoldsTheEnd(t *testing.T) {
	s := newStub(t, nil)
	p := openFor(t, s.addr())
	c := dial(t, p.Bootstrap()[0])
	c.send(requestFrame(unknownKey, 0, 1))
	c.expect(1)
	p.Freeze()
	s.hangUp()
	c.silent()
	p.Thaw()
	c.gone()
}

func TestCloseEndsWhatIsHeld(t *testing.T) {
	s := newStub(t, nil)
	p, err := Open(t.Context(), []string{s.addr()})
	if err != nil {
		t.Fatal(err)
	}
	p.Delay(Delays{Request: map[string]time.Duration{"": time.Hour}})
	held := dial(t, p.Bootstrap()[0])
	held.send(produce(1, 1))
	time.Sleep(10 * time.Millisecond)
	p.Freeze()
	frozen := dial(t, p.Bootstrap()[0])
	frozen.send(produce(1, 1))
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	held.gone()
	frozen.gone()
	if _, err := net.Dial("tcp", p.Bootstrap()[0]); err == nil {
		t.Error("still listening")
	}
}

// Produce with acks=0 has no response: the next request's must not be taken for it.
func TestResponsesBelongToTheirRequests(t *testing.T) {
	s := newStub(t, nil)
	p := openFor(t, s.addr())
	c := dial(t, p.Bootstrap()[0])
	for i := range int32(10) {
		c.send(produce(2*i, 0), requestFrame(kmsg.Metadata, 9, 2*i+1))
	}
	for i := range int32(10) {
		correlation, body := c.receive()
		m := kmsg.MetadataResponse{Version: 9}
		if err := m.ReadFrom(body[1:]); err != nil || correlation != 2*i+1 {
			t.Fatalf("correlation id %d: %v", correlation, err)
		}
		if got := hostPort(m.Brokers[0].Host, m.Brokers[0].Port); got != p.Bootstrap()[0] {
			t.Errorf("the broker is at %s, want %s", got, p.Bootstrap()[0])
		}
	}
	if n := len(s.requests()); n != 21 {
		t.Errorf("%d requests reached the broker, want 21", n)
	}
}

// The answer of one request tells how to read it, whatever order answers come in.
func TestResponsesOutOfOrder(t *testing.T) {
	var first []byte
	s := newStub(t, nil)
	s.answer = func(req request, _ []byte) [][]byte {
		switch req.correlation {
		case 1:
			first = metadata(req, s.listener.Addr())
			return [][]byte{} // later
		case 2:
			return [][]byte{metadata(req, s.listener.Addr()), first}
		}
		return nil
	}
	p := openFor(t, s.addr())
	c := dial(t, p.Bootstrap()[0])
	c.send(requestFrame(kmsg.Metadata, 12, 1), requestFrame(kmsg.Metadata, 2, 2))
	c.expect(2, 1)
}

func TestClosesWithTheBroker(t *testing.T) {
	s := newStub(t, nil)
	p := openFor(t, s.addr())
	c := dial(t, p.Bootstrap()[0])
	c.send(requestFrame(unknownKey, 0, 1))
	c.expect(1)
	s.hangUp()
	c.gone()
	s.close()
	dial(t, p.Bootstrap()[0]).gone() // refused
}

// What a client sent before it closed still reaches the broker, late as it may be.
func TestForwardsWhatAClientLeaves(t *testing.T) {
	s := newStub(t, nil)
	p := openFor(t, s.addr())
	p.Delay(Delays{Request: map[string]time.Duration{"": 50 * time.Millisecond}})
	c := dial(t, p.Bootstrap()[0])
	c.send(produce(1, 0), produce(2, 0))
	c.Close()
	half := dial(t, p.Bootstrap()[0])
	half.send(produce(3, 1))
	if err := half.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	half.expect(3)
	half.gone()
	for deadline := time.Now().Add(20 * time.Second); len(s.requests()) < 4; {
		if time.Now().After(deadline) {
			t.Fatal("they never arrived")
		}
		time.Sleep(time.Millisecond)
	}
}

// Whatever makes the proxy itself give a connection up is kept for Close.
func TestCloseTellsWhatWasWrong(t *testing.T) {
	tests := []struct {
		name   string
		send   []byte
		answer []byte
		want   string
	}{
		{"TLS", []byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3}, nil, "of at most 104857600 (is the connection encrypted?)"},
		{"a negative length", []byte{0xff, 0xff, 0xff, 0xff}, nil, "it states a length of -1 bytes"},
		{"half a header", []byte{0, 0, 0, 6, 0, 18, 0, 3, 0, 0}, nil, "ApiVersions ends within its header"},
		{"half a Produce", requestFrame(kmsg.Produce, 3, 1), nil, "Produce ends within its header"},
		{"a stray response", requestFrame(unknownKey, 0, 1), answerFrame(2, nil), "correlation id 2, which no request under way has"},
		{"a broken response", requestFrame(kmsg.Metadata, 9, 1), answerFrame(1, []byte{0, 1}), `the response to Metadata version 9 of client "": response did not contain enough data`},
		{"a version from the future", requestFrame(kmsg.Metadata, 99, 1), answerFrame(1, []byte{0}), "the proxy knows versions up to 13 only"},
		{"a broker elsewhere", requestFrame(kmsg.Metadata, 1, 1),
			metadata(request{version: 1, correlation: 1}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9092}),
			`broker address "192.0.2.1:9092" is 192.0.2.1, not a loopback address`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStub(t, nil)
			p, err := Open(t.Context(), []string{s.addr()})
			if err != nil {
				t.Fatal(err)
			}
			s.answer = func(request, []byte) [][]byte { return [][]byte{tt.answer} }
			c := dial(t, p.Bootstrap()[0])
			c.send(tt.send)
			c.gone()
			err = p.Close()
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "broker 0 at "+s.addr()) {
				t.Errorf("%v, want it to say %q", err, tt.want)
			}
		})
	}
}

func TestNarrowsApiVersions(t *testing.T) {
	offered := kmsg.NewPtrApiVersionsResponse()
	for _, key := range []kmsg.Key{kmsg.Produce, kmsg.Fetch, kmsg.EndTxn, kmsg.ApiVersions, unknownKey} {
		offered.ApiKeys = append(offered.ApiKeys, kmsg.ApiVersionsResponseApiKey{ApiKey: key.Int16(), MaxVersion: 99})
	}
	unsupported := kmsg.NewPtrApiVersionsResponse()
	unsupported.ErrorCode = kerr.UnsupportedVersion.Code
	var refusal []byte
	s := newStub(t, nil)
	s.answer = func(req request, _ []byte) [][]byte {
		if req.key != kmsg.ApiVersions.Int16() {
			return nil
		}
		if req.version > 4 {
			refusal = unsupported.AppendTo(nil)
			return [][]byte{answerFrame(req.correlation, refusal)}
		}
		offered.Version = req.version
		return [][]byte{answerFrame(req.correlation, offered.AppendTo(nil))}
	}
	c := dial(t, openFor(t, s.addr()).Bootstrap()[0])
	for version := range int16(5) {
		c.send(requestFrame(kmsg.ApiVersions, version, 1))
		_, body := c.receive()
		got := kmsg.ApiVersionsResponse{Version: version}
		if err := got.ReadFrom(body); err != nil {
			t.Fatal(err)
		}
		var newest []int16
		for _, k := range got.ApiKeys {
			newest = append(newest, k.MaxVersion)
		}
		want := []int16{(*kmsg.ProduceResponse)(nil).MaxVersion(), (*kmsg.FetchResponse)(nil).MaxVersion(), 99, offered.MaxVersion(), 99}
		if !slices.Equal(newest, want) {
			t.Errorf("version %d: offers %v, want %v", version, newest, want)
		}
	}
	c.send(requestFrame(kmsg.ApiVersions, 99, 2))
	if _, body := c.receive(); !bytes.Equal(body, refusal) {
		t.Errorf("the refusal is %x, want %x", body, refusal)
	}
}

// Beyond its bound a direction is read no further, and goes on when there is room again.
func TestLineIsBounded(t *testing.T) {
	l := newLine()
	big := passage{frame: make([]byte, lineBytes)}
	if !l.push(big) {
		t.Fatal("stopped")
	}
	pushed := make(chan bool)
	go func() {
		binary.BigEndian.PutUint32(big.frame, 7)
		pushed <- l.push(passage{frame: big.frame[:4]})
	}()
	select {
	case <-pushed:
		t.Fatal("pushed into a full line")
	case <-time.After(20 * time.Millisecond):
	}
	if p, ok := l.pop(); !ok || len(p.frame) != lineBytes {
		t.Fatal("the first frame is not the first")
	}
	if !<-pushed {
		t.Fatal("stopped")
	}
	l.end()
	if p, ok := l.pop(); !ok || len(p.frame) != 4 {
		t.Fatal("the end came before the last frame")
	}
	if _, ok := l.pop(); ok {
		t.Fatal("a frame after the end")
	}
	l.stop()
	if l.push(big) {
		t.Fatal("pushed into a line that has been stopped")
	}
}
