package compare

import (
	"fmt"
	"math"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// Confidence of every interval; a p-value below 1 − Confidence shows a difference.
const Confidence = 0.95

// Estimate is a cell's figure over its trials.
type Estimate struct {
	Median float64
	Lo, Hi float64 // 95% interval of the median; NaN of fewer than six trials
	N      int     // trials
}

// Estimate is a figure's median over the usable trials with its interval; false if one of them lacks it.
func (c *Cell) Estimate(m metric.Metric) (Estimate, bool) {
	values := c.Values(m)
	if values == nil {
		return Estimate{}, false
	}
	return estimate(values), true
}

// estimate sorts the values.
func estimate(values []float64) Estimate {
	slices.Sort(values)
	e := Estimate{Median: stats.Quantile(values, 0.5), N: len(values)}
	e.Lo, e.Hi, _ = stats.MedianInterval(values, Confidence)
	return e
}

// Effect is how a figure of one cell differs from another's.
type Effect struct {
	Metric   metric.Metric
	Ratio    bool    // changed ÷ reference; otherwise changed − reference, in the metric's unit
	Estimate float64 // NaN where Missing says why there is none
	Lo, Hi   float64 // 95% interval; NaN where there are too few pairs
	P        float64 // two-sided, of no difference; NaN where there is no interval
	N        int     // pairs, or the runs of the side that has fewer
	Missing  string  // why there is no estimate; empty: there is one
}

// Shown says whether there is a difference, rather than none or too little evidence.
func (e Effect) Shown() bool { return e.P <= 1-Confidence }

// Cost is by how much the figure got worse, as a share of the reference's (its unit where the effect is a difference): negative where
// it got better. NaN where there is no estimate. With a higher figure better, reading half as much costs 0.5.
func (e Effect) Cost() float64 { return e.cost(e.Estimate) }

// CostInterval is the interval of Cost, the smaller cost first.
func (e Effect) CostInterval() (lo, hi float64) {
	lo, hi = e.cost(e.Lo), e.cost(e.Hi)
	return min(lo, hi), max(lo, hi)
}

func (e Effect) cost(v float64) float64 {
	if e.Ratio {
		v--
	}
	if e.Metric.Better == metric.Higher {
		v = -v
	}
	return v
}

func missing(m metric.Metric, format string, args ...any) Effect {
	return Effect{Metric: m, Estimate: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), P: math.NaN(), Missing: fmt.Sprintf(format, args...)}
}

// Effect compares a figure with the reference mode's, paired by block.
func (c *Cell) Effect(m metric.Metric) Effect {
	switch c.Base {
	case nil:
		return missing(m, "the run has no matching cell of the reference mode")
	case c:
		return missing(m, "this is the reference")
	}
	return c.Against(c.Base, m)
}

// Against compares a figure with that of another cell of the same run, paired by block. A ratio where all figures are positive, otherwise
// a difference; lags and counts always are differences, the reference may have none.
func (c *Cell) Against(base *Cell, m metric.Metric) Effect {
	changed, reference, why := pairs(c, base, m)
	if why != "" {
		return missing(m, "%s", why)
	}
	return paired(m, ratios(m, changed, reference), changed, reference)
}

// Difference compares as Against does, but always by a difference: what adds up from step to step.
func (c *Cell) Difference(base *Cell, m metric.Metric) Effect {
	changed, reference, why := pairs(c, base, m)
	if why != "" {
		return missing(m, "%s", why)
	}
	return paired(m, false, changed, reference)
}

// pairs reads a figure from the blocks that hold a usable trial of both cells, or says why there is nothing to compare.
func pairs(c, base *Cell, m metric.Metric) (changed, reference []float64, why string) {
	for _, cell := range []*Cell{c, base} {
		if why := cell.Unfit(); why != "" {
			return nil, nil, why + " in " + cell.Name
		}
	}
	if why := meaningless(m, c, base); why != "" {
		return nil, nil, why
	}
	if c.Values(m) == nil || base.Values(m) == nil {
		return nil, nil, "not every trial has " + m.Name
	}
	ofBlock := map[int]float64{}
	for _, t := range base.Usable {
		ofBlock[t.Block] = *m.Of(t)
	}
	for _, t := range c.Usable {
		if v, ok := ofBlock[t.Block]; ok {
			changed, reference = append(changed, *m.Of(t)), append(reference, v)
		}
	}
	if len(changed) == 0 {
		return nil, nil, "no block holds a usable trial of both"
	}
	return changed, reference, ""
}

// meaningless says why a figure is not compared under the load of these cells, empty where it is.
func meaningless(m metric.Metric, cells ...*Cell) string {
	for _, c := range cells {
		switch {
		case m.Kind == metric.Throughput && !c.AtMax():
			return "at a fixed rate throughput is the same by construction"
		case m.Kind == metric.Latency && c.Saturated():
			return "latencies at max measure the queue"
		}
	}
	return ""
}

func paired(m metric.Metric, ratio bool, changed, reference []float64) Effect {
	e := Effect{Metric: m, Ratio: ratio, N: len(changed), P: math.NaN()}
	differences := make([]float64, len(changed))
	for i := range changed {
		if ratio {
			differences[i] = math.Log(changed[i]) - math.Log(reference[i])
		} else {
			differences[i] = changed[i] - reference[i]
		}
	}
	e.Estimate = stats.HodgesLehmann(differences)
	var ok bool
	if e.Lo, e.Hi, ok = stats.SignedRankInterval(differences, Confidence); ok {
		e.P = stats.SignedRank(differences)
	}
	return e.exponentiated()
}

// exponentiated turns differences of logarithms into ratios.
func (e Effect) exponentiated() Effect {
	if e.Ratio {
		e.Estimate, e.Lo, e.Hi = math.Exp(e.Estimate), math.Exp(e.Lo), math.Exp(e.Hi)
	}
	return e
}

// ratios says whether two sides have a ratio.
func ratios(m metric.Metric, sides ...[]float64) bool {
	if m.Kind == metric.Lag || m.Kind == metric.Count {
		return false
	}
	for _, values := range sides {
		for _, v := range values {
			if !(v > 0) {
				return false
			}
		}
	}
	return true
}
