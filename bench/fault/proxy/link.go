package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// readBuffer lets a run of small frames be read at once; larger reads go past it.
const readBuffer = 16 << 10

// link is one client's connection and the one to its broker.
type link struct {
	proxy            *Proxy
	front            *front
	client, upstream *net.TCPConn

	mu         sync.Mutex
	unanswered map[int32]request // by correlation id
}

// request lets one request of the client pass: all of them come through here, with the parsed header.
func (l *link) request(frame []byte) (passage, error) {
	arrived := time.Now()
	req, err := parseRequest(frame)
	if err != nil {
		return passage{}, fmt.Errorf("a request the proxy cannot read: %w", err)
	}
	if req.answered {
		l.mu.Lock()
		l.unanswered[req.correlation] = req
		l.mu.Unlock()
	}
	return passage{frame, arrived.Add(hold(l.proxy.delays.Load().Request, req.key))}, nil
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
	frame, err = rewrite(frame, req, func(node int32, host *string, port *int32) error {
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
	return passage{frame, arrived.Add(hold(l.proxy.delays.Load().Response, req.key))}, nil
}

// run carries frames both ways until a side is gone. Its error is the proxy's own reason to end, nil if a side closed.
func (l *link) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	requests, err := newDirection(l.client, l.upstream, l.request)
	if err != nil {
		return err
	}
	defer requests.alarm.close()
	responses, err := newDirection(l.upstream, l.client, l.response)
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
				cancel()
			}
		})
	}
	work.Go(func() {
		if !requests.drain(ctx, &l.proxy.gate) {
			cancel()
			return
		}
		_ = l.upstream.CloseWrite() // the broker still reads what is under way, and closes its side then
	})
	work.Go(func() {
		responses.drain(ctx, &l.proxy.gate)
		cancel()
	})
	work.Wait()
	stop()
	return errors.Join(broken[:]...)
}

// direction is one half of a link.
type direction struct {
	from, to *net.TCPConn
	pass     func(frame []byte) (passage, error)
	line     *line
	alarm    *alarm
}

func newDirection(from, to *net.TCPConn, pass func([]byte) (passage, error)) (*direction, error) {
	a, err := newAlarm()
	if err != nil {
		return nil, err
	}
	return &direction{from: from, to: to, pass: pass, line: newLine(), alarm: a}, nil
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
		if !d.line.push(p) {
			return nil
		}
	}
}

// drain writes frames when they are due, and answers true after the last that their sender sent.
func (d *direction) drain(ctx context.Context, g *gate) bool {
	for {
		p, more := d.line.pop()
		if more && d.alarm.until(p.due) != nil {
			return false
		}
		if !g.wait(ctx) {
			return false
		}
		if !more {
			return true
		}
		if _, err := d.to.Write(p.frame); err != nil {
			return false
		}
	}
}
