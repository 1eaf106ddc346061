package verify

import (
	"bytes"
	"encoding/gob"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func TestPlantedDefectsAreFound(t *testing.T) {
	for _, c := range []struct {
		name, mode string
		plant      func(*history)
		want       map[string]int64
		reason     string // of the only one
		verdict    result.Verdict
	}{
		{"lost transaction", "transactional", func(h *history) { h.drop(0, 8, 9, 10, 11) },
			map[string]int64{"lost": 4}, "acknowledged or committed but never read: 4, first: producer 0, sequence 8, transaction 2", result.Broken},
		{"lost acknowledged record", "idempotent", func(h *history) { h.drop(1, 5) },
			map[string]int64{"lost": 1}, "acknowledged or committed but never read: 1, first: producer 1, sequence 5", result.Broken},
		{"loss is a possibility of at-most-once", "at-most-once", func(h *history) { h.drop(1, 5, 6) },
			map[string]int64{"lost": 2}, "", result.Held},
		{"duplicate", "idempotent", func(h *history) {
			h.add(0, delivery{producer: 1, seq: 3, offset: 100}, delivery{producer: 1, seq: 3, offset: 101})
		},
			map[string]int64{"duplicate": 2}, "in the log twice: 2, first: producer 1, sequence 3, t[0] offset 100", result.Broken},
		{"duplicate in another partition of the lane", "idempotent", func(h *history) { h.add(1, delivery{producer: 0, seq: 1, partition: 1, offset: 100}) },
			map[string]int64{"duplicate": 1}, "in the log twice: 1, first: producer 0, sequence 1, t[2] offset 100", result.Broken},
		{"duplicate across lanes", "idempotent", func(h *history) {
			h.lanes[0] = slices.Insert(h.lanes[0], 1, delivery{producer: 0, seq: 1, offset: 3})
		}, map[string]int64{"duplicate": 1}, "in the log twice: 1, first: producer 0, sequence 1, by two readers", result.Broken},
		{"at-least-once may repeat", "at-least-once", func(h *history) { h.add(0, delivery{producer: 1, seq: 3, offset: 100}) },
			map[string]int64{"duplicate": 1}, "", result.Held},
		{"reordered", "idempotent", func(h *history) { h.drop(0, 5); h.add(1, delivery{producer: 0, seq: 5, partition: 1, offset: 100}) },
			map[string]int64{"reordered": 1}, "out of order within producer and partition: 1, first: producer 0, sequence 5, t[2] offset 100", result.Broken},
		{"at-least-once may reorder", "at-least-once", func(h *history) { h.drop(0, 3); h.add(0, delivery{producer: 0, seq: 3, offset: 100}) },
			map[string]int64{"reordered": 1}, "", result.Held},
		{"aborted read", "transactional", func(h *history) {
			h.drop(0, 8, 9, 10, 11) // to be read in order after the aborted ones
			h.transactions(0, client.Committed, client.Aborted, client.Aborted)
			h.add(0, delivery{producer: 0, seq: 6, offset: 100, early: true})
		}, map[string]int64{"aborted_read": 1}, "aborted but read: 1, first: producer 0, sequence 6, transaction 1", result.Broken},
		{"indeterminate transaction by halves", "transactional", func(h *history) { h.drop(1, 9, 10) },
			map[string]int64{"torn": 1}, "transactions partly visible: 1, first: producer 1, sequence 8, transaction 2: 2 of 4 records read", result.Broken},
		{"fenced transaction by halves", "transactional", func(h *history) {
			h.transactions(1, client.Committed, client.Committed, client.Fenced)
			h.drop(1, 9)
		}, map[string]int64{"torn": 1}, "transactions partly visible: 1, first: producer 1, sequence 8, transaction 2: 3 of 4 records read", result.Broken},
		{"offset of an open transaction", "transactional", func(h *history) {
			h.transactions(1, client.Committed, client.Committed)
			h.drop(1, 8, 9, 10, 11)
			h.in.Sessions[1].Offset = new(int64(12))
		}, map[string]int64{"torn": 1}, "transactions partly visible: 1, first: producer 1: its group's offset is 12, and its last transaction that stands ends at 8", result.Broken},
		{"records without the offset of their transaction", "transactional", func(h *history) { h.in.Sessions[1].Offset = new(int64(8)) },
			map[string]int64{"torn": 1}, "transactions partly visible: 1, first: producer 1: its group's offset is 8, and its last transaction that stands ends at 12", result.Broken},
		{"offset without the records of its transaction", "transactional", func(h *history) { h.drop(1, 8, 9, 10, 11); h.in.Sessions[1].Offset = new(int64(12)) },
			map[string]int64{"torn": 1}, "transactions partly visible: 1, first: producer 1: its group's offset is 12, and its last transaction that stands ends at 8", result.Broken},
		{"offset that changed", "at-most-once", func(h *history) {
			h.drop(1, 11)
			h.add(0, delivery{producer: 0, seq: 0, offset: 2}, delivery{producer: 1, seq: 11, offset: 2})
		},
			map[string]int64{"lost": 1, "redelivered": 2, "changed": 1}, "offsets that held another record when they were read again: 1, first: producer 1, sequence 11, t[0] offset 2", result.Broken},
		{"premature", "transactional", func(h *history) { h.lanes[1][0].early = true; h.lanes[1][1].early = true },
			map[string]int64{"premature": 2}, "read before their commit was called: 2, first: producer 0, sequence 1, transaction 0", result.Broken},
		{"read from a transaction that never ended", "transactional", func(h *history) {
			h.transactions(1, client.Committed, client.Committed)
			h.drop(1, 8, 10, 11)
			for i, d := range h.lanes[0] {
				h.lanes[0][i].early = d.producer == 1 && d.seq == 9
			}
		}, map[string]int64{"premature": 1}, "read before their commit was called: 1, first: producer 1, sequence 9, transaction 2", result.Broken},
		{"never sent", "idempotent", func(h *history) {
			h.lanes[0] = append([]delivery{{producer: 0, seq: 12, offset: 0}}, h.lanes[0]...)
		}, map[string]int64{"foreign": 1}, "read but never sent, or corrupt: 1, first: producer 0, sequence 12, never sent", result.Broken},
		{"never sent by far", "transactional", func(h *history) {
			h.lanes[0] = append([]delivery{{producer: 0, seq: 1 << 34, offset: 0}}, h.lanes[0]...)
		}, map[string]int64{"foreign": 1}, "read but never sent, or corrupt: 1, first: producer 0, sequence 17179869184, never sent", result.Broken},
		{"unknown producer", "at-most-once", func(h *history) { h.add(1, delivery{producer: 7, seq: 3, offset: 100}) },
			map[string]int64{"foreign": 1}, "read but never sent, or corrupt: 1, first: producer 7, sequence 3, never sent", result.Broken},
		{"impossible producer", "transactional", func(h *history) { h.add(1, delivery{producer: 1 << 31, seq: 3, offset: 100}) },
			map[string]int64{"foreign": 1}, "read but never sent, or corrupt: 1, first: a stamp no producer writes, t[1] offset 100", result.Broken},
		{"impossible sequence", "transactional", func(h *history) { h.add(1, delivery{producer: 0, seq: 1 << 63, offset: 100}) },
			map[string]int64{"foreign": 1}, "read but never sent, or corrupt: 1, first: a stamp no producer writes, t[1] offset 100", result.Broken},
		{"corrupt", "at-least-once", func(h *history) { h.add(0, delivery{producer: corrupt, offset: 100}) },
			map[string]int64{"foreign": 1}, "read but never sent, or corrupt: 1, first: checksum does not match, t[0] offset 100", result.Broken},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := baseline(t, c.mode)
			c.plant(h)
			g := Judge(h.evidence())
			if got := defects(g); !reflect.DeepEqual(got, c.want) {
				t.Errorf("found %v, want %v", got, c.want)
			}
			if g.Verdict != c.verdict {
				t.Errorf("verdict %s, want %s", g.Verdict, c.verdict)
			}
			if got := strings.Join(g.Reasons, "; "); got != c.reason {
				t.Errorf("reasons %q, want %q", got, c.reason)
			}
		})
	}
}

