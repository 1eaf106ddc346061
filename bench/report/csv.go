package report

import (
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// field is one column of the CSV form.
type field struct {
	name string
	text func(*result.Trial) string
}

// CSV writes a row per trial (RFC 4180), figures as stored and empty where there is none. The columns are the same
// for every run but for the last, the run's own axes.
func CSV(w io.Writer, r *result.Run, _ Options) error {
	fields := slices.Concat(identity(r), load(), latencies(), lags(), resources(), guarantees(), axes(r))
	out := csv.NewWriter(w)
	row := make([]string, len(fields))
	for i, f := range fields {
		row[i] = f.name
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for i := range r.Trials {
		for k, f := range fields {
			row[k] = f.text(&r.Trials[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func identity(r *result.Run) []field {
	return []field{
		{"run_id", func(*result.Trial) string { return r.RunID }},
		{"trial_id", func(t *result.Trial) string { return t.ID }},
		{"cell", func(t *result.Trial) string { return t.Cell }},
		{"block", func(t *result.Trial) string { return strconv.Itoa(t.Block) }},
		{"scenario", func(t *result.Trial) string { return t.Scenario }},
		{"mode", func(t *result.Trial) string { return t.Mode }},
		{"txn_size", func(t *result.Trial) string {
			if t.TxnSize == nil {
				return ""
			}
			return strconv.Itoa(*t.TxnSize)
		}},
		{"fault", func(t *result.Trial) string {
			if t.Fault == nil {
				return ""
			}
			return *t.Fault
		}},
		{"broker_kind", func(*result.Trial) string { return r.Broker.Kind }},
		{"broker_version", func(*result.Trial) string {
			if r.Broker.Version == nil {
				return ""
			}
			return *r.Broker.Version
		}},
		{"client", func(t *result.Trial) string { return t.Client.Name }},
		{"client_version", func(t *result.Trial) string { return t.Client.Version }},
		{"started_at", func(t *result.Trial) string { return t.StartedAt.Format(time.RFC3339Nano) }},
		{"complete", func(t *result.Trial) string { return strconv.FormatBool(t.Complete) }},
		{"warnings", func(t *result.Trial) string { return strings.Join(t.Warnings, "; ") }},
	}
}

func load() []field {
	return []field{
		number("window_s", func(t *result.Trial) *float64 { return &t.WindowS }),
		number("due_per_s", duePerS),
		number("sent_per_s", sentPerS),
		number("acked_per_s", func(t *result.Trial) *float64 { return t.Throughput.AckedPerS }),
		number("read_per_s", readPerS),
		number("mb_per_s", mbPerS),
		{"sustained", func(t *result.Trial) string {
			if t.Sustained == nil {
				return ""
			}
			return strconv.FormatBool(*t.Sustained)
		}},
		{"saturated", func(t *result.Trial) string { return strconv.FormatBool(t.Saturated) }},
	}
}

func latencies() (fields []field) {
	for _, m := range measure.Metrics() {
		name := m.String()
		of := func(figure func(result.Latency) *float64) get {
			return func(t *result.Trial) *float64 { return figure(t.LatencyUS[name]) }
		}
		counts := func(n func(result.Latency) *int64) func(*result.Trial) *int64 {
			return func(t *result.Trial) *int64 {
				l, ok := t.LatencyUS[name]
				if !ok {
					return nil
				}
				return n(l)
			}
		}
		fields = append(fields,
			integer(name+"_count", counts(func(l result.Latency) *int64 { return &l.Count })),
			number(name+"_mean_us", of(func(l result.Latency) *float64 { return l.Mean })),
			number(name+"_p50_us", of(func(l result.Latency) *float64 { return l.P50 })),
			number(name+"_p90_us", of(func(l result.Latency) *float64 { return l.P90 })),
			number(name+"_p99_us", of(func(l result.Latency) *float64 { return l.P99 })),
			number(name+"_p99_9_us", of(func(l result.Latency) *float64 { return l.P999 })),
			number(name+"_max_us", of(func(l result.Latency) *float64 { return l.Max })),
			integer(name+"_censored", counts(func(l result.Latency) *int64 { return &l.Censored })),
		)
	}
	return fields
}

func lags() (fields []field) {
	for _, of := range []struct {
		name string
		stat func(*result.Lag) *result.LagStat
	}{
		{"hold_%s_offsets", func(l *result.Lag) *result.LagStat { return &l.Hold }},
		{"reader_lag_%s_offsets", func(l *result.Lag) *result.LagStat { return &l.Reader }},
		{"monitoring_lag_%s_offsets", func(l *result.Lag) *result.LagStat { return &l.Monitoring }},
		{"age_%s_ms", func(l *result.Lag) *result.LagStat { return &l.AgeMS }},
	} {
		name := func(figure string) string { return strings.Replace(of.name, "%s", figure, 1) }
		fields = append(fields,
			number(name("mean"), lag(func(l *result.Lag) *float64 { return of.stat(l).Mean })),
			number(name("p50"), lag(func(l *result.Lag) *float64 { return of.stat(l).P50 })),
			number(name("p99"), lag(func(l *result.Lag) *float64 { return of.stat(l).P99 })),
			number(name("max"), lag(func(l *result.Lag) *float64 { return of.stat(l).Max })),
		)
	}
	return append(fields, number("marker_share", lag(func(l *result.Lag) *float64 { return l.MarkerShare })))
}

func resources() []field {
	wire := func(of func(*result.RequestSpan) *float64) get {
		return func(t *result.Trial) *float64 {
			if t.RequestSpan == nil {
				return nil
			}
			return of(t.RequestSpan)
		}
	}
	return []field{
		number("requests_per_record", requestsPerRecord),
		number("tx_bytes_per_record", wire(func(s *result.RequestSpan) *float64 { return &s.TxPerRec })),
		number("rx_bytes_per_record", wire(func(s *result.RequestSpan) *float64 { return &s.RxPerRec })),
		number("client_cpu_s", func(t *result.Trial) *float64 { return t.Resources.CPUS }),
		number("client_cpu_us_per_record", clientCPU),
		integer("client_rss_max_bytes", func(t *result.Trial) *int64 { return t.Resources.RSSMaxBytes }),
		number("broker_cpu_s", func(t *result.Trial) *float64 { return t.Resources.BrokerCPUS }),
		number("broker_cpu_us_per_record", brokerCPU),
		number("cpu_steal", func(t *result.Trial) *float64 { return t.Resources.CPUSteal }),
		integer("broker_log_bytes", func(t *result.Trial) *int64 { return t.Resources.BrokerLogBytes }),
	}
}

func guarantees() []field {
	transactions := func(name string, of func(*result.Transactions) *int64) field {
		return integer(name, func(t *result.Trial) *int64 {
			if t.Transactions == nil {
				return nil
			}
			return of(t.Transactions)
		})
	}
	records := func(name string, of func(*result.Guarantee) *int64) field {
		return integer(name, func(t *result.Trial) *int64 { return of(&t.Guarantee) })
	}
	return []field{
		transactions("txn_committed", func(t *result.Transactions) *int64 { return &t.Committed }),
		transactions("txn_aborted", func(t *result.Transactions) *int64 { return &t.Aborted }),
		transactions("txn_indeterminate", func(t *result.Transactions) *int64 { return &t.Indeterminate }),
		transactions("txn_failed", func(t *result.Transactions) *int64 { return &t.Failed }),
		{"verdict", func(t *result.Trial) string { return string(t.Guarantee.Verdict) }},
		records("sent", func(g *result.Guarantee) *int64 { return &g.Sent }),
		records("acked", func(g *result.Guarantee) *int64 { return &g.Acked }),
		records("failed", func(g *result.Guarantee) *int64 { return &g.Failed }),
		records("committed", func(g *result.Guarantee) *int64 { return &g.Committed }),
		records("aborted", func(g *result.Guarantee) *int64 { return &g.Aborted }),
		records("indeterminate", func(g *result.Guarantee) *int64 { return &g.Indeterminate }),
		records("read", func(g *result.Guarantee) *int64 { return g.Read }),
		records("lost", func(g *result.Guarantee) *int64 { return g.Lost }),
		records("duplicate", func(g *result.Guarantee) *int64 { return g.Duplicate }),
		records("reordered", func(g *result.Guarantee) *int64 { return g.Reordered }),
		records("aborted_read", func(g *result.Guarantee) *int64 { return g.AbortedRead }),
		records("torn", func(g *result.Guarantee) *int64 { return g.Torn }),
		records("premature", func(g *result.Guarantee) *int64 { return g.Premature }),
		records("foreign", func(g *result.Guarantee) *int64 { return g.Foreign }),
		records("redelivered", func(g *result.Guarantee) *int64 { return g.Redelivered }),
	}
}

func axes(r *result.Run) (fields []field) {
	keys := map[string]bool{}
	for _, t := range r.Trials {
		for key := range t.Axes {
			keys[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		fields = append(fields, field{"axis_" + key, func(t *result.Trial) string {
			if t.Axes[key] == nil {
				return ""
			}
			return spell(t.Axes[key])
		}})
	}
	return fields
}

func number(name string, g get) field {
	return field{name, func(t *result.Trial) string {
		v := g(t)
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'f', -1, 64)
	}}
}

func integer(name string, g func(*result.Trial) *int64) field {
	return field{name, func(t *result.Trial) string {
		v := g(t)
		if v == nil {
			return ""
		}
		return strconv.FormatInt(*v, 10)
	}}
}
