package trial

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster/lag"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
)

// Progress is where a trial stands.
type Progress struct {
	Trial     string
	Cell      string
	Phase     string // prepare, connect, warm-up, measure, drain, settle
	Elapsed   time.Duration
	Left      time.Duration // until the window ends; negative when there is no telling
	Target    float64       // records per second; 0 at max
	Sent      float64       // records per second, lately
	Read      float64
	E2EP50    time.Duration // of the last whole second; 0: none yet
	E2EP99    time.Duration
	CommitP99 time.Duration
	Hold      int64 // offsets, worst partition, last sample; lag.None: none yet
}

func (t *running) progress(phase string) {
	if t.env.Progress != nil {
		t.env.Progress(Progress{Trial: t.plan.ID, Cell: t.plan.Cell, Phase: phase, Hold: lag.None})
	}
}

// watch is what observers of the running load gathered.
type watch struct {
	lag    *lag.Summary // nil without readers
	hold   atomic.Int64 // of the last sample
	missed string       // samples without offsets, and why

	from, to usage // at the window's ends
	rss      int64 // largest resident size sampled
}

// observe starts everything that looks on while the load runs, and returns what stops it and waits for it.
func (t *running) observe(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { t.sampleResources(ctx) })
	wg.Go(func() { t.sampleSeries(ctx) })
	if len(t.receivers) > 0 {
		t.watch.lag = lag.NewSummary()
		t.watch.hold.Store(lag.None)
		wg.Go(func() { t.sampleLag(ctx) })
	}
	if t.env.Progress != nil {
		wg.Go(func() { t.report(ctx) })
	}
	return func() { cancel(); wg.Wait() }
}

// sampleResources reads what was used at both ends of the window, and the resident size in between.
func (t *running) sampleResources(ctx context.Context) {
	if sleepUntil(ctx, t.times.WindowStart) != nil {
		return
	}
	pids := t.env.Target.PIDs
	t.watch.from = readUsage(pids)
	end := t.times.WindowEnd
	if t.times.Quota {
		end = math.MaxInt64
	}
	for clock.Now() < end {
		if rss, ok := residentBytes(); ok {
			t.watch.rss = max(t.watch.rss, rss)
		}
		if sleepUntil(ctx, min(end, clock.Now()+int64(200*time.Millisecond))) != nil {
			break
		}
	}
	t.watch.to = readUsage(pids)
}

// totals are the lanes' running counts.
type totals struct {
	at                          int64
	sent, acked, read, finished int64
}

func (t *running) totals() totals {
	now := totals{at: clock.Now()}
	for i, s := range t.senders {
		now.sent += s.sent.Load()
		now.acked += s.acked.Load()
		now.finished += t.sessions[i].unread.finished.Load()
	}
	for _, r := range t.receivers {
		now.read += r.read.Load()
	}
	return now
}

func (a totals) perSecond(b totals, count func(totals) int64) float64 {
	return float64(count(b)-count(a)) / time.Duration(b.at-a.at).Seconds()
}

func sentOf(t totals) int64  { return t.sent }
func ackedOf(t totals) int64 { return t.acked }
func readOf(t totals) int64  { return t.read }

// seriesColumns are the columns of a trial's <id>.csv, one row per second; t_s counts from the window's start.
var seriesColumns = []string{"t_s", "sent_per_s", "acked_per_s", "read_per_s", "unfinished",
	"e2e_p50_us", "e2e_p99_us", "commit_p50_us", "commit_p99_us", "client_cpu_s", "broker_cpu_s", "rss_bytes"}

func (t *running) sampleSeries(ctx context.Context) {
	before, used := t.totals(), readUsage(t.env.Target.PIDs)
	for next := t.times.Start + int64(time.Second); ; next += int64(time.Second) {
		if sleepUntil(ctx, next) != nil {
			return
		}
		now, use := t.totals(), readUsage(t.env.Target.PIDs)
		rss, _ := residentBytes()
		e50, e99 := t.recent(measure.E2E)
		c50, c99 := t.recent(measure.Commit)
		t.files.series.Row(
			time.Duration(now.at-t.times.WindowStart).Seconds(),
			before.perSecond(now, sentOf), before.perSecond(now, ackedOf), before.perSecond(now, readOf),
			float64(now.sent-now.finished),
			e50, e99, c50, c99,
			seconds(use.client-used.client, use.clientOK), seconds(use.broker-used.broker, use.brokerOK && used.brokerOK),
			orNaN(float64(rss), rss > 0))
		before, used = now, use
	}
}

