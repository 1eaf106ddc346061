// Package result is the stored form of a run: plain data that everything after a measurement works from.
// A figure that does not exist is null, never 0. The JSON Schema beside this file describes it.
package result

import (
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Schema names this version of the stored form.
const Schema = "kafka-eos-bench/run/v1"

// Run is run.json: one invocation, its environment and its trials.
type Run struct {
	Schema    string    `json:"schema"`
	Complete  bool      `json:"complete"`
	RunID     string    `json:"run_id"`
	StartedAt time.Time `json:"started_at"`
	Tool      Tool      `json:"tool"`
	Broker    Broker    `json:"broker"`
	Machine   Machine   `json:"machine"`
	Profile   Profile   `json:"profile"`
	Against   *Against  `json:"against,omitempty"` // the other side, whose trials have the axis side=baseline; absent: there is one side only
	Warnings  []string  `json:"warnings"`
	Trials    []Trial   `json:"trials"`
}

// Against is the other side of a run that measured two in the same blocks.
type Against struct {
	Given     []string `json:"given"`      // how the user told it from the run's own side, secrets redacted
	UnderTest []string `json:"under_test"` // what therefore is meant to differ
	Broker    Broker   `json:"broker"`
	Profile   Profile  `json:"profile"`
}

// Tool is the build that measured.
type Tool struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

// Broker is the cluster measured.
type Broker struct {
	Kind               string            `json:"kind"` // local, embedded, external
	Version            *string           `json:"version"`
	Nodes              int               `json:"nodes"`
	TransactionVersion *int              `json:"transaction_version"` // the finalized feature; null: the cluster does not say
	ReplicationFactor  int               `json:"replication_factor"`
	MinInsyncReplicas  int               `json:"min_insync_replicas"`
	Features           map[string]int    `json:"features,omitempty"`
	Config             map[string]string `json:"config,omitempty"` // broker settings that bear on the figures
}

// Machine is the host the clients ran on.
type Machine struct {
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	Kernel      string `json:"kernel"`
	CPU         string `json:"cpu"`
	CPUs        int    `json:"cpus"`
	MemoryBytes int64  `json:"memory_bytes"`
}

// Profile is the workload as resolved, with each value's source.
type Profile = workload.Stored

// Value is one of its settings.
type Value = workload.StoredValue

// Trial is one cell measured once.
type Trial struct {
	ID           string             `json:"id"`
	Cell         string             `json:"cell"`
	Block        int                `json:"block"`
	Scenario     string             `json:"scenario"`
	Mode         string             `json:"mode"`
	TxnSize      *int               `json:"txn_size"`
	Fault        *string            `json:"fault"`
	Axes         map[string]any     `json:"axes"` // strings and numbers; null where an axis is off or does not concern the mode
	StartedAt    time.Time          `json:"started_at"`
	WindowS      float64            `json:"window_s"`
	Window       WindowRecords      `json:"window_records"`
	DuePerS      *float64           `json:"due_per_s"` // null at max: nothing is due
	SentPerS     float64            `json:"sent_per_s"`
	Sustained    *bool              `json:"sustained"` // null at max, and where the trial was cut short
	Saturated    bool               `json:"saturated"` // closed loop: latencies measure the queue
	Complete     bool               `json:"complete"`
	Warnings     []string           `json:"warnings"`
	Client       Client             `json:"client"`
	ClientConfig ClientConfig       `json:"client_config"`
	Throughput   Throughput         `json:"throughput"`
	LatencyUS    map[string]Latency `json:"latency_us"` // by histogram name; absent ones do not apply
	Transactions *Transactions      `json:"transactions"`
	Lag          *Lag               `json:"lag"`
	Requests     map[string]int64   `json:"requests"` // sent by the clients in the span
	RequestSpan  *RequestSpan       `json:"request_span"`
	Resources    Resources          `json:"resources"`
	Guarantee    Guarantee          `json:"guarantee"`
	Outage       *Outage            `json:"outage,omitempty"` // what the fault did; absent without one

	// Figures, by the names of bench/metric, are all that is left of what was measured in a trial that a baseline kept. Nil in any other; no
	// run stores it.
	Figures map[string]float64 `json:"-"`
}

// What a trial that held its rate has at least handed over of the records due in its window, and had reported undelivered of all sent
// at most.
const (
	MinHanded = 0.99
	MaxFailed = 0.01
)

// Failing says whether more than MaxFailed of the transactions that were to be committed were not, so that the others' figures are not the load's. Without
// transactions none was.
func (t *Transactions) Failing() bool {
	return t != nil && float64(t.Failed+t.Indeterminate) > MaxFailed*float64(t.Committed+t.Failed+t.Indeterminate)
}

// FellBehind says whether the trial did not hold its rate: one that had none to hold, or was cut short, did not fall behind.
func (t *Trial) FellBehind() bool { return t.Sustained != nil && !*t.Sustained }

// WindowRecords counts the records intended in the window. While no record was reported undelivered and no
// transaction ended unknown or against its producer's will, e2e's count and its censored add up to Committed.
type WindowRecords struct {
	Due       *int64 `json:"due"`       // by the schedule; null at max
	Handed    int64  `json:"handed"`    // of them, handed to the client by a tenth of a second after its end
	Committed int64  `json:"committed"` // acknowledged, outside transactional modes
}

// Client is the library that spoke to the cluster.
type Client struct {
	Name                string `json:"name"`
	Version             string `json:"version"`
	TransactionProtocol int    `json:"transaction_protocol"`
}

// ClientConfig is the effective configuration, secrets redacted.
type ClientConfig struct {
	Producer map[string]string `json:"producer"`
	Reader   map[string]string `json:"reader"`
}

// Throughput counts completions inside the window over its length.
type Throughput struct {
	AckedPerS *float64 `json:"acked_per_s"`
	ReadPerS  *float64 `json:"read_per_s"`
	MBPerS    *float64 `json:"mb_per_s"` // 10⁶ payload bytes read
}

// Latency summarises one histogram in microseconds. A percentile is null unless ten samples lie beyond it.
type Latency struct {
	Count      int64    `json:"count"`
	Mean       *float64 `json:"mean"`
	P50        *float64 `json:"p50"`
	P90        *float64 `json:"p90"`
	P99        *float64 `json:"p99"`
	P999       *float64 `json:"p99_9"`
	Max        *float64 `json:"max"`
	Censored   int64    `json:"censored"`     // owed a sample that never came
	Negative   int64    `json:"negative"`     // recorded as the lowest value
	OutOfRange int64    `json:"out_of_range"` // above an hour, not recorded
}

// Transactions counts those whose first record was intended in the window.
type Transactions struct {
	Committed     int64 `json:"committed"`
	Aborted       int64 `json:"aborted"` // on purpose
	Indeterminate int64 `json:"indeterminate"`
	Failed        int64 `json:"failed"` // commit asked for, not had

	ReadBeforeReturn     int64    `json:"read_before_return"`      // first record read before the commit call returned: normal, recorded as visibility 0
	ReadBeforeReturnMean *float64 `json:"read_before_return_mean"` // by how much, µs
	RecordsMean          *float64 `json:"records_mean"`            // per committed transaction
}

// Lag is what lag samples of the window say, of the worst partition per sample, in offsets (markers included);
// Sum fields add the partitions up.
type Lag struct {
	Samples     int64    `json:"samples"`
	Hold        LagStat  `json:"hold"`
	Reader      LagStat  `json:"reader"`
	Monitoring  LagStat  `json:"monitoring"`
	AgeMS       LagStat  `json:"age_ms"`
	MarkerShare *float64 `json:"marker_share"` // of the offsets written
}

// LagStat summarises one lag over samples. Max is the largest sampled.
type LagStat struct {
	Mean    *float64 `json:"mean"`
	P50     *float64 `json:"p50"`
	P99     *float64 `json:"p99"`
	Max     *float64 `json:"max"`
	SumMean *float64 `json:"sum_mean,omitempty"`
	SumMax  *float64 `json:"sum_max,omitempty"`
}

// RequestSpan is what Requests and the wire bytes cover: the clients' own reports nearest the window.
type RequestSpan struct {
	Seconds   float64            `json:"seconds"`
	Records   int64              `json:"records"`    // sent in it
	PerRecord map[string]float64 `json:"per_record"` // requests ÷ records
	TxBytes   int64              `json:"tx_bytes"`
	RxBytes   int64              `json:"rx_bytes"`
	TxPerRec  float64            `json:"tx_bytes_per_record"`
	RxPerRec  float64            `json:"rx_bytes_per_record"`
}

// Resources were used in the window; log bytes over the whole trial.
type Resources struct {
	CPUS           *float64 `json:"cpu_s"` // this process
	RSSMaxBytes    *int64   `json:"rss_max_bytes"`
	BrokerCPUS     *float64 `json:"broker_cpu_s"`     // null unless local
	CPUSteal       *float64 `json:"cpu_steal"`        // share of the machine's CPU time that its hypervisor gave to others
	BrokerLogBytes *int64   `json:"broker_log_bytes"` // replicas and __transaction_state included
}

// MaxSteal is the largest share of the machine's CPU time, 0 to 1, that a hypervisor may give to others without a warning: with more, latencies are
// partly theirs.
const MaxSteal = 0.05

// Stolen is CPUSteal, or 0 where that is unknown.
func (r *Resources) Stolen() float64 {
	if r.CPUSteal == nil {
		return 0
	}
	return *r.CPUSteal
}

// Stolen is the largest share of the machine's CPU time, 0 to 1, that the hypervisor gave to others during one of the trials.
func Stolen(trials []Trial) (most float64) {
	for i := range trials {
		most = max(most, trials[i].Resources.Stolen())
	}
	return most
}

// Outage is what a fault did to a trial. Times count from the window's start.
type Outage struct {
	Events    []OutageEvent      `json:"events"`     // what was done and seen, in order
	FromS     *float64           `json:"from_s"`     // the first thing that broke; null where nothing did
	ToS       *float64           `json:"to_s"`       // the last that healed
	AckGapS   *float64           `json:"ack_gap_s"`  // longest stretch of the window without an acknowledgement
	ReadGapS  *float64           `json:"read_gap_s"` // longest without a record read; null without readers
	RecoveryS *float64           `json:"recovery_s"` // after from_s, until as much was read in a second as nine tenths of before; null: it never was, or nothing was to compare with
	Before    *OutageRates       `json:"before"`
	During    *OutageRates       `json:"during"` // from_s to to_s, but not beyond the window
	After     *OutageRates       `json:"after"`
	Figures   map[string]float64 `json:"figures"` // the scenario's own
}

// OutageEvent is one thing that was done or seen.
type OutageEvent struct {
	AtS  float64 `json:"at_s"`
	What string  `json:"what"`
}

// OutageRates are means over a stretch of the window.
type OutageRates struct {
	AckedPerS float64 `json:"acked_per_s"`
	ReadPerS  float64 `json:"read_per_s"`
}

// Verdict is what the ledger says of a trial.
type Verdict string

// Verdicts.
const (
	Held        Verdict = "held"
	Broken      Verdict = "broken"
	Incomplete  Verdict = "incomplete"   // a deadline came before the readers reached the end
	NotPromised Verdict = "not_promised" // the mode or isolation promises nothing here: counts only
	Unchecked   Verdict = "unchecked"    // nothing was read
)

// Guarantee holds the ledger's counts, in records of the whole trial unless said, and its verdict. Counts that
// need a reader are null without one.
type Guarantee struct {
	Verdict       Verdict  `json:"verdict"`
	Reasons       []string `json:"reasons"` // one line per broken check or missing evidence
	Sent          int64    `json:"sent"`
	Acked         int64    `json:"acked"`
	Failed        int64    `json:"failed"`    // reported undelivered
	Committed     int64    `json:"committed"` // acknowledged, outside transactional modes
	Aborted       int64    `json:"aborted"`
	Indeterminate int64    `json:"indeterminate"`
	Read          *int64   `json:"read"` // distinct records
	Lost          *int64   `json:"lost"`
	Duplicate     *int64   `json:"duplicate"`
	Reordered     *int64   `json:"reordered"`
	AbortedRead   *int64   `json:"aborted_read"`
	Torn          *int64   `json:"torn"`              // transactions
	Premature     *int64   `json:"premature"`         // records read before their commit was called
	Foreign       *int64   `json:"foreign"`           // never sent, or corrupt
	Redelivered   *int64   `json:"redelivered"`       // read again at the same offset
	Changed       *int64   `json:"changed,omitempty"` // of them, offsets that held another record the second time
}
