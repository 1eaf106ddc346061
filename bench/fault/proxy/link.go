package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// readBuffer lets a run of small frames be read at once; larger reads go past it.
const readBuffer = 16 << 10

// link is one client's connection and the one to its broker.
type link struct {
	proxy            *Proxy
	front            *front
	cancel           context.CancelFunc // ends run
	client, upstream *net.TCPConn
	silent           [2]gate // by way: shut while the connection is half-open

	mu         sync.Mutex
	unanswered map[int32]waiting // by correlation id
	lastClient string            // the client.id of the last of them

	// What the connection was lost to: requests are read no further than deaf, responses than mute. Each is of the goroutine
	// that reads those.
	deaf, mute *strike
	owed       atomic.Int64           // answers that the client still waits for
	last       atomic.Pointer[strike] // to be told to the client when it is owed none
}

// waiting is a request without an answer.
type waiting struct {
	request
	struck *strike // what its answer will be lost to; nil: nothing
}

func (l *link) clientID() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lastClient
}

// open are the gates that both ways, and a new connection, have to pass.
func (l *link) open() gates { return gates{&l.proxy.gate, &l.front.node.gate} }

// request lets one request of the client pass: all of them come through here, with the parsed header.
func (l *link) request(frame []byte) (passage, error) {
	arrived := time.Now()
	req, err := parseRequest(frame)
	if err != nil {
		return passage{}, fmt.Errorf("a request the proxy cannot read: %w", err)
	}
	if l.deaf != nil {
		l.deaf.behind(req)
		return passage{}, nil
	}
	struck, err := l.proxy.judge(l.front.node.id, req, frame)
	if err != nil {
		return passage{}, err
	}
	p := passage{frame: frame, due: arrived.Add(hold(l.proxy.delays.Load().Request, req.key))}
	if struck.drops(Request) {
		l.deaf = struck
		struck.land(l.front.node.id, req)
		return passage{due: p.due, end: struck}, nil
	}
	if req.answered {
		l.owed.Add(1)
		l.mu.Lock()
		l.unanswered[req.correlation] = waiting{req, struck}
		l.lastClient = req.client
		l.mu.Unlock()
	}
	return p, nil
}

// response lets one response of the broker pass, beside the request it answers: all of them come through here.
func (l *link) response(frame []byte) (passage, error) {
	arrived := time.Now()
	correlation, err := parseResponse(frame)
	if err != nil {
		return passage{}, fmt.Errorf("a response the proxy cannot read: %w", err)
	}
	l.mu.Lock()
	req, ok := l.unanswered[correlation]
	delete(l.unanswered, correlation)
	l.mu.Unlock()
	if !ok {
		return passage{}, fmt.Errorf("a response with correlation id %d, which no request under way has", correlation)
	}
	due := arrived.Add(hold(l.proxy.delays.Load().Response, req.key))
	if req.struck != nil || l.mute != nil {
		return l.lose(req, due), nil
	}
	frame, err = rewrite(frame, req.request, func(node int32, host *string, port *int32) error {
		f, err := l.proxy.stand(l.proxy.ctx, node, *host, *port)
		if err != nil {
			return err
		}
		at := f.listener.Addr().(*net.TCPAddr)
		*host, *port = at.IP.String(), int32(at.Port)
		return nil
	})
	if err != nil {
		return passage{}, fmt.Errorf("the response to %s: %w", req, err)
	}
	return passage{frame: frame, due: due}, nil
}

// lose drops a request's response. What the connection was lost to first decides what the client sees.
func (l *link) lose(req waiting, due time.Time) passage {
	if req.struck == nil {
		l.mute.behind(req.request)
		return passage{}
	}
	req.struck.land(l.front.node.id, req.request)
	if l.mute != nil {
		return passage{}
	}
	l.mute = req.struck
	return passage{due: due, end: req.struck}
}

// forwarded follows each request on its way. In place of a lost one the client loses its connection as soon as it has
// the answers of all before.
func (l *link) forwarded(p passage) {
	if p.end == nil {
		return
	}
	l.last.Store(p.end)
	if l.owed.Load() == 0 {
		l.cut(l.last.Swap(nil))
	}
}

