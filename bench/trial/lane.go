package trial

import (
	"context"
	"sync/atomic"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/verify"
)

// Lane is one stream of load or reading. Here it is a goroutine; a child process, another client or a worker
// elsewhere fits behind the same four calls.
type Lane interface {
	Ready(context.Context) error      // connected, the coordinator's state created and loaded
	Run(context.Context, Times) error // returns when its work is done or the context ends
	Close(context.Context) error
	Part(context.Context) (*Part, error) // after Run and Close; histograms reach the collector while it runs
}

// Times are the instants all lanes of a trial share, in clock nanoseconds.
//
// The window has one end that every count and every divisor uses: the planned one, or when the senders stopped,
// where an interrupt or their own end came first. Where a number of records bounds the window, they are its
// content, whenever they are acknowledged and read.
type Times struct {
	Start       int64 // the schedule begins: warm-up
	WindowStart int64
	WindowEnd   int64 // nothing is intended at or after it, unless a number of records bounds the window
	Deadline    int64 // every sender has stopped by then
	Quota       bool  // a number of records bounds the window; WindowEnd is only planned
	HandedBy    int64 // a record of the window that is handed over later is late; MaxInt64 where none is ever due

	stopped *atomic.Int64 // when the senders had stopped; MaxInt64 until then
}

// InWindow tells whether a record or transaction intended then belongs to the measured window.
func (t Times) InWindow(intended int64) bool {
	return intended >= t.WindowStart && (t.Quota || intended < t.WindowEnd)
}

// Counts tells whether something that happened to a record counts for throughput: it happened inside the window,
// whenever the record was intended. A number of records ends its window by the last of them.
func (t Times) Counts(at int64) bool {
	if t.Quota {
		return at >= t.WindowStart
	}
	return t.Inside(at)
}

// Inside tells whether something happened inside the window.
func (t Times) Inside(at int64) bool { return at >= t.WindowStart && at < t.End() }

// End is when the window ended, or will as far as is known.
func (t Times) End() int64 {
	if t.Quota {
		return t.stopped.Load()
	}
	return min(t.WindowEnd, t.stopped.Load())
}

// Part is what a lane measured, apart from its histograms. Parts of one kind merge by addition.
type Part struct {
	Send *verify.SendLog // of a sender
	Acks *verify.AckLog
	Read *verify.ReadLog // of a receiver

	WindowFirst, WindowLast uint64 // sequences intended in the window: [first, last)
	Due                     int64  // records due in the window; 0 at max
	Handed                  int64  // of them, handed to the client inside it or a hiccup later
	Sent                    int64  // records handed to the client inside the window, whenever they were due
	Commits                 int64  // commits that returned inside the window, whenever they were due
	CommitTime              int64  // ns they took
	Acked                   int64  // acknowledgements that count for throughput
	LastHanded, LastAcked   int64  // clock ns, of records intended in the window
	Failed                  int64  // records reported undelivered, over the whole trial
	FirstFailure            error  // of them
	Transactions            TxnCounts
	Backlog                 []Sample // records due and not finished, over the window

	ReadIn    int64 // distinct records read that count for throughput
	ReadBytes int64 // their payload
	LastRead  int64 // clock ns, of the last one intended in the window

	Spans []Report // the client's counters at either end of the span they cover, or none
	Notes []string // what a reader of the result should know
	Ended error    // why the lane stopped early
}

const maxNotes = 5

func (p *Part) note(text string) {
	if len(p.Notes) < maxNotes {
		p.Notes = append(p.Notes, text)
	}
}

// TxnCounts counts transactions whose first record was intended in the window.
type TxnCounts struct {
	Committed, Aborted, Indeterminate, Failed int64
	Records                                   int64 // in the committed ones
}

// count adds a transaction of so many records.
func (c *TxnCounts) count(o client.Outcome, abort bool, records int) {
	switch {
	case o == client.Committed:
		c.Committed++
		c.Records += int64(records)
	case o == client.Aborted && abort:
		c.Aborted++
	case o == client.Aborted:
		c.Failed++
	default:
		c.Indeterminate++
	}
}

func (c *TxnCounts) merge(o TxnCounts) {
	c.Committed += o.Committed
	c.Aborted += o.Aborted
	c.Indeterminate += o.Indeterminate
	c.Failed += o.Failed
	c.Records += o.Records
}
