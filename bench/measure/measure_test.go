package measure

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var epoch = time.UnixMilli(1_790_000_000_250)

func collector(t testing.TB, log io.Writer, start int64) *Collector {
	t.Helper()
	c, err := NewCollector(log, start, epoch)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func finish(t testing.TB, c *Collector) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestMetricNames(t *testing.T) {
	for m := range numMetrics {
		if got, err := ParseMetric(m.String()); err != nil || got != m {
			t.Errorf("%v is parsed as %v, %v", m, got, err)
		}
	}
	if got := numMetrics.String(); got != "metric(14)" {
		t.Errorf("got %s", got)
	}
	if _, err := ParseMetric("latency"); err == nil || err.Error() != `"latency" names no latency histogram` {
		t.Errorf("got %v", err)
	}
}

func TestRecordRoundsAndBounds(t *testing.T) {
	const hour = int64(time.Hour)
	for _, c := range []struct {
		ns                   int64
		us                   int64
		negative, outOfRange int64
	}{
		{ns: 0, us: 0},
		{ns: 499, us: 0},
		{ns: 500, us: 1},
		{ns: 1499, us: 1},
		{ns: 2_047_499, us: 2047},
		{ns: -1, us: 0, negative: 1},
		{ns: -hour, us: 0, negative: 1},
		{ns: hour, us: 3_600_000_000},
		{ns: hour + 499, us: 3_600_000_000},
		{ns: hour + 500, us: -1, outOfRange: 1},
		{ns: 1<<63 - 1, us: -1, outOfRange: 1},
	} {
		var log bytes.Buffer
		col := collector(t, &log, 0)
		r := col.Recorder(E2E)
		r.Record(E2E, 10, c.ns)
		r.Close(20)
		finish(t, col)
		l, ok := col.Latency(E2E, 0)
		if !ok || l.Negative != c.negative || l.OutOfRange != c.outOfRange {
			t.Errorf("%d ns: got %+v, %v", c.ns, l, ok)
		}
		read, err := ReadLog(&log)
		if err != nil {
			t.Fatal(err)
		}
		if c.us < 0 {
			if l.Count != 0 || len(read) != 0 {
				t.Errorf("%d ns: recorded: %+v", c.ns, l)
			}
			continue
		}
		if h := read[E2E]; l.Count != 1 || h == nil || !h.ValuesAreEquivalent(h.ValueAtPercentile(100), c.us) {
			t.Errorf("%d ns: got %+v, want %d µs", c.ns, l, c.us)
		}
	}
}

// One lane's log has one line a second in which it recorded anything, with that second's bounds.
func TestLinesAreTheirSeconds(t *testing.T) {
	var log bytes.Buffer
	const start = 5_000
	c := collector(t, &log, start)
	r := c.Recorder(Ack, Commit)
	for _, ms := range []int64{-1, 0, 999, 1000, 1001, 4200, 4900, 4100, 6300} {
		r.Record(Ack, start+ms*1e6, 1e6)
		returned(r, Ack)
	}
	r.Record(Commit, start+6350*1e6, 5e6)
	r.Close(start + 6400*1e6)
	finish(t, c)

	var got []string
	lines := hdrhistogram.NewHistogramLogReader(&log)
	for {
		h, err := lines.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		got = append(got, strings.Join([]string{
			h.Tag(),
			time.Duration((h.StartTimeMs() - epoch.UnixMilli()) * 1e6).String(),
			time.Duration((h.EndTimeMs() - h.StartTimeMs()) * 1e6).String(),
			strings.Repeat("x", int(h.TotalCount())),
		}, " "))
	}
	slices.Sort(got)
	want := []string{"ack 0s 1s xxx", "ack 1s 1s xx", "ack 4s 1s xxx", "ack 6s 400ms x", "commit 6s 400ms x"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestHeadOfTheLog(t *testing.T) {
	var log bytes.Buffer
	finish(t, collector(t, &log, 0))
	want := `#[Histogram log format version 1.3]
#[StartTime: 1790000000 (seconds since epoch), 2026-09-21T14:13:20Z]
#[Values are microseconds; Interval_Max is printed divided by a million, in seconds]
"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
`
	if log.String() != want {
		t.Errorf("got\n%swant\n%s", log.String(), want)
	}
}

// returned waits until the collector has given a recorder's spare histogram back, as it long has when a second ends.
func returned(r *Recorder, m Metric) {
	for r.slots[m].spare.Load() == nil {
		time.Sleep(100 * time.Microsecond)
	}
}

// Whatever the lanes do, the lines' merge is the totals, and both hold exactly what was recorded.
func TestLogAndTotalsHoldWhatWasRecorded(t *testing.T) {
	metrics := []Metric{E2E, VisibilityFirst}
	rapid.Check(t, func(t *rapid.T) {
		var log bytes.Buffer
		start := rapid.Int64Range(0, 1e15).Draw(t, "start")
		c, err := NewCollector(&log, start, epoch)
		if err != nil {
			t.Fatal(err)
		}
		want := map[Metric]*hdrhistogram.Histogram{}
		negative := map[Metric]int64{}
		for range rapid.IntRange(1, 3).Draw(t, "lanes") {
			r := c.Recorder(metrics...)
			now := start
			for range rapid.IntRange(0, 20).Draw(t, "records") {
				now += rapid.Int64Range(0, 8e8).Draw(t, "gap")
				m := rapid.SampledFrom(metrics).Draw(t, "metric")
				ns := rapid.OneOf(rapid.Int64Range(-1e6, 1e6), rapid.Int64Range(0, int64(time.Hour))).Draw(t, "ns")
				r.Record(m, now, ns)
				if rapid.Bool().Draw(t, "collector keeps up") {
					returned(r, m)
				}
				if want[m] == nil {
					want[m] = newHistogram()
				}
				if ns < 0 {
					negative[m]++
				}
				if err := want[m].RecordValue((max(ns, 0) + 500) / 1000); err != nil {
					t.Fatal(err)
				}
			}
			r.Close(now)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		read, err := ReadLog(&log)
		if err != nil {
			t.Fatal(err)
		}
		if len(read) != len(want) {
			t.Fatalf("the log has %d metrics, want %d", len(read), len(want))
		}
		for _, m := range metrics {
			l, ok := c.Latency(m, 0)
			if !ok || l.Negative != negative[m] {
				t.Fatalf("%v: got %+v, %v; want %d negative", m, l, ok, negative[m])
			}
			if want[m] == nil {
				if l.Count != 0 {
					t.Fatalf("%v: %d recorded of none", m, l.Count)
				}
				continue
			}
			if !read[m].Equals(want[m]) || !c.metrics[m].total.Equals(want[m]) {
				t.Fatalf("%v: log or totals differ from what was recorded", m)
			}
		}
	})
}

func TestLanesInParallel(t *testing.T) {
	var log bytes.Buffer
	const lanes, records, step = 8, 20_000, int64(time.Millisecond)
	c := collector(t, &log, 0)
	var wg sync.WaitGroup
	for lane := range int64(lanes) {
		r := c.Recorder(Ack, Service)
		wg.Go(func() {
			for i := range int64(records) {
				r.Record(Ack, i*step, (lane+1)*1e6)
				r.Record(Service, i*step, i)
				if i%1000 == 0 {
					c.Recent(Ack)
				}
			}
			r.Close(records * step)
		})
	}
	wg.Wait()
	finish(t, c)
	for _, m := range []Metric{Ack, Service} {
		if l, _ := c.Latency(m, 0); l.Count != lanes*records {
			t.Errorf("%v: %d of %d", m, l.Count, lanes*records)
		}
	}
	read, err := ReadLog(&log)
	if err != nil {
		t.Fatal(err)
	}
	if n := read[Ack].TotalCount(); n != lanes*records {
		t.Errorf("the log holds %d of %d", n, lanes*records)
	}
}

// stuck is a disk that does not answer until it is released.
type stuck struct {
	head     int // writes that pass
	released chan struct{}
	bytes.Buffer
}

func (s *stuck) Write(p []byte) (int, error) {
	if s.head--; s.head < 0 {
		<-s.released
	}
	return s.Buffer.Write(p)
}

// While the log cannot be written recording goes on in the memory there is, and nothing is lost.
func TestRecordDoesNotWaitForTheLog(t *testing.T) {
	log := &stuck{head: 4, released: make(chan struct{})}
	c := collector(t, log, 0)
	r := c.Recorder(E2E)
	const seconds = 5000
	for s := range int64(seconds) {
		r.Record(E2E, s*second, 1e6)
	}
	close(log.released)
	r.Close(seconds * second)
	finish(t, c)
	read, err := ReadLog(&log.Buffer)
	if err != nil {
		t.Fatal(err)
	}
	if n := read[E2E].TotalCount(); n != seconds {
		t.Errorf("%d of %d", n, seconds)
	}
}

func TestRecent(t *testing.T) {
	start := clock.Now() + 60*second // so that a slow machine does not make it stale
	c := collector(t, io.Discard, start)
	if _, _, n := c.Recent(Commit); n != 0 {
		t.Errorf("%d before the first record", n)
	}
	r := c.Recorder(Commit)
	for i := range int64(100) {
		r.Record(Commit, start+second, (i+1)*1e6)
	}
	r.Record(Commit, start+2*second, 1)
	deadline := time.Now().Add(10 * time.Second)
	for {
		p50, p99, n := c.Recent(Commit)
		if n == 100 {
			if p50.Round(time.Millisecond) != 50*time.Millisecond || p99.Round(time.Millisecond) != 99*time.Millisecond {
				t.Errorf("p50 %v, p99 %v", p50, p99)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of the last second's 100", n)
		}
		time.Sleep(time.Millisecond)
	}
	r.Close(start + 2*second)
	finish(t, c)
}

func TestRecentForgets(t *testing.T) {
	start := clock.Now() - 60*second
	c := collector(t, io.Discard, start)
	r := c.Recorder(Commit)
	r.Record(Commit, start, 1e6)
	r.Close(start)
	for c.lines() == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, _, n := c.Recent(Commit); n != 0 {
		t.Error("a second that ended a minute ago is called recent")
	}
	finish(t, c)
}

// lines counts the lines under way.
func (c *Collector) lines() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.metrics {
		if m.line != nil {
			n++
		}
	}
	return n
}

func TestLatencyOfAnUnknownMetric(t *testing.T) {
	c := collector(t, io.Discard, 0)
	r := c.Recorder(Ack)
	r.Close(0)
	finish(t, c)
	if l, ok := c.Latency(Ack, 7); !ok || l.Count != 0 || l.Censored != 7 || l.Mean != nil || l.Max != nil || l.P50 != nil {
		t.Errorf("nothing recorded: got %+v, %v", l, ok)
	}
	if l, ok := c.Latency(Commit, 7); ok {
		t.Errorf("nothing to record: got %+v", l)
	}
}

// full is a disk that takes so many writes.
type full int

func (f *full) Write(p []byte) (int, error) {
	if *f--; *f < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestTotalsSurviveALogThatCannotBeWritten(t *testing.T) {
	none := full(0)
	if _, err := NewCollector(&none, 0, epoch); err == nil ||
		!strings.HasPrefix(err.Error(), "write the head of the histogram log: no space left") {
		t.Errorf("got %v", err)
	}
	disk := full(5)
	c := collector(t, &disk, 0)
	r := c.Recorder(Ack)
	for s := range int64(10) {
		r.Record(Ack, s*second, 1e6)
	}
	r.Close(10 * second)
	if err := c.Close(); err == nil || err.Error() != "write the histogram log: no space left" {
		t.Errorf("got %v", err)
	}
	if l, _ := c.Latency(Ack, 0); l.Count != 10 {
		t.Errorf("%d of 10", l.Count)
	}
}

func TestRecorderLeftOpenIsReported(t *testing.T) {
	c := collector(t, io.Discard, 0)
	r := c.Recorder(Ack)
	r.Record(Ack, 0, 1)
	if err := c.Close(); err == nil ||
		err.Error() != "1 latency recorders were not closed: their last interval is missing" {
		t.Errorf("got %v", err)
	}
	r.Close(0) // late, but it must not hang
}

func TestRecordAllocatesNothing(t *testing.T) {
	c := collector(t, io.Discard, 0)
	r := c.Recorder(E2E)
	ns := int64(0)
	if n := testing.AllocsPerRun(10_000, func() {
		ns += 12_345
		r.Record(E2E, 1, ns)
	}); n != 0 {
		t.Errorf("%v allocations per record", n)
	}
	r.Close(1)
	finish(t, c)
}
