package broker

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"pgregory.net/rapid"
)

// wire is a connection that delivers these bytes and then ends.
type wire struct {
	net.Conn
	r      io.Reader
	closed bool
}

func (w *wire) Read(p []byte) (int, error) { return w.r.Read(p) }
func (w *wire) Close() error               { w.closed = true; return nil }

func frame(size int32, key, version int16, rest int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(size))
	b = binary.BigEndian.AppendUint16(b, uint16(key))
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	return append(b, bytes.Repeat([]byte{0xaa}, rest)...)
}

var testServed = served{0: {3, 13}, 1: {4, 18}, apiVersions: {0, 5}}

func TestFilterCheck(t *testing.T) {
	tests := []struct {
		name         string
		size         int32
		key, version int16
		refused      string
	}{
		{"the oldest version", 100, 0, 3, ""},
		{"the newest version", 100, 0, 13, ""},
		{"the smallest frame", 8, 1, 4, ""},
		{"the largest frame", 100 << 20, 1, 4, ""},
		{"ApiVersions from the future", 100, apiVersions, 99, ""},
		{"too old", 100, 0, 2, "the embedded broker refuses Produce version 2, of which it knows 3 to 13"},
		{"too new", 100, 0, 14, "the embedded broker refuses Produce version 14, of which it knows 3 to 13"},
		{"negative version", 100, 1, -1, "the embedded broker refuses Fetch version -1, of which it knows 4 to 18"},
		{"negative ApiVersions", 100, apiVersions, -1, "the embedded broker refuses ApiVersions version -1, of which it knows 0 to 5"},
		{"known to Kafka only", 100, 80, 0, "the embedded broker refuses request key 80 (AddRaftVoter), which it does not know"},
		{"known to nobody", 100, 9999, 0, "the embedded broker refuses request key 9999 (Unknown), which it does not know"},
		{"negative key", 100, -5, 0, "the embedded broker refuses request key -5 (Unknown), which it does not know"},
		{"too small", 7, 0, 3, "the embedded broker refuses a request of 7 bytes"},
		{"too large", 100<<20 + 1, 0, 3, "the embedded broker refuses a request of 104857601 bytes"},
		{"negative size", -1, 0, 3, "the embedded broker refuses a request of -1 bytes"},
	}
	for _, tt := range tests {
		refused := testServed.check([frameHead]byte(frame(tt.size, tt.key, tt.version, 0)))
		got := ""
		if refused != nil {
			got = refused.Error()
		}
		if got != tt.refused {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.refused)
		}
	}
}

func newTestFilter(say func(string, ...any)) *filter {
	f := newFilter(say)
	f.learn(testServed)
	return f
}

func TestFilterSaysEachKeyOnce(t *testing.T) {
	s := &said{t: t}
	f := newTestFilter(s.say)
	for _, key := range []int16{80, 80, 9999, 80} {
		w := &wire{r: bytes.NewReader(frame(100, key, 0, 96))}
		_, err := io.ReadAll(&filteredConn{Conn: w, filter: f})
		if r := new(refusal); !errors.As(err, &r) || r.key != key || !w.closed {
			t.Errorf("key %d: %v, closed: %v", key, err, w.closed)
		}
	}
	if len(s.lines) != 2 {
		t.Errorf("said %q, want one line for each of two keys", s.lines)
	}
}

// Before it learns better, nothing but ApiVersions passes.
func TestFilterAtFirst(t *testing.T) {
	f := newFilter(func(string, ...any) {})
	for key, want := range map[int16]bool{0: false, 1: false, 3: false, apiVersions: true} {
		_, err := io.ReadAll(&filteredConn{Conn: &wire{r: bytes.NewReader(frame(8, key, 0, 4))}, filter: f})
		if (err == nil) != want {
			t.Errorf("key %d: %v", key, err)
		}
	}
}

// Whatever pieces the frames come in and are read in, their bytes are handed on unchanged.
func TestFilterHandsOnUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sent []byte
		for range rapid.IntRange(0, 5).Draw(t, "frames") {
			rest := rapid.IntRange(4, 300).Draw(t, "rest")
			sent = append(sent, frame(int32(rest)+4, 0, 3, rest)...)
		}
		pieces := rapid.SliceOfN(rapid.IntRange(1, 70), 1, 20)
		in, out := pieces.Draw(t, "in"), pieces.Draw(t, "out")
		c := &filteredConn{Conn: &wire{r: &stutter{bytes.NewReader(sent), in, 0}}, filter: newTestFilter(nil)}
		var got []byte
		for i := 0; ; i++ {
			buf := make([]byte, out[i%len(out)])
			n, err := c.Read(buf)
			got = append(got, buf[:n]...)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, sent) {
			t.Fatalf("%d bytes came through as %d", len(sent), len(got))
		}
	})
}

// stutter reads in pieces of the given sizes.
type stutter struct {
	r      io.Reader
	pieces []int
	i      int
}

func (s *stutter) Read(p []byte) (int, error) {
	s.i++
	return s.r.Read(p[:min(len(p), s.pieces[s.i%len(s.pieces)])])
}

// FuzzFilter holds the filter's promise: what comes through is a run of frames that a broker serves, the last of
// which may be cut short, and a prefix of what was sent.
func FuzzFilter(f *testing.F) {
	f.Add(frame(8, 0, 3, 4))
	f.Add(append(frame(12, 1, 4, 8), frame(8, apiVersions, 99, 4)...))
	f.Add(append(frame(8, 0, 3, 4), frame(100, 80, 0, 96)...))
	f.Add(frame(-1, 0, 3, 0))
	f.Add(frame(1<<30, 0, 3, 50))
	f.Add([]byte{0, 0})
	f.Fuzz(func(t *testing.T, sent []byte) {
		w := &wire{r: bytes.NewReader(sent)}
		got, err := io.ReadAll(&filteredConn{Conn: w, filter: newTestFilter(func(string, ...any) {})})
		if !bytes.HasPrefix(sent, got) {
			t.Fatalf("handed on %x of %x", got, sent)
		}
		if r := new(refusal); errors.As(err, &r) != w.closed {
			t.Fatalf("closed: %v with %v", w.closed, err)
		}
		for rest := got; len(rest) > 0; {
			if len(rest) < frameHead {
				t.Fatalf("handed on a head of %d bytes", len(rest))
			}
			if refused := testServed.check([frameHead]byte(rest)); refused != nil {
				t.Fatalf("let pass: %v", refused)
			}
			rest = rest[min(len(rest), 4+int(binary.BigEndian.Uint32(rest))):]
		}
	})
}
