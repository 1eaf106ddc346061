package trial

import (
	"context"
	"fmt"
	"maps"
	"math"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/verify"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// assemble puts the lanes' parts together, judges them and commits the trial's files.
func (t *running) assemble(ctx context.Context) (*result.Trial, error) {
	parts, err := t.parts(ctx)
	if err != nil {
		t.discard()
		return nil, err
	}
	evidence := t.evidence(parts)
	guarantee := verify.Judge(evidence)
	t.censor(&evidence, parts)
	if err := t.collector.Close(); err != nil {
		t.files.abort()
		return nil, fmt.Errorf("write the histogram log of trial %s: %w", t.plan.ID, err)
	}
	r := t.describe()
	r.LatencyUS = t.latencies()
	r.Window = t.windowRecords(&evidence, parts)
	t.throughput(r, parts)
	t.transactions(r, parts)
	t.requests(r, parts)
	t.resources(ctx, r)
	if t.watch.lag != nil {
		r.Lag = t.watch.lag.Lag()
		if r.Lag != nil {
			r.Lag.MarkerShare = t.markerShare(&guarantee)
		}
	}
	r.Guarantee = guarantee
	t.withoutAge(r)
	t.judgeLoad(r, parts)
	if t.env.Disturbance != nil {
		t.env.Disturbance.Assess(r, t.activity)
	}
	if err := t.files.commit(); err != nil {
		return nil, err
	}
	return r, nil
}

// parts are the senders' first, then the receivers'.
func (t *running) parts(ctx context.Context) (parts []*Part, err error) {
	lanes := make([]Lane, 0, len(t.senders)+len(t.receivers))
	for _, s := range t.senders {
		lanes = append(lanes, s)
	}
	for _, r := range t.receivers {
		lanes = append(lanes, r)
	}
	for _, lane := range lanes {
		p, err := lane.Part(ctx)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func (t *running) evidence(parts []*Part) verify.Evidence {
	e := verify.Evidence{
		Mode: t.w.Mode, Isolation: t.w.Isolation, Readers: t.w.Readers,
		ReachedEnd: t.end.reached, Deadlines: t.end.deadlines,
	}
	for _, p := range parts {
		if p.Send != nil {
			e.Sessions = append(e.Sessions, verify.Session{Sent: p.Send, Acked: p.Acks})
		}
	}
	if t.env.Disturbance != nil {
		e.Sessions = append(e.Sessions, t.env.Disturbance.Evidence()...)
	}
	for _, p := range parts {
		if p.Read != nil {
			e.Reads = append(e.Reads, p.Read)
		}
	}
	return e
}

// censored are the samples owed and never had.
type censored struct {
	records      int64 // committed records intended in the window, never read
	transactions int64 // committed transactions of the window, never read whole
	early        int64
	earlySum     int64
}

func (t *running) censor(e *verify.Evidence, parts []*Part) {
	if len(t.receivers) == 0 {
		return
	}
	for i := range t.senders {
		t.censored.records += int64(e.CensoredInRange(i, parts[i].WindowFirst, parts[i].WindowLast))
		if v := t.sessions[i].visible; v != nil {
			t.censored.transactions += v.close(t.stopped)
			t.censored.early += v.early
			t.censored.earlySum += v.earlySum
		}
	}
}

// describe fills what is known without measuring.
func (t *running) describe() *result.Trial {
	lib := t.env.Library
	r := &result.Trial{
		ID: t.plan.ID, Cell: t.plan.Cell, Block: t.plan.Block, Scenario: t.w.Scenario, Mode: t.w.Mode.Name,
		Axes: t.axes(), StartedAt: t.startedAt, WindowS: t.window().Seconds(), Saturated: t.w.Rate.Max,
		Warnings: []string{}, ClientConfig: t.config,
		Client: result.Client{Name: lib.Name(), Version: lib.Version(), TransactionProtocol: lib.TransactionProtocol()},
	}
	if t.w.Mode.Transactional && t.w.TxnSize > 0 {
		r.TxnSize = &t.w.TxnSize
	}
	return r
}

// axes are the planned ones, and the client: comparisons across clients are told apart by it.
func (t *running) axes() map[string]any {
	axes := maps.Clone(t.plan.Axes)
	axes[workload.AxisClient] = t.env.Library.Name()
	return axes
}

// withoutAge takes the age of the oldest unread record away where records were lost that nobody reported: one of them is the oldest for good.
func (t *running) withoutAge(r *result.Trial) {
	if lost := r.Guarantee.Lost; t.w.Mode.Acks == 0 && r.Lag != nil && lost != nil && *lost > 0 {
		r.Lag.AgeMS = result.LagStat{}
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d records were lost without a report, so that the age of the oldest unread one says nothing", *lost))
	}
}

// maxDrift is how far records read and sent per second may lie apart at max before the window says more of its
// edges than of the mode.
const maxDrift = 0.05

// judgeLoad marks what a reader of the figures must know.
func (t *running) judgeLoad(r *result.Trial, parts []*Part) {
	warn := func(format string, args ...any) { r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...)) }
	r.Warnings = append(r.Warnings, t.notes...)
	if t.watch.missed != "" {
		warn("%s", t.watch.missed)
	}
	stolen := r.Resources.Stolen()
	if stolen > result.MaxSteal {
		warn("the hypervisor gave %.0f%% of this machine's CPU time to others: latencies are partly theirs; compare interleaved blocks only", 100*stolen)
	}
	r.Complete = !t.cutShort && t.disturbed == nil
	if t.disturbed != nil {
		warn("the disturbance failed: %v", t.disturbed)
	}
	var failed int64
	var why error
	for _, p := range parts {
		r.Warnings = append(r.Warnings, p.Notes...)
		if p.Ended != nil {
			r.Complete = false
			warn("%v", p.Ended)
		}
		if failed += p.Failed; why == nil {
			why = p.FirstFailure
		}
	}
	if failed > 0 {
		warn("%d of %d records were reported undelivered, the first with: %v; their latencies are in no histogram", failed, r.Guarantee.Sent, why)
	}
	if r.Complete && !t.w.Rate.Max {
		ok, why := t.sustained(parts[:len(t.senders)])
		if ok && float64(failed) > result.MaxFailed*float64(r.Guarantee.Sent) {
			ok, why = false, []string{fmt.Sprintf("unsustained: more than %.0f%% of the records were not delivered; lower --rate", 100*result.MaxFailed)}
		}
		if n := r.Transactions; ok && n.Failing() {
			ok, why = false, []string{fmt.Sprintf("unsustained: %d of %d transactions of the window that were to be committed were not: their latencies are in no histogram",
				n.Failed+n.Indeterminate, n.Committed+n.Failed+n.Indeterminate)}
		}
		r.Sustained = &ok
		if t.env.Disturbance == nil { // which is why, and nothing about the load is to be changed
			r.Warnings = append(r.Warnings, why...)
			if !ok && stolen > result.MaxSteal {
				warn("it might hold the rate on a machine that is left alone: measure again before you change the load")
			}
		}
	}
	if read := r.Throughput.ReadPerS; t.w.Rate.Max && !t.times.Quota && read != nil && math.Abs(*read-r.SentPerS) > maxDrift*r.SentPerS {
		warn("%.0f records/s were read and %.0f sent: the window caught a queue filling or emptying; lengthen --warmup and --duration", *read, r.SentPerS)
	}
	if !t.w.Mode.Transactional {
		return
	}
	if n := r.Transactions.Committed / int64(t.w.Producers); n < plan.MinTransactions {
		warn("%d transactions per producer in the window, fewer than the %d that figures of transactions need; raise --duration or lower --txn-size",
			n, plan.MinTransactions)
	}
	if t.w.Rate.Max && t.w.TxnSize > t.w.InFlight {
		warn("a transaction of %d records holds at most %d unacknowledged at once (--in-flight)", t.w.TxnSize, t.w.InFlight)
	}
	if t.w.Isolation == workload.ReadUncommitted {
		warn("read_uncommitted readers of transactional data: a control, nothing is promised")
	}
}
