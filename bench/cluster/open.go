package cluster

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// OpenTransaction is one that holds a partition's last stable offset, or would if an older one there did not (KIP-664).
type OpenTransaction struct {
	Topic           string
	Partition       int32
	StartOffset     int64 // of its first record there; the last stable offset, if it is the oldest
	Held            int64 // offsets from StartOffset to the high watermark: what it alone keeps from read_committed readers
	ProducerID      int64
	ProducerEpoch   int16
	TransactionalID string        // empty if no coordinator names one for the producer
	State           string        // by the coordinator: Ongoing, PrepareCommit, PrepareAbort; empty if Hanging
	Coordinator     int32         // node id; -1 if there is none
	Timeout         time.Duration // transaction.timeout.ms; 0 if Hanging
	Since           time.Time     // its begin by the coordinator's clock; if Hanging the last record there, by the producer's
	Hanging         bool          // no coordinator knows of a transaction on this partition, so none will end it
}

// TimesOut is when its coordinator may abort it: it does when it next looks, every ten seconds unless
// transaction.abort.timed.out.transaction.cleanup.interval.ms says otherwise. Zero if no coordinator will.
func (t *OpenTransaction) TimesOut() time.Time {
	if t.Hanging || t.State != "Ongoing" {
		return time.Time{}
	}
	return t.Since.Add(t.Timeout)
}

// Holds is what keeps read_committed readers from the end of partitions.
type Holds struct {
	Open       []OpenTransaction // by partition, the oldest first
	Partitions int               // that answered
	Unanswered []string          // those that did not, and why: whether they are held is unknown
}

// described are the requests that name a transaction (KIP-664).
var described = [...]struct {
	key   kmsg.Key
	since string
}{{kmsg.DescribeProducers, "2.8"}, {kmsg.DescribeTransactions, "3.0"}, {kmsg.ListTransactions, "3.0"}}

// OpenTransactions finds the transactions that are open on the topics' partitions, or on all partitions of the cluster, internal ones
// included, if no topics are named. One that ends meanwhile is left out. It takes READ on the topics and DESCRIBE on the transactional ids:
// the cluster is silent about ids that the user may not describe, which then look as if they hung. An older cluster is ErrTooOld.
func (a *Admin) OpenTransactions(ctx context.Context, topics []string) (Holds, error) {
	const doing = "look for open transactions"
	if err := a.describes(ctx); err != nil {
		return Holds{}, failed(ctx, doing, err)
	}
	var holds Holds
	var err error
	if len(topics) == 0 {
		if topics, err = a.topics(ctx); err != nil || len(topics) == 0 {
			return Holds{}, failed(ctx, doing, err)
		}
	}
	details, err := a.details(ctx, topics)
	if err != nil {
		return Holds{}, err
	}
	everywhere := kadm.TopicsSet{}
	for _, d := range details.Sorted() {
		for _, p := range d.Partitions.Sorted() {
			if p.Leader < 0 {
				holds.Unanswered = append(holds.Unanswered, fmt.Sprintf("%s-%d: nobody leads it", p.Topic, p.Partition))
				continue
			}
			everywhere.Add(p.Topic, p.Partition)
		}
	}
	silent := map[place]error{}
	// In this order: the high watermark only grows, so a last stable offset below it is held.
	high, stable := a.edges(ctx, everywhere, highWatermark, silent), a.edges(ctx, everywhere, lastStable, silent)
	held := kadm.TopicsSet{}
	for at, offset := range stable {
		if end, ok := high[at]; ok {
			holds.Partitions++
			if offset < end {
				held.Add(at.topic, at.partition)
			}
		}
	}
	for at, err := range silent {
		if holds.Partitions == 0 {
			return Holds{}, failed(ctx, doing, fmt.Errorf("ask for the end of %s-%d: %w", at.topic, at.partition, err))
		}
		holds.Unanswered = append(holds.Unanswered, fmt.Sprintf("%s-%d: %v", at.topic, at.partition, err))
	}
	slices.Sort(holds.Unanswered)
	if len(held) == 0 {
		return holds, nil
	}
	if holds.Open, err = a.culprits(ctx, held); err != nil {
		return Holds{}, failed(ctx, doing, err)
	}
	maps.Copy(high, a.edges(ctx, held, highWatermark, silent)) // without an answer the earlier one stands
	for i := range holds.Open {
		t := &holds.Open[i]
		t.Held = max(0, high[place{t.Topic, t.Partition}]-t.StartOffset)
	}
	return holds, nil
}

// describes tells whether all brokers can be asked who holds a partition.
func (a *Admin) describes(ctx context.Context) error {
	versions, err := a.admin.ApiVersions(ctx)
	if err != nil {
		return err
	}
	for _, v := range versions.Sorted() {
		if v.Err != nil {
			return fmt.Errorf("ask broker %d for its versions: %w", v.NodeID, v.Err)
		}
		for _, need := range described {
			if _, ok := v.KeyMaxVersion(int16(need.key)); !ok {
				return fmt.Errorf("broker %d: %w: it does not offer %s (KIP-664, Kafka %s)", v.NodeID, ErrTooOld, need.key.Name(), need.since)
			}
		}
	}
	return nil
}

