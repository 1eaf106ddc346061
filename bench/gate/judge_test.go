package gate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// text is a verdict in a line: outcome, value, bounds, limit, p and the rest.
func (v Verdict) text() string {
	number := func(v *float64) string {
		if v == nil {
			return "–"
		}
		return figure(*v)
	}
	return fmt.Sprintf("%s %s [%s, %s] limit %s%s p %s, %d blocks, %d runs: %s", v.Outcome, number(v.Value), number(v.Lo), number(v.Hi), figure(v.Limit), v.Unit, number(v.P), v.Blocks, v.Runs, v.Reason)
}

func one(t testing.TB, j *Judgement) Verdict {
	t.Helper()
	if len(j.Verdicts) != 1 {
		t.Fatalf("%d verdicts", len(j.Verdicts))
	}
	return j.Verdicts[0]
}

// milliseconds in µs.
func milliseconds(values ...float64) []float64 {
	for i := range values {
		values[i] *= 1000
	}
	return values
}

func TestAbsoluteRules(t *testing.T) {
	ten := milliseconds(13, 10, 19, 12, 15, 11, 18, 14, 17, 16)
	lucky := milliseconds(30, 31, 32, 5, 33, 34, 35, 36, 37, 38)
	for text, c := range map[string]struct {
		values []float64
		want   string
	}{
		"p99(e2e) < 19ms":              {ten, "pass 14500 [11000, 18000] limit 19000µs p 1.00, 10 blocks, 0 runs: median 14.5 ms, with 95% confidence at most 18 ms, over 10 trials"},
		"p99(e2e) < 18ms":              {ten, "inconclusive 14500 [11000, 18000] limit 18000µs p 0.99, 10 blocks, 0 runs: median 14.5 ms, but it may lie anywhere from 11 ms to 18 ms, over 10 trials"},
		"p99(e2e) <= 18ms":             {ten, "pass 14500"},
		"p99(e2e) < 11ms":              {ten, "fail 14500 [11000, 18000] limit 11000µs p 0.011, 10 blocks, 0 runs: median 14.5 ms, with 95% confidence at least 11 ms, over 10 trials"},
		"p99(e2e) <= 11ms":             {ten, "inconclusive 14500"},
		"p99(e2e) < 20ms":              {lucky, "fail 33500"},
		"p99(e2e) < 1s":                {ten[:5], "pass 13000 [10000, 19000] limit 1000000µs p 1, 5 blocks"},
		"p99(e2e) < 2s":                {ten[:4], "inconclusive 12500 [–, –] limit 2000000µs p 1, 4 blocks, 0 runs: 4 blocks can never fail"},
		"read_per_s >= 1k":             {ten, "pass 1000 [1000, 1000] limit 1000msg/s p 1"},
		"read_per_s > 1000":            {ten, "fail 1000"},
		"p99.9(e2e) < 1s":              {ten, "inconclusive – [–, –] limit 1000000µs p –, 10 blocks, 0 runs: not every trial has p99.9(e2e)"},
		"broker_cpu_us_per_record < 1": {ten, "inconclusive – [–, –] limit 1µs/record"},
	} {
		v := one(t, judged(t, finished(blocks(at99, "idempotent", c.values)), nil, text))
		if !strings.HasPrefix(v.text(), c.want) {
			t.Errorf("%s\ngot  %s\nwant %s", text, v.text(), c.want)
		}
		if (v.Outcome == Pass) != (v.Remedy == "") {
			t.Errorf("%s: %s, remedy %q", text, v.Outcome, v.Remedy)
		}
	}
}

// One trial that is far better than the others does not pass, and one that is far worse does not fail.
func TestOneTrialDecidesNothing(t *testing.T) {
	for _, odd := range []float64{0.001, 1000} {
		values := around(20_000, 10, 0.02)
		values[3] *= odd
		run := finished(blocks(at99, "idempotent", values))
		for text, want := range map[string]Outcome{"p99(e2e) < 15ms": Fail, "p99(e2e) < 25ms": Pass} {
			if v := one(t, judged(t, run, nil, text)); v.Outcome != want {
				t.Errorf("×%v: %s", odd, v.text())
			}
		}
	}
}

