package verify

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

type recordID struct {
	producer uint32
	seq      uint64
}

type place struct {
	lane, partition int
	producer        uint32
}

// sent is a session told twice: as the logs hold it and as plain lists.
type sent struct {
	session Session
	count   uint64
	acked   map[uint64]bool
	failed  int64
	txns    []txn
}

type txn struct {
	first, n uint64
	outcome  client.Outcome
}

func drawSent(t *rapid.T, m workload.Mode) sent {
	s := sent{session: Session{Sent: &SendLog{}, Acked: &AckLog{}}, acked: map[uint64]bool{}}
	send := func(n int) {
		for range n {
			switch rapid.IntRange(0, 9).Draw(t, "completion") {
			case 0:
				s.session.Acked.Failed()
				s.failed++
			case 1: // none
			default:
				s.session.Acked.Acked(s.count)
				s.acked[s.count] = true
			}
			s.session.Sent.Sent()
			s.count++
		}
	}
	if m.Transactional {
		outcomes := []client.Outcome{client.Committed, client.Committed, client.Aborted, client.Indeterminate, client.Fenced}
		for range rapid.IntRange(0, 5).Draw(t, "txns") {
			x := txn{s.count, uint64(rapid.IntRange(0, 5).Draw(t, "size")), rapid.SampledFrom(outcomes).Draw(t, "outcome")}
			send(int(x.n))
			s.session.Sent.EndTxn(x.outcome)
			s.txns = append(s.txns, x)
		}
	}
	send(rapid.IntRange(0, 5).Draw(t, "tail"))
	if rapid.Bool().Draw(t, "commits offsets") {
		at := []int64{0, int64(s.count)}
		for _, x := range s.txns {
			at = append(at, int64(x.first+x.n))
		}
		s.session.Offset = new(rapid.SampledFrom(at).Draw(t, "offset"))
	}
	return s
}