// A committed transaction that is read in part lost records and was torn: both are said.
func TestPartOfACommittedTransactionIsLostAndTorn(t *testing.T) {
	h := baseline(t, "transactional")
	h.drop(0, 1)
	g := Judge(h.evidence())
	if got, want := defects(g), map[string]int64{"lost": 1, "torn": 1}; !reflect.DeepEqual(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

func TestNormalHistoriesFlagNothing(t *testing.T) {
	for _, c := range []struct {
		name, mode string
		change     func(*history)
		want       map[string]int64
	}{
		{"nothing special", "at-most-once", func(*history) {}, nil},
		{"nothing special", "at-least-once", func(*history) {}, nil},
		{"nothing special", "idempotent", func(*history) {}, nil},
		{"offset gaps, interleaved producers, an indeterminate commit that stands", "transactional", func(*history) {}, nil},
		{"an indeterminate commit that does not", "transactional", func(h *history) { h.drop(1, 8, 9, 10, 11) }, nil},
		{"a transaction fenced and gone", "transactional", func(h *history) {
			h.transactions(1, client.Committed, client.Committed, client.Fenced)
			h.drop(1, 8, 9, 10, 11)
		}, nil},
		{"a transaction left open", "transactional", func(h *history) {
			h.transactions(1, client.Committed, client.Committed)
			h.drop(1, 8, 9, 10, 11)
		}, nil},
		{"offsets that stand with their transactions", "transactional", func(h *history) {
			h.in.Sessions[0].Offset, h.in.Sessions[1].Offset = new(int64(12)), new(int64(12))
		}, nil},
		{"the offset of an indeterminate transaction that does not stand", "transactional", func(h *history) {
			h.drop(1, 8, 9, 10, 11)
			h.in.Sessions[1].Offset = new(int64(8))
		}, nil},
		{"the offset of an aborted transaction", "transactional", func(h *history) {
			h.transactions(0, client.Aborted)
			h.drop(0, 0, 1, 2, 3, 8, 9, 10, 11)
			h.in.Sessions[0].Offset = new(int64(0))
		}, nil},
		{"reading again after a rebalance", "transactional", func(h *history) { h.add(1, h.lanes[1][3:]...) },
			map[string]int64{"redelivered": 10}},
		{"reading a corrupt value again is no second one", "transactional", func(h *history) {
			h.add(0, delivery{producer: corrupt, offset: 3})
		}, map[string]int64{"redelivered": 1}},
		{"a record reported undelivered and read", "at-least-once", func(h *history) {
			h.in.Sessions[0].Acked = &AckLog{}
			for seq := range uint64(11) {
				h.in.Sessions[0].Acked.Acked(seq)
			}
			h.in.Sessions[0].Acked.Failed()
		}, nil},
	} {
		t.Run(c.mode+" "+c.name, func(t *testing.T) {
			h := baseline(t, c.mode)
			c.change(h)
			g := Judge(h.evidence())
			if c.want == nil {
				c.want = map[string]int64{}
			}
			if got := defects(g); !reflect.DeepEqual(got, c.want) {
				t.Errorf("found %v, want %v", got, c.want)
			}
			if g.Verdict != result.Held || len(g.Reasons) != 0 {
				t.Errorf("verdict %s, reasons %q", g.Verdict, g.Reasons)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	g := Judge(baseline(t, "transactional").evidence())
	want := result.Guarantee{
		Verdict: result.Held, Reasons: []string{}, Sent: 24, Acked: 24, Committed: 16, Aborted: 4, Indeterminate: 4,
		Read: new(int64(20)), Lost: new(int64(0)), Duplicate: new(int64(0)), Reordered: new(int64(0)), AbortedRead: new(int64(0)),
		Torn: new(int64(0)), Premature: new(int64(0)), Foreign: new(int64(0)), Redelivered: new(int64(0)), Changed: new(int64(0)),
	}
	if !reflect.DeepEqual(g, want) {
		t.Errorf("got %+v\nwant %+v", g, want)
	}

	h := baseline(t, "at-least-once")
	h.in.Sessions[1].Acked = &AckLog{} // 9 acknowledged, 1 failed, 2 unanswered
	for seq := range uint64(9) {
		h.in.Sessions[1].Acked.Acked(seq)
	}
	h.in.Sessions[1].Acked.Failed()
	g = Judge(h.evidence())
	if g.Acked != 21 || g.Committed != 21 || g.Failed != 1 || g.Indeterminate != 2 || g.Aborted != 0 {
		t.Errorf("got %+v", g)
	}
	if g.AbortedRead != nil || g.Torn != nil || g.Premature != nil {
		t.Error("transactions' figures exist without transactions")
	}
}

// Every verdict in every mode under both isolation levels.
func TestVerdicts(t *testing.T) {
	conditions := []struct {
		name   string
		change func(*history)
	}{
		{"clean", func(*history) {}},
		{"no readers", func(h *history) { h.in.Readers = 0; h.lanes = nil }},
		{"deadline", func(h *history) { h.in.ReachedEnd = false; h.drop(1, 0, 1, 2, 3) }},
		{"lost", func(h *history) { h.drop(1, 0, 1, 2, 3) }},
		{"duplicate", func(h *history) { h.add(0, delivery{producer: 1, seq: 3, offset: 100}) }},
		{"duplicate and deadline", func(h *history) {
			h.in.ReachedEnd = false
			h.add(0, delivery{producer: 1, seq: 3, offset: 100})
		}},
		{"foreign", func(h *history) { h.add(0, delivery{producer: corrupt, offset: 100}) }},
		{"foreign and deadline", func(h *history) {
			h.in.ReachedEnd = false
			h.add(0, delivery{producer: corrupt, offset: 100})
		}},
	}
	const H, B, I, N, U = result.Held, result.Broken, result.Incomplete, result.NotPromised, result.Unchecked
	for _, c := range []struct {
		mode      string
		isolation workload.Isolation
		want      []result.Verdict
	}{
		{"at-most-once", workload.ReadUncommitted, []result.Verdict{H, U, I, H, H, I, B, B}},
		{"at-most-once", workload.ReadCommitted, []result.Verdict{H, U, I, H, H, I, B, B}},
		{"at-least-once", workload.ReadUncommitted, []result.Verdict{H, U, I, B, H, I, B, B}},
		{"at-least-once", workload.ReadCommitted, []result.Verdict{H, U, I, B, H, I, B, B}},
		{"idempotent", workload.ReadUncommitted, []result.Verdict{H, U, I, B, B, B, B, B}},
		{"idempotent", workload.ReadCommitted, []result.Verdict{H, U, I, B, B, B, B, B}},
		{"transactional", workload.ReadCommitted, []result.Verdict{H, U, I, B, B, B, B, B}},
		{"transactional", workload.ReadUncommitted, []result.Verdict{N, U, I, N, N, I, B, B}},
	} {
		for i, condition := range conditions {
			h := baseline(t, c.mode)
			h.in.Isolation = c.isolation
			condition.change(h)
			if g := Judge(h.evidence()); g.Verdict != c.want[i] {
				t.Errorf("%s, %s, %s: %s, want %s: %q", c.mode, c.isolation, condition.name, g.Verdict, c.want[i], g.Reasons)
			}
		}
	}
}

func TestReadUncommittedCountsStand(t *testing.T) {
	h := baseline(t, "transactional")
	h.in.Isolation = workload.ReadUncommitted
	h.add(0, delivery{producer: 0, seq: 6, offset: 100, early: true}) // aborted
	h.drop(1, 0)
	g := Judge(h.evidence())
	if g.Verdict != result.NotPromised || *g.AbortedRead != 1 || *g.Lost != 1 || len(g.Reasons) != 0 {
		t.Errorf("got %+v", g)
	}
	if g.Torn != nil || g.Premature != nil {
		t.Error("figures of read_committed exist under read_uncommitted")
	}
}

func TestIncompleteSaysWhy(t *testing.T) {
	h := baseline(t, "transactional")
	h.in.ReachedEnd = false
	h.in.Deadlines = []string{"drain deadline of 30s passed"}
	h.drop(0, 1, 11)
	g := Judge(h.evidence())
	want := []string{"drain deadline of 30s passed", "the readers did not reach the end: 2 acknowledged or committed records unread so far"}
	if g.Verdict != result.Incomplete || !reflect.DeepEqual(g.Reasons, want) {
		t.Errorf("%s %q", g.Verdict, g.Reasons)
	}
	if g.Lost != nil || g.Torn != nil {
		t.Error("lost and torn are judged before the end")
	}
}

func TestUncheckedKnowsNothingOfReading(t *testing.T) {
	h := baseline(t, "transactional")
	h.in.Readers, h.lanes = 0, nil
	want := result.Guarantee{
		Verdict: result.Unchecked, Reasons: []string{"nothing was read: there are no readers"},
		Sent: 24, Acked: 24, Committed: 16, Aborted: 4, Indeterminate: 4,
	}
	if g := Judge(h.evidence()); !reflect.DeepEqual(g, want) {
		t.Errorf("got %+v", g)
	}
}

func TestNoLogsAreMissingEvidence(t *testing.T) {
	h := baseline(t, "at-most-once")
	h.lanes = nil
	if g := Judge(h.evidence()); g.Verdict != result.Incomplete || g.Lost != nil {
		t.Errorf("got %+v", g)
	}
}

func TestWindowRanges(t *testing.T) {
	h := baseline(t, "transactional")
	h.drop(0, 1, 11)
	in := h.evidence()
	if n := in.CommittedInRange(0, 1, 10); n != 5 { // 1–3, 8, 9: 4–7 were aborted
		t.Errorf("committed %d, want 5", n)
	}
	if n := in.CensoredInRange(0, 1, 10); n != 1 {
		t.Errorf("censored %d, want 1", n)
	}
	h = baseline(t, "idempotent")
	h.drop(0, 1, 11)
	in = h.evidence()
	if n := in.CommittedInRange(0, 1, 10); n != 9 {
		t.Errorf("acknowledged %d, want 9", n)
	}
	if n := in.CensoredInRange(0, 0, 12); n != 2 {
		t.Errorf("censored %d, want 2", n)
	}
}

func TestClasses(t *testing.T) {
	l := NewReadLog([]string{"t[0]"})
	for i, c := range []struct {
		got, want Class
	}{
		{l.Read(0, 0, 0, 5, true), New},
		{l.Read(0, 0, 0, 5, true), Redelivered},
		{l.Read(0, 0, 0, 4, true), Redelivered},
		{l.Read(0, 0, 0, 6, true), Duplicate},
		{l.Read(1, 0, 0, 7, true), New},
		{l.Read(1<<31, 0, 0, 8, true), Foreign},
		{l.Foreign(0, 9, "checksum"), Foreign},
		{l.Foreign(0, 9, "checksum"), Redelivered},
	} {
		if c.got != c.want {
			t.Errorf("delivery %d: class %d, want %d", i, c.got, c.want)
		}
	}
}

func TestEmptyTransactionsLeaveNoTrace(t *testing.T) {
	var s SendLog
	s.EndTxn(client.Committed)
	s.Sent()
	s.EndTxn(client.Committed)
	s.EndTxn(client.Aborted)
	if s.Ends.Len() != 1 || s.Committed.Len() != 1 || s.Aborted.Len() != 0 {
		t.Errorf("ends %d, committed %d, aborted %d", s.Ends.Len(), s.Committed.Len(), s.Aborted.Len())
	}
}

func TestLogsTravel(t *testing.T) {
	h := baseline(t, "transactional")
	h.drop(0, 1)
	h.add(0, delivery{producer: 1, seq: 3, offset: 100}, delivery{producer: corrupt, offset: 101})
	here := h.evidence()
	var wire bytes.Buffer
	if err := gob.NewEncoder(&wire).Encode(&here); err != nil {
		t.Fatal(err)
	}
	var there Evidence
	if err := gob.NewDecoder(&wire).Decode(&there); err != nil {
		t.Fatal(err)
	}
	if got, want := Judge(there), Judge(here); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// What is read again is held against what was read there first: a log that was cut off and filled up with records that the reader knows already, or with
// one that no longer has its checksum, is another log.
func TestWhatIsReadAgainIsTheSame(t *testing.T) {
	again := func(from uint64, read func(l *ReadLog)) *ReadLog {
		l := NewReadLog([]string{"t[0]"})
		for i := range from + 10 {
			l.Read(0, i, 0, int64(i), true)
		}
		read(l)
		return l
	}
	for name, c := range map[string]struct {
		log                  *ReadLog
		changed, redelivered uint64
	}{
		"the same":           {again(0, func(l *ReadLog) { l.Read(0, 5, 0, 5, true); l.Read(0, 6, 0, 6, true) }), 0, 2},
		"shifted":            {again(0, func(l *ReadLog) { l.Read(0, 6, 0, 5, true); l.Read(0, 7, 0, 6, true) }), 2, 2},
		"corrupt":            {again(0, func(l *ReadLog) { l.Foreign(0, 8, "checksum") }), 1, 1},
		"long ago":           {again(recentOffsets, func(l *ReadLog) { l.Read(0, 6, 0, 5, true); l.Foreign(0, 7, "checksum") }), 0, 2},
		"long ago, unknown":  {again(recentOffsets, func(l *ReadLog) { l.Read(0, 1<<20, 0, 5, true) }), 1, 1},
		"foreign both times": {again(0, func(l *ReadLog) { l.Foreign(0, 10, "checksum"); l.Foreign(0, 10, "checksum") }), 0, 1},
		"foreign at first":   {again(0, func(l *ReadLog) { l.Foreign(0, 10, "checksum"); l.Read(0, 3, 0, 10, true) }), 1, 1},
	} {
		if c.log.Changed != c.changed || c.log.Redelivered != c.redelivered {
			t.Errorf("%s: changed %d, redelivered %d, want %d and %d", name, c.log.Changed, c.log.Redelivered, c.changed, c.redelivered)
		}
	}
}
