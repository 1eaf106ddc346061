package proxy

import (
	"fmt"
	"net"
	"sync"
)

// Isolation is how a broker is cut off. The zero value is a network that loses everything: connections stay up, new ones
// are accepted, nothing passes.
type Isolation struct {
	Reset  bool // connections that there are, are reset
	Refuse bool // new ones are refused, as where nobody listens (where that cannot be had, outside Linux, they are reset at once)
}

// Isolate cuts a broker off from all clients, whatever its address, now or later. What connections had sent before, and
// was not reset, goes on its way after heal. A broker that is isolated several times is so until all are healed.
func (p *Proxy) Isolate(broker int32, how Isolation) (heal func()) {
	p.mu.Lock()
	n := p.node(broker)
	release := n.gate.hold()
	hear := func() {}
	if how.Refuse {
		hear = p.refuse(n)
	}
	p.mu.Unlock()
	p.journal.add(Event{Fault: Isolated, Node: broker})
	if how.Reset {
		p.Reset(broker)
	}
	return sync.OnceFunc(func() {
		p.mu.Lock()
		hear()
		p.mu.Unlock()
		p.journal.add(Event{Fault: Healed, Node: broker})
		release()
	})
}

// node is one broker.
type node struct {
	id     int32
	gate   gate // shut while the broker is isolated
	deaf   gate // shut while its listeners do not listen
	refuse int  // how many isolations want that
}

// node returns what is known of a broker. The caller holds the lock.
func (p *Proxy) node(id int32) *node {
	n := p.nodes[id]
	if n == nil {
		n = &node{id: id}
		p.nodes[id] = n
	}
	return n
}

// refuse lets a broker's listeners refuse connections until hear. The caller of both holds the lock.
func (p *Proxy) refuse(n *node) (hear func()) {
	release := n.deaf.hold()
	if n.refuse++; n.refuse == 1 {
		p.listeners(n, deafen)
	}
	return func() {
		if n.refuse--; n.refuse == 0 {
			p.listeners(n, listen)
		}
		release()
	}
}

// listeners does something to each of a broker's.
func (p *Proxy) listeners(n *node, do func(*net.TCPListener) error) {
	for _, f := range p.fronts {
		if f.node != n {
			continue
		}
		if err := do(f.listener); err != nil {
			_ = f.listener.Close()
			p.blame(fmt.Errorf("refusing connections for %s, or no longer: %w", f, err))
		}
	}
}
