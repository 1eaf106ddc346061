package cluster

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// OpenTransaction is one that holds a partition's last stable offset back, or would if it were the oldest (KIP-664).
type OpenTransaction struct {
	Topic           string
	Partition       int32
	StartOffset     int64 // of its first record there
	ProducerID      int64
	ProducerEpoch   int16
	TransactionalID string        // empty if no coordinator knows the producer: a hanging transaction
	State           string        // of the coordinator; Ongoing, PrepareCommit …
	Coordinator     int32         // node id; -1 if none knows it
	Timeout         time.Duration // transaction.timeout.ms: the coordinator aborts it after that; 0 if none knows it
	Since           time.Time     // its begin, or where no coordinator knows it the last record there
}

// OpenTransactions finds the transactions that are open on the topics' partitions, the oldest of each partition first.
func (a *Admin) OpenTransactions(ctx context.Context, topics []string) ([]OpenTransaction, error) {
	const doing = "look for open transactions"
	details, err := a.details(ctx, topics)
	if err != nil {
		return nil, err
	}
	described, err := a.admin.DescribeProducers(ctx, details.TopicsSet())
	if err != nil {
		return nil, failed(ctx, doing, err)
	}
	var open []OpenTransaction
	var producers []int64
	for _, p := range described.SortedProducers() {
		if p.CurrentTxnStartOffset < 0 {
			continue
		}
		open = append(open, OpenTransaction{
			Topic: p.Topic, Partition: p.Partition, StartOffset: p.CurrentTxnStartOffset, ProducerID: p.ProducerID, ProducerEpoch: p.ProducerEpoch,
			Coordinator: -1, Since: time.UnixMilli(p.LastTimestamp),
		})
		producers = append(producers, p.ProducerID)
	}
	if len(open) == 0 {
		return nil, nil
	}
	listed, err := a.admin.ListTransactions(ctx, producers, nil)
	if err != nil {
		return nil, failed(ctx, doing, err)
	}
	known := kadm.DescribedTransactions{}
	if ids := listed.TransactionalIDs(); len(ids) > 0 {
		if known, err = a.admin.DescribeTransactions(ctx, ids...); err != nil {
			return nil, failed(ctx, doing, err)
		}
	}
	for i := range open {
		for _, t := range known {
			if t.Err == nil && t.ProducerID == open[i].ProducerID {
				open[i].TransactionalID, open[i].State, open[i].Coordinator = t.TxnID, t.State, t.Coordinator
				open[i].Timeout = time.Duration(t.TimeoutMillis) * time.Millisecond
				if t.StartTimestamp > 0 {
					open[i].Since = time.UnixMilli(t.StartTimestamp)
				}
			}
		}
	}
	slices.SortFunc(open, func(x, y OpenTransaction) int {
		return cmp.Or(cmp.Compare(x.Topic, y.Topic), cmp.Compare(x.Partition, y.Partition), cmp.Compare(x.StartOffset, y.StartOffset))
	})
	return open, nil
}
