package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// twice is a run of two sides, of which each has a trial per value.
func twice(of func(string, int, float64, ...any) result.Trial, newer, baseline []float64) *compare.Run {
	trials := slices.Concat(blocks(of, "transactional", newer, "side", "new"), blocks(of, "transactional", baseline, "side", "baseline"))
	return compare.New(&result.Run{Complete: true, Against: &result.Against{}, Trials: trials}, "")
}

// text is all that is said of a figure.
func (r Repeatability) text() string {
	show := func(v *float64) string {
		if v == nil {
			return "–"
		}
		return fmt.Sprintf("%.3g", *v)
	}
	sight := func(s Sight) string {
		takes := "–"
		if s.Takes != nil {
			takes = fmt.Sprint(*s.Takes)
		}
		return fmt.Sprintf("noise %s finds %s takes %s with %g%s", show(s.Noise), show(s.Finds), takes, s.Margin, s.Reason)
	}
	return fmt.Sprintf("%s in %s, %d blocks, median %s %s; pairs %s; bound %s; halves ×%s p %s different %t passes %s fails %s; %s", r.Figure, r.Cell, r.Blocks, show(r.Median), r.Unit,
		sight(r.Pairs), sight(r.Bound), show(r.Halves.Ratio), show(r.Halves.P), r.Halves.Different != nil && *r.Halves.Different, show(r.Halves.Passes), show(r.Halves.Fails), r.Reason)
}

