package verify

import (
	"slices"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func mode(t testing.TB, name string) workload.Mode {
	m, ok := workload.ModeByName(name)
	if !ok {
		t.Fatalf("no mode %q", name)
	}
	return m
}

// delivery is one record returned to a reader; producer 99 stands for a corrupt value.
type delivery struct {
	producer  uint32
	seq       uint64
	partition int
	offset    int64
	early     bool // before its commit was called
}

const corrupt = 99

// history is a trial by hand: two sessions of 12 records, transactions of four of which session 0 aborts its second
// and session 1 leaves its third indeterminate, and what two lanes of one and two partitions read.
type history struct {
	in    Evidence
	lanes [][]delivery
}

func baseline(t testing.TB, modeName string) *history {
	m := mode(t, modeName)
	h := &history{in: Evidence{Mode: m, Isolation: m.Isolation, Readers: 2, ReachedEnd: true}}
	for range 2 {
		s := Session{Sent: &SendLog{}, Acked: &AckLog{}}
		for seq := range uint64(12) {
			s.Sent.Sent()
			s.Acked.Acked(seq)
		}
		h.in.Sessions = append(h.in.Sessions, s)
	}
	if m.Transactional {
		h.transactions(0, client.Committed, client.Aborted, client.Committed)
		h.transactions(1, client.Committed, client.Committed, client.Indeterminate)
	}
	// Sequence s goes to partition s mod 3: lane 0 reads partition 0, lane 1 the others. Offsets leave room for
	// markers; the producers' transactions interleave.
	h.lanes = make([][]delivery, 2)
	next := [3]int64{}
	for seq := range uint64(12) {
		for producer := range uint32(2) {
			p := int(seq % 3)
			next[p] += 2
			if m.Transactional && producer == 0 && 4 <= seq && seq < 8 {
				continue // aborted
			}
			lane, index := 0, 0
			if p > 0 {
				lane, index = 1, p-1
			}
			h.lanes[lane] = append(h.lanes[lane], delivery{producer: producer, seq: seq, partition: index, offset: next[p]})
		}
	}
	return h
}

// transactions ends a session's transactions of four records each anew.
func (h *history) transactions(session int, outcomes ...client.Outcome) {
	log := &SendLog{}
	for i := range 12 {
		log.Sent()
		if i%4 == 3 && i/4 < len(outcomes) {
			log.EndTxn(outcomes[i/4])
		}
	}
	h.in.Sessions[session].Sent = log
}

// drop removes deliveries.
func (h *history) drop(producer uint32, seqs ...uint64) {
	for i := range h.lanes {
		h.lanes[i] = slices.DeleteFunc(h.lanes[i], func(d delivery) bool {
			return d.producer == producer && slices.Contains(seqs, d.seq)
		})
	}
}

// add appends deliveries to a lane.
func (h *history) add(lane int, d ...delivery) { h.lanes[lane] = append(h.lanes[lane], d...) }

func (h *history) evidence() Evidence {
	in := h.in
	for i, lane := range h.lanes {
		log := NewReadLog([][]string{{"t[0]"}, {"t[1]", "t[2]"}}[i])
		for _, d := range lane {
			if d.producer == corrupt {
				log.Foreign(d.partition, d.offset, "checksum does not match")
				continue
			}
			log.Read(d.producer, d.seq, d.partition, d.offset, !d.early)
		}
		in.Reads = append(in.Reads, log)
	}
	return in
}

// defects are a guarantee's findings, absent and zero ones left out.
func defects(g result.Guarantee) map[string]int64 {
	found := map[string]int64{}
	for name, n := range map[string]*int64{
		"lost": g.Lost, "duplicate": g.Duplicate, "reordered": g.Reordered, "aborted_read": g.AbortedRead,
		"torn": g.Torn, "premature": g.Premature, "foreign": g.Foreign, "redelivered": g.Redelivered, "changed": g.Changed,
	} {
		if n != nil && *n != 0 {
			found[name] = *n
		}
	}
	return found
}
