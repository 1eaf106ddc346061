package metric

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func TestEveryNameIsUniqueAndParsesBack(t *testing.T) {
	names := map[string]bool{}
	for _, m := range All() {
		if names[m.Name] {
			t.Errorf("%s is there twice", m.Name)
		}
		if m.Title == "" {
			t.Errorf("%s has no title", m.Name)
		}
		names[m.Name] = true
		for _, spelling := range []string{m.Name, " " + strings.ReplaceAll(m.Name, "(", " ( ") + "\t"} {
			parsed, err := Parse(spelling)
			if err != nil || parsed.Name != m.Name || parsed.Unit != m.Unit {
				t.Errorf("%q: got %s, %v", spelling, parsed.Name, err)
			}
		}
		if got := Must(m.Name).Name; got != m.Name {
			t.Errorf("got %s", got)
		}
	}
	for _, histogram := range measure.Metrics() {
		if name := "p99(" + histogram.String() + ")"; !names[name] {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestUnknownNames(t *testing.T) {
	for name, want := range map[string]string{
		"p99(e2)":   `"p99(e2)" is no figure of a trial: did you mean p99(e2e)?`,
		"reads/sec": `"reads/sec" is no figure of a trial: write STATISTIC(HISTOGRAM) such as p99(e2e), `,
	} {
		_, err := Parse(name)
		var usage *workload.UsageError
		if !errors.As(err, &usage) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown name that the program itself gives passes")
		}
	}()
	Must("nothing")
}

func whole() *result.Trial {
	latency := func(shift float64) result.Latency {
		return result.Latency{Mean: new(1 + shift), P50: new(2 + shift), P90: new(3 + shift), P99: new(4 + shift), P999: new(5 + shift), Max: new(6 + shift)}
	}
	lag := func(shift float64) result.LagStat {
		return result.LagStat{Mean: new(1 + shift), P50: new(2 + shift), P99: new(3 + shift), Max: new(4 + shift)}
	}
	return &result.Trial{
		WindowS: 10, DuePerS: new(2000.0), SentPerS: 1990,
		Throughput:   result.Throughput{AckedPerS: new(1980.0), ReadPerS: new(1600.0), MBPerS: new(1.6)},
		LatencyUS:    map[string]result.Latency{"e2e": latency(0), "commit_due": latency(100)},
		Transactions: &result.Transactions{Committed: 60, Aborted: 61, Indeterminate: 62, Failed: 63},
		Lag:          &result.Lag{Hold: lag(0), Reader: lag(10), Monitoring: lag(20), AgeMS: lag(30), MarkerShare: new(0.01)},
		RequestSpan:  &result.RequestSpan{PerRecord: map[string]float64{"Fetch": 0.25, "Produce": 0.5}, TxPerRec: 1100, RxPerRec: 1200},
		Resources: result.Resources{CPUS: new(0.0995), BrokerCPUS: new(0.199), RSSMaxBytes: new(int64(5e7)), CPUSteal: new(0.02),
			BrokerLogBytes: new(int64(2_200_000))},
		Guarantee: result.Guarantee{Sent: 20_000, Failed: 1, Read: new(int64(2)), Lost: new(int64(3)), Duplicate: new(int64(4)), Reordered: new(int64(5)),
			AbortedRead: new(int64(6)), Torn: new(int64(7)), Premature: new(int64(8)), Foreign: new(int64(9)), Redelivered: new(int64(10))},
	}
}

func TestFigures(t *testing.T) {
	trial := whole()
	for name, want := range map[string]float64{
		"read_per_s": 1600, "acked_per_s": 1980, "sent_per_s": 1990, "mb_per_s": 1.6, "us_per_record": 625, "due_per_s": 2000,
		"mean(e2e)": 1, "p50(e2e)": 2, "p90(e2e)": 3, "p99(e2e)": 4, "p99.9(e2e)": 5, "max(e2e)": 6, "p99(commit_due)": 104,
		"mean(hold)": 1, "p50(hold)": 2, "p99(hold)": 3, "max(hold)": 4, "max(reader_lag)": 14, "max(monitoring_lag)": 24, "p99(age)": 33, "marker_share": 0.01,
		"requests_per_record": 0.75, "client_cpu_us_per_record": 5, "broker_cpu_us_per_record": 10,
		"tx_bytes_per_record": 1100, "rx_bytes_per_record": 1200, "log_bytes_per_record": 110, "rss_max_bytes": 5e7, "cpu_steal": 0.02,
		"sent": 20_000, "failed": 1, "read": 2, "lost": 3, "duplicate": 4, "reordered": 5, "aborted_read": 6, "torn": 7, "premature": 8, "foreign": 9, "redelivered": 10,
		"txn_committed": 60, "txn_aborted": 61, "txn_indeterminate": 62, "txn_failed": 63,
	} {
		if got := Must(name).Of(trial); got == nil || *got != want {
			t.Errorf("%s: got %v, want %v", name, show(got), want)
		}
	}
}

// TestConcerns: which modes have a figure, by the histograms and counts that a trial of each keeps.
func TestConcerns(t *testing.T) {
	const every, acked, txn, none = "at-most-once at-least-once idempotent transactional", "at-least-once idempotent transactional", "transactional", ""
	for name, want := range map[string]string{
		"p99(e2e)": every, "p99(schedule)": every, "max(blocked)": every, "p99(ack)": acked, "mean(service)": acked,
		"p99(fill)": txn, "p99(commit)": txn, "p50(commit_flush)": txn, "p50(commit_end)": txn, "p99(commit_due)": txn,
		"p99(visibility_first)": txn, "p99.9(visibility_last)": txn, "p99(send_offsets)": none, "max(init)": txn,
		"read_per_s": every, "acked_per_s": acked, "sent_per_s": every, "due_per_s": every, "us_per_record": every,
		"p99(hold)": every, "max(age)": every, "marker_share": every, "client_cpu_us_per_record": every, "requests_per_record": every,
		"lost": every, "duplicate": every, "reordered": every, "foreign": every, "redelivered": every, "failed": every, "sent": every, "read": every,
		"aborted_read": txn, "premature": txn, "torn": txn,
		"txn_committed": txn, "txn_aborted": txn, "txn_indeterminate": txn, "txn_failed": txn,
	} {
		var got []string
		for _, mode := range workload.Modes {
			if Must(name).Concerns(mode) {
				got = append(got, mode.Name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s concerns %v, want %s", name, got, want)
		}
	}
}

func show(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// TestAFigureThatDoesNotExistIsNil: never 0, and no panic, of a trial that has nothing but what every trial has.
func TestAFigureThatDoesNotExistIsNil(t *testing.T) {
	always := map[string]bool{"sent_per_s": true, "sent": true, "failed": true}
	for _, m := range All() {
		if got := m.Of(&result.Trial{}); (got != nil) != always[m.Name] {
			t.Errorf("%s: got %v", m.Name, show(got))
		}
	}
	still := whole()
	still.Throughput.ReadPerS, still.SentPerS, still.Guarantee.Sent = new(0.0), 0, 0
	still.RequestSpan.PerRecord = nil
	for _, name := range []string{"us_per_record", "client_cpu_us_per_record", "log_bytes_per_record", "requests_per_record"} {
		if got := Must(name).Of(still); got != nil {
			t.Errorf("%s of a trial that moved nothing: got %v", name, *got)
		}
	}
}

func TestFiguresOfStoredRuns(t *testing.T) {
	paths, err := filepath.Glob("../*/testdata/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no stored runs: %v", err)
	}
	some := map[string]bool{}
	for _, path := range paths {
		if data, err := os.ReadFile(path); err != nil || !strings.Contains(string(data), result.Schema) {
			continue
		}
		run, err := result.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range run.Trials {
			mode, known := workload.ModeByName(run.Trials[i].Mode)
			for _, m := range All() {
				has := m.Of(&run.Trials[i]) != nil
				some[m.Name] = some[m.Name] || has
				if known && has && m.Kind != Count && !m.Concerns(mode) { // the made-up ones count 0 of everything
					t.Errorf("%s: trial %s of mode %s has %s, which does not concern it", path, run.Trials[i].ID, mode.Name, m.Name)
				}
			}
		}
	}
	for _, name := range []string{"read_per_s", "p99(e2e)", "p99(commit_due)", "max(hold)", "client_cpu_us_per_record", "txn_committed"} {
		if !some[name] {
			t.Errorf("no stored trial has %s", name)
		}
	}
}

// At max all that was handed over shares the CPU time: of a number of records the rate's window ends before they are all acknowledged.
func TestCPUPerRecordOfANumberOfRecords(t *testing.T) {
	of := Must("client_cpu_us_per_record").Of
	trial := result.Trial{SentPerS: 5000, WindowS: 4, Window: result.WindowRecords{Handed: 10_000}, Resources: result.Resources{CPUS: new(1.0)}}
	for saturated, want := range map[bool]float64{false: 50, true: 100} {
		trial.Saturated = saturated
		if got := of(&trial); got == nil || *got != want {
			t.Errorf("saturated %v: %v", saturated, got)
		}
	}
	trial.Window.Handed = 0
	if got := of(&trial); got != nil {
		t.Errorf("of no record: %v", *got)
	}
}