func TestCostRules(t *testing.T) {
	base := []float64{100_000, 110_000, 95_000, 105_000, 98_000, 102_000, 97_000, 103_000, 99_000, 101_000}
	times := func(factor, alternate float64) (values []float64) {
		for i, v := range base {
			values = append(values, v*factor*(1+alternate*float64(i%2*2-1)*float64(i+1)/10))
		}
		return values
	}
	for name, c := range map[string]struct {
		rule    string
		changed []float64
		want    string
	}{
		"keeps":      {"cost(read_per_s) < 15%", times(0.9, 0.01), "pass 0.1 [0.096, 0.1] limit 0.15 p 1, 10 blocks, 0 runs: cost 9.96%, with 95% confidence at most 10.4%, over 10 blocks"},
		"breaks":     {"cost(read_per_s) < 15%", times(0.7, 0.01), "fail 0.3 [0.3, 0.3] limit 0.15 p 0.00098, 10 blocks, 0 runs: cost 30.0%, with 95% confidence at least 29.7%, over 10 blocks"},
		"at it":      {"cost(read_per_s) < 15%", times(0.85, 0.1), "inconclusive 0.15"},
		"better":     {"cost(read_per_s) < 15%", times(1.2, 0.01), "pass -0.2"},
		"lower":      {"cost(us_per_record) < 15%", times(0.9, 0.01), "pass 0.11"},
		"lower, bad": {"cost(us_per_record) < 15%", times(0.7, 0.01), "fail 0.43"},
	} {
		run := finished(blocks(atMax, "at-least-once", base), blocks(atMax, "transactional", c.changed))
		v := one(t, judged(t, run, nil, c.rule))
		if !strings.HasPrefix(v.text(), c.want) {
			t.Errorf("%s\ngot  %s\nwant %s", name, v.text(), c.want)
		}
		if v.Cell != "mode=transactional,rate=max" || v.Unit != "" {
			t.Errorf("%s: cell %s, unit %q", name, v.Cell, v.Unit)
		}
	}
}

// Lags are compared by difference: the reference may hold back nothing.
func TestCostOfLag(t *testing.T) {
	changed := blocks(at99, "transactional", around(20_000, 8, 0.1))
	for i := range changed {
		changed[i].Lag.Hold.Max = new(float64(100 + i))
	}
	run := finished(blocks(at99, "at-least-once", around(10_000, 8, 0.1)), changed)
	for text, want := range map[string]string{
		"cost(max(hold)) < 107": "pass 104 [102, 106] limit 107offsets",
		"cost(max(hold)) < 104": "inconclusive 104",
		"cost(max(hold)) < 99":  "fail 104 [102, 106] limit 99offsets p 0.0039, 8 blocks, 0 runs: cost 104 offsets, with 95% confidence at least 102 offsets, over 8 blocks",
	} {
		if v := one(t, judged(t, run, nil, text)); !strings.HasPrefix(v.text(), want) {
			t.Errorf("%s\ngot  %s\nwant %s", text, v.text(), want)
		}
	}
}

