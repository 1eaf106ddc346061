package baseline_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/baseline"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func load(t testing.TB, path string) *result.Run {
	t.Helper()
	run, err := result.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// references are stored runs of a real Kafka: at a rate, at max, and with controls.
func references(t testing.TB) []*result.Run {
	t.Helper()
	var runs []*result.Run
	for _, name := range []string{"rate-1000", "max-sizes", "ladder"} {
		runs = append(runs, load(t, filepath.Join("..", "..", "results", "reference", name)))
	}
	return runs
}

func saved(t testing.TB, runs ...*result.Run) *baseline.Baseline {
	t.Helper()
	b, err := baseline.New("main", time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), result.Tool{Version: "v1.2.0", Commit: "abc", Go: "go1.26"}, runs)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func encoded(t testing.TB, b *baseline.Baseline) []byte {
	t.Helper()
	var doc bytes.Buffer
	if err := baseline.Encode(&doc, b); err != nil {
		t.Fatal(err)
	}
	return doc.Bytes()
}

// TestFiguresComeBackExactly saves runs of a real Kafka and reads every figure that a relative rule may need from the file as from the run.
func TestFiguresComeBackExactly(t *testing.T) {
	for _, run := range references(t) {
		b, err := baseline.Decode(encoded(t, saved(t, run)))
		if err != nil {
			t.Fatal(err)
		}
		was, now := compare.New(run, ""), b.Restore("")[0]
		if differences := compare.Differences(was, now); len(differences) > 0 {
			t.Errorf("%s: what was restored is not comparable with what it was saved from: %q", run.RunID, differences)
		}
		matches, unmatched := compare.Matches([]*compare.Run{was}, []*compare.Run{now})
		if len(unmatched) > 0 || len(matches) != len(was.Cells) {
			t.Errorf("%s: %d of %d cells match, these do not: %q", run.RunID, len(matches), len(was.Cells), unmatched)
		}
		figures := 0
		for _, m := range matches {
			for _, figure := range metric.All() {
				want, got := m.Old[0].Values(figure), m.New[0].Values(figure)
				if !baseline.Keeps(figure, m.Old[0]) {
					want = nil
				}
				if !slices.Equal(want, got) {
					t.Errorf("%s of %s: saved %v, restored %v", figure.Name, m.Old[0].Name, want, got)
				}
				figures += len(got)
			}
			if m.Old[0].AtMax() != m.New[0].AtMax() || m.Old[0].Saturated() != m.New[0].Saturated() || m.Old[0].Unsustained() != m.New[0].Unsustained() ||
				m.Old[0].Unfit() != m.New[0].Unfit() || m.Old[0].Control() != m.New[0].Control() {
				t.Errorf("%s is another kind of cell than it was", m.Old[0].Name)
			}
		}
		if figures < 100 {
			t.Errorf("%s: only %d figures were kept", run.RunID, figures)
		}
	}
}

