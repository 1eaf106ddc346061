package proxy

import (
	"maps"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Delays are added to the way of each request to its broker and of each response back, by Kafka's name of the request
// ("Produce", "EndTxn": kmsg.Key.Name); "" stands for every request without an entry of its own.
//
// A delay is latency, not a rate: each frame is held that long from the moment it had arrived, however many are under
// way on its connection. They keep their order there, so that one with a shorter delay waits behind an earlier one.
type Delays struct{ Request, Response map[string]time.Duration }

// Delay replaces the delays of what arrives from now on; the zero value removes them.
func (p *Proxy) Delay(d Delays) {
	p.delays.Store(&Delays{Request: maps.Clone(d.Request), Response: maps.Clone(d.Response)})
}

// hold picks a request's delay from one direction's.
func hold(delays map[string]time.Duration, key int16) time.Duration {
	if len(delays) == 0 {
		return 0
	}
	if d, ok := delays[kmsg.NameForKey(key)]; ok {
		return d
	}
	return delays[""]
}
