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
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
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
		decimal("window_s", func(t *result.Trial) *float64 { return &t.WindowS }),
		ofMetric("due_per_s"),
		ofMetric("sent_per_s"),
		ofMetric("acked_per_s"),
		ofMetric("read_per_s"),
		ofMetric("mb_per_s"),
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
		h := m.String()
		counts := func(n func(result.Latency) *int64) func(*result.Trial) *int64 {
			return func(t *result.Trial) *int64 {
				l, ok := t.LatencyUS[h]
				if !ok {
					return nil
				}
				return n(l)
			}
		}
		fields = append(fields, integer(h+"_count", counts(func(l result.Latency) *int64 { return &l.Count })))
		for _, statistic := range []string{"mean", "p50", "p90", "p99", "p99.9", "max"} {
			name := h + "_" + strings.ReplaceAll(statistic, ".", "_") + "_us"
			fields = append(fields, renamed(name, statistic+"("+h+")"))
		}
		fields = append(fields, integer(h+"_censored", counts(func(l result.Latency) *int64 { return &l.Censored })))
	}
	return fields
}

func lags() (fields []field) {
	for _, lag := range []struct{ name, unit string }{
		{"hold", "offsets"},
		{"reader_lag", "offsets"},
		{"monitoring_lag", "offsets"},
		{"age", "ms"},
	} {
		for _, statistic := range []string{"mean", "p50", "p99", "max"} {
			fields = append(fields, renamed(lag.name+"_"+statistic+"_"+lag.unit, statistic+"("+lag.name+")"))
		}
	}
	return append(fields, ofMetric("marker_share"))
}

func resources() []field {
	return []field{
		ofMetric("requests_per_record"),
		ofMetric("tx_bytes_per_record"),
		ofMetric("rx_bytes_per_record"),
		decimal("client_cpu_s", func(t *result.Trial) *float64 { return t.Resources.CPUS }),
		ofMetric("client_cpu_us_per_record"),
		renamed("client_rss_max_bytes", "rss_max_bytes"),
		decimal("broker_cpu_s", func(t *result.Trial) *float64 { return t.Resources.BrokerCPUS }),
		ofMetric("broker_cpu_us_per_record"),
		ofMetric("cpu_steal"),
		integer("broker_log_bytes", func(t *result.Trial) *int64 { return t.Resources.BrokerLogBytes }),
	}
}

func guarantees() []field {
	records := func(name string, of func(*result.Guarantee) *int64) field {
		return integer(name, func(t *result.Trial) *int64 { return of(&t.Guarantee) })
	}
	return []field{
		ofMetric("txn_committed"),
		ofMetric("txn_aborted"),
		ofMetric("txn_indeterminate"),
		ofMetric("txn_failed"),
		{"verdict", func(t *result.Trial) string { return string(t.Guarantee.Verdict) }},
		ofMetric("sent"),
		records("acked", func(g *result.Guarantee) *int64 { return &g.Acked }),
		ofMetric("failed"),
		records("committed", func(g *result.Guarantee) *int64 { return &g.Committed }),
		records("aborted", func(g *result.Guarantee) *int64 { return &g.Aborted }),
		records("indeterminate", func(g *result.Guarantee) *int64 { return &g.Indeterminate }),
		ofMetric("read"),
		ofMetric("lost"),
		ofMetric("duplicate"),
		ofMetric("reordered"),
		ofMetric("aborted_read"),
		ofMetric("torn"),
		ofMetric("premature"),
		ofMetric("foreign"),
		ofMetric("redelivered"),
		ofMetric("changed"),
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

// ofMetric is a column of a metric, under its name.
func ofMetric(name string) field { return renamed(name, name) }

// renamed is a column of a metric under another name, which files out there have.
func renamed(column, name string) field { return decimal(column, metric.Must(name).Of) }

func decimal(name string, of func(*result.Trial) *float64) field {
	return field{name, func(t *result.Trial) string { return exact(of(t)) }}
}

// exact writes a figure as it is stored, and nothing for one that does not exist.
func exact(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

func integer(name string, of func(*result.Trial) *int64) field {
	return field{name, func(t *result.Trial) string {
		v := of(t)
		if v == nil {
			return ""
		}
		return strconv.FormatInt(*v, 10)
	}}
}