// place is a partition by name.
type place struct {
	topic     string
	partition int32
}

// edges are the partitions' ends at an isolation level, as far as they are answered; silent takes the others.
func (a *Admin) edges(ctx context.Context, of kadm.TopicsSet, isolation int8, silent map[place]error) map[place]int64 {
	req := kmsg.NewPtrListOffsetsRequest()
	req.ReplicaID, req.IsolationLevel = -1, isolation
	for _, list := range of.Sorted() {
		t := kmsg.NewListOffsetsRequestTopic()
		t.Topic = list.Topic
		for _, p := range list.Partitions {
			tp := kmsg.NewListOffsetsRequestTopicPartition()
			tp.Partition, tp.Timestamp = p, latest
			t.Partitions = append(t.Partitions, tp)
		}
		req.Topics = append(req.Topics, t)
	}
	offsets := map[place]int64{}
	for _, shard := range a.client.RequestSharded(ctx, req) {
		if shard.Err != nil {
			for _, t := range shard.Req.(*kmsg.ListOffsetsRequest).Topics {
				for _, p := range t.Partitions {
					silent[place{t.Topic, p.Partition}] = shard.Err
				}
			}
			continue
		}
		for _, t := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					silent[place{t.Topic, p.Partition}] = err
				} else {
					offsets[place{t.Topic, p.Partition}] = p.Offset
				}
			}
		}
	}
	return offsets
}

// culprits are the transactions open on partitions, as their leaders and the transactions' coordinators describe them.
func (a *Admin) culprits(ctx context.Context, on kadm.TopicsSet) ([]OpenTransaction, error) {
	open, err := a.producing(ctx, on)
	if err != nil || len(open) == 0 {
		return nil, err
	}
	var producers []int64
	for _, t := range open {
		producers = append(producers, t.ProducerID)
	}
	listed, err := a.admin.ListTransactions(ctx, producers, nil)
	if err != nil {
		return nil, err
	}
	known := kadm.DescribedTransactions{}
	if ids := listed.TransactionalIDs(); len(ids) > 0 {
		if known, err = a.admin.DescribeTransactions(ctx, ids...); err != nil {
			return nil, err
		}
	}
	for i := range open {
		for _, t := range known {
			if t.Err == nil && t.ProducerID == open[i].ProducerID {
				open[i].coordinated(&t)
			}
		}
	}
	// Asked in between, a coordinator does not know one that has ended: it looks as if it hung.
	still, err := a.producing(ctx, on)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(open, func(t OpenTransaction) bool {
		return !slices.ContainsFunc(still, func(s OpenTransaction) bool {
			return s.Topic == t.Topic && s.Partition == t.Partition && s.ProducerID == t.ProducerID && s.StartOffset == t.StartOffset
		})
	}), nil
}

// coordinated adds what the coordinator of the producer's transactional id says, if its transaction is the one on this partition.
func (t *OpenTransaction) coordinated(d *kadm.DescribedTransaction) {
	t.TransactionalID, t.Coordinator = d.TxnID, d.Coordinator
	if !d.Topics.Lookup(t.Topic, t.Partition) {
		return
	}
	t.Hanging, t.State, t.Timeout = false, d.State, time.Duration(d.TimeoutMillis)*time.Millisecond
	if d.StartTimestamp > 0 {
		t.Since = time.UnixMilli(d.StartTimestamp)
	}
}

// producing asks the partitions' leaders for open transactions, by partition and the oldest first.
func (a *Admin) producing(ctx context.Context, on kadm.TopicsSet) ([]OpenTransaction, error) {
	topics, err := a.admin.DescribeProducers(ctx, on)
	if err != nil {
		return nil, err
	}
	var open []OpenTransaction
	for _, d := range topics.SortedPartitions() {
		if d.Err != nil {
			return nil, fmt.Errorf("ask broker %d for the producers of %s-%d: %w", d.Leader, d.Topic, d.Partition, d.Err)
		}
		for _, p := range d.ActiveProducers {
			if p.CurrentTxnStartOffset >= 0 {
				open = append(open, OpenTransaction{
					Topic: p.Topic, Partition: p.Partition, StartOffset: p.CurrentTxnStartOffset, ProducerID: p.ProducerID, ProducerEpoch: p.ProducerEpoch,
					Coordinator: -1, Since: time.UnixMilli(p.LastTimestamp), Hanging: true,
				})
			}
		}
	}
	slices.SortFunc(open, func(x, y OpenTransaction) int {
		return cmp.Or(cmp.Compare(x.Topic, y.Topic), cmp.Compare(x.Partition, y.Partition), cmp.Compare(x.StartOffset, y.StartOffset))
	})
	return open, nil
}
