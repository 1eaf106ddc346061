package plan

import (
	"fmt"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// TrialOverhead is what a trial takes beside warm-up and window: topics created and a second's rest for their
// leaders, connections, a throw-away transaction, the drain, and the topics' deletion.
const TrialOverhead = 2 * time.Second

// Estimate is what a run takes, before it starts.
type Estimate struct {
	Trials  int
	Time    time.Duration // warm-up, window and overhead of all trials, the discarded ones too, as far as they are known beforehand
	Discard time.Duration // of it, for trials that nothing keeps
	Records float64       // sent, warm-up included, as far as a rate or a number of messages fixes them
	Bytes   float64       // written by them: records × mean size × replication factor
	Largest float64       // bytes of the trial that writes most: topics are deleted trial by trial

	// Closed counts the trials at rate max. What they send in Load, their time that no number of messages
	// bounds, depends on the cluster.
	Closed int
	Load   time.Duration
}

// NewEstimate adds up what all blocks of the cells take on a cluster with that replication factor.
func NewEstimate(cells []workload.Cell, blocks, replicationFactor int) Estimate {
	var e Estimate
	for _, c := range cells {
		w := c.Workload
		e.Trials++
		e.Time += Took(w)
		if w.Rate.Max {
			e.Closed++
			e.Load += w.Warmup + w.Duration
		}
		n := records(w)
		e.Records += n
		written := n * w.MessageSize.MeanBytes() * float64(replicationFactor)
		e.Bytes += written
		e.Largest = max(e.Largest, written)
	}
	n := float64(blocks)
	e.Trials, e.Closed = e.Trials*blocks, e.Closed*blocks
	e.Time, e.Load = e.Time*time.Duration(blocks), e.Load*time.Duration(blocks)
	e.Records, e.Bytes = e.Records*n, e.Bytes*n
	return e
}

// Took is what a trial of a workload takes, as far as it is known beforehand.
func Took(w workload.Workload) time.Duration {
	if w.Rate.Max {
		return w.Warmup + w.Duration + TrialOverhead
	}
	return w.Warmup + Window(w) + TrialOverhead
}

// After adds the trials that are run first and thrown away.
func (e Estimate) After(discarded []Trial) Estimate {
	for _, t := range discarded {
		e.Discard += Took(t.Workload)
	}
	e.Time += e.Discard
	return e
}

// Plus is what both take, one after the other.
func (e Estimate) Plus(o Estimate) Estimate {
	return Estimate{
		Trials: e.Trials + o.Trials, Time: e.Time + o.Time, Discard: e.Discard + o.Discard, Records: e.Records + o.Records, Bytes: e.Bytes + o.Bytes,
		Largest: max(e.Largest, o.Largest), Closed: e.Closed + o.Closed, Load: e.Load + o.Load,
	}
}

// Known reports whether the bytes are the whole answer: no trial runs at max.
func (e Estimate) Known() bool { return e.Closed == 0 }

// String is the estimate in a line: "8 trials, about 1m20s, 96 MB written".
func (e Estimate) String() string {
	trials := "trials"
	if e.Trials == 1 {
		trials = "trial"
	}
	text := fmt.Sprintf("%d %s, about %s", e.Trials, trials, e.Time.Round(time.Second))
	if e.Discard > 0 {
		text += fmt.Sprintf(" (%s of it to warm up)", e.Discard.Round(time.Second))
	}
	if e.Bytes > 0 {
		text += fmt.Sprintf(", %s written", Bytes(e.Bytes))
	}
	if !e.Known() {
		text += fmt.Sprintf(" and what the cluster takes at max in %s", e.Load.Round(time.Second))
	}
	return text
}

// Bytes is a number of them as people read it: "96 MB".
func Bytes(n float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 1000 {
			return fmt.Sprintf("%.3g %s", n, unit)
		}
		n /= 1000
	}
	return fmt.Sprintf("%.3g TB", n)
}

// Window is the length of a workload's measured window; 0 if it depends on the cluster: a number of messages
// at rate max.
func Window(w workload.Workload) time.Duration {
	if w.Messages == 0 {
		return w.Duration
	}
	if w.Rate.Max {
		return 0
	}
	return time.Duration(float64(w.Messages) / w.Rate.PerSecond * float64(time.Second))
}

// records is how many a trial sends, as far as that is known beforehand.
func records(w workload.Workload) float64 {
	if w.Rate.Max {
		return float64(w.Messages)
	}
	n := w.Rate.PerSecond * (w.Warmup + Window(w)).Seconds()
	if w.Arrival == workload.Ramp {
		n *= 0.55 // it climbs from a tenth to the whole
	}
	return n
}
