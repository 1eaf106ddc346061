package proxy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// addressedKeys are the requests whose responses carry addresses.
func addressedKeys() (keys []kmsg.Key) {
	for k := kmsg.Key(0); k < 200; k++ {
		if addressed(k) != nil {
			keys = append(keys, k)
		}
	}
	return keys
}

// fill puts two addresses into a response, and says how many it holds.
func fill(resp kmsg.Response, host string, port int32) int {
	switch r := resp.(type) {
	case *kmsg.MetadataResponse:
		r.Brokers = make([]kmsg.MetadataResponseBroker, 2)
	case *kmsg.DescribeClusterResponse:
		r.Brokers = make([]kmsg.DescribeClusterResponseBroker, 2)
	case *kmsg.FindCoordinatorResponse:
		r.Coordinators = make([]kmsg.FindCoordinatorResponseCoordinator, 2)
	case *kmsg.ProduceResponse:
		r.Brokers = make([]kmsg.ProduceResponseBroker, 2)
	case *kmsg.FetchResponse:
		r.Brokers = make([]kmsg.FetchResponseBroker, 2)
		r.Topics = []kmsg.FetchResponseTopic{{Partitions: []kmsg.FetchResponseTopicPartition{{RecordBatches: []byte("records")}}}}
	case *kmsg.ShareFetchResponse:
		r.NodeEndpoints = make([]kmsg.ShareFetchResponseNodeEndpoint, 2)
	case *kmsg.ShareAcknowledgeResponse:
		r.NodeEndpoints = make([]kmsg.ShareAcknowledgeResponseNodeEndpoint, 2)
	}
	n := 0
	_ = addresses(resp, func(_ int32, h *string, p *int32) error {
		*h, *p, n = host, port, n+1
		return nil
	})
	return n
}

func move(_ int32, host *string, port *int32) error {
	*host, *port = "127.0.0.1", *port+1
	return nil
}

// Every version of every response that can carry addresses comes out with others, and otherwise as it was. In versions
// that carry none, the two frames are the same.
func TestRewritesEveryVersion(t *testing.T) {
	if n := len(addressedKeys()); n != 7 {
		t.Fatalf("%d kinds of response carry addresses, want 7", n)
	}
	for _, key := range addressedKeys() {
		for version := int16(0); version <= key.Response().MaxVersion(); version++ {
			resp := key.Response()
			resp.SetVersion(version)
			req := request{key: key.Int16(), version: version, correlation: 5}
			frame := func(host string, port int32) []byte {
				fill(resp, host, port)
				return answerFrame(5, responseBody(resp))
			}
			before, nobody, want := frame("a.broker", 9092), frame("", -1), frame("127.0.0.1", 9093)
			if got, err := rewrite(before, req, move); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s version %d: %x (%v), want %x", key.Name(), version, got, err, want)
			}
			if got, err := rewrite(nobody, req, move); err != nil || &got[0] != &nobody[0] {
				t.Errorf("%s version %d: nobody's address is %x (%v), was %x", key.Name(), version, got, err, nobody)
			}
		}
	}
}

func TestRewriteSkipsHeaderTags(t *testing.T) {
	resp := kmsg.NewPtrMetadataResponse()
	resp.Version = 9
	frame := func(host string, port int32) []byte {
		fill(resp, host, port)
		return answerFrame(5, resp.AppendTo([]byte{1, 42, 3, 'a', 'b', 'c'})) // one tag of three bytes
	}
	before, want := frame("a.broker", 1), frame("127.0.0.1", 2)
	got, err := rewrite(before, request{key: resp.Key(), version: 9}, move)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%x (%v), want %x", got, err, want)
	}
}

func TestParseRequest(t *testing.T) {
	id := "client"
	formatter := kmsg.NewRequestFormatter(kmsg.FormatterClientID(id))
	for key := kmsg.Key(0); key < 100; key++ {
		req := key.Request()
		if req == nil || key == kmsg.ControlledShutdown {
			continue
		}
		for version := int16(0); version <= req.MaxVersion(); version++ {
			for _, acks := range []int16{-1, 0, 1} {
				req.SetVersion(version)
				if p, ok := req.(*kmsg.ProduceRequest); ok {
					p.Acks, p.TransactionID = acks, &id
				}
				want := request{key: key.Int16(), version: version, correlation: 77, client: id, answered: key != kmsg.Produce || acks != 0}
				if got, err := parseRequest(formatter.AppendRequest(nil, req, 77)); err != nil || got != want {
					t.Errorf("%s version %d: %+v (%v), want %+v", key.Name(), version, got, err, want)
				}
			}
		}
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add(answerFrame(1, []byte("body")))
	f.Add(append(answerFrame(1, nil), 0, 0))
	f.Add([]byte{0x16, 3, 1, 2})
	f.Fuzz(func(t *testing.T, in []byte) {
		const limit = 1 << 10
		r := bytes.NewReader(in)
		var out []byte
		for {
			frame, err := readFrame(r, limit)
			if err != nil {
				if !errors.Is(err, errFrame) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatal(err)
				}
				break
			}
			n := binary.BigEndian.Uint32(frame)
			if n < minFrame || n > limit || int(n) != len(frame)-sizeBytes {
				t.Fatalf("a frame of %d bytes states %d", len(frame), n)
			}
			out = append(out, frame...)
		}
		if !bytes.HasPrefix(in, out) {
			t.Fatalf("read %x of %x", out, in)
		}
	})
}

