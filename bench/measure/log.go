package measure

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// maxLine bounds a line of a histogram log: more than a histogram of this geometry with every bucket in use takes.
const maxLine = 1 << 20

// ReadLog reads a histogram log and merges its lines per metric: of all metrics, or only those asked for, which is as much quicker as there
// are others. Other implementations' logs are read too as long as their tags are metrics' names and their values lie within an hour in
// microseconds; values of coarser histograms count at the lower edge of their buckets. An error names the line.
func ReadLog(r io.Reader, only ...Metric) (map[Metric]*hdrhistogram.Histogram, error) {
	merged := map[Metric]*hdrhistogram.Histogram{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	n := 0
	for lines.Scan() {
		n++
		if err := mergeLine(merged, lines.Bytes(), only); err != nil {
			return nil, fmt.Errorf("histogram log, line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("histogram log, line %d: %w", n+1, err)
	}
	return merged, nil
}

// WriteLog writes histograms of one interval as a log with a line each, in the order of Metrics.
func WriteLog(w io.Writer, histograms map[Metric]*hdrhistogram.Histogram, start time.Time, length time.Duration) error {
	log, err := newLog(w, start)
	if err != nil {
		return err
	}
	for _, m := range Metrics() {
		h, ok := histograms[m]
		if !ok {
			continue
		}
		h.SetTag(m.String())
		h.SetStartTimeMs(start.UnixMilli())
		h.SetEndTimeMs(start.Add(length).UnixMilli())
		if err := log.OutputIntervalHistogram(h); err != nil {
			return fmt.Errorf("write the histogram log: %w", err)
		}
	}
	return nil
}

// newLog writes the head of a histogram log.
func newLog(w io.Writer, start time.Time) (*hdrhistogram.HistogramLogWriter, error) {
	log := hdrhistogram.NewHistogramLogWriter(w)
	if err := errors.Join(
		log.OutputLogFormatVersion(),
		log.OutputStartTime(start.UnixMilli()),
		log.OutputComment("[Values are microseconds; Interval_Max is printed divided by a million, in seconds]"),
		log.OutputLegend(),
	); err != nil {
		return nil, fmt.Errorf("write the head of the histogram log: %w", err)
	}
	return log, nil
}

// mergeLine adds a line "Tag=name,start,length,max,histogram" to its metric, if that is among those asked for.
func mergeLine(merged map[Metric]*hdrhistogram.Histogram, line []byte, only []Metric) error {
	if len(line) == 0 || line[0] == '#' || line[0] == '"' {
		return nil // comments and the legend
	}
	fields := bytes.SplitN(line, []byte(","), 6)
	tag, tagged := bytes.CutPrefix(fields[0], []byte("Tag="))
	if !tagged {
		return errors.New("the interval has no tag that says what it measures")
	}
	if len(fields) != 5 {
		return errors.New("an interval has five fields: tag, start, length, maximum and histogram")
	}
	m, err := ParseMetric(string(tag))
	if err != nil {
		return fmt.Errorf("tag: %w", err)
	}
	for _, field := range fields[1:4] {
		if f, err := strconv.ParseFloat(string(field), 64); err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("%q is not a number", field)
		}
	}
	if len(only) > 0 && !slices.Contains(only, m) {
		return nil
	}
	h, err := hdrhistogram.DecodePacked(fields[4]) // a second fills few buckets: a whole histogram for each of a day's lines takes minutes
	if err != nil {
		return fmt.Errorf("decode the histogram: %w", err)
	}
	if merged[m] == nil {
		merged[m] = newHistogram()
	}
	if dropped := h.MergeInto(merged[m]); dropped > 0 {
		return fmt.Errorf("%d values lie above an hour: they are not microseconds", dropped)
	}
	return nil
}
