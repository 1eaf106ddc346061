package cli

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/advise"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// madeUp stores a run of blocks with at-least-once and three transaction sizes, at a rate or (0) at max.
func madeUp(t *testing.T, blocks int, rate float64, change func(*result.Run)) string {
	t.Helper()
	run := &result.Run{Schema: result.Schema, Complete: true, RunID: fmt.Sprintf("made-up-%g", rate), StartedAt: time.Unix(0, 0).UTC(),
		Broker:  result.Broker{Kind: "local", Version: new("4.3.1"), Nodes: 1, ReplicationFactor: 1, MinInsyncReplicas: 1},
		Machine: result.Machine{OS: "linux", Arch: "amd64", CPU: "Test", CPUs: 2, MemoryBytes: 8 << 30},
		Profile: result.Profile{Name: "made up", Values: map[string]result.Value{}}}
	for block := 1; block <= blocks; block++ {
		for i, size := range []int{0, 10, 100, 1000} {
			run.Trials = append(run.Trials, madeUpTrial(i, size, block, rate))
		}
	}
	if change != nil {
		change(run)
	}
	path := filepath.Join(t.TempDir(), "run.json")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := result.Encode(f, run); err != nil {
		t.Fatal(err)
	}
	return path
}

func madeUpTrial(i, size, block int, rate float64) result.Trial {
	wiggle := 1 + 0.008*math.Sin(float64(5*block+3*i))
	t := result.Trial{ID: fmt.Sprintf("b%02d-%d", block, i), Cell: "mode=at-least-once", Block: block, Scenario: "produce", Mode: "at-least-once",
		Axes: map[string]any{"rate": "max", "txn_size": nil, "partitions": 6, "message_size": 1000, "producers": 1}, StartedAt: time.Unix(0, 0).UTC(),
		WindowS: 10, Complete: true, Saturated: rate == 0, Client: result.Client{Name: "librdkafka", Version: "2.15.1", TransactionProtocol: 1},
		ClientConfig: result.ClientConfig{Producer: map[string]string{"transaction.timeout.ms": "60000"}, Reader: map[string]string{"auto.commit.interval.ms": "1000"}},
		LatencyUS:    map[string]result.Latency{}, Guarantee: result.Guarantee{Verdict: result.Held}}
	if size > 0 {
		t.Mode, t.TxnSize, t.Axes["txn_size"] = "transactional", &size, size
		t.Cell = fmt.Sprintf("mode=transactional,txn_size=%d", size)
	}
	read := []float64{90_000, 3000, 30_000, 84_000}[i] * wiggle
	if rate > 0 {
		read = rate
		t.Axes["rate"], t.DuePerS, t.Sustained = rate, &rate, new(true)
		t.LatencyUS["e2e"] = result.Latency{Count: int64(10 * rate), P99: new([]float64{9500, 21_500, 104_000, 1_004_000}[i] * wiggle)}
		stat := func(mean, largest float64) result.LagStat {
			return result.LagStat{Mean: &mean, Max: &largest, SumMean: new(6 * mean), SumMax: new(6 * largest)}
		}
		fill := float64(size)
		t.Lag = &result.Lag{Samples: 100, Hold: stat(fill/12, fill/6), Reader: stat(0, float64(block%2)), Monitoring: stat(90+fill/12, 175+fill/6+float64(block)),
			AgeMS: stat(5+fill/2, 20+fill)}
	}
	n := int64(t.WindowS * read)
	t.Window = result.WindowRecords{Handed: n, Committed: n}
	if rate > 0 {
		t.Window.Due = &n
	}
	none := new(int64(0))
	t.Guarantee = result.Guarantee{Verdict: result.Held, Sent: n, Acked: n, Committed: n, Read: &n, Lost: none, Duplicate: none, Reordered: none,
		Foreign: none, Redelivered: none}
	if size > 0 {
		t.Transactions = &result.Transactions{Committed: n / int64(size)}
		t.LatencyUS["commit"] = result.Latency{Count: t.Transactions.Committed, Max: new(20_000.0)}
		t.Guarantee.AbortedRead, t.Guarantee.Torn, t.Guarantee.Premature = none, none, none
	}
	t.SentPerS, t.Throughput = read, result.Throughput{AckedPerS: &read, ReadPerS: &read, MBPerS: new(read / 1000)}
	return t
}

var update = flag.Bool("update", false, "write the golden files anew")

