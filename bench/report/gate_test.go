package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// gateFile has a rule that passes, one that fails, one that is too near its limit, one on counts and one whose percentile the run lacks.
const gateFile = `rules:
  - name: commits in time
    rule: p99(commit_due) < 20ms
  - cost(p50(e2e)) < 100% for mode=transactional
  - p50(commit_due) < 5.46ms
  - lost == 0
  - p99.9(e2e) < 1s for mode=transactional
`

func released(worse float64) *result.Run {
	return made{id: "20261122T230000-9a7e", blocks: 8, rate: 1000, modes: []string{"at-least-once", "transactional"}, sizes: []int{10}, slower: worse}.run()
}

func judged(t testing.TB, r *result.Run, counts Inconclusive, file string) *Gate {
	t.Helper()
	rules, err := gate.ParseFile("ci/gate.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Trials {
		r.Trials[i].Guarantee.Lost = new(int64(0))
	}
	run := compare.New(r, "")
	j, err := gate.Judge(rules, run, nil)
	if err != nil {
		t.Fatal(err)
	}
	return NewGate(run, rules, j, counts)
}

func broke(r *result.Run) *result.Run {
	r.Trials[3].Guarantee.Verdict, r.Trials[3].Guarantee.Reasons = result.Broken, []string{"4 acknowledged records were lost"}
	return r
}

// standIn is the run with what an embedded broker has its runs say.
func standIn(r *result.Run) *result.Run {
	r.Warnings = []string{"measured on an embedded stand-in for Kafka: its timings are not Kafka's, and they understate the cost of exactly-once"}
	return r
}

func TestGateGolden(t *testing.T) {
	gates := map[string]*Gate{
		"mixed":  judged(t, released(0), AsIs, gateFile),
		"pass":   judged(t, released(0), AsIs, "rules:\n  - p99(commit_due) < 20ms\n  - cost(p50(e2e)) < 300%\n"),
		"fail":   judged(t, released(1), AsIs, "rules:\n  - p99(commit_due) < 20ms\n"),
		"warned": judged(t, standIn(released(0)), AsWarning, "rules:\n  - p50(commit_due) < 5.46ms\n"),
		"broken": judged(t, broke(released(0)), AsIs, "rules:\n  - p99(commit_due) < 20ms\n"),
	}
	gates["fail"].UnderTest = []string{"broker version: 4.3.0 → 4.3.1"}
	for name, g := range gates {
		for _, format := range GateFormats() {
			t.Run(name+"/"+format, func(t *testing.T) {
				write, err := GateByName(format)
				if err != nil {
					t.Fatal(err)
				}
				var b bytes.Buffer
				if err := write(&b, g, Options{Path: "results/gate"}); err != nil {
					t.Fatal(err)
				}
				holdAgainstGolden(t, filepath.Join("testdata", "gate", name+"."+format), b.String())
			})
		}
	}
}

