package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
)

// What a freeze leaves, by program.
const (
	freezeHead        = "freeze.json"
	toolAtLeastOnce   = "tool-at-least-once.hlog"
	toolTransactional = "tool-transactional.hlog"
	perfIdempotent    = "producer-perf-test-idempotent.txt"
	perfTransactional = "producer-perf-test-transactional.txt"
	endToEnd          = "end-to-end-latency.txt"
	perfNative        = "rdkafka_performance.csv"
	nativePrinted     = "rdkafka_performance.txt"
)

// lateMS is from when on a record counts as delayed: well above what a transaction of 100 ms takes on any day.
const lateMS = 500

// seen is what one clock of one program saw of a freeze; times are milliseconds, NaN what it does not say.
type seen struct {
	program, clock      string
	samples             float64
	p50, p99, p999, max float64
	lateLow, lateHigh   float64 // samples above lateMS: between these
	sum                 float64 // seconds
}

// freezeTable renders what is stored of a freeze as markdown.
func freezeTable(dir string) (string, error) {
	head, err := os.ReadFile(filepath.Join(dir, freezeHead))
	if err != nil {
		return "", err
	}
	var facts freezeFacts
	if err := json.Unmarshal(head, &facts); err != nil {
		return "", fmt.Errorf("%s: %w", dir, err)
	}
	rows := []seen{truth(facts)}
	for _, source := range []struct {
		file string
		see  func(text, path string, facts freezeFacts) ([]seen, error)
	}{
		{toolAtLeastOnce, seeTool}, {toolTransactional, seeTool}, {perfIdempotent, seePerf}, {perfTransactional, seePerf},
		{perfNative, seeNative}, {endToEnd, seeEndToEnd},
	} {
		path := filepath.Join(dir, source.file)
		text, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) && source.file == perfNative {
			continue // it could not be had
		}
		if err != nil {
			return "", err
		}
		more, err := source.see(string(text), path, facts)
		if err != nil {
			return "", fmt.Errorf("%s: %w", source.file, err)
		}
		rows = append(rows, more...)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s; Apache Kafka %s; %s.\n\n", facts.Date, facts.Kafka, facts.Tool)
	fmt.Fprintf(&b, "| program | its clock | samples | p50 | p99 | p99.9 | max | later than %d ms | sum, s |\n", lateMS)
	fmt.Fprintf(&b, "|---|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", r.program, r.clock, whole(r.samples),
			whole(r.p50), whole(r.p99), whole(r.p999), whole(r.max), between(r.lateLow, r.lateHigh), whole(r.sum))
	}
	return b.String(), nil
}

// truth is what the freeze alone does to records due at a steady rate: the first waits for all of it, the last for none.
func truth(f freezeFacts) seen {
	s, rate, n := freezeFor.Seconds(), float64(f.RatePerS), float64(f.Records)
	at := func(above float64) float64 { return math.Max(0, s-above*n/rate) * 1000 } // the delay that so many exceed
	late := rate * (s - lateMS/1000.0)
	return seen{
		program: "**by arithmetic**", clock: "due → the broker runs again", samples: n, p50: at(0.5), p99: at(0.01), p999: at(0.001),
		max: s * 1000, lateLow: late, lateHigh: late, sum: rate * s * s / 2,
	}
}