func TestAdviceReadsAsBefore(t *testing.T) {
	atMax, atRate := madeUp(t, 8, 0, nil), madeUp(t, 8, 1000, nil)
	for _, tc := range []struct {
		golden string
		want   int
		args   []string
	}{
		{"advise-answered.text", exitOK, []string{atMax, atRate, "--max-cost", "70%", "--freshness", "200ms"}},
		{"advise-answered.markdown", exitOK, []string{atMax, atRate, "--max-cost", "70%", "--freshness", "200ms", "-o", "markdown"}},
		{"advise-conflict.text", exitInconclusive, []string{atMax, atRate, "--max-cost", "10%", "--freshness", "200ms"}},
		{"advise-few.text", exitInconclusive, []string{madeUp(t, 3, 1000, nil), "--freshness", "200ms"}},
	} {
		t.Run(tc.golden, func(t *testing.T) {
			c := newCommand(t)
			c.run(t, tc.want, append([]string{"advise"}, tc.args...)...)
			golden := filepath.Join("testdata", tc.golden)
			if *update {
				if err := os.WriteFile(golden, c.stdout.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if c.stdout.String() != string(want) {
				t.Errorf("differs from %s (go test -update writes it anew):\n%s", golden, &c.stdout)
			}
			if strings.HasSuffix(golden, ".markdown") {
				return
			}
			for line := range strings.Lines(c.stdout.String()) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
		})
	}
}

func TestAdviceAsJSON(t *testing.T) {
	c := newCommand(t)
	c.run(t, exitOK, "advise", madeUp(t, 8, 0, nil), "--max-cost", "0.7", "-o", "json")
	var a advise.Advice
	decoder := json.NewDecoder(strings.NewReader(c.stdout.String()))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&a); err != nil {
		t.Fatal(err)
	}
	if a.Schema != advise.Schema || len(a.Questions) != 1 || !a.Questions[0].Candidates[1].Recommended || *a.Goals.MaxCost != 0.7 || a.Goals.FreshnessUS != nil {
		t.Errorf("got %s", &c.stdout)
	}
	if strings.Contains(c.stdout.String(), `"alerts": null`) || strings.Contains(c.stdout.String(), `"rule": null`) {
		t.Error("an empty list is null")
	}
}

func TestAdviceWithoutGoalsIsAboutLag(t *testing.T) {
	c := newCommand(t)
	c.run(t, exitOK, "advise", madeUp(t, 6, 1000, nil))
	if text := c.stdout.String(); !strings.Contains(text, "LAG ALERTS") || strings.Contains(text, "TRANSACTION SIZE") {
		t.Errorf("got\n%s", text)
	}
	c = newCommand(t)
	c.run(t, exitInconclusive, "advise", madeUp(t, 6, 0, nil))
	if !strings.Contains(c.stderr.String(), "no lag alert") {
		t.Errorf("got %s", &c.stderr)
	}
}

func TestAdviceIsRefusedAcrossClusters(t *testing.T) {
	c := newCommand(t)
	other := madeUp(t, 6, 1000, func(r *result.Run) { r.Broker.Version = new("4.4.0") })
	c.run(t, exitInconclusive, "advise", madeUp(t, 6, 0, nil), other, "--max-cost", "10%")
	if text := c.stderr.String(); !strings.Contains(text, "are not comparable, these differ:\n  broker version: 4.3.1 → 4.4.0\ngive runs of one cluster, ") || c.stdout.String() != "" {
		t.Errorf("got %s%s", text, &c.stdout)
	}
}

// A search has tables upon tables of rates, and evidence at none.
func TestAdviceOfASearchTakesARate(t *testing.T) {
	search := filepath.Join("..", "..", "results", "reference", "capacity")
	c := newCommand(t)
	c.run(t, exitInconclusive, "advise", search, "--freshness", "250ms")
	if text := c.stderr.String(); !strings.Contains(text, "is a search for capacity") || !strings.Contains(text, "run --rate N --blocks 6") || c.stdout.String() != "" {
		t.Errorf("got %s%s", text, &c.stdout)
	}
	c = newCommand(t)
	c.run(t, exitInconclusive, "advise", search, "--freshness", "250ms", "--rate", "1000")
	if text := c.stdout.String(); !strings.Contains(text, "2 blocks: an interval takes 6") {
		t.Errorf("got %s", text)
	}
}

func TestAdviceOfBadInputIsAUsageError(t *testing.T) {
	run := madeUp(t, 6, 1000, nil)
	broken := filepath.Join(t.TempDir(), "half.json")
	data, err := os.ReadFile(run)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(broken, data[:len(data)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		says string
	}{
		{nil, "--help"},
		{[]string{broken}, "half.json"},
		{[]string{"../../results/reference/lost-ack"}, "broke things on purpose"},
		{[]string{run, filepath.Join(t.TempDir(), "none")}, "none"},
		{[]string{run, run}, "name each once"},
		{[]string{run, "--max-cost", "10"}, "--max-cost"},
		{[]string{run, "--max-cost", ""}, "--max-cost"},
		{[]string{run, "--max-cost", "a lot"}, `--max-cost: "a lot" is no share: give a share below 1 or a percentage below 100%, such as 10% or 0.1`},
		{[]string{run, "--freshness", "200"}, "--freshness 200: the unit is missing: give --freshness 200ms or --freshness 200s, for example; see 'kafka-eos-bench advise --help'"},
		{[]string{run, "--freshness", "soon"}, "--freshness soon: this is no duration: give a number and a unit, such as 200ms"},
		{[]string{run, "--freshness", "-1s"}, "--freshness"},
		{[]string{run, "--freshness", "0"}, "--freshness"},
		{[]string{run, "--freshness", "5h"}, "--freshness 5h0m0s: give a duration above 0 and of an hour at most"},
		{[]string{run, "--freshness", "1s", "--freshness-metric", "p99(e3e)"}, "did you mean"},
		{[]string{run, "--freshness", "1s", "--freshness-metric", "lost"}, "no latency"},
		{[]string{run, "--freshness-metric", "p50(e2e)"}, "give --freshness"},
		{[]string{run, "--rate", "max"}, "--rate"},
		{[]string{run, "--rate", "fast"}, "--rate"},
		{[]string{run, "-o", "xml"}, "xml"},
	} {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			c := newCommand(t)
			c.run(t, exitUsage, append([]string{"advise"}, tc.args...)...)
			if text := c.stderr.String(); !strings.Contains(text, tc.says) || strings.Count(strings.TrimSpace(text), "\n") != 0 {
				t.Errorf("the error does not say %q in a line:\n%s", tc.says, text)
			}
			if c.stdout.String() != "" {
				t.Errorf("it printed\n%s", &c.stdout)
			}
		})
	}
}
