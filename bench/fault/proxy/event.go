package proxy

import (
	"sync"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
)

// Fault is a kind of Event.
type Fault string

// What can happen to a connection, and to a broker.
const (
	LostResponse Fault = "lost response" // a rule dropped a response
	LostRequest  Fault = "lost request"  // a rule dropped a request
	WasReset     Fault = "reset"         // by Reset or Isolate, not by a rule
	WentSilent   Fault = "half-open"
	Isolated     Fault = "isolated"
	Healed       Fault = "healed" // the end of an isolation
)

// Event is a fault as it happened.
type Event struct {
	At     int64 // nanoseconds of bench/clock
	Fault  Fault
	Node   int32  // the broker's id
	Client string // the connection's last known client.id; empty where the event is a broker's

	// Of lost requests and responses alone:
	Rule        int    // 1 for the proxy's first injection
	Request     string // Kafka's name of it
	Correlation int32  // its correlation id
	Ordinal     int    // the how-manieth request that the rule applies to

	// Behind counts what else the connection lost with it: further requests where a request was dropped, the answers of
	// others where a response was or the connection was reset. It grows until the connection has ended.
	Behind int
}

// Events returns what has happened so far, in order.
func (p *Proxy) Events() []Event { return p.journal.read() }

// journal keeps events.
type journal struct {
	mu     sync.Mutex
	events []*Event
}

// add keeps an event, as of now.
func (j *journal) add(e Event) *Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.At = clock.Now()
	j.events = append(j.events, &e)
	return &e
}

// behind counts one more to an event that has been added.
func (j *journal) behind(e *Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Behind++
}

func (j *journal) read() []Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := make([]Event, len(j.events))
	for i, e := range j.events {
		all[i] = *e
	}
	return all
}