func TestCountRules(t *testing.T) {
	for name, c := range map[string]struct {
		change func([]result.Trial)
		rule   string
		want   string
	}{
		"none":                         {func([]result.Trial) {}, "lost == 0", "pass 0 [–, –] limit 0records p –, 6 blocks, 0 runs: 0 in the worst of 6 trials"},
		"one trial":                    {func(ts []result.Trial) { ts[2].Guarantee.Lost = new(int64(7)) }, "lost == 0", "fail 7 [–, –] limit 0records p –, 6 blocks, 0 runs: lost is not == 0 in 1 of 6 trials, the worst 7"},
		"within":                       {func(ts []result.Trial) { ts[2].Guarantee.Duplicate = new(int64(7)) }, "duplicate < 8", "pass 7"},
		"at least":                     {func(ts []result.Trial) { ts[2].Transactions.Committed = 40 }, "txn_committed >= 41", "fail 40"},
		"exactly":                      {func(ts []result.Trial) { ts[2].Transactions.Committed = 40 }, "txn_committed == 1000", "fail 40"},
		"not counted":                  {func(ts []result.Trial) { ts[2].Guarantee.Lost = nil }, "lost == 0", "inconclusive 0 [–, –] limit 0records p –, 6 blocks, 0 runs: not every trial counted lost"},
		"unread":                       {func(ts []result.Trial) { ts[2].Guarantee = result.Guarantee{Verdict: result.Unchecked} }, "failed == 0", "inconclusive 0 [–, –] limit 0records p –, 6 blocks, 0 runs: nothing is read"},
		"unread, and missed":           {func(ts []result.Trial) { ts[2].Guarantee = result.Guarantee{Verdict: result.Unchecked, Failed: 3} }, "failed == 0", "fail 3"},
		"nothing committed":            {func(ts []result.Trial) { ts[2].Window.Committed = 0 }, "lost == 0", "inconclusive 0 [–, –] limit 0records p –, 6 blocks, 0 runs: 1 of 6 trials committed nothing"},
		"unread, and broken elsewhere": {func(ts []result.Trial) { ts[2].Guarantee.Lost, ts[3].Guarantee.Lost = nil, new(int64(1)) }, "lost == 0", "fail 1"},
		"cut short":                    {func(ts []result.Trial) { ts[2].Complete = false }, "lost == 0", "inconclusive 0"},
		"unsustained":                  {func(ts []result.Trial) { ts[2].Sustained = new(false) }, "lost == 0", "pass 0"},
		"unverified": {func(ts []result.Trial) { ts[2].Guarantee = result.Guarantee{Verdict: result.Incomplete} }, "lost == 0",
			"inconclusive 0 [–, –] limit 0records p –, 6 blocks, 0 runs: 1 of 6 trials could not be verified to the end"},
	} {
		trials := blocks(at99, "transactional", around(20_000, 6, 0.1))
		c.change(trials)
		if v := one(t, judged(t, finished(trials), nil, c.rule)); !strings.HasPrefix(v.text(), c.want) {
			t.Errorf("%s\ngot  %s\nwant %s", name, v.text(), c.want)
		}
	}
}

// runs are so many of a cell, a run's trials all around a level of its own.
func runs(levels ...float64) (all []*compare.Run) {
	for i, level := range levels {
		r := finished(blocks(at99, "transactional", around(level, 6, 0.1)))
		r.RunID = fmt.Sprint("run", i+1)
		all = append(all, r)
	}
	return all
}

func TestBaselineRules(t *testing.T) {
	older := milliseconds(20, 20.4, 19.6, 20.2, 19.8, 20.1)
	for name, c := range map[string]struct {
		older []float64
		now   float64
		rule  string
		want  string
	}{
		"unchanged": {older, 20_000, "p99(e2e) <= baseline + 15%", "pass -0.00075"},
		"worse":     {older, 26_000, "p99(e2e) <= baseline + 15%", "fail 0.3 [0.26, 0.34] limit 0.15 p 0.00026, 6 blocks, 6 runs: cost against the baseline 29.9%, with 95% confidence at least 25.9%, over 6 baseline runs"},
		"not shown": {older, 23_000, "p99(e2e) <= baseline + 15%", "inconclusive 0.15"},
		"better":    {older, 15_000, "p99(e2e) <= baseline - 10%", "pass -0.25"},
		"no better": {older, 20_000, "p99(e2e) <= baseline - 10%", "fail -0.00075 [-0.031, 0.031] limit -0.1"},
		"five":      {older[:5], 20_000, "p99(e2e) <= baseline + 15%", "inconclusive 0.00"},
		"one":       {older[:1], 26_000, "p99(e2e) <= baseline + 15%", "inconclusive 0.3 [–, –] limit 0.15 p –, 6 blocks, 1 runs: 1 baseline run too few to tell a change from what runs differ in"},
		"no spread": {[]float64{2e4, 2e4, 2e4, 2e4, 2e4, 2e4}, 26_000, "p99(e2e) <= baseline + 15%", "inconclusive 0.3 [–, –] limit 0.15 p –, 6 blocks, 6 runs: the baseline's runs do not differ at all"},
		"commit":    {older, 26_000, "p99(commit_due) <= baseline + 15%", "fail 0.3"},
	} {
		v := one(t, judged(t, runs(c.now)[0], &Against{Runs: runs(c.older...)}, c.rule))
		if !strings.HasPrefix(v.text(), c.want) {
			t.Errorf("%s\ngot  %s\nwant %s", name, v.text(), c.want)
		}
	}
}

