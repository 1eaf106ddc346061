package gate

import (
	"math"
	"strings"
	"testing"
)

// How many blocks, or runs of a stored baseline, a rule half-way to a worsening of 30% takes, by spread: the table of docs/gate.md. 0: no number.
func TestBlocksNeeded(t *testing.T) {
	for _, c := range []struct {
		rule  string
		level float64
		runs  int
		tests int
		want  map[float64]int
	}{
		{"p99(e2e) <= baseline + 12%", 0, 0, 1, map[float64]int{0.03: 5, 0.05: 5, 0.07: 6, 0.1: 9, 0.15: 17, 0.2: 26}},
		{"p99(e2e) <= baseline + 12%", 0, 0, 5, map[float64]int{0.03: 7, 0.05: 7, 0.07: 9, 0.1: 13, 0.15: 24, 0.2: 40}},
		{"read_per_s >= baseline - 15%", 0, 0, 1, map[float64]int{0.03: 5, 0.05: 5, 0.07: 5, 0.1: 6, 0.15: 11, 0.2: 17}},
		{"p99(e2e) < 22.8ms", 20_000, 0, 1, map[float64]int{0.03: 5, 0.05: 8, 0.07: 11, 0.1: 16, 0.15: 33, 0.2: 56}},
		{"read_per_s >= 84k", 100_000, 0, 1, map[float64]int{0.03: 5, 0.05: 5, 0.07: 8, 0.1: 11, 0.15: 18, 0.2: 30}},
		{"p99(e2e) <= baseline + 12%", 0, 1, 1, map[float64]int{0.02: 6, 0.03: 6, 0.05: 0}},
		{"read_per_s >= baseline - 15%", 0, 1, 1, map[float64]int{0.02: 6, 0.03: 6, 0.05: 18, 0.07: 0}},
	} {
		for spread, want := range c.want {
			got, err := must(t, c.rule)[0].BlocksNeeded(Noise{spread, c.level}, Design{Runs: c.runs, Tests: c.tests}, Worsening)
			if got != want || (err != nil) != (want == 0) {
				t.Errorf("%s, %d tests, with a spread of %v: got %d %v, want %d", c.rule, c.tests, spread, got, err, want)
			}
		}
	}
}

// Any number from the one that is named on is enough.
func TestBlocksNeededOrMore(t *testing.T) {
	for text, level := range map[string]float64{"p99(e2e) < 22.8ms": 20_000, "p99(e2e) <= baseline + 12%": 0} {
		r := must(t, text)[0]
		for spread := 0.02; spread < 0.12; spread += 0.01 {
			for _, tests := range []int{1, 2, 3, 5} {
				n := Noise{spread, level}
				number, err := r.BlocksNeeded(n, Design{Tests: tests}, Worsening)
				if err != nil {
					t.Fatal(err)
				}
				n.Spread *= caution
				for more := number; more <= number+3*steady && more <= mostBlocks; more++ {
					d := Design{Blocks: more, Tests: tests}
					if r.Passes(n, d) < WantPass || r.Fails(n, d, Worsening) < WantFail {
						t.Errorf("%s, %d tests, with a spread of %.2f: %d are named, and %d are not enough", text, tests, spread, number, more)
					}
				}
			}
		}
	}
}

func TestBlocksNeededRefuses(t *testing.T) {
	for _, c := range []struct {
		rule  string
		noise Noise
		want  string
	}{
		{"p99(e2e) <= baseline + 30%", Noise{Spread: 0.05}, "a figure that is 30% worse still keeps the rule"},
		{"p99(e2e) < 20ms", Noise{0.05, 10_000}, "a figure that is 30% worse still keeps the rule"},
		{"p99(e2e) < 20ms", Noise{0.05, 21_000}, "what was measured, 21 ms, is not within the rule"},
		{"cost(read_per_s) < 15%", Noise{0.05, 0.2}, "what was measured, 20%, is not within the rule"},
		{"p99(e2e) <= baseline + 12%", Noise{Spread: 1}, "not even 100 would do with a spread of 1"},
		{"p99(e2e) <= baseline + 12%", Noise{}, "no spread, or no level above 0"},
		{"p99(e2e) < 20ms", Noise{Spread: 0.1, Level: -1}, "no spread, or no level above 0"},
		{"cost(max(hold)) < 100", Noise{10, 80}, ""},
	} {
		r := must(t, c.rule)[0]
		worse := Worsening
		if c.want == "" {
			worse = 50 // offsets
		}
		if n, err := r.BlocksNeeded(c.noise, Design{Tests: 1}, worse); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %d %v, want %s", c.rule, n, err, c.want)
		}
	}
	if n, err := must(t, "lost == 0")[0].BlocksNeeded(Noise{}, Design{}, Worsening); n != 1 || err != nil {
		t.Errorf("a count: %d %v", n, err)
	}
}

