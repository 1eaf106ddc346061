package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// example is a run of two blocks that passed through the stored form.
func example(t *testing.T) *Run {
	t.Helper()
	r, err := Load("testdata/full.json")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// started returns the example without trials, its directory, and a store for it.
func started(t *testing.T) (*Run, string, *Store) {
	t.Helper()
	r := example(t)
	r.Trials = nil
	dir := filepath.Join(t.TempDir(), "results", "run")
	s, err := Create(dir, r)
	if err != nil {
		t.Fatal(err)
	}
	return r, dir, s
}

func trialAt(t *testing.T, id string, block int, second int) *Trial {
	t.Helper()
	trial := example(t).Trials[0]
	trial.ID, trial.Cell, trial.Block = id, "linger="+id+",mode=transactional,txn_size=100", block
	trial.Axes = maps.Clone(trial.Axes)
	trial.Axes["linger"] = id
	trial.StartedAt = time.Date(2026, 11, 22, 23, 0, second, 0, time.UTC)
	return &trial
}

func ids(r *Run) (ids []string) {
	for _, t := range r.Trials {
		ids = append(ids, t.ID)
	}
	return ids
}

func TestARunIsThereBeforeItsFirstTrial(t *testing.T) {
	_, dir, _ := started(t)
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.Complete || len(r.Trials) != 0 {
		t.Errorf("complete %v with %d trials, want false and none", r.Complete, len(r.Trials))
	}
}

func TestFinishAssemblesInRunningOrder(t *testing.T) {
	run, dir, s := started(t)
	for _, trial := range []*Trial{
		trialAt(t, "b02-a", 2, 40), trialAt(t, "b01-c", 1, 10), trialAt(t, "b01-a", 1, 20), trialAt(t, "b01-b", 1, 20),
	} {
		if err := s.WriteTrial(trial); err != nil {
			t.Fatal(err)
		}
	}
	run.Warnings = append(run.Warnings, "learnt on the way")
	if err := s.Finish(4); err != nil {
		t.Fatal(err)
	}
	want := []string{"b01-c", "b01-a", "b01-b", "b02-a"}
	alone, err := Load(filepath.Join(dir, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*Run{"run.json": alone, "directory": whole, "caller": run} {
		if !r.Complete || !slices.Equal(ids(r), want) || !slices.Contains(r.Warnings, "learnt on the way") {
			t.Errorf("%s: complete %v, trials %v, warnings %q", name, r.Complete, ids(r), r.Warnings)
		}
	}
	if !reflect.DeepEqual(alone, whole) {
		t.Error("the directory and its run.json differ")
	}
}

func TestAKilledRunKeepsWhatFinished(t *testing.T) {
	_, dir, s := started(t)
	if err := s.WriteTrial(trialAt(t, "b01-a", 1, 10)); err != nil {
		t.Fatal(err)
	}
	f, err := s.TrialFile("b01-b", "hlog")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("half a line")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "trials", "b01-b.json.partial"), []byte(`{"id":`), 0o666); err != nil {
		t.Fatal(err)
	}
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.Complete || !slices.Equal(ids(r), []string{"b01-a"}) {
		t.Errorf("complete %v with %v", r.Complete, ids(r))
	}
	if err := f.Abort(); err != nil {
		t.Fatal(err)
	}
}

func TestCreateLeavesOthersAlone(t *testing.T) {
	run := example(t)
	for name, c := range map[string]struct {
		file, text string
		says       string
	}{
		"someone's files":   {"thesis.tex", "years of work", "holds no run"},
		"a foreign run":     {"run.json", `{"schema": "other"}`, "no run of ours"},
		"a damaged run":     {"run.json", `{"schema"`, "cut short"},
		"another run of us": {"run.json", string(read(t, "testdata/minimal.json")), "holds run minimal already"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, c.file)
			if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := Create(dir, run)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "--out") || !strings.Contains(err.Error(), dir) {
				t.Errorf("got %v, want %q, the directory and --out", err, c.says)
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 1 || string(read(t, path)) != c.text {
				t.Error("the directory was touched")
			}
		})
	}
	t.Run("a file in its place", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "out")
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Create(path, run); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v, want an error that names the path", err)
		}
	})
}

