package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFinalLinesOfThePeers(t *testing.T) {
	java := `120 records sent, 1200.0 records/sec (1.14 MB/sec), 5.0 ms avg latency, 9.0 ms max latency.
400 records sent, 4000.0 records/sec (3.81 MB/sec), 5.0 ms avg latency, 9.0 ms max latency.
600 records sent, 6000.0 records/sec (5.72 MB/sec), 5.0 ms avg latency, 9.0 ms max latency.
1200 records sent, 4000.000000 records/sec (3.81 MB/sec), 5.00 ms avg latency, 9.00 ms max latency, 5 ms 50th, 6 ms 95th, 7 ms 99th, 8 ms 99.9th.
`
	if f, err := parseJavaSend(java); err != nil || f.records != 1200 || f.wholePerSecond != 4000 || math.Abs(f.perSecond-5000) > 1e-6 {
		t.Errorf("kafka-producer-perf-test: %+v, %v: want 1000 records in the 0.2 s after the first third", f, err)
	}
	short := strings.SplitAfter(java, "\n")[3]
	if f, err := parseJavaSend(short); err != nil || f.perSecond != 4000 {
		t.Errorf("without intervals: %+v, %v", f, err)
	}
	if _, err := parseJavaSend("Exception\n"); err == nil {
		t.Error("no final line is no error")
	}

	consumer := `2026-11-23 03:07:46:000, 0, 0.0010, 0.0003, 1, 0.3356, 2476, 504, 0.0019, 1.9841
2026-11-23 03:07:46:500, 0, 5.7230, 53.9816, 1001, 56603.7736, 0, 106, 53.9816, 56603.7736
2026-11-23 03:07:47:000, 0, 5.7230, 53.9816, 5001, 56603.7736, 0, 106, 53.9816, 56603.7736
`
	if f, err := parseJavaRead(consumer); err != nil || f.wholePerSecond != 5000 || f.perSecond != 8000 {
		t.Errorf("kafka-consumer-perf-test: %+v, %v", f, err)
	}
	if f, err := parseJavaRead(strings.SplitAfter(consumer, "\n")[0]); err != nil || f.perSecond != 0 {
		t.Errorf("of one interval: %+v, %v", f, err)
	}

	native := `% 500 messages produced (500000 bytes), 400 delivered (offset 3, 0 failed) in 1000ms: 400 msgs/s and 0.40 MB/s, 9 produce failures, 100 in queue, no compression
% 1000 messages produced (1000000 bytes), 1000 delivered (offset 7, 0 failed) in 2000ms: 500 msgs/s and 0.50 MB/s, 9 produce failures, 0 in queue, no compression
`
	if f, err := parseNative(native); err != nil || f.records != 1000 || f.perSecond != 500 {
		t.Errorf("rdkafka_performance: %+v, %v", f, err)
	}
}

func TestTheToolsOwnDocument(t *testing.T) {
	c := cell{kind: produce, size: 1000, delivery: deliveries()[0]}
	for name, want := range map[string]struct {
		throughput string
		rate       float64
	}{
		"read":         {`{"acked_per_s": 200, "read_per_s": 150}`, 150},
		"acknowledged": {`{"acked_per_s": 200, "read_per_s": null}`, 200},
		"sent":         {`{"acked_per_s": null, "read_per_s": null}`, 300 * 0.9}, // a tenth may still be in the client
	} {
		document := `{"trials": [{"complete": true, "sent_per_s": 300, "throughput": ` + want.throughput + `, "guarantee": {"sent": 100006}}]}`
		f, err := parseTool([]byte(document), c, 100_000)
		if err != nil || f.records != 100_006 || math.Abs(f.perSecond-want.rate) > 1e-9 {
			t.Errorf("%s: %+v, %v: want %g", name, f, err, want.rate)
		}
	}
	for name, document := range map[string]string{
		"no trial":    `{"trials": []}`,
		"a part":      `{"trials": [{"complete": false}]}`,
		"undelivered": `{"trials": [{"complete": true, "guarantee": {"failed": 1}}]}`,
		"no document": `none`,
	} {
		if _, err := parseTool([]byte(document), c, 100); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
}

func TestRowsComeBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "rows.csv")
	w, err := createRows(path, []string{"machine: a, \"b\"", "tool: c"})
	if err != nil {
		t.Fatal(err)
	}
	want := row{round: 3, cell: "produce/100/acks-0", arm: tool, position: 2,
		figures: figures{records: 12345, perSecond: 1234.5, wholePerSecond: 1000, cpu: 1250 * time.Millisecond}}
	if err := w.add(want); err != nil { // on disk at once: nothing is closed here
		t.Fatal(err)
	}
	got, err := loadRows(path)
	if err != nil || len(got.rows) != 1 || got.rows[0] != want || strings.Join(got.facts, "|") != `machine: a, "b"|tool: c` {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := createRows(path, nil); err == nil {
		t.Error("a file that exists was overwritten")
	}
	if _, err := readRows(strings.NewReader("a,b,c,d,e,f,g,h\n")); err == nil {
		t.Error("another file's header was taken")
	}
}