// What transactions of one size hide is the same number in every run: runs that are all alike in it are told from a change nevertheless.
func TestBaselineOfALagThatIsAlwaysTheSame(t *testing.T) {
	held := func(n float64) *compare.Run {
		r := runs(20_000)[0]
		for i := range r.Trials {
			r.Trials[i].Lag.Hold.Max = new(n)
		}
		return r
	}
	var older []*compare.Run
	for range 6 {
		older = append(older, held(14))
	}
	for now, want := range map[float64]Outcome{13: Pass, 14: Pass, 22: Pass, 24: Inconclusive, 26: Fail} {
		if v := one(t, judged(t, held(now), &Against{Runs: older}, "max(hold) <= baseline + 10")); v.Outcome != want {
			t.Errorf("%v: %s", now, v.text())
		}
	}
}

// Both sides measured in one campaign are paired block by block, so that what blocks have in common does not matter.
func TestInterleavedBaseline(t *testing.T) {
	drift := milliseconds(10, 40, 20, 80, 30, 15, 60, 25)
	worse := func(by float64) (values []float64) {
		for i, v := range drift {
			values = append(values, v*by*(1+0.001*float64(i)))
		}
		return values
	}
	side := finished(blocks(at99, "transactional", drift))
	for by, want := range map[float64]string{
		1:   "pass 0.003",
		1.3: "fail 0.3 [0.3, 0.31] limit 0.15 p 0.0039, 8 blocks, 0 runs: cost against the baseline 30.5%, with 95% confidence at least 30.2%, over 8 blocks",
	} {
		j := judged(t, finished(blocks(at99, "transactional", worse(by))), &Against{Runs: []*compare.Run{side}, Interleaved: true}, "p99(e2e) <= baseline + 15%")
		if v := one(t, j); !strings.HasPrefix(v.text(), want) {
			t.Errorf("×%v\ngot  %s\nwant %s", by, v.text(), want)
		}
	}
	spoilt := blocks(at99, "transactional", drift)
	spoilt[3].Guarantee = result.Guarantee{Verdict: result.Broken, Reasons: []string{"2 records lost"}}
	against := &Against{Runs: []*compare.Run{finished(spoilt)}, Interleaved: true, UnderTest: []string{"broker version: 4.3.1 → 4.4.0"}}
	j := judged(t, finished(blocks(at99, "transactional", drift)), against, "p99(e2e) <= baseline + 15%")
	if want := []string{"the baseline's mode=transactional: 1 of 8 trials: 2 records lost"}; j.Outcome != Broken || !slices.Equal(j.Broken, want) || !slices.Equal(j.UnderTest, against.UnderTest) {
		t.Errorf("%s: %q, under test %q", j.Outcome, j.Broken, j.UnderTest)
	}
}

