package selfcheck

import (
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// seen is a trial as its histogram log would tell of it: latencies of one metric, in milliseconds.
func seen(m measure.Metric, steal float64, ms ...float64) *observation {
	h := hdrhistogram.New(1, int64(time.Hour/time.Microsecond), 3)
	for _, v := range ms {
		if err := h.RecordValue(int64(v * 1000)); err != nil {
			panic(err)
		}
	}
	return &observation{
		Trial: &result.Trial{
			Complete: true, Sustained: new(true), Resources: result.Resources{CPUSteal: &steal},
			Guarantee: result.Guarantee{Verdict: result.Held},
		},
		histograms: map[measure.Metric]*hdrhistogram.Histogram{m: h},
	}
}

func TestADelayIsJudged(t *testing.T) {
	const quiet, stolen = 0.01, 0.2
	type round struct{ grew, steal float64 }
	for name, c := range map[string]struct {
		rounds []round
		want   Verdict
	}{
		"it came back":                            {[]round{{50.3, quiet}, {49.8, quiet}, {51.9, quiet}}, Pass},
		"but for one round":                       {[]round{{50.3, quiet}, {70, quiet}, {49.1, quiet}}, Pass},
		"in spite of others":                      {[]round{{50.3, stolen}, {51, stolen}, {49.1, stolen}}, Pass},
		"a little too much, every time":           {[]round{{52.3, quiet}, {52.4, quiet}, {52.2, quiet}}, Fail},
		"too little":                              {[]round{{47.3, quiet}, {47, quiet}, {40, quiet}}, Fail},
		"none of it":                              {[]round{{0.3, quiet}, {-0.4, quiet}, {0.2, quiet}}, Fail},
		"none of it, in spite of others":          {[]round{{0.3, stolen}, {-8, stolen}, {4, stolen}}, Fail},
		"too much and anything, which is others'": {[]round{{64, stolen}, {285, stolen}, {90, stolen}}, Inconclusive},
		"rounds that disagree":                    {[]round{{52.3, quiet}, {50, quiet}, {53, quiet}}, Inconclusive},
		"a little too much, which may be others'": {[]round{{52.3, quiet}, {55, stolen}, {53, stolen}}, Inconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			var pairs []pair
			for _, r := range c.rounds {
				pairs = append(pairs, pair{seen(measure.Ack, quiet, 10, 10, 10), seen(measure.Ack, r.steal, 10+r.grew, 10+r.grew, 10+r.grew)})
			}
			check := delayCheck(paths(time.Second)[0], measure.Ack, knownDelay)
			check.grew(measure.Ack, pairs)
			if check.Verdict != c.want || (check.Note == "") != (c.want == Pass) {
				t.Errorf("%+v, want %s", check, c.want)
			}
		})
	}
}

func TestAFreezeIsJudged(t *testing.T) {
	const s = 2 * time.Second
	everybody := make([]float64, 0, 4000) // 4,000 records, a millisecond apart, of which those due in the second second on waited
	handful := make([]float64, 0, 4000)
	for i := range 4000 {
		latency := 5.0
		if 1000 <= i && i < 3000 {
			latency += float64(3000 - i)
		}
		everybody = append(everybody, latency)
		if i < 2000 {
			handful = append(handful, 5)
		}
	}
	for range closedLoop {
		handful = append(handful, 2000)
	}
	verdict := func(checks []Check) Verdict {
		for _, c := range checks {
			if c.Verdict != Pass {
				return c.Verdict
			}
		}
		return Pass
	}
	for name, c := range map[string]struct {
		got  []Check
		want Verdict
	}{
		"everybody waited":             {ramp(seen(measure.E2E, 0, everybody...), s), Pass},
		"nobody but those under way":   {ramp(seen(measure.E2E, 0, handful...), s), Fail},
		"it was frozen half as long":   {ramp(seen(measure.E2E, 0, everybody...), s*2), Fail},
		"it was frozen longer":         {ramp(seen(measure.E2E, 0, everybody...), s*8/10), Fail},
		"a closed loop shows its own":  {omitted(seen(measure.Ack, 0, handful...), s), Pass},
		"a closed loop shows too many": {omitted(seen(measure.Ack, 0, everybody...), s), Fail},
		"a closed loop shows nothing":  {omitted(seen(measure.Ack, 0, 5, 5), s), Fail},
	} {
		if got := verdict(c.got); got != c.want {
			t.Errorf("%s: %s, want %s: %+v", name, got, c.want, c.got)
		}
	}
	excuse := "the machine was busy"
	if got := excused(ramp(seen(measure.E2E, 0, handful...), s), excuse); verdict(got) != Inconclusive || got[0].Note != excuse {
		t.Errorf("a disturbed trial: %+v", got)
	}
}

