package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

func ptr[T any](v T) *T { return &v }

// at is a trial at a fixed rate with the given e2e p50 in microseconds.
func at(mode string, size int, p50 float64) result.Trial {
	t := result.Trial{
		ID: mode, Cell: mode, Mode: mode, Scenario: "produce", Axes: map[string]any{"rate": 1000.0}, WindowS: 10,
		DuePerS: ptr(1000.0), SentPerS: 1000, Sustained: ptr(true), Complete: true,
		Throughput: result.Throughput{ReadPerS: ptr(1000.0)},
		LatencyUS:  map[string]result.Latency{"e2e": {Count: 100, P50: &p50}},
		Guarantee:  result.Guarantee{Verdict: result.Held},
	}
	if size > 0 {
		t.TxnSize = &size
		t.Axes["txn_size"] = float64(size)
		t.Cell += ",txn_size=" + whole(float64(size))
	}
	return t
}

// atMax is a closed-loop trial.
func atMax(mode string, size int, read float64) result.Trial {
	t := at(mode, size, 5000)
	t.Axes["rate"] = "max"
	t.Cell += ",rate=max"
	t.DuePerS, t.Sustained, t.Saturated = nil, nil, true
	t.SentPerS, t.Throughput.ReadPerS, t.Window.Handed = read, &read, int64(10*read)
	return t
}

func changed(t result.Trial, change func(*result.Trial)) result.Trial {
	change(&t)
	return t
}

