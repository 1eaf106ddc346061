package fault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault/actor"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault/proxy"
)

// lostShare is how many of a kind's responses are lost.
const lostShare = 0.02

// lostOffsets is that share of what adds offsets to a transaction: few transactions do.
const lostOffsets = 0.2

// loseAcks loses responses that the broker has given: of every fiftieth Produce request, drawn by the seed, and of the third and every fiftieth request
// that a transaction consists of. A producer of the scenario's own commits offsets in its transactions meanwhile.
func loseAcks(ctx context.Context, a *Act) error {
	if a.Workload.Mode.Acks == 0 {
		a.note(observed, "no response is lost: with acks=0 the producer asks for none")
		return nil
	}
	rules := []proxy.Rule{{Requests: []string{"Produce"}, Rate: lostShare, Nth: []int{3}, Seed: a.Seed}}
	if !a.Workload.Mode.Transactional {
		return a.lose(ctx, rules)
	}
	for i, part := range []struct {
		name string
		rate float64
	}{{"AddPartitionsToTxn", lostShare}, {"EndTxn", lostShare}, {"AddOffsetsToTxn", lostOffsets}, {"TxnOffsetCommit", lostOffsets}} {
		rules = append(rules, proxy.Rule{Requests: []string{part.name}, Rate: part.rate, Nth: []int{3}, Seed: a.Seed + uint64(i) + 1})
	}
	p, err := a.start(0, part{id: a.id("offsets"), group: true, size: 10, script: []actor.Step{{Do: actor.Init}, {Do: actor.Cycle}}})
	if err != nil {
		return err
	}
	defer a.end(p, 0)
	if err := a.lose(ctx, rules); err != nil {
		return err
	}
	if err := p.Go(); err != nil {
		return err
	}
	if _, err := p.Until(ctx, actor.Finished); err != nil {
		return err
	}
	return a.stands(ctx, p)
}

// loseRequests loses Produce requests before the broker has them.
func loseRequests(ctx context.Context, a *Act) error {
	return a.lose(ctx, []proxy.Rule{{Requests: []string{"Produce"}, Rate: lostShare, Nth: []int{3}, Drop: proxy.Request, Seed: a.Seed}})
}

// lose has rules in force over the whole window.
func (a *Act) lose(ctx context.Context, rules []proxy.Rule) (err error) {
	var injections []*proxy.Injection
	defer func() {
		matched, dropped := map[string]float64{}, map[string]float64{}
		for _, i := range injections {
			i.Remove()
			for name, c := range i.Counts() {
				matched[name] += float64(c.Matched)
				dropped[name] += float64(c.Dropped + c.Behind)
			}
		}
		for name := range matched {
			a.figure("requests_"+name, matched[name])
			a.figure("lost_"+name, dropped[name])
		}
		a.note(healed, "nothing is lost any more")
	}()
	for _, r := range rules {
		i, err := a.Proxy.Inject(r)
		if err != nil {
			return err
		}
		injections = append(injections, i)
		a.note(broke, "the %s of %.0f%% of %s and of the third is lost, with its connection", lostPart(r), 100*r.Rate, r.Requests[0])
	}
	if err := a.until(ctx, a.instant(1)); err != nil {
		return err
	}
	return struck(injections, rules)
}

// struck is an error where rules met nothing that they could lose: a trial that nothing was done to shows nothing.
func struck(injections []*proxy.Injection, rules []proxy.Rule) error {
	matched := 0
	for _, i := range injections {
		for _, c := range i.Counts() {
			if c.Dropped > 0 {
				return nil
			}
			matched += c.Matched
		}
	}
	return fmt.Errorf("no %s was lost, of %d requests: raise --duration or --messages", lostPart(rules[0]), matched)
}

func lostPart(r proxy.Rule) string {
	if r.Drop == proxy.Request {
		return "request"
	}
	return "response"
}

// resets is how often all connections are reset.
const resets = 5

func reset(ctx context.Context, a *Act) error {
	all := 0
	for i := range resets {
		if err := a.until(ctx, a.instant(float64(i+1)/(resets+1))); err != nil {
			return err
		}
		n := a.Proxy.Reset()
		a.note(broke, "%d connections are reset", n)
		a.note(healed, "new ones pass")
		all += n
	}
	if all == 0 {
		return errors.New("there was no connection to reset")
	}
	return nil
}

// healsAfter is how long a network stays broken at the most: less than transaction.timeout.ms and delivery.timeout.ms.
const healsAfter = 10 * time.Second

// untilHeals waits for the time to heal.
func (a *Act) untilHeals(ctx context.Context) error {
	return a.until(ctx, min(a.instant(heals), a.instant(breaks)+int64(healsAfter)))
}

func halfOpen(ctx context.Context, a *Act) error {
	if err := a.until(ctx, a.instant(breaks)); err != nil {
		return err
	}
	heal := a.Proxy.HalfOpen(proxy.Both)
	a.note(broke, "the connections there are stay up and carry nothing; new ones pass")
	err := a.untilHeals(ctx)
	heal()
	a.note(healed, "what they held goes on its way")
	return err
}

// isolate cuts the broker that leads most partitions off from the clients.
func isolate(ctx context.Context, a *Act) error {
	if err := a.until(ctx, a.instant(breaks)); err != nil {
		return err
	}
	id, err := a.busiest(ctx)
	if err != nil {
		return err
	}
	heal := a.Proxy.Isolate(id, proxy.Isolation{})
	a.note(broke, "broker %d is cut off from all clients", id)
	err = a.untilHeals(ctx)
	heal()
	a.note(healed, "broker %d is reachable again", id)
	return err
}

// slow adds 100 ms to every request, then lets each connection carry no more than 200 kB/s.
func slow(ctx context.Context, a *Act) error {
	if err := a.until(ctx, a.instant(breaks)); err != nil {
		return err
	}
	a.Proxy.Delay(proxy.Delays{Request: map[string]time.Duration{"": 100 * time.Millisecond}})
	a.note(broke, "every request takes 100 ms longer")
	err := a.until(ctx, a.instant((breaks+heals)/2))
	a.Proxy.Delay(proxy.Delays{})
	if err == nil {
		a.Proxy.Throttle(200_000)
		a.note(broke, "a connection carries 200 kB/s")
		err = a.until(ctx, a.instant(heals))
	}
	a.Proxy.Throttle(0)
	a.note(healed, "the network is as fast as it was")
	return err
}