// Whether the promises of both sides of a campaign were kept is asked of both.
func TestUnprovenSides(t *testing.T) {
	level := milliseconds(10, 11, 12, 10, 11, 12)
	barren := blocks(at99, "transactional", level)
	barren[2].Window.Committed = 0
	for name, c := range map[string]struct {
		run, other *compare.Run
		want       []string
	}{
		"held":     {finished(blocks(at99, "transactional", level)), finished(blocks(at99, "transactional", level)), nil},
		"run":      {finished(barren), finished(blocks(at99, "transactional", level)), []string{"mode=transactional: 1 of 6 trials committed nothing"}},
		"baseline": {finished(blocks(at99, "transactional", level)), finished(barren), []string{"the baseline's mode=transactional: 1 of 6 trials committed nothing"}},
	} {
		j := judged(t, c.run, &Against{Runs: []*compare.Run{c.other}, Interleaved: true}, "p99(e2e) <= baseline + 15%")
		if !slices.Equal(j.Unproven, c.want) || (j.Outcome == Pass) != (c.want == nil) {
			t.Errorf("%s: %s, %q", name, j.Outcome, j.Unproven)
		}
	}
	if j := judged(t, compare.New(&result.Run{}, ""), nil, "lost == 0"); !slices.Equal(j.Unproven, []string{"nothing was measured"}) {
		t.Errorf("nothing: %q", j.Unproven)
	}
}

// A run of two sides cannot be continued, so that no rule says it can.
func TestUnfinishedSides(t *testing.T) {
	cut := compare.New(&result.Run{Trials: blocks(at99, "transactional", around(20_000, 4, 0.05))}, "")
	j := judged(t, cut, &Against{Runs: []*compare.Run{cut}, Interleaved: true}, "lost == 0", "p99(e2e) < 1s", "p99(e2e) <= baseline + 15%", "p99(e2e) < 1s for mode=idempotent")
	for _, v := range j.Verdicts {
		if v.Outcome != Inconclusive || v.Remedy != again {
			t.Errorf("%s: %s, %s", v.Rule, v.Outcome, v.Remedy)
		}
	}
}

