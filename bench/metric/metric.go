// Package metric is the one table of figures: what each is called, its unit, which direction is better, and how it is read from
// a stored trial. Comparisons, objectives, advice, figures and reports use these names and no others.
//
// Names have three forms:
//
//	STATISTIC(HISTOGRAM)  p99(commit_due), mean(e2e): of a latency histogram, in µs
//	STATISTIC(LAG)        max(hold), p99(age): of a lag over its samples, in offsets or ms
//	FIGURE                read_per_s, lost
package metric

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Unit is what a figure is counted in; empty for a share.
type Unit string

// Units of the table.
const (
	PerSecond         Unit = "msg/s"
	MBPerSecond       Unit = "MB/s" // 10⁶ payload bytes
	Microseconds      Unit = "µs"
	Milliseconds      Unit = "ms"
	Offsets           Unit = "offsets"
	Records           Unit = "records"
	Transactions      Unit = "transactions"
	MicrosPerRecord   Unit = "µs/record"
	RequestsPerRecord Unit = "requests/record"
	BytesPerRecord    Unit = "B/record"
	Bytes             Unit = "B"
	Share             Unit = ""
)

// Better is the direction in which a figure improves.
type Better int

// Directions.
const (
	Lower Better = iota
	Higher
	Neither // describes the load or the machine; nothing to be better at
)

// Kind says when a figure of one mode may be held against another mode's.
type Kind int

// Kinds.
const (
	Throughput Kind = iota // at rate max only: at a rate that both sustain it is the same by construction
	Latency                // not at rate max, where it measures the queue of a saturated client
	Usage                  // always: what the load takes, per record
	Lag                    // always, as a difference: the reference may have none
	Count                  // always, as a difference
)

// Metric is one figure.
type Metric struct {
	Name   string
	Unit   Unit
	Better Better
	Kind   Kind
	Title  string // for people: "e2e p99"

	of    func(*result.Trial) *float64
	modes func(workload.Mode) bool // whose trials have it; nil: every mode's
}

// Of reads the figure from a trial; nil where the trial has none.
func (m Metric) Of(t *result.Trial) *float64 {
	if t.Figures == nil {
		return m.of(t)
	}
	if v, kept := t.Figures[m.Name]; kept {
		return &v
	}
	return nil
}

// Concerns says whether trials of a mode can have the figure, if they run at a rate, have readers and last long enough.
func (m Metric) Concerns(mode workload.Mode) bool { return m.modes == nil || m.modes(mode) }

// Modes that have a figure, where not every one has it.
func transactional(m workload.Mode) bool { return m.Transactional }
func acknowledged(m workload.Mode) bool  { return m.Acks != 0 }
func never(workload.Mode) bool           { return false }

// table is never written to.
var table = slices.Concat(throughput(), latencies(), lags(), usage(), counts())

// All returns the table, in the order people meet it.
func All() []Metric { return slices.Clone(table) }

// Parse returns the metric of that name, spaces within it ignored. The error, a *workload.UsageError, names the nearest one.
func Parse(name string) (Metric, error) {
	name = strings.Join(strings.Fields(name), "")
	if i := slices.IndexFunc(table, func(m Metric) bool { return m.Name == name }); i >= 0 {
		return table[i], nil
	}
	return Metric{}, &workload.UsageError{Problem: fmt.Sprintf("%q is no figure of a trial", name), Remedy: remedy(name)}
}

// percentile begins the names of those that are kept, and of others.
var percentile = regexp.MustCompile(`^p[0-9.]+\(`)

// remedy is the nearest name, or how names are made: all of them would fill a screen.
func remedy(name string) string {
	if p := percentile.FindString(name); p != "" && !slices.ContainsFunc(table, func(m Metric) bool { return strings.HasPrefix(m.Name, p) }) {
		return "the percentiles are p50, p90, p99 and p99.9; write such as p99(e2e)"
	}
	var names []string
	for _, m := range table {
		names = append(names, m.Name)
	}
	if near := workload.Nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	return "write STATISTIC(HISTOGRAM) such as p99(e2e), STATISTIC(LAG) such as max(hold), or a figure such as read_per_s; docs/method.md lists them"
}

// Must returns a metric that the program itself names; it panics on a name that is not in the table.
func Must(name string) Metric {
	m, err := Parse(name)
	if err != nil {
		panic(err)
	}
	return m
}