// TestAGateSaysTheSameOfRunsAndOfTheirBaseline holds a run against others and against the file made of them.
func TestAGateSaysTheSameOfRunsAndOfTheirBaseline(t *testing.T) {
	whole := load(t, filepath.Join("..", "..", "results", "reference", "rate-1000"))
	var runs []*result.Run
	for i := range 7 { // each block as a run of its own
		run := *whole
		run.RunID, run.Trials = fmt.Sprint("run", i), nil
		run.Profile.Values = maps.Clone(whole.Profile.Values)
		run.Profile.Values["blocks"] = result.Value{Value: "1"}
		for _, trial := range whole.Trials {
			if trial.Block == 1+i%6 {
				trial.Block = 1
				run.Trials = append(run.Trials, trial)
			}
		}
		runs = append(runs, &run)
	}
	var rules []gate.Rule
	for _, text := range []string{
		"p99(e2e) <= baseline + 50% for mode=transactional", "mean(commit) <= baseline + 20%", "max(hold) <= baseline + 10", "client_cpu_us_per_record <= baseline + 30%",
		"requests_per_record <= baseline + 5%", "log_bytes_per_record <= baseline + 5%",
	} {
		r, err := gate.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	judged := func(against []*compare.Run) *gate.Judgement {
		j, err := gate.Judge(rules, compare.New(runs[6], ""), &gate.Against{Runs: against})
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	var stored []*compare.Run
	for _, r := range runs[:6] {
		stored = append(stored, compare.New(r, ""))
	}
	file, err := baseline.Decode(encoded(t, saved(t, runs[:6]...)))
	if err != nil {
		t.Fatal(err)
	}
	want, _ := json.MarshalIndent(judged(stored), "", " ")
	got, _ := json.MarshalIndent(judged(file.Restore("")), "", " ")
	if !bytes.Equal(got, want) {
		t.Errorf("of the file:\n%s\nof the runs:\n%s", got, want)
	}
	if !strings.Contains(string(got), `"outcome": "pass"`) {
		t.Errorf("nothing was decided:\n%s", got)
	}
}

func TestRunsOfOneBaselineShareTheirEnvironment(t *testing.T) {
	run := load(t, "../report/testdata/modes.json")
	later := *run
	later.RunID, later.StartedAt = "later", run.StartedAt.Add(time.Hour)
	later.Profile.Values = maps.Clone(run.Profile.Values)
	if later.Profile.Values == nil {
		later.Profile.Values = map[string]result.Value{}
	}
	later.Profile.Values["seed"] = result.Value{Value: "7", Source: "flag"}
	b := saved(t, &later, run)
	if len(b.Environments) != 1 || len(b.Configurations) != 2 || b.Runs[0].RunID != run.RunID || b.Runs[1].RunID != "later" {
		t.Errorf("got %d environments, %d configurations, the first run %s", len(b.Environments), len(b.Configurations), b.Runs[0].RunID)
	}
	again := saved(t, append([]*result.Run{}, b.Restore("")[0].Run, b.Restore("")[1].Run)...)
	if a, b := encoded(t, b), encoded(t, again); !bytes.Equal(a, b) {
		t.Errorf("a baseline of a baseline's runs differs:\n%s\n%s", a, b)
	}
}

func TestRefusals(t *testing.T) {
	fresh := func() *result.Run { return load(t, "../report/testdata/modes.json") }
	other := fresh()
	other.RunID = "other"
	for name, tc := range map[string]struct {
		change func(*result.Run)
		broken bool
		want   string
	}{
		"broken":     {func(r *result.Run) { r.Trials[0].Guarantee.Verdict = result.Broken }, true, "a guarantee broke in run "},
		"unverified": {func(r *result.Run) { r.Trials[1].Guarantee.Verdict = result.Incomplete }, false, "could not be verified to the end: measure again"},
		"cut short":  {func(r *result.Run) { r.Trials[0].Complete = false; r.Complete = false }, false, "that was cut short: let it finish: run --resume DIR"},
		"unfinished": {func(r *result.Run) { r.Complete = false }, false, "was not finished: let it finish: run --resume DIR"},
		"no trials":  {func(r *result.Run) { r.Trials = nil }, false, "was not finished"},
		"elsewhere": {func(r *result.Run) {
			for i := range r.Trials {
				r.Trials[i].Axes["rate"] = 77.0
			}
		}, false, "have no cell in common, these differ:\n  rate 77 → "},
		"fewer cells": {func(r *result.Run) {
			r.Trials = slices.DeleteFunc(r.Trials, func(t result.Trial) bool { return t.Mode == "transactional" })
		}, false, "did not measure the same cells, these are in one alone:\n  "},
		"disturbed": {func(r *result.Run) {
			for i := range r.Trials {
				r.Trials[i].Fault = new("reset")
			}
		}, false, "broke things on purpose: take one of 'run'"},
		"different": {func(r *result.Run) { r.Broker.Version, r.Machine.CPUs = new("3.9.0"), 64 }, false, "broker version: 3.9.0 → "},
	} {
		t.Run(name, func(t *testing.T) {
			run := fresh()
			tc.change(run)
			_, err := baseline.New("main", time.Now(), result.Tool{}, []*result.Run{run, other})
			refusal, ok := errors.AsType[*baseline.RefusalError](err)
			if !ok || refusal.Broken != tc.broken || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
	run := fresh()
	for want, runs := range map[string][]*result.Run{"is there twice": {run, run}, "there is no run": nil} {
		_, err := baseline.New("main", time.Now(), result.Tool{}, runs)
		if _, ok := errors.AsType[*workload.UsageError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for _, name := range []string{"", "a/b", "..", "main.json", "a b", "-x"} {
		if _, err := baseline.New(name, time.Now(), result.Tool{}, []*result.Run{fresh()}); err == nil || !strings.Contains(err.Error(), "cannot name a baseline") {
			t.Errorf("%q: got %v", name, err)
		}
	}
}

// TestSecretsNeverReachAFile gives every place that holds settings a secret that whoever made the run should have hidden.
func TestSecretsNeverReachAFile(t *testing.T) {
	run := load(t, "../report/testdata/modes.json")
	run.Profile.Values = map[string]result.Value{
		"client_config.sasl.password": {Value: "hunter2", Source: "flag"}, "client_config.ssl.key.pem": {Value: "hunter2", Source: "flag"},
		"client_config.linger.ms": {Value: "5", Source: "flag"},
	}
	run.Broker.Config = map[string]string{"ssl.keystore.password": "hunter2", "num.io.threads": "8"}
	for i := range run.Trials {
		run.Trials[i].ClientConfig.Producer = map[string]string{"sasl.password": "hunter2", "sasl.username": "hunter2"}
		run.Trials[i].Warnings = []string{"cannot log in with hunter2"}
	}
	doc := string(encoded(t, saved(t, run)))
	if strings.Contains(doc, "hunter2") {
		t.Errorf("the file holds a secret:\n%s", doc)
	}
	for _, want := range []string{`"client_config.linger.ms": "5"`, `"num.io.threads": "8"`, `"client_config.sasl.password": "[redacted]"`} {
		if !strings.Contains(doc, want) {
			t.Errorf("the file does not hold %s", want)
		}
	}
}

func TestSaveAndLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "main.json")
	b := saved(t, load(t, "../report/testdata/modes.json"))
	for range 2 { // the second replaces the first
		if err := baseline.Save(path, b); err != nil {
			t.Fatal(err)
		}
	}
	got, err := baseline.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := encoded(t, got), encoded(t, b); !bytes.Equal(a, b) {
		t.Errorf("loaded\n%s\nsaved\n%s", a, b)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("it left %v", entries)
	}
	if err := baseline.Save(filepath.Join(dir, "none", "main.json"), b); err == nil || !strings.Contains(err.Error(), "save the baseline: ") {
		t.Errorf("got %v", err)
	}
	if _, err := baseline.Load(filepath.Join(dir, "none.json")); err == nil || !strings.Contains(err.Error(), "none.json") {
		t.Errorf("got %v", err)
	}
	for doc, want := range map[string]bool{string(encoded(t, b)): true, `{"schema": "kafka-eos-bench/baseline/v9"}`: true, `{"schema": "kafka-eos-bench/run/v1"}`: false, `[]`: false, "": false} {
		if baseline.Is([]byte(doc)) != want {
			t.Errorf("%.60s: is a baseline: %v", doc, !want)
		}
	}
}

func TestTheFormIsForPeopleToo(t *testing.T) {
	doc := string(encoded(t, saved(t, load(t, "../report/testdata/modes.json"))))
	for line := range strings.Lines(doc) {
		if strings.Contains(line, `"p99(e2e)"`) && !strings.HasSuffix(strings.TrimRight(line, ",\n"), "]") {
			t.Errorf("a list takes more than one line: %s", line)
		}
	}
	if strings.Count(doc, "[\n") > strings.Count(doc, "{\n") {
		t.Errorf("there are lists of many lines:\n%s", doc)
	}
}

func TestDecodeRefuses(t *testing.T) {
	doc := string(encoded(t, saved(t, load(t, "../report/testdata/modes.json"))))
	once := func(from, to string) string {
		if !strings.Contains(doc, from) {
			t.Fatalf("the document has no %s:\n%s", from, doc)
		}
		return strings.Replace(doc, from, to, 1)
	}
	counted := regexp.MustCompile(`("committed": \[)\s*[0-9]+`)
	b := saved(t, load(t, "../report/testdata/modes.json"))
	key := b.Runs[0].Environment
	for name, tc := range map[string]struct{ doc, want string }{
		"empty":             {"", "cut short after 0 bytes"},
		"cut short":         {doc[:len(doc)/2], "cut short"},
		"two documents":     {doc + doc, "not JSON"},
		"a run":             {`{"schema": "kafka-eos-bench/run/v1"}`, `schema is "kafka-eos-bench/run/v1", this tool reads "kafka-eos-bench/baseline/v1": save the baseline again`},
		"of a later time":   {once("baseline/v1", "baseline/v9"), "baseline/v9"},
		"foreign":           {`{"runs": []}`, `no baseline of kafka-eos-bench, it has no "schema"`},
		"no object":         {`[1]`, `no baseline of kafka-eos-bench`},
		"unknown key":       {once(`"name": "main"`, `"nam": "main"`), "nam"},
		"bad name":          {once(`"name": "main"`, `"name": "../main"`), "/name"},
		"edited broker":     {once(`"replication_factor": 1`, `"replication_factor": 3`), "/environments/" + key + "': its fingerprint is "},
		"lost environment":  {once(`"environment": "`+key, `"environment": "0000`), "/runs/0/environment': there is none with the fingerprint"},
		"negative":          {once(`"p99(e2e)": [`, `"p99(e2e)": [-`), "p99(e2e)"},
		"a figure more":     {once(`"p99(e2e)": [`, `"p99(e2e)": [1, `), "entries for"},
		"no figure":         {once(`"p99(e2e)": [`, `"p99(e2)": [`), "there is no such figure"},
		"figure not kept":   {once(`"p99(e2e)": [`, `"due_per_s": [`), "no baseline keeps it"},
		"broken":            {once(`"held"`, `"broken"`), "guarantee"},
		"counts gone":       {counted.ReplaceAllString(doc, "$1 null"), "committed/0': transactions are counted in a mode that has them"},
		"a block twice":     {once(`"blocks": [1, 2`, `"blocks": [2, 2`), "block 2 comes after block 2"},
		"an unknown client": {once(`"client": {`+"\n            \"name\": \"", `"client": {`+"\n            \"name\": \"x"), "is not among the environment's"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := baseline.Decode([]byte(tc.doc))
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), ": ") {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

func TestFingerprint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "values")
		c := baseline.Configuration{Profile: "quick", Values: values}
		key := baseline.Fingerprint(c)
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var again any
		if err := json.Unmarshal(data, &again); err != nil {
			t.Fatal(err)
		}
		if got := baseline.Fingerprint(again); got != key || len(key) != 12 {
			t.Fatalf("%s as it is, %s as it is stored", key, got)
		}
		c.Values = maps.Clone(values)
		c.Values["another"] += "!"
		if baseline.Fingerprint(c) == key {
			t.Fatal("two have one fingerprint")
		}
	})
}

// FuzzDecode: what is accepted can be used and is written back as it was.
func FuzzDecode(f *testing.F) {
	doc := encoded(f, saved(f, load(f, "../report/testdata/modes.json")))
	f.Add(doc)
	f.Add(doc[:len(doc)/3])
	f.Add(bytes.Replace(doc, []byte(`"blocks": [`), []byte(`"blocks": [0, `), 1))
	f.Add([]byte(`{"schema": "kafka-eos-bench/baseline/v1", "name": "x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := baseline.Decode(data)
		if err != nil {
			return
		}
		runs := b.Restore("")
		compare.Differences(runs[0], runs...)
		compare.Matches(runs, runs)
		first := encoded(t, b)
		again, err := baseline.Decode(first)
		if err != nil {
			t.Fatalf("what was accepted is refused when written back: %v\n%s", err, first)
		}
		if second := encoded(t, again); !bytes.Equal(first, second) {
			t.Errorf("written back\n%s\nand again\n%s", first, second)
		}
	})
}
