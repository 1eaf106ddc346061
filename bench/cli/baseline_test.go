package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/baseline"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

func TestBaselinesAreSavedListedAndShown(t *testing.T) {
	runs := severalRuns(t, filepath.Join(t.TempDir(), "runs"), 6, 1)
	seventh := storedRun(t, filepath.Join(t.TempDir(), "seventh"), 2, nil)
	t.Chdir(t.TempDir())
	none := newCommand(t)
	none.run(t, exitOK, "baseline", "list")
	if none.stdout.String() != "" || !strings.Contains(none.stderr.String(), "baselines holds no baseline: 'kafka-eos-bench baseline save NAME RUN...' makes one") {
		t.Errorf("of an empty folder: %s%s", &none.stdout, &none.stderr)
	}

	save := newCommand(t)
	save.run(t, exitOK, "baseline", "save", "main", runs)
	path := filepath.Join("baselines", "main.json")
	if save.stdout.String() != path+"\n" || save.stderr.String() != "6 runs, 2 cells: 'gate RUN --baseline "+path+"' holds a run against it\n" {
		t.Errorf("got %s%s", &save.stdout, &save.stderr)
	}
	few := newCommand(t)
	few.run(t, exitOK, "baseline", "save", "few", filepath.Join(runs, "run0"), filepath.Join(runs, "run1"), "--dir", "elsewhere/deep")
	if !strings.Contains(few.stderr.String(), "warning: with fewer than 6 runs") {
		t.Errorf("got %s", &few.stderr)
	}

	list := newCommand(t)
	list.run(t, exitOK, "baseline", "list")
	if lines := strings.Split(strings.TrimSpace(list.stdout.String()), "\n"); len(lines) != 2 || !strings.HasPrefix(lines[1], "main ") || !strings.Contains(lines[1], "Apache Kafka 4.3.1") {
		t.Errorf("got\n%s", &list.stdout)
	}
	for _, name := range []string{"main", path} {
		show := newCommand(t)
		show.run(t, exitOK, "baseline", "show", name, "--metric", "read_per_s")
		for _, part := range []string{"baseline  main, saved ", "file      " + path, "client    librdkafka", "runs-run5", "read_per_s", "lowest", "msg/s"} {
			if !strings.Contains(show.stdout.String(), part) {
				t.Errorf("%s: it does not show %q:\n%s", name, part, &show.stdout)
			}
		}
	}

	behind := newCommand(t) // a rate that was not held makes rules inconclusive, and it is said
	behind.run(t, exitOK, "baseline", "save", "behind", madeUp(t, 6, 1000, func(r *result.Run) { r.Trials[0].Sustained = new(false) }), "--dir", "others")
	shown := newCommand(t)
	shown.run(t, exitOK, "baseline", "show", "behind", "--dir", "others")
	for said, text := range map[string]string{"stderr of save": behind.stderr.String(), "stdout of show": shown.stdout.String()} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), "the rate was not sustained: rules with the word baseline are inconclusive there") {
			t.Errorf("%s: %s", said, text)
		}
	}

	more := newCommand(t) // a file's runs and others
	more.run(t, exitOK, "baseline", "save", "main", path, seventh, "--replace")
	if b, err := baseline.Load(path); err != nil || len(b.Runs) != 7 {
		t.Errorf("%d runs, %v", len(b.Runs), err)
	}
	if left, _ := os.ReadDir("baselines"); len(left) != 1 {
		t.Errorf("it left %v", left)
	}

	if err := os.WriteFile(filepath.Join("baselines", "bad.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := newCommand(t)
	bad.run(t, exitUsage, "baseline", "list")
	if !strings.Contains(bad.stderr.String(), "bad.json") || !strings.Contains(bad.stdout.String(), "main") {
		t.Errorf("got %s%s", &bad.stdout, &bad.stderr)
	}
}

func TestBaselineRefuses(t *testing.T) {
	dir := t.TempDir()
	good := storedRun(t, filepath.Join(dir, "good"), 2, nil)
	broken := storedRun(t, filepath.Join(dir, "broken"), 2, breaks)
	elsewhere := storedRun(t, filepath.Join(dir, "elsewhere"), 2, func(r *result.Run) {
		r.Broker.Version, r.Broker.Nodes, r.Broker.Kind, r.Machine.CPUs, r.Machine.Kernel = new("3.9.0"), 5, "external", 64, "7.0"
		for i := range r.Trials {
			r.Trials[i].Client.Version = "1.9.2"
		}
	})
	unfinished := filepath.Join(dir, "unfinished")
	store, err := result.Create(unfinished, load(t, filepath.Join(good, "run.json"), "unfinished"))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.WriteTrial(&load(t, good, "unfinished").Trials[0]); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	newCommand(t).run(t, exitOK, "baseline", "save", "there", good)
	cut := filepath.Join(dir, "cut.json")
	if data, err := os.ReadFile("baselines/there.json"); err != nil || os.WriteFile(cut, data[:len(data)/2], 0o600) != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		code int
		args []string
		says []string
	}{
		"broken":         {exitBroken, []string{"save", "x", good, broken}, []string{"no baseline: a guarantee broke in run ", "1 of 2 trials"}},
		"unfinished":     {exitInconclusive, []string{"save", "x", unfinished}, []string{"run unfinished was not finished: let it finish: run --resume DIR"}},
		"different":      {exitInconclusive, []string{"save", "x", good, elsewhere}, []string{"these differ:\n  broker version: 4.3.1 → 3.9.0\n", "and 1 more", "save what differs under names of its own"}},
		"twice":          {exitUsage, []string{"save", "x", good, good}, []string{"hold the same run", "name each once"}},
		"in the file":    {exitUsage, []string{"save", "x", good, "baselines/there.json"}, []string{"hold the same run"}},
		"there already":  {exitUsage, []string{"save", "there", good}, []string{"there.json is there already: take another name, or --replace it"}},
		"bad name":       {exitUsage, []string{"save", "a/b", good}, []string{`"a/b" cannot name a baseline: take letters`}},
		"no run":         {exitUsage, []string{"save", "x"}, []string{"baseline save takes NAME RUN..., and RUN is missing: give a run's directory or its run.json"}},
		"missing run":    {exitUsage, []string{"save", "x", "nowhere"}, []string{"nowhere"}},
		"no folder":      {exitUsage, []string{"save", "x", good, "--dir", cut}, []string{"--dir", "name another folder"}},
		"cut short":      {exitUsage, []string{"show", cut}, []string{"cut.json", "cut short", "put it back as it was saved"}},
		"cut, as a run":  {exitUsage, []string{"save", "x", cut}, []string{"cut.json"}},
		"show a run":     {exitUsage, []string{"show", filepath.Join(good, "run.json")}, []string{`this tool reads "kafka-eos-bench/baseline/v1"`}},
		"show nothing":   {exitUsage, []string{"show", "nothing"}, []string{"nothing.json: there is no such baseline; known are there"}},
		"misspelt":       {exitUsage, []string{"show", "theer"}, []string{"theer.json: there is no such baseline; did you mean there?"}},
		"unknown figure": {exitUsage, []string{"show", "there", "--metric", "p99(e2)"}, []string{"--metric", "did you mean p99(e2e)?"}},
		"list no folder": {exitUsage, []string{"list", "--dir", cut}, []string{"--dir", "name another folder"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCommand(t)
			c.run(t, tc.code, append([]string{"baseline"}, tc.args...)...)
			for _, part := range tc.says {
				if !strings.Contains(c.stderr.String(), part) {
					t.Errorf("it does not say %q:\n%s", part, &c.stderr)
				}
			}
			if left, _ := os.ReadDir("baselines"); len(left) != 1 {
				t.Errorf("it left %v", left)
			}
		})
	}
}

// load reads a run, to be stored under another id.
func load(t *testing.T, path, id string) *result.Run {
	t.Helper()
	run, err := result.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	run.RunID = id
	return run
}
