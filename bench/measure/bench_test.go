package measure

import (
	"bytes"
	"io"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func BenchmarkRecord(b *testing.B) {
	c := collector(b, io.Discard, 0)
	r := c.Recorder(E2E)
	b.ReportAllocs()
	for i := range b.N {
		r.Record(E2E, int64(i), int64(i%50_000)*1000) // a second of clock time per 10⁹ records
	}
	b.StopTimer()
	r.Close(int64(b.N))
	finish(b, c)
}

// BenchmarkSecond is the collector's work for a second of a lane with five metrics, at 10,000 records each.
func BenchmarkSecond(b *testing.B) {
	c := collector(b, io.Discard, 0)
	metrics := []Metric{Schedule, Blocked, Ack, Service, E2E}
	r := c.Recorder(metrics...)
	b.ReportAllocs()
	for s := range int64(b.N) {
		for i := range int64(10_000) {
			for _, m := range metrics {
				r.Record(m, s*second, 5e6+i*i%9973*1000)
			}
		}
	}
	r.Close(int64(b.N) * second)
	finish(b, c)
}

// filled gives a histogram that n records of a trial could have left: most of them near 5 ms, some up to a second.
func filled(b *testing.B, n int64) *hdrhistogram.Histogram {
	h := newHistogram()
	for i := range int64(1000) {
		if err := h.RecordValues(4000+i*i%997*2+i%100/99*i*1000, n/1000); err != nil {
			b.Fatal(err)
		}
	}
	return h
}

// lengths are those of a short trial and of a day.
var lengths = []struct {
	name    string
	records int64
}{{"1e5", 1e5}, {"1e6", 1e6}, {"1e7", 1e7}, {"1e8", 1e8}}

// BenchmarkMerge adds one histogram to another: its cost must not depend on how many records they hold.
func BenchmarkMerge(b *testing.B) {
	for _, c := range lengths {
		b.Run("records="+c.name, func(b *testing.B) {
			one, total := filled(b, c.records), newHistogram()
			b.ReportAllocs()
			for b.Loop() {
				if dropped := total.Merge(one); dropped > 0 {
					b.Fatal(dropped)
				}
			}
		})
	}
}

// BenchmarkReadLog reads and merges the log of a trial at 10,000 records a second, a line for each of its seconds.
func BenchmarkReadLog(b *testing.B) {
	const perSecond = 10_000
	one := filled(b, perSecond)
	one.SetTag(E2E.String())
	var line bytes.Buffer
	if err := hdrhistogram.NewHistogramLogWriter(&line).OutputIntervalHistogram(one); err != nil {
		b.Fatal(err)
	}
	for _, c := range lengths {
		b.Run("records="+c.name, func(b *testing.B) {
			log := bytes.Repeat(line.Bytes(), int(c.records/perSecond))
			b.SetBytes(int64(len(log)))
			b.ReportAllocs()
			for b.Loop() {
				read, err := ReadLog(bytes.NewReader(log))
				if err != nil || read[E2E].TotalCount() != c.records {
					b.Fatal(read[E2E].TotalCount(), err)
				}
			}
		})
	}
}
