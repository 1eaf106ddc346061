package trial

import (
	"fmt"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// What METHOD calls unsustained, beside fewer than result.MinHanded handed over, or more than result.MaxFailed not delivered.
const (
	maxSlope    = 0.01 // growth of the backlog over the window's last half, of the rate
	minSlopePts = 8    // backlog samples, for a slope to say anything
)

// hiccup is how long after the window's end a record of it still counts as handed over: a pause of the broker
// just then is not a load that was too high.
const hiccup = 100 * time.Millisecond

// sustained judges whether the load kept to its schedule, and if not why and what to change.
func (t *running) sustained(parts []*Part) (ok bool, why []string) {
	w := t.w
	var due, handed, sent int64
	for _, p := range parts {
		due += p.Due
		handed += p.Handed
		sent += p.Sent
	}
	if float64(handed) < result.MinHanded*float64(due) {
		why = append(why, fmt.Sprintf("unsustained: %.1f%% of the records due in the window were handed over (sent %s/s of %s/s); %s",
			100*float64(handed)/float64(due), perSecond(sent, t.window()), perSecond(due, t.window()), t.remedy(parts)))
	}
	perProducer := w.Rate.PerSecond / float64(w.Producers)
	// A backlog goes up and down by a transaction, and by a hiccup: growth within that is none.
	noise := max(float64(w.TxnSize), perProducer*max(w.TxnInterval, hiccup).Seconds())
	for i, p := range parts {
		slope, enough := t.slope(p.Backlog)
		if enough && slope > maxSlope*perProducer && slope*t.window().Seconds()/2 > noise && len(why) == 0 {
			why = append(why, fmt.Sprintf("unsustained: the backlog of producer %d grew by %.0f records/s over the window's last half, more than 1%% of its rate; %s",
				i, slope, t.remedy(parts)))
		}
	}
	return len(why) == 0, why
}

// slope is how fast a backlog grew over the window's last half, in records per second.
func (t *running) slope(backlog []Sample) (perSecond float64, enough bool) {
	var x, y []float64
	middle := t.times.WindowStart + int64(t.window())/2
	for _, s := range backlog {
		if s.At >= middle {
			x = append(x, time.Duration(s.At-middle).Seconds())
			y = append(y, s.Value)
		}
	}
	if len(x) < minSlopePts {
		return 0, false
	}
	return stats.TheilSen(x, y), true
}

// remedy names what held the load back and what to change.
func (t *running) remedy(parts []*Part) string {
	w := t.w
	if !w.Mode.Transactional {
		return "lower --rate, or add --producers or --partitions"
	}
	var commits, took int64
	for _, p := range parts {
		commits += p.Commits
		took += p.CommitTime
	}
	if commits == 0 {
		return "no transaction was committed in the window: lower --rate, or make transactions shorter"
	}
	commit := time.Duration(took / commits)
	return fmt.Sprintf("one producer commits one transaction at a time: %s; %s",
		t.pace(commit, float64(commits)/t.window().Seconds()/float64(w.Producers)), plan.Cure(w, commit))
}

// pace compares the commits a producer made with those its load needs.
func (t *running) pace(commit time.Duration, made float64) string {
	text := fmt.Sprintf("it made %.4g commits/s, at %s each", made, round(commit))
	if size := t.w.TxnSize; size > 0 {
		perProducer := t.w.Rate.PerSecond / float64(t.w.Producers)
		text = fmt.Sprintf("%d per transaction at %.0f records/s needs %.0f commits/s, ", size, perProducer, perProducer/float64(size)) + text
	}
	return text
}

func perSecond(n int64, window time.Duration) string {
	return fmt.Sprintf("%.0f", float64(n)/window.Seconds())
}

func round(d time.Duration) time.Duration {
	switch {
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}
