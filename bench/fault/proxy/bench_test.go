package proxy

import (
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// BenchmarkError measures what the proxy adds to a known delay, a request at a time: direct is the same without it.
func BenchmarkError(b *testing.B) {
	s := newStub(b, nil)
	p := openFor(b, s.addr())
	b.Run("direct", func(b *testing.B) { roundTrips(b, s.addr(), 0) })
	for _, d := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond} {
		b.Run(d.String(), func(b *testing.B) {
			p.Delay(Delays{Response: map[string]time.Duration{"Produce": d}})
			roundTrips(b, p.Bootstrap()[0], d)
		})
	}
}

func roundTrips(b *testing.B, addr string, d time.Duration) {
	c := dial(b, addr)
	frame := produce(1, 1)
	late := make([]time.Duration, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range late {
		start := time.Now()
		c.send(frame)
		c.expect(1)
		late[i] = time.Since(start) - d
	}
	b.StopTimer()
	slices.Sort(late)
	b.ReportMetric(float64(late[b.N/2])/1e3, "p50-µs")
	b.ReportMetric(float64(late[b.N*99/100])/1e3, "p99-µs")
}

// BenchmarkLarge carries frames of 1 MB, there and back.
func BenchmarkLarge(b *testing.B) {
	s := newStub(b, nil)
	c := dial(b, openFor(b, s.addr()).Bootstrap()[0])
	frame := requestFrame(unknownKey, 0, 1, make([]byte, 1<<20)...)
	b.SetBytes(int64(2 * len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		c.send(frame)
		c.expect(1)
	}
}

// BenchmarkRule measures what rules that never strike cost a round trip: none, one that asks for another kind of request,
// one that counts, one that looks into the whole request.
func BenchmarkRule(b *testing.B) {
	for _, bb := range []struct {
		name  string
		rules []Rule
	}{
		{"none", nil},
		{"other", []Rule{{Requests: []string{"Produce"}}}},
		{"counts", []Rule{{Requests: []string{"EndTxn"}}}},
		{"where", []Rule{{Requests: []string{"EndTxn"}, Where: func(kmsg.Request) bool { return true }}}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			s := newStub(b, nil)
			p := openFor(b, s.addr())
			for _, r := range bb.rules {
				inject(b, p, r)
			}
			c := dial(b, p.Bootstrap()[0])
			frame := kmsg.NewRequestFormatter().AppendRequest(nil, kmsg.NewPtrEndTxnRequest(), 1)
			b.ReportAllocs()
			for b.Loop() {
				c.send(frame)
				c.expect(1)
			}
		})
	}
}

// BenchmarkGates measures what each frame pays for being stoppable.
func BenchmarkGates(b *testing.B) {
	ctx, gs := b.Context(), gates{{}, {}, {}}
	for b.Loop() {
		if !gs.wait(ctx) {
			b.Fatal("shut")
		}
	}
}

// BenchmarkPass measures a request and its response without the network between.
func BenchmarkPass(b *testing.B) {
	l := &link{proxy: unopened(), front: &front{node: &node{}}, unanswered: make(map[int32]waiting)}
	l.proxy.Delay(Delays{})
	request, response := requestFrame(kmsg.EndTxn, 0, 1), answerFrame(1, nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.request(request); err != nil {
			b.Fatal(err)
		}
		p, err := l.response(response)
		if err != nil {
			b.Fatal(err)
		}
		l.answered(p)
	}
}
