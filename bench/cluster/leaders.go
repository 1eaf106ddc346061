package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// Leaders returns the node id of every partition's leader, by topic in the order asked and partition; -1 where there is none.
func (a *Admin) Leaders(ctx context.Context, topics []string) ([][]int32, error) {
	details, err := a.details(ctx, topics)
	if err != nil {
		return nil, err
	}
	leaders := make([][]int32, len(topics))
	for i, topic := range topics {
		leaders[i] = make([]int32, len(details[topic].Partitions))
		for p, d := range details[topic].Partitions {
			leaders[i][p] = d.Leader
		}
	}
	return leaders, nil
}

// MoveLeaders gives every partition of the topics to the next of its replicas: it reorders them (KIP-455), which moves no data, and has the
// first one elected (KIP-183). It is an error where a partition has no other replica.
func (a *Admin) MoveLeaders(ctx context.Context, topics []string) error {
	const doing = "move the topics' leaders"
	details, err := a.details(ctx, topics)
	if err != nil {
		return err
	}
	var order kadm.AlterPartitionAssignmentsReq
	var elect kadm.TopicsSet
	for topic, d := range details {
		for p, partition := range d.Partitions {
			if len(partition.Replicas) < 2 {
				return fmt.Errorf("%s: %s-%d has a single replica", doing, topic, p)
			}
			next := slices.Index(partition.Replicas, partition.Leader) + 1 // the first, where nobody leads
			order.Assign(topic, p, slices.Concat(partition.Replicas[next:], partition.Replicas[:next]))
			elect.Add(topic, p)
		}
	}
	ordered, err := a.admin.AlterPartitionAssignments(ctx, order)
	if err == nil {
		err = ordered.Error()
	}
	if err != nil {
		return failed(ctx, doing, err)
	}
	elected, err := a.admin.ElectLeaders(ctx, kadm.ElectPreferredReplica, elect)
	if err != nil {
		return failed(ctx, doing, err)
	}
	for _, topic := range elected {
		for _, p := range topic {
			if p.Err != nil && !errors.Is(p.Err, kerr.ElectionNotNeeded) {
				return failed(ctx, fmt.Sprintf("%s: elect one for %s-%d", doing, p.Topic, p.Partition), p.Err)
			}
		}
	}
	return nil
}

// Coordinator returns the node id of a transactional id's coordinator.
func (a *Admin) Coordinator(ctx context.Context, transactionalID string) (int32, error) {
	found := a.admin.FindTxnCoordinators(ctx, transactionalID)[transactionalID]
	if found.Err != nil {
		return -1, failed(ctx, "find the coordinator of "+transactionalID, found.Err)
	}
	return found.NodeID, nil
}

func (a *Admin) details(ctx context.Context, topics []string) (kadm.TopicDetails, error) {
	details, err := a.admin.ListTopics(ctx, topics...)
	if err == nil {
		err = details.Error()
	}
	if err != nil {
		return nil, failed(ctx, "look up the topics' leaders", err)
	}
	return details, nil
}
