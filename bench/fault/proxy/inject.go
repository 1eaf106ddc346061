package proxy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Injection is a rule in force.
type Injection struct {
	proxy  *Proxy
	rule   Rule
	number int
	keys   []int16 // none: all

	mu      sync.Mutex
	chance  *rand.Rand
	ordinal int // of the request it applied to last
	counts  map[string]*Count
}

// Count is what a rule saw and did of one kind of request.
type Count struct {
	Matched   int // requests that the rule applied to
	Forwarded int // of them, those let through to the broker
	Dropped   int // of them, those that were lost or whose response was, as the rule says
	Behind    int // requests of this kind that were lost, or whose responses were, with another's on the same connection
}

// Inject applies a rule to the requests that arrive from now on. Where several apply, the first injected that loses the request
// is the last to be asked about it. The error says what is wrong with the rule.
func (p *Proxy) Inject(r Rule) (*Injection, error) {
	keys, err := r.keys()
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return nil, fmt.Errorf("a fault cannot be injected: %w", err)
	}
	r.Nth = slices.Clone(r.Nth)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.injected++
	i := &Injection{
		proxy: p, rule: r, number: p.injected, keys: keys,
		chance: rand.New(rand.NewPCG(r.Seed, 0)), counts: make(map[string]*Count),
	}
	p.rules.Store(new(append(slices.Clone(*p.rules.Load()), i)))
	return i, nil
}

// Remove ends the rule for requests that have not arrived. Those under way keep their fate.
func (i *Injection) Remove() {
	i.proxy.mu.Lock()
	defer i.proxy.mu.Unlock()
	rules := slices.Clone(*i.proxy.rules.Load())
	i.proxy.rules.Store(new(slices.DeleteFunc(rules, func(other *Injection) bool { return other == i })))
}

// Counts returns the counts so far, by Kafka's name of the request.
func (i *Injection) Counts() map[string]Count {
	i.mu.Lock()
	defer i.mu.Unlock()
	counts := make(map[string]Count, len(i.counts))
	for name, c := range i.counts {
		counts[name] = *c
	}
	return counts
}

// count is for who holds the lock.
func (i *Injection) count(key int16) *Count {
	name := kmsg.NameForKey(key)
	c := i.counts[name]
	if c == nil {
		c = &Count{}
		i.counts[name] = c
	}
	return c
}

// strike is a rule's decision that a request or its response is lost.
type strike struct {
	by      *Injection
	ordinal int
	event   *Event // once it has happened
}

// judge asks the rules in force about a request; nil: it passes.
func (p *Proxy) judge(node int32, req request, frame []byte) (*strike, error) {
	for _, i := range *p.rules.Load() {
		if s, err := i.judge(node, req, frame); s != nil || err != nil {
			return s, err
		}
	}
	return nil, nil
}

func (i *Injection) judge(node int32, req request, frame []byte) (*strike, error) {
	if !i.concerns(node, req) {
		return nil, nil
	}
	var body kmsg.Request
	if i.rule.Where != nil {
		var err error
		if body, err = parseBody(frame, req); err != nil {
			return nil, fmt.Errorf("a rule wants to look into %s: %w", req, err)
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if body != nil && !i.rule.Where(body) {
		return nil, nil
	}
	i.ordinal++
	c := i.count(req.key)
	c.Matched++
	struck := i.chance.Float64() < i.rule.Rate || slices.Contains(i.rule.Nth, i.ordinal)
	if !struck || i.rule.Drop == Response {
		c.Forwarded++
	}
	if !struck {
		return nil, nil
	}
	return &strike{by: i, ordinal: i.ordinal}, nil
}

// concerns tells by the header whether the rule can apply to a request.
func (i *Injection) concerns(node int32, req request) bool {
	return (i.rule.Node == nil || *i.rule.Node == node) &&
		(i.keys == nil || slices.Contains(i.keys, req.key)) &&
		(req.answered || i.rule.Drop == Request)
}

func (s *strike) drops(w Way) bool { return s != nil && s.by.rule.Drop == w }

// land records that the request or its response is dropped now.
func (s *strike) land(node int32, req request) {
	fault := LostResponse
	if s.by.rule.Drop == Request {
		fault = LostRequest
	}
	s.event = s.by.proxy.journal.add(Event{
		Fault: fault, Node: node, Client: req.client,
		Rule: s.by.number, Request: kmsg.NameForKey(req.key), Correlation: req.correlation, Ordinal: s.ordinal,
	})
	s.by.mu.Lock()
	defer s.by.mu.Unlock()
	s.by.count(req.key).Dropped++
}

// behind records that another request, or its response, is lost with that one.
func (s *strike) behind(req request) {
	s.by.proxy.journal.behind(s.event)
	s.by.mu.Lock()
	defer s.by.mu.Unlock()
	s.by.count(req.key).Behind++
}
