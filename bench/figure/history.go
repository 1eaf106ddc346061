package figure

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/history"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// History draws a figure over the releases of a history, a line for each cell that has it. A history that has not gated the figure, or holds no run,
// is a *workload.UsageError.
func History(h *history.File, m metric.Metric) (Figure, error) {
	var gated []string
	var cells []int // their columns
	for i, s := range h.Series {
		if s.Metric.Name == m.Name {
			cells = append(cells, i)
		}
		if !slices.Contains(gated, s.Metric.Name) {
			gated = append(gated, s.Metric.Name)
		}
	}
	switch {
	case len(cells) == 0:
		return Figure{}, &workload.UsageError{Problem: "the history has no column of " + m.Name, Remedy: workload.DidYouMean(m.Name, gated)}
	case len(h.Rows) == 0:
		return Figure{}, &workload.UsageError{Problem: "the history has no run", Remedy: "the first gated run begins it"}
	}
	scale, unit := 1.0, string(m.Unit)
	if m.Unit == metric.Microseconds {
		scale, unit = 1e-3, "ms"
	}
	f := Figure{
		Name: strings.TrimRight(fileName("history-"+m.Name), "-"), Title: m.Name + " over releases", columns: 1,
		Caption: fmt.Sprintf("Each mark is the median over the trials of a gated run; the runs began between %s and %s, at equal steps here.",
			h.Rows[0].Time.UTC().Format("2006-01-02"), h.Rows[len(h.Rows)-1].Time.UTC().Format("2006-01-02")),
	}
	if m.Better != metric.Neither {
		f.Caption += map[metric.Better]string{metric.Lower: " Lower is better.", metric.Higher: " Higher is better."}[m.Better]
	}
	p := panel{x: releases(h.Rows)}
	var modes, written []string
	var values []float64
	var ends []point
	stopped := false
	for _, i := range cells {
		mode, rest := modeOf(h.Series[i].Cell)
		var points []point
		for k, r := range h.Rows {
			v := r.Values[i] * scale
			points = append(points, point{x: float64(k), y: v, lo: math.NaN(), hi: math.NaN(), hollow: r.Gate != "pass"})
			values, stopped = append(values, v), stopped || r.Gate != "pass"
		}
		p.layers = append(p.layers, line(lookOf(mode), 1.5, points), marks(lookOf(mode), points))
		if !slices.Contains(modes, mode) {
			modes = append(modes, mode)
		}
		if rest != "" {
			written, ends = append(written, rest), append(ends, points[len(points)-1])
		}
	}
	if len(written) > 0 {
		p.layers, p.x = append(p.layers, endings(written, ends)), p.x.withRoom(0.12)
	}
	p.y = logarithmic(strings.TrimSuffix(m.Title+", "+unit, ", "), digits, 0.08, values...)
	if slices.Min(values) <= 0 {
		p.y = linear(p.y.label, digits, values...)
	}
	for _, mode := range modes {
		f.keys = append(f.keys, key{text: mode, look: lookOf(mode), line: true, mark: true})
	}
	if stopped {
		f.keys = append(f.keys, key{text: "the gate did not pass", look: look{ink: muted, shape: circle}, mark: true, hollow: true})
	}
	f.Title, f.Caption, f.panels = printable(f.Title), printable(f.Caption), []panel{p}
	return f, nil
}

// releases is an axis of runs at equal steps, named as far as there is room.
func releases(rows []history.Row) axis {
	a := axis{scale: plot.LinearScale{}, lo: -0.5, hi: float64(len(rows)) - 0.5}
	for _, step := range []int{1, 2, 3, 5, 10, 20, 50, 100, len(rows)} {
		var ticks []plot.Tick
		for k := range rows {
			t := plot.Tick{Value: float64(k)}
			if (len(rows)-1-k)%step == 0 { // the last one is what people look for
				t.Label = printable(rows[k].Release)
			}
			ticks = append(ticks, t)
		}
		a.fewer = append(a.fewer, ticks)
	}
	a.ticks, a.fewer = a.fewer[0], a.fewer[1:]
	return a
}

// modeOf takes the mode out of a cell's name, and says the rest as people do.
func modeOf(cell string) (mode, rest string) {
	var others []string
	for pair := range strings.SplitSeq(cell, ",") {
		if m, found := strings.CutPrefix(pair, "mode="); found {
			mode = m
			continue
		}
		others = append(others, strings.NewReplacer("_", " ", "=", " ").Replace(pair))
	}
	return mode, printable(strings.Join(others, ", "))
}
