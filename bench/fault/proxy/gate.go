package proxy

import (
	"context"
	"sync"
)

// gate is open unless shut. The zero value is open.
type gate struct {
	mu     sync.Mutex
	opened chan struct{} // closed by the next open; nil while the gate is open
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil {
		g.opened = make(chan struct{})
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened != nil {
		close(g.opened)
		g.opened = nil
	}
}

func (g *gate) state() chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened
}

// wait returns true once the gate is open, false if the context ends first.
func (g *gate) wait(ctx context.Context) bool {
	for opened := g.state(); opened != nil; opened = g.state() {
		select {
		case <-opened:
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}