// answered follows each response on its way.
func (l *link) answered(p passage) {
	if p.end != nil {
		l.cut(p.end)
	} else if l.owed.Add(-1) == 0 {
		l.cut(l.last.Swap(nil))
	}
}

// cut ends the client's connection. What it has sent is still read and, unless the requests were lost, carried out: then the
// broker closes its side.
func (l *link) cut(s *strike) {
	if s == nil {
		return
	}
	switch s.by.rule.Then {
	case Close:
		_ = l.client.CloseWrite()
		_ = l.client.CloseRead()
	case Reset:
		_ = l.client.SetLinger(0)
		_ = l.client.Close()
	case Hold:
	}
}

// reset ends the link at once.
func (l *link) reset() {
	l.proxy.journal.add(Event{Fault: WasReset, Node: l.front.node.id, Client: l.clientID(), Behind: int(l.owed.Load())})
	_ = l.client.SetLinger(0)
	l.cancel()
}

// run carries frames both ways until a side is gone. Its error is the proxy's own reason to end, nil if a side closed.
func (l *link) run(ctx context.Context) error {
	requests, err := l.direction(Request, l.client, l.upstream, l.request, l.forwarded)
	if err != nil {
		return err
	}
	defer requests.alarm.close()
	responses, err := l.direction(Response, l.upstream, l.client, l.response, l.answered)
	if err != nil {
		return err
	}
	defer responses.alarm.close()

	stop := context.AfterFunc(ctx, func() {
		for _, d := range []*direction{requests, responses} {
			d.line.stop()
			d.alarm.interrupt()
			_ = d.from.Close()
		}
	})
	var work sync.WaitGroup
	var broken [2]error
	for i, d := range []*direction{requests, responses} {
		work.Go(func() {
			if broken[i] = d.fill(); broken[i] != nil {
				l.cancel()
			}
		})
	}
	work.Go(func() {
		if !requests.drain(ctx) {
			l.cancel()
			return
		}
		_ = l.upstream.CloseWrite() // the broker still reads what is under way, and closes its side then
	})
	work.Go(func() {
		responses.drain(ctx)
		l.cancel()
	})
	work.Wait()
	stop()
	if l.mute != nil { // what was never answered is lost as well
		for _, req := range l.unanswered {
			l.mute.behind(req.request)
		}
	}
	return errors.Join(broken[:]...)
}

// direction is one half of a link.
type direction struct {
	from, to *net.TCPConn
	pass     func(frame []byte) (passage, error)
	passed   func(passage)
	gates    gates
	rate     *atomic.Int64
	bucket   bucket
	line     *line
	alarm    *alarm
}

func (l *link) direction(way Way, from, to *net.TCPConn, pass func([]byte) (passage, error), passed func(passage)) (*direction, error) {
	a, err := newAlarm()
	if err != nil {
		return nil, err
	}
	return &direction{
		from: from, to: to, pass: pass, passed: passed, gates: append(l.open(), &l.silent[way]), rate: &l.proxy.rate,
		line: newLine(), alarm: a,
	}, nil
}

// fill reads frames until their sender is gone; an error says what was wrong with one of them.
func (d *direction) fill() error {
	defer d.line.end()
	r := bufio.NewReaderSize(d.from, readBuffer)
	for {
		frame, err := readFrame(r, maxFrame)
		if errors.Is(err, errFrame) {
			return err
		}
		if err != nil {
			return nil // the sender is gone, which is not the proxy's doing
		}
		p, err := d.pass(frame)
		if err != nil {
			return err
		}
		if p.frame == nil && p.end == nil {
			continue // lost with an earlier one
		}
		if !d.line.push(p) {
			return nil
		}
	}
}

// drain writes frames when they are due, and answers true after the last that their sender sent.
func (d *direction) drain(ctx context.Context) bool {
	for {
		p, more := d.line.pop()
		if more && d.alarm.until(p.due) != nil {
			return false
		}
		if !more {
			return d.gates.wait(ctx)
		}
		if !d.write(ctx, p.frame) {
			return false
		}
		d.passed(p)
	}
}