func TestASlowClusterIsNoWrongTool(t *testing.T) {
	const lasted = 667 * time.Millisecond
	for longest, want := range map[float64]string{
		700: "", 760: "", 820: "the cluster took 153 ms to work off what had piled up, more than 100 ms",
		1100: "the cluster took 434 ms to work off what had piled up, more than 100 ms", 1200: "", 1400: "",
	} {
		if got := seen(measure.E2E, 5, 300, longest).slow(lasted); got != want {
			t.Errorf("with %v ms at most: %q, want %q", longest, got, want)
		}
	}
}

func TestWhatDisturbsATrial(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*observation)
		want   string
	}{
		"nothing":     {func(*observation) {}, ""},
		"steal":       {func(o *observation) { o.Resources.CPUSteal = new(0.31) }, "the hypervisor gave 31% of this machine's CPU time to others"},
		"unsustained": {func(o *observation) { o.Sustained = new(false) }, "the trial did not sustain its rate"},
		"cut short":   {func(o *observation) { o.Complete, o.Warnings = false, []string{"why"} }, "the trial did not end well: guarantee held; why"},
		"broken":      {func(o *observation) { o.Guarantee.Verdict = result.Broken }, ""}, // by the tool: nothing else was done to it
		"late": {func(o *observation) {
			o.histograms = seen(measure.Schedule, 0, 1, 40).histograms
		}, "this machine is busy: the generator was 40 ms late at its p99"},
	} {
		o := seen(measure.E2E, 0, 1)
		c.change(o)
		if got := o.disturbed(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestABrokenPromiseFailsWhateverTheFiguresSay(t *testing.T) {
	for verdict, want := range map[result.Verdict]Verdict{result.Held: Pass, result.Broken: Fail, result.Incomplete: Inconclusive} {
		o := seen(measure.E2E, 0, 1)
		o.Guarantee.Verdict = verdict
		if got := o.evident([]Check{{Verdict: Pass}})[0].Verdict; got != want {
			t.Errorf("guarantee %s: %s, want %s", verdict, got, want)
		}
		well := seen(measure.Ack, 0, 1)
		late := seen(measure.Ack, 0, 51)
		late.Guarantee.Verdict = verdict
		c := delayCheck(path{request: "Produce"}, measure.Ack, knownDelay)
		if got := grown(c, measure.Ack, []pair{{well, late}}).Verdict; got != want {
			t.Errorf("a delay, guarantee %s: %s, want %s", verdict, got, want)
		}
	}
}

func TestWrongStatisticsAndLogsFail(t *testing.T) {
	if c := agree("median", 20, middle, func(d []float64) float64 { return middle(d) * (1 + 1e-6) }); c.Verdict != Fail || c.Note == "" {
		t.Errorf("%+v", c)
	}
	if c := agree("median", 20, middle, func([]float64) float64 { return middle(nil) }); c.Verdict != Fail || *c.Measured != 1 {
		t.Errorf("a missing figure: %+v", c)
	}
	for name, change := range map[string]func(map[measure.Metric][]int64){
		"a value less":       func(v map[measure.Metric][]int64) { v[measure.E2E] = v[measure.E2E][1:] },
		"a value more":       func(v map[measure.Metric][]int64) { v[measure.E2E] = append(v[measure.E2E], 7) },
		"another value":      func(v map[measure.Metric][]int64) { v[measure.E2E][5] = 2*v[measure.E2E][5] + 1 },
		"under another name": func(v map[measure.Metric][]int64) { v[measure.Ack] = v[measure.E2E]; delete(v, measure.E2E) },
	} {
		c := readBack(func() ([]byte, map[measure.Metric][]int64, error) {
			text, values, err := recorded()
			change(values)
			return text, values, err
		})
		if c.Verdict != Fail {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := readBack(func() ([]byte, map[measure.Metric][]int64, error) { return []byte("garbage"), nil, nil }); c.Verdict != Fail || c.Note == "" {
		t.Errorf("%+v", c)
	}
}