func TestCreateTakesItsOwnRunUpAgain(t *testing.T) {
	run, dir, s := started(t)
	if err := s.WriteTrial(trialAt(t, "b01-a", 1, 10)); err != nil {
		t.Fatal(err)
	}
	s, err := Create(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Finish(1); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(ids(run), []string{"b01-a"}) {
		t.Errorf("trials %v", ids(run))
	}
}

func TestWriteTrialRefusesWhatCouldNotBeLoaded(t *testing.T) {
	_, dir, s := started(t)
	for name, c := range map[string]struct {
		change func(*Trial)
		says   string
	}{
		"an id that leaves the directory": {func(t *Trial) { t.ID = "../b01" }, "cannot name a trial's file"},
		"an unknown verdict":              {func(t *Trial) { t.Guarantee.Verdict = "fine" }, "/guarantee/verdict"},
		"an impossible rate":              {func(t *Trial) { t.SentPerS = -1 }, "/sent_per_s"},
		"a contradiction":                 {func(t *Trial) { t.Guarantee.Sent++ }, "/guarantee/sent"},
	} {
		trial := trialAt(t, "b01-a", 1, 10)
		c.change(trial)
		if err := s.WriteTrial(trial); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
	if entries, _ := os.ReadDir(filepath.Join(dir, "trials")); len(entries) != 1 || entries[0].Name() != "b01-a.refused" {
		t.Errorf("%v were left, want what was measured under a name that nobody loads", entries)
	}
	if r, err := Load(dir); err != nil || len(r.Trials) != 0 {
		t.Errorf("loaded %v, %v", r, err)
	}
}

func TestAnEmptyTrialIsWrittenWithListsNotNulls(t *testing.T) {
	_, dir, s := started(t)
	trial := &Trial{
		ID: "b01-a", Cell: "mode=idempotent", Block: 1, Scenario: "produce", Mode: "idempotent", WindowS: 1, Saturated: true,
		Throughput: Throughput{AckedPerS: new(0.0)}, Guarantee: Guarantee{Verdict: Unchecked},
	}
	if err := s.WriteTrial(trial); err != nil {
		t.Fatal(err)
	}
	text := string(read(t, filepath.Join(dir, "trials", "b01-a.json")))
	for _, want := range []string{`"warnings": []`, `"reasons": []`, `"axes": {}`, `"latency_us": {}`, `"sustained": null`, `"read": null`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}

func TestTrialFileAppearsWhenCommitted(t *testing.T) {
	_, dir, s := started(t)
	path := filepath.Join(dir, "trials", "b01-a.hlog")
	f, err := s.TrialFile("b01-a", "hlog")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("#[log]\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there before it was committed: %v", err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := string(read(t, path)); got != "#[log]\n" {
		t.Errorf("got %q", got)
	}
	dropped, err := s.TrialFile("b01-a", "csv")
	if err != nil {
		t.Fatal(err)
	}
	if err := dropped.Abort(); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("%d files, want the committed one", len(entries))
	}
	if _, err := s.TrialFile("..", "csv"); err == nil {
		t.Error("an id that leaves the directory was accepted")
	}
}

func TestLoadNamesFileAndField(t *testing.T) {
	full := read(t, "testdata/full.json")
	for name, c := range map[string]struct {
		file string // of the run's directory
		text string
		says []string
	}{
		"truncated run":   {"run.json", string(full[:len(full)/2]), []string{"run.json", "cut short"}},
		"empty run":       {"run.json", "", []string{"run.json", "cut short after 0 bytes"}},
		"no JSON":         {"run.json", "id,mode\n1,2\n", []string{"run.json", "not JSON at byte 1"}},
		"truncated trial": {"trials/b01-a.json", `{"id": "b01-a"`, []string{"b01-a.json", "cut short"}},
		"foreign trial":   {"trials/b01-a.json", `{"name": "x"}`, []string{"b01-a.json", "missing properties"}},
		"renamed trial":   {"trials/b01-z.json", "", []string{"b01-z.json", "/id", "belongs to another file"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, dir, s := started(t)
			if err := s.WriteTrial(trialAt(t, "b01-a", 1, 10)); err != nil {
				t.Fatal(err)
			}
			path, text := filepath.Join(dir, c.file), []byte(c.text)
			if name == "renamed trial" {
				text = read(t, filepath.Join(dir, "trials", "b01-a.json"))
			}
			if err := os.WriteFile(path, text, 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := Load(dir)
			for _, want := range c.says {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q in it", err, want)
				}
			}
		})
	}
	if _, err := Load(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// finished is a complete run of two trials.
func finished(t *testing.T) (dir string) {
	t.Helper()
	_, dir, s := started(t)
	for i, id := range []string{"b01-a", "b01-b"} {
		if err := s.WriteTrial(trialAt(t, id, 1, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Finish(2); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestACompleteRunHasTheTrialsItLists(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, dir string)
		says   []string // empty: it loads
	}{
		"untouched": {func(*testing.T, string) {}, nil},
		"one deleted": {func(t *testing.T, dir string) { remove(t, filepath.Join(dir, "trials", "b01-b.json")) },
			[]string{"trials/b01-b.json is missing", "put the file back"}},
		"one added": {func(t *testing.T, dir string) { copyTrial(t, dir, "b02-c", func(t *Trial) { t.Block = 2 }) },
			[]string{"trials/b02-c.json is none of the trials", "move the file elsewhere"}},
		"one edited": {func(t *testing.T, dir string) {
			path := filepath.Join(dir, "trials", "b01-b.json")
			edit(t, path, `"read_per_s": 998.9`, `"read_per_s": 1011`)
		}, []string{"trials/b01-b.json has 1011 in '/throughput/read_per_s', where run.json has 998.9", "put it back as it was stored"}},
		"one edited in run.json": {func(t *testing.T, dir string) {
			edit(t, filepath.Join(dir, "run.json"), `"cpu_s": 0.41`, `"cpu_s": 0.04`)
		}, []string{"trials/b01-a.json has 0.41 in '/resources/cpu_s', where run.json has 0.04"}},
		"written anew": {func(t *testing.T, dir string) {
			path := filepath.Join(dir, "run.json")
			var doc any
			if err := json.Unmarshal(read(t, path), &doc); err != nil {
				t.Fatal(err)
			}
			data, err := json.Marshal(doc) // keys in another order, numbers in another form
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
		}, nil},
		"run.json alone": {func(t *testing.T, dir string) {
			remove(t, filepath.Join(dir, "trials", "b01-a.json"))
			remove(t, filepath.Join(dir, "trials", "b01-b.json"))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := finished(t)
			c.change(t, dir)
			r, err := Load(dir)
			if len(c.says) == 0 && (err != nil || !slices.Equal(ids(r), []string{"b01-a", "b01-b"})) {
				t.Errorf("got %v, %v", r, err)
			}
			for _, want := range c.says {
				if err == nil || !strings.Contains(err.Error(), filepath.FromSlash(want)) || !strings.Contains(err.Error(), dir) {
					t.Errorf("got %v, want %q and the directory", err, want)
				}
			}
		})
	}
}

// A copy under another id would count as evidence of its own.
func TestATrialIsThereOnce(t *testing.T) {
	_, dir, s := started(t)
	if err := s.WriteTrial(trialAt(t, "b01-a", 1, 1)); err != nil {
		t.Fatal(err)
	}
	copyTrial(t, dir, "b01-copy", func(*Trial) {})
	run := example(t)
	first := run.Trials[0]
	first.ID = "b01-copy"
	run.Trials = append(run.Trials, first)
	alone := filepath.Join(t.TempDir(), "run.json")
	f, err := os.Create(alone)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Encode(f, run), f.Close()); err != nil {
		t.Fatal(err)
	}
	for path, id := range map[string]string{dir: "b01-a", alone: run.Trials[0].ID} {
		_, err := Load(path)
		for _, want := range []string{path, id, "b01-copy", "in block 1", "remove the one that is a copy"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q in it", err, want)
			}
		}
	}
	if err := s.Finish(2); err == nil {
		t.Error("a run with a trial twice was finished")
	}
}

func TestItsCallerMaySayThatARunIsComplete(t *testing.T) {
	for _, complete := range []bool{true, false} {
		_, dir, s := started(t)
		early := trialAt(t, "b01-a", 1, 1)
		early.Complete, early.Sustained = false, nil
		if err := s.WriteTrial(early); err != nil {
			t.Fatal(err)
		}
		if err := s.FinishAs(complete); err != nil {
			t.Fatal(err)
		}
		if r, err := Load(dir); err != nil || r.Complete != complete || len(r.Trials) != 1 {
			t.Errorf("got %v, %v, want complete %v", r, err, complete)
		}
	}
}

// edit replaces the first of a text in a file.
func edit(t *testing.T, path, from, to string) {
	t.Helper()
	text := string(read(t, path))
	if !strings.Contains(text, from) {
		t.Fatalf("%s has no %s", path, from)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(text, from, to, 1)), 0o666); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// copyTrial stores the trial b01-a once more, under another id.
func copyTrial(t *testing.T, dir, id string, change func(*Trial)) {
	t.Helper()
	var trial Trial
	if err := json.Unmarshal(read(t, filepath.Join(dir, "trials", "b01-a.json")), &trial); err != nil {
		t.Fatal(err)
	}
	trial.ID = id
	change(&trial)
	var b bytes.Buffer
	if err := Indented(&b, &trial); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "trials", id+".json"), b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}
