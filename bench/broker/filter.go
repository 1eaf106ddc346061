package broker

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// maxFrame is the largest request taken, Kafka's socket.request.max.bytes.
const maxFrame = 100 << 20

// frameHead is how much of a request the filter looks at: its length, API key and version.
const frameHead = 4 + 2 + 2

// minFrame is the least length a request can state: key, version and correlation id.
const minFrame = 2 + 2 + 4

// versions is a range of versions of one request, both ends inclusive.
type versions struct{ min, max int16 }

// served maps API keys to the versions an embedded broker takes.
type served map[int16]versions

// apiVersions is the key every client asks first. A version that is too new for the broker gets a proper answer
// (KIP-511), so it is not filtered.
const apiVersions = 18

// check judges a request by its head: nil lets it pass.
func (s served) check(head [frameHead]byte) *refusal {
	size := int32(binary.BigEndian.Uint32(head[:]))
	key := int16(binary.BigEndian.Uint16(head[4:]))
	version := int16(binary.BigEndian.Uint16(head[6:]))
	if size < minFrame || size > maxFrame {
		return &refusal{key: noKey, why: fmt.Sprintf("a request of %d bytes", size)}
	}
	known, ok := s[key]
	switch {
	case !ok:
		return &refusal{key: key, why: fmt.Sprintf("request key %d (%s), which it does not know", key, kmsg.NameForKey(key))}
	case key == apiVersions && version >= 0:
		return nil
	case version < known.min || version > known.max:
		return &refusal{key: key, why: fmt.Sprintf("%s version %d, of which it knows %d to %d",
			kmsg.NameForKey(key), version, known.min, known.max)}
	}
	return nil
}

// noKey stands for frames that are no request at all.
const noKey = -1

// refusal is why a connection was closed.
type refusal struct {
	key int16
	why string
}

func (r *refusal) Error() string { return "the embedded broker refuses " + r.why }

// filter stands before kfake, which panics on requests it does not know and believes any length: it closes such
// connections instead, and says so once for each key.
type filter struct {
	served atomic.Pointer[served]
	say    func(string, ...any)

	mu   sync.Mutex
	said map[int16]bool
}

// newFilter lets nothing but ApiVersions pass until learn is called.
func newFilter(say func(string, ...any)) *filter {
	f := &filter{say: say, said: make(map[int16]bool)}
	f.learn(served{apiVersions: {}})
	return f
}

func (f *filter) learn(s served) { f.served.Store(&s) }

// listen is a kfake.ListenFn.
func (f *filter) listen(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	return filteredListener{l, f}, nil
}

func (f *filter) refused(r *refusal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.said[r.key] {
		f.said[r.key] = true
		f.say("%v: connection closed", r)
	}
}

type filteredListener struct {
	net.Listener
	filter *filter
}

// Accept wraps the next connection.
func (l filteredListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &filteredConn{Conn: conn, filter: l.filter}, nil
}

// filteredConn hands on the frames its reader asks for, each after its head was judged. One goroutine reads at a time.
type filteredConn struct {
	net.Conn
	filter *filter

	head    [frameHead]byte
	pending []byte // of head, judged and not handed on yet
	body    int    // bytes of the frame behind its head, not handed on yet
}

// Read never reads beyond the frame it hands on.
func (c *filteredConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(c.pending) == 0 && c.body == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if len(c.pending) > 0 {
		n := copy(p, c.pending)
		c.pending = c.pending[n:]
		return n, nil
	}
	n, err := c.Conn.Read(p[:min(len(p), c.body)])
	c.body -= n
	return n, err
}

func (c *filteredConn) next() error {
	if _, err := io.ReadFull(c.Conn, c.head[:]); err != nil {
		return err
	}
	if refused := c.filter.served.Load().check(c.head); refused != nil {
		c.filter.refused(refused)
		_ = c.Close()
		return refused
	}
	c.pending = c.head[:]
	c.body = int(binary.BigEndian.Uint32(c.head[:])) + 4 - frameHead
	return nil
}