// Missing evidence is inconclusive, never a pass or a fail, with what to do.
func TestMissingEvidence(t *testing.T) {
	good := func() []result.Trial { return blocks(at99, "transactional", around(20_000, 10, 0.05)) }
	reference := func() []result.Trial { return blocks(at99, "at-least-once", around(20_000, 10, 0.05)) }
	for name, c := range map[string]struct {
		rule                  string
		change, second, other func(*result.Trial)
		unfinished            bool
		differences           []string
		want                  string
	}{
		"unsustained": {rule: "p99(e2e) < 1s", change: func(t *result.Trial) { t.Sustained = new(false) }, want: "1 of 10 trials did not sustain the rate"},
		"on a busy host": {rule: "p99(e2e) < 1s", change: func(t *result.Trial) { t.Sustained, t.Resources.CPUSteal = new(false), new(0.44) },
			want: "1 of 10 trials, with 44% or more of the machine's CPU time given to others by its hypervisor, did not sustain the rate"},
		"once on a busy host": {rule: "p99(e2e) < 1s", second: func(t *result.Trial) { t.Sustained = new(false) },
			change: func(t *result.Trial) { t.Sustained, t.Resources.CPUSteal = new(false), new(0.44) }, want: "2 of 10 trials did not sustain the rate"},
		"cut short":                {rule: "p99(e2e) < 1s", change: func(t *result.Trial) { t.Complete = false }, want: "a trial was cut short"},
		"unverified":               {rule: "p99(e2e) < 1s", change: func(t *result.Trial) { t.Guarantee.Verdict = result.Incomplete }, want: "1 of 10 trials could not be verified to the end"},
		"unread":                   {rule: "p99(ack) < 1s", change: func(t *result.Trial) { t.Guarantee.Verdict = result.Unchecked }, want: "nothing is read"},
		"nothing committed":        {rule: "p99(e2e) < 1s", change: func(t *result.Trial) { t.Window.Committed = 0 }, want: "1 of 10 trials committed nothing"},
		"unfinished":               {rule: "p99(e2e) < 1s", unfinished: true, want: "the run was not finished"},
		"no figure":                {rule: "p99(e2e) < 1s", change: func(t *result.Trial) { t.LatencyUS["e2e"] = result.Latency{} }, want: "not every trial has p99(e2e)"},
		"few transactions":         {rule: "p99(commit_due) < 1s", change: func(t *result.Trial) { t.Transactions.Committed = 29 }, want: "29 transactions per producer in the window of a trial, fewer than the 30"},
		"few producers":            {rule: "p99(init) < 1s", want: "p99(init) takes 1000 producers, each of which has one initTransactions in a trial, and there are 1"},
		"unsustained reference":    {rule: "cost(p99(e2e)) < 900%", other: func(t *result.Trial) { t.Sustained = new(false) }, want: "1 of 10 trials did not sustain the rate in mode=at-least-once"},
		"broken reference":         {rule: "cost(p99(e2e)) < 900%", other: func(t *result.Trial) { t.Guarantee.Verdict = result.Broken }, want: "the guarantee broke, which voids the figures in mode=at-least-once"},
		"figure of the reference":  {rule: "cost(p99(e2e)) < 900%", other: func(t *result.Trial) { t.LatencyUS["e2e"] = result.Latency{} }, want: "not every trial has p99(e2e)"},
		"nothing of the reference": {rule: "cost(p99(e2e)) < 900%", other: func(t *result.Trial) { t.Window.Committed = 0 }, want: "1 of 10 trials committed nothing in mode=at-least-once"},
		"nothing to divide by":     {rule: "cost(p99(e2e)) < 900%", other: func(t *result.Trial) { t.LatencyUS["e2e"] = result.Latency{P99: new(0.0)} }, want: "a trial's p99(e2e) is 0, which has no ratio"},
		"another block":            {rule: "cost(p99(e2e)) < 900%", other: func(t *result.Trial) { t.Block = 99 }, want: "only 9 of 10 blocks hold a trial of both"},
		"not comparable":           {rule: "p99(e2e) <= baseline + 900%", differences: []string{"broker version: 4.2 → 4.3", "kernel: a → b"}, want: "not comparable with the baseline: broker version: 4.2 → 4.3; kernel: a → b"},
	} {
		t.Run(name, func(t *testing.T) {
			trials, others := good(), reference()
			if c.change != nil {
				c.change(&trials[4])
			}
			if c.second != nil {
				c.second(&trials[5])
			}
			if c.other != nil {
				c.other(&others[4])
			}
			run := finished(others, trials)
			run.Complete = !c.unfinished
			j := judged(t, run, &Against{Runs: runs(milliseconds(20, 21, 22, 20, 21, 22)...), Differences: c.differences}, c.rule+" for mode=transactional")
			v := one(t, j)
			if v.Outcome != Inconclusive || j.Outcome == Pass || j.Outcome == Fail || !strings.HasPrefix(v.Reason, c.want) || v.Remedy == "" || v.Value != nil {
				t.Errorf("%s; remedy %q", v.text(), v.Remedy)
			}
		})
	}
}

