package proxy

import (
	"slices"
	"sync"
)

// Reset resets (RST) the connections that clients have to these brokers, by their ids; to all of them if none is named.
// What is under way on them, in either direction, is lost. It returns how many there were.
func (p *Proxy) Reset(nodes ...int32) int {
	links := p.linked(nodes)
	for _, l := range links {
		l.reset()
	}
	return len(links)
}

// HalfOpen lets nothing pass any more on the connections that clients have to these brokers (to all of them if none is
// named), in one or in both directions, as when a box between them has forgotten them: they stay up, not even their end
// passes. New ones are not concerned. What is held goes on its way after heal, in order; without it the connections last
// until Close.
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

func (p *Proxy) delist(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}