// TestTable pairs by round: what drifts from round to round does not show in a ratio, and a round with one arm is left out.
func TestTable(t *testing.T) {
	s := stored{facts: []string{"a fact"}}
	add := func(round int, cell string, a arm, rate, cpu float64) {
		s.rows = append(s.rows, row{round: round, cell: cell, arm: a,
			figures: figures{records: 1_000_000, perSecond: rate, cpu: time.Duration(cpu * float64(time.Second))}})
	}
	add(1, startCell, tool, 0, 0.5)
	add(1, startCell, javaSend, 0, 2)
	for round := 1; round <= 8; round++ {
		drift := float64(round * 10_000)
		add(round, "produce/1000/acks-all", tool, 1.5*drift, 2)
		add(round, "produce/1000/acks-all", javaSend, drift, 5)
	}
	add(9, "produce/1000/acks-all", tool, 1, 1)
	text := table(s)
	row := "| 1,000 | acks-all | 67,500 | 45,000 | 1.50 [1.50, 1.50] | 1.50 | 3.00 | 0.50 [0.50, 0.50] | 0.40 | 8 |"
	for _, want := range []string{"- a fact\n", "tool 0.50, producer-perf-test 2.00", "against kafka-producer-perf-test", row} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "C benchmark") {
		t.Errorf("a comparison without data is shown:\n%s", text)
	}
}

func TestCount(t *testing.T) {
	for v, want := range map[float64]string{0: "–", 7: "7", 1234: "1,230", 99_951: "100,000", 1_234_567: "1,230,000"} {
		if got := count(v); got != want {
			t.Errorf("count(%g) = %s, want %s", v, got, want)
		}
	}
}

func TestEstimateOfTheWholePlan(t *testing.T) {
	p := plan{rounds: 10, seconds: 2.2, warmup: time.Minute, cells: allCells()}
	if e := p.estimate(); e < 30*time.Minute || e > 50*time.Minute {
		t.Errorf("the default takes %s: it is meant to fit a pause of three quarters of an hour", e)
	}
	without := plan{rounds: 10, seconds: 2.2, cells: allCells()}
	without.drop(native)
	for _, c := range without.cells {
		if c.kind == ceiling {
			t.Errorf("%s has nothing to be compared with", c.name())
		}
	}
	if p.runs() <= without.runs() {
		t.Errorf("%d runs with an arm, %d without", p.runs(), without.runs())
	}
}

func TestBoundsFromQuantiles(t *testing.T) {
	for name, c := range map[string]struct {
		quantiles []quantile
		low, high float64
	}{
		"nothing late":         {[]quantile{{0.5, 1}, {0.99, 5}, {0.999, 90}}, 0, 20},
		"between p50 and p99":  {[]quantile{{0.5, 1}, {0.99, 1800}, {0.999, 1980}}, 200, 10_000},
		"more than every half": {[]quantile{{0.5, 900}, {0.99, 1800}}, 10_000, 20_000},
	} {
		if low, high := bounds(20_000, c.quantiles); low != c.low || high != c.high {
			t.Errorf("%s: %g to %g, want %g to %g", name, low, high, c.low, c.high)
		}
	}
}

func TestTruthIsTheArea(t *testing.T) {
	r := truth(freezeFacts{RatePerS: 1000, Records: 20_000})
	if r.max != 2000 || r.p99 != 1800 || math.Abs(r.p999-1980) > 1e-9 || r.p50 != 0 || r.lateLow != 1500 || r.sum != 2000 {
		t.Errorf("%+v", r)
	}
}

func TestWhatIsKeptOfAFreeze(t *testing.T) {
	dir := t.TempDir()
	into := filepath.Join(dir, "kept")
	printed := "Reading payloads from: /somewhere\n100 records sent, 1000.0 records/sec (0.95 MB/sec), 5.0 ms avg latency, 9.0 ms max latency.\nlast\n"
	if err := keepPrinted(printed, into); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(into); string(text) != "last\n" {
		t.Errorf("kept %q", text)
	}
	latencies := filepath.Join(dir, "latencies")
	warm := strings.Repeat("999999\n", freezeWarmed)
	if err := os.WriteFile(latencies, []byte(warm+"1200\n2000300\n1999\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := keepLatencies(latencies, into); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(into); string(text) != "latency_ms,records\n1,2\n2000,1\n" {
		t.Errorf("kept %q", text)
	}
}

// TestPagesFollowTheirData holds the committed pages against the data they name.
func TestPagesFollowTheirData(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, page := range []string{"docs/peers.md", "docs/freeze.md"} {
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		if !block.Match(text) {
			t.Errorf("%s has no generated block", page)
		}
		fresh, err := refresh(string(text), root)
		if err != nil {
			t.Fatal(err)
		}
		if fresh != string(text) {
			t.Errorf("%s is not what its data says: go run ./scripts/peers page %s", page, page)
		}
	}
}
