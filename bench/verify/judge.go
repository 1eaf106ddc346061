package verify

import (
	"fmt"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Evidence is everything a trial's verdict rests on.
type Evidence struct {
	Mode      workload.Mode
	Isolation workload.Isolation // of the readers: the mode's, or a control's override
	Sessions  []Session          // by producer number
	Readers   int                // as asked for; 0: nothing is checked
	Reads     []*ReadLog         // one per lane

	// ReachedEnd says that every reader's position reached the end of its partitions as taken after the last
	// transaction had ended: the last stable offset, once no transaction is open, or the high watermark under
	// read_uncommitted. Without it nothing counts as lost or torn.
	ReachedEnd bool
	Deadlines  []string // why the end was not reached
}

// Session is one producer session's side of the evidence.
type Session struct {
	Sent  *SendLog
	Acked *AckLog
}

// finding is what one check counted and where it first did.
type finding struct {
	n     uint64
	first string
}

func (f *finding) add(n uint64, at string) {
	if f.n == 0 && n > 0 {
		f.first = at
	}
	f.n += n
}

// findings are the counts over all sessions and lanes.
type findings struct {
	read, redelivered                                                            uint64
	unread, duplicate, reordered, abortedRead, torn, premature, foreign, changed finding
}

// Judge counts what became of a trial's records and gives its verdict: unchecked without readers; broken when
// a promise of the mode was broken or a foreign record was read; incomplete when a deadline came before the
// readers' end; not_promised for read_uncommitted readers of transactional data; else held.
func Judge(in Evidence) result.Guarantee {
	g := in.totals()
	if in.Readers == 0 {
		g.Verdict = result.Unchecked
		g.Reasons = append(g.Reasons, "nothing was read: there are no readers")
		return g
	}
	in.ReachedEnd = in.ReachedEnd && len(in.Reads) > 0
	in.Sessions = in.known()
	f := in.examine()
	in.report(&g, f)
	in.decide(&g, f)
	return g
}

// CommittedInRange returns how many of a session's records lo ≤ seq < hi were committed (acknowledged, outside
// transactional modes).
func (in *Evidence) CommittedInRange(session int, lo, hi uint64) uint64 {
	return in.owed(in.Sessions[session]).LenRange(lo, hi)
}

// CensoredInRange returns how many of those were never read.
func (in *Evidence) CensoredInRange(session int, lo, hi uint64) uint64 {
	read, _, _ := in.merge(session)
	n, _ := minus(in.owed(in.Sessions[session]), read, lo, hi)
	return n
}

// owed is what a session's readers must see, if the mode promises it.
func (in *Evidence) owed(s Session) *Bitmap {
	if in.Mode.Transactional {
		return &s.Sent.Committed
	}
	return &s.Acked.Seqs
}

// known returns the sessions, with one that sent nothing for every producer that was read and is unknown.
func (in *Evidence) known() []Session {
	sessions := slices.Clone(in.Sessions)
	for _, l := range in.Reads {
		for len(sessions) < len(l.Producers) {
			sessions = append(sessions, Session{Sent: &SendLog{}, Acked: &AckLog{}})
		}
	}
	return sessions
}

// hidden reports whether the readers see transactions only once they are committed.
func (in *Evidence) hidden() bool {
	return in.Mode.Transactional && in.Isolation == workload.ReadCommitted
}

// totals counts the sending side.
func (in *Evidence) totals() result.Guarantee {
	g := result.Guarantee{Reasons: []string{}}
	for _, s := range in.Sessions {
		g.Sent += int64(s.Sent.Count)
		g.Acked += int64(s.Acked.Seqs.Len())
		g.Failed += int64(s.Acked.Failures)
		g.Committed += int64(in.owed(s).Len())
		g.Aborted += int64(s.Sent.Aborted.Len())
	}
	g.Indeterminate = g.Sent - g.Committed - g.Aborted
	if !in.Mode.Transactional {
		g.Indeterminate -= g.Failed
	}
	return g
}

// examine runs every check, whether or not it was promised.
func (in *Evidence) examine() *findings {
	f := &findings{}
	for i, s := range in.Sessions {
		in.session(f, i, s)
	}
	for _, l := range in.Reads {
		in.lane(f, l)
	}
	return f
}

// session runs the checks on sets, over all lanes.
func (in *Evidence) session(f *findings, producer int, s Session) {
	at := func(seq uint64) string { return in.at(uint32(producer), seq) }
	read, premature, again := in.merge(producer)
	f.duplicate.add(again.n, again.first)
	f.read += read.LenRange(0, s.Sent.Count)

	n, seq := minus(read, &Bitmap{}, s.Sent.Count, Limit)
	f.foreign.add(n, at(seq)+", never sent")
	n, seq = minus(in.owed(s), read, 0, s.Sent.Count)
	f.unread.add(n, at(seq))
	n, seq = both(&s.Sent.Aborted, read, 0, s.Sent.Count)
	f.abortedRead.add(n, at(seq))
	// No commit of an aborted transaction is ever called: reading it is one defect, not two.
	n, seq = minus(premature, &s.Sent.Aborted, 0, s.Sent.Count)
	f.premature.add(n, at(seq))

	first := uint64(0)
	for last := range s.Sent.Ends.All() {
		size := last + 1 - first
		if size > 1 && !s.Sent.Aborted.Contains(first) {
			if n := read.LenRange(first, last+1); 0 < n && n < size {
				f.torn.add(1, fmt.Sprintf("%s: %d of %d records read", at(first), n, size))
			}
		}
		first = last + 1
	}
}

// lane adds what a lane counted as it read.
func (in *Evidence) lane(f *findings, l *ReadLog) {
	f.redelivered += l.Redelivered
	if e := l.FirstDuplicate; e != nil {
		f.duplicate.add(l.Copies, in.at(e.Producer, e.Seq)+l.place(e.Partition, e.Offset))
	}
	if e := l.FirstStray; e != nil {
		f.foreign.add(l.Strays, e.Why+l.place(e.Partition, e.Offset))
	}
	if e := l.FirstChanged; e != nil {
		f.changed.add(l.Changed, in.at(e.Producer, e.Seq)+l.place(e.Partition, e.Offset))
	}
	for producer := range l.Producers {
		for i, o := range l.Producers[producer].Order {
			// After a sequence that was never sent everything looks late: order is judged without it.
			if o.Next <= in.Sessions[producer].Sent.Count {
				f.reordered.add(o.Late, in.at(uint32(producer), o.LateSeq)+l.place(i, o.LateOffset))
			}
		}
	}
}

// merge unites what the lanes read of a producer; what a later lane read again is a duplicate.
func (in *Evidence) merge(producer int) (read, premature *Bitmap, again finding) {
	read, premature = &Bitmap{}, &Bitmap{}
	for _, l := range in.Reads {
		if producer >= len(l.Producers) {
			continue
		}
		r := &l.Producers[producer]
		n, seq := both(read, &r.Seqs, 0, Limit)
		again.add(n, in.at(uint32(producer), seq)+", by two readers")
		read.AddAll(&r.Seqs)
		premature.AddAll(&r.Premature)
	}
	return read, premature, again
}

// at names a record; its transaction is counted from 0 within the session.
func (in *Evidence) at(producer uint32, seq uint64) string {
	s := fmt.Sprintf("producer %d, sequence %d", producer, seq)
	if sent := in.Sessions[producer].Sent; in.Mode.Transactional && seq < sent.Count {
		s += fmt.Sprintf(", transaction %d", sent.Ends.LenRange(0, seq))
	}
	return s
}

func (l *ReadLog) place(partition int, offset int64) string {
	return fmt.Sprintf(", %s offset %d", l.Partitions[partition].Name, offset)
}

// report states the counts that exist: what can only be judged at the end is null before it, and what the mode
// or isolation knows nothing of is null too.
func (in *Evidence) report(g *result.Guarantee, f *findings) {
	count := func(n uint64) *int64 { return new(int64(n)) }
	g.Read = count(f.read)
	g.Duplicate = count(f.duplicate.n)
	g.Reordered = count(f.reordered.n)
	g.Foreign = count(f.foreign.n)
	g.Redelivered = count(f.redelivered)
	g.Changed = count(f.changed.n)
	if in.ReachedEnd {
		g.Lost = count(f.unread.n)
	}
	if in.Mode.Transactional {
		g.AbortedRead = count(f.abortedRead.n)
	}
	if in.hidden() {
		g.Premature = count(f.premature.n)
		if in.ReachedEnd {
			g.Torn = count(f.torn.n)
		}
	}
}

// decide gives the verdict that the counts have, which is the stored form's to say, and where each broken promise was first broken.
func (in *Evidence) decide(g *result.Guarantee, f *findings) {
	first := map[string]string{
		"lost": f.unread.first, "duplicate": f.duplicate.first, "reordered": f.reordered.first, "aborted_read": f.abortedRead.first,
		"torn": f.torn.first, "premature": f.premature.first, "foreign": f.foreign.first,
		"changed": f.changed.first,
	}
	var broken []result.Breach
	g.Verdict, broken = g.Judge(in.Mode, in.Isolation)
	for _, b := range broken {
		g.Reasons = append(g.Reasons, fmt.Sprintf("%s: %d, first: %s", b.What, b.N, first[b.Count]))
	}
	if !in.ReachedEnd {
		g.Reasons = append(g.Reasons, in.Deadlines...)
		g.Reasons = append(g.Reasons, fmt.Sprintf("the readers did not reach the end: %d acknowledged or committed records unread so far", f.unread.n))
	}
}
