package selfcheck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault/proxy"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// What is put in the path, and how often. At 40 records a second two requests are under way at once with 50 ms each,
// of the five that a client sends without an answer: more would queue, and measure the queue.
const (
	knownDelay = 50 * time.Millisecond
	delayRate  = "40"
	rounds     = 3 // at the least
	mostRounds = 2 * rounds
)

// path is one that a known delay is put into.
type path struct {
	request string            // Kafka's name of the request that is delayed on its way to the broker
	flags   map[string]string // the workload
	metrics []measure.Metric  // that grow by the delay, each record's or transaction's by the whole of it
}

// paths are those that decide when a record is acknowledged and when it becomes readable. Seven records a
// transaction give it 175 ms, so that a delayed commit is over before the next one is due; and an odd number
// has a record in its middle, which the median of e2e is about.
func paths(window time.Duration) []path {
	common := map[string]string{"rate": delayRate, "duration": window.String(), "warmup": "500ms", "message-size": "100"}
	return []path{
		{"Produce", with(common, map[string]string{"mode": "at-least-once"}), []measure.Metric{measure.Ack, measure.E2E}},
		{"EndTxn", with(common, map[string]string{"mode": "transactional", "txn-size": "7"}), []measure.Metric{measure.Commit, measure.E2E}},
	}
}

// Delay puts a delay of 50 ms in the path, by a proxy that passes requests on so much later, and checks that the
// figures it concerns grow by that and no other amount: ack and e2e by a delay of Produce requests, commit and
// e2e by one of EndTxn. A round measures each path with the delay and, at the same time, without it, so that what else
// happens on the machine and in the cluster happens to both. What is compared are the medians of the two trials.
//
// A check passes when the median of the rounds' differences is within 2% + 1 ms of the delay. It fails when every round is
// further off, where it was disturbed by more than a quarter of the delay and than the rounds differ, and is inconclusive
// between the two.
func (l *Lab) Delay(ctx context.Context) ([]Check, error) {
	l.Env.Say(fmt.Sprintf("known delay: %s put in front of requests by a proxy, %d rounds of %s", short(knownDelay), rounds, short(l.Window)))
	paths := paths(l.Window)
	pairs, err := l.rounds(ctx, paths)
	var checks []Check
	for i, p := range paths {
		for _, m := range p.metrics {
			c := delayCheck(p, m, knownDelay)
			if err == nil {
				c = grown(c, m, pairs[i])
			}
			checks = append(checks, c)
		}
	}
	if err != nil {
		return unproxied(ctx, checks, err)
	}
	return checks, nil
}

func delayCheck(p path, m measure.Metric, expected time.Duration) Check {
	return Check{
		Subject: "known delay", Name: fmt.Sprintf("%s delayed: %s grows by", p.request, m), Unit: "ms",
		Expected: milliseconds(expected), Tolerance: milliseconds(expected/50 + time.Millisecond),
	}
}

// pair is what a round measured of a path.
type pair struct{ without, with *observation }

// rounds measures until there are enough, and as often again where they leave something open, and returns the pairs
// of each path.
func (l *Lab) rounds(ctx context.Context, paths []path) (pairs [][]pair, err error) {
	direct, err := l.proxy(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, direct.Close()) }()
	delaying := make([]*proxy.Proxy, len(paths))
	for i, p := range paths {
		if delaying[i], err = l.proxy(ctx); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, delaying[i].Close()) }()
		delaying[i].Delay(proxy.Delays{Request: map[string]time.Duration{p.request: knownDelay}})
	}
	pairs = make([][]pair, len(paths))
	for n := 1; n <= mostRounds; n++ {
		var trials []measurement
		for i, p := range paths {
			w, err := l.workload(p.flags)
			if err != nil {
				return nil, err
			}
			for _, through := range []*proxy.Proxy{direct, delaying[i]} {
				m, err := l.prepare(l.behind(through), w, nil)
				if err != nil {
					return nil, err
				}
				trials = append(trials, m)
			}
		}
		seen, err := together(ctx, trials)
		if err != nil {
			return nil, err
		}
		for i := range paths {
			pairs[i] = append(pairs[i], pair{seen[2*i], seen[2*i+1]})
		}
		if n >= rounds && settled(paths, pairs) {
			break
		}
	}
	return pairs, nil
}

// together runs trials at the same time.
func together(ctx context.Context, trials []measurement) ([]*observation, error) {
	seen, errs := make([]*observation, len(trials)), make([]error, len(trials))
	var wg sync.WaitGroup
	for i, m := range trials {
		wg.Go(func() { seen[i], errs[i] = m.run(ctx) })
	}
	wg.Wait()
	return seen, errors.Join(errs...)
}

// settled tells whether no check is inconclusive.
func settled(paths []path, pairs [][]pair) bool {
	for i, p := range paths {
		for _, m := range p.metrics {
			if grown(delayCheck(p, m, knownDelay), m, pairs[i]).Verdict == Inconclusive {
				return false
			}
		}
	}
	return true
}

// grown is the check with its verdict: that of what the figure grew by, unless a trial broke its promise or was cut short.
func grown(c Check, m measure.Metric, pairs []pair) Check {
	c.grew(m, pairs)
	for _, p := range pairs {
		for _, o := range []*observation{p.without, p.with} {
			if c = o.evident([]Check{c})[0]; o.Guarantee.Verdict == result.Broken {
				return c
			}
		}
	}
	return c
}

// grew holds what a figure grew by against what was expected.
func (c *Check) grew(m measure.Metric, pairs []pair) {
	var differences []float64
	for _, p := range pairs {
		differences = append(differences, milliseconds(p.with.quantile(m, 50)-p.without.quantile(m, 50)))
	}
	lowest, highest := slices.Min(differences), slices.Max(differences)
	off, why := 0, ""
	for i, p := range pairs {
		limit := c.Tolerance
		if reason := p.disturbed(); reason != "" {
			limit, why = max(c.Expected/4, highest-lowest), ": "+reason
		}
		if math.Abs(differences[i]-c.Expected) > limit {
			off++
		}
	}
	slices.Sort(differences)
	said := fmt.Sprintf("%d rounds say %.1f to %.1f ms", len(pairs), lowest, highest)
	c.within(stats.Quantile(differences, 0.5), said)
	if c.Verdict == Fail && off < len(pairs) {
		c.Verdict, c.Note = Inconclusive, said+why
	}
}

func (p pair) disturbed() string { return cmp.Or(p.without.disturbed(), p.with.disturbed()) }