func TestMissingEvidenceOfABaseline(t *testing.T) {
	now := runs(20_000)[0]
	const rule = "p99(e2e) <= baseline + 900%"
	six := func() []*compare.Run { return runs(milliseconds(20, 21, 22, 20, 21, 22)...) }
	for name, c := range map[string]struct {
		change func([]*compare.Run)
		want   string
	}{
		"lacks the cell": {func(all []*compare.Run) { all[2] = finished(blocks(at99, "idempotent", around(20_000, 6, 0.1))) }, "the baseline has no such cell in every run"},
		"more blocks": {func(all []*compare.Run) {
			all[2] = finished(blocks(at99, "transactional", around(20_000, 7, 0.1)))
			all[2].RunID = "run3"
		}, "6 blocks, fewer than the 7 of the baseline's run run3"},
		"a trial gone": {func(all []*compare.Run) {
			all[2].Profile.Values = map[string]result.Value{"blocks": {Value: "7"}}
		}, "only 6 of the run's 7 blocks hold a trial of it in the baseline's run run3"},
		"unsustained": {func(all []*compare.Run) { all[2].Trials[3].Sustained = new(false) }, "1 of 6 trials did not sustain the rate in the baseline's run run3"},
		"unfinished":  {func(all []*compare.Run) { all[2].Complete = false }, "the run was not finished in the baseline's run run3"},
	} {
		older := six()
		c.change(older)
		if v := one(t, judged(t, now, &Against{Runs: older}, rule)); v.Outcome != Inconclusive || !strings.HasPrefix(v.Reason, c.want) {
			t.Errorf("%s: %s", name, v.text())
		}
	}
}

// The other side of a campaign and stored runs have to hold as many transactions as the run.
func TestFewTransactionsOfABaseline(t *testing.T) {
	now := runs(20_000)[0]
	few := func(r *compare.Run) *compare.Run {
		r.Trials[1].Transactions.Committed = 29
		return r
	}
	older := runs(milliseconds(20, 21, 22, 20, 21, 22)...)
	few(older[4])
	for _, against := range []*Against{{Runs: older}, {Runs: []*compare.Run{few(runs(20_000)[0])}, Interleaved: true}} {
		v := one(t, judged(t, now, against, "p99(commit_due) <= baseline + 900%"))
		if v.Outcome != Inconclusive || !strings.HasPrefix(v.Reason, "29 transactions per producer") || !strings.Contains(v.Remedy, "--duration") {
			t.Errorf("interleaved %v: %s", against.Interleaved, v.text())
		}
	}
}

// A trial that was cut short may not have counted up to a bound yet, but what it did count stands.
func TestCountsOfATrialCutShort(t *testing.T) {
	trials := blocks(at99, "idempotent", around(20_000, 6, 0.1))
	for i := range trials {
		trials[i].Guarantee.Read, trials[i].Guarantee.Duplicate = new(int64(100)), new(int64(2))
	}
	trials[3].Complete, trials[3].Guarantee.Read = false, new(int64(50))
	for rule, want := range map[string]Outcome{"read >= 100": Inconclusive, "read == 100": Inconclusive, "read > 100": Inconclusive, "duplicate == 0": Fail, "duplicate < 2": Fail, "duplicate <= 1": Fail} {
		if v := one(t, judged(t, finished(trials), nil, rule)); v.Outcome != want {
			t.Errorf("%s: %s", rule, v.text())
		}
	}
}

// A trial that is gone may have been the bad one: neither figures nor counts pass without it.
func TestTrialGone(t *testing.T) {
	run := finished(blocks(at99, "idempotent", around(20_000, 9, 0.1)))
	for _, rule := range []string{"p99(e2e) < 1s", "lost == 0"} {
		for blocks, want := range map[string]Outcome{"9": Pass, "10": Inconclusive} {
			run.Profile.Values = map[string]result.Value{"blocks": {Value: blocks}}
			if v := one(t, judged(t, run, nil, rule)); v.Outcome != want {
				t.Errorf("%s blocks: %s", blocks, v.text())
			}
		}
	}
}

