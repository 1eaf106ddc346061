package trial

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/pace"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/payload"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/verify"
)

// openLoopInFlight bounds the unacknowledged records of a producer that follows a schedule: so many that a
// healthy cluster never meets it, and the same in every mode.
const openLoopInFlight = 100_000

// names are a trial's own in the cluster.
type names struct {
	topics []string
	group  string
	txnIDs []string // by producer
}

func namesOf(run string, tr plan.Trial) names {
	var n names
	for i := range tr.Workload.Topics {
		n.topics = append(n.topics, cluster.Name(run, tr.ID, fmt.Sprintf("t%d", i)))
	}
	n.group = cluster.Name(run, tr.ID, "g")
	for i := range tr.Workload.Producers {
		n.txnIDs = append(n.txnIDs, transactionalID(cluster.Name(run, tr.ID, fmt.Sprintf("p%d", i)), i))
	}
	return n
}

// statePartitions is transaction.state.log.num.partitions' default.
const statePartitions = 50

// transactionalID extends a name so that it falls into a given partition of __transaction_state, which is the
// hash of the id modulo the topic's partitions. Producer i of every trial then has the same coordinator, where
// a fresh id would draw another broker each time.
func transactionalID(name string, slot int) string {
	for i := 0; ; i++ {
		id := fmt.Sprintf("%s-%d", name, i)
		if javaHash(id)&0x7fffffff%statePartitions == uint32(slot%statePartitions) {
			return id
		}
	}
}

// javaHash is String.hashCode of an ASCII string.
func javaHash(s string) (h uint32) {
	for _, c := range []byte(s) {
		h = 31*h + uint32(c)
	}
	return h
}

func (t *running) newSender(i int, unwatched bool) (*sender, error) {
	source, err := payload.NewSource(t.w, i)
	if err != nil {
		return nil, err
	}
	inFlight := openLoopInFlight
	if t.w.Rate.Max {
		inFlight = t.w.InFlight
	}
	shared := t.sessions[i]
	s := &sender{
		w: t.w, index: i, run: t.env.Stamp, quota: share(t.w.Messages, i, t.w.Producers), unwatched: unwatched,
		source: source, router: payload.NewRouter(t.w, i),
		visible: shared.visible, unread: shared.unread, flight: newFlight(inFlight),
		cursor: shared.unread.cursor(), ackCursor: shared.unread.cursor(),
		rec:    t.collector.Recorder(senderMetrics(t.w.Mode.Transactional, t.w.Rate.Max)...),
		ackRec: t.collector.Recorder(ackMetrics(t.w.Mode.Acks)...),
		log:    &verify.SendLog{}, acks: &verify.AckLog{},
		alarm: time.NewTicker(time.Second), endLimit: t.endLimit(),
	}
	if !t.w.Rate.Max {
		s.schedule, s.due = pace.New(t.w, i, spanOf(t.w)), pace.NewCounter(pace.New(t.w, i, spanOf(t.w)))
	}
	cfg := client.ProducerConfig{
		Bootstrap: t.env.Target.Bootstrap, Workload: t.w, Topics: t.names.topics, InFlight: inFlight,
		ClientID: cluster.Name(t.env.RunID, t.plan.ID, fmt.Sprintf("producer-%d", i)),
		Complete: s.complete,
		Count:    func(c client.Counters) { s.counts.observe(c, s.sent.Load()) },
		Log:      t.env.Log,
	}
	if t.w.Mode.Transactional {
		cfg.TransactionalID = t.names.txnIDs[i]
	}
	if s.producer, err = t.env.Library.NewProducer(cfg); err != nil {
		s.alarm.Stop()
		return nil, fmt.Errorf("open producer %d: %w", i, err)
	}
	if t.w.Mode.Transactional {
		txns, ok := s.producer.(client.Transactor)
		if !ok {
			return nil, fmt.Errorf("client %s has no transactions", t.env.Library.Name())
		}
		s.txns = txns
	}
	return s, nil
}

// endLimit follows the transaction's own timeout, which bounds a record's delivery too.
func (t *running) endLimit() time.Duration {
	ms, err := strconv.Atoi(t.config.Producer["transaction.timeout.ms"])
	if err != nil {
		ms = 60_000 // its default
	}
	return time.Duration(ms)*time.Millisecond + expiryScan
}

// senderMetrics are the histograms that exist for a mode and load; the others stay absent rather than empty.
func senderMetrics(transactional, closedLoop bool) []measure.Metric {
	var ms []measure.Metric
	if !closedLoop {
		ms = append(ms, measure.Schedule, measure.Blocked)
	}
	if transactional {
		ms = append(ms, measure.Init, measure.Fill, measure.Commit, measure.CommitFlush, measure.CommitEnd)
		if !closedLoop {
			ms = append(ms, measure.CommitDue)
		}
	}
	return ms
}

func ackMetrics(acks int) []measure.Metric {
	if acks == 0 {
		return nil
	}
	return []measure.Metric{measure.Ack, measure.Service}
}

func (t *running) newReceiver(i int) (*receiver, error) {
	assigned, place, labels := t.assign(i)
	r := &receiver{
		run: t.env.Stamp, index: i, assigned: assigned, place: place, sessions: t.sessions,
		rec: t.collector.Recorder(measure.E2E), log: verify.NewReadLog(labels), drained: t.drained,
	}
	for _, s := range t.sessions {
		r.cursors = append(r.cursors, s.unread.cursor())
	}
	open := func(from []int64) (client.Reader, error) {
		return t.env.Library.NewReader(client.ReaderConfig{
			Bootstrap: t.env.Target.Bootstrap, Workload: t.w, Topics: t.names.topics, Assigned: assigned, From: from,
			Group:    t.names.group,
			ClientID: cluster.Name(t.env.RunID, t.plan.ID, fmt.Sprintf("reader-%d", i)),
			Count:    func(c client.Counters) { r.counts.observe(c, 0) },
			Log:      t.env.Log,
		})
	}
	if t.env.Disturbance != nil {
		r.orders = &readerOrders{open: open, committed: func(ctx context.Context) ([]int64, error) { return t.committed(ctx, assigned) }}
	}
	var err error
	if r.reader, err = open(nil); err != nil {
		return nil, fmt.Errorf("open reader %d: %w", i, err)
	}
	return r, nil
}

// assign deals the partitions out to the readers in turn.
func (t *running) assign(reader int) (assigned []client.Partition, place [][]int, labels []string) {
	place = make([][]int, t.w.Topics)
	for topic := range t.w.Topics {
		place[topic] = make([]int, t.w.Partitions)
		for p := range t.w.Partitions {
			place[topic][p] = -1
			if (topic*t.w.Partitions+p)%t.w.Readers != reader {
				continue
			}
			place[topic][p] = len(assigned)
			assigned = append(assigned, client.Partition{Topic: int32(topic), Partition: int32(p)})
			labels = append(labels, fmt.Sprintf("%s[%d]", t.names.topics[topic], p))
		}
	}
	return assigned, place, labels
}

// share splits a total over n, the remainder going to the first.
func share(total int64, i, n int) int64 {
	s := total / int64(n)
	if int64(i) < total%int64(n) {
		s++
	}
	return s
}
