package compare

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

func objective(t testing.TB, text string) metric.Objective {
	t.Helper()
	o, err := metric.ParseObjective(text)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// probe is a trial at a rate that kept up with a p99 of e2e in µs.
func probe(mode string, rate, p99 float64, axes ...any) result.Trial {
	t := at(mode, 1, p99, append([]any{"rate", rate}, axes...)...)
	t.LatencyUS = map[string]result.Latency{"e2e": {Count: 1000, P99: &p99}}
	t.StartedAt = time.Unix(int64(rate), 0)
	return t
}

func unsustained(t result.Trial) result.Trial {
	t.Sustained = new(false)
	return t
}

func searchRun(t testing.TB, terms Terms, trials ...result.Trial) *Run {
	t.Helper()
	return New(&result.Run{RunID: "r", Complete: true, Profile: result.Profile{Values: terms.Values()}, Trials: trials}, "")
}

func TestTermsComeBack(t *testing.T) {
	for _, terms := range []Terms{
		{Min: 100, Max: 1e6, Precision: 0.1, Confirm: 2, MaxProbes: 40},
		{Min: 0.5, Max: 31600, Precision: 0.025, Confirm: 1, MaxProbes: 7,
			Objectives: []metric.Objective{objective(t, "p99(e2e) < 100ms"), objective(t, "max(hold) <= 5k"), objective(t, "p50(commit_due) < 250us")}},
	} {
		stored := &result.Run{Profile: result.Profile{Values: terms.Values()}}
		got, found, err := TermsOf(stored)
		if err != nil || !found || !reflect.DeepEqual(spelled(got), spelled(terms)) {
			t.Errorf("%+v, %v, %v; want %+v", got, found, err, terms)
		}
		for key := range stored.Profile.Values {
			if !IsTerm(key) {
				t.Errorf("%s is no term", key)
			}
		}
	}
	if _, found, err := TermsOf(&result.Run{}); found || err != nil {
		t.Errorf("a run that was no search: %v, %v", found, err)
	}
	if IsTerm("rate") {
		t.Error("a setting is no term")
	}
}

// spelled is terms in a form that can be compared.
func spelled(t Terms) []any {
	all := []any{t.Min, t.Max, t.Precision, t.Confirm, t.MaxProbes}
	for _, o := range t.Objectives {
		all = append(all, o.String())
	}
	return all
}

func TestTermsThatWereEdited(t *testing.T) {
	for key, value := range map[string]string{"slo": "p99(e2e)", "min_rate": "-1", "max_rate": "fast", "precision": "0", "confirm": "0", "max_probes": "1.5"} {
		terms := Terms{Min: 100, Max: 1e6, Precision: 0.1, Confirm: 2, MaxProbes: 40}.Values()
		terms[key] = result.Value{Value: value}
		run := &result.Run{Profile: result.Profile{Values: terms}}
		if _, _, err := TermsOf(run); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
		if _, err := Capacities(New(run, ""), nil); err == nil {
			t.Errorf("%s: no error", key)
		}
	}
	if _, err := Capacities(New(&result.Run{RunID: "other"}, ""), nil); err == nil || !strings.Contains(err.Error(), "other") {
		t.Errorf("a run that was no search: %v", err)
	}
}

func TestWhatAProbeSays(t *testing.T) {
	terms := Terms{Confirm: 1, Objectives: []metric.Objective{objective(t, "p99(e2e) < 100ms"), objective(t, "p99(commit_due) < 50ms")}}
	with := func(change func(*result.Trial)) result.Trial {
		p := probe("transactional", 1000, 99_000)
		change(&p)
		return p
	}
	late := func(handed, failed int64) result.Trial { // as many sent as are due, those of before the window among them
		p := probe("at-least-once", 1000, 1)
		p.DuePerS, p.SentPerS = new(1000.0), 1000
		p.Window.Due, p.Window.Handed = new(int64(1000)), handed
		p.Guarantee.Sent, p.Guarantee.Failed = 1000, failed
		return p
	}
	failing := late(1000, 10)
	failing.Transactions = &result.Transactions{Committed: 195, Failed: 4, Indeterminate: 1}
	// Whatever a trial happens to have or lack, an objective is asked of the modes that it concerns.
	strange := probe("at-least-once", 1000, 99_000)
	strange.LatencyUS["commit_due"] = result.Latency{P99: new(60_000.0)}
	for name, test := range map[string]struct {
		probe  result.Trial
		keptUp bool
		why    string
	}{
		"holds":            {probe("at-least-once", 1000, 99_999), true, ""},
		"misses":           {probe("at-least-once", 1000, 123_456), true, "p99(e2e) = 123ms"},
		"on the bound":     {probe("at-least-once", 1000, 100_000), true, "p99(e2e) = 100ms"},
		"the second":       {with(func(p *result.Trial) { p.LatencyUS["commit_due"] = result.Latency{P99: new(60_000.0)} }), true, "p99(commit_due) = 60ms"},
		"of another mode":  {strange, true, ""},
		"never recorded":   {with(func(*result.Trial) {}), true, "no p99(commit_due): too few samples, or records never read"},
		"too few samples":  {with(func(p *result.Trial) { p.LatencyUS["commit_due"] = result.Latency{Count: 50} }), true, "no p99(commit_due): too few samples, or records never read"},
		"unsustained":      {unsustained(probe("at-least-once", 1000, 1)), false, "unsustained: 1000/s sent"},
		"handed over late": {unsustained(late(850, 0)), false, "unsustained: 85% of the records due sent in time"},
		"undelivered":      {unsustained(late(1000, 30)), false, "unsustained: 3% of the records undelivered"},
		"piling up":        {unsustained(late(1000, 10)), false, "unsustained: the backlog grew"},
		"failing":          {unsustained(failing), false, "unsustained: 5 transactions not committed that were to be"},
		"at max":           {with(func(p *result.Trial) { p.Sustained = nil }), false, "unsustained: 1000/s sent"},
		"ended early":      {with(func(p *result.Trial) { p.Complete = false }), false, "the probe ended early"},
		"broken":           {with(func(p *result.Trial) { p.Guarantee.Verdict = result.Broken }), false, "guarantee broken"},
		"incomplete":       {with(func(p *result.Trial) { p.Guarantee.Verdict = result.Incomplete }), false, "guarantee incomplete"},
		"nothing promised": {with(func(p *result.Trial) { p.Guarantee.Verdict = result.NotPromised }), false, "guarantee not promised"},
	} {
		c := NewCapacity(test.probe.Cell, test.probe.Mode, test.probe.Axes, terms)
		c.Add(&test.probe)
		p := c.Rates[0]
		if p.KeptUp != test.keptUp || p.Why != test.why || p.Holds() != (test.why == "") || p.PerS != 1000 {
			t.Errorf("%s: kept up %v, holds %v, because %q at %v", name, p.KeptUp, p.Holds(), p.Why, p.PerS)
		}
	}
}

// TestContradictionIsDecidedByTwoOfThree whatever the number of probes that must hold, and in a bounded number of them.
func TestContradictionIsDecidedByTwoOfThree(t *testing.T) {
	for _, test := range []struct {
		confirm int
		probes  string // h holds, m misses
		holds   bool
		fails   bool
		open    bool
		tally   string
	}{
		{1, "h", true, false, false, "1 of 1 probe"},
		{1, "m", false, false, true, "0 of 1 probe"},
		{1, "mh", false, false, true, "1 of 2 probes"},
		{1, "hm", false, false, true, "1 of 2 probes"},
		{1, "mhh", true, false, false, "2 of 3 probes"},
		{1, "mhm", false, true, false, "1 of 3 probes"},
		{1, "mm", false, true, false, "0 of 2 probes"},
		{2, "h", false, false, false, "1 of 1 probe"},
		{2, "hm", false, false, true, "1 of 2 probes"},
		{2, "hmh", true, false, false, "2 of 3 probes"},
		{2, "hmm", false, true, false, "1 of 3 probes"},
		{3, "hhm", false, false, true, "2 of 3 probes"},
		{3, "hhmh", true, false, false, "3 of 4 probes"},
	} {
		c := NewCapacity("mode=idempotent", "idempotent", nil, Terms{Min: 1000, Max: 1000, Precision: 0.1, Confirm: test.confirm, MaxProbes: 40})
		for i, kind := range test.probes {
			p := probe("idempotent", 1000, 1)
			p.Block = i + 1
			if kind == 'm' {
				p = unsustained(p)
			}
			c.Add(&p)
		}
		p := c.Rates[0]
		if p.Holds() != test.holds || p.Fails() != test.fails || p.Open() != test.open || p.Tally() != test.tally {
			t.Errorf("%s of %d: holds %v, fails %v, open %v, %s", test.probes, test.confirm, p.Holds(), p.Fails(), p.Open(), p.Tally())
		}
		if undecided := c.Undecided(); (undecided != nil) != test.open {
			t.Errorf("%s of %d: undecided %+v", test.probes, test.confirm, undecided)
		}
		again, more := c.Next(1000)
		if decided := test.holds || test.fails; more == decided || more && again != 1000 {
			t.Errorf("%s of %d: next %v, %v", test.probes, test.confirm, again, more)
		}
		if got := p.Sustained(); got != strings.Count(test.probes, "h") {
			t.Errorf("%s: %d sustained", test.probes, got)
		}
	}
}

// TestNextProbeTakesAFreeBlock and none whose probe is stored: one of several may have been deleted.
func TestNextProbeTakesAFreeBlock(t *testing.T) {
	c := NewCapacity("mode=idempotent", "idempotent", nil, Terms{Confirm: 2})
	for want, block := range []int{2, 4, 1} {
		if got := c.Block(1000); got != 1 {
			t.Errorf("probe %d: block %d", want+1, got)
		}
		p := probe("idempotent", 1000, 1)
		p.Block = block
		c.Add(&p)
		if of := c.Of(&p); of == nil || len(of.Trials) != want+1 {
			t.Errorf("the rate of probe %d: %+v", want+1, of)
		}
	}
	if got := c.Block(1000); got != 3 {
		t.Errorf("block %d after 1, 2 and 4", got)
	}
	other := probe("idempotent", 2000, 1)
	if c.Of(&other) != nil {
		t.Error("a rate of a probe that was not added")
	}
}

func TestObjectivesAreAskedOfTheModesTheyConcern(t *testing.T) {
	const every, acked, txn = "at-most-once at-least-once idempotent transactional new-mode", "at-least-once idempotent transactional new-mode", "transactional new-mode"
	for text, want := range map[string]string{
		"p99(e2e) < 1s": every, "read_per_s > 1": every, "max(hold) < 10": every, "lost == 0": every,
		"p99(ack) < 1s": acked, "p99(service) < 1s": acked, "acked_per_s > 1": acked,
		"p99(commit) < 1s": txn, "p99(fill) < 1s": txn, "p99(visibility_last) < 1s": txn, "torn == 0": txn, "txn_aborted == 0": txn,
		"p99(send_offsets) < 1s": "new-mode",
	} {
		terms := Terms{Confirm: 1, Objectives: []metric.Objective{objective(t, text)}}
		var asked []string
		for _, mode := range []string{"at-most-once", "at-least-once", "idempotent", "transactional", "new-mode"} { // a later release's mode may have any figure
			c := NewCapacity("mode="+mode+",rate=100", mode, nil, terms)
			if len(c.Asked())+len(c.Unasked()) != 1 {
				t.Fatalf("%s of %s: %v, %v", text, mode, c.Asked(), c.Unasked())
			}
			if len(c.Asked()) > 0 {
				asked = append(asked, mode)
			}
		}
		if got := strings.Join(asked, " "); got != want {
			t.Errorf("%s was asked of %s, want %s", text, got, want)
		}
	}
}

func TestCapacities(t *testing.T) {
	terms := Terms{Min: 100, Max: 10_000, Precision: 0.5, Confirm: 2, MaxProbes: 40, Objectives: []metric.Objective{objective(t, "p99(e2e) < 100ms"), objective(t, "p99(commit) < 1s")}}
	twice := func(p result.Trial) []result.Trial {
		again := p
		again.ID, again.Block = "again-"+p.ID, 2
		return []result.Trial{p, again}
	}
	committing := func(p result.Trial) result.Trial {
		p.LatencyUS["commit"] = result.Latency{Count: 1000, P99: new(10_000.0)}
		return p
	}
	trials := slices.Concat(
		twice(probe("transactional", 100, 990_000, "txn_size", 100.0)), twice(committing(probe("transactional", 1000, 90_000, "txn_size", 100.0))),
		twice(unsustained(probe("transactional", 1400, 90_000, "txn_size", 100.0))),
		twice(probe("at-least-once", 10_000, 5_000)),
		twice(unsustained(probe("transactional", 100, 1, "txn_size", 1.0))),
		[]result.Trial{probe("idempotent", 1000, 1)},
	)
	all, err := Capacities(searchRun(t, terms, trials...), terms.Objectives)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		mode                string
		finding             Finding
		held, failed, floor float64
		probes              int
		unconcerned         int
	}
	rate := func(p *Probed) float64 {
		if p == nil {
			return 0
		}
		return p.PerS
	}
	var got []row
	for _, c := range all {
		if c.Axes["rate"] != nil || strings.Contains(c.Name, "rate") {
			t.Errorf("%s still has a rate: %v", c.Name, c.Axes)
		}
		got = append(got, row{c.Mode, c.Finding(), rate(c.Held()), rate(c.Failed()), rate(c.Floor()), c.Probes(), len(c.Unasked())})
	}
	want := []row{
		{"at-least-once", Above, 10_000, 0, 0, 2, 1},
		{"idempotent", Unfinished, 0, 0, 0, 1, 1},
		{"transactional", None, 0, 100, 0, 2, 0},
		{"transactional", Bracketed, 1000, 1400, 100, 6, 0},
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if v := all[3].Held().Median(metric.Must("p99(e2e)")); v == nil || *v != 90_000 {
		t.Errorf("median %v", v)
	}
	if v := all[3].Held().Median(metric.Must("p99(fill)")); v != nil {
		t.Errorf("a figure that no probe has: %v", *v)
	}
	// Other objectives are told from the same probes.
	strict, err := Capacities(searchRun(t, terms, trials...), []metric.Objective{objective(t, "p99(e2e) < 1ms")})
	if err != nil || strict[0].Finding() != None || strict[0].Failed().Why != "p99(e2e) = 5ms" {
		t.Errorf("%v, %+v", err, strict[0])
	}
}

func TestAnInterruptedProbeSaysNothing(t *testing.T) {
	cut := probe("idempotent", 5000, 1)
	cut.Complete = false
	early := probe("idempotent", 1000, 1)
	early.Complete = false
	trials := []result.Trial{cut, early, probe("idempotent", 2000, 1)}
	var got []float64
	for _, p := range Probes(&result.Run{Trials: trials}) {
		got = append(got, rateOf(p))
	}
	if want := []float64{1000, 2000}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if n := len(Probes(&result.Run{Complete: true, Trials: trials})); n != 3 {
		t.Errorf("%d probes of a run that ended by itself", n)
	}
}
