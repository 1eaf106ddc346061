package report

import (
	"bytes"
	"html"
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// broken is a run of faults with every sort of ending: two blocks of three scenarios, made up.
func broken() *result.Run {
	run := made{id: "20261123T120000-f0f1", blocks: 2, rate: 2000, modes: []string{"at-least-once", "transactional"}, sizes: []int{20}}.run()
	run.Profile = result.Profile{Name: "fault", Values: map[string]result.Value{
		"mode":     {Value: "at-most-once,at-least-once,idempotent,transactional", Source: "profile"},
		"txn_size": {Value: "20,100", Source: "flag"}, "blocks": {Value: "2", Source: "flag"}, "seed": {Value: "7", Source: "flag"},
		"duration": {Value: "10s", Source: "flag"}, "ladder": {Value: "false", Source: "flag"}, "expect": {Value: "unsustained", Source: "flag"},
		"client_config.linger.ms": {Value: "1 0", Source: "flag"},
	}}
	run.Machine = result.Machine{OS: "linux", Arch: "amd64", CPU: "Some CPU", CPUs: 2, MemoryBytes: 8 << 30}
	cells := run.Trials
	run.Trials = nil
	rates := func(perS float64) *result.OutageRates { return &result.OutageRates{AckedPerS: perS, ReadPerS: perS} }
	for _, scenario := range []string{"lost-ack", "broker-restart", "zombie"} {
		for _, t := range cells {
			if scenario == "zombie" && t.Mode != "transactional" {
				continue
			}
			t.Fault, t.Cell, t.ID, t.Axes = &scenario, "fault="+scenario+","+t.Cell, t.ID+"-"+scenario, maps.Clone(t.Axes)
			t.Axes["fault"] = scenario
			t.Guarantee = result.Guarantee{Verdict: result.Held, Reasons: []string{}, Sent: 20_000, Lost: new(int64), Duplicate: new(int64)}
			t.Outage = &result.Outage{
				FromS: new(2.5), ToS: new(5.0), AckGapS: new(3.2), ReadGapS: new(float64(t.Block) / 8), RecoveryS: new(4.0 - float64(t.Block)),
				Before: rates(2000), During: rates(1500 + 10*float64(t.Block)), After: rates(2310), Figures: map[string]float64{},
				Events: []result.OutageEvent{{AtS: 2.5, What: "it breaks"}, {AtS: 3.75, What: "it breaks"}, {AtS: 5, What: "it is whole"}},
			}
			run.Trials = append(run.Trials, t)
		}
	}
	at := func(scenario, mode string, block int) *result.Trial {
		for i := range run.Trials {
			if t := &run.Trials[i]; *t.Fault == scenario && t.Mode == mode && t.Block == block {
				return t
			}
		}
		panic("no such trial")
	}
	for block := 1; block <= 2; block++ {
		t := at("lost-ack", "at-least-once", block)
		t.Guarantee.Duplicate, t.Guarantee.Reordered = new(int64(800+block)), new(int64(12))
		t.Outage.FromS, t.Outage.Before, t.Outage.RecoveryS = new(0.002), nil, nil
		t.Outage.Figures = map[string]float64{"lost_Produce": 36, "requests_Produce": 651, "lost_FindCoordinator": 1, "requests_FindCoordinator": 0}
		t = at("zombie", "transactional", block)
		t.Outage.Figures = map[string]float64{"zombies": 5, "fenced": 5}
		t.Guarantee.Verdict, t.Guarantee.Torn = result.Broken, new(int64(1))
		t.Guarantee.Reasons = []string{"a transaction is partly visible: producer 3, sequences 20 to 39, partition 2, offsets 417 to 420"}
	}
	t := at("broker-restart", "transactional", 2)
	t.Guarantee.Verdict, t.Guarantee.Lost = result.Broken, new(int64(3))
	t.Guarantee.Reasons = []string{"3 committed records were never read: producer 0, sequences 417 to 419"}
	t = at("broker-restart", "at-least-once", 2)
	t.Guarantee.Verdict, t.Guarantee.Reasons, t.Complete = result.Incomplete, []string{"the readers stopped 12 records before the end"}, false
	t = at("broker-restart", "at-least-once", 1)
	t.Outage.RecoveryS = nil
	t.Outage.Figures = map[string]float64{"elections": 2, "election_s": 0.75}
	return run
}

func TestBrokenPromisesGolden(t *testing.T) {
	for _, format := range Formats() {
		if format == "json" || format == "html" {
			continue
		}
		write, err := ByName(format)
		if err != nil {
			t.Fatal(err)
		}
		got := render(t, write, broken(), Options{Path: "results/faults"})
		holdAgainstGolden(t, filepath.Join("testdata", "faults", "broken."+format), got)
		if format == "text" {
			holdWidth(t, got)
		}
	}
}

var (
	unread   = regexp.MustCompile(`(?s)<(style|svg|script|title)[ >].*?</(style|svg|script|title)>`)
	cellEnds = regexp.MustCompile(`</t[hd]>`)
	tags     = regexp.MustCompile(`<[^>]*>`)
	blank    = regexp.MustCompile(`\n\s*\n+`)
)

// TestFaultPageGolden holds what a page says, drawings and style apart, against a golden file.
func TestFaultPageGolden(t *testing.T) {
	page := render(t, HTML, broken(), Options{Path: "results/faults"})
	if found := anyAddress.FindString(page); found != "" {
		t.Errorf("it loads something: %s", found)
	}
	holdInPageLinks(t, "faults", page)
	if n := strings.Count(page, "<svg"); n != 2 || strings.Contains(page, "<script") {
		t.Errorf("%d drawings, want the matrix in two themes, and no script", n)
	}
	for _, want := range []string{`<td class="words bad">✗ BROKEN in 1 of 2 <small>3 lost</small></td>`, `<td class="words reported">1,603 duplicated, 24 out of order`, `<td class="words open">? inconclusive`} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %s", want)
		}
	}
	text := tags.ReplaceAllString(cellEnds.ReplaceAllString(unread.ReplaceAllString(page, ""), " | "), "")
	text = blank.ReplaceAllString(html.UnescapeString(text), "\n")
	holdAgainstGolden(t, filepath.Join("testdata", "faults", "broken.page"), text)
}

