package proxy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// maxFrame is the largest frame taken: Kafka's socket.request.max.bytes and librdkafka's receive.message.max.bytes.
const maxFrame = 100 << 20

// sizeBytes is the length of a frame's own length.
const sizeBytes = 4

// minFrame is the least a frame can hold: a response's correlation id.
const minFrame = 4

// errFrame marks what is no Kafka frame.
var errFrame = errors.New("not a frame of Kafka's protocol")

// readFrame reads the next frame, its length included. An error that is not errFrame is the reader's.
func readFrame(r io.Reader, limit int32) ([]byte, error) {
	var size [sizeBytes]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := int32(binary.BigEndian.Uint32(size[:]))
	if n < minFrame || n > limit {
		return nil, fmt.Errorf("%w: it states a length of %d bytes, of at most %d (is the connection encrypted?)", errFrame, n, limit)
	}
	frame := make([]byte, sizeBytes+int(n))
	copy(frame, size[:])
	_, err := io.ReadFull(r, frame[sizeBytes:])
	return frame, err
}

// request is the header of a request.
type request struct {
	key, version int16
	correlation  int32
	client       string // its client.id
	answered     bool   // not so for Produce with acks=0
}

func (r request) String() string {
	return fmt.Sprintf("%s version %d of client %q", kmsg.NameForKey(r.key), r.version, r.client)
}

// parseRequest reads a request's header (versions 1 and 2, which differ by tags at the end), and of Produce as much of the
// body as says whether there will be a response.
func parseRequest(frame []byte) (request, error) {
	b := kbin.Reader{Src: frame[sizeBytes:]}
	req := request{key: b.Int16(), version: b.Int16(), correlation: b.Int32(), answered: true}
	if client := b.NullableString(); client != nil {
		req.client = *client
	}
	if req.key == kmsg.Produce.Int16() {
		produce := kmsg.ProduceRequest{Version: req.version}
		flexible := produce.IsFlexible()
		if flexible {
			skipTags(&b)
		}
		switch { // the transactional id
		case flexible:
			b.CompactNullableString()
		case req.version >= 3:
			b.NullableString()
		}
		req.answered = b.Int16() != 0 // acks
	}
	if !b.Ok() {
		return request{}, fmt.Errorf("%w: %s ends within its header", errFrame, kmsg.NameForKey(req.key))
	}
	return req, nil
}

// parseBody reads the whole of a request whose header has been read.
func parseBody(frame []byte, req request) (kmsg.Request, error) {
	body := kmsg.RequestForKey(req.key)
	if body == nil || req.version > body.MaxVersion() {
		return nil, errors.New("the proxy does not know this version")
	}
	body.SetVersion(req.version)
	b := kbin.Reader{Src: frame[sizeBytes+8:]}
	b.NullableString() // the client id
	if body.IsFlexible() {
		skipTags(&b)
	}
	if !b.Ok() {
		return nil, fmt.Errorf("%w: it ends within its header", errFrame)
	}
	if err := body.ReadFrom(b.Src); err != nil {
		return nil, err
	}
	return body, nil
}

// parseResponse reads what every response begins with.
func parseResponse(frame []byte) (correlation int32, err error) {
	b := kbin.Reader{Src: frame[sizeBytes:]}
	correlation = b.Int32()
	if !b.Ok() {
		return 0, fmt.Errorf("%w: a response of %d bytes", errFrame, len(frame)-sizeBytes)
	}
	return correlation, nil
}

// skipTags passes over a header's tags (KIP-482). kmsg's own would believe any number of them.
func skipTags(b *kbin.Reader) {
	for n := b.Uvarint(); n > 0 && b.Ok(); n-- {
		b.Uvarint()
		b.Span(int(b.Uvarint()))
	}
}
