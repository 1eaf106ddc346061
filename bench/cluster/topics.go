package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	pollInterval    = 50 * time.Millisecond
	rollbackTimeout = 10 * time.Second
)

// CreateTopics makes topics that did not exist, and waits until every broker knows all their partitions with a
// leader and every replica in sync. One that exists already is an error: it is somebody's, and never written to. On
// an error what was created is removed again. Only names that this tool gave are accepted; configs may be nil.
func (a *Admin) CreateTopics(ctx context.Context, names []string, partitions, replicas int, configs map[string]string) error {
	const doing = "create topic"
	if err := guard(doing, names); err != nil {
		return err
	}
	settings := make(map[string]*string, len(configs))
	for k, v := range configs {
		settings[k] = &v
	}
	answers, err := a.admin.CreateTopics(ctx, int32(partitions), int16(replicas), settings, names...)
	if err != nil {
		return failed(ctx, doing, err)
	}
	var created []string
	var problems []error
	for _, name := range names {
		answer, ok := answers[name]
		switch {
		case !ok:
			problems = append(problems, fmt.Errorf("%s %q: the cluster did not answer for it", doing, name))
		case answer.Err != nil:
			err := answer.Err
			if answer.ErrMessage != "" {
				err = fmt.Errorf("%w (%s)", err, answer.ErrMessage)
			}
			problems = append(problems, failed(ctx, fmt.Sprintf("%s %q with %d partitions of %d replicas", doing, name, partitions, replicas), err))
		default:
			created = append(created, name)
		}
	}
	if len(problems) == 0 {
		if err := a.await(ctx, names, func(t *kmsg.MetadataResponseTopic) string { return unready(t, partitions, replicas) }); err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) > 0 && len(created) > 0 {
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		problems = append(problems, a.DeleteTopics(cleanup, created))
	}
	return errors.Join(problems...)
}

// DeleteTopics removes topics and waits until no broker knows them any more. One that does not exist is no error.
// Only names that this tool gave are accepted.
func (a *Admin) DeleteTopics(ctx context.Context, names []string) error {
	const doing = "delete topic"
	if err := guard(doing, names); err != nil {
		return err
	}
	answers, err := a.admin.DeleteTopics(ctx, names...)
	if err != nil {
		return failed(ctx, doing, err)
	}
	var problems []error
	for _, answer := range answers.Sorted() {
		if answer.Err != nil && !errors.Is(answer.Err, kerr.UnknownTopicOrPartition) {
			problems = append(problems, failed(ctx, fmt.Sprintf("%s %q", doing, answer.Topic), answer.Err))
		}
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	return a.await(ctx, names, func(t *kmsg.MetadataResponseTopic) string {
		if t.ErrorCode == kerr.UnknownTopicOrPartition.Code {
			return ""
		}
		return "is still there"
	})
}

// unready says what a topic still lacks, or nothing.
func unready(t *kmsg.MetadataResponseTopic, partitions, replicas int) string {
	if err := kerr.ErrorForCode(t.ErrorCode); err != nil {
		return err.Error()
	}
	if len(t.Partitions) != partitions {
		return fmt.Sprintf("has %d of %d partitions", len(t.Partitions), partitions)
	}
	for i := range t.Partitions {
		switch p := &t.Partitions[i]; {
		case p.ErrorCode != 0 || p.Leader < 0:
			return fmt.Sprintf("has no leader for partition %d", p.Partition)
		case len(p.ISR) < replicas:
			return fmt.Sprintf("has %d of %d replicas of partition %d in sync", len(p.ISR), replicas, p.Partition)
		}
	}
	return ""
}

// await polls until every broker's own view of every topic is as wanted. Views are asked of each broker in turn,
// past any cache: a client may meet any of them next.
func (a *Admin) await(ctx context.Context, names []string, missing func(*kmsg.MetadataResponseTopic) string) error {
	brokers, err := a.admin.ListBrokers(ctx)
	if err != nil {
		return failed(ctx, "list the brokers", err)
	}
	for _, id := range brokers.NodeIDs() {
		for {
			lack, err := a.lacking(ctx, id, names, missing)
			if err != nil {
				return failed(ctx, fmt.Sprintf("ask broker %d for topics", id), err)
			}
			if lack == "" {
				break
			}
			select {
			case <-time.After(pollInterval):
			case <-ctx.Done():
				return fmt.Errorf("wait for topics: broker %d says %s: %w", id, lack, ctx.Err())
			}
		}
	}
	return nil
}

func (a *Admin) lacking(ctx context.Context, broker int32, names []string, missing func(*kmsg.MetadataResponseTopic) string) (string, error) {
	req := kmsg.NewPtrMetadataRequest()
	for _, name := range names {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		req.Topics = append(req.Topics, t)
	}
	answer, err := a.client.Broker(int(broker)).RetriableRequest(ctx, req)
	if err != nil {
		return "", err
	}
	resp := answer.(*kmsg.MetadataResponse)
	for _, name := range names {
		i := slices.IndexFunc(resp.Topics, func(t kmsg.MetadataResponseTopic) bool { return t.Topic != nil && *t.Topic == name })
		if i < 0 {
			return "nothing of topic " + name, nil
		}
		if lack := missing(&resp.Topics[i]); lack != "" {
			return fmt.Sprintf("topic %s %s", name, lack), nil
		}
	}
	return "", nil
}

// partitions returns how many partitions each topic has.
func (a *Admin) partitions(ctx context.Context, topics []string) ([]int, error) {
	details, err := a.admin.ListTopics(ctx, topics...)
	if err != nil {
		return nil, err
	}
	counts := make([]int, len(topics))
	for i, topic := range topics {
		if err := details[topic].Err; err != nil {
			return nil, fmt.Errorf("topic %q: %w", topic, err)
		}
		counts[i] = len(details[topic].Partitions)
	}
	return counts, nil
}
