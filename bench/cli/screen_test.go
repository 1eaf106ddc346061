package cli

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/trial"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

var busy = trial.Progress{
	Trial: "b01-a", Cell: "mode=transactional,txn_size=1000", Phase: "measure", Elapsed: 10 * time.Second, Left: 42 * time.Second, Target: 20_000, Sent: 19_998, Read: 19_950,
	E2EP50: 12345 * time.Microsecond, E2EP99: 98765 * time.Microsecond, CommitP99: 23456 * time.Microsecond, Hold: 1234,
}

func TestLiveLineNeverWraps(t *testing.T) {
	for _, width := range []int{20, 60, 80, 200} {
		var out strings.Builder
		s := &screen{out: &out, live: true, width: func() int { return width }, now: time.Now, lasts: map[string]time.Duration{}}
		s.progress(busy)
		line := strings.TrimPrefix(out.String(), "\r\x1b[K")
		if n := utf8.RuneCountInString(line); n >= width || strings.Contains(line, "\n") {
			t.Errorf("%d columns: a line of %d: %q", width, n, line)
		}
		if width == 200 && !strings.HasSuffix(line, "hold 1234") {
			t.Errorf("room enough, but it ends in %q", line)
		}
	}
}

func TestProgressNamesTheTrialsRate(t *testing.T) {
	for _, test := range []struct {
		p    trial.Progress
		want string
	}{
		{trial.Progress{Phase: "prepare", Target: 1000}, ""},
		{trial.Progress{Phase: "warm-up", Target: 1000, Sent: 402, Elapsed: 400 * time.Millisecond}, "1000/s"},
		{trial.Progress{Phase: "warm-up", Sent: 402, Elapsed: 400 * time.Millisecond}, ""},
		{trial.Progress{Phase: "measure", Target: 1000, Sent: 998.7, Elapsed: time.Second}, "999 of 1000/s"},
		{trial.Progress{Phase: "measure", Sent: 71445, Elapsed: time.Second}, "71445/s"},
		{trial.Progress{Phase: "measure", Target: 0.5, Sent: 0.5, Elapsed: time.Minute}, "0.5 of 0.5/s"},
		{trial.Progress{Phase: "drain", Target: 1000, Sent: 3, Elapsed: time.Minute}, ""},
	} {
		if got := rateOf(test.p); got != test.want {
			t.Errorf("%+v: %q, want %q", test.p, got, test.want)
		}
	}
}

func TestPlainLinesComeSeldomAndSayHowItEnds(t *testing.T) {
	var out strings.Builder
	now := time.Unix(0, 0)
	s := &screen{out: &out, now: func() time.Time { return now }, lasts: map[string]time.Duration{}}
	s.expect([]plan.Trial{{ID: "b01-a", Workload: workload.Workload{Warmup: time.Second, Duration: 9 * time.Second}}}, 0)
	for range 40 { // twenty seconds
		now = now.Add(500 * time.Millisecond)
		s.progress(busy)
	}
	p50, read := 12345.0, 19950.0
	s.done(&result.Trial{
		ID: "b01-a", Cell: "mode=transactional", Complete: true, Throughput: result.Throughput{ReadPerS: &read},
		LatencyUS: map[string]result.Latency{"e2e": {P50: &p50}}, Guarantee: result.Guarantee{Verdict: result.Held},
	})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines in twenty seconds:\n%s", len(lines), &out)
	}
	if want := "[1/1] mode=transactional  done  19950 read/s  e2e p50 12.3ms  guarantee held"; lines[4] != want {
		t.Errorf("%q, want %q", lines[4], want)
	}
}

func TestNextIsTheSameCommandAsAComparison(t *testing.T) {
	for _, tc := range []struct {
		args   []string
		blocks int
		want   string
	}{
		{[]string{"run"}, 1, "kafka-eos-bench run --blocks 6"},
		{[]string{"run", "-b", "k:9092", "--mode", "all", "--out", "x", "--blocks=2"}, 2, "kafka-eos-bench run -b k:9092 --mode all --blocks 6"},
		{[]string{"run", "my profile.yaml", "--message-size", "uniform(100,200)"}, 1, "kafka-eos-bench run 'my profile.yaml' --message-size 'uniform(100,200)' --blocks 6"},
		{[]string{"run", "--blocks", "10"}, 10, ""},
	} {
		if got := (&app{args: tc.args}).next(&workload.Profile{Blocks: tc.blocks}); got != tc.want {
			t.Errorf("%v: %q, want %q", tc.args, got, tc.want)
		}
	}
}