// recent returns a histogram's p50 and p99 of the last whole second in µs, NaN where it was empty.
func (t *running) recent(m measure.Metric) (p50, p99 float64) {
	a, b, n := t.collector.Recent(m)
	us := func(d time.Duration) float64 { return orNaN(float64(d.Nanoseconds())/1e3, n > 0) }
	return us(a), us(b)
}

func seconds(d time.Duration, ok bool) float64 { return orNaN(d.Seconds(), ok) }

func orNaN(v float64, ok bool) float64 {
	if !ok {
		return math.NaN()
	}
	return v
}

// lagInterval is the mean time between two lag samples.
const lagInterval = 100 * time.Millisecond

// lagColumns are the columns of a trial's <id>.lag.csv, one row per sample: the worst partition's figure and the
// sum over partitions, in offsets; hold_low and hold_high bound the worst hold.
var lagColumns = []string{"t_s", "hold", "hold_sum", "hold_low", "hold_high", "reader_lag", "reader_lag_sum",
	"monitoring", "monitoring_sum", "age_ms"}

func (t *running) sampleLag(ctx context.Context) {
	if sleepUntil(ctx, t.times.WindowStart) != nil {
		return
	}
	source := t.env.Admin.Watch(t.names.topics, t.w.Partitions, t.names.group)
	views := lag.Views{Position: t.positions, OldestUnread: t.oldestUnread}
	sampler := lag.New(source, views, lagInterval, t.w.Seed, t.takeLag)
	missed, err := sampler.Run(ctx)
	if missed > 0 {
		t.watch.missed = fmt.Sprintf("%d lag samples have no offsets, as the cluster or a reader did not say: %v", missed, err)
	}
}

func (t *running) takeLag(s lag.Sample) {
	if !t.times.Quota && s.At >= t.times.WindowEnd {
		return
	}
	t.watch.lag.Add(s)
	worst, sum := s.Worst(), s.Sum()
	low, high := lag.None, lag.None
	for _, p := range s.Partitions {
		low, high = max(low, p.HoldLow), max(high, p.HoldHigh)
	}
	offsets := func(n int64) float64 { return orNaN(float64(n), n != lag.None) }
	t.files.lag.Row(time.Duration(s.At-t.times.WindowStart).Seconds(),
		offsets(worst.Hold), offsets(sum.Hold), offsets(low), offsets(high), offsets(worst.Reader), offsets(sum.Reader),
		offsets(worst.Monitoring), offsets(sum.Monitoring), s.AgeMS)
	t.watch.hold.Store(worst.Hold)
}

// positions gathers the readers' positions, partition by partition of topic after topic.
func (t *running) positions(out []int64) error {
	for _, r := range t.receivers {
		own := make([]int64, len(r.assigned))
		if err := r.position(own); err != nil {
			return err
		}
		for i, p := range r.assigned {
			out[int(p.Topic)*t.w.Partitions+int(p.Partition)] = own[i]
		}
	}
	return nil
}

// oldestUnread returns when the oldest record that is due and unread was intended.
func (t *running) oldestUnread(now int64) (oldest int64, ok bool) {
	for _, s := range t.sessions {
		if at, has := s.unread.oldest(); has && at <= now && (!ok || at < oldest) {
			oldest, ok = at, true
		}
	}
	return oldest, ok
}

// report tells how the load goes about twice a second.
func (t *running) report(ctx context.Context) {
	before := t.totals()
	for {
		if sleep(ctx, 500*time.Millisecond) != nil {
			return
		}
		now := t.totals()
		p := Progress{
			Trial: t.plan.ID, Cell: t.plan.Cell, Phase: "measure", Hold: t.watch.hold.Load(),
			Elapsed: time.Duration(now.at - t.times.Start),
			Left:    time.Duration(t.times.WindowEnd - now.at),
			Sent:    before.perSecond(now, sentOf), Read: before.perSecond(now, readOf),
		}
		if now.at < t.times.WindowStart {
			p.Phase = "warm-up"
		}
		if t.times.Quota && t.w.Rate.Max {
			p.Left = -1
		}
		if !t.w.Rate.Max {
			p.Target = t.w.Rate.PerSecond
		}
		p.E2EP50, p.E2EP99, _ = t.collector.Recent(measure.E2E)
		_, p.CommitP99, _ = t.collector.Recent(measure.Commit)
		t.env.Progress(p)
		before = now
	}
}

func sleepUntil(ctx context.Context, at int64) error {
	return sleep(ctx, time.Duration(at-clock.Now()))
}
