package proxy

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// openFor opens a proxy that is closed, without complaint, at the test's end.
func openFor(tb testing.TB, bootstrap ...string) *Proxy {
	tb.Helper()
	p, err := Open(tb.Context(), bootstrap)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := p.Close(); err != nil {
			tb.Error(err)
		}
	})
	return p
}

// stub is a broker that says what a test wants it to say.
type stub struct {
	tb       testing.TB
	listener net.Listener
	// answer is given a request's frame and returns response frames; nil: metadata with the stub alone in it for Metadata
	// requests, an echo of the body for others.
	answer func(req request, frame []byte) [][]byte

	mu    sync.Mutex
	conns []net.Conn
	seen  []request
	work  sync.WaitGroup
}

func newStub(tb testing.TB, answer func(request, []byte) [][]byte) *stub {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	s := &stub{tb: tb, listener: l, answer: answer}
	s.work.Go(s.serve)
	tb.Cleanup(s.close)
	return s
}

func (s *stub) addr() string { return s.listener.Addr().String() }

func (s *stub) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.mu.Unlock()
		s.work.Go(func() { s.talk(conn) })
	}
}

func (s *stub) talk(conn net.Conn) {
	defer conn.Close()
	for {
		frame, err := readFrame(conn, maxFrame)
		if err != nil {
			return
		}
		req, err := parseRequest(frame)
		if err != nil {
			s.tb.Error(err)
			return
		}
		s.mu.Lock()
		s.seen = append(s.seen, req)
		s.mu.Unlock()
		var answers [][]byte
		if s.answer != nil {
			answers = s.answer(req, frame)
		}
		if answers == nil && req.answered {
			answers = [][]byte{s.usual(req, frame)}
		}
		for _, a := range answers {
			if _, err := conn.Write(a); err != nil {
				return
			}
		}
	}
}

func (s *stub) usual(req request, frame []byte) []byte {
	if req.key == kmsg.Metadata.Int16() {
		return metadata(req, s.listener.Addr())
	}
	return answerFrame(req.correlation, frame[sizeBytes+8:])
}

func (s *stub) requests() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.seen...)
}

// hangUp closes the connections, not the listener.
func (s *stub) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Close()
	}
}

func (s *stub) close() {
	s.listener.Close()
	s.hangUp()
	s.work.Wait()
}

// metadata is a response in which node n listens at the n-th address.
func metadata(req request, addrs ...net.Addr) []byte {
	m := kmsg.NewPtrMetadataResponse()
	m.Version = req.version
	for i, a := range addrs {
		at := a.(*net.TCPAddr)
		m.Brokers = append(m.Brokers, kmsg.MetadataResponseBroker{NodeID: int32(i), Host: at.IP.String(), Port: int32(at.Port)})
	}
	return answerFrame(req.correlation, responseBody(m))
}

// responseBody is a response's body and the header tags before it.
func responseBody(resp kmsg.Response) []byte {
	var body []byte
	if resp.IsFlexible() && resp.Key() != kmsg.ApiVersions.Int16() {
		body = append(body, 0)
	}
	return resp.AppendTo(body)
}

func answerFrame(correlation int32, rest []byte) []byte {
	frame := binary.BigEndian.AppendUint32(nil, uint32(4+len(rest)))
	frame = binary.BigEndian.AppendUint32(frame, uint32(correlation))
	return append(frame, rest...)
}

func requestFrame(key kmsg.Key, version int16, correlation int32, body ...byte) []byte {
	frame := binary.BigEndian.AppendUint32(nil, uint32(10+len(body)))
	frame = binary.BigEndian.AppendUint16(frame, uint16(key))
	frame = binary.BigEndian.AppendUint16(frame, uint16(version))
	frame = binary.BigEndian.AppendUint32(frame, uint32(correlation))
	frame = append(frame, 0xff, 0xff) // no client id
	return append(frame, body...)
}

// produce is the beginning of a Produce request in version 3, which is all a stub needs.
func produce(correlation int32, acks byte) []byte {
	return requestFrame(kmsg.Produce, 3, correlation, 0xff, 0xff, acks, acks)
}

// wire is a client that writes and reads frames.
type wire struct {
	tb testing.TB
	net.Conn
}

func dial(tb testing.TB, addr string) *wire {
	tb.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	return &wire{tb, conn}
}

func (w *wire) send(frames ...[]byte) {
	w.tb.Helper()
	for _, f := range frames {
		if _, err := w.Write(f); err != nil {
			w.tb.Fatal(err)
		}
	}
}

// receive returns the next frame's correlation id and what follows it.
func (w *wire) receive() (int32, []byte) {
	w.tb.Helper()
	_ = w.SetReadDeadline(time.Now().Add(20 * time.Second))
	frame, err := readFrame(w, maxFrame)
	if err != nil {
		w.tb.Fatal(err)
	}
	return int32(binary.BigEndian.Uint32(frame[sizeBytes:])), frame[sizeBytes+4:]
}

func (w *wire) expect(correlations ...int32) {
	w.tb.Helper()
	for _, want := range correlations {
		if got, _ := w.receive(); got != want {
			w.tb.Fatalf("correlation id %d, want %d", got, want)
		}
	}
}

// silent reports what arrives within a tenth of a second.
func (w *wire) silent() {
	w.tb.Helper()
	_ = w.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := w.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		w.tb.Errorf("read %d bytes, %v", n, err)
	}
}

// gone waits for the other side to close the connection.
func (w *wire) gone() {
	w.tb.Helper()
	_ = w.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.ReadAll(w); errors.Is(err, os.ErrDeadlineExceeded) {
		w.tb.Error("the connection stays open")
	}
}

func within(tb testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	tb.Cleanup(cancel)
	return ctx
}
