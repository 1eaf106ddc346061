package trial

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/pace"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/payload"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/verify"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// pretender acknowledges at once, and does with records and transactions what it is told to.
type pretender struct {
	complete func(client.Completion)
	send     func()
	begin    func()
	end      func() client.Outcome
}

func (p *pretender) Send(r *client.Record) error {
	if p.send != nil {
		p.send()
	}
	p.complete(client.Completion{Tag: r.Tag, At: clock.Now()})
	return nil
}
func (p *pretender) Flush(context.Context) error { return nil }
func (p *pretender) Close(context.Context) error { return nil }
func (p *pretender) Init(context.Context) error  { return nil }
func (p *pretender) Begin() error {
	if p.begin != nil {
		p.begin()
	}
	return nil
}

func (p *pretender) End(_ context.Context, commit bool) (client.Outcome, error) {
	outcome := client.Committed
	if p.end != nil {
		outcome = p.end()
	}
	if commit && outcome == client.Aborted {
		return outcome, errors.New("told to abort")
	}
	return outcome, nil
}

// sent runs a sender of a workload given as flags on a client, whose times of ending transactions are known when configure is called.
func sent(t *testing.T, flags map[string]string, configure func(*pretender, Times)) (*running, *Part, map[measure.Metric]result.Latency) {
	t.Helper()
	flags["message-size"], flags["warmup"], flags["partitions"] = "100", "0s", "1"
	p, err := workload.Resolve(nil, nil, flags, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := p.Cells()[0].Workload
	collector, err := measure.NewCollector(io.Discard, clock.Now(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	source, err := payload.NewSource(w, 0)
	if err != nil {
		t.Fatal(err)
	}
	u := newUnread()
	s := &sender{
		w: w, source: source, router: payload.NewRouter(w, 0), unread: u, flight: newFlight(1000), cursor: u.cursor(), ackCursor: u.cursor(), quota: w.Messages,
		rec: collector.Recorder(senderMetrics(w.Mode.Transactional, false)...), ackRec: collector.Recorder(ackMetrics(w.Mode.Acks)...),
		log: &verify.SendLog{}, acks: &verify.AckLog{}, alarm: time.NewTicker(time.Second), endLimit: time.Minute, unwatched: true,
		schedule: pace.New(w, 0, spanOf(w)), due: pace.NewCounter(pace.New(w, 0, spanOf(w))),
	}
	s.route = s.router.Route
	last := lastDue(t.Context(), w)
	times := timesOf(w, last, clock.Now()+int64(20*time.Millisecond))
	fake := &pretender{complete: s.complete}
	if s.producer = fake; w.Mode.Transactional {
		s.txns = fake
	}
	if configure != nil {
		configure(fake, times)
	}
	if err := s.Run(t.Context(), times); err != nil {
		t.Fatal(err)
	}
	times.stopped.Store(clock.Now())
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	part, err := s.Part(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := collector.Close(); err != nil {
		t.Fatal(err)
	}
	all := map[measure.Metric]result.Latency{}
	for _, m := range measure.Metrics() {
		if l, ok := collector.Latency(m, 0); ok {
			all[m] = l
		}
	}
	return &running{w: w, times: times}, part, all
}

// A number of records is due as the schedule has it, whatever its shape and however long the last commit takes.
func TestANumberOfRecordsIsDueOnce(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string]map[string]string{
		"one":      {"rate": "100", "messages": "1"},
		"constant": {"rate": "2000", "messages": "600"},
		"poisson":  {"rate": "2000", "messages": "600", "arrival": "poisson"},
		"burst":    {"rate": "1000", "messages": "1100", "arrival": "burst"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flags["mode"], flags["txn-size"] = "transactional", "50"
			started := false
			r, part, _ := sent(t, flags, func(p *pretender, times Times) {
				p.end = func() client.Outcome {
					if clock.Now() > times.HandedBy-int64(hiccup) { // the last, which is closed when it is full
						started = true
						time.Sleep(200 * time.Millisecond)
					}
					return client.Committed
				}
			})
			want := r.w.Messages
			if _, quick, _ := sent(t, flags, nil); quick.Due != want {
				t.Errorf("due %d, want %d, where the last commit takes no time", quick.Due, want)
			}
			if part.Due != want || int64(part.WindowLast-part.WindowFirst) != want || !started {
				t.Errorf("due %d, in the window %d, want %d; the last commit was slow: %v", part.Due, part.WindowLast-part.WindowFirst, want, started)
			}
			if want > 1 && part.Handed < want*9/10 { // a busy machine may be late with some
				t.Errorf("%d of %d handed over in time", part.Handed, want)
			}
			for _, b := range part.Backlog {
				if b.Value > float64(want) {
					t.Errorf("a backlog of %v of %d records", b.Value, want)
				}
			}
		})
	}
}

// A client that takes records at a quarter of their rate has not sustained it, although all were sent in the end.
func TestANumberOfRecordsTooSlow(t *testing.T) {
	t.Parallel()
	r, part, _ := sent(t, map[string]string{"mode": "idempotent", "rate": "2000", "messages": "400"}, func(p *pretender, _ Times) {
		p.send = func() { time.Sleep(2 * time.Millisecond) }
	})
	ok, why := r.sustained([]*Part{part})
	if ok || part.Due != 400 || part.Handed >= 396 || !strings.Contains(strings.Join(why, ""), "of the records due in the window were handed over") {
		t.Errorf("sustained %v %q, %d of %d handed over", ok, why, part.Handed, part.Due)
	}
}

// What is left to hand over when a commit ends long behind the window is handed over as long as it is too little to void the trial: the percentiles
// are of all that was due.
func TestAStallBehindTheWindowLeavesNothingOut(t *testing.T) {
	t.Parallel()
	const tries = 5
	for range tries {
		_, part, latencies := sent(t, map[string]string{"mode": "transactional", "rate": "1000", "duration": "2s", "txn-size": "5"}, func(p *pretender, times Times) {
			stalled := false
			p.end = func() client.Outcome {
				if now := clock.Now(); now >= times.WindowEnd-int64(14*time.Millisecond) && now < times.WindowEnd && !stalled {
					stalled = true
					time.Sleep(1300 * time.Millisecond)
				}
				return client.Committed
			}
		})
		if late := part.Due - part.Handed; late > 20 || late == 0 {
			continue // the machine was too busy for the stall to be the only one, or for it to come in time
		}
		if inWindow := int64(part.WindowLast - part.WindowFirst); inWindow != part.Due || latencies[measure.Fill].Count != part.Due {
			t.Errorf("due %d, handed over %d, of them in time %d, %d waits to be committed", part.Due, inWindow, part.Handed, latencies[measure.Fill].Count)
		}
		return
	}
	t.Errorf("in none of %d tries was the stall the only one", tries)
}

// What the client takes to begin a transaction is the client's, not the generator's.
func TestBeginningIsTheClients(t *testing.T) {
	t.Parallel()
	_, _, latencies := sent(t, map[string]string{"mode": "transactional", "rate": "50", "duration": "1s", "txn-size": "1"}, func(p *pretender, _ Times) {
		p.begin = func() { time.Sleep(5 * time.Millisecond) }
	})
	if l := latencies[measure.Blocked]; l.P50 == nil || *l.P50 < 4900 {
		t.Errorf("blocked %+v", l)
	}
}

// Transactions that were to be committed and were not are in no histogram: a trial of many such did not keep its load.
func TestFailedTransactionsAreNoLoadKept(t *testing.T) {
	for name, c := range map[string]struct {
		n    result.Transactions
		want bool
	}{
		"none":           {result.Transactions{Committed: 200}, true},
		"few":            {result.Transactions{Committed: 198, Failed: 1, Indeterminate: 1}, true},
		"failed":         {result.Transactions{Committed: 190, Failed: 10}, false},
		"indeterminate":  {result.Transactions{Committed: 190, Indeterminate: 10}, false},
		"planned aborts": {result.Transactions{Committed: 100, Aborted: 100}, true},
		"aborts, failed": {result.Transactions{Committed: 99, Aborted: 99, Failed: 2}, false},
		"all of them":    {result.Transactions{Failed: 2}, false},
		"nothing at all": {result.Transactions{}, true},
	} {
		mode, _ := workload.ModeByName("transactional")
		times := Times{WindowEnd: int64(time.Second), stopped: &atomic.Int64{}}
		times.stopped.Store(int64(time.Second))
		r := &running{w: workload.Workload{Mode: mode, Rate: workload.Rate{PerSecond: 1000}, Producers: 1, TxnSize: 10, Isolation: mode.Isolation}, times: times}
		trial := &result.Trial{Transactions: &c.n}
		r.judgeLoad(trial, []*Part{{}})
		if len(r.senders) != 0 || trial.Sustained == nil || *trial.Sustained != c.want {
			t.Errorf("%s: %v, %q", name, trial.Sustained, trial.Warnings)
		}
	}
}

// The age of the oldest unread record says nothing where one was lost that nobody will ever read.
func TestAgeAfterALoss(t *testing.T) {
	for mode, lost := range map[string]int64{"at-most-once": 3, "at-least-once": 0} {
		m, _ := workload.ModeByName(mode)
		trial := &result.Trial{Lag: &result.Lag{AgeMS: result.LagStat{Max: new(5.0)}}, Guarantee: result.Guarantee{Lost: &lost}}
		(&running{w: workload.Workload{Mode: m}}).withoutAge(trial)
		if kept := trial.Lag.AgeMS.Max != nil; kept != (lost == 0) || (len(trial.Warnings) == 0) != kept {
			t.Errorf("%s: age kept %v, %q", mode, kept, trial.Warnings)
		}
	}
}
