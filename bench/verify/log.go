// Package verify is the delivery ledger: what was sent, acknowledged, committed and read, as sets of sequences,
// and the verdict on a trial that follows from them.
//
// A producer session numbers its records 0, 1, 2, … and has one transaction open at a time, so a transaction is
// a range of sequences. The session's place in Evidence.Sessions is the producer number its records are stamped
// with; a producer that starts again is another session. Every log belongs to one goroutine while it is filled,
// takes no lock and allocates nothing per record; afterwards it is plain data that encoding/gob carries between
// processes, and Judge puts the logs together.
package verify

import "github.com/kafka-eos-bench/kafka-eos-bench/bench/client"

// SendLog is what a producer session sent. The sending goroutine fills it.
type SendLog struct {
	Count     uint64 // records sent: the next one's sequence
	Open      uint64 // first sequence after the last transaction that ended
	Ends      Bitmap // the last sequence of every transaction that ended
	Committed Bitmap
	Aborted   Bitmap // what ended neither way is indeterminate
}

// Sent notes that the client accepted the record of sequence Count.
func (s *SendLog) Sent() { s.Count++ }

// EndTxn notes the end of the transaction that holds every record sent since the previous one ended. A fenced
// transaction counts as indeterminate: its producer cannot know.
func (s *SendLog) EndTxn(o client.Outcome) {
	if s.Open == s.Count {
		return
	}
	switch o {
	case client.Committed:
		s.Committed.AddRange(s.Open, s.Count)
	case client.Aborted:
		s.Aborted.AddRange(s.Open, s.Count)
	}
	s.Ends.Add(s.Count - 1)
	s.Open = s.Count
}

// AckLog is what became of a session's records by their completions. The goroutine that completes them fills it.
type AckLog struct {
	Seqs     Bitmap // acknowledged
	Failures uint64 // records reported undelivered
}

// Acked notes an acknowledgement.
func (a *AckLog) Acked(seq uint64) { a.Seqs.Add(seq) }

// Failed notes a record reported undelivered. It may be in the log all the same.
func (a *AckLog) Failed() { a.Failures++ }

// Class is what one delivery turned out to be.
type Class int

// Classes of deliveries. Only New ones are samples of a latency.
const (
	New         Class = iota
	Duplicate         // in the log again, at another offset
	Redelivered       // this reader's own second reading of an offset
	Foreign           // never sent by this run, or corrupt
)

// maxProducers bounds the producer numbers that a stamp is believed.
const maxProducers = 1 << 16

// ReadLog is what one reader lane read of the partitions that it alone reads. The lane fills it.
type ReadLog struct {
	Partitions  []Position
	Producers   []Reads // by producer number, as far as any was read
	Copies      uint64  // of sequences the lane had read already, at another offset
	Redelivered uint64
	Strays      uint64 // foreign by their stamp; sequences never sent are found when judging
	Changed     uint64 // offsets that held another record when they were read again

	FirstDuplicate *Example
	FirstStray     *Example
	FirstChanged   *Example
}

// Position is how far a partition was read.
type Position struct {
	Name string // as reasons spell it: "topic[3]"
	Next int64  // offset after the highest one read

	recent []held // by offset modulo their number
}

// held is what was read at an offset.
type held struct {
	next     int64 // the offset after it; 0: nothing
	producer uint32
	foreign  bool // and the rest says nothing
	seq      uint64
}

// recentOffsets is at how many offsets of a partition it is known what was read: readers commit every second, and read again what lies behind. Of
// many partitions it is fewer, so that a lane knows of recentInAll, but of fewestRecent at least.
const (
	recentOffsets = 1 << 13
	recentInAll   = 1 << 20
	fewestRecent  = 1 << 8
)

// Reads is what a lane read of one producer.
type Reads struct {
	Seqs      Bitmap
	Premature Bitmap // read before their commit was called
	Order     []Order
}

// Order follows one producer's sequences through one partition.
type Order struct {
	Next       uint64 // after the highest sequence read
	Late       uint64 // new records below a sequence already read
	LateSeq    uint64 // of the first one
	LateOffset int64
}

