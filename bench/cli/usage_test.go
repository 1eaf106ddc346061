package cli

import (
	"os"
	"path/filepath"
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
		{[]string{"run", "--client-config", filepath.Join(dir, "none.properties")}, []string{"none.properties"}},
		{[]string{"run", "--client-config", config}, []string{"ssl.truststore.location"}},
		{[]string{"run", "-b", "localhost"}, []string{"host:port"}},
		{[]string{"run", "-b", "localhost:9092", "--broker", "local"}, []string{"-b", "--broker"}},
		{[]string{"run", "--broker", "docker"}, []string{"docker", "embedded"}},
		{[]string{"run", "--nodes", "2"}, []string{"--nodes 2"}},
		{[]string{"run", "--nosuch"}, []string{"--nosuch", "--help"}},
		{[]string{"run", "a", "b"}, []string{"--help"}},
		{[]string{"run", "--progress", "loud"}, []string{"loud", "plain"}},
		{[]string{"run", "-o", "xml"}, []string{"xml", "markdown"}},
		{[]string{"run", "--timeout", "-1s"}, []string{"--timeout"}},
		{[]string{"run", "--ladder", "--mode", "transactional"}, []string{"--ladder", "at-least-once"}},
		{[]string{"run", "--linger", "0", "-X", "linger.ms=5"}, []string{"--linger", "linger.ms=5"}},
		{[]string{"run", "--resume", filepath.Join(dir, "none")}, []string{"--resume", "none", "directory"}},
		{[]string{"run", "--resume", dir}, []string{"--resume", "run.json"}},
		{[]string{"run", "quick", "--resume", dir}, []string{"--resume", "quick"}},
		{[]string{"run", "--resume", dir, "--out", "x"}, []string{"--resume", "--out x"}},
		{[]string{"run", "--resume", dir, "--ladder"}, []string{"--resume", "--ladder"}},
		{[]string{"report", filepath.Join(dir, "none")}, []string{"none"}},
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
		if cmd.Example == "" && cmd.Runnable() && cmd.Name() != "help" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for _, line := range strings.Split(cmd.Example, "\n") {
			words := strings.Fields(line)
			if len(words) == 0 {
				continue
			}
			if i := strings.Index(line, ">"); i >= 0 {
				words = strings.Fields(line[:i])
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

func TestProfilesAreListedShownAndValidated(t *testing.T) {
	list := newCommand(t)
	list.run(t, exitOK, "profiles", "list")
	for _, name := range []string{"quick", "claims", "low-rate", "high-rate", "ladder", "capacity"} {
		if !strings.Contains(list.stdout.String(), name) {
			t.Errorf("%s is not listed", name)
		}
		valid := newCommand(t)
		valid.run(t, exitOK, "profiles", "validate", name)
	}
}