// The smallest change a design finds is one that it finds, and a smaller one it does not.
func TestSmallestChange(t *testing.T) {
	for _, c := range []struct {
		rule   string
		noise  Noise
		design Design
	}{
		{"p99(e2e) <= baseline + 0%", Noise{Spread: 0.1}, Design{Blocks: 10, Tests: 1}},
		{"read_per_s >= baseline - 10%", Noise{Spread: 0.1}, Design{Blocks: 10, Tests: 4}},
		{"p99(e2e) <= baseline + 10%", Noise{Spread: 0.03}, Design{Runs: 6, Tests: 1}},
		{"cost(read_per_s) < 15%", Noise{Spread: 0.1, Level: 0.05}, Design{Blocks: 20, Tests: 1}},
		{"p99(e2e) < 20ms", Noise{Spread: 0.1, Level: 18_000}, Design{Blocks: 10, Tests: 1}},
		{"read_per_s > 1k", Noise{Spread: 0.1, Level: 1200}, Design{Blocks: 10, Tests: 1}},
		{"cost(max(hold)) < 100", Noise{Spread: 10, Level: 80}, Design{Blocks: 10, Tests: 1}},
	} {
		r := must(t, c.rule)[0]
		change := r.SmallestChange(c.noise, c.design)
		if at, below := r.Fails(c.noise, c.design, change*1.001), r.Fails(c.noise, c.design, change*0.97); !(at >= WantFail && below < WantFail) {
			t.Errorf("%s: %v is found in %v, a little less in %v", c.rule, change, at, below)
		}
		t.Logf("%s: %.3f", c.rule, change)
	}
	for text, d := range map[string]Design{"p99(e2e) < 20ms": {Blocks: 4, Tests: 1}, "p99(e2e) <= baseline + 10%": {Runs: 5, Tests: 1}, "lost == 0": {Blocks: 10, Tests: 1}} {
		if change := must(t, text)[0].SmallestChange(Noise{0.1, 1}, d); !math.IsNaN(change) {
			t.Errorf("%s: got %v", text, change)
		}
	}
}

// What a verdict says of the noise is what a gate of the same rule is planned with.
func TestNoiseOfAVerdict(t *testing.T) {
	run := finished(blocks(at99, "at-least-once", around(10_000, 10, 0.1)), blocks(at99, "transactional", around(20_000, 10, 0.2)))
	j := judged(t, run, &Against{Runs: runs(milliseconds(20, 21, 22, 20, 21, 22)...)}, "p99(e2e) < 30ms for mode=transactional", "cost(p99(e2e)) < 150%", "p99(commit_due) <= baseline + 10%", "lost == 0 for mode=transactional")
	for i, level := range []float64{20_000, *j.Verdicts[1].Value, 0} {
		n, ok := j.Verdicts[i].Noise()
		if !ok || math.Abs(n.Level-level) > 1e-9*max(1, level) || !(n.Spread > 0 && n.Spread < 0.3) {
			t.Errorf("%s: %+v %v", j.Verdicts[i].Rule, n, ok)
		}
	}
	if n, ok := j.Verdicts[3].Noise(); ok {
		t.Errorf("a count: %+v", n)
	}
}

func TestWarnings(t *testing.T) {
	run := finished(blocks(at99, "at-least-once", around(10_000, 10, 0.1)), blocks(at99, "transactional", around(20_000, 10, 0.2)))
	for text, want := range map[string]string{
		"cost(p99(e2e)) < 110%":      `rule "cost(p99(e2e)) < 110%" in mode=transactional leaves room for a change of `,
		"cost(p99(e2e)) < 300%":      "",
		"cost(p99(e2e)) < 50%":       "", // fails
		"p99(e2e) < 20.1ms":          `leaves room for a change of 0.5%, and the smallest that 10 blocks can find with this noise is `,
		"p99(e2e) < 40ms":            "",
		"p99(e2e) < 15ms":            "", // fails
		"p99(e2e) <= baseline + 60%": "", // a worsening of 30% is within it
		"p99(e2e) <= baseline + 5%":  `and the smallest that 6 baseline runs can find with this noise is `,
		"lost == 0":                  "",
	} {
		rules := must(t, text+" for mode=transactional")
		j, err := Judge(rules, run, &Against{Runs: runs(milliseconds(20, 21, 22, 20, 21, 22)...)})
		if err != nil {
			t.Fatal(err)
		}
		lines := j.Warnings(rules)
		if want == "" && len(lines) > 0 || want != "" && (len(lines) != 1 || !strings.Contains(strings.ReplaceAll(lines[0], " for mode=transactional", ""), want)) {
			t.Errorf("%s: %s: got %q", text, j.Verdicts[0].text(), lines)
		}
	}
}
