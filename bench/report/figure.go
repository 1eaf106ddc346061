package report

import (
	"maps"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// A get reads one figure of a trial; nil: there is none.
type get func(*result.Trial) *float64

func (c *cell) void() bool { return len(c.usable) == 0 }

// median returns a figure over the usable trials. If one of them lacks it there is none: the trials that have it
// are likely to be the better ones.
func (c *cell) median(g get) *float64 {
	values := c.values(g)
	if values == nil {
		return nil
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return &values[middle]
	}
	v := values[middle-1]/2 + values[middle]/2
	return &v
}

// largest returns the largest of a figure over the usable trials, nil if one of them lacks it.
func (c *cell) largest(g get) *float64 {
	values := c.values(g)
	if values == nil {
		return nil
	}
	v := slices.Max(values)
	return &v
}

func (c *cell) values(g get) []float64 {
	var values []float64
	for _, t := range c.usable {
		v := g(t)
		if v == nil {
			return nil
		}
		values = append(values, *v)
	}
	return values
}

// total adds a count up over all trials, broken ones too; nil if no trial has it.
func (c *cell) total(g func(*result.Trial) *int64) *int64 {
	var sum *int64
	for _, t := range c.trials {
		if v := g(t); v != nil {
			if sum == nil {
				sum = new(int64)
			}
			*sum += *v
		}
	}
	return sum
}

// atMax says whether the cell ran closed loop: there was no rate to hold.
func (c *cell) atMax() bool {
	return !slices.ContainsFunc(c.trials, func(t *result.Trial) bool { return t.DuePerS != nil })
}

// saturated says whether its latencies measure the queue.
func (c *cell) saturated() bool {
	return slices.ContainsFunc(c.trials, func(t *result.Trial) bool { return t.Saturated })
}

// unsustained counts the trials that did not hold their rate.
func (c *cell) unsustained() (n int) {
	for _, t := range c.trials {
		if t.Sustained != nil && !*t.Sustained {
			n++
		}
	}
	return n
}

// stands says whether the cell's figures may be compared with another's: no trial broke its guarantee or missed
// its rate, and one at least ran to its end.
func (c *cell) stands() bool {
	return c.verdicts(result.Broken) == 0 && c.unsustained() == 0 && c.usable[0].Complete
}

// verdicts counts the trials with a verdict.
func (c *cell) verdicts(v result.Verdict) (n int) {
	for _, t := range c.trials {
		if t.Guarantee.Verdict == v {
			n++
		}
	}
	return n
}

// ratio returns a figure over the reference's where the two may be compared.
func (c *cell) ratio(g get) *float64 {
	if c.base == nil || c.base == c || !c.stands() || !c.base.stands() {
		return nil
	}
	mine, its := c.median(g), c.base.median(g)
	if mine == nil || its == nil || *its <= 0 {
		return nil
	}
	v := *mine / *its
	return &v
}

// latencyRatio is blank where latencies measure the queue.
func (c *cell) latencyRatio(g get) *float64 {
	if c.base == nil || c.saturated() || c.base.saturated() {
		return nil
	}
	return c.ratio(g)
}

// throughputRatio is blank at a fixed rate: there it is 1 by construction.
func (c *cell) throughputRatio() *float64 {
	if c.base == nil || !c.atMax() || !c.base.atMax() {
		return nil
	}
	return c.ratio(readPerS)
}

func sentPerS(t *result.Trial) *float64 { return &t.SentPerS }
func duePerS(t *result.Trial) *float64  { return t.DuePerS }
func readPerS(t *result.Trial) *float64 { return t.Throughput.ReadPerS }
func mbPerS(t *result.Trial) *float64   { return t.Throughput.MBPerS }

func p50(histogram string) get {
	return func(t *result.Trial) *float64 { return t.LatencyUS[histogram].P50 }
}

func p99(histogram string) get {
	return func(t *result.Trial) *float64 { return t.LatencyUS[histogram].P99 }
}

// lag reads one of a trial's lags, if it sampled any.
func lag(of func(*result.Lag) *float64) get {
	return func(t *result.Trial) *float64 {
		if t.Lag == nil {
			return nil
		}
		return of(t.Lag)
	}
}

// requestsPerRecord counts requests of every type over all clients, per record sent.
func requestsPerRecord(t *result.Trial) *float64 {
	if t.RequestSpan == nil || len(t.RequestSpan.PerRecord) == 0 {
		return nil
	}
	var sum float64
	for _, name := range slices.Sorted(maps.Keys(t.RequestSpan.PerRecord)) { // any order rounds differently
		sum += t.RequestSpan.PerRecord[name]
	}
	return &sum
}

// clientCPU and brokerCPU are microseconds per record sent in the window.
func clientCPU(t *result.Trial) *float64 { return perRecordUS(t, t.Resources.CPUS) }
func brokerCPU(t *result.Trial) *float64 { return perRecordUS(t, t.Resources.BrokerCPUS) }

func perRecordUS(t *result.Trial, seconds *float64) *float64 {
	records := t.SentPerS * t.WindowS
	if seconds == nil || records <= 0 {
		return nil
	}
	v := *seconds * 1e6 / records
	return &v
}
