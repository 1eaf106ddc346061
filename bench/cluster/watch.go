package cluster

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Watch asks again and again for the same partitions and group, as a lag sampler does. A partition's index is its
// topic's position times the partitions of a topic, plus its number. One goroutine at a time may use a Watch.
type Watch struct {
	admin      *Admin
	place      map[string]int // of a topic's first partition
	partitions int            // of each topic
	high       *kmsg.ListOffsetsRequest
	stable     *kmsg.ListOffsetsRequest
	group      string
	fetch      *kmsg.OffsetFetchRequest
}

// Watch prepares to follow topics of equally many partitions and a group; nothing is asked yet.
func (a *Admin) Watch(topics []string, partitions int, group string) *Watch {
	counts := make([]int, len(topics))
	place := make(map[string]int, len(topics))
	for i, topic := range topics {
		counts[i] = partitions
		place[topic] = i * partitions
	}
	return &Watch{
		admin: a, place: place, partitions: partitions, group: group,
		high:   endsRequest(topics, counts, highWatermark),
		stable: endsRequest(topics, counts, lastStable),
		fetch:  committedRequest(group),
	}
}

// Partitions returns how many partitions are watched.
func (w *Watch) Partitions() int { return len(w.place) * w.partitions }

// Marks writes, per partition, the high watermark, the last stable offset and the high watermark again, asked for
// in that order: three requests to each broker that leads one of them.
func (w *Watch) Marks(ctx context.Context, high1, stable, high2 []int64) error {
	for _, reading := range []struct {
		req *kmsg.ListOffsetsRequest
		to  []int64
	}{{w.high, high1}, {w.stable, stable}, {w.high, high2}} {
		err := w.admin.ends(ctx, reading.req, func(topic string, partition int32, offset int64) {
			reading.to[w.place[topic]+int(partition)] = offset
		})
		if err != nil {
			return failed(ctx, "list the topics' offsets", err)
		}
	}
	return nil
}

// Committed writes the group's committed offset per partition, -1 where there is none: one request to the group's
// coordinator (brokers before OffsetFetch v10, KIP-848, cost the client one Metadata request more).
func (w *Watch) Committed(ctx context.Context, offsets []int64) error {
	for i := range offsets {
		offsets[i] = -1
	}
	err := w.admin.committed(ctx, w.fetch, func(topic string, partition int32, offset int64) {
		if first, ok := w.place[topic]; ok && int(partition) < w.partitions {
			offsets[first+int(partition)] = offset
		}
	})
	return failed(ctx, fmt.Sprintf("fetch the offsets of group %q", w.group), err)
}