func TestGatePowerGolden(t *testing.T) {
	rules, err := gate.ParseFile("gate.yaml", []byte(gateFile))
	if err != nil {
		t.Fatal(err)
	}
	run := compare.New(released(0), "")
	j, err := gate.Judge(rules, run, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := NewGatePower(run, j.Needs(rules, run))
	var text, document bytes.Buffer
	if err := p.Text(&text, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := p.JSON(&document); err != nil {
		t.Fatal(err)
	}
	holdAgainstGolden(t, filepath.Join("testdata", "gate", "power.text"), text.String())
	holdAgainstGolden(t, filepath.Join("testdata", "gate", "power.json"), document.String())
}

func TestGateFormats(t *testing.T) {
	for name, want := range map[string]string{
		"xml":    `unknown output format "xml": use one of text, json, junit, markdown, github`,
		"gitlab": `unknown output format "gitlab": GitLab reads JUnit: write junit to a file, and name it under artifacts:reports:junit`,
	} {
		if _, err := GateByName(name); err == nil || err.Error() != want {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// The JSON form of every kind of gate is one that its schema knows, key by key.
func TestGateFollowsItsSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("schema/gate.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, worse := range []float64{0, 1} {
		for _, counts := range []Inconclusive{AsIs, AsFailure, AsWarning} {
			for _, r := range []*result.Run{released(worse), broke(released(worse))} {
				var b bytes.Buffer
				if err := gateJSON(&b, judged(t, r, counts, gateFile), Options{}); err != nil {
					t.Fatal(err)
				}
				document, err := jsonschema.UnmarshalJSON(&b)
				if err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(document); err != nil {
					t.Error(err)
				}
			}
		}
	}
	var b bytes.Buffer
	if err := gateJSON(&b, judged(t, released(0), AsIs, gateFile), Options{}); err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{`"outcome":"passed"`, `"extra":1,"outcome":"pass"`} {
		var compact bytes.Buffer
		if err := json.Compact(&compact, b.Bytes()); err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(compact.String(), `"outcome":"fail"`, broken, 1)
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(document) == nil {
			t.Errorf("%s is accepted", broken)
		}
	}
}

// What is inconclusive neither passed nor failed, unless the pipeline says which.
func TestGateJUnitOfMissingEvidence(t *testing.T) {
	for counts, want := range map[Inconclusive][3]int{AsIs: {0, 1, 0}, AsFailure: {1, 0, 0}, AsWarning: {0, 0, 1}} {
		var b bytes.Buffer
		if err := gateJUnit(&b, judged(t, released(0), counts, "rules:\n  - p50(commit_due) < 5.46ms\n"), Options{}); err != nil {
			t.Fatal(err)
		}
		s := decoded(t, b.String())
		if got := [3]int{s.Failures, s.Errors, s.Skipped}; got != want || s.Tests != 2 {
			t.Errorf("%s: %d tests, failures, errors and skipped %v, want %v", counts, s.Tests, got, want)
		}
	}
}

// The case of the guarantees passes only where every promise was shown to hold.
func TestGateJUnitOfPromises(t *testing.T) {
	last := func(change func(*result.Trial)) func(*result.Run) {
		return func(r *result.Run) { change(&r.Trials[len(r.Trials)-1]) }
	}
	for name, c := range map[string]struct {
		change func(*result.Run)
		want   string // of failure, error, skipped with the message's begin; empty: it passes
	}{
		"held":          {func(*result.Run) {}, ""},
		"unsustained":   {last(func(t *result.Trial) { t.Sustained = new(false) }), ""},
		"broken":        {func(r *result.Run) { broke(r) }, "failure "},
		"stopped":       {func(r *result.Run) { r.Complete = false }, "error mode=at-least-once: the run was not finished"},
		"cut short":     {last(func(t *result.Trial) { t.Complete = false }), "error mode=transactional,txn_size=10: a trial was cut short"},
		"unread":        {last(func(t *result.Trial) { t.Guarantee.Verdict = result.Unchecked }), "error mode=transactional,txn_size=10: nothing is read"},
		"unverified":    {last(func(t *result.Trial) { t.Guarantee.Verdict = result.Incomplete }), "error mode=transactional,txn_size=10: 1 of 8 trials could not be verified to the end"},
		"not committed": {last(func(t *result.Trial) { t.Window.Committed = 0 }), "error mode=transactional,txn_size=10: 1 of 8 trials committed nothing"},
		"not promised": {func(r *result.Run) {
			for i := range r.Trials {
				r.Trials[i].Guarantee.Verdict = result.NotPromised
			}
		}, "skipped nothing is promised"},
	} {
		t.Run(name, func(t *testing.T) {
			r := released(0)
			c.change(r)
			var b bytes.Buffer
			if err := gateJUnit(&b, judged(t, r, AsIs, "rules:\n  - p99(commit_due) < 20ms\n"), Options{}); err != nil {
				t.Fatal(err)
			}
			kept, got := decoded(t, b.String()).Cases[0], ""
			for kind, o := range map[string]*junitOutcome{"failure ": kept.Failure, "error ": kept.Error, "skipped ": kept.Skipped} {
				if o != nil {
					got += kind + o.Message
				}
			}
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A viewer that keeps a case's history by its name needs one for each rule and cell.
func TestGateJUnitNamesCasesOnce(t *testing.T) {
	var b bytes.Buffer
	if err := gateJUnit(&b, judged(t, released(0), AsIs, gateFile), Options{}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range decoded(t, b.String()).Cases {
		if seen[c.Name] {
			t.Errorf("%s is there twice", c.Name)
		}
		seen[c.Name] = true
	}
}

// Whatever a file or a rule is called, an annotation is one line, whose properties and text come back whole.
func TestAnnotationsAreOneLineEach(t *testing.T) {
	unescape := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
	rapid.Check(t, func(t *rapid.T) {
		file := rapid.StringN(1, 20, -1).Draw(t, "file")
		title, text := rapid.String().Draw(t, "title"), rapid.String().Draw(t, "text")
		line := rapid.IntRange(1, 1000).Draw(t, "line")
		var b strings.Builder
		annotate(&b, "error", fmt.Sprintf("%s:%d", file, line), title, text)
		rest, found := strings.CutPrefix(b.String(), "::error ")
		body, whole := strings.CutSuffix(rest, "\n")
		if !found || !whole || strings.ContainsAny(body, "\r\n") {
			t.Fatalf("%q is no line of its own", b.String())
		}
		properties, data, found := strings.Cut(body, "::")
		if !found || unescape.Replace(data) != printable(text) {
			t.Fatalf("%q does not say %q", body, text)
		}
		pairs := strings.Split(properties, ",")
		want := []string{"file=" + file, fmt.Sprintf("line=%d", line), "title=" + printable(title)}
		for i := range want {
			if len(pairs) != len(want) || unescape.Replace(pairs[i]) != want[i] {
				t.Fatalf("properties %q, want %q", pairs, want)
			}
		}
	})
}

func TestAnnotationsWithoutALine(t *testing.T) {
	for where, want := range map[string]string{
		"":              "::error title=t::x\n",
		"--require":     "::error title=t::x\n",
		"gate.yaml:4":   "::error file=gate.yaml,line=4,title=t::x\n",
		"gate.yaml:end": "::error title=t::x\n",
	} {
		var b strings.Builder
		if annotate(&b, "error", where, "t", "x"); b.String() != want {
			t.Errorf("%q: got %q", where, b.String())
		}
	}
}

// Text from a stored run cannot command a terminal, a page or a pipeline.
func TestGateKeepsStoredTextFromBecomingMarkup(t *testing.T) {
	r := broke(released(0))
	const evil = "x\n::error::owned\x1b[2J]]></testcase>"
	r.Trials[3].Guarantee.Reasons, r.Profile.Name, r.RunID, r.Machine.CPU = []string{evil}, evil, evil, evil
	g := judged(t, r, AsIs, gateFile)
	for _, format := range GateFormats() {
		write, err := GateByName(format)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := write(&b, g, Options{}); err != nil {
			t.Fatal(err)
		}
		if text := b.String(); strings.Contains(text, "\x1b") || strings.Contains(text, "\n::error::owned") {
			t.Errorf("%s:\n%s", format, text)
		}
		if format == "junit" && xml.Unmarshal(b.Bytes(), new(junitSuite)) != nil {
			t.Errorf("no document:\n%s", b.String())
		}
	}
}
