// Package workload says what to run: delivery modes as data, and workloads decoded strictly from a
// profile and flags, every default resolved and each value's source kept.
package workload

import "time"

// Workload is one cell of a run: everything that decides what is sent, how, and how it is read.
// Matched cells differ only in Mode and the axes that concern it.
type Workload struct {
	Scenario string // "produce": produce, then read
	Mode     Mode

	TxnSize     int           // records per transaction; 0: unbounded (TxnInterval closes it), or not transactional
	TxnInterval time.Duration // a transaction is closed this long after its first record was due; 0: never by time
	TxnTopics   int           // topics each transaction spans
	AbortRatio  float64       // share of transactions aborted on purpose, 0 ≤ r < 1

	MessageSize SizeDist // bytes of the value, the record stamp included
	Payload     Payload
	Keys        int // distinct keys; 0: records carry no key

	Topics     int
	Partitions int // of each topic
	Producers  int
	Readers    int // 0: nothing is read, the guarantee stays unchecked

	Rate     Rate
	InFlight int // unacknowledged records per producer at most, when Rate is max
	Arrival  Arrival

	Duration time.Duration // of the measured window; 0: Messages bounds it
	Messages int64         // records of the measured window over all producers; 0: Duration bounds it
	Warmup   time.Duration

	Linger     time.Duration // a producer waits this long for more records before it sends a batch that is not full
	Isolation  Isolation     // the readers' level: the mode's, or a control's override
	FlushEvery int           // control for lost batching: flush every N records; 0: never

	Properties map[string]string // client properties by librdkafka name, as given by -X and --client-config
	Side       Side              // empty: the run has but one
	Seed       uint64
}

// Side is which of two things that a run holds against one another a cell measures.
type Side string

// Sides of a run that has two.
const (
	New      Side = "new"
	Baseline Side = "baseline"
)

// AxisSide is the key of the side among a cell's axes.
const AxisSide = "side"

// AxisClient is the key of the client library's name among the axes of a trial that was measured.
const AxisClient = "client"

// Rate is a target in records per second over all producers.
type Rate struct {
	PerSecond float64
	Max       bool // closed loop: as fast as the bound on unacknowledged records lets it
}

// Arrival is the shape of the schedule that fixes when each record is due.
type Arrival string

// Arrival shapes. Burst puts each second's records into its first tenth; ramp climbs linearly from a tenth
// of the rate to the whole of it over warm-up and window.
const (
	Constant Arrival = "constant"
	Poisson  Arrival = "poisson"
	Burst    Arrival = "burst"
	Ramp     Arrival = "ramp"
)

// SizeDist is a distribution of message sizes in bytes.
type SizeDist struct {
	Kind     string // "fixed", "uniform" or "normal" (clipped to Min and Max)
	Min, Max int    // bounds in bytes, both inclusive; equal for fixed
	Mean     float64
	StdDev   float64
}

// Payload is where the bytes behind the stamp come from.
type Payload struct {
	Kind string // "random" (incompressible), "text" (compresses like English), "file" (a file's lines)
	Path string // of the file
}
