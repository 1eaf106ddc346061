// Package pace fixes when each record is due before the run starts (an open loop: nothing that happens later moves
// an intended time) and waits for those instants.
package pace

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Schedule gives the due times of one producer's records, in nanoseconds after the schedule's start. They never
// decrease and never end. A Schedule is not safe for concurrent use.
type Schedule interface {
	Next() int64
}

// New returns the share of the workload's schedule that falls to a producer, numbered from 0: of the constant, burst
// and ramp shapes every w.Producers-th record, so that together the producers send exactly the schedule of one; of
// poisson an independent process at its share of the rate, which adds up to one of the whole rate. The same workload and
// producer give the same schedule. Span is warm-up and window together, over which a ramp climbs. At Rate.Max
// nothing is due at any time: asking for a schedule is a programming error and panics.
func New(w workload.Workload, producer int, span time.Duration) Schedule {
	if w.Rate.Max || w.Rate.PerSecond <= 0 {
		panic("pace: a load without a rate has no schedule")
	}
	turn := turns{next: uint64(producer), step: uint64(w.Producers)}
	even := newUniform(w.Rate.PerSecond)
	switch w.Arrival {
	case workload.Poisson:
		return &poisson{
			rng:  rand.New(rand.NewPCG(w.Seed, uint64(producer))),
			mean: 1e9 * float64(w.Producers) / w.Rate.PerSecond,
		}
	case workload.Burst:
		return &burst{turn, even}
	case workload.Ramp:
		return &ramp{turn, w.Rate.PerSecond, span.Seconds()}
	}
	return &constant{turn, even}
}

// turns numbers one producer's records among those of all.
type turns struct{ next, step uint64 }

func (t *turns) take() uint64 {
	n := t.next
	t.next += t.step
	return n
}

// uniform places records evenly, to the nanosecond and without drift however long the run.
type uniform struct{ perSecondE6 uint64 } // the rate in records per 10⁶ seconds: exact for six decimals

func newUniform(perSecond float64) uniform {
	return uniform{max(uint64(math.Round(perSecond*1e6)), 1)}
}

// due returns ⌊n·10⁹ ÷ rate⌋ in 128-bit arithmetic: neither a sum of rounded gaps nor a float64 stays exact.
func (u uniform) due(n uint64) int64 {
	hi, lo := bits.Mul64(n, 1e15)
	if hi >= u.perSecondE6 {
		return math.MaxInt64
	}
	ns, _ := bits.Div64(hi, lo, u.perSecondE6)
	return int64(min(ns, math.MaxInt64))
}

type constant struct {
	turns
	uniform
}

func (c *constant) Next() int64 { return c.due(c.take()) }

// burst is the constant schedule with each second squeezed into its first tenth.
type burst struct {
	turns
	uniform
}

func (b *burst) Next() int64 {
	due := b.due(b.take())
	within := due % 1e9
	return due - within + within/10
}

// ramp has r(t) = R/10 + 9R/10·t/T until T, then R. Record n is due when the integral of r reaches n.
type ramp struct {
	turns
	rate float64 // R, per second
	span float64 // T, seconds
}

func (r *ramp) Next() int64 {
	n := float64(r.take())
	seconds := 0.0
	if climb := 0.55 * r.rate * r.span; n > climb {
		seconds = r.span + (n-climb)/r.rate
	} else if n > 0 {
		// n = a·t + b·t², solved in the form that does not subtract nearly equal numbers.
		a, b := r.rate/10, 0.45*r.rate/r.span
		seconds = 2 * n / (a + math.Sqrt(a*a+4*b*n))
	}
	return int64(seconds * 1e9)
}

// poisson draws exponential gaps.
type poisson struct {
	rng  *rand.Rand
	mean float64 // nanoseconds
	due  int64
	rest float64 // fraction of a nanosecond carried over, so that rounding does not shift the rate
}

func (p *poisson) Next() int64 {
	gap, rest := math.Modf(p.rng.ExpFloat64()*p.mean + p.rest)
	p.due += int64(gap)
	p.rest = rest
	return p.due
}

// Counter counts a schedule's records without sending them. It is not safe for concurrent use.
type Counter struct {
	schedule Schedule
	next     int64 // due time of the first record not counted
	due      int64
}

// NewCounter returns a counter that takes over a schedule made for it.
func NewCounter(s Schedule) *Counter { return &Counter{schedule: s, next: s.Next()} }

// Due returns how many records are due at or before an instant, in nanoseconds after the schedule's start. The
// instants asked for must not decrease; each record costs one step over the counter's life.
func (c *Counter) Due(elapsedNS int64) int64 {
	for c.next <= elapsedNS {
		c.due++
		c.next = c.schedule.Next()
	}
	return c.due
}