// Twenty stored trials of one cell, each two neighbours a block: what they differ in is the noise, whichever is called new.
func TestRepeatabilityOfStoredTrials(t *testing.T) {
	from := stored(t, "read_per_s")
	var newer, baseline []float64
	for i := 0; i < len(from); i += 2 {
		newer, baseline = append(newer, from[i]), append(baseline, from[i+1])
	}
	all := Repeatabilities(twice(atMax, newer, baseline))
	if len(all) != 2 || all[1].Figure != "client_cpu_us_per_record" || all[1].Reason != "not every trial has client_cpu_us_per_record" {
		t.Fatalf("got %+v", all)
	}
	const want = "read_per_s in mode=transactional,rate=max, 10 blocks, median 1.15e+05 msg/s; pairs noise 0.183 finds 0.198 takes 14 with 0.15; " +
		"bound noise 0.221 finds 0.327 takes 35 with 0.16; halves ×1.08 p 0.322 different false passes 0.709 fails 0; "
	if got := all[0].text(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRepeatabilityAtARate(t *testing.T) {
	level, shifted := around(20_000, 10, 0.05), around(26_000, 10, 0.05)
	calm := Repeatabilities(twice(at99, level, around(20_000, 10, 0.04)))
	var names []string
	for _, r := range calm {
		names = append(names, r.Figure)
	}
	if want := []string{"p50(e2e)", "p99(e2e)", "p50(commit)", "p99(commit_due)", "client_cpu_us_per_record"}; !slices.Equal(names, want) { // no throughput
		t.Errorf("got %q", names)
	}
	if r := calm[1]; *r.Halves.Different || *r.Halves.Passes != 1 || *r.Halves.Fails != 0 || r.Pairs.Margin != 0.12 || r.Bound.Margin != 0.14 || r.Reason != "" {
		t.Errorf("got %s", r.text())
	}
	if r := Repeatabilities(twice(at99, shifted, level))[1]; !*r.Halves.Different || math.Abs(*r.Halves.Ratio-1.3) > 0.001 {
		t.Errorf("got %s", r.text())
	}
	for name, c := range map[string]struct {
		change func(*result.Trial)
		want   string
	}{
		"unsustained": {func(tr *result.Trial) { tr.Sustained = new(false) }, "1 of 10 trials did not sustain the rate"},
		"broken":      {func(tr *result.Trial) { tr.Guarantee.Verdict = result.Broken }, "the guarantee broke, which voids the figures"},
		"cut short":   {func(tr *result.Trial) { tr.Complete = false }, "a trial was cut short"},
		"few":         {func(tr *result.Trial) { tr.LatencyUS["e2e"] = result.Latency{} }, "not every trial has p99(e2e)"},
	} {
		for _, i := range []int{3, 13} { // on either side
			run := twice(at99, level, level)
			c.change(&run.Trials[i])
			r := Repeatabilities(compare.New(run.Run, ""))[1]
			if !strings.HasPrefix(r.Reason, c.want) || r.Remedy == "" || r.Median != nil || r.Pairs.Noise != nil || r.Pairs.Margin != 0.12 || r.Halves.Different != nil || r.Halves.Passes != nil {
				t.Errorf("%s: got %s", name, r.text())
			}
		}
	}
	stopped := twice(at99, level, level)
	stopped.Complete = false
	if r := Repeatabilities(stopped)[1]; r.Reason != "the run was not finished" || r.Remedy != again {
		t.Errorf("stopped: got %s; %s", r.text(), r.Remedy)
	}
	if got := Repeatabilities(compare.New(&result.Run{Against: &result.Against{}}, "")); len(got) != 0 {
		t.Errorf("nothing measured: got %+v", got)
	}
}

// A gate warns about the margins that are narrower than what a run of the same noise is said to find.
func TestWhatIsFoundIsWhatIsWarnedAbout(t *testing.T) {
	run := twice(at99, around(20_000, 10, 0.1), slices.Repeat([]float64{20_000}, 10))
	r := Repeatabilities(run)[1]
	newer, baseline := run.Sides()
	for _, kind := range []struct {
		finds float64
		rule  string
	}{{*r.Pairs.Finds, "p99(e2e) <= baseline + %.2f%%"}, {*r.Bound.Finds, "p99(e2e) < %.0fus"}} {
		for factor, want := range map[float64]int{0.98: 1, 1.02: 0} {
			limit := 100 * factor * kind.finds
			if strings.Contains(kind.rule, "us") {
				limit = *r.Median * (1 + factor*kind.finds)
			}
			rules := must(t, fmt.Sprintf(kind.rule, limit))
			j, err := Judge(rules, newer, &Against{Runs: []*compare.Run{baseline}, Interleaved: true})
			if err != nil {
				t.Fatal(err)
			}
			if lines := j.Warnings(rules); len(lines) != want {
				t.Errorf("%s finds %.4f: got %q", rules[0], kind.finds, lines)
			}
		}
	}
}

// However trials differ, dealing them out to two sides lets a rule fail in no more than 5% of the ways, of which 1,024 are drawn from more than ten
// blocks.
func TestDealtTrialsSeldomFail(t *testing.T) {
	r := must(t, "p99(e2e) <= baseline + 12%")[0]
	rapid.Check(t, func(t *rapid.T) {
		worse := rapid.SliceOfN(rapid.Float64Range(-2, 2), 5, 12).Draw(t, "worse")
		passes, fails := r.dealt(worse)
		if *passes < 0 || *fails < 0 || *passes+*fails > 1 || *fails > alpha+0.02 {
			t.Errorf("passes %v, fails %v", *passes, *fails)
		}
	})
}

func TestForeseenRepeatabilities(t *testing.T) {
	cells := func(settings map[string]string) []workload.Cell {
		settings["mode"] = "transactional"
		p, err := workload.Resolve(nil, nil, settings, nil)
		if err != nil {
			t.Fatal(err)
		}
		return p.Cells()
	}
	if got := ForeseeRepeatabilities(cells(map[string]string{"rate": "2500,max", "txn_size": "20", "duration": "9s"}), ""); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	got := ForeseeRepeatabilities(cells(map[string]string{"rate": "500", "txn_size": "20", "duration": "9s"}), "")
	want := Repeatability{Cell: "mode=transactional", Figure: "p99(commit_due)", Unit: "µs", Reason: "p99(commit_due) takes 1000 transactions in a window, which holds about 225",
		Remedy: "raise --duration to 40s or more, or gate a lower percentile"}
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %+v", got)
	}
}
