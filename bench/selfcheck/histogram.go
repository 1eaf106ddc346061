package selfcheck

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
)

// HistogramLog checks that what is recorded is in the histogram log, each latency in the bucket where it belongs, and
// that a log of the Java implementation says here what that implementation says of it.
func HistogramLog() []Check { return []Check{readBack(recorded), java()} }

// readBack counts the latencies that a log holds where they belong.
func readBack(source func() ([]byte, map[measure.Metric][]int64, error)) Check {
	c := Check{Subject: "histogram log", Name: "recorded, written, read back", Unit: "values"}
	text, values, err := source()
	var read map[measure.Metric]*hdrhistogram.Histogram
	if err == nil {
		read, err = measure.ReadLog(bytes.NewReader(text))
	}
	if err != nil {
		c.Verdict, c.Note = Fail, err.Error()
		return c
	}
	found := 0
	for m, all := range values {
		c.Expected += float64(len(all))
		found += inPlace(read[m], all)
	}
	for m, h := range read {
		if len(values[m]) == 0 {
			found -= int(h.TotalCount()) // what nobody recorded
		}
	}
	c.within(float64(found), "the others are missing, in another bucket or under another name")
	return c
}

func java() Check {
	n, err := measure.CheckJavaLog()
	c := Check{Subject: "histogram log", Name: fmt.Sprintf("Java's, read here: %d percentiles", n), Unit: "differences"}
	if err != nil {
		c.within(1, err.Error())
		return c
	}
	c.within(0, "")
	return c
}

// inPlace counts the values that a histogram holds in the bucket they belong to; one that holds more there than it
// should counts against it.
func inPlace(h *hdrhistogram.Histogram, values []int64) (n int) {
	if h == nil {
		return 0
	}
	values = slices.Clone(values)
	slices.Sort(values)
	for _, bar := range h.Distribution() {
		from, _ := slices.BinarySearch(values, bar.From)
		to, _ := slices.BinarySearch(values, bar.To+1)
		n += to - from - int(math.Abs(float64(bar.Count)-float64(to-from)))
	}
	return n
}

// recorded is the log of random latencies in two metrics, over several seconds.
func recorded() ([]byte, map[measure.Metric][]int64, error) {
	var log bytes.Buffer
	collector, err := measure.NewCollector(&log, 0, time.UnixMilli(1_790_000_000_000))
	if err != nil {
		return nil, nil, err
	}
	random := rand.New(rand.NewPCG(3, 3))
	metrics := []measure.Metric{measure.E2E, measure.Commit}
	recorder := collector.Recorder(metrics...)
	values := map[measure.Metric][]int64{}
	const n = 20_000
	for i := range int64(n) {
		m := metrics[random.IntN(2)]
		us := int64(math.Exp(random.Float64() * math.Log(3.6e9))) // 1 µs to an hour
		values[m] = append(values[m], us)
		recorder.Record(m, i*5*int64(time.Second)/n, us*1000)
	}
	recorder.Close(5 * int64(time.Second))
	err = collector.Close()
	return log.Bytes(), values, err
}