// What the header says is what the frame says, for every frame that has one.
func FuzzParseRequest(f *testing.F) {
	f.Add(produce(1, 0)[sizeBytes:])
	f.Add(requestFrame(kmsg.Produce, 9, 1, 0, 0, 0, 1)[sizeBytes:])
	f.Add(requestFrame(kmsg.Produce, 9, 1, 0xff, 0xff, 0xff, 0xff, 0xf)[sizeBytes:])
	f.Add(requestFrame(kmsg.Fetch, 3, 1)[sizeBytes:])
	f.Add([]byte{0, 1, 2})
	f.Fuzz(func(t *testing.T, in []byte) {
		frame := append(make([]byte, sizeBytes), in...)
		req, err := parseRequest(frame)
		if err != nil {
			if !errors.Is(err, errFrame) {
				t.Fatal(err)
			}
			return
		}
		head := binary.BigEndian.AppendUint16(nil, uint16(req.key))
		head = binary.BigEndian.AppendUint16(head, uint16(req.version))
		head = binary.BigEndian.AppendUint32(head, uint32(req.correlation))
		if !bytes.HasPrefix(in, head) || !bytes.Contains(in[len(head):], []byte(req.client)) {
			t.Fatalf("%x is taken for %+v", in, req)
		}
		if !req.answered && req.key != kmsg.Produce.Int16() {
			t.Fatalf("%s has no response", req)
		}
	})
}

// Any bytes as the body of a response: they come through as they are, come through with every address replaced, or are
// refused. Flexible versions are left to the next one: kmsg believes a body's tag count, however large.
func FuzzRewrite(f *testing.F) {
	keys := append(addressedKeys(), kmsg.ApiVersions)
	for i, key := range keys {
		for version := range int16(3) {
			resp := key.Response()
			resp.SetVersion(version)
			fill(resp, "a.broker", 9092)
			f.Add(byte(i), version, responseBody(resp))
		}
	}
	f.Fuzz(func(t *testing.T, i byte, version int16, body []byte) {
		key := keys[int(i)%len(keys)]
		req := request{key: key.Int16(), version: version}
		resp := key.Response()
		if resp.SetVersion(version); resp.IsFlexible() {
			return
		}
		in := answerFrame(1, body)
		out, err := rewrite(slices.Clone(in), req, move)
		if err != nil || bytes.Equal(in, out) {
			return
		}
		if int(binary.BigEndian.Uint32(out)) != len(out)-sizeBytes {
			t.Fatalf("a frame of %d bytes states %d", len(out), binary.BigEndian.Uint32(out))
		}
		again, err := rewrite(slices.Clone(out), req, func(_ int32, host *string, _ *int32) error {
			if *host != "127.0.0.1" {
				t.Fatalf("%s is left", *host)
			}
			return nil
		})
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("cannot read its own %x: %v", out, err)
		}
	})
}

// Any address in any version, behind any header tag.
func FuzzRewriteAddress(f *testing.F) {
	keys := addressedKeys()
	for i := range keys {
		f.Add(byte(i), byte(12), "a.broker", int32(9092), []byte("tag"))
		f.Add(byte(i), byte(0), "", int32(-1), []byte{})
	}
	f.Fuzz(func(t *testing.T, i, v byte, host string, port int32, tag []byte) {
		key := keys[int(i)%len(keys)]
		resp := key.Response()
		version := int16(v) % (resp.MaxVersion() + 1)
		resp.SetVersion(version)
		if len(host) > 1000 || len(tag) > 1000 || port == math.MaxInt32 {
			return
		}
		frame := func(host string, port int32) []byte {
			var rest []byte
			if resp.IsFlexible() {
				rest = append(binary.AppendUvarint([]byte{1, 9}, uint64(len(tag))), tag...)
			}
			fill(resp, host, port)
			return answerFrame(1, resp.AppendTo(rest))
		}
		in := frame(host, port)
		want := in
		if host != "" && port >= 0 {
			want = frame("127.0.0.1", port+1)
		}
		got, err := rewrite(in, request{key: key.Int16(), version: version}, move)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s version %d: %x (%v), want %x", key.Name(), version, got, err, want)
		}
	})
}
