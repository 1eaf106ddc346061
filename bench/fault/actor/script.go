// Package actor is a producer in a process of its own, which a fault can stop, continue and kill, or which kills itself at a named point of
// a transaction. What it does is journalled through a pipe as it does it: what had happened when it died is known exactly.
package actor

import (
	"errors"
	"fmt"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Config is what a producer process is told when it starts.
type Config struct {
	Bootstrap       string
	Workload        workload.Workload // mode, properties, the records' form
	Topics          []string
	ClientID        string
	TransactionalID string        // empty unless transactional
	Stamp           uint64        // the run, as records carry it
	Session         uint32        // the producer number that they carry
	Pause           time.Duration // between two records
	Script          []Step
}

// Step is one thing to do.
type Step struct {
	Do Op
	N  int // of Send: records; of Cycle: transactions, 0 for as many as there is time for
}

// Op is a kind of step. Where the mode has no transactions Init, Begin and Abort do nothing, and Commit flushes.
type Op string

// Kinds of steps.
const (
	Init   Op = "init"   // fences predecessors
	Begin  Op = "begin"  //
	Send   Op = "send"   // N records
	Flush  Op = "flush"  //
	Commit Op = "commit" // whatever comes of it is journalled and no error
	Abort  Op = "abort"  //
	Cycle  Op = "cycle"  // N times: begin, send Workload.TxnSize records, commit
	Await  Op = "await"  // until Process.Go
	Die    Op = "die"    // by SIGKILL
)

// check refuses what cannot be carried out.
func (c *Config) check() error {
	if len(c.Script) == 0 {
		return errors.New("an actor without a script does nothing")
	}
	for i, s := range c.Script {
		switch s.Do {
		case Init, Begin, Flush, Commit, Abort, Await, Die, Cycle:
		case Send:
			if s.N < 1 {
				return fmt.Errorf("step %d sends %d records", i, s.N)
			}
		default:
			return fmt.Errorf("step %d is %q, which no actor can do", i, s.Do)
		}
	}
	if c.Workload.Mode.Transactional != (c.TransactionalID != "") {
		return fmt.Errorf("mode %s with transactional id %q", c.Workload.Mode.Name, c.TransactionalID)
	}
	return nil
}
