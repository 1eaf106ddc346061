package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
)

// The examples for continuous integration, which nobody runs here but their readers.
const examples = "../../scripts/ci"

// yamlExample reads one of them.
func yamlExample(t *testing.T, name string) (text string, document map[string]any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(examples, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &document); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(data), document
}

// called runs a script with a stand-in for the tool, and returns the arguments of each call.
func called(t *testing.T, script string, env ...string) (calls [][]string) {
	t.Helper()
	dir := t.TempDir()
	stand := "#!/bin/sh\nfor a; do printf '%s\\n' \"$a\"; done >>" + dir + "/calls\necho --end-- >>" + dir + "/calls\n"
	for _, tool := range []string{"kafka-eos-bench", "go", "apt-get", "gh"} {
		text := "#!/bin/sh\n"
		if tool == "kafka-eos-bench" {
			text = stand
		}
		if err := os.WriteFile(filepath.Join(dir, tool), []byte(text), 0o700); err != nil { //nolint:gosec // it is to be executed
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = dir, append([]string{"PATH=" + dir + ":" + os.Getenv("PATH")}, env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, script, text)
	}
	said, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	for call := range strings.SplitSeq(strings.TrimSuffix(string(said), "--end--\n"), "--end--\n") {
		calls = append(calls, strings.Split(strings.TrimSuffix(call, "\n"), "\n"))
	}
	return calls
}

// understood holds a call against the command's flags and arguments, and its rules' forms against those there are.
func understood(t *testing.T, args []string) {
	t.Helper()
	root := (&app{OS: newCommand(t).os}).root()
	target, rest, err := root.Find(args)
	if err == nil {
		err = target.ParseFlags(rest)
	}
	if err == nil {
		err = target.ValidateArgs(target.Flags().Args())
	}
	if err != nil {
		t.Errorf("%q: %v", args, err)
		return
	}
	outputs, err := target.Flags().GetStringArray(gateOutputFlag)
	if err != nil || len(outputs) == 0 {
		t.Errorf("%q has no verdicts: %v", args, err)
	}
	for _, text := range outputs {
		if _, err := parseGateOutput(text); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
	if _, err := readProfile(target.Flags().Arg(0)); err != nil {
		t.Errorf("%q: %v", args, err)
	}
}

func TestTheCompositeActionRuns(t *testing.T) {
	text, document := yamlExample(t, "action.yml")
	inputs, _ := document["inputs"].(map[string]any)
	for _, use := range regexp.MustCompile(`inputs\.([a-z-]+)`).FindAllStringSubmatch(text, -1) {
		if inputs[use[1]] == nil {
			t.Errorf("there is no input %s", use[1])
		}
	}
	runs, _ := document["runs"].(map[string]any)
	steps, _ := runs["steps"].([]any)
	var script string
	for _, s := range steps {
		step, _ := s.(map[string]any)
		if step["run"] != nil && step["shell"] != "bash" {
			t.Errorf("step %v names no shell, which a composite action has to", step["name"])
		}
		if step["name"] == "Gate" {
			script = fmt.Sprint(step["run"])
		}
	}
	if runs["using"] != "composite" || script == "" {
		t.Fatalf("no composite action with a step Gate: %v", runs)
	}
	for _, c := range []struct{ servers, inconclusive, args, want string }{
		{"", "", "", "--broker local"},
		{"broker:9092,other:9092", "warn", "-X linger.ms=0 --blocks 10", "-X linger.ms=0 --blocks 10 -b broker:9092,other:9092 --inconclusive warn"},
	} {
		calls := called(t, script, "PROFILE=release-gate", "RULES=ci/my gate.yaml", "OUT=out", "SERVERS="+c.servers, "INCONCLUSIVE="+c.inconclusive, "ARGS="+c.args)
		if len(calls) != 1 || !strings.HasSuffix(strings.Join(calls[0], " "), c.want) || !slices.Contains(calls[0], "ci/my gate.yaml") {
			t.Errorf("got %q", calls)
		}
		for _, call := range calls {
			understood(t, call)
		}
	}
}

// What the workflow hands to the action are inputs of the action, and all that it must.
func TestTheWorkflowUsesTheAction(t *testing.T) {
	_, action := yamlExample(t, "action.yml")
	inputs, _ := action["inputs"].(map[string]any)
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct {
				Uses string
				With map[string]string
			}
		}
	}
	text, _ := yamlExample(t, "github-workflow.yml")
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
		t.Fatal(err)
	}
	uses := 0
	for _, step := range workflow.Jobs["gate"].Steps {
		if !strings.HasPrefix(step.Uses, "kafka-eos-bench/kafka-eos-bench/scripts/ci@") {
			continue
		}
		uses++
		for name := range step.With {
			if inputs[name] == nil {
				t.Errorf("the action has no input %s", name)
			}
		}
		for name, of := range inputs {
			if input, _ := of.(map[string]any); input["required"] == true && step.With[name] == "" {
				t.Errorf("input %s is missing", name)
			}
		}
	}
	if uses != 1 {
		t.Errorf("the action is used %d times", uses)
	}
}

