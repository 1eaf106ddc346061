package trial

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
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
	t.judgeLoad(r, parts)
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
		Complete: true, Warnings: []string{},
		Client: result.Client{Name: lib.Name(), Version: lib.Version(), TransactionProtocol: lib.TransactionProtocol()},
	}
	if t.w.Mode.Transactional && t.w.TxnSize > 0 {
		r.TxnSize = &t.w.TxnSize
	}
	// It was checked before the run began.
	r.ClientConfig.Producer, r.ClientConfig.Reader, _ = lib.Effective(t.w)
	return r
}

// axes are the planned ones, and the client: comparisons across clients are told apart by it.
func (t *running) axes() map[string]any {
	axes := maps.Clone(t.plan.Axes)
	axes["client"] = t.env.Library.Name()
	return axes
}

func (t *running) latencies() map[string]result.Latency {
	owed := map[measure.Metric]int64{
		measure.E2E:             t.censored.records,
		measure.VisibilityFirst: t.censored.transactions,
		measure.VisibilityLast:  t.censored.transactions,
	}
	all := map[string]result.Latency{}
	for _, m := range measure.Metrics() {
		if l, ok := t.collector.Latency(m, owed[m]); ok {
			all[m.String()] = l
		}
	}
	return all
}

// window is how long the measured window was: as planned, unless a number of records or an interrupt ended it.
func (t *running) window() time.Duration {
	end := t.times.WindowEnd
	if t.times.Quota || t.stopped < end {
		end = t.stopped
	}
	return time.Duration(end - t.times.WindowStart)
}

func (t *running) windowRecords(e *verify.Evidence, parts []*Part) result.WindowRecords {
	var w result.WindowRecords
	var due int64
	for i, p := range parts[:len(t.senders)] {
		due += p.Due
		w.Handed += p.Handed
		w.Committed += int64(e.CommittedInRange(i, p.WindowFirst, p.WindowLast))
	}
	if !t.w.Rate.Max {
		w.Due = &due
	}
	return w
}

func (t *running) throughput(r *result.Trial, parts []*Part) {
	var sum Part
	var lastAcked, lastRead int64
	for _, p := range parts {
		sum.Due += p.Due
		sum.Sent += p.Sent
		sum.AckedInWindow += p.AckedInWindow
		sum.ReadInWindow += p.ReadInWindow
		sum.ReadBytes += p.ReadBytes
		lastAcked, lastRead = max(lastAcked, p.LastAcked), max(lastRead, p.LastRead)
	}
	per := func(n, until int64) *float64 {
		span := t.window()
		if t.times.Quota && until > 0 { // the records' own last completion is the end of a counted window
			span = time.Duration(until - t.times.WindowStart)
		}
		if span <= 0 {
			return nil
		}
		v := float64(n) / span.Seconds()
		return &v
	}
	r.SentPerS = *per(sum.Sent, 0)
	if !t.w.Rate.Max {
		r.DuePerS = per(sum.Due, 0)
	}
	if t.w.Mode.Acks != 0 {
		r.Throughput.AckedPerS = per(sum.AckedInWindow, lastAcked)
	}
	if len(t.receivers) > 0 {
		r.Throughput.ReadPerS = per(sum.ReadInWindow, lastRead)
		mb := *per(sum.ReadBytes, lastRead) / 1e6
		r.Throughput.MBPerS = &mb
	}
}

func (t *running) transactions(r *result.Trial, parts []*Part) {
	if !t.w.Mode.Transactional {
		return
	}
	var sum TxnCounts
	for _, p := range parts {
		sum.merge(p.Transactions)
	}
	r.Transactions = &result.Transactions{
		Committed: sum.Committed, Aborted: sum.Aborted, Indeterminate: sum.Indeterminate, Failed: sum.Failed,
		ReadBeforeReturn:     t.censored.early,
		ReadBeforeReturnMean: mean(float64(t.censored.earlySum)/1e3, t.censored.early),
		RecordsMean:          mean(float64(sum.Records), sum.Committed),
	}
}

