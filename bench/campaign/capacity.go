package campaign

import (
	"fmt"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Search is a Source that looks for the highest rate which each cell of a profile holds. The searches of the cells take turns, so that
// drift hits all alike.
type Search struct {
	profile *workload.Profile
	terms   compare.Terms
	cells   []*searched
	asked   *searched // whose probe is under way
}

// searched is the search of one cell.
type searched struct {
	cell  workload.Cell
	from  float64 // the lowest rate to try
	found *compare.Capacity
	lost  int // probes that failed without a result
}

// NewSearch prepares the search of a profile's cells, whatever their rate. Usable says why a workload cannot be run: where the lowest
// rates cannot, for a transaction would stay open too long, the search begins above them. What it says of the highest rate is
// the error.
func NewSearch(profile *workload.Profile, terms compare.Terms, usable func(workload.Workload) error) (*Search, error) {
	s := &Search{profile: profile, terms: terms}
	for _, base := range profile.Cells() {
		c := &searched{cell: base, from: terms.Min}
		for err := usable(s.at(c, c.from).Workload); err != nil; err = usable(s.at(c, c.from).Workload) {
			if c.from == terms.Max {
				return nil, err
			}
			c.from = terms.Above(c.from)
		}
		if _, err := window(s.at(c, c.from).Workload, terms.Objectives); err != nil {
			return nil, err
		}
		first := s.at(c, c.from)
		c.found = compare.NewCapacity(first.Name, first.Workload.Mode.Name, first.Axes, terms)
		s.cells = append(s.cells, c)
	}
	return s, nil
}

// at is a cell at a rate, its window long enough for the objectives.
func (s *Search) at(c *searched, perS float64) workload.Cell {
	cell := s.profile.At(c.cell, workload.Rate{PerSecond: perS})
	cell.Workload.Duration, _ = window(cell.Workload, s.terms.Objectives)
	return cell
}

// Replay takes up the probes that an earlier session stored. One that belongs to none of the cells, or was measured in another way
// than the search would, is an error.
func (s *Search) Replay(stored *result.Run) error {
	byName := map[string]*searched{}
	for _, c := range s.cells {
		byName[c.found.Name] = c
	}
	for _, t := range compare.Probes(stored) {
		c := byName[compare.WithoutRate(t.Cell)]
		if c == nil {
			return fmt.Errorf("trial %s (%s) is stored, but none of the cells searched: it is of another campaign, move its file elsewhere", t.ID, t.Cell)
		}
		rate, err := workload.ParseRate(compare.Spell(t.Axes[compare.AxisRate]))
		if err != nil || rate.Max {
			return fmt.Errorf("trial %s (%s) is stored with the rate %v, which no search asks for", t.ID, t.Cell, t.Axes[compare.AxisRate])
		}
		if err := asPlanned(plan.One(s.at(c, rate.PerSecond), t.Block, s.profile.Seed), t); err != nil {
			return err
		}
		c.found.Add(t)
	}
	return nil
}

// Next returns the next probe of the cell that has had fewest.
func (s *Search) Next(last *result.Trial) (plan.Trial, bool) {
	switch {
	case s.asked == nil:
	case last == nil:
		s.asked.lost++
	default:
		s.asked.found.Add(last)
	}
	s.asked = nil
	var rate float64
	for _, c := range s.cells {
		if s.asked != nil && c.made() >= s.asked.made() || c.made() >= s.terms.MaxProbes {
			continue
		}
		if r, more := c.found.Next(c.from); more {
			s.asked, rate = c, r
		}
	}
	if s.asked == nil {
		return plan.Trial{}, false
	}
	return plan.One(s.at(s.asked, rate), s.asked.found.Block(rate), s.profile.Seed), true
}

func (c *searched) made() int { return c.found.Probes() + c.lost }

// Done says whether there is nothing left to probe.
func (s *Search) Done() bool {
	for _, c := range s.cells {
		if _, more := c.found.Next(c.from); more && c.made() < s.terms.MaxProbes {
			return false
		}
	}
	return true
}

// Capacities are what is known of the cells so far, in the profile's order.
func (s *Search) Capacities() []*compare.Capacity {
	all := make([]*compare.Capacity, len(s.cells))
	for i, c := range s.cells {
		all[i] = c.found
	}
	return all
}

// Conditioning are the trials to run first and throw away: of each cell at full speed, on brokers that have just started for a minute at least.
func (s *Search) Conditioning(freshBrokers int) []plan.Trial {
	var trials []plan.Trial
	for _, c := range s.cells {
		trials = append(trials, plan.One(s.profile.At(c.cell, workload.Rate{Max: true}), 1, s.profile.Seed))
	}
	return block(nil, trials, freshBrokers)
}
