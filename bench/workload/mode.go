package workload

import "slices"

// Isolation is a reader's isolation.level, by Kafka's own names (KIP-98).
type Isolation string

// The two isolation levels a Kafka consumer knows.
const (
	ReadUncommitted Isolation = "read_uncommitted"
	ReadCommitted   Isolation = "read_committed"
)

// Promises are what a delivery mode guarantees within one producer session; verify judges a trial by them.
type Promises struct {
	NoLoss      bool // acknowledged (committed) records are read
	NoDuplicate bool // no record is in the log twice
	Ordered     bool // per producer and partition
	Atomic      bool // transactions are seen whole, aborted ones never, none before its commit was called
}

// Mode is a delivery mode as data: neutral properties that each client translates into its own configuration.
// Nothing outside this table decides anything by a mode's name.
type Mode struct {
	Name          string
	Acks          int // -1 all in-sync replicas, 0 none
	Retries       bool
	Idempotent    bool
	Transactional bool
	Isolation     Isolation // its readers', unless overridden as a control
	Promises      Promises
	Covers        string // the guarantee in a line, for people
}

// Promised is what readers at an isolation level are promised: nothing of transactions that they read before these are committed.
func (m Mode) Promised(to Isolation) Promises {
	if m.Transactional && to != ReadCommitted {
		return Promises{}
	}
	return m.Promises
}

// Modes in the order they are shown, weakest guarantee first.
var Modes = []Mode{
	{Name: "at-most-once", Acks: 0, Isolation: ReadUncommitted,
		Covers: "acks=0, no retries: may lose"},
	{Name: "at-least-once", Acks: -1, Retries: true, Isolation: ReadUncommitted,
		Promises: Promises{NoLoss: true},
		Covers:   "acks=all, retries: may duplicate, may reorder on retry"},
	{Name: "idempotent", Acks: -1, Retries: true, Idempotent: true, Isolation: ReadUncommitted,
		Promises: Promises{NoLoss: true, NoDuplicate: true, Ordered: true},
		Covers:   "producer id and sequence numbers: no duplicates, in order, within one producer session"},
	{Name: "transactional", Acks: -1, Retries: true, Idempotent: true, Transactional: true, Isolation: ReadCommitted,
		Promises: Promises{NoLoss: true, NoDuplicate: true, Ordered: true, Atomic: true},
		Covers:   "exactly-once: atomic transactions, fenced across restarts, read_committed readers"},
}

// Reference is the mode that costs are stated against unless another is named.
const Reference = "at-least-once"

// Rank is a mode's place in Modes, from the weakest guarantee to the strongest; that of a name not in the table is behind all.
func Rank(mode string) int {
	if i := slices.IndexFunc(Modes, func(m Mode) bool { return m.Name == mode }); i >= 0 {
		return i
	}
	return len(Modes)
}

// ModeByName returns the mode of that name.
func ModeByName(name string) (Mode, bool) {
	for _, m := range Modes {
		if m.Name == name {
			return m, true
		}
	}
	return Mode{}, false
}
