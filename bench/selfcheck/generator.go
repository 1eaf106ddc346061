package selfcheck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// maxShare is the share of the measured latency up to which the generator's own delay counts as negligible.
const maxShare = 0.01

// misses is how many rates in a row must fail before higher ones are not tried any more.
const misses = 2

// Rung is one rate that the generator was tried at.
type Rung struct {
	RatePerS   float64        `json:"rate_per_s"` // records a second, as asked for
	ReadPerS   *float64       `json:"read_per_s"`
	Sustained  bool           `json:"sustained"`
	ScheduleUS result.Latency `json:"schedule_us"` // the generator's own delay
	E2EUS      result.Latency `json:"e2e_us"`
	Cores      *float64       `json:"cpu_cores"` // this process's CPU seconds a second; null: unknown
	CPUSteal   *float64       `json:"cpu_steal"`
	Holds      bool           `json:"holds"`
}

// Share is what part one figure of the schedule error is of the same figure of e2e, nil without one of the two.
func (r *Rung) Share(figure func(result.Latency) *float64) *float64 {
	own, all := figure(r.ScheduleUS), figure(r.E2EUS)
	if own == nil || all == nil || *all == 0 {
		return nil
	}
	return new(*own / *all)
}

func p50(l result.Latency) *float64 { return l.P50 }

// Ladder settles what Generator measures: at-least-once with the defaults of a run, a cell for each rate. The errors
// are those of a profile, naming the flag.
func Ladder(rates string, window time.Duration, properties map[string]string) (*workload.Profile, error) {
	p, err := workload.Resolve(nil, nil, map[string]string{
		"mode": workload.Reference, "rate": rates, "duration": window.String(), "warmup": "1s",
	}, properties)
	if err != nil {
		return nil, err
	}
	for _, r := range p.Rates {
		if r.Max {
			return nil, &workload.UsageError{Where: "--rate", Problem: "the generator follows no schedule at max", Remedy: "give rates in messages a second"}
		}
	}
	p.Name = "generator"
	return p, nil
}

// Generator measures the trials of a ladder, one rate after the other, the lowest first, until two in a row fail. The generator holds a rate when
// the trial is sustained and the median of its own delay (schedule: from when a record was due until the generator was
// ready to hand it over, without time blocked in the client) is below 1% of the median of what it measures (e2e).
// What was measured before an error is returned with it.
func Generator(ctx context.Context, trials []plan.Trial, measure func(context.Context, plan.Trial) (*result.Trial, error)) ([]Rung, error) {
	trials = slices.SortedFunc(slices.Values(trials), func(a, b plan.Trial) int { return cmp.Compare(a.Workload.Rate.PerSecond, b.Workload.Rate.PerSecond) })
	var rungs []Rung
	failed := 0
	for _, tr := range trials {
		t, err := measure(ctx, tr)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return rungs, fmt.Errorf("try the generator at %s/s: %w", tr.Workload.Rate, err)
		}
		r := rung(tr, t)
		rungs = append(rungs, r)
		if failed++; r.Holds {
			failed = 0
		}
		if failed == misses {
			break
		}
	}
	return rungs, nil
}

func rung(tr plan.Trial, t *result.Trial) Rung {
	r := Rung{
		RatePerS: tr.Workload.Rate.PerSecond, ReadPerS: t.Throughput.ReadPerS, Sustained: t.Sustained != nil && *t.Sustained,
		ScheduleUS: t.LatencyUS["schedule"], E2EUS: t.LatencyUS["e2e"], CPUSteal: t.Resources.CPUSteal,
	}
	if cpu := t.Resources.CPUS; cpu != nil && t.WindowS > 0 {
		r.Cores = new(*cpu / t.WindowS)
	}
	share := r.Share(p50)
	r.Holds = r.Sustained && t.Guarantee.Verdict == result.Held && share != nil && *share < maxShare
	return r
}

// Highest is the highest rate that holds and at which the generator's delay is below 1% by a further figure too, nil if there is
// none.
func Highest(rungs []Rung, figure func(result.Latency) *float64) (perSecond *float64) {
	for i := range rungs {
		r := &rungs[i]
		share := r.Share(figure)
		if r.Holds && share != nil && *share < maxShare && (perSecond == nil || r.RatePerS > *perSecond) {
			perSecond = &r.RatePerS
		}
	}
	return perSecond
}
