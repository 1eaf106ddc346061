package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// tally counts what comparisons of two sides that are the same said of a figure.
type tally struct {
	metric metric.Metric
	atMax  bool // the load it is compared under
	judged int
	alarms int
}

func newTallies() []*tally {
	return []*tally{
		{metric: metric.Must("read_per_s"), atMax: true},
		{metric: metric.Must("p50(e2e)")},
		{metric: metric.Must("p99(e2e)")},
		{metric: metric.Must("p50(commit)")},
	}
}

// count compares the halves of each cell of a campaign and says what came of it, a line per figure.
func count(tallies []*tally, r *result.Run) (lines []string) {
	for _, c := range compare.New(r, "").Cells {
		reference, changed := halves(c)
		for _, t := range tallies {
			if t.atMax != c.AtMax() {
				continue
			}
			if reference == nil || changed == nil {
				lines = append(lines, fmt.Sprintf("%s not compared: %s has fewer than two trials", t.metric.Name, c.Name))
				continue
			}
			e := changed.Against(reference, t.metric)
			lines = append(lines, t.add(e))
		}
	}
	return lines
}

// add counts an effect where there was one to be judged: with an interval.
func (t *tally) add(e compare.Effect) string {
	switch {
	case e.Missing != "":
		return fmt.Sprintf("%s not compared: %s", t.metric.Name, e.Missing)
	case math.IsNaN(e.P):
		return fmt.Sprintf("%s not compared: %d pairs are too few", t.metric.Name, e.N)
	}
	t.judged++
	said := "no difference"
	if e.Shown() {
		t.alarms++
		said = "FALSE ALARM"
	}
	return fmt.Sprintf("%s %s: ×%.3f [%.3f, %.3f], p %.3f, %d pairs", t.metric.Name, said, e.Estimate, e.Lo, e.Hi, e.P, e.N)
}

// halves makes two cells of one: each two neighbouring blocks become a block of their own, in which once the first and once the
// second is the changed side, so that a drift favours neither. Nil where a side has no trial.
func halves(c *compare.Cell) (reference, changed *compare.Cell) {
	run := &result.Run{}
	for _, t := range c.Trials {
		half := *t
		pair, place := (t.Block-1)/2, (t.Block-1)%2
		half.Block = pair + 1
		half.Cell = "reference"
		if (pair+place)%2 == 1 {
			half.Cell = "changed"
		}
		run.Trials = append(run.Trials, half)
	}
	for _, side := range compare.New(run, "").Cells {
		if side.Name == "changed" {
			changed = side
		} else {
			reference = side
		}
	}
	return reference, changed
}

// level is the rate of false alarms that a comparison promises not to exceed.
const level = 1 - compare.Confidence

// allowed is how many false alarms of so many comparisons a rate of 5% stays within 95 times of 100.
func allowed(judged int) int {
	if judged == 0 {
		return 0
	}
	alarms := distuv.Binomial{N: float64(judged), P: level}
	k := 0
	for alarms.CDF(float64(k)) < compare.Confidence {
		k++
	}
	return k
}

// table shows the tallies, with the bound that decides.
func table(tallies []*tally) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "figure\tload\tcompared\tfalse alarms\tallowed\trate, 95% interval")
	for _, t := range tallies {
		load := "fixed"
		if t.atMax {
			load = "max"
		}
		if t.judged == 0 {
			fmt.Fprintf(w, "%s\t%s\t0\t–\t–\t–\n", t.metric.Name, load)
			continue
		}
		lo, hi := stats.ShareInterval(t.alarms, t.judged, compare.Confidence)
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%.1f%% to %.1f%%\n", t.metric.Name, load, t.judged, t.alarms, allowed(t.judged), 100*lo, 100*hi)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}

// verdict is the exit code: more false alarms than allowed come first, then a figure that was compared in fewer than nine of ten campaigns.
func verdict(tallies []*tally, campaigns int) int {
	switch {
	case slices.ContainsFunc(tallies, func(t *tally) bool { return t.alarms > allowed(t.judged) }):
		return exitAlarms
	case slices.ContainsFunc(tallies, func(t *tally) bool { return 10*t.judged < 9*campaigns }):
		return exitInconclusive
	}
	return 0
}
