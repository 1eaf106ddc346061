package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

type maker = func(string, int, float64, ...any) result.Trial

// climb makes the five cells of a ladder, each step adding its amount to the blocks' own levels.
func climb(of maker, size float64, levels []float64, steps [4]float64, axes ...any) [][]result.Trial {
	add := func(rungs int) []float64 {
		values := slices.Clone(levels)
		for i := range values {
			for _, s := range steps[:rungs] {
				values[i] += s
			}
		}
		return values
	}
	with := func(more ...any) []any { return append(slices.Clone(axes), more...) }
	return [][]result.Trial{
		blocks(of, "at-least-once", add(0), axes...),
		blocks(of, "idempotent", add(1), axes...),
		blocks(of, "idempotent", add(2), with("flush_every", size)...),
		blocks(of, "transactional", add(3), with("txn_size", size, "isolation", "read_uncommitted")...),
		blocks(of, "transactional", add(4), with("txn_size", size)...),
	}
}

func oneLadder(t testing.TB, r *Run) Ladder {
	t.Helper()
	ladders := r.Ladders()
	if len(ladders) != 1 {
		t.Fatalf("%d ladders", len(ladders))
	}
	return ladders[0]
}

var levels = []float64{5000, 5100, 5050, 4900, 5200, 4950, 5010}

func TestLadder(t *testing.T) {
	l := oneLadder(t, run(climb(at, 100, levels, [4]float64{10, -200, 4000, 95_000})...))
	if l.Name != "rate=1000,txn_size=100" || l.TxnSize != 100 || l.Metric.Name != "mean(e2e)" {
		t.Errorf("got %q, %d, %s", l.Name, l.TxnSize, l.Metric.Name)
	}
	want := []struct {
		name, from, to string
		us             float64
	}{
		{"sequence numbers", "mode=at-least-once", "mode=idempotent", 10},
		{"lost batching", "mode=idempotent", "mode=idempotent,flush_every=100", -200},
		{"coordinator and markers", "mode=idempotent,flush_every=100", "mode=transactional,txn_size=100,isolation=read_uncommitted", 4000},
		{"waiting for visibility", "mode=transactional,txn_size=100,isolation=read_uncommitted", "mode=transactional,txn_size=100", 95_000},
	}
	if len(l.Steps) != len(want) {
		t.Fatalf("%d steps", len(l.Steps))
	}
	for i, s := range l.Steps {
		w := want[i]
		if s.Name != w.name || s.From.Name != w.from || s.To.Name != w.to {
			t.Errorf("got %s from %s to %s", s.Name, s.From.Name, s.To.Name)
		}
		if e := s.Effect; e.Ratio || !near(e.Estimate, w.us) || !near(e.Lo, w.us) || !near(e.Hi, w.us) || e.N != 7 || !e.Shown() {
			t.Errorf("%s: got %+v", s.Name, e)
		}
	}
	if !near(l.Total.Estimate, 98_810) || l.Total.Ratio || len(l.Notes) != 0 || l.Linger != nil {
		t.Errorf("got %+v, %q", l.Total, l.Notes)
	}
}

func TestLadderAtMaxCountsTimePerRecord(t *testing.T) {
	perRecord := func(mode string, block int, us float64, axes ...any) result.Trial {
		return atMax(mode, block, 1e6/us, axes...)
	}
	l := oneLadder(t, run(climb(perRecord, 1000, []float64{10, 11, 10.5, 9.5, 12, 10}, [4]float64{0.25, 0.5, 2, 0})...))
	if l.Name != "rate=max,txn_size=1000" || l.Metric.Name != "us_per_record" {
		t.Errorf("got %q, %s", l.Name, l.Metric.Name)
	}
	for i, want := range []float64{0.25, 0.5, 2, 0} {
		if e := l.Steps[i].Effect; !near(e.Estimate, want) || e.Ratio {
			t.Errorf("%s: got %+v, want %v", l.Steps[i].Name, e, want)
		}
	}
	if !near(l.Total.Estimate, 2.75) {
		t.Errorf("got %+v", l.Total)
	}
}