func TestTheGitLabJobRuns(t *testing.T) {
	text, _ := yamlExample(t, "gitlab-ci.yml")
	var jobs map[string]struct {
		BeforeScript []string `yaml:"before_script"`
		Script       []string
		AllowFailure struct {
			ExitCodes int `yaml:"exit_codes"`
		} `yaml:"allow_failure"`
		Artifacts struct{ Reports struct{ Junit string } }
	}
	if err := yaml.Unmarshal([]byte(text), &jobs); err != nil {
		t.Fatal(err)
	}
	job := jobs["kafka gate"]
	calls := called(t, strings.Join(slices.Concat(job.BeforeScript, job.Script), "\n"))
	if len(calls) != 1 || !slices.Contains(calls[0], "junit="+job.Artifacts.Reports.Junit) || job.AllowFailure.ExitCodes != exitInconclusive {
		t.Errorf("got %q of %+v", calls, job)
	}
	for _, call := range calls {
		understood(t, call)
	}
}

func TestTheJenkinsStageRuns(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(examples, "Jenkinsfile"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, pair := range []string{"{}", "()", "[]"} {
		if open, closed := strings.Count(text, pair[:1]), strings.Count(text, pair[1:]); open != closed {
			t.Errorf("%d %s and %d %s", open, pair[:1], closed, pair[1:])
		}
	}
	_, rest, _ := strings.Cut(text, "'''")
	script, _, _ := strings.Cut(rest, "'''")
	calls := called(t, script, "BUILD_NUMBER=7")
	if len(calls) != 1 || !slices.Contains(calls[0], "junit=gate.xml") || !strings.Contains(text, "junit testResults: 'gate.xml'") ||
		!strings.Contains(text, fmt.Sprintf("code == %d", exitInconclusive)) {
		t.Errorf("got %q", calls)
	}
	for _, call := range calls {
		understood(t, call)
	}
}

// The rules and commands that the documents show are ones that the tool takes.
func TestDocumentedGatesAreTaken(t *testing.T) {
	for _, name := range []string{"../../README.md", "../../docs/gate.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files, commands := 0, 0
		for i, block := range strings.Split(string(text), "```") {
			if i%2 == 0 {
				continue
			}
			kind, body, _ := strings.Cut(block, "\n")
			if kind == "yaml" && strings.Contains(body, "rules:") {
				files++
				if _, err := gate.ParseFile(name, []byte(body)); err != nil {
					t.Error(err)
				}
			}
			for line := range strings.Lines(body) {
				args, found := strings.CutPrefix(line, "$ kafka-eos-bench ")
				if !found || !strings.Contains(line, "--gate") {
					continue
				}
				commands++
				target, rest, err := (&app{OS: newCommand(t).os}).root().Find(wordsOf(args))
				if err == nil {
					err = target.ParseFlags(rest)
				}
				if err == nil {
					err = target.ValidateArgs(target.Flags().Args())
				}
				if err != nil {
					t.Errorf("%s: %s: %v", name, line, err)
				}
			}
		}
		if files == 0 || commands == 0 {
			t.Errorf("%s shows %d files of rules and %d commands", name, files, commands)
		}
	}
}
