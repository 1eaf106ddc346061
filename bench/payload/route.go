package payload

import "github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"

// sticky is how many bytes without a key go to one partition before the next has its turn: as many as with Java's
// producer and the batch.size it has by default (KIP-794).
const sticky = 16384

// Router decides which topic and partition each record of one producer goes to: the tool does, never the client's
// partitioner, so that every delivery mode writes the same records to the same places.
type Router struct {
	topics     uint64
	partitions uint64
	span       uint64 // topics of a transaction
	run        uint64 // records in a row that go to one partition of a topic
	turn       uint64 // transactions after which the turns move on by one partition; 0: never
	offset     uint64 // the producer's own starting partition
}

// NewRouter returns a producer's router over w.Topics topics of w.Partitions partitions each.
func NewRouter(w workload.Workload, producer int) *Router {
	r := &Router{
		topics:     uint64(w.Topics),
		partitions: uint64(w.Partitions),
		span:       uint64(w.TxnTopics),
		run:        max(1, sticky/max(workload.StampSize, uint64(w.MessageSize.MeanBytes()))),
		offset:     uint64(producer),
	}
	if r.span == 0 || r.span >= r.topics {
		r.span = r.topics
	} else {
		// Transactions of m records per topic advance the turns by m records while they go round the groups of
		// topics. Where both cycles share a factor a topic would see some of its partitions only, hence a step
		// out of line each time both have come round.
		r.turn = r.topics * r.partitions * r.run
	}
	return r
}

// Route places record seq of transaction (or group of records) txn, both counted from 0 per producer. Topics take
// turns, within the w.TxnTopics that the transaction spans if that is set, so n records span min(n, w.TxnTopics)
// topics. A key decides the partition as Java's default partitioner would; without one partitions take turns of 16 KiB.
func (r *Router) Route(seq, txn uint64, key []byte) (topic, partition int32) {
	topic = int32((txn%r.topics*r.span + seq%r.span) % r.topics)
	if key != nil {
		return topic, int32(uint64(murmur2(key)&0x7fffffff) % r.partitions)
	}
	turn := r.offset + seq/r.span/r.run
	if r.turn > 0 {
		turn += txn / r.turn
	}
	return topic, int32(turn % r.partitions)
}

// Each places record seq so that as many records as there are partitions reach every one of them.
func (r *Router) Each(seq, _ uint64, _ []byte) (topic, partition int32) {
	return int32(seq % r.topics), int32(seq / r.topics % r.partitions)
}

// murmur2 is the hash of org.apache.kafka.common.utils.Utils.murmur2: MurmurHash2 with Kafka's own seed.
func murmur2(key []byte) uint32 {
	const (
		seed uint32 = 0x9747b28c
		m    uint32 = 0x5bd1e995
		r           = 24
	)
	h := seed ^ uint32(len(key))
	for len(key) >= 4 {
		k := uint32(key[0]) | uint32(key[1])<<8 | uint32(key[2])<<16 | uint32(key[3])<<24
		k *= m
		k ^= k >> r
		k *= m
		h = h*m ^ k
		key = key[4:]
	}
	switch len(key) {
	case 3:
		h ^= uint32(key[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(key[1]) << 8
		fallthrough
	case 1:
		h ^= uint32(key[0])
		h *= m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
