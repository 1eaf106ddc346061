package proxy

import (
	"context"
	"sync"
	"sync/atomic"
)

// gate is open unless somebody holds it shut. The zero value is open.
type gate struct {
	mu     sync.Mutex
	holds  int
	opened atomic.Pointer[chan struct{}] // closed when the last hold is released; nil while the gate is open
}

// hold shuts the gate until release, which may be called more than once.
func (g *gate) hold() (release func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.holds++; g.holds == 1 {
		g.opened.Store(new(make(chan struct{})))
	}
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.holds--; g.holds == 0 {
			close(*g.opened.Swap(nil))
		}
	})
}

// gates stand one behind the other.
type gates []*gate

// wait returns true once all gates are open at the same time, false if the context ends first.
func (gs gates) wait(ctx context.Context) bool {
	for opened := gs.shut(); opened != nil; opened = gs.shut() {
		select {
		case <-*opened:
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}

func (gs gates) shut() *chan struct{} {
	for _, g := range gs {
		if opened := g.opened.Load(); opened != nil {
			return opened
		}
	}
	return nil
}
