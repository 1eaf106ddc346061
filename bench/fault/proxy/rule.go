package proxy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Rule picks requests of clients, and loses each of them or its response.
//
// What is lost is lost with the connection, as TCP loses things: everything before it passes, nothing of the connection
// does from there on. Clients have several requests in flight, so several are lost at once: Event.Behind and
// Count.Behind say how many.
//
// A lost response is that of a request which the broker has carried out, and so are those behind it: the proxy goes on
// forwarding what it had got from the client. A client that retries sends them all again. Without idempotence that makes
// duplicates; with it the broker knows the batches by their sequence numbers, and the requests of a transaction may be
// repeated. A lost request, and those behind it, never reach the broker; what went before is answered.
type Rule struct {
	// Requests are those that the rule applies to, by Kafka's names ("Produce", "EndTxn", "InitProducerId") in upper or lower
	// case; none stands for all. A rule that drops responses never applies to Produce with acks=0, which has none.
	Requests []string
	// Node is the id of the only broker whose requests the rule applies to; nil: any broker's.
	Node *int32
	// Where decides further, on the whole request; nil: all. It is asked about one request at a time, in order, must not keep
	// the request nor call the proxy. A request whose kind or version kmsg does not know ends its connection with an error.
	Where func(kmsg.Request) bool

	Nth  []int   // of what the rule applies to, those lost: 1 for the first, over all connections in order of arrival
	Rate float64 // and the probability of each to be lost, 0 to 1
	Seed uint64  // of the chances: with the same, the same ordinals are lost

	Drop Way  // Response or Request
	Then Then // how the client learns of it
}

// Way is a direction of a connection.
type Way int

// The directions: from broker to client, from client to broker.
const (
	Response Way = iota
	Request
	Both
)

// Then is what becomes of a connection that has lost something.
type Then int

// What becomes of it. A client whose connection ends takes what it has in flight for failed, and at once tries again if it tries
// again (franz-go does not, after a Close, if the connection had answered nothing but ApiVersions: it takes that for a
// question of SASL). One whose connection stays waits for its request.timeout.ms (librdkafka: socket.timeout.ms for most
// requests), and then closes it.
const (
	Close Then = iota // it ends in good order (FIN)
	Reset             // it is reset (RST)
	Hold              // nothing: it stays up and says no more
)

// keys are the rule's kinds of request, none if it applies to all.
func (r Rule) keys() (keys []int16, err error) {
	for _, name := range r.Requests {
		key, ok := keyOf(name)
		if !ok {
			return nil, fmt.Errorf("no request of Kafka's protocol is named %q", name)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func keyOf(name string) (int16, bool) {
	for key := kmsg.Key(0); key <= kmsg.MaxKey; key++ {
		if key.Request() != nil && strings.EqualFold(key.Name(), name) {
			return key.Int16(), true
		}
	}
	return 0, false
}

// check refuses what would never, or not only, do what it says.
func (r Rule) check() error {
	switch {
	case !(r.Rate >= 0 && r.Rate <= 1):
		return fmt.Errorf("a rate of %v is no probability: it must be 0 to 1", r.Rate)
	case slices.ContainsFunc(r.Nth, func(n int) bool { return n < 1 }):
		return fmt.Errorf("requests are counted from 1, not as in %d", r.Nth)
	case r.Drop != Response && r.Drop != Request:
		return errors.New("a rule drops a response or a request")
	case r.Then < Close || r.Then > Hold:
		return errors.New("a connection is closed, reset or held")
	}
	return nil
}
