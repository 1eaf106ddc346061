// Package proxy stands between Kafka clients and every broker of a local cluster, where it can hold requests and
// responses back or stop them altogether, lose chosen ones, break connections and cut brokers off. It speaks enough of the
// protocol to know each frame's request, and rewrites the addresses in responses, so that a client that starts at the proxy
// stays with it. Plain text only: it cannot look into TLS, nor into the SASL of before SaslAuthenticate (KIP-152).
package proxy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// dialTimeout bounds how long a broker on this machine may take to accept a connection, or to answer the proxy's own
// request.
const dialTimeout = 10 * time.Second

// Proxy forwards between clients and the brokers of one cluster. Its methods may be called from any goroutine.
type Proxy struct {
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	work    sync.WaitGroup
	delays  atomic.Pointer[Delays]
	rules   atomic.Pointer[[]*Injection]
	rate    atomic.Int64 // bytes a second of each connection and direction; 0: any number
	gate    gate         // shut while frozen
	journal journal

	mu       sync.Mutex
	closed   bool
	thaw     func()            // nil unless frozen
	injected int               // how many rules there have been
	fronts   map[string]*front // by the broker's own host:port
	nodes    map[int32]*node   // by id
	links    map[*link]struct{}
	wrong    error // the first that Close returns
}

// front is the listener that stands for one broker address.
type front struct {
	node     *node
	addr     string // the broker's own
	listener *net.TCPListener
}

func (f *front) String() string { return fmt.Sprintf("broker %d at %s", f.node.id, f.addr) }

// Open listens on a loopback port for each broker of the cluster and forwards to it. Clients that bootstrap from
// Bootstrap never learn a broker's own address; a broker that joins the cluster later gets its listener when a response
// first speaks of it. The context bounds the opening alone. It is an error if no bootstrap address answers, and if one of
// them or a broker's advertised address is not on the loopback interface.
func Open(ctx context.Context, bootstrap []string) (*Proxy, error) {
	if err := checkLoopback(ctx, bootstrap); err != nil {
		return nil, err
	}
	brokers, err := discover(ctx, bootstrap)
	if err != nil {
		return nil, err
	}
	p := &Proxy{fronts: make(map[string]*front), nodes: make(map[int32]*node), links: make(map[*link]struct{})}
	p.delays.Store(&Delays{})
	p.rules.Store(&[]*Injection{})
	p.ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for _, b := range brokers {
		if _, err := p.stand(ctx, b.NodeID, b.Host, b.Port); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

// Bootstrap returns host:port of the listeners, in the order of their brokers' node ids.
func (p *Proxy) Bootstrap() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	fronts := make([]*front, 0, len(p.fronts))
	for _, f := range p.fronts {
		fronts = append(fronts, f)
	}
	slices.SortFunc(fronts, func(a, b *front) int { return cmp.Or(cmp.Compare(a.node.id, b.node.id), cmp.Compare(a.addr, b.addr)) })
	addrs := make([]string, len(fronts))
	for i, f := range fronts {
		addrs[i] = f.listener.Addr().String()
	}
	return addrs
}

// Freeze lets nothing pass in either direction from now on, as if every broker hung: connections stay open, new ones are
// accepted and answered after Thaw. A frame whose last hop has begun still arrives.
func (p *Proxy) Freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.thaw == nil {
		p.thaw = p.gate.hold()
	}
}

// Thaw ends a Freeze: what was held goes on its way, in order.
func (p *Proxy) Thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.thaw != nil {
		p.thaw()
		p.thaw = nil
	}
}

// Close closes listeners and connections and waits for the goroutines behind them. Its error is the first thing, if any,
// that made the proxy itself give up a connection or a listener: a broken frame, a response it could not rewrite, a broker
// that is not on this machine. Connections that clients or brokers closed are none.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	for _, f := range p.fronts {
		_ = f.listener.Close()
	}
	p.mu.Unlock()
	p.cancel()
	p.work.Wait()
	return p.wrong
}

// stand returns the listener in front of a broker's address, a new one if it was not known.
func (p *Proxy) stand(ctx context.Context, id int32, host string, port int32) (*front, error) {
	addr := hostPort(host, port)
	if f := p.known(addr); f != nil {
		return f, nil
	}
	if err := checkLoopback(ctx, []string{addr}); err != nil {
		return nil, fmt.Errorf("broker %d advertises an address the proxy may not use: %w", id, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.fronts[addr]; f != nil {
		return f, nil
	}
	if p.closed {
		return nil, net.ErrClosed
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for broker %d: %w", id, err)
	}
	f := &front{node: p.node(id), addr: addr, listener: listener.(*net.TCPListener)}
	if f.node.refuse > 0 {
		if err := deafen(f.listener); err != nil {
			return nil, errors.Join(fmt.Errorf("refusing connections for broker %d: %w", id, err), listener.Close())
		}
	}
	p.fronts[addr] = f
	p.work.Go(func() { p.accept(f) })
	return f, nil
}

func (p *Proxy) known(addr string) *front {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fronts[addr]
}

func (p *Proxy) accept(f *front) {
	defer func() { _ = f.listener.Close() }()
	for {
		client, err := f.listener.AcceptTCP()
		if errors.Is(err, syscall.EINVAL) { // it does not listen, or did not
			if (gates{&f.node.deaf}).wait(p.ctx) {
				continue
			}
			return
		}
		if err != nil {
			p.report(fmt.Errorf("accepting connections for %s: %w", f, err))
			return
		}
		p.work.Go(func() { p.connect(f, client) })
	}
}

// connect dials the broker for a client and carries frames between them until one of the two is gone.
func (p *Proxy) connect(f *front, client *net.TCPConn) {
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	l := &link{proxy: p, front: f, cancel: cancel, client: client, unanswered: make(map[int32]waiting)}
	if !p.enlist(l) {
		_ = client.SetLinger(0) // reset, which is the next to refused
		return
	}
	defer p.delist(l)
	if !l.open().wait(ctx) {
		return
	}
	upstream, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", f.addr)
	if err != nil {
		return // the client learns it as it would without a proxy: its connection is gone
	}
	defer func() { _ = upstream.Close() }()
	l.upstream = upstream.(*net.TCPConn)
	if err := l.run(ctx); err != nil {
		p.report(fmt.Errorf("between a client and %s: %w", f, err))
	}
}

// report keeps the first thing that went wrong; what Close itself causes is not wrong.
func (p *Proxy) report(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blame(err)
}

// blame is report for who holds the lock.
func (p *Proxy) blame(err error) {
	if p.wrong == nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, context.Canceled) {
		p.wrong = err
	}
}