// A broken guarantee comes before a failed rule, that before an inconclusive one, that before a pass.
func TestOverall(t *testing.T) {
	pass, open, fail := "p99(e2e) < 1s", "p99(e2e) < 20ms", "p99(e2e) < 1ms"
	run := func() *compare.Run { return finished(blocks(at99, "idempotent", around(20_000, 12, 0.1))) }
	broken := run()
	broken.Trials[3].Guarantee.Verdict, broken.Trials[3].Guarantee.Reasons, broken.Trials[3].Guarantee.Lost = result.Broken, []string{"7 lost"}, new(int64(7))
	broken = compare.New(broken.Run, "")
	for _, c := range []struct {
		run   *compare.Run
		rules []string
		want  Outcome
	}{
		{run(), []string{pass}, Pass},
		{run(), []string{pass, open}, Inconclusive},
		{run(), []string{pass, open, fail}, Fail},
		{broken, []string{pass}, Broken},
		{broken, []string{"duplicate == 0"}, Broken},
		{broken, []string{"lost == 0"}, Broken},
	} {
		if j := judged(t, c.run, nil, c.rules...); j.Outcome != c.want {
			t.Errorf("%v: got %s", c.rules, j.Outcome)
		}
	}
	j := judged(t, broken, nil, pass, "lost == 0")
	if want := []string{"mode=idempotent: 1 of 12 trials: 7 lost"}; !slices.Equal(j.Broken, want) {
		t.Errorf("got %q", j.Broken)
	}
	if j.Verdicts[0].Outcome != Inconclusive || j.Verdicts[1].Outcome != Fail {
		t.Errorf("%s\n%s", j.Verdicts[0].text(), j.Verdicts[1].text())
	}
}

// The guarantee of a cell that no rule concerns counts too.
func TestBrokenElsewhere(t *testing.T) {
	other := blocks(at99, "transactional", around(20_000, 10, 0.05))
	other[0].Guarantee.Verdict = result.Broken
	run := finished(blocks(at99, "idempotent", around(20_000, 10, 0.05)), other)
	if j := judged(t, run, nil, "p99(e2e) < 1s for mode=idempotent"); j.Outcome != Broken || one(t, j).Outcome != Pass {
		t.Errorf("got %+v", j)
	}
}

// Seven tests judged together: a p-value that fails alone does not fail among them.
func TestRulesAreJudgedTogether(t *testing.T) {
	values := milliseconds(13, 10, 19, 12, 15, 11, 18, 14, 17, 16) // 9 of 10 are 11 ms or more: p = 0.011
	run := finished(blocks(at99, "idempotent", values))
	alone := one(t, judged(t, run, nil, "p99(e2e) < 11ms"))
	together := judged(t, run, nil, "p99(e2e) < 11ms", "p99(e2e) < 100ms", "p99(e2e) < 101ms", "p99(e2e) < 102ms", "p99(e2e) < 103ms", "p99(e2e) < 104ms", "p99(e2e) < 105ms", "lost == 0").Verdicts[0]
	if alone.Outcome != Fail || together.Outcome != Inconclusive {
		t.Errorf("%s\n%s", alone.text(), together.text())
	}
	if want := "; alone it would fail (p 0.011), not as one of 7 judged together (p 0.075)"; !strings.HasSuffix(together.Reason, want) {
		t.Errorf("got %s", together.Reason)
	}
}

func TestRemedyNamesBlocks(t *testing.T) {
	values := around(20_000, 10, 0.1)
	run := finished(blocks(at99, "idempotent", values))
	for text, want := range map[string]string{
		"p99(e2e) < 21ms":       "about ",
		"p99(e2e) < 20.01ms":    "too near the limit",
		"p99(e2e) < 20.000001s": "",
	} {
		if v := one(t, judged(t, run, nil, text)); !strings.HasPrefix(v.Remedy, want) || (want == "") != (v.Remedy == "") {
			t.Errorf("%s: %s; %s", text, v.text(), v.Remedy)
		}
	}
}

func TestJudgementIsPlainData(t *testing.T) {
	run := finished(blocks(at99, "idempotent", around(20_000, 4, 0.1)))
	j := judged(t, run, nil, "p99(e2e) < 1s", "p99.9(e2e) < 1s", "lost == 0")
	data, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"outcome":"inconclusive"`, `"rule":"lost == 0"`, `"kind":"count"`, `"lo":null`, `"broken":[]`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in %s", want, data)
		}
	}
	if _, err := Judge(must(t, "p99(commit_due) < 1s"), run, nil); err == nil {
		t.Error("a rule that matches no cell passes")
	}
}
