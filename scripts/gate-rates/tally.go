package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// tally counts how tries of one kind ended.
type tally struct {
	tries, passed, failed int
	figures               []float64
}

func (t *tally) add(o outcome) {
	t.tries++
	switch o.code {
	case 0:
		t.passed++
	case exitWrong:
		t.failed++
	}
	if !math.IsNaN(o.figure) && o.figure > 0 {
		t.figures = append(t.figures, o.figure)
	}
}

// median is of the figure over the tries; NaN of none.
func (t *tally) median() float64 {
	if len(t.figures) == 0 {
		return math.NaN()
	}
	return stats.Quantile(slices.Sorted(slices.Values(t.figures)), 0.5)
}

// table shows both kinds, with the shares and what is wanted of them, and by how much the injected figure was worse.
func table(d *design, unchanged, injected tally) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "tries\tended\tof\tshare, 95% interval\twanted")
	row := func(tries, ended string, k, n int, wanted string) {
		if n == 0 {
			return
		}
		lo, hi := stats.ShareInterval(k, n, compare.Confidence)
		fmt.Fprintf(w, "%s\t%d %s\t%d\t%.1f%%, %.1f%% to %.1f%%\t%s\n", tries, k, ended, n, 100*float64(k)/float64(n), 100*lo, 100*hi, wanted)
	}
	row("unchanged", "passed", unchanged.passed, unchanged.tries, "80% or more")
	row("unchanged", "failed", unchanged.failed, unchanged.tries, "5% or less")
	row("30% worse", "failed", injected.failed, injected.tries, "95% or more")
	row("30% worse", "passed", injected.passed, injected.tries, "")
	_ = w.Flush() // a strings.Builder takes everything
	if worse := d.worsening(unchanged.median(), injected.median()); !math.IsNaN(worse) {
		fmt.Fprintf(&b, "the injected figure was %.1f%% worse: %.4g and %.4g, medians over the tries\n", 100*worse, unchanged.median(), injected.median())
	}
	return b.String()
}

// off is how far from 30% what was injected may be for its share to say something of 30%.
const off = 0.05

// verdict is the exit code: whether the shares are what is wanted of them.
func verdict(d *design, unchanged, injected tally) int {
	if worse := d.worsening(unchanged.median(), injected.median()); injected.tries > 0 && !(math.Abs(worse-gate.Worsening) <= off) {
		return exitInconclusive
	}
	share := func(k, n int) float64 { return float64(k) / float64(n) }
	if unchanged.tries > 0 && (share(unchanged.passed, unchanged.tries) < gate.WantPass || share(unchanged.failed, unchanged.tries) > 1-compare.Confidence) ||
		injected.tries > 0 && share(injected.failed, injected.tries) < gate.WantFail {
		return exitWrong
	}
	return 0
}
