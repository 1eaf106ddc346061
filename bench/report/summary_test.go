package report

import (
	"strings"
	"testing"

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
	t.SentPerS, t.Throughput.ReadPerS = read, &read
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
	if got := c.median(p50("e2e")); got == nil || *got != 2000 {
		t.Errorf("got %v, want 2000", got)
	}
	if got := counted(c); got != "2 of 4" {
		t.Errorf("got %s", got)
	}
	if got := verdict(c); got != "broken 1/4" {
		t.Errorf("got %s", got)
	}
	trials[1].LatencyUS = nil
	if got := summarise(&result.Run{Trials: trials}).cells[0].median(p50("e2e")); got != nil {
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
		want := map[float64]string{6: "×4.00", 60: "×3.00"}[c.axes["partitions"].(float64)]
		if c.mode == "at-least-once" {
			want = ""
		}
		got := ""
		if v := c.latencyRatio(p50("e2e")); v != nil {
			got = times(*v)
		}
		if got != want {
			t.Errorf("%s at %v partitions: got %q, want %q", c.mode, c.axes["partitions"], got, want)
		}
		if c.throughputRatio() != nil {
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
		"shared machine",
		"at-least-once, transactional (10 per transaction): slow disk",
		"transactional (10 per transaction): made 346 of 2000 commits in 2.9ms",
		"transactional (100 per transaction) (1 of 2 trials): 16 transactions are few",
	}
	if len(s.notes) != len(want) {
		t.Fatalf("got %d notes, want %d", len(s.notes), len(want))
	}
	for i, n := range s.notes {
		if got := s.footnote(n); got != want[i] {
			t.Errorf("got %q, want %q", got, want[i])
		}
	}
	if got := marks(s.cells[1]); got != "² ³" {
		t.Errorf("marks %q", got)
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{sensible(0), "0"}, {sensible(0.021), "0.021"}, {sensible(0.85), "0.85"}, {sensible(5.21), "5.2"}, {sensible(99.9), "99.9"},
		{sensible(99.96), "100"}, {sensible(1003.4), "1,003"}, {sensible(1e18), "1e+18"}, {sensible(-4), "-4.0"},
		{whole(-0.2), "0"}, {whole(1234567), "1,234,567"}, {whole(999), "999"}, {rate(0.5), "0.50"}, {rate(2), "2"}, {rate(346.4), "346"},
		{times(1), "×1.00"}, {times(19.44), "×19.4"}, {times(120), "×120"},
		{duration(12), "12.0 µs"}, {duration(5210), "5.21 ms"}, {duration(12e6), "12.0 s"}, {durations(5210, 101000), "5.21 → 101 ms"},
		{plural(1, "node"), "1 node"}, {plural(2, "node"), "2 nodes"}, {memory(24 << 30), "24.0 GiB"}, {superscript(120), "¹²⁰"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