func throughput() []Metric {
	return []Metric{
		{Name: "read_per_s", Unit: PerSecond, Better: Higher, Kind: Throughput, Title: "read",
			of: func(t *result.Trial) *float64 { return t.Throughput.ReadPerS }},
		{Name: "acked_per_s", Unit: PerSecond, Better: Higher, Kind: Throughput, Title: "acknowledged", modes: acknowledged,
			of: func(t *result.Trial) *float64 { return t.Throughput.AckedPerS }},
		{Name: "sent_per_s", Unit: PerSecond, Better: Higher, Kind: Throughput, Title: "sent",
			of: func(t *result.Trial) *float64 { return &t.SentPerS }},
		{Name: "mb_per_s", Unit: MBPerSecond, Better: Higher, Kind: Throughput, Title: "payload read",
			of: func(t *result.Trial) *float64 { return t.Throughput.MBPerS }},
		{Name: "us_per_record", Unit: MicrosPerRecord, Better: Lower, Kind: Throughput, Title: "time per record",
			of: func(t *result.Trial) *float64 {
				if r := t.Throughput.ReadPerS; r != nil && *r > 0 {
					return new(1e6 / *r)
				}
				return nil
			}},
		{Name: "due_per_s", Unit: PerSecond, Better: Neither, Kind: Throughput, Title: "due",
			of: func(t *result.Trial) *float64 { return t.DuePerS }},
	}
}

func latencies() (all []Metric) {
	statistics := []struct {
		name string
		of   func(result.Latency) *float64
	}{
		{"mean", func(l result.Latency) *float64 { return l.Mean }},
		{"p50", func(l result.Latency) *float64 { return l.P50 }},
		{"p90", func(l result.Latency) *float64 { return l.P90 }},
		{"p99", func(l result.Latency) *float64 { return l.P99 }},
		{"p99.9", func(l result.Latency) *float64 { return l.P999 }},
		{"max", func(l result.Latency) *float64 { return l.Max }},
	}
	for _, histogram := range measure.Metrics() {
		h := histogram.String()
		for _, s := range statistics {
			all = append(all, Metric{Name: s.name + "(" + h + ")", Unit: Microseconds, Better: Lower, Kind: Latency, Title: h + " " + s.name, modes: modesOf(histogram),
				of: func(t *result.Trial) *float64 { return s.of(t.LatencyUS[h]) }})
		}
	}
	return all
}

// modesOf says which modes' trials fill a histogram.
func modesOf(histogram measure.Metric) func(workload.Mode) bool {
	switch histogram {
	case measure.Ack, measure.Service:
		return acknowledged
	case measure.Fill, measure.Commit, measure.CommitFlush, measure.CommitEnd, measure.CommitDue, measure.VisibilityFirst, measure.VisibilityLast, measure.Init:
		return transactional
	case measure.SendOffsets: // nothing is consumed in a transaction
		return never
	default:
		return nil
	}
}

func lags() (all []Metric) {
	statistics := []struct {
		name string
		of   func(result.LagStat) *float64
	}{
		{"mean", func(s result.LagStat) *float64 { return s.Mean }},
		{"p50", func(s result.LagStat) *float64 { return s.P50 }},
		{"p99", func(s result.LagStat) *float64 { return s.P99 }},
		{"max", func(s result.LagStat) *float64 { return s.Max }},
	}
	for _, l := range []struct {
		name, title string
		unit        Unit
		of          func(*result.Lag) result.LagStat
	}{
		{"hold", "hold", Offsets, func(l *result.Lag) result.LagStat { return l.Hold }},
		{"reader_lag", "reader lag", Offsets, func(l *result.Lag) result.LagStat { return l.Reader }},
		{"monitoring_lag", "lag as monitored", Offsets, func(l *result.Lag) result.LagStat { return l.Monitoring }},
		{"age", "age", Milliseconds, func(l *result.Lag) result.LagStat { return l.AgeMS }},
	} {
		for _, s := range statistics {
			all = append(all, Metric{Name: s.name + "(" + l.name + ")", Unit: l.unit, Better: Lower, Kind: Lag, Title: l.title + " " + s.name,
				of: func(t *result.Trial) *float64 {
					if t.Lag == nil {
						return nil
					}
					return s.of(l.of(t.Lag))
				}})
		}
	}
	return append(all, Metric{Name: "marker_share", Unit: Share, Better: Lower, Kind: Lag, Title: "markers among offsets",
		of: func(t *result.Trial) *float64 {
			if t.Lag == nil {
				return nil
			}
			return t.Lag.MarkerShare
		}})
}