// Example is one delivery that a reason points at.
type Example struct {
	Producer  uint32
	Seq       uint64
	Partition int // index into Partitions
	Offset    int64
	Why       string
}

// NewReadLog returns an empty log for a lane that is assigned the partitions of these names.
func NewReadLog(partitions []string) *ReadLog {
	l := &ReadLog{Partitions: make([]Position, len(partitions))}
	recent := max(fewestRecent, min(recentOffsets, recentInAll/max(1, len(partitions))))
	for i, name := range partitions {
		l.Partitions[i] = Position{Name: name, recent: make([]held, recent)}
	}
	return l
}

// Read notes a record by its stamp and place; partition is an index into the lane's partitions. commitCalled
// says whether the commit of the record's transaction had been called when the record was returned; pass true
// where there are no transactions.
func (l *ReadLog) Read(producer uint32, seq uint64, partition int, offset int64, commitCalled bool) Class {
	if first, again := l.passed(partition, offset, held{producer: producer, seq: seq}); again {
		if first != nil && *first != (held{offset + 1, producer, false, seq}) || first == nil && !l.knows(producer, seq) {
			l.changed(Example{Producer: producer, Seq: seq, Partition: partition, Offset: offset})
		}
		return Redelivered
	}
	if producer >= maxProducers || seq >= Limit {
		return l.stray(Example{producer, seq, partition, offset, "a stamp no producer writes"})
	}
	r := l.of(producer)
	if !r.Seqs.Add(seq) {
		if l.Copies == 0 {
			l.FirstDuplicate = &Example{Producer: producer, Seq: seq, Partition: partition, Offset: offset}
		}
		l.Copies++
		return Duplicate
	}
	if !commitCalled {
		r.Premature.Add(seq)
	}
	o := &r.Order[partition]
	if seq >= o.Next {
		o.Next = seq + 1
		return New
	}
	if o.Late == 0 {
		o.LateSeq, o.LateOffset = seq, offset
	}
	o.Late++
	return New
}

// Foreign notes a record that no stamp of this run vouches for, and why: another run's, a checksum that does
// not match, a value too short.
func (l *ReadLog) Foreign(partition int, offset int64, why string) Class {
	if first, again := l.passed(partition, offset, held{foreign: true}); again {
		if first != nil && !first.foreign {
			l.changed(Example{Producer: first.producer, Seq: first.seq, Partition: partition, Offset: offset})
		}
		return Redelivered
	}
	return l.stray(Example{Partition: partition, Offset: offset, Why: why})
}

// passed advances the partition's position and notes what is there, or counts a redelivery when the offset lies before it: then it returns what was
// read there first, nil if that was too long ago.
func (l *ReadLog) passed(partition int, offset int64, now held) (first *held, again bool) {
	p := &l.Partitions[partition]
	slot := &p.recent[offset%int64(len(p.recent))]
	if offset >= p.Next {
		p.Next = offset + 1
		now.next = offset + 1
		*slot = now
		return nil, false
	}
	l.Redelivered++
	if slot.next != offset+1 {
		return nil, true
	}
	return slot, true
}

// knows tells whether the lane has read a sequence.
func (l *ReadLog) knows(producer uint32, seq uint64) bool {
	return int(producer) < len(l.Producers) && l.Producers[producer].Seqs.Contains(seq)
}

func (l *ReadLog) changed(e Example) {
	if l.Changed == 0 {
		l.FirstChanged = &e
	}
	l.Changed++
}

func (l *ReadLog) stray(e Example) Class {
	if l.Strays == 0 {
		l.FirstStray = &e
	}
	l.Strays++
	return Foreign
}

func (l *ReadLog) of(producer uint32) *Reads {
	if int(producer) >= len(l.Producers) {
		l.Producers = append(l.Producers, make([]Reads, int(producer)+1-len(l.Producers))...)
	}
	r := &l.Producers[producer]
	if r.Order == nil {
		r.Order = make([]Order, len(l.Partitions))
	}
	return r
}