func TestEachSizeAndOtherAxisHasItsLadder(t *testing.T) {
	steps := [4]float64{1, 2, 3, 4}
	var trials [][]result.Trial
	for _, partitions := range []float64{6, 48} {
		for _, size := range []float64{100, 20} {
			trials = append(trials, climb(at, size, levels, steps, "partitions", partitions)[2:]...)
		}
		trials = append(trials, climb(at, 0, levels, steps, "partitions", partitions)[:2]...)
	}
	trials = append(trials, blocks(at, "transactional", levels, "partitions", 6.0, "txn_size", 500.0)) // no control of that size
	trials = append(trials, blocks(at, "transactional", levels, "partitions", 6.0, "txn_size", 20.0, "txn_interval", "5ms"))
	var got []string
	for _, l := range run(trials...).Ladders() {
		got = append(got, l.Name)
		if !near(l.Total.Estimate, 10) {
			t.Errorf("%s: got %+v", l.Name, l.Total)
		}
	}
	want := []string{"rate=1000,partitions=6,txn_size=20", "rate=1000,partitions=6,txn_size=100",
		"rate=1000,partitions=48,txn_size=20", "rate=1000,partitions=48,txn_size=100"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestAStepThatCannotBeToldIsMissing(t *testing.T) {
	steps := [4]float64{10, 20, 30, 40}
	all := climb(at, 100, levels, steps)
	missing := func(l Ladder) (reasons []string) {
		for _, s := range l.Steps {
			reasons = append(reasons, s.Effect.Missing)
		}
		return append(reasons, l.Total.Missing)
	}
	broken := slices.Clone(all)
	broken[2] = change(slices.Clone(all[2]), 3, func(t *result.Trial) { t.Guarantee.Verdict = result.Broken })
	idle := slices.Clone(all)
	idle[4] = change(slices.Clone(all[4]), 1, func(t *result.Trial) { t.LatencyUS = nil })
	for name, c := range map[string]struct {
		trials [][]result.Trial
		want   []string
	}{
		"no flush": {slices.Delete(slices.Clone(all), 2, 3), []string{"", "the run has no cell of idempotent that flushes every 100 records",
			"the run has no cell of idempotent that flushes every 100 records", "", ""}},
		"no reference": {all[1:], []string{"the run has no cell of at-least-once", "", "", "", "the run has no cell of at-least-once"}},
		"no plain transactions": {all[:4], []string{"", "", "", "the run has no cell of transactions of 100 records, read committed",
			"the run has no cell of transactions of 100 records, read committed"}},
		"an unfit control":        {broken, []string{"", "the guarantee broke in mode=idempotent,flush_every=100", "the guarantee broke in mode=idempotent,flush_every=100", "", ""}},
		"a figure that is absent": {idle, []string{"", "", "", "not every trial has mean(e2e)", "not every trial has mean(e2e)"}},
	} {
		l := oneLadder(t, run(c.trials...))
		if got := missing(l); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q\nwant %q", name, got, c.want)
		}
		if len(l.Notes) != 0 {
			t.Errorf("%s: a sum of what is missing: %q", name, l.Notes)
		}
		if e := l.Steps[0].Effect; e.Missing == "" && !near(e.Estimate, 10) {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}

func TestNoLadderWithoutControls(t *testing.T) {
	all := climb(at, 100, levels, [4]float64{})
	for name, trials := range map[string][][]result.Trial{
		"modes only":            {all[0], all[1], all[4]},
		"a flush of no size":    {all[0], all[1], all[2]},
		"another size's flush":  {all[0], all[1], blocks(at, "idempotent", levels, "flush_every", 20.0), all[4]},
		"a flush without modes": {all[2]},
		"nothing":               nil,
	} {
		if got := run(trials...).Ladders(); len(got) != 0 {
			t.Errorf("%s: got %q", name, got[0].Name)
		}
	}
}

// TestStepsThatDoNotAddUpAreNoted: each step costs 1 ms in two blocks of ten and nothing in the others, so its centre is 0; but in eight of ten
// some step does.
func TestStepsThatDoNotAddUpAreNoted(t *testing.T) {
	all := climb(at, 100, []float64{5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000, 5000}, [4]float64{})
	for rung := 1; rung < len(all); rung++ {
		for i := range 2 * rung {
			*all[rung][i].LatencyUS["e2e"].Mean += 1000
		}
	}
	l := oneLadder(t, run(all...))
	for _, s := range l.Steps {
		if s.Effect.Estimate != 0 {
			t.Errorf("%s: got %+v", s.Name, s.Effect)
		}
	}
	want := "the steps add up to 0, outside the interval of the total, 0.5 to 1 ms: each is estimated by itself, trust the total"
	if l.Total.Estimate != 1000 || !slices.Equal(l.Notes, []string{want}) {
		t.Errorf("got %+v, %q", l.Total, l.Notes)
	}
}

func TestLinger(t *testing.T) {
	steps := [4]float64{10, -200, 4000, 95_000}
	faster := times(levels, 0.5)
	with := func(more ...[]result.Trial) *Run {
		return run(append(climb(at, 100, levels, steps, "linger", "5ms"), more...)...)
	}
	l := oneLadder(t, with(blocks(at, "at-least-once", faster, "linger", "0s")))
	if l.Linger == nil || l.Linger.Name != "no lingering" || l.Linger.From != l.Steps[0].From || l.Linger.To.Axes["linger"] != "0s" {
		t.Fatalf("got %+v", l.Linger)
	}
	if e := l.Linger.Effect; e.Ratio || !near(e.Estimate, -2512.5) || !e.Shown() {
		t.Errorf("got %+v", e)
	}
	if len(l.Notes) != 1 || !strings.Contains(l.Notes[0], "transactions can beat it at low rates") {
		t.Errorf("got %q", l.Notes)
	}
	if l.Name != "rate=1000,linger=5ms,txn_size=100" {
		t.Errorf("got %q", l.Name)
	}
	for name, r := range map[string]*Run{
		"none":                      with(),
		"another linger":            with(blocks(at, "at-least-once", faster, "linger", "1ms")),
		"another rate":              with(blocks(at, "at-least-once", faster, "linger", "0s", "rate", 5000.0)),
		"another mode":              with(blocks(at, "idempotent", faster, "linger", "0s")),
		"the ladder itself lingers": run(climb(at, 100, levels, steps, "linger", "0s")...),
		"no linger is known":        run(climb(at, 100, levels, steps)...),
	} {
		if l := oneLadder(t, r); l.Linger != nil || len(l.Notes) != 0 {
			t.Errorf("%s: got %+v, %q", name, l.Linger, l.Notes)
		}
	}
	if got := run(append(climb(at, 100, levels, steps, "linger", "5ms"), climb(at, 100, faster, steps, "linger", "0s")...)...).Ladders(); len(got) != 2 ||
		got[0].Linger != nil || got[1].Linger == nil {
		t.Errorf("a ladder for each: got %d", len(got))
	}
}

// TestLadderFindsWhatWasPutIn: with noise of blocks and trials each step's interval covers what it costs as often as it says.
func TestLadderFindsWhatWasPutIn(t *testing.T) {
	const replications = 300
	steps := [4]float64{0, 300, 1500, 4000}
	random := rand.New(rand.NewPCG(5, 6))
	covered, total := 0, 0
	for range replications {
		level := make([]float64, 10)
		for i := range level {
			level[i] = 5000 * math.Exp(0.2*random.NormFloat64())
		}
		trials := climb(at, 100, level, steps)
		for _, cell := range trials {
			for i := range cell {
				*cell[i].LatencyUS["e2e"].Mean += 200 * random.NormFloat64()
			}
		}
		l := oneLadder(t, run(trials...))
		for i, s := range l.Steps {
			if s.Effect.Lo <= steps[i] && steps[i] <= s.Effect.Hi {
				covered++
			}
		}
		if l.Total.Lo <= 5800 && 5800 <= l.Total.Hi {
			total++
		}
	}
	if share := float64(covered) / (4 * replications); share < 0.93 {
		t.Errorf("steps covered in %.1f%%", 100*share)
	}
	if share := float64(total) / replications; share < 0.91 {
		t.Errorf("totals covered in %.1f%%", 100*share)
	}
}

// TestLaddersAreNoInvention: with any cells taken away, a step has an estimate only if both of its cells are there.
func TestLaddersAreNoInvention(t *testing.T) {
	all := climb(at, 100, levels, [4]float64{10, 20, 30, 40})
	rapid.Check(t, func(t *rapid.T) {
		var kept [][]result.Trial
		for i, cell := range all {
			if rapid.Bool().Draw(t, all[i][0].Cell) {
				kept = append(kept, cell)
			}
		}
		for _, l := range run(kept...).Ladders() {
			for _, s := range append(l.Steps, Step{From: l.Steps[0].From, To: l.Steps[3].To, Effect: l.Total}) {
				there := s.From != nil && s.To != nil
				if (s.Effect.Missing == "") != there || math.IsNaN(s.Effect.Estimate) == there {
					t.Fatalf("%s: got %+v", s.Name, s.Effect)
				}
			}
		}
	})
}
