package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// series stores what an at-least-once trial of so many seconds streams to disk: per second a line of each of its five histograms and one of
// figures, and ten lag samples.
func series(b *testing.B, seconds int) (dir string, t *result.Trial) {
	b.Helper()
	dir, t = b.TempDir(), &result.Trial{ID: "b01-day", WindowS: float64(seconds), LatencyUS: map[string]result.Latency{}}
	if err := os.Mkdir(filepath.Join(dir, "trials"), 0o777); err != nil {
		b.Fatal(err)
	}
	write := func(ext, head string, line func(i int) []byte, lines int) {
		f, err := os.Create(filepath.Join(dir, "trials", t.ID+"."+ext))
		if err != nil {
			b.Fatal(err)
		}
		w := bufio.NewWriter(f)
		_, _ = w.WriteString(head)
		for i := range lines {
			_, _ = w.Write(line(i))
		}
		if err := errors.Join(w.Flush(), f.Close()); err != nil {
			b.Fatal(err)
		}
	}
	var second bytes.Buffer
	for _, m := range []measure.Metric{measure.Schedule, measure.Blocked, measure.Ack, measure.Service, measure.E2E} {
		h := hdrhistogram.New(1, time.Hour.Microseconds(), 3)
		for i := range int64(1000) {
			if err := h.RecordValue(5000 + 20*(i%200)); err != nil {
				b.Fatal(err)
			}
		}
		h.SetTag(m.String())
		if err := hdrhistogram.NewHistogramLogWriter(&second).OutputIntervalHistogram(h); err != nil {
			b.Fatal(err)
		}
	}
	write("hlog", "", func(int) []byte { return second.Bytes() }, seconds)
	write("csv", "t_s,sent_per_s,acked_per_s,read_per_s,unfinished,e2e_p50_us,e2e_p99_us,commit_p50_us,commit_p99_us,client_cpu_s,broker_cpu_s,rss_bytes\n",
		func(i int) []byte {
			return fmt.Appendf(nil, "%d,1000,1000,999.8,%d,5021,9817,4100,8200,0.041,0.12,61000000\n", i, 40+i%30)
		}, seconds)
	write("lag.csv", "t_s,hold,hold_sum,hold_low,hold_high,reader_lag,reader_lag_sum,monitoring,monitoring_sum,age_ms\n",
		func(i int) []byte { return fmt.Appendf(nil, "%d.1,%d,60,10,11,3,9,640,1800,12.25\n", i/10, i%100) }, 10*seconds)
	return dir, t
}

// BenchmarkSeries reads the files of a trial of a minute, an hour and a day.
func BenchmarkSeries(b *testing.B) {
	for _, seconds := range []int{60, 3600, 86_400} {
		dir, t := series(b, seconds)
		for _, ext := range []string{"csv", "lag.csv"} {
			b.Run(fmt.Sprintf("%s/seconds=%d", ext, seconds), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					curves, err := seriesCurves(dir, "day", t, ext, seriesColumns())
					if err != nil || len(curves) == 0 {
						b.Fatal(len(curves), err)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("hlog/seconds=%d", seconds), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				curve, err := e2eCurve(dir, "day", t)
				if err != nil || len(curve.X) == 0 {
					b.Fatal(len(curve.X), err)
				}
			}
		})
	}
}
