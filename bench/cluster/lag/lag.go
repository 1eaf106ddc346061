// Package lag samples how far read_committed readers are behind: behind the last stable offset, behind what
// monitoring sees, and how old the oldest record is that they still owe.
package lag

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
)

// Source answers for the watched partitions, in one order that all slices share.
type Source interface {
	Partitions() int
	// Marks writes the high watermark, the last stable offset and the high watermark again, asked for in that order.
	Marks(ctx context.Context, high1, stable, high2 []int64) error
	// Committed writes the group's committed offsets, -1 where there is none.
	Committed(ctx context.Context, offsets []int64) error
}

// Views are what the trial itself knows, in the order of the source's partitions.
type Views struct {
	Position func([]int64) error // writes the offset of the next record to read (past markers), -1 if unknown

	// OldestUnread returns the intended time, in clock nanoseconds, of the oldest record due by then and not read.
	OldestUnread func(now int64) (intended int64, ok bool)
}

// None stands for an offset difference that does not exist.
const None int64 = -1

// Partition is one partition's lag in offsets; markers count, they take offsets too.
type Partition struct {
	// HoldLow and HoldHigh bound the high watermark minus the last stable offset at the moment the latter was
	// read: a watermark never recedes, so it was at least the one read before and at most the one read after.
	HoldLow, HoldHigh int64
	Reader            int64 // last stable offset − reader's position; None while the position is unknown
	Monitoring        int64 // high watermark − committed group offset; None before the first commit
}

// Hold is the figure reported for the two bounds: their midpoint, which is right on average because the last stable
// offset is read half-way between the watermarks; but 0 when the lower bound is, because then nothing proves that
// anything was held back, and what arrived between two readings would be mistaken for it. (The upper bound would
// show a hold without any transaction, the lower one would hide what arrived in a round trip.)
func (p Partition) Hold() int64 {
	if p.HoldLow == 0 {
		return 0
	}
	return p.HoldLow + (p.HoldHigh-p.HoldLow)/2
}

// Sample is one look at all partitions.
type Sample struct {
	At         int64       // clock nanoseconds
	Partitions []Partition // as the answer has them that was under way then; nil without one
	AgeMS      float64     // now − intended time of the oldest record due and unread; 0 if there is none
}

// Figures are a sample's partitions reduced to one, in offsets. None where no partition has the figure.
type Figures struct{ Hold, Reader, Monitoring int64 }

// Worst returns the largest figure among the partitions, each figure by itself.
func (s Sample) Worst() Figures { return s.reduce(func(a, b int64) int64 { return max(a, b) }) }

// Sum adds each figure up over the partitions that have it.
func (s Sample) Sum() Figures {
	return s.reduce(func(a, b int64) int64 { return max(a, 0) + max(b, 0) })
}

func (s Sample) reduce(with func(a, b int64) int64) Figures {
	f := Figures{None, None, None}
	for _, p := range s.Partitions {
		f.Hold = with(f.Hold, p.Hold())
		if p.Reader != None {
			f.Reader = with(f.Reader, p.Reader)
		}
		if p.Monitoring != None {
			f.Monitoring = with(f.Monitoring, p.Monitoring)
		}
	}
	return f
}

// Sampler takes samples at instants that keep no step with anything: the pauses between them are exponential.
type Sampler struct {
	source Source
	views  Views
	mean   time.Duration
	random *rand.Rand
	out    func(Sample)

	high1, stable, high2, committed, position []int64
}

// New prepares a sampler whose pauses have the given mean; the seed fixes them. Each sample goes to out in the order of time, on Run's
// goroutine.
func New(source Source, views Views, mean time.Duration, seed uint64, out func(Sample)) *Sampler {
	n := source.Partitions()
	return &Sampler{
		source: source, views: views, mean: mean, out: out,
		random: rand.New(rand.NewPCG(seed, 0)),
		high1:  make([]int64, n), stable: make([]int64, n), high2: make([]int64, n),
		committed: make([]int64, n), position: make([]int64, n),
	}
}

// answer is what the cluster and the readers said, or why one of them did not.
type answer struct {
	partitions []Partition
	err        error
}

// Run samples until the context ends, which is no error. Its instants are fixed beforehand, whatever the cluster does: one that answers late is asked less
// often, and never by two at once, but what it says counts for all instants that passed while it was asked. Otherwise an outage would be a single
// sample. Samples without an answer have their age alone; missed counts them, and err is why the last of them has none.
func (s *Sampler) Run(ctx context.Context) (missed int, err error) {
	next := time.Now().Add(s.pause())
	timer := time.NewTimer(time.Until(next))
	defer timer.Stop()
	answers := make(chan answer)
	var waiting []Sample // for the answer that is under way
	for {
		select {
		case <-ctx.Done():
			if len(waiting) > 0 {
				s.hand(waiting, (<-answers).partitions) // which the context's end may have cut short
			}
			return missed, err
		case <-timer.C:
			waiting = append(waiting, s.look())
			if len(waiting) == 1 {
				go func() { answers <- s.ask(ctx) }()
			}
			next = next.Add(s.pause())
			timer.Reset(time.Until(next))
		case a := <-answers:
			if a.err != nil && ctx.Err() == nil {
				missed, err = missed+len(waiting), a.err
			}
			s.hand(waiting, a.partitions)
			waiting = nil
		}
	}
}

// hand gives samples out with what was answered, nil if nothing was.
func (s *Sampler) hand(samples []Sample, partitions []Partition) {
	for _, sample := range samples {
		sample.Partitions = partitions
		s.out(sample)
	}
}

func (s *Sampler) pause() time.Duration {
	return time.Duration(s.random.ExpFloat64() * float64(s.mean))
}

// look is what takes no answer of the cluster's.
func (s *Sampler) look() Sample {
	sample := Sample{At: clock.Now()}
	if intended, ok := s.views.OldestUnread(sample.At); ok && intended < sample.At {
		sample.AgeMS = float64(sample.At-intended) / 1e6
	}
	return sample
}

// ask asks the cluster first and the readers right after, so what they read in the meantime makes reader lag a
// little too small rather than negative. The committed offsets are asked for every time: one request to one broker,
// beside three to each, and never stale by a rate of its own.
func (s *Sampler) ask(ctx context.Context) answer {
	if err := s.source.Marks(ctx, s.high1, s.stable, s.high2); err != nil {
		return answer{err: err}
	}
	if err := s.views.Position(s.position); err != nil {
		return answer{err: fmt.Errorf("ask the readers for their positions: %w", err)}
	}
	if err := s.source.Committed(ctx, s.committed); err != nil {
		return answer{err: err}
	}
	partitions := make([]Partition, len(s.stable))
	for i := range partitions {
		p := &partitions[i]
		p.HoldLow, p.HoldHigh = max(s.high1[i]-s.stable[i], 0), max(s.high2[i]-s.stable[i], 0)
		p.Reader, p.Monitoring = behind(s.stable[i], s.position[i]), behind(s.high2[i], s.committed[i])
	}
	return answer{partitions: partitions}
}

// behind is how far an offset is short of an end, None if there is no offset.
func behind(end, offset int64) int64 {
	if offset < 0 {
		return None
	}
	return max(end-offset, 0)
}