func mean(sum float64, n int64) *float64 {
	if n == 0 {
		return nil
	}
	v := sum / float64(n)
	return &v
}

// requests adds up what the clients sent between their reports nearest the window's ends.
func (t *running) requests(r *result.Trial, parts []*Part) {
	span := &result.RequestSpan{PerRecord: map[string]float64{}}
	total := map[string]int64{}
	var lengths float64
	for _, p := range parts {
		if len(p.Spans) < 2 {
			return // a client without two reports leaves the sum meaningless
		}
		a, b := p.Spans[0], p.Spans[1]
		lengths += time.Duration(b.At - a.At).Seconds()
		span.Records += b.Sent - a.Sent
		span.TxBytes += b.TxBytes - a.TxBytes
		span.RxBytes += b.RxBytes - a.RxBytes
		for name, n := range b.Requests {
			if d := n - a.Requests[name]; d > 0 {
				total[name] += d
			}
		}
	}
	if span.Records == 0 {
		return
	}
	records := float64(span.Records)
	for name, n := range total {
		span.PerRecord[name] = float64(n) / records
	}
	span.Seconds = lengths / float64(len(parts))
	span.TxPerRec, span.RxPerRec = float64(span.TxBytes)/records, float64(span.RxBytes)/records
	r.Requests, r.RequestSpan = total, span
}

func (t *running) resources(ctx context.Context, r *result.Trial) {
	from, to := t.watch.from, t.watch.to
	if from.clientOK && to.clientOK {
		v := (to.client - from.client).Seconds()
		r.Resources.CPUS = &v
	}
	if from.brokerOK && to.brokerOK {
		v := (to.broker - from.broker).Seconds()
		r.Resources.BrokerCPUS = &v
	}
	if t.watch.rss > 0 {
		r.Resources.RSSMaxBytes = &t.watch.rss
	}
	if t.stateBytes != nil {
		if size, err := t.env.Admin.LogBytes(ctx, t.names.topics); err == nil {
			n := size.Topics + max(0, size.TransactionState-*t.stateBytes)
			r.Resources.BrokerLogBytes = &n
		}
	}
}

// markerShare is the share of the offsets written that hold no record of ours.
func (t *running) markerShare(g *result.Guarantee) *float64 {
	if t.end.offsets == 0 || g.Duplicate == nil {
		return nil
	}
	v := max(0, 1-float64(g.Acked+*g.Duplicate)/float64(t.end.offsets))
	return &v
}

// judgeLoad marks what a reader of the figures must know.
func (t *running) judgeLoad(r *result.Trial, parts []*Part) {
	r.Warnings = append(r.Warnings, t.notes...)
	if t.watch.missed != "" {
		r.Warnings = append(r.Warnings, t.watch.missed)
	}
	for _, p := range parts {
		r.Warnings = append(r.Warnings, p.Notes...)
		if p.Ended != nil {
			r.Complete = false
			r.Warnings = append(r.Warnings, p.Ended.Error())
		}
	}
	if t.cutShort {
		r.Complete = false
	} else if !t.w.Rate.Max {
		ok, why := t.sustained(parts[:len(t.senders)])
		r.Sustained = &ok
		r.Warnings = append(r.Warnings, why...)
	}
	if t.w.Mode.Transactional {
		if n := r.Transactions.Committed / int64(t.w.Producers); n < plan.MinTransactions {
			r.Warnings = append(r.Warnings, fmt.Sprintf(
				"%d transactions per producer in the window, fewer than %d: its transaction figures are inconclusive; raise --duration or lower --txn-size",
				n, plan.MinTransactions))
		}
		if t.w.Rate.Max && t.w.TxnSize > t.w.InFlight {
			r.Warnings = append(r.Warnings, fmt.Sprintf(
				"a transaction of %d records holds at most %d unacknowledged at once (--in-flight)", t.w.TxnSize, t.w.InFlight))
		}
		if t.w.Isolation == workload.ReadUncommitted {
			r.Warnings = append(r.Warnings, "read_uncommitted readers of transactional data: a control, nothing is promised")
		}
	}
}
