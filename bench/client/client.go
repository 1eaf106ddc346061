// Package client is what a trial needs of a Kafka client, in the smallest interfaces that hold it, with the
// properties users may set. Each library is adapted in a package of its own below this one.
package client

import (
	"context"
	"errors"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// ErrQueueFull is returned by Send when the client's own queue has no room: nothing was accepted, try again later.
var ErrQueueFull = errors.New("the client's send queue is full")

// ErrFatal ends a producer: nothing it is asked afterwards can succeed (fenced, or an error the protocol calls fatal).
var ErrFatal = errors.New("the producer cannot continue")

// ErrUnauthorised marks an error that comes from who the client is: its credentials, or what they may do.
var ErrUnauthorised = errors.New("not authorised")

// Record is one record to send. The client copies Key and Value before Send returns.
type Record struct {
	Topic     int32 // index into ProducerConfig.Topics
	Partition int32 // chosen by the tool, never by the client's partitioner
	Key       []byte
	Value     []byte
	Tag       uint32 // below ProducerConfig.InFlight, not in use by another unfinished record; returned with the completion
}

// Completion says how an accepted record ended.
type Completion struct {
	Tag uint32
	At  int64 // clock nanoseconds
	Err error // nil: acknowledged (with acks=0: written to the socket)
}

// Producer sends records. Send and Flush are called from one goroutine, completions arrive on another.
type Producer interface {
	// Send never blocks: it accepts the record or answers ErrQueueFull or an error wrapping ErrFatal.
	// Every accepted record has exactly one completion.
	Send(*Record) error
	// Flush returns when every accepted record has completed. It is as quick as the flush inside a commit:
	// it does not wait for linger.ms.
	Flush(context.Context) error
	// Close waits for what is under way until the context ends, then drops it; no completion follows.
	Close(context.Context) error
}

// Outcome is how a transaction ended.
type Outcome int

// Outcomes of a transaction. After Indeterminate and Fenced, and whenever the error wraps ErrFatal, the producer
// must not be used again.
const (
	Committed     Outcome = iota
	Aborted               // on request, or because the protocol demanded an abort
	Indeterminate         // a commit whose answer never came: it may stand or not, never by halves
	Fenced                // a successor took the transactional id over, or the broker gave up on the transaction
)

func (o Outcome) String() string {
	return [...]string{"committed", "aborted", "indeterminate", "fenced"}[o]
}

// Transactor is a producer's transactional side (KIP-98).
type Transactor interface {
	Init(context.Context) error // initTransactions: fences predecessors, ends what they left open
	Begin() error
	// End commits or aborts. An abort first waits for its records' delivery reports, which the client would
	// otherwise purge; the last ones of a commit may follow its answer, so as not to lengthen it: Flush waits for them. Retriable failures are retried until the context ends; an abortable failure aborts and
	// answers Aborted with the reason. The error explains every outcome that was not asked for.
	End(ctx context.Context, commit bool) (Outcome, error)
}

// Delivered is a record as read. Key and Value are valid until the next Poll.
type Delivered struct {
	Topic     int32 // index into ReaderConfig.Topics
	Partition int32
	Offset    int64
	Value     []byte
	At        int64 // clock nanoseconds when the client returned it
}

// Reader reads the partitions it was assigned, from their beginning or where it is told to begin.
type Reader interface {
	// Poll waits for at least one record (or the context, or about 100 ms) and returns as many as are at hand.
	Poll(context.Context, []Delivered) (int, error)
	// Position writes the offset of the next record to read of each assigned partition, in the order of
	// ReaderConfig.Assigned, to its argument; it passes transaction markers. Safe beside Poll.
	Position([]int64) error
	Close(context.Context) error
}

// Partition names one partition by topic index.
type Partition struct{ Topic, Partition int32 }

// Counters are a client's running totals as it last reported them.
type Counters struct {
	At       int64            // clock nanoseconds of the report
	Requests map[string]int64 // sent, by Kafka's request name, over all brokers and the coordinators
	TxBytes  int64            // on the wire, framing included
	RxBytes  int64
}

// ProducerConfig is what a producer is opened with.
type ProducerConfig struct {
	Bootstrap       string
	Workload        workload.Workload // mode and properties
	Topics          []string
	InFlight        int // tags in use at the most
	ClientID        string
	TransactionalID string // empty unless the mode is transactional

	Complete func(Completion) // one goroutine of the client's calls it; must not block
	Count    func(Counters)   // may be nil; called about twice a second
	Log      func(string)     // the client's own log lines; may be nil
}

// ReaderConfig is what a reader is opened with.
type ReaderConfig struct {
	Bootstrap string
	Workload  workload.Workload
	Topics    []string
	Assigned  []Partition
	From      []int64 // offset to begin at, by Assigned; nil: the beginning
	Group     string  // offsets are committed to it every second (the monitoring view depends on it)
	ClientID  string

	Count func(Counters)
	Log   func(string)
}

// Library is an adapted Kafka client.
type Library interface {
	Name() string // "librdkafka"
	Version() string
	TransactionProtocol() int // 1: before KIP-890 part 2, 2: with it
	// Effective returns the configuration a workload's clients are opened with, without a connection: explicit
	// for every property that matters, secrets redacted. An error names the property that cannot be mapped or
	// that contradicts the mode.
	Effective(w workload.Workload) (producer, reader map[string]string, err error)
	NewProducer(ProducerConfig) (Producer, error) // also a Transactor when the mode is transactional
	NewReader(ReaderConfig) (Reader, error)
}