// naive judges deliveries with maps, straight from the definitions.
func naive(in Evidence, sessions []sent, lanes [][]delivery) result.Guarantee {
	g := result.Guarantee{}
	committed, aborted := map[recordID]bool{}, map[recordID]bool{}
	for p, s := range sessions {
		g.Sent += int64(s.count)
		g.Acked += int64(len(s.acked))
		g.Failed += s.failed
		for _, x := range s.txns {
			for seq := x.first; seq < x.first+x.n; seq++ {
				committed[recordID{uint32(p), seq}] = x.outcome == client.Committed
				aborted[recordID{uint32(p), seq}] = x.outcome == client.Aborted
			}
		}
		if !in.Mode.Transactional {
			for seq := range s.acked {
				committed[recordID{uint32(p), seq}] = true
			}
		}
	}
	holds := func(set map[recordID]bool) (n int64) {
		for _, in := range set {
			if in {
				n++
			}
		}
		return n
	}
	g.Committed, g.Aborted = holds(committed), holds(aborted)
	g.Indeterminate = g.Sent - g.Committed - g.Aborted
	if !in.Mode.Transactional {
		g.Indeterminate -= g.Failed
	}
	if in.Readers == 0 {
		g.Verdict = result.Unchecked
		return g
	}

	var changed, duplicate, foreign, redelivered, reordered, premature, lost, abortedRead, torn, readN int64
	read, early := map[recordID]int{}, map[recordID]bool{}
	highest, late := map[place]uint64{}, map[place]int64{}
	for lane, deliveries := range lanes {
		mine := map[recordID]bool{}
		passed := map[int]int64{}
		type spot struct {
			partition int
			offset    int64
		}
		first := map[spot]recordID{}
		for _, d := range deliveries {
			id, at := recordID{d.producer, d.seq}, place{lane, d.partition, d.producer}
			if d.producer == corrupt {
				id.seq = 0 // nobody knows which
			}
			if last, was := passed[d.partition]; was && d.offset <= last {
				redelivered++
				if held, some := first[spot{d.partition, d.offset}]; some && held != id || !some && d.producer != corrupt && !mine[id] {
					changed++
				}
				continue
			}
			passed[d.partition], first[spot{d.partition, d.offset}] = d.offset, id
			if d.producer == corrupt {
				foreign++
				continue
			}
			if read[id]++; read[id] > 1 {
				duplicate++
			}
			if mine[id] {
				continue
			}
			mine[id] = true
			early[id] = early[id] || d.early
			if top, was := highest[at]; was && d.seq < top {
				late[at]++
			} else {
				highest[at] = d.seq
			}
		}
	}
	for at, n := range late {
		if int(at.producer) < len(sessions) && highest[at] < sessions[at.producer].count {
			reordered += n
		}
	}
	for id := range read {
		if int(id.producer) >= len(sessions) || id.seq >= sessions[id.producer].count {
			foreign++
			continue
		}
		readN++
		if aborted[id] {
			abortedRead++
		} else if early[id] {
			premature++
		}
	}
	for id, in := range committed {
		if in && read[id] == 0 {
			lost++
		}
	}
	for p, s := range sessions {
		stands := int64(0)
		for _, x := range s.txns {
			var n uint64
			for seq := x.first; seq < x.first+x.n; seq++ {
				if read[recordID{uint32(p), seq}] > 0 {
					n++
				}
			}
			if x.outcome != client.Aborted && 0 < n && n < x.n {
				torn++
			}
			if x.n > 0 && (x.outcome == client.Committed || x.outcome != client.Aborted && n > 0) {
				stands = int64(x.first + x.n)
			}
		}
		if o := s.session.Offset; o != nil && *o != stands {
			torn++
		}
	}

	g.Read, g.Duplicate, g.Reordered, g.Foreign, g.Redelivered, g.Changed = &readN, &duplicate, &reordered, &foreign, &redelivered, &changed
	txns, hidden := in.Mode.Transactional, in.Mode.Transactional && in.Isolation == workload.ReadCommitted
	broken := foreign > 0 || changed > 0
	if in.ReachedEnd {
		g.Lost = &lost
	}
	if txns {
		g.AbortedRead = &abortedRead
	}
	if hidden {
		g.Premature = &premature
		if in.ReachedEnd {
			g.Torn = &torn
		}
	}
	switch in.Mode.Name {
	case "at-least-once":
		broken = broken || in.ReachedEnd && lost > 0
	case "idempotent":
		broken = broken || in.ReachedEnd && lost > 0 || duplicate > 0 || reordered > 0
	case "transactional":
		broken = broken || hidden && (in.ReachedEnd && lost+torn > 0 || duplicate+reordered+abortedRead+premature > 0)
	}
	switch {
	case broken:
		g.Verdict = result.Broken
	case !in.ReachedEnd:
		g.Verdict = result.Incomplete
	case txns && !hidden:
		g.Verdict = result.NotPromised
	default:
		g.Verdict = result.Held
	}
	return g
}

