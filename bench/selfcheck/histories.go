package selfcheck

import (
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/verify"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// read is a record as a reader got it.
type read struct {
	producer  uint32
	seq       uint64
	partition int
	offset    int64
	early     bool // before its commit was called
	corrupt   bool
}

// history is a trial by hand: a producer's twelve records in three transactions, of which the second is aborted and the
// third's commit was never answered, and what two readers of one partition and of two got of them. Sequence s
// is in partition s modulo 3.
type history struct {
	mode     workload.Mode
	acked    uint64 // the first so many records
	outcomes []client.Outcome
	offset   *int64 // where the group stands that the producer commits its progress to; nil: to none
	readers  [2][]read
}

func normal(mode string) *history {
	m, _ := workload.ModeByName(mode)
	h := &history{mode: m, acked: 12, outcomes: []client.Outcome{client.Committed, client.Aborted, client.Indeterminate}}
	for seq := range uint64(12) {
		if m.Transactional && 4 <= seq && seq < 8 {
			continue
		}
		r := read{seq: seq, offset: 10 * int64(seq)} // the gaps are other producers' records, and markers
		if seq%3 == 0 {
			h.readers[0] = append(h.readers[0], r)
		} else {
			r.partition = int(seq%3) - 1
			h.readers[1] = append(h.readers[1], r)
		}
	}
	return h
}

func (h *history) drop(seqs ...uint64) {
	for i := range h.readers {
		h.readers[i] = slices.DeleteFunc(h.readers[i], func(r read) bool { return slices.Contains(seqs, r.seq) })
	}
}

func (h *history) add(reader int, r ...read) { h.readers[reader] = append(h.readers[reader], r...) }

func (h *history) judge() result.Guarantee {
	s := verify.Session{Sent: &verify.SendLog{}, Acked: &verify.AckLog{}, Offset: h.offset}
	for seq := range uint64(12) {
		s.Sent.Sent()
		if seq < h.acked {
			s.Acked.Acked(seq)
		} else {
			s.Acked.Failed()
		}
		if end := int(seq / 4); h.mode.Transactional && seq%4 == 3 && end < len(h.outcomes) {
			s.Sent.EndTxn(h.outcomes[end])
		}
	}
	in := verify.Evidence{Mode: h.mode, Isolation: h.mode.Isolation, Sessions: []verify.Session{s}, Readers: 2, ReachedEnd: true}
	for i, partitions := range [][]string{{"t[0]"}, {"t[1]", "t[2]"}} {
		log := verify.NewReadLog(partitions)
		for _, r := range h.readers[i] {
			if r.corrupt {
				log.Foreign(r.partition, r.offset, "checksum does not match")
			} else {
				log.Read(r.producer, r.seq, r.partition, r.offset, !r.early)
			}
		}
		in.Reads = append(in.Reads, log)
	}
	return verify.Judge(in)
}

// planted is a history with a defect, the verdict it must get and the count that must show it: that one and no other.
type planted struct {
	name, mode string
	plant      func(*history)
	verdict    result.Verdict
	count      func(result.Guarantee) *int64
	want       int64
}

func defects() []planted {
	lost := func(g result.Guarantee) *int64 { return g.Lost }
	duplicate := func(g result.Guarantee) *int64 { return g.Duplicate }
	reordered := func(g result.Guarantee) *int64 { return g.Reordered }
	abortedRead := func(g result.Guarantee) *int64 { return g.AbortedRead }
	torn := func(g result.Guarantee) *int64 { return g.Torn }
	premature := func(g result.Guarantee) *int64 { return g.Premature }
	foreign := func(g result.Guarantee) *int64 { return g.Foreign }
	again := func(h *history) { h.add(0, read{seq: 9, offset: 500}) }
	return []planted{
		{"an acknowledged record lost", "at-least-once", func(h *history) { h.drop(5) }, result.Broken, lost, 1},
		{"an acknowledged record lost", "idempotent", func(h *history) { h.drop(5) }, result.Broken, lost, 1},
		{"a committed transaction lost", "transactional", func(h *history) { h.drop(0, 1, 2, 3) }, result.Broken, lost, 4},
		{"a record lost that nothing promised", "at-most-once", func(h *history) { h.drop(5) }, result.Held, lost, 1},
		{"a record twice in the log", "idempotent", again, result.Broken, duplicate, 1},
		{"a record twice in the log", "transactional", again, result.Broken, duplicate, 1},
		{"a record twice where that may be", "at-least-once", again, result.Held, duplicate, 1},
		{"a record in two partitions", "idempotent", func(h *history) { h.add(0, read{seq: 11, offset: 500}) }, result.Broken, duplicate, 1},
		{"a record after its successors", "idempotent", func(h *history) { h.drop(3); h.add(0, read{seq: 3, offset: 500}) }, result.Broken, reordered, 1},
		{"an aborted record read", "transactional", func(h *history) {
			h.drop(9)
			h.outcomes[2] = client.Aborted
			h.drop(8, 10, 11)
			h.add(0, read{seq: 6, offset: 500})
		},
			result.Broken, abortedRead, 1},
		{"half of an indeterminate transaction read", "transactional", func(h *history) { h.drop(8, 9) }, result.Broken, torn, 1},
		{"a fenced transaction read in part", "transactional", func(h *history) { h.outcomes[2] = client.Fenced; h.drop(10) }, result.Broken, torn, 1},
		{"the offset of a transaction that is not there", "transactional", func(h *history) { h.drop(8, 9, 10, 11); h.offset = new(int64(12)) }, result.Broken, torn, 1},
		{"a transaction without its offset", "transactional", func(h *history) { h.offset = new(int64(4)) }, result.Broken, torn, 1},
		{"a record read before its commit", "transactional", func(h *history) { h.readers[0][0].early = true }, result.Broken, premature, 1},
		{"a record never sent", "at-most-once", func(h *history) { h.add(0, read{seq: 12, offset: 500}) }, result.Broken, foreign, 1},
		{"a record of another producer", "transactional", func(h *history) { h.add(0, read{producer: 7, offset: 500}) }, result.Broken, foreign, 1},
		{"a corrupt record", "at-least-once", func(h *history) { h.add(1, read{offset: 500, corrupt: true}) }, result.Broken, foreign, 1},
	}
}

// harmless is a history that looks odd and breaks nothing.
type harmless struct {
	name, mode string
	change     func(*history)
}

func normals() []harmless {
	nothing := func(*history) {}
	return []harmless{
		{"nothing special", "at-most-once", nothing},
		{"nothing special", "at-least-once", nothing},
		{"nothing special", "idempotent", nothing},
		{"gaps in offsets, and an unanswered commit that stands", "transactional", nothing},
		{"an unanswered commit that does not stand", "transactional", func(h *history) { h.drop(8, 9, 10, 11) }},
		{"an offset that stands with an unanswered commit", "transactional", func(h *history) { h.offset = new(int64(12)) }},
		{"an offset that is gone with its transaction", "transactional", func(h *history) { h.drop(8, 9, 10, 11); h.offset = new(int64(4)) }},
		{"a fenced transaction that is gone", "transactional", func(h *history) { h.outcomes[2] = client.Fenced; h.drop(8, 9, 10, 11) }},
		{"a transaction left open", "transactional", func(h *history) { h.outcomes = h.outcomes[:2]; h.drop(8, 9, 10, 11) }},
		{"reading again after a rebalance", "transactional", func(h *history) { h.add(1, h.readers[1][2:]...) }},
		{"a record reported undelivered that was read", "at-least-once", func(h *history) { h.acked = 11 }},
	}
}