// seeTool reads a histogram log of this tool: the same records by three clocks.
func seeTool(text, path string, _ freezeFacts) ([]seen, error) {
	histograms, err := measure.ReadLog(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	program := "this tool, at-least-once"
	if filepath.Base(path) == toolTransactional {
		program = "this tool, transactional, 100 ms"
	}
	var rows []seen
	for _, c := range []struct {
		metric measure.Metric
		clock  string
	}{
		{measure.E2E, "`e2e`: due → read"}, {measure.Ack, "`ack`: due → acknowledged"}, {measure.Service, "`service`: handed over → acknowledged"},
	} {
		h := histograms[c.metric]
		if h == nil {
			return nil, fmt.Errorf("it has no histogram %s", c.metric)
		}
		var late int64
		for _, bar := range h.Distribution() {
			if bar.From > lateMS*1000 {
				late += bar.Count
			}
		}
		at := func(percentile float64) float64 { return float64(h.ValueAtPercentile(percentile)) / 1000 }
		rows = append(rows, seen{
			program: program, clock: c.clock, samples: float64(h.TotalCount()), p50: at(50), p99: at(99), p999: at(99.9),
			max: float64(h.Max()) / 1000, lateLow: float64(late), lateHigh: float64(late), sum: h.Mean() * float64(h.TotalCount()) / 1e6,
		})
	}
	return rows, nil
}

var steadyLine = regexp.MustCompile(`(?m)^(\d+) steady state records sent, .*, ([\d.]+) ms avg latency, ([\d.]+) ms max latency, ` +
	`(\d+) ms 50th, (\d+) ms 95th, (\d+) ms 99th, (\d+) ms 99\.9th`)

// seePerf reads kafka-producer-perf-test's final line after its warm-up. It prints percentiles alone: they bound how
// many records were late.
func seePerf(text, path string, _ freezeFacts) ([]seen, error) {
	v, err := numbers(steadyLine, text)
	if err != nil {
		return nil, err
	}
	r := seen{
		program: "kafka-producer-perf-test, idempotent", clock: "send called → acknowledged",
		samples: v[0], max: v[2], p50: v[3], p99: v[5], p999: v[6], sum: v[0] * v[1] / 1000,
	}
	if filepath.Base(path) == perfTransactional {
		r.program = "kafka-producer-perf-test, transactional, 100 ms"
	}
	r.lateLow, r.lateHigh = bounds(v[0], []quantile{{0.5, v[3]}, {0.95, v[4]}, {0.99, v[5]}, {0.999, v[6]}})
	return []seen{r}, nil
}

var syncLine = regexp.MustCompile(`(?s)Avg latency: ([\d.]+) ms.*Percentiles: 50th = (\d+), 99th = (\d+), 99\.9th = (\d+)`)

// seeEndToEnd reads EndToEndLatency's last lines. It prints no maximum.
func seeEndToEnd(text, _ string, facts freezeFacts) ([]seen, error) {
	v, err := numbers(syncLine, text)
	if err != nil {
		return nil, err
	}
	n := float64(facts.SyncRecords)
	r := seen{
		program: "EndToEndLatency", clock: "send called → read; then the next", samples: n,
		p50: v[1], p99: v[2], p999: v[3], max: math.NaN(), sum: n * v[0] / 1000,
	}
	r.lateLow, r.lateHigh = bounds(n, []quantile{{0.5, v[1]}, {0.99, v[2]}, {0.999, v[3]}})
	return []seen{r}, nil
}

// seeNative reads the stored counts by millisecond, and what it printed beside them: the rate that it really sent at.
func seeNative(text, path string, _ freezeFacts) ([]seen, error) {
	printed, err := os.ReadFile(filepath.Join(filepath.Dir(path), nativePrinted))
	if err != nil {
		return nil, err
	}
	total, err := parseNative(string(printed))
	if err != nil {
		return nil, err
	}
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(lines) < 2 {
		return nil, fmt.Errorf("%d lines of latencies: %w", len(lines), err)
	}
	r := seen{program: fmt.Sprintf("rdkafka_performance, acks=all, at %.0f/s", total.perSecond), clock: "send called → acknowledged"}
	var ms, counts []float64
	for _, line := range lines[1:] {
		v, errV := strconv.ParseFloat(line[0], 64)
		c, errC := strconv.ParseFloat(line[1], 64)
		if err := errors.Join(errV, errC); err != nil {
			return nil, err
		}
		ms, counts = append(ms, v), append(counts, c)
		r.samples += c
		r.sum += (v + 0.5) * c / 1000
		r.max = v
		if v >= lateMS {
			r.lateLow += c
		}
	}
	r.lateHigh = r.lateLow
	at := func(q float64) float64 {
		var below float64
		for i, c := range counts {
			if below += c; below >= q*r.samples {
				return ms[i]
			}
		}
		return r.max
	}
	r.p50, r.p99, r.p999 = at(0.5), at(0.99), at(0.999)
	return []seen{r}, nil
}

// numbers are the groups of the last match.
func numbers(line *regexp.Regexp, text string) ([]float64, error) {
	all := line.FindAllStringSubmatch(text, -1)
	if len(all) == 0 {
		return nil, fmt.Errorf("no line like %q in %q", line, lastLines(text))
	}
	var out []float64
	for _, group := range all[len(all)-1][1:] {
		v, err := strconv.ParseFloat(group, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

type quantile struct{ q, ms float64 }

// bounds says between which numbers of n samples are late, by what quantiles in ascending order tell.
func bounds(n float64, quantiles []quantile) (low, high float64) {
	high = n
	for _, q := range quantiles {
		above := math.Round((1 - q.q) * n)
		if q.ms > lateMS {
			return above, high
		}
		high = above
	}
	return 0, high
}

func between(low, high float64) string {
	switch low {
	case high:
		return whole(low)
	case 0:
		return "at most " + whole(high)
	}
	return whole(low) + " to " + whole(high)
}

func whole(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return thousands(strconv.FormatFloat(v, 'f', 0, 64))
}