// drawLanes spreads the records over lanes and partitions and lets defects happen, or none at all.
func drawLanes(t *rapid.T, sessions []sent) [][]delivery {
	chance := rapid.IntRange(0, 12).Draw(t, "per cent of defects")
	happens := func(what string) bool { return rapid.IntRange(0, 99).Draw(t, what) < chance }
	lanes := make([][]delivery, rapid.IntRange(1, 3).Draw(t, "lanes"))
	deliver := func(lane int, d delivery) {
		lanes[lane] = append(lanes[lane], d)
	}
	for p, s := range sessions {
		for seq := range s.count {
			lane, partition := rapid.IntRange(0, len(lanes)-1).Draw(t, "lane"), rapid.IntRange(0, 1).Draw(t, "partition")
			hide := false
			for _, x := range s.txns {
				if x.first <= seq && seq < x.first+x.n {
					hide = x.outcome != client.Committed
				}
			}
			if hide != happens("visibility") {
				continue
			}
			d := delivery{producer: uint32(p), seq: seq, partition: partition, early: happens("premature")}
			deliver(lane, d)
			if happens("again") {
				deliver(lane, d)
			}
			if happens("elsewhere") {
				deliver(rapid.IntRange(0, len(lanes)-1).Draw(t, "other"), d)
			}
			if happens("corrupt") {
				deliver(lane, delivery{producer: corrupt, partition: partition})
			}
			if happens("never sent") {
				deliver(lane, delivery{producer: uint32(p), seq: s.count + seq, partition: partition})
			}
			if happens("unknown") {
				deliver(lane, delivery{producer: uint32(len(sessions)), seq: seq, partition: partition})
			}
		}
	}
	for i, lane := range lanes {
		for k := 1; k < len(lane); k++ {
			if happens("swap") {
				lane[k-1], lane[k] = lane[k], lane[k-1]
			}
		}
		var next [2]int64
		for k := range lane {
			next[lane[k].partition] += rapid.Int64Range(1, 3).Draw(t, "gap")
			lane[k].offset = next[lane[k].partition]
		}
		if len(lane) > 0 && rapid.Bool().Draw(t, "rebalance") { // some are read again and the rest goes on
			at := rapid.IntRange(1, len(lane)).Draw(t, "at")
			from := rapid.IntRange(0, at-1).Draw(t, "from")
			lanes[i] = slices.Concat(lane[:at], lane[from:])
		}
	}
	return lanes
}

func TestJudgeAgreesWithNaiveChecker(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := Evidence{
			Mode:       rapid.SampledFrom(workload.Modes).Draw(t, "mode"),
			Isolation:  rapid.SampledFrom([]workload.Isolation{workload.ReadUncommitted, workload.ReadCommitted}).Draw(t, "isolation"),
			Readers:    rapid.IntRange(0, 9).Draw(t, "readers"),
			ReachedEnd: rapid.IntRange(0, 4).Draw(t, "end") > 0,
		}
		var sessions []sent
		for range rapid.IntRange(1, 3).Draw(t, "sessions") {
			s := drawSent(t, in.Mode)
			sessions = append(sessions, s)
			in.Sessions = append(in.Sessions, s.session)
		}
		lanes := drawLanes(t, sessions)
		for _, lane := range lanes {
			log := NewReadLog([]string{"t[0]", "t[1]"})
			for _, d := range lane {
				if d.producer == corrupt {
					log.Foreign(d.partition, d.offset, "corrupt")
				} else {
					log.Read(d.producer, d.seq, d.partition, d.offset, !d.early)
				}
			}
			in.Reads = append(in.Reads, log)
		}
		got, want := Judge(in), naive(in, sessions, lanes)
		if (got.Verdict == result.Held || got.Verdict == result.NotPromised) != (len(got.Reasons) == 0) {
			t.Fatalf("verdict %s with reasons %q", got.Verdict, got.Reasons)
		}
		want.Reasons = got.Reasons
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %s %v %q\nwant %s %v", got.Verdict, show(got), got.Reasons, want.Verdict, show(want))
		}

		// The window's figures add up over any split, and to the whole.
		for i, s := range sessions {
			cut := rapid.Uint64Range(0, s.count).Draw(t, "cut")
			if in.CommittedInRange(i, 0, cut)+in.CommittedInRange(i, cut, s.count) != in.owed(s.session).Len() {
				t.Fatal("committed records of two ranges are not those of the whole")
			}
			if in.CensoredInRange(i, 0, cut)+in.CensoredInRange(i, cut, s.count) != in.CensoredInRange(i, 0, s.count) {
				t.Fatal("censored records of two ranges are not those of the whole")
			}
		}
	})
}

func show(g result.Guarantee) map[string]int64 {
	all := defects(g)
	all["sent"], all["acked"], all["committed"], all["aborted"] = g.Sent, g.Acked, g.Committed, g.Aborted
	return all
}
