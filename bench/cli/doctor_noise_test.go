package cli

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// The same is measured as both sides of a run, which is stored, and which gates take like any other.
func TestDoctorMeasuresNoise(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "noise")
	c := newCommand(t)
	c.os.Env = append(c.os.Env, "KEB_WARMUP=50ms", "KEB_MESSAGES=200")
	c.run(t, exitOK, "doctor", "--noise", "--broker", "embedded", "--rate", "max", "--blocks", "6", "--out", out, "-o", "json")
	var d diagnosis
	if err := json.Unmarshal(c.stdout.Bytes(), &d); err != nil {
		t.Fatalf("%v\n%s", err, &c.stdout)
	}
	run, err := result.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if d.Broker.Nodes != 1 || d.Noise.Run != run.RunID || d.Noise.Result != out || len(d.Noise.Figures) != 2 || d.Noise.Figures[0].Figure != "read_per_s" {
		t.Fatalf("got %s", &c.stdout)
	}
	if len(run.Trials) != 12 || run.Against == nil || len(run.Against.UnderTest) != 0 {
		t.Fatalf("it stored %d trials against %+v", len(run.Trials), run.Against)
	}
	again := newCommand(t)
	if code := Main([]string{"gate", out, "--power", "--require", "read_per_s >= baseline - 15%", "-o", "json"}, again.os); code != exitOK && code != exitInconclusive { // that so much noise takes too many blocks
		t.Fatalf("exit code %d\n%s", code, &again.stderr)
	}
	var p report.GatePower
	if err := json.Unmarshal(again.stdout.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if n := p.Needs[0]; n.Cell != "mode=transactional" || n.Noise == nil || *n.Noise != *d.Noise.Figures[0].Pairs.Noise {
		t.Errorf("got %+v, and %+v before", n, d.Noise.Figures[0].Pairs)
	}
	if said := again.stderr.String(); strings.Contains(said, "nothing of what is under test differs") {
		t.Errorf("it warns of what is meant: %s", said)
	}
}

// What the windows are too short for is said, and left out: the rest can be told.
func TestNoiseOfShortWindows(t *testing.T) {
	t.Parallel()
	c := newCommand(t)
	c.os.Env = append(c.os.Env, "KEB_WARMUP=50ms", "KEB_MESSAGES=100")
	code := Main([]string{"doctor", "--noise", "--broker", "embedded", "--rate", "1000", "--blocks", "6", "--out", filepath.Join(t.TempDir(), "noise"), "-o", "json"}, c.os)
	if code != exitOK && code != exitInconclusive { // a busy machine does not sustain the rate
		t.Fatalf("exit code %d\n%s", code, &c.stderr)
	}
	var d diagnosis
	if err := json.Unmarshal(c.stdout.Bytes(), &d); err != nil {
		t.Fatalf("%v\n%s", err, &c.stdout)
	}
	var told, left []string
	for _, f := range d.Noise.Figures {
		told = append(told, f.Figure)
	}
	for _, f := range d.Noise.LeftOut {
		left = append(left, f.Figure)
	}
	if !slices.Equal(told, []string{"p50(e2e)", "client_cpu_us_per_record"}) || !slices.Equal(left, []string{"p99(e2e)", "p50(commit)", "p99(commit_due)"}) {
		t.Errorf("told %q, left out %q", told, left)
	}
	if said := c.stderr.String(); !strings.Contains(said, "warning: p99(e2e) is left out: p99(e2e) takes 1000 records in a window, which holds about 100: raise --duration to 1s") {
		t.Errorf("it does not say so: %s", said)
	}
	c = newCommand(t)
	c.os.Env = append(c.os.Env, "KEB_READERS=0")
	c.run(t, exitUsage, "doctor", "--noise", "--broker", "embedded")
	if said := c.stderr.String(); !strings.Contains(said, "KEB_READERS=0") {
		t.Errorf("got %s", said)
	}
}

func TestNoiseAsText(t *testing.T) {
	sight := func(margin, noise, finds float64, takes int) gate.Sight {
		return gate.Sight{Margin: margin, Noise: &noise, Finds: &finds, Takes: &takes}
	}
	const cell = "mode=transactional"
	loud := sight(0.12, 0.9, 0.95, 0)
	loud.Takes, loud.Reason = nil, "not even 100 would do"
	n := &noise{Run: "r", Result: "results/noise", Figures: []gate.Repeatability{
		{Cell: cell, Figure: "p50(e2e)", Unit: "µs", Median: new(9800.0), Blocks: 10, Pairs: sight(0.12, 0.031, 0.034, 5), Bound: sight(0.14, 0.052, 0.071, 6),
			Halves: gate.Halves{Ratio: new(1.012), P: new(0.43), Passes: new(1.0), Fails: new(0.0)}},
		{Cell: cell, Figure: "p50(commit)", Unit: "µs", Median: new(2100.0), Blocks: 10, Pairs: loud, Bound: sight(0.14, 0.5, 0.6, 98),
			Halves: gate.Halves{Ratio: new(1.2), P: new(0.02), Different: new(true), Passes: new(0.05), Fails: new(0.02)}},
		{Cell: cell, Figure: "p99(e2e)", Unit: "µs", Reason: "a trial was cut short", Remedy: "measure again"},
		{Cell: cell, Figure: "p99(commit_due)", Unit: "µs", Reason: "a trial was cut short", Remedy: "measure again"},
	}}
	var b strings.Builder
	if err := n.text(&b, report.Options{Width: 100}); err != nil {
		t.Fatal(err)
	}
	const want = `
mode=transactional
                          ── baseline in the same blocks ───  ────── bound ──────  ── halves ──
figure            median  noise  finds  takes  passes  fails  noise  finds  takes  ratio      p
p50(e2e)         9.80 ms  0.031  3.40%      5    100%     0%  0.052  7.10%      6   1.01   0.43
p50(commit)      2.10 ms   0.90    95%      –      5%     2%   0.50    60%     98   1.20  0.020
p99(e2e)               –      –      –      –       –      –      –      –      –      –      –
p99(commit_due)        –      –      –      –       –      –      –      –      –      –      –

noise: standard deviation, while nothing changes, of the log-ratio of a block's two trials; for a
bound of a trial's logarithm
finds: the smallest worsening that one rule tells from none in 95% of tries, with these blocks; a
gate warns about narrower margins
takes: blocks with which a rule half-way to a worsening of 30% (docs/gate.md) passes in 80% of tries
while nothing changes, and fails in 95% once it is there
passes, fails: how often that rule does of all ways to deal the blocks' two trials out to two
releases
halves: the two trials of every block as they were measured, held against one another, and the
p-value of no difference

p50(commit) against a baseline in the same blocks: not even 100 would do

p99(e2e), p99(commit_due): a trial was cut short
  →  measure again

Against a baseline in the same blocks 10 blocks tell a worsening of 95% or more from none, in
whichever of the 2 figures. Halves that nothing sets apart are called different in 1 of 2 figures;
by chance it is one in twenty. 'gate results/noise --power --require RULE' says what a rule of yours
takes.
result: results/noise
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for line := range strings.Lines(b.String()) {
		if utf8.RuneCountInString(line) > 101 {
			t.Errorf("too wide: %s", line)
		}
	}
	void := &noise{Result: "results/noise", Figures: n.Figures[2:]}
	if got, want := void.answer(), "No figure's noise could be told."; got != want {
		t.Errorf("got %s", got)
	}
}
