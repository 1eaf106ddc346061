package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

var (
	twoModes  = []string{"at-least-once", "transactional"}
	bothSizes = []int{100, 1000}
)

func grouped(r *result.Run) *compare.Run { return compare.New(r, "") }

// several are runs of one side that differ by what hours differ by.
func several(n int, slower float64) Side {
	s := Side{Path: "results/kafka-4.2"}
	for i := range n {
		of := made{id: "old" + string(rune('a'+i)), blocks: 2, modes: twoModes, sizes: bothSizes, slower: slower + wobble[i], hour: i}
		s.Runs = append(s.Runs, grouped(of.run()))
	}
	return s
}

func one(path string, s made) Side { return Side{path, []*compare.Run{grouped(s.run())}} }

// comparisons are those that have golden files.
func comparisons() map[string]*Comparison {
	max6 := made{id: "20261122T230000-a1b2", blocks: 6, modes: twoModes, sizes: bothSizes}
	all10 := made{id: "20261122T230000-c3d4", blocks: 10, rate: 1000, modes: []string{"at-most-once", "at-least-once", "idempotent", "transactional"}, sizes: []int{20, 100}}
	quick := made{id: "20261122T230000-e5f6", blocks: 1, rate: 1000, modes: twoModes, sizes: []int{100}}
	slower := quick
	slower.id, slower.slower = "20261122T231500-a7b8", 0.3
	newer := one("results/kafka-4.3", made{id: "new", blocks: 2, modes: twoModes, sizes: bothSizes, slower: 0.3, hour: 7})
	return map[string]*Comparison{
		"max":       CompareModes("results/a", grouped(max6.run()), nil),
		"rate":      CompareModes("results/b", grouped(all10.run()), nil),
		"one-block": CompareModes("results/c", grouped(quick.run()), nil),
		"runs-1-1":  CompareRuns([]Side{one("results/c", quick), one("results/d", slower)}, nil, nil),
		"runs-6-1":  CompareRuns([]Side{several(6, 0), newer}, nil, nil),
		"across": CompareRuns([]Side{several(6, 0), newer, one("results/kafka-5.0", made{id: "newest", blocks: 2, modes: twoModes, sizes: bothSizes[1:], hour: 8})},
			[]string{"broker version: 4.2.0 → 4.3.1", "broker version: 4.2.0 → 5.0.0"}, []metric.Metric{metric.Must("read_per_s"), metric.Must("p99(fill)")}),
		"trouble": CompareModes("results/e", grouped(troubled()), []metric.Metric{metric.Must("p99(e2e)"), metric.Must("max(hold)")}),
	}
}

// troubled holds what keeps figures from being compared: a broken guarantee, a rate not sustained, a percentile without samples, blocks cut
// short, a rate without the reference.
func troubled() *result.Run {
	s := made{id: "20261122T230000-d9e0", blocks: 6, rate: 1000, modes: []string{"at-least-once", "idempotent", "transactional"}, sizes: []int{1, 20, 100, 1000}}
	r := s.run()
	r.Warnings = append(r.Warnings, "the broker shares its 2 CPUs with the clients")
	for i := range r.Trials {
		switch t := &r.Trials[i]; {
		case t.Mode == "idempotent":
			t.Guarantee.Verdict, t.Guarantee.Reasons = result.Broken, []string{"4 acknowledged records were never read"}
		case t.Cell == "mode=transactional,txn_size=1":
			t.Sustained = new(false)
		case t.Cell == "mode=transactional,txn_size=20" && t.Block == 3:
			l := t.LatencyUS["e2e"]
			l.P99 = nil
			t.LatencyUS["e2e"] = l
		case t.Cell == "mode=transactional,txn_size=100" && t.Block > 4:
			t.Complete = false
		}
	}
	return r
}

