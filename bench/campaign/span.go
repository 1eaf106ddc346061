package campaign

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Estimate is what the searches take at least and at most on a cluster with that replication factor, wherever the highest rates lie, if nothing
// is noisy and no rate fails but for being too high. At most a probe is supposed to write all that is due; a cluster that does not keep up with
// its rate writes less.
func (s *Search) Estimate(replicationFactor int) (least, most plan.Estimate) {
	// Highest rates are supposed from below the lowest tried to above the highest, so close together that one falls into each bracket in which a
	// search may end: these are no narrower than half of the precision.
	widest := 4 * s.terms.Max / s.terms.Min
	truths := int(math.Ceil(2 * math.Log(widest) / math.Log1p(s.terms.Precision)))
	for _, c := range s.cells {
		var low, high plan.Estimate
		for i := range truths + 1 {
			truth := s.terms.Min / 2 * math.Pow(widest, float64(i)/float64(truths))
			e := s.suppose(c, truth, replicationFactor)
			if i == 0 {
				low, high = e, e
			}
			low.Trials, high.Trials = min(low.Trials, e.Trials), max(high.Trials, e.Trials)
			low.Time, high.Time = min(low.Time, e.Time), max(high.Time, e.Time)
			low.Records, high.Records = min(low.Records, e.Records), max(high.Records, e.Records)
			low.Bytes, high.Bytes = min(low.Bytes, e.Bytes), max(high.Bytes, e.Bytes)
			low.Largest, high.Largest = min(low.Largest, e.Largest), max(high.Largest, e.Largest)
		}
		least, most = least.Plus(low), most.Plus(high)
	}
	return least, most
}

// suppose is what the search of a cell takes whose highest rate is known.
func (s *Search) suppose(c *searched, truth float64, replicationFactor int) (e plan.Estimate) {
	terms := s.terms
	terms.Objectives = nil
	found := compare.NewCapacity(c.found.Name, c.found.Mode, nil, terms)
	for {
		rate, more := found.Next(c.from)
		if !more {
			return e
		}
		found.Add(&result.Trial{
			Axes: map[string]any{compare.AxisRate: rate}, Complete: true, Sustained: new(rate <= truth), Guarantee: result.Guarantee{Verdict: result.Held},
		})
		e = e.Plus(plan.NewEstimate([]workload.Cell{s.at(c, rate)}, 1, replicationFactor))
	}
}

// longest is how long a probe's window may become for an objective's sake.
const longest = 5 * time.Minute

// window is how long a probe has to last for the objectives' percentiles to exist, the workload's own duration at least. The error, a
// *workload.UsageError, says that one would take too long.
func window(w workload.Workload, objectives []metric.Objective) (time.Duration, error) {
	length := w.Duration
	for _, o := range objectives {
		perS := samplesPerSecond(w, o.Metric)
		if perS == 0 {
			continue // the mode has no such figure
		}
		const margin = 1.1 // a window's edges cost a few
		need := time.Duration(math.Ceil(margin*samples(o.Metric)/perS)) * time.Second
		if need > longest {
			return length, &workload.UsageError{
				Where: "--slo", Problem: fmt.Sprintf("%s needs %.0f samples, which at %s records/s take %s", o.Metric.Name, samples(o.Metric), w.Rate, need),
				Remedy: fmt.Sprintf("give a --min-rate of at least %.0f, or a lower percentile", math.Ceil(w.Rate.PerSecond*float64(need)/float64(longest))),
			}
		}
		length = max(length, need)
	}
	return length, nil
}

// samples is how many a figure needs to exist: ten beyond it.
func samples(m metric.Metric) float64 {
	statistic, _, _ := strings.Cut(m.Name, "(")
	switch statistic {
	case "p50":
		return 20
	case "p90":
		return 100
	case "p99":
		return 1000
	case "p99.9":
		return 10_000
	}
	return 1
}

// samplesPerSecond is how many samples of a figure a workload gives a second: one per record, per transaction or per look at the lag; 0 where
// that is not known, or there are none.
func samplesPerSecond(w workload.Workload, m metric.Metric) float64 {
	_, of, _ := strings.Cut(strings.TrimSuffix(m.Name, ")"), "(")
	switch {
	case w.Rate.Max:
		return 0
	case m.Kind == metric.Lag:
		return 8 // at instants 100 ms apart on average, and each takes a while
	case m.Kind != metric.Latency:
		return 0
	}
	switch of {
	case "schedule", "blocked", "ack", "service", "e2e":
		return w.Rate.PerSecond
	case "fill":
		if w.Mode.Transactional {
			return w.Rate.PerSecond
		}
		return 0
	case "commit", "commit_flush", "commit_end", "commit_due", "visibility_first", "visibility_last":
		return plan.TransactionsPerSecond(w)
	}
	return 0
}
