// Package measure records latencies without disturbing what it measures: HDR histograms owned by one goroutine each,
// merged every second into a standard histogram log (.hlog) and the trial's totals; and interval samples as CSV.
package measure

import "fmt"

// Metric names one of a trial's latency histograms. All count microseconds.
type Metric uint8

// The histograms of a trial, by where each measures from and to.
const (
	Schedule        Metric = iota // intended → the generator was ready to hand over, without time blocked in the client
	Blocked                       // time blocked in client calls before the hand-over
	Ack                           // intended → broker acknowledgement
	Service                       // handed to the client → acknowledgement
	E2E                           // intended → returned to the reader under its isolation level
	Fill                          // intended → the commit call of the record's transaction
	Commit                        // commit call → return
	CommitFlush                   // commit call → last delivery report
	CommitEnd                     // last delivery report → commit returned
	CommitDue                     // intended time of the last record, or the interval's deadline → commit acknowledged
	SendOffsets                   // the call that adds consumed offsets to a transaction
	VisibilityFirst               // commit returned → its first record returned to a read_committed reader
	VisibilityLast                // commit returned → its last record returned to a read_committed reader
	Init                          // initTransactions
	numMetrics
)

var names = [numMetrics]string{
	"schedule", "blocked", "ack", "service", "e2e", "fill", "commit", "commit_flush", "commit_end", "commit_due",
	"send_offsets", "visibility_first", "visibility_last", "init",
}

// String returns the metric's name in results and the tag of its lines in a histogram log.
func (m Metric) String() string {
	if m >= numMetrics {
		return fmt.Sprintf("metric(%d)", uint8(m))
	}
	return names[m]
}

// ParseMetric returns the metric of that name.
func ParseMetric(name string) (Metric, error) {
	for m, n := range names {
		if n == name {
			return Metric(m), nil
		}
	}
	return 0, fmt.Errorf("%q names no latency histogram", name)
}

// Metrics returns all of them, in the order of the table above.
func Metrics() []Metric {
	all := make([]Metric, numMetrics)
	for i := range all {
		all[i] = Metric(i)
	}
	return all
}
