package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
)

// LogSize is what topics take on the disks of all brokers, in bytes, replicas included.
type LogSize struct {
	Topics           int64
	TransactionState int64 // of the whole cluster's __transaction_state, whoever's transactions they are
}

const transactionState = "__transaction_state"

// LogBytes adds up the log directories' sizes (KIP-113) of the topics and of __transaction_state. An error, such as
// for a user who may not describe the cluster, leaves the figure unknown.
func (a *Admin) LogBytes(ctx context.Context, topics []string) (LogSize, error) {
	const doing = "describe the log directories"
	details, err := a.admin.ListTopicsWithInternal(ctx, append([]string{transactionState}, topics...)...)
	if err != nil {
		return LogSize{}, failed(ctx, doing, err)
	}
	for _, topic := range topics {
		if err := details[topic].Err; err != nil {
			return LogSize{}, failed(ctx, fmt.Sprintf("%s of topic %q", doing, topic), err)
		}
	}
	dirs, err := a.admin.DescribeAllLogDirs(ctx, details.TopicsSet())
	if err != nil {
		return LogSize{}, failed(ctx, doing, err)
	}
	var size LogSize
	dirs.Each(func(d kadm.DescribedLogDir) {
		if d.Err != nil {
			err = errors.Join(err, failed(ctx, fmt.Sprintf("%s: %s on broker %d", doing, d.Dir, d.Broker), d.Err))
		}
		d.Topics.Each(func(p kadm.DescribedLogDirPartition) {
			if p.Topic == transactionState {
				size.TransactionState += p.Size
			} else {
				size.Topics += p.Size
			}
		})
	})
	if err != nil {
		return LogSize{}, err
	}
	return size, nil
}
