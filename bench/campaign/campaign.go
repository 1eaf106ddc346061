// Package campaign runs trials one after another: which one comes next is a Source's to say.
package campaign

import (
	"context"
	"fmt"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Source says which trial comes next, given how the last one ended (nil before the first).
type Source interface {
	Next(last *result.Trial) (plan.Trial, bool)
}

// Fixed is a Source of trials planned beforehand.
func Fixed(trials []plan.Trial) Source { return &fixed{trials} }

type fixed struct{ left []plan.Trial }

func (f *fixed) Next(*result.Trial) (t plan.Trial, ok bool) {
	if len(f.left) == 0 {
		return t, false
	}
	t, f.left = f.left[0], f.left[1:]
	return t, true
}

// maxFailures is how many trials may fail one after the other before none is expected to succeed any more.
const maxFailures = 3

// Runner measures the trials of a source, one after another.
type Runner struct {
	Measure  func(context.Context, plan.Trial) (*result.Trial, error)
	Keep     func(*result.Trial) error // is handed each result as soon as there is one; its error ends the campaign
	Failed   func(plan.Trial, error)   // is told of each trial that failed
	Hopeless func(error) bool          // says of a trial's error that no other trial can succeed either
}

// Run measures until the source has no more, and ends at once when the context does: a trial that an interrupt cut short is
// kept too. A trial that fails does not keep others from being measured, unless its error is hopeless or three in a row
// fail; the error then says how many did, and why the first.
func (r Runner) Run(ctx context.Context, source Source) error {
	var failed failures
	var last *result.Trial
	for inARow := 0; ; {
		if err := ctx.Err(); err != nil && last != nil && !last.Complete {
			return err // what an interrupt cut short tells the source nothing
		}
		next, ok := source.Next(last)
		if !ok {
			return failed.err()
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		trial, err := r.Measure(ctx, next)
		if trial != nil {
			if err := r.Keep(trial); err != nil {
				return err
			}
		}
		last = trial
		switch {
		case err == nil:
			inARow = 0
			continue
		case ctx.Err() != nil:
			return err
		}
		inARow++
		r.Failed(next, err)
		failed.add(next, err)
		if inARow == maxFailures || r.Hopeless(err) {
			return failed.err()
		}
	}
}

// failures counts trials that failed.
type failures struct {
	n     int
	first error
}

func (f *failures) add(t plan.Trial, err error) {
	if f.n++; f.n == 1 {
		f.first = fmt.Errorf("trial %s (%s) failed: %w", t.ID, t.Cell, err)
	}
}

func (f *failures) err() error {
	if f.n <= 1 {
		return f.first
	}
	return fmt.Errorf("%d trials failed, the first: %w", f.n, f.first)
}

// Comparison is the number of blocks from which a run is a comparison, with statistics over its trials.
const Comparison = 6

// Conditioning returns the trials to run first and throw away. Brokers that have just started are still compiling: each gets ten seconds of the heaviest
// mode. A comparison starts with a whole block, and on such brokers with a minute of discarded load at least.
func Conditioning(trials []plan.Trial, blocks, freshBrokers int) (discarded []plan.Trial) {
	if len(trials) == 0 {
		return nil
	}
	cells := trials[:len(trials)/blocks]
	if freshBrokers > 0 {
		discarded = append(discarded, heaviest(cells, time.Duration(freshBrokers)*10*time.Second))
	}
	if blocks >= Comparison {
		discarded = block(discarded, cells, freshBrokers)
	}
	return discarded
}

// heaviest is a trial of the heaviest mode in the form that asks most requests of brokers, whose compilers count calls: several producers at full speed
// with next to nothing in each batch or transaction.
func heaviest(cells []plan.Trial, duration time.Duration) plan.Trial {
	most := cells[0]
	for _, t := range cells {
		if workload.Rank(t.Workload.Mode.Name) > workload.Rank(most.Workload.Mode.Name) {
			most = t
		}
	}
	w := &most.Workload
	w.Rate, w.Arrival, w.Producers, w.InFlight = workload.Rate{Max: true}, workload.Constant, 4, 10
	w.TxnInterval, w.AbortRatio = 0, 0
	if w.Mode.Transactional {
		w.TxnSize = 1
	}
	w.Messages, w.Warmup, w.Duration = 0, 0, duration
	return most
}

// block adds a whole block to throw away, and on brokers that have just started more of them until a minute is thrown away in all.
func block(discarded, cells []plan.Trial, freshBrokers int) []plan.Trial {
	discarded = append(discarded, cells...)
	for freshBrokers > 0 && load(discarded) < time.Minute {
		discarded = append(discarded, cells...)
	}
	return discarded
}

// load is how long trials send, at least.
func load(trials []plan.Trial) (d time.Duration) {
	for _, t := range trials {
		d += max(time.Second, t.Workload.Warmup+plan.Window(t.Workload)) // of a number of records nobody knows
	}
	return d
}