func written(t interface {
	Helper()
	Fatal(...any)
}, format string, c *Comparison, o Options) string {
	t.Helper()
	write, err := ComparisonByName(format)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := write(&b, c, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestComparisonGolden(t *testing.T) {
	for name, c := range comparisons() {
		for _, format := range ComparisonFormats() {
			t.Run(name+"/"+format, func(t *testing.T) {
				got := written(t, format, c, Options{})
				holdAgainstGolden(t, filepath.Join("testdata", "compare", name+"."+format), got)
				if format == "text" {
					holdWidth(t, got)
				}
			})
		}
	}
}

func holdAgainstGolden(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s (go test -update writes it anew):\n%s", golden, got)
	}
}

func holdWidth(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > defaultWidth {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// row finds a cell's row of a metric.
func row(t *testing.T, c *Comparison, name, cell string) *ComparedRow {
	t.Helper()
	for _, m := range c.Metrics {
		for _, r := range m.Rows {
			if m.Name == name && r.Cell == cell {
				return r
			}
		}
	}
	t.Fatalf("no %s of %s", name, cell)
	return nil
}

func TestModesAreComparedByBlock(t *testing.T) {
	c := comparisons()["max"]
	base := row(t, c, "read_per_s", "mode=at-least-once")
	if !base.Reference || base.Effects[0] != nil || base.Figures[0].N != 6 || base.Figures[0].Lo == nil {
		t.Errorf("the reference: %+v %+v", base, base.Figures[0])
	}
	e := row(t, c, "read_per_s", "mode=transactional,txn_size=1000").Effects[0]
	if e.Kind != "ratio" || !e.Shown || e.N != 6 || *e.P != 0.03125 || *e.Lo > *e.Estimate || *e.Hi < *e.Estimate || *e.Hi > 0.85 || *e.Lo < 0.75 {
		t.Errorf("1/1.275 came out as %v, %v to %v, p %v", *e.Estimate, *e.Lo, *e.Hi, *e.P)
	}
	if e := row(t, c, "max(hold)", "mode=transactional,txn_size=100").Effects[0]; e.Kind != "difference" || *e.Estimate != 104 {
		t.Errorf("hold: %+v", e)
	}
	for _, m := range c.Metrics {
		if strings.Contains(m.Name, "e2e") {
			t.Error("latencies at max are a section of their own accord")
		}
	}
}

func TestNoThroughputRatioAtAFixedRate(t *testing.T) {
	s := made{id: "r", blocks: 6, rate: 1000, modes: twoModes, sizes: bothSizes}
	c := CompareModes("r", grouped(s.run()), []metric.Metric{metric.Must("read_per_s")})
	e := row(t, c, "read_per_s", "mode=transactional,txn_size=100").Effects[0]
	if e.Estimate != nil || e.Missing != "at a fixed rate throughput is the same by construction" {
		t.Errorf("got %+v", e)
	}
	if estimates, conclusive := c.Compared(); estimates+conclusive > 0 {
		t.Errorf("%d estimates, %d conclusive", estimates, conclusive)
	}
	if !slices.Contains(c.Notes, e.Missing) {
		t.Errorf("no note says why: %q", c.Notes)
	}
}

func TestTooLittleEvidenceShowsNothing(t *testing.T) {
	for name, want := range map[string]string{"one-block": fewBlocks, "runs-1-1": fewRuns} {
		c := comparisons()[name]
		e := row(t, c, "p50(e2e)", "mode=transactional,txn_size=100").Effects[0]
		if e.Estimate == nil || e.Shown || e.Lo != nil || e.Hi != nil || e.P != nil {
			t.Errorf("%s: %+v", name, e)
		}
		if estimates, conclusive := c.Compared(); estimates == 0 || conclusive != 0 {
			t.Errorf("%s: %d estimates, %d conclusive", name, estimates, conclusive)
		}
		if !slices.Contains(c.Notes, want) {
			t.Errorf("%s: no note says why: %q", name, c.Notes)
		}
		if text := written(t, "text", c, Options{}); !strings.Contains(text, " ~ ") && !strings.Contains(text, " ~\n") || regexp.MustCompile(`×[0-9]`).MatchString(text) {
			t.Errorf("%s shows a difference:\n%s", name, text)
		}
	}
}

func TestRunsAreTheUnitBetweenRuns(t *testing.T) {
	c := comparisons()["runs-6-1"]
	r := row(t, c, "read_per_s", "mode=at-least-once")
	if r.Figures[0].N != 6 || r.Figures[1].N != 1 || r.Figures[1].Lo != nil {
		t.Errorf("got %+v and %+v", r.Figures[0], r.Figures[1])
	}
	if e := r.Effects[0]; !e.Shown || *e.Hi >= 1 {
		t.Errorf("30%% slower is not seen: %+v", e)
	}
	same := CompareRuns([]Side{several(6, 0), one("again", made{id: "again", blocks: 2, modes: twoModes, sizes: bothSizes, hour: 9})}, nil, nil)
	if e := row(t, same, "read_per_s", "mode=at-least-once").Effects[0]; e.Shown || e.P == nil {
		t.Errorf("a run like the others differs: %+v", e)
	}
}

func TestWhatCannotBeComparedSaysWhy(t *testing.T) {
	c := comparisons()["trouble"]
	for cell, want := range map[string]string{
		"mode=idempotent":                  "the guarantee broke in mode=idempotent",
		"mode=transactional,txn_size=1":    "the rate was not sustained in mode=transactional,txn_size=1",
		"mode=transactional,txn_size=20":   "not every trial has p99(e2e)",
		"mode=transactional,txn_size=100":  fewBlocks,
		"mode=transactional,txn_size=1000": "",
	} {
		r := row(t, c, "p99(e2e)", cell)
		var notes []string
		for _, n := range r.Notes {
			notes = append(notes, c.Notes[n-1])
		}
		if want != "" && !slices.Contains(notes, want) || want == "" && len(notes) > 0 {
			t.Errorf("%s: notes %q, want %q", cell, notes, want)
		}
		if e := r.Effects[0]; e.Shown != (want == "") {
			t.Errorf("%s: %+v", cell, e)
		}
	}
	if f := row(t, c, "p99(e2e)", "mode=idempotent").Figures[0]; !f.Void || f.Median != nil {
		t.Errorf("a figure whose guarantee broke: %+v", f)
	}
}

func TestAMetricThatNoCellHasInFullIsShownAsMissing(t *testing.T) {
	r := made{id: "r", blocks: 6, rate: 1000, modes: twoModes, sizes: bothSizes}.run()
	for i := range r.Trials {
		if r.Trials[i].Block == 6 {
			r.Trials[i].RequestSpan = nil
		}
	}
	c := CompareModes("r", grouped(r), []metric.Metric{metric.Must("requests_per_record"), metric.Must("p99(init)")})
	text := written(t, "text", c, Options{})
	for _, part := range []string{"requests_per_record, requests/record, lower is better\n", "not every trial has requests_per_record", "no trial has p99(init)"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
	if r := row(t, c, "requests_per_record", "mode=at-least-once"); r.Figures[0] != nil {
		t.Errorf("a median of the trials that have it: %+v", r.Figures[0])
	}
}

func TestSidesWithoutACellInCommon(t *testing.T) {
	s := made{id: "r", blocks: 6, rate: 1000, modes: twoModes, sizes: bothSizes}
	faster := s
	faster.rate = 2000
	c := CompareRuns([]Side{one("a", s), one("b", faster)}, nil, nil)
	if estimates, _ := c.Compared(); estimates != 0 || !slices.Contains(c.Notes, "no cell is in every run: rate 1,000/s → 2,000/s") {
		t.Errorf("%d estimates, notes %q", estimates, c.Notes)
	}
}

func TestEveryFormatSaysThatSidesAreNotComparable(t *testing.T) {
	c := comparisons()["across"]
	for _, format := range ComparisonFormats() {
		text := written(t, format, c, Options{})
		if !strings.Contains(text, "broker version: 4.2.0 → 5.0.0") || format != "csv" && strings.Index(text, "broker version: 4.2.0") > strings.Index(text, "median") {
			t.Errorf("%s does not say so at its top:\n%s", format, text)
		}
	}
}

func TestComparisonCSVHasOneColumnSet(t *testing.T) {
	header := func(name string) []string {
		rows, err := csv.NewReader(strings.NewReader(written(t, "csv", comparisons()[name], Options{}))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(rows[0], func(name string) bool { return strings.HasPrefix(name, "axis_") })
	}
	if a, b := header("max"), header("runs-6-1"); !slices.Equal(a, b) {
		t.Errorf("got %v and %v", a, b)
	}
}

func TestComparisonJSONReadsBack(t *testing.T) {
	for name, c := range comparisons() {
		var got Comparison
		if err := json.Unmarshal([]byte(written(t, "json", c, Options{})), &got); err != nil {
			t.Fatal(err)
		}
		if got.Schema != ComparisonSchema || len(got.Metrics) != len(c.Metrics) || !slices.Equal(got.Notes, c.Notes) {
			t.Errorf("%s came back as %+v", name, got)
		}
	}
}

func TestComparisonColoursChangeNothingElse(t *testing.T) {
	c := comparisons()["trouble"]
	coloured := written(t, "text", c, Options{Color: true})
	if !strings.Contains(coloured, "\x1b[31m") || !strings.Contains(coloured, "\x1b[33m") {
		t.Error("a broken guarantee and an unsustained rate do not stand out")
	}
	if uncoloured(coloured) != written(t, "text", c, Options{}) {
		t.Error("the text differs without its colours")
	}
}

func TestUnknownComparisonFormat(t *testing.T) {
	_, err := ComparisonByName("xml")
	if err == nil || err.Error() != `unknown output format "xml": use one of text, json, csv, markdown` {
		t.Errorf("got %v", err)
	}
}

// An interval wider than the figure has no size worth reading.
func TestSpread(t *testing.T) {
	for want, f := range map[string]*ComparedFigure{
		"":       nil,
		"±0%":    {Median: new(5.0), Lo: new(5.0), Hi: new(5.0)},
		"±20%":   {Median: new(10.0), Lo: new(9.0), Hi: new(12.0)},
		"±100%":  {Median: new(10.0), Lo: new(9.0), Hi: new(20.0)},
		"±>100%": {Median: new(10.0), Lo: new(9.0), Hi: new(1500.0)},
	} {
		if got := new(ComparedMetric).spread(f); got != want {
			t.Errorf("%+v: %s, want %s", f, got, want)
		}
	}
}
