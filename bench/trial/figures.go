package trial

import (
	"context"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/verify"
)

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

// window is how long the measured window was.
func (t *running) window() time.Duration { return time.Duration(t.times.End() - t.times.WindowStart) }

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

// throughput divides what counts by the window. Where a number of records bounds it, each figure's window ends
// with the last of them handed over, acknowledged or read.
func (t *running) throughput(r *result.Trial, parts []*Part) {
	var sum Part
	for _, p := range parts {
		sum.Due += p.Due
		sum.Sent += p.Sent
		sum.Acked += p.Acked
		sum.ReadIn += p.ReadIn
		sum.ReadBytes += p.ReadBytes
		sum.LastHanded = max(sum.LastHanded, p.LastHanded)
		sum.LastAcked = max(sum.LastAcked, p.LastAcked)
		sum.LastRead = max(sum.LastRead, p.LastRead)
	}
	per := func(n float64, last int64) *float64 {
		end := t.times.End()
		if t.times.Quota {
			end = max(last, t.times.WindowStart+1)
		}
		v := n / time.Duration(end-t.times.WindowStart).Seconds()
		return &v
	}
	r.SentPerS = *per(float64(sum.Sent), sum.LastHanded)
	if !t.w.Rate.Max {
		r.DuePerS = per(float64(sum.Due), t.times.WindowEnd)
	}
	if t.w.Mode.Acks != 0 {
		r.Throughput.AckedPerS = per(float64(sum.Acked), sum.LastAcked)
	}
	if len(t.receivers) > 0 {
		r.Throughput.ReadPerS = per(float64(sum.ReadIn), sum.LastRead)
		r.Throughput.MBPerS = per(float64(sum.ReadBytes)/1e6, sum.LastRead)
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

// requests adds up what the clients sent between their reports nearest the window's ends. Each client reports at
// instants of its own, so what is divided by records are rates, each over its client's span.
func (t *running) requests(r *result.Trial, parts []*Part) {
	span := &result.RequestSpan{PerRecord: map[string]float64{}}
	total, rates := map[string]int64{}, map[string]float64{}
	var seconds, records, tx, rx float64
	for _, p := range parts {
		if len(p.Spans) < 2 {
			return // a client without two reports leaves the sum meaningless
		}
		a, b := p.Spans[0], p.Spans[1]
		length := time.Duration(b.At - a.At).Seconds()
		seconds += length
		span.Records += b.Sent - a.Sent
		span.TxBytes += b.TxBytes - a.TxBytes
		span.RxBytes += b.RxBytes - a.RxBytes
		records += float64(b.Sent-a.Sent) / length
		tx += float64(b.TxBytes-a.TxBytes) / length
		rx += float64(b.RxBytes-a.RxBytes) / length
		for name, n := range b.Requests {
			if d := n - a.Requests[name]; d > 0 {
				total[name] += d
				rates[name] += float64(d) / length
			}
		}
	}
	if span.Records == 0 {
		return
	}
	for name, rate := range rates {
		span.PerRecord[name] = rate / records
	}
	span.Seconds = seconds / float64(len(parts))
	span.TxPerRec, span.RxPerRec = tx/records, rx/records
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
	if share, ok := stolen(from, to); ok {
		r.Resources.CPUSteal = &share
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
