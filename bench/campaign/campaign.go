// Package campaign runs trials one after another: which one comes next is a Source's to say.
package campaign

import (
	"context"
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

// Run measures trial after trial and hands each result to keep as soon as there is one. It stops at the first
// error, or when the context ends; a trial that an interrupt cut short is kept too.
func Run(ctx context.Context, source Source, measure func(context.Context, plan.Trial) (*result.Trial, error), keep func(*result.Trial) error) error {
	var last *result.Trial
	for {
		next, ok := source.Next(last)
		if !ok {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		trial, err := measure(ctx, next)
		if trial != nil {
			if err := keep(trial); err != nil {
				return err
			}
		}
		if err != nil {
			return err
		}
		last = trial
	}
}

// Comparison is the number of blocks from which a run is a comparison, with statistics over its trials.
const Comparison = 6

// Conditioning returns the trials to run first and throw away. A comparison starts with a whole block, on brokers
// that have just started with at least a minute of them: their virtual machines are still compiling. A quick look
// has ten seconds for each such broker, of the heaviest mode in the form that asks most requests of them: several
// producers at full speed with next to nothing in each batch or transaction.
func Conditioning(trials []plan.Trial, blocks, freshBrokers int) []plan.Trial {
	if len(trials) == 0 {
		return nil
	}
	cells := trials[:len(trials)/blocks]
	if blocks >= Comparison {
		var discarded []plan.Trial
		for took := time.Duration(0); len(discarded) == 0 || freshBrokers > 0 && took < time.Minute; {
			for _, t := range cells {
				discarded = append(discarded, t)
				took += t.Workload.Warmup + plan.Window(t.Workload)
			}
		}
		return discarded
	}
	if freshBrokers == 0 {
		return nil
	}
	heaviest := cells[0]
	for _, t := range cells {
		if weight(t.Workload.Mode) > weight(heaviest.Workload.Mode) {
			heaviest = t
		}
	}
	w := &heaviest.Workload
	w.Rate, w.Arrival, w.Producers, w.InFlight = workload.Rate{Max: true}, workload.Constant, 4, 10
	w.TxnInterval, w.AbortRatio = 0, 0
	if w.Mode.Transactional {
		w.TxnSize = 1
	}
	w.Messages, w.Warmup, w.Duration = 0, 0, time.Duration(freshBrokers)*10*time.Second
	return []plan.Trial{heaviest}
}

// weight is a mode's place in the table, which goes from the weakest guarantee to the strongest.
func weight(m workload.Mode) int {
	for i, other := range workload.Modes {
		if m.Name == other.Name {
			return i
		}
	}
	return -1
}
