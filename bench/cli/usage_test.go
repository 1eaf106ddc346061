package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestBadInputIsOneClearErrorBeforeAnythingRuns(t *testing.T) {
	dir := t.TempDir()
	profile := filepath.Join(dir, "typo.yaml")
	if err := os.WriteFile(profile, []byte("mode: transactional\ntxn_sise: 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "bad.properties")
	if err := os.WriteFile(config, []byte("ssl.truststore.location=/keys/trust.jks\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rules := filepath.Join(dir, "gate.yaml")
	if err := os.WriteFile(rules, []byte("rules:\n  - lost == 0\n  - p99(comit_due) < 20ms\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	atRate := madeUp(t, 8, 1000, nil)
	for _, tc := range []struct {
		args []string
		says []string
	}{
		{[]string{"run", profile}, []string{"typo.yaml:2", "txn_sise", "txn_size"}},
		{[]string{"run", "quikc"}, []string{"quikc", "quick"}},
		{[]string{"run", "--mode", "at-least-once", "--txn-size", "10"}, []string{"--txn-size", "transactional"}},
		{[]string{"run", "--mode", "exactly-once"}, []string{"exactly-once", "transactional"}},
		{[]string{"run", "-X", "acks=1"}, []string{"acks", "--mode"}},
		{[]string{"run", "-X", "linger.ms=abc"}, []string{"linger.ms"}},
		{[]string{"run", "-X", "lingerms=1"}, []string{"lingerms", "linger.ms"}},
		{[]string{"run", "-X", "linger.ms"}, []string{"-X", "key=value"}},
		{[]string{"run", "--message-size", "20"}, []string{"--message-size", "48"}},
		{[]string{"run", "--rate", "0"}, []string{"--rate"}},
		{[]string{"run", "--txn-topics", "3", "--topics", "2"}, []string{"--txn-topics", "topics"}},
		{[]string{"run", "--payload", "file:" + filepath.Join(dir, "none.txt")}, []string{"none.txt"}},
		{[]string{"run", "--client-config", filepath.Join(dir, "none.properties")}, []string{"--client-config", "none.properties: no such file", "name a file of client properties", "-X key=value"}},
		{[]string{"clean", "--client-config", filepath.Join(dir, "none.properties")}, []string{"--client-config", "none.properties", "name a file"}},
		{[]string{"run", "--out", profile}, []string{"--out", "typo.yaml is no directory", "name another"}},
		{[]string{"run", "--out", filepath.Join(profile, "deeper", "run")}, []string{"--out", "not a directory", "name another"}},
		{[]string{"capacity", "--out", filepath.Join(profile, "run")}, []string{"--out", "not a directory", "name another"}},
		{[]string{"run", "--duration", "10"}, []string{"--duration", `"10" has no unit`, "10s"}},
		{[]string{"run", "--timeout", "10"}, []string{"--timeout 10: the unit is missing: give --timeout 10ms or --timeout 10s", "--help"}},
		{[]string{"plan", "--commit-time", "fast"}, []string{"--commit-time fast: this is no duration", "200ms"}},
		{[]string{"plan", "--commit-time", "1h30"}, []string{"--commit-time 1h30: the unit is missing"}},
		{[]string{"doctor", "--duration", "3"}, []string{"--duration 3: the unit is missing", "--duration 3s"}},
		{[]string{"run", "--nodes", "three"}, []string{"--nodes three: this is no whole number", "such as 3"}},
		{[]string{"clean", "--dry-run=perhaps"}, []string{"--dry-run perhaps: give true or false"}},
		{[]string{"run", "--out"}, []string{"--out: its value is missing", "--help"}},
		{[]string{"run", "--client-config", config}, []string{"ssl.truststore.location"}},
		{[]string{"run", "-b", "localhost"}, []string{"host:port"}},
		{[]string{"run", "-b", "user:hunter2@localhost:9092"}, []string{"-b: an address is host:port", "--client-config"}},
		{[]string{"run", "-b", "localhost:9092", "--broker", "local"}, []string{"-b", "--broker"}},
		{[]string{"run", "--broker", "docker"}, []string{"docker", "embedded"}},
		{[]string{"run", "--nodes", "2"}, []string{"--nodes 2"}},
		{[]string{"run", "--nosuch"}, []string{"--nosuch", "--help"}},
		{[]string{"run", "a", "b"}, []string{"kafka-eos-bench: run takes [PROFILE], and was given a b", "as in 'kafka-eos-bench run'", "--help"}},
		{[]string{"report"}, []string{"kafka-eos-bench: report takes RUN, and RUN is missing: give a run's directory or its run.json, as in 'kafka-eos-bench report results/", "--help"}},
		{[]string{"compare"}, []string{"RUN is missing", "as in 'kafka-eos-bench compare results/"}},
		{[]string{"advise"}, []string{"RUN is missing", "as in 'kafka-eos-bench advise results/"}},
		{[]string{"plot"}, []string{"RUN is missing", "as in 'kafka-eos-bench plot results/"}},
		{[]string{"profiles", "show"}, []string{"kafka-eos-bench: profiles show takes PROFILE, and PROFILE is missing: give a built-in name or a YAML file, as in 'kafka-eos-bench profiles show quick'"}},
		{[]string{"profiles", "validate"}, []string{"PROFILE is missing: give a built-in name or a YAML file"}},
		{[]string{"profile", "list"}, []string{`unknown command "profile"`, "did you mean profiles?", "--help"}},
		{[]string{"version", "1"}, []string{`unknown command "1" for "kafka-eos-bench version"`, "--help"}},
		{[]string{"run", "--progress", "loud"}, []string{"loud", "plain"}},
		{[]string{"run", "-o", "xml"}, []string{"xml", "markdown"}},
		{[]string{"run", "--timeout", "-1s"}, []string{"--timeout"}},
		{[]string{"run", "--ladder", "--mode", "transactional"}, []string{"--ladder", "at-least-once"}},
		{[]string{"run", "--linger", "0", "-X", "linger.ms=5"}, []string{"--linger", "linger.ms=5"}},
		{[]string{"run", "--resume", filepath.Join(dir, "none")}, []string{"--resume", "none", "directory"}},
		{[]string{"run", "--resume", dir}, []string{"--resume", "run.json"}},
		{[]string{"run", "quick", "--resume", dir}, []string{"--resume", "and the profile quick: ", "leave the profile quick out, or begin a new run in another directory"}},
		{[]string{"run", "--resume", dir, "--out", "x"}, []string{"--resume", "--out x", "give one of the two"}},
		{[]string{"run", "--resume", dir, "--ladder"}, []string{"--resume", "and --ladder: a run is continued as it began: leave --ladder out, or begin a new run in another directory"}},
		{[]string{"capacity", "--resume", dir, "--min-rate", "1"}, []string{"--resume", "leave --min-rate out, or begin a new run in another directory"}},
		{[]string{"report", filepath.Join(dir, "none")}, []string{"none"}},
		{[]string{"gate"}, []string{"RUN is missing", "as in 'kafka-eos-bench gate results/"}},
		{[]string{"gate", "run.json"}, []string{"there are no rules", "--gate", "--require 'p99(commit_due) < 20ms'"}},
		{[]string{"gate", filepath.Join(dir, "none"), "--require", "lost == 0"}, []string{"none", "name a run's directory"}},
		{[]string{"gate", atRate, "--gate", filepath.Join(dir, "none.yaml")}, []string{"--gate", "none.yaml: no such file", "--require"}},
		{[]string{"gate", atRate, "--gate", rules}, []string{"gate.yaml:3: rule", "p99(comit_due)", "did you mean p99(commit_due)?"}},
		{[]string{"gate", atRate, "--require", "p99(e2e) < 20"}, []string{"--require: rule", `"20" is no bound for p99(e2e)`, "100ms"}},
		{[]string{"gate", atRate, "--require", "p99(e2e) < 1s for txn_size=20"}, []string{"--require: rule", "matches no cell", "txn_size=20"}},
		{[]string{"gate", atRate, "--require", "p99(e2e) <= baseline + 10%"}, []string{"baseline", "there is none"}},
		{[]string{"gate", atRate, "--require", "lost == 0", "--inconclusive", "ignore"}, []string{`--inconclusive "ignore": give fail or warn`}},
		{[]string{"gate", atRate, "--require", "lost == 0", "-o", "xml"}, []string{"--output xml", "junit"}},
		{[]string{"gate", atRate, "--require", "lost == 0", "-o", "gitlab"}, []string{"GitLab reads JUnit"}},
		{[]string{"gate", atRate, "--require", "lost == 0", "-o", "junit="}, []string{"give the file", "junit=gate.out"}},
		{[]string{"gate", atRate, "--require", "lost == 0", "-o", "junit=no/such/gate.xml"}, []string{"no/such is no directory"}},
		{[]string{"gate", atRate, "--require", "lost == 0", "--reference", "idempotent"}, []string{"--reference idempotent", "has no cell of it", "transactional"}},
		{[]string{"gate", atRate, "--require", "lost == 0", "--power", "-o", "junit"}, []string{"--power prints text or json"}},
		{[]string{"run", "--inconclusive", "warn"}, []string{"there are no rules"}},
		{[]string{"run", "--gate-output", "json"}, []string{"there are no rules"}},
		{[]string{"run", "--gate", rules}, []string{"gate.yaml:3: rule", "did you mean p99(commit_due)?"}},
		{[]string{"run", "--require", "lost == 0", "--gate-output", "html"}, []string{"--gate-output html", "junit"}},
		{[]string{"report", profile}, []string{"typo.yaml"}},
		{[]string{"profiles", "show", "nosuch"}, []string{"nosuch"}},
		{[]string{"broker", "up", "--nodes", "5"}, []string{"--nodes 5"}},
		{[]string{"nosuch"}, []string{"nosuch"}},
	} {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			c := newCommand(t)
			t.Chdir(t.TempDir())
			c.run(t, exitUsage, tc.args...)
			text := c.stderr.String()
			if n := strings.Count(strings.TrimSpace(text), "\n"); n != 0 {
				t.Errorf("%d lines, want one:\n%s", n+1, text)
			}
			for _, part := range tc.says {
				if !strings.Contains(text, part) {
					t.Errorf("the error does not say %q:\n%s", part, text)
				}
			}
			if left, _ := os.ReadDir("."); len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}

// TestExamplesParse holds every example of --help against the command's flags and arguments.
func TestExamplesParse(t *testing.T) {
	root := (&app{OS: newCommand(t).os}).root()
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Example == "" && cmd.Runnable() && !cmd.Hidden && cmd.Name() != "help" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for _, line := range strings.Split(cmd.Example, "\n") {
			words := wordsOf(line)
			if len(words) == 0 {
				continue
			}
			if words[0] != root.Name() {
				t.Errorf("%s: example %q does not begin with the command", cmd.CommandPath(), line)
				continue
			}
			target, rest, err := (&app{OS: newCommand(t).os}).root().Find(words[1:])
			if err != nil {
				t.Errorf("%s: example %q: %v", cmd.CommandPath(), line, err)
				continue
			}
			if err := target.ParseFlags(rest); err != nil {
				t.Errorf("%s: example %q: %v", cmd.CommandPath(), line, err)
			} else if err := target.ValidateArgs(target.Flags().Args()); err != nil {
				t.Errorf("%s: example %q: %v", cmd.CommandPath(), line, err)
			}
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// wordsOf splits a command line as a shell does, up to a comment or where its output goes.
func wordsOf(line string) (words []string) {
	for line = strings.TrimSpace(line); line != "" && !strings.ContainsRune(">|#", rune(line[0])); line = strings.TrimSpace(line) {
		var word strings.Builder
		var quote byte
		i := 0
		for ; i < len(line) && (quote != 0 || line[i] != ' '); i++ {
			switch c := line[i]; {
			case c == quote:
				quote = 0
			case quote == 0 && (c == '\'' || c == '"'):
				quote = c
			default:
				word.WriteByte(c)
			}
		}
		words, line = append(words, word.String()), line[i:]
	}
	return words
}

func TestPlanShowsSourcesCellsAndDifferences(t *testing.T) {
	c := newCommand(t)
	c.os.Env = append(c.os.Env, "KEB_PARTITIONS=3")
	c.run(t, exitOK, "plan", "--mode", "all", "--txn-size", "20,100", "--rate", "1000")
	text := c.stdout.String()
	for _, part := range []string{"partitions", "environment", "txn_size", "flag", "profile", "mode=transactional,txn_size=100"} {
		if !strings.Contains(text, part) {
			t.Errorf("the plan does not say %q:\n%s", part, text)
		}
	}
	diff := newCommand(t)
	diff.run(t, exitOK, "plan", "--mode", "idempotent,transactional", "--diff")
	if text := diff.stdout.String(); !strings.Contains(text, "transactional: false → true") || strings.Contains(text, "partitions") {
		t.Errorf("matched cells differ in more than the mode:\n%s", text)
	}
}

// Of several profiles each bad one is named, in a line of its own.
func TestEveryProfileIsValidated(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for name, text := range map[string]string{
		"typo.yaml": "mode: transactional\ntxn_sise: 5\n", "good.yaml": "mode: all\n", "twice.yaml": "rate: 5\nrate: 6\n",
		"torn.yaml": "mode: [idempotent\n", "unfit.yaml": "mode: at-least-once\nmessages: 10\nduration: 10s\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	files = append(files, "quick", "nosuch")
	slices.Sort(files)
	c := newCommand(t)
	c.run(t, exitUsage, append([]string{"profiles", "validate"}, files...)...)
	if lines := strings.Split(strings.TrimSpace(c.stdout.String()), "\n"); len(lines) != 2 || !strings.Contains(lines[0], "good.yaml: valid, 4 cells") || !strings.HasPrefix(lines[1], "quick: valid") {
		t.Errorf("stdout:\n%s", &c.stdout)
	}
	lines := strings.Split(strings.TrimSpace(c.stderr.String()), "\n")
	want := []string{"torn.yaml", "twice.yaml:2", "typo.yaml:2", "unfit.yaml", "nosuch"}
	for i, part := range want {
		if len(lines) != len(want) || !strings.Contains(lines[i], part) {
			t.Fatalf("line %d does not say %q:\n%s", i+1, part, &c.stderr)
		}
	}
}

func TestWritable(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		dir: true, filepath.Join(dir, "new"): true, filepath.Join(dir, "a", "b", "c"): true, file: false, filepath.Join(file, "below"): false,
	} {
		if err := writable(path); (err == nil) != want || err != nil && exitCode(t.Context(), err) != exitUsage {
			t.Errorf("%s: %v", path, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("it left %v", left)
	}
	locked := filepath.Join(dir, "locked")
	if err := os.Mkdir(locked, 0o500); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 { // whom permissions do not stop
		if err := writable(filepath.Join(locked, "run")); err == nil {
			t.Error("a directory that takes no files is none to write to")
		}
	}
}

func TestProfilesAreListedShownAndValidated(t *testing.T) {
	list := newCommand(t)
	list.run(t, exitOK, "profiles", "list")
	for _, name := range []string{"quick", "claims", "low-rate", "high-rate", "ladder", "capacity", "release-gate"} {
		if !strings.Contains(list.stdout.String(), name) {
			t.Errorf("%s is not listed", name)
		}
		valid := newCommand(t)
		valid.run(t, exitOK, "profiles", "validate", name)
	}
}