func TestFaultPageKeepsStoredTextFromBecomingMarkup(t *testing.T) {
	run := broken()
	for i := range run.Trials {
		trial := &run.Trials[i]
		trial.Fault, trial.Axes["fault"], trial.Outage.Events[0].What = new(hostile+*trial.Fault), hostile, hostile
		trial.Outage.Figures[hostile] = 1
		trial.Guarantee.Reasons = append(trial.Guarantee.Reasons, hostile)
	}
	page := render(t, HTML, run, Options{})
	if !strings.Contains(page, "&lt;b id=evil&gt;") {
		t.Fatal("the hostile text is nowhere: the test tests nothing")
	}
	for _, never := range []string{"<b id=evil", "<img", "<script"} {
		if strings.Contains(page, never) {
			t.Errorf("markup came through: %s", never)
		}
	}
}

// TestRedrawNamesTheTrialAndNothingElse since a block draws by the seed and its number alone.
func TestRedrawNamesTheTrialAndNothingElse(t *testing.T) {
	run := broken()
	for _, c := range []struct {
		block int
		want  string
	}{
		{1, "kafka-eos-bench fault zombie --mode transactional --txn-size 20 --duration 10s --blocks 1 --seed 7 -X 'linger.ms=1 0' --broker local"},
		{2, "kafka-eos-bench fault zombie --mode transactional --txn-size 20 --duration 10s --blocks 2 --seed 7 -X 'linger.ms=1 0' --broker local"},
	} {
		for i := range run.Trials {
			if trial := &run.Trials[i]; *trial.Fault == "zombie" && trial.Block == c.block {
				if got := redraw(run, trial); got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
			}
		}
	}
	if got, want := redraw(run, &run.Trials[0]), "kafka-eos-bench fault lost-ack --mode at-least-once --duration 10s --blocks 1 --seed 7 -X 'linger.ms=1 0' --broker local"; got != want {
		t.Errorf("got  %s\nwant %s", got, want) // the mode by itself would refuse a size of transactions
	}
	if got, want := rerun(run), "kafka-eos-bench fault lost-ack broker-restart zombie --txn-size 20,100 --duration 10s --blocks 2 --seed 7 -X 'linger.ms=1 0' --broker local"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	run.Profile.Name, run.Profile.Values = "mine.yaml", map[string]result.Value{"blocks": {Value: "3", Source: "profile"}}
	if got, want := redraw(run, &run.Trials[0]), "kafka-eos-bench fault lost-ack --profile mine.yaml --mode at-least-once --blocks 1 --seed 1 --broker local"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A scenario that finds nothing to break in a mode shows nothing of it.
func TestNothingDoneIsNotNothingWrong(t *testing.T) {
	run := broken()
	for i := range run.Trials {
		if r := &run.Trials[i]; *r.Fault == "lost-ack" && r.Mode == "transactional" {
			r.Outage = &result.Outage{Events: []result.OutageEvent{{What: "no response is lost: with acks=0 the producer asks for none"}}, Figures: map[string]float64{}}
		}
	}
	for format, want := range map[string]string{"text": "nothing done: the scenario has nothing to break in the mode", "markdown": "| nothing done |", "html": "there was nothing to break"} {
		write, err := ByName(format)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := write(&b, run, Options{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), want) {
			t.Errorf("%s: it does not say %q:\n%s", format, want, &b)
		}
	}
}

func TestFaultsInColour(t *testing.T) {
	coloured := render(t, Text, broken(), Options{Color: true})
	if !strings.Contains(coloured, "\x1b[31mBROKEN  zombie, transactional, block 1\x1b[0m") {
		t.Error("a broken promise does not stand out")
	}
	if uncoloured(coloured) != render(t, Text, broken(), Options{}) {
		t.Error("the text differs without its colours")
	}
}

// TestManyKindsOfDamageStayNarrow whatever went wrong: each count has a line of its own.
func TestManyKindsOfDamageStayNarrow(t *testing.T) {
	run := broken()
	for i := range run.Trials {
		g := &run.Trials[i].Guarantee
		g.Lost, g.Duplicate, g.Reordered, g.AbortedRead, g.Torn = new(int64(1e6)), new(int64(2e6)), new(int64(3e6)), new(int64(4e6)), new(int64(5e6))
	}
	holdWidth(t, render(t, Text, run, Options{}))
	if md := render(t, Markdown, run, Options{}); !strings.Contains(md, "2,000,000 lost, 4,000,000 duplicated, ") {
		t.Errorf("a row of markdown was broken:\n%s", md)
	}
}