func usage() []Metric {
	span := func(of func(*result.RequestSpan) *float64) func(*result.Trial) *float64 {
		return func(t *result.Trial) *float64 {
			if t.RequestSpan == nil {
				return nil
			}
			return of(t.RequestSpan)
		}
	}
	return []Metric{
		{Name: "requests_per_record", Unit: RequestsPerRecord, Better: Lower, Kind: Usage, Title: "requests", of: span(requests)},
		{Name: "client_cpu_us_per_record", Unit: MicrosPerRecord, Better: Lower, Kind: Usage, Title: "client CPU",
			of: func(t *result.Trial) *float64 { return perRecordUS(t, t.Resources.CPUS) }},
		{Name: "broker_cpu_us_per_record", Unit: MicrosPerRecord, Better: Lower, Kind: Usage, Title: "broker CPU",
			of: func(t *result.Trial) *float64 { return perRecordUS(t, t.Resources.BrokerCPUS) }},
		{Name: "tx_bytes_per_record", Unit: BytesPerRecord, Better: Lower, Kind: Usage, Title: "sent on the wire",
			of: span(func(s *result.RequestSpan) *float64 { return &s.TxPerRec })},
		{Name: "rx_bytes_per_record", Unit: BytesPerRecord, Better: Lower, Kind: Usage, Title: "received on the wire",
			of: span(func(s *result.RequestSpan) *float64 { return &s.RxPerRec })},
		{Name: "log_bytes_per_record", Unit: BytesPerRecord, Better: Lower, Kind: Usage, Title: "broker's log",
			of: func(t *result.Trial) *float64 {
				if n := t.Resources.BrokerLogBytes; n != nil && t.Guarantee.Sent > 0 {
					return new(float64(*n) / float64(t.Guarantee.Sent))
				}
				return nil
			}},
		{Name: "rss_max_bytes", Unit: Bytes, Better: Lower, Kind: Usage, Title: "client memory",
			of: func(t *result.Trial) *float64 { return count(t.Resources.RSSMaxBytes) }},
		{Name: "cpu_steal", Unit: Share, Better: Neither, Kind: Usage, Title: "CPU time stolen",
			of: func(t *result.Trial) *float64 { return t.Resources.CPUSteal }},
	}
}

func counts() (all []Metric) {
	for _, c := range []struct {
		name   string
		better Better
		of     func(*result.Guarantee) *int64
		modes  func(workload.Mode) bool
	}{
		{"lost", Lower, func(g *result.Guarantee) *int64 { return g.Lost }, nil},
		{"duplicate", Lower, func(g *result.Guarantee) *int64 { return g.Duplicate }, nil},
		{"reordered", Lower, func(g *result.Guarantee) *int64 { return g.Reordered }, nil},
		{"aborted_read", Lower, func(g *result.Guarantee) *int64 { return g.AbortedRead }, transactional},
		{"premature", Lower, func(g *result.Guarantee) *int64 { return g.Premature }, transactional},
		{"foreign", Lower, func(g *result.Guarantee) *int64 { return g.Foreign }, nil},
		{"redelivered", Lower, func(g *result.Guarantee) *int64 { return g.Redelivered }, nil},
		{"changed", Lower, func(g *result.Guarantee) *int64 { return g.Changed }, nil},
		{"failed", Lower, func(g *result.Guarantee) *int64 { return &g.Failed }, nil},
		{"sent", Neither, func(g *result.Guarantee) *int64 { return &g.Sent }, nil},
		{"read", Neither, func(g *result.Guarantee) *int64 { return g.Read }, nil},
	} {
		all = append(all, Metric{Name: c.name, Unit: Records, Better: c.better, Kind: Count, Title: c.name, modes: c.modes,
			of: func(t *result.Trial) *float64 { return count(c.of(&t.Guarantee)) }})
	}
	all = append(all, Metric{Name: "torn", Unit: Transactions, Better: Lower, Kind: Count, Title: "torn", modes: transactional,
		of: func(t *result.Trial) *float64 { return count(t.Guarantee.Torn) }})
	for _, c := range []struct {
		name   string
		better Better
		of     func(*result.Transactions) *int64
	}{
		{"txn_committed", Neither, func(t *result.Transactions) *int64 { return &t.Committed }},
		{"txn_aborted", Neither, func(t *result.Transactions) *int64 { return &t.Aborted }},
		{"txn_indeterminate", Lower, func(t *result.Transactions) *int64 { return &t.Indeterminate }},
		{"txn_failed", Lower, func(t *result.Transactions) *int64 { return &t.Failed }},
	} {
		all = append(all, Metric{Name: c.name, Unit: Transactions, Better: c.better, Kind: Count, Title: c.name, modes: transactional,
			of: func(t *result.Trial) *float64 {
				if t.Transactions == nil {
					return nil
				}
				return count(c.of(t.Transactions))
			}})
	}
	return all
}

func count(n *int64) *float64 {
	if n == nil {
		return nil
	}
	return new(float64(*n))
}

// requests counts those of every type over all clients, per record sent.
func requests(s *result.RequestSpan) *float64 {
	if len(s.PerRecord) == 0 {
		return nil
	}
	var sum float64
	for _, name := range slices.Sorted(maps.Keys(s.PerRecord)) { // any order rounds differently
		sum += s.PerRecord[name]
	}
	return &sum
}

// perRecordUS spreads seconds over the records sent in the window.
func perRecordUS(t *result.Trial, seconds *float64) *float64 {
	records := t.SentPerS * t.WindowS
	if t.Saturated { // all that was sent; a number of records ends its rate's window before the last of them is acknowledged
		records = float64(t.Window.Handed)
	}
	if seconds == nil || records <= 0 {
		return nil
	}
	return new(*seconds * 1e6 / records)
}
