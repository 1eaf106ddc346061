package plan

import (
	"fmt"
	"math"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// MinTransactions per producer in a window; figures of transactions are inconclusive below it.
const MinTransactions = 30

// Warnings says what a cell cannot show, with the remedy: too few transactions for their figures, and a rate
// that one transaction at a time cannot hold if a commit takes as long as it was measured to. A nil commit
// means that nobody measured it. Nothing can be said beforehand at rate max.
func Warnings(c workload.Cell, commit *time.Duration) []string {
	w := c.Workload
	if !w.Mode.Transactional || w.Rate.Max {
		return nil
	}
	perProducer := w.Rate.PerSecond / float64(w.Producers)
	length := transactionSeconds(w, perProducer)
	var warnings []string
	each := length / (1 - w.AbortRatio)                            // that commits
	if n := Window(w).Seconds()/each + 1e-9; n < MinTransactions { // the margin is for rounding alone
		need := seconds(math.Ceil(MinTransactions * each))
		warnings = append(warnings, fmt.Sprintf("%s: about %.0f transactions per producer in the window, fewer than the %d that "+
			"figures of transactions need: make the window at least %s, or transactions shorter",
			c.Name, math.Floor(n), MinTransactions, need))
	}
	if commit != nil && commit.Seconds() >= length {
		warnings = append(warnings, fmt.Sprintf("%s: needs %.4g commits a second from each producer, which commits one transaction "+
			"at a time and manages %.4g at %s each: %s",
			c.Name, 1/length, 1/commit.Seconds(), commit, Cure(w, *commit)))
	}
	return warnings
}

// transactionSeconds is how long a transaction collects records: until its size or interval closes it. At low
// rates an interval may hold one record only; the next transaction then waits for the next record.
func transactionSeconds(w workload.Workload, perProducer float64) float64 {
	length := math.Inf(1)
	if w.TxnSize > 0 {
		length = float64(w.TxnSize) / perProducer
	}
	if w.TxnInterval > 0 {
		length = min(length, max(w.TxnInterval.Seconds(), 1/perProducer))
	}
	return length
}

// TransactionsPerSecond is how many transactions the producers of a workload complete a second while they keep up with its rate; 0
// where it has none, or no rate.
func TransactionsPerSecond(w workload.Workload) float64 {
	if !w.Mode.Transactional || w.Rate.Max {
		return 0
	}
	return float64(w.Producers) / transactionSeconds(w, w.Rate.PerSecond/float64(w.Producers))
}

// headroom is what a remedy leaves for commits that take longer than the measured one.
const headroom = 1.1

// Cure names the settings that let a transactional workload hold its rate when a commit takes that long.
func Cure(w workload.Workload, commit time.Duration) string {
	perProducer := w.Rate.PerSecond / float64(w.Producers)
	commit = time.Duration(headroom * float64(commit))
	records := math.Floor(perProducer*commit.Seconds()) + 1 // of one transaction, to take longer than its commit
	producers := math.Floor(float64(w.Producers)*commit.Seconds()/transactionSeconds(w, perProducer)) + 1
	if w.TxnInterval > 0 && w.TxnInterval <= commit {
		return fmt.Sprintf("give a --txn-interval above %s, or lower --rate", commit.Round(time.Microsecond))
	}
	if producers <= float64(w.Producers) {
		longer := fmt.Sprintf("a --txn-size above %d", w.TxnSize)
		if w.TxnInterval > 0 && (w.TxnSize == 0 || w.TxnInterval.Seconds() < float64(w.TxnSize)/perProducer) {
			longer = fmt.Sprintf("a --txn-interval above %s", w.TxnInterval)
		}
		return fmt.Sprintf("that would do if none took longer: give %s, or more than %d --producers, or lower --rate", longer, w.Producers)
	}
	return fmt.Sprintf("give a --txn-size of at least %.0f, or at least %.0f --producers, or lower --rate", records, producers)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