func TestAnswer(t *testing.T) {
	broke := func(t *result.Trial) { t.Guarantee.Verdict = result.Broken }
	missed := func(t *result.Trial) { t.Sustained = ptr(false) }
	for name, c := range map[string]struct {
		trials []result.Trial
		want   string
	}{
		"nothing": {nil, "No trial finished: there is nothing to report."},
		"one cost": {
			[]result.Trial{at("at-least-once", 0, 5200), at("transactional", 100, 101000)},
			"At 1,000 msg/s transactional (100 per transaction) adds 95.8 ms to e2e p50 over at-least-once (5.20 → 101 ms); the guarantee held in all 2 trials.",
		},
		"a gain": {
			[]result.Trial{at("at-least-once", 0, 5200), at("transactional", 100, 4200)},
			"At 1,000 msg/s transactional (100 per transaction) takes 1.00 ms off e2e p50 over at-least-once (5.20 → 4.20 ms); the guarantee held in all 2 trials.",
		},
		"a range with a gain": {
			[]result.Trial{at("at-least-once", 0, 5200), at("transactional", 1, 4200), at("transactional", 100, 105200)},
			"At 1,000 msg/s transactional changes e2e p50 over at-least-once by between −1.00 ms (1 per transaction: 5.20 → 4.20 ms) and +100 ms (100 per transaction: 5.20 → 105 ms); the guarantee held in all 3 trials.",
		},
		"throughput": {
			[]result.Trial{atMax("at-least-once", 0, 95000), atMax("transactional", 100, 25000)},
			"At max transactional (100 per transaction) reads 74% less than at-least-once (95,000 → 25,000 msg/s); the guarantee held in all 2 trials.",
		},
		"no reference": {
			[]result.Trial{at("transactional", 100, 101000)},
			"Transactional (100 per transaction): read 1,000 msg/s, e2e p50 101 ms (no cost without the reference, at-least-once); the guarantee held in the one trial.",
		},
		"the reference alone": {
			[]result.Trial{at("at-least-once", 0, 5200)},
			"At-least-once: read 1,000 msg/s, e2e p50 5.20 ms; the guarantee held in the one trial.",
		},
		"reference broken": {
			[]result.Trial{changed(at("at-least-once", 0, 5200), broke), at("transactional", 100, 101000)},
			"No cost can be stated: no figures of the reference, at-least-once, stand; the guarantee BROKE in 1 of 2 trials, whose figures are void; the guarantee held in 1 of 2 trials.",
		},
		"unsustained": {
			[]result.Trial{at("at-least-once", 0, 5200), changed(at("transactional", 1, 4e6), missed)},
			"No cost can be stated: no figures of transactional stand; the guarantee held in all 2 trials; transactional (1 per transaction) did not sustain the rate.",
		},
		"too few samples": {
			[]result.Trial{at("at-least-once", 0, 5200), changed(at("transactional", 100, 1), func(t *result.Trial) { t.LatencyUS = nil })},
			"No cost can be stated: no cell of transactional has a figure to hold against at-least-once; the guarantee held in all 2 trials.",
		},
		"unchecked": {
			[]result.Trial{changed(at("idempotent", 0, 5200), func(t *result.Trial) {
				t.Guarantee.Verdict, t.LatencyUS, t.Throughput.ReadPerS = result.Unchecked, nil, nil
			})},
			"No figures of idempotent stand (no cost without the reference, at-least-once); the guarantee went unchecked in the one trial, nothing was read.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := summarise(&result.Run{Trials: c.trials}).answer(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestMediansLeaveBrokenAndUnfinishedTrialsOut(t *testing.T) {
	trials := []result.Trial{
		at("idempotent", 0, 1000), at("idempotent", 0, 3000),
		changed(at("idempotent", 0, 9e6), func(t *result.Trial) { t.Guarantee.Verdict = result.Broken }),
		changed(at("idempotent", 0, 9e6), func(t *result.Trial) { t.Complete = false }),
	}
	c := summarise(&result.Run{Trials: trials}).cells[0]
	if got := c.Median(metric.Must("p50(e2e)")); got == nil || *got != 2000 {
		t.Errorf("got %v, want 2000", got)
	}
	if got := counted(c); got != "2 of 4" {
		t.Errorf("got %s", got)
	}
	if got := verdict(c); got != "broken 1/4" {
		t.Errorf("got %s", got)
	}
	trials[1].LatencyUS = nil
	if got := summarise(&result.Run{Trials: trials}).cells[0].Median(metric.Must("p50(e2e)")); got != nil {
		t.Errorf("got %v although one trial lacks it", *got)
	}
}

func TestReferenceSharesEveryAxisThatIsNotTheModes(t *testing.T) {
	with := func(t result.Trial, key string, v any) result.Trial {
		t.Axes[key] = v
		t.Cell += "," + key + "=" + spell(v)
		return t
	}
	trials := []result.Trial{
		with(at("at-least-once", 0, 1000), "partitions", 6.0), with(at("at-least-once", 0, 2000), "partitions", 60.0),
		with(at("transactional", 10, 4000), "partitions", 6.0), with(at("transactional", 10, 6000), "partitions", 60.0),
		with(at("transactional", 10, 7000), "partitions", 600.0),
	}
	for _, c := range summarise(&result.Run{Trials: trials}).cells {
		want := map[float64]string{6: "×4.00", 60: "×3.00"}[c.Axes["partitions"].(float64)]
		if c.Mode == "at-least-once" {
			want = ""
		}
		got := ""
		if e := c.effect(metric.Must("p50(e2e)")); e.Missing == "" {
			got = times(e.Estimate)
		}
		if got != want {
			t.Errorf("%s at %v partitions: got %q, want %q", c.Mode, c.Axes["partitions"], got, want)
		}
		if c.effect(metric.Must("read_per_s")).Missing == "" {
			t.Error("a throughput ratio at a fixed rate")
		}
	}
}

func TestProfilesNameTheReference(t *testing.T) {
	r := &result.Run{
		Profile: result.Profile{Values: map[string]result.Value{"reference": {Value: "idempotent"}}},
		Trials:  []result.Trial{at("idempotent", 0, 1000), at("transactional", 10, 4000)},
	}
	if got := summarise(r).answer(); !strings.Contains(got, "over idempotent (1.00 → 4.00 ms)") {
		t.Errorf("got %s", got)
	}
}

func TestNotesAreGivenOnceAndNameTheirCells(t *testing.T) {
	warned := func(t result.Trial, block string, warnings ...string) result.Trial {
		t.ID += block
		t.Warnings = warnings
		return t
	}
	s := summarise(&result.Run{Warnings: []string{"shared machine"}, Trials: []result.Trial{
		warned(at("at-least-once", 0, 1), "1", "slow disk"), warned(at("at-least-once", 0, 1), "2", "slow disk"),
		warned(at("transactional", 10, 1), "1", "slow disk", "made 346 of 2000 commits in 2.9ms"),
		warned(at("transactional", 10, 1), "2", "slow disk", "made 351 of 2000 commits in 3.1ms"),
		warned(at("transactional", 100, 1), "1", "16 transactions are few"), warned(at("transactional", 100, 1), "2"),
	}})
	want := []string{
		"at-least-once, transactional (10 per transaction): slow disk",
		"transactional (10 per transaction): made 346–351 of 2000 commits in 2.9ms–3.1ms",
		"transactional (100 per transaction) (1 of 2 trials): 16 transactions are few",
		"shared machine",
	}
	if len(s.notes) != len(want) {
		t.Fatalf("got %d notes, want %d", len(s.notes), len(want))
	}
	for i, n := range s.notes {
		if got := s.footnote(n); got != want[i] {
			t.Errorf("got %q, want %q", got, want[i])
		}
	}
	if got := marks(s.cells[1]); got != "¹ ²" {
		t.Errorf("marks %q", got)
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{sensible(0), "0"}, {sensible(0.021), "0.021"}, {sensible(0.85), "0.85"}, {sensible(5.21), "5.2"}, {sensible(99.9), "99.9"},
		{sensible(99.96), "100"}, {sensible(1003.4), "1,003"}, {sensible(1e18), "1e+18"}, {sensible(-4), "-4.0"},
		{whole(-0.2), "0"}, {whole(1234567), "1,234,567"}, {whole(999), "999"}, {rate(0.5), "0.50"}, {rate(2), "2"}, {rate(346.4), "346"},
		{times(1), "×1.00"}, {times(19.44), "×19.4"}, {times(120), "×120"},
		{between(0.265, 1.5), "0.27–1.50"}, {finely(0.9961), "0.996"}, {finely(1.0512), "1.05"}, {finely(0.27), "0.27"}, {finely(20), "20.0"},
		{times(0.0996), "×0.10"}, {times(0.0994), "×0.099"}, {times(0.0184), "×0.018"}, {times(0.00095), "×0.00095"}, {times(1e-300), "×0.000000000"}, {times(0), "×0.00"},
		{percent(0.254), "25%"}, {percent(0.99), "99%"}, {percent(0.9982), "99.8%"}, {percent(0.99982), "99.98%"}, {percent(1), "100%"}, {percent(-0.07), "−7%"},
		{duration(12), "12.0 µs"}, {duration(5210), "5.21 ms"}, {duration(12e6), "12.0 s"}, {durations(5210, 101000), "5.21 → 101 ms"},
		{plural(1, "node"), "1 node"}, {plural(2, "node"), "2 nodes"}, {superscript(120), "¹²⁰"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// over spreads a trial over blocks, its figures times a factor each.
func over(t result.Trial, factors ...float64) (trials []result.Trial) {
	for i, factor := range factors {
		of := t
		of.Block = i + 1
		if t.Saturated {
			of.Throughput.ReadPerS = ptr(*t.Throughput.ReadPerS * factor)
		}
		of.LatencyUS = map[string]result.Latency{}
		for name, l := range t.LatencyUS {
			l.P50 = ptr(*l.P50 * factor)
			if l.P99 != nil {
				l.P99 = ptr(*l.P99 * factor)
			}
			of.LatencyUS[name] = l
		}
		trials = append(trials, of)
	}
	return trials
}

// p99 of what a trial measures end to end.
func p99(us float64) func(*result.Trial) {
	return func(t *result.Trial) {
		l := t.LatencyUS["e2e"]
		l.P99 = &us
		t.LatencyUS["e2e"] = l
	}
}

// calm are the factors of six blocks that hardly differ.
var calm = []float64{1, 1.01, 0.99, 1.02, 0.98, 1}

// TestAnswerSaysHowSureItIs from six blocks on, and of what shows no difference says that.
func TestAnswerSaysHowSureItIs(t *testing.T) {
	wild := []float64{1.3, 0.8, 1.1, 0.7, 1.2, 0.9}
	for name, c := range map[string]struct {
		trials [][]result.Trial
		want   string
	}{
		"throughput": {
			[][]result.Trial{over(atMax("at-least-once", 0, 100_000), 1, 1, 1, 1, 1, 1), over(atMax("transactional", 100, 88_000), calm...)},
			"At max transactional (100 per transaction) reads 12% less than at-least-once (100,000 → 88,000 msg/s; 95%: 10% to 14%, 6 blocks)",
		},
		"a gain": {
			[][]result.Trial{over(atMax("at-least-once", 0, 100_000), 1, 1, 1, 1, 1, 1), over(atMax("transactional", 100, 120_000), calm...)},
			"At max transactional (100 per transaction) reads 20% more than at-least-once (100,000 → 120,000 msg/s; 95%: 18% to 22%, 6 blocks)",
		},
		"throughput too wild to tell": {
			[][]result.Trial{over(atMax("at-least-once", 0, 100_000), 1, 1, 1, 1, 1, 1), over(atMax("transactional", 100, 100_000), wild...)},
			"At max no difference in what is read shows between transactional (100 per transaction) and at-least-once (100,000 → 100,000 msg/s; 95%: −30% to 30% less, 6 blocks)",
		},
		"five blocks": {
			[][]result.Trial{over(atMax("at-least-once", 0, 100_000), 1, 1, 1, 1, 1), over(atMax("transactional", 100, 88_000), calm[:5]...)},
			"At max transactional (100 per transaction) reads 12% less than at-least-once (100,000 → 88,000 msg/s)",
		},
		"a range": {
			[][]result.Trial{
				over(atMax("at-least-once", 0, 100_000), 1, 1, 1, 1, 1, 1),
				over(atMax("transactional", 10, 20_000), calm...), over(atMax("transactional", 1000, 100_000), wild...),
			},
			"At max transactional reads up to 80% less than at-least-once (10 per transaction: 100,000 → 20,000 msg/s; 95%: 80% to 80%, 6 blocks), " +
				"and at its best no difference shows (1,000 per transaction: 100,000 → 100,000 msg/s; 95%: −30% to 30% less, 6 blocks)",
		},
		"latency": {
			[][]result.Trial{over(at("at-least-once", 0, 5000), 1, 1, 1, 1, 1, 1), over(changed(at("transactional", 100, 50_000), p99(90_000)), calm...)},
			"At 1,000 msg/s transactional (100 per transaction) adds 45.0 ms to e2e p50 over at-least-once (5.00 → 50.0 ms; 95%: 44.0 to 46.0 ms, 6 blocks)",
		},
		"latency without a difference": {
			[][]result.Trial{
				over(changed(at("at-least-once", 0, 5000), p99(9000)), 1, 1, 1, 1, 1, 1),
				over(changed(at("idempotent", 0, 5000), p99(9000)), calm...),
			},
			"At 1,000 msg/s no difference in e2e p50 shows between idempotent and at-least-once (5.00 → 5.00 ms; 95%: −0.10 to 0.10 ms, 6 blocks), " +
				"in p99 no difference shows (9.00 → 9.00 ms)",
		},
		"a range of latencies": {
			[][]result.Trial{
				over(at("at-least-once", 0, 5000), 1, 1, 1, 1, 1, 1),
				over(at("transactional", 1, 5000), calm...), over(at("transactional", 100, 50_000), calm...),
			},
			"At 1,000 msg/s transactional adds up to 45.0 ms to e2e p50 over at-least-once (100 per transaction: 5.00 → 50.0 ms; 95%: 44.0 to 46.0 ms, 6 blocks), " +
				"and at its best nothing that shows (1 per transaction: 5.00 → 5.00 ms; 95%: −0.10 to 0.10 ms, 6 blocks)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := summarise(&result.Run{Trials: slices.Concat(c.trials...)}).answer()
			if !strings.HasPrefix(got, c.want+"; the guarantee held") {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestBehindWhatLatencyCosts stands what is added at p50 and p99, with intervals, and not the ratio.
func TestBehindWhatLatencyCosts(t *testing.T) {
	steady := slices.Repeat([]float64{1}, 6)
	for name, c := range map[string]struct {
		blocks int
		want   []string
	}{
		"with intervals":     {6, []string{"at-least-once ref ref", "idempotent ~ −0.10 … +0.10 ~ −0.18 … +0.18", "transactional +45.0 +44.0 … +46.0 +81.0 +79.2 … +82.8"}},
		"from a single look": {1, []string{"at-least-once ref ref", "idempotent 0 0", "transactional +45.0 +81.0"}},
	} {
		t.Run(name, func(t *testing.T) {
			behind := summarise(&result.Run{Trials: slices.Concat(
				over(changed(at("at-least-once", 0, 5000), p99(9000)), steady[:c.blocks]...),
				over(changed(at("idempotent", 0, 5000), p99(9000)), calm[:c.blocks]...),
				over(changed(at("transactional", 100, 50_000), p99(90_000)), calm[:c.blocks]...),
			)}).behind("latency-cost")
			var heads, rows []string
			for _, h := range behind.Heads {
				heads = append(heads, h.Text)
			}
			for _, r := range behind.Rows {
				words := []string{r.Cells[0].Text}
				for _, cell := range r.Cells[len(r.Cells)-2:] {
					words = append(words, strings.TrimSpace(cell.Text+" "+cell.Small))
				}
				rows = append(rows, strings.Join(words, " "))
			}
			if want := []string{"e2e p50 − at-least-once, ms", "e2e p99 − at-least-once, ms"}; !slices.Equal(heads[len(heads)-2:], want) {
				t.Errorf("columns %q, want %q", heads, want)
			}
			if !slices.Equal(rows, c.want) {
				t.Errorf("got %q\nwant %q", rows, c.want)
			}
		})
	}
}

// TestRatiosShowOnlyWhatIsShown from six blocks on; of fewer the legend says that they may be noise.
func TestRatiosShowOnlyWhatIsShown(t *testing.T) {
	text := func(blocks int) string {
		factors := []float64{1, 1.01, 0.99, 1.02, 0.98, 1}[:blocks]
		trials := slices.Concat(over(at("at-least-once", 0, 5000), slices.Repeat([]float64{1}, blocks)...),
			over(at("idempotent", 0, 5000), factors...), over(at("transactional", 100, 50_000), factors...))
		return render(t, Text, &result.Run{Trials: trials}, Options{})
	}
	six := text(6)
	for _, part := range []string{"1,000       5.0     ~\n", "1,000      50.0 ×10.0\n", "9.80–10.2", unshownLegend} {
		if !strings.Contains(six, part) {
			t.Errorf("no %q in\n%s", part, six)
		}
	}
	five := text(5)
	for _, part := range []string{"×1.00", "×10.0", "of fewer than six blocks"} {
		if !strings.Contains(five, part) {
			t.Errorf("no %q in\n%s", part, five)
		}
	}
	if strings.Contains(five, "95%") || strings.Contains(five, "~") {
		t.Errorf("five blocks have an interval:\n%s", five)
	}
}
