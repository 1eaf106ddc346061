package proxy

import (
	"fmt"
	"net"
	"slices"
	"sync"
)

// Reset resets (RST) the connections that clients have to these brokers, by their ids; to all of them if none is named. What is
// under way on them, in either direction, is lost. It returns how many there were.
func (p *Proxy) Reset(nodes ...int32) int {
	links := p.linked(nodes)
	for _, l := range links {
		l.reset()
	}
	return len(links)
}

// HalfOpen lets nothing pass any more on the connections that clients have to these brokers (to all of them if none is named), in one or in
// both directions, as when a box between them has forgotten them: they stay up, not even their end passes. New ones are not
// concerned. What is held goes on its way after heal, in order; without it the connections last until Close.
func (p *Proxy) HalfOpen(way Way, nodes ...int32) (heal func()) {
	var releases []func()
	for _, l := range p.linked(nodes) {
		for _, w := range []Way{Response, Request} {
			if way == w || way == Both {
				releases = append(releases, l.silent[w].hold())
			}
		}
		p.journal.add(Event{Fault: WentSilent, Node: l.front.node.id, Client: l.clientID()})
	}
	return sync.OnceFunc(func() {
		for _, release := range releases {
			release()
		}
	})
}

// linked are the connections there are to brokers; to all, if none is named.
func (p *Proxy) linked(nodes []int32) []*link {
	p.mu.Lock()
	defer p.mu.Unlock()
	var links []*link
	for l := range p.links {
		if len(nodes) == 0 || slices.Contains(nodes, l.front.node.id) {
			links = append(links, l)
		}
	}
	return links
}

// Isolation is how a broker is cut off. The zero value is a network that loses everything: connections stay up, new ones
// are accepted, nothing passes.
type Isolation struct {
	Reset  bool // connections that there are, are reset
	Refuse bool // new ones are refused, as where nobody listens
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

// enlist notes a connection, false if its broker refuses any.
func (p *Proxy) enlist(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.front.node.refuse > 0 {
		return false
	}
	p.links[l] = struct{}{}
	return true
}

func (p *Proxy) strikeOff(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}
