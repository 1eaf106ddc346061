package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ListOffsets' isolation levels: at read_uncommitted the latest offset is the high watermark, at read_committed
// the last stable offset (KIP-98).
const (
	highWatermark int8 = 0
	lastStable    int8 = 1

	latest = -1 // the timestamp that asks for the end
)

// Mark is the end of one partition: the last stable offset between two readings of the high watermark, taken in
// that order, so that the high watermark at the moment of the middle reading lies between its neighbours.
type Mark struct{ High1, LastStable, High2 int64 }

// Marks holds a Mark per topic, in the order asked, and partition.
type Marks [][]Mark

// End returns the offset that a reader which has read everything stands at: the last stable offset if it reads
// committed records only, else the high watermark.
func (m Marks) End(topic, partition int32, committed bool) int64 {
	mark := m[topic][partition]
	if committed {
		return mark.LastStable
	}
	return mark.High2
}

// Settled reports whether nothing is held back anywhere. A commit returns before its markers are written (KIP-98),
// so for some milliseconds after the last one the last stable offset is not yet the end of what was committed.
func (m Marks) Settled() bool {
	for _, topic := range m {
		for _, mark := range topic {
			if mark.LastStable < mark.High2 {
				return false
			}
		}
	}
	return true
}

// Offsets returns the ends of the topics' partitions: three readings, each one ListOffsets per broker.
func (a *Admin) Offsets(ctx context.Context, topics []string) (Marks, error) {
	counts, err := a.partitions(ctx, topics)
	if err != nil {
		return nil, failed(ctx, "look up the topics' partitions", err)
	}
	marks := make(Marks, len(topics))
	place := make(map[string]int, len(topics))
	for i, topic := range topics {
		marks[i] = make([]Mark, counts[i])
		place[topic] = i
	}
	for _, reading := range []struct {
		isolation int8
		field     func(*Mark) *int64
	}{
		{highWatermark, func(m *Mark) *int64 { return &m.High1 }},
		{lastStable, func(m *Mark) *int64 { return &m.LastStable }},
		{highWatermark, func(m *Mark) *int64 { return &m.High2 }},
	} {
		err := a.ends(ctx, endsRequest(topics, counts, reading.isolation), func(topic string, partition int32, offset int64) {
			*reading.field(&marks[place[topic]][partition]) = offset
		})
		if err != nil {
			return nil, failed(ctx, "list the topics' offsets", err)
		}
	}
	return marks, nil
}

// Committed returns a group's committed offsets by topic and partition; partitions without one are absent.
func (a *Admin) Committed(ctx context.Context, group string) (map[string]map[int32]int64, error) {
	return a.groupOffsets(ctx, committedRequest(group))
}

// stablePoll is the pause between two looks at offsets that a transaction has not released yet.
const stablePoll = 20 * time.Millisecond

// CommittedStable is Committed once no open transaction, nor one whose markers are still being written, holds offsets of the group back
// (KIP-447); it waits for that until the context ends.
func (a *Admin) CommittedStable(ctx context.Context, group string) (map[string]map[int32]int64, error) {
	for {
		req := committedRequest(group)
		req.RequireStable = true
		offsets, err := a.groupOffsets(ctx, req)
		if !errors.Is(err, kerr.UnstableOffsetCommit) {
			return offsets, err
		}
		select {
		case <-time.After(stablePoll):
		case <-ctx.Done():
			return nil, err
		}
	}
}

func (a *Admin) groupOffsets(ctx context.Context, req *kmsg.OffsetFetchRequest) (map[string]map[int32]int64, error) {
	offsets := map[string]map[int32]int64{}
	err := a.committed(ctx, req, func(topic string, partition int32, offset int64) {
		if offsets[topic] == nil {
			offsets[topic] = map[int32]int64{}
		}
		offsets[topic][partition] = offset
	})
	if err != nil {
		return nil, failed(ctx, fmt.Sprintf("fetch the offsets of group %q", req.Group), err)
	}
	return offsets, nil
}

func endsRequest(topics []string, partitions []int, isolation int8) *kmsg.ListOffsetsRequest {
	req := kmsg.NewPtrListOffsetsRequest()
	req.ReplicaID = -1
	req.IsolationLevel = isolation
	for i, topic := range topics {
		t := kmsg.NewListOffsetsRequestTopic()
		t.Topic = topic
		for p := range partitions[i] {
			tp := kmsg.NewListOffsetsRequestTopicPartition()
			tp.Partition = int32(p)
			tp.Timestamp = latest
			t.Partitions = append(t.Partitions, tp)
		}
		req.Topics = append(req.Topics, t)
	}
	return req
}

// ends asks every leader at once and answers only if all partitions did. The client splits the request by leader,
// which it knows from metadata up to five seconds old, and asks again when a leader has moved.
func (a *Admin) ends(ctx context.Context, req *kmsg.ListOffsetsRequest, each func(string, int32, int64)) error {
	missing := 0
	for i := range req.Topics {
		missing += len(req.Topics[i].Partitions)
	}
	resp, err := req.RequestWith(ctx, a.client)
	if err != nil {
		return err
	}
	for i := range resp.Topics {
		t := &resp.Topics[i]
		for j := range t.Partitions {
			p := &t.Partitions[j]
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return fmt.Errorf("%s[%d]: %w", t.Topic, p.Partition, err)
			}
			each(t.Topic, p.Partition, p.Offset)
			missing--
		}
	}
	if missing != 0 {
		return fmt.Errorf("%d partitions were not answered for", missing)
	}
	return nil
}

func committedRequest(group string) *kmsg.OffsetFetchRequest {
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Group = group // every topic of the group: Topics stays nil
	return req
}

// committed asks the group's coordinator. A group that nothing was ever committed to has no offsets.
func (a *Admin) committed(ctx context.Context, req *kmsg.OffsetFetchRequest, each func(string, int32, int64)) error {
	resp, err := req.RequestWith(ctx, a.client)
	if err != nil {
		return err
	}
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return err
	}
	// The client fills Topics in from the groups form of newer versions.
	for i := range resp.Topics {
		t := &resp.Topics[i]
		for j := range t.Partitions {
			p := &t.Partitions[j]
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return fmt.Errorf("%s[%d]: %w", t.Topic, p.Partition, err)
			}
			if p.Offset >= 0 {
				each(t.Topic, p.Partition, p.Offset)
			}
		}
	}
	return nil
}
