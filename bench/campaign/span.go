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

// Span is what searches take.
type Span struct {
	Probes int
	Time   time.Duration
}

// Estimate is what the searches take at least and at most, wherever the highest rates lie, if nothing is noisy and no rate fails but for being
// too high.
func (s *Search) Estimate() (least, most Span) {
	const truths = 60 // highest rates supposed, from below the lowest rate tried to above the highest
	for _, c := range s.cells {
		var low, high Span
		for i := range truths + 1 {
			truth := s.terms.Min / 2 * math.Pow(4*s.terms.Max/s.terms.Min, float64(i)/truths)
			span := s.suppose(c, truth)
			if i == 0 || span.Time < low.Time {
				low = span
			}
			if span.Time > high.Time {
				high = span
			}
		}
		least.Probes, least.Time = least.Probes+low.Probes, least.Time+low.Time
		most.Probes, most.Time = most.Probes+high.Probes, most.Time+high.Time
	}
	return least, most
}

// suppose is what the search of a cell takes whose highest rate is known.
func (s *Search) suppose(c *searched, truth float64) (span Span) {
	terms := s.terms
	terms.Objectives = nil
	found := compare.NewCapacity(c.found.Name, c.found.Mode, nil, terms)
	for {
		rate, more := found.Next(c.from)
		if !more {
			return span
		}
		found.Add(&result.Trial{
			Axes: map[string]any{compare.AxisRate: rate}, Complete: true, Sustained: new(rate <= truth), Guarantee: result.Guarantee{Verdict: result.Held},
		})
		span.Probes++
		span.Time += plan.Took(s.at(c, rate).Workload)
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
