package gate

import (
	"errors"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func TestParseFile(t *testing.T) {
	rules, err := ParseFile("gate.yaml", []byte(`# what a release must keep
rules:
  - p99(commit_due) < 20ms
  - cost(read_per_s) < 15% for mode=transactional
  - name: freshness
    rule: p99(e2e) <= baseline + 10%
    scope: {mode: transactional, txn_size: 100, txn_interval: 1000ms}
  - rule: lost == 0
    scope: mode=idempotent, rate=20k
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ name, where, text string }{
		{"", "gate.yaml:3", "p99(commit_due) < 20ms"},
		{"", "gate.yaml:4", "cost(read_per_s) < 15% for mode=transactional"},
		{"freshness", "gate.yaml:5", "p99(e2e) <= baseline + 10% for mode=transactional, txn_size=100, txn_interval=1s"},
		{"", "gate.yaml:8", "lost == 0 for mode=idempotent, rate=20000"},
	}
	if len(rules) != len(want) {
		t.Fatalf("got %v", rules)
	}
	for i, r := range rules {
		if r.Name != want[i].name || r.Where != want[i].where || r.String() != want[i].text {
			t.Errorf("got %q %s %s, want %v", r.Name, r.Where, r, want[i])
		}
	}
}

func TestParseFileRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "gate.yaml: there are no rules: write such as",
		"# nothing":                              "gate.yaml: there are no rules",
		"{}":                                     "gate.yaml: there are no rules",
		"- lost == 0":                            "gate.yaml:1: the file is a mapping with the key rules",
		"rules: lost == 0":                       "gate.yaml:1: rules is a list",
		"rules: []":                              "gate.yaml:1: rules is a list",
		"rules:\nrule: 1":                        "gate.yaml:1: rules is a list",
		"rule: [lost == 0]":                      `gate.yaml:1: unknown key "rule": did you mean rules?`,
		"rules: [lost == 0]\nrules: []":          `gate.yaml:2: key "rules" was given before, on line 1`,
		"rules:\n- lost == 0\n- p99(e2) < 1ms":   `gate.yaml:3: rule "p99(e2) < 1ms": "p99(e2)" is no figure of a trial: did you mean p99(e2e)?`,
		"rules:\n- [lost == 0]":                  "gate.yaml:2: a rule is a line or a mapping",
		"rules:\n- 7":                            `gate.yaml:2: rule "7": "7" compares nothing`,
		"rules:\n-":                              `gate.yaml:2: rule "": "" compares nothing`,
		"rules:\n- name: x":                      "gate.yaml:2: the entry has no rule",
		"rules:\n- mode=transactional: lost":     `gate.yaml:2: unknown key "mode=transactional": write the scope as scope: {mode: …}, or after the rule with for`,
		"rules:\n- name: x\n  rule: lost = 0":    `gate.yaml:3: rule "lost = 0": "lost = 0" compares nothing`,
		"rules:\n- rule: [a]":                    "gate.yaml:2: rule takes a plain value",
		"rules:\n- rule: lost == 0\n  name:":     "gate.yaml:3: name takes a plain value",
		"rules:\n- rule: lost == 0\n  scope:":    "gate.yaml:3: scope takes a plain value",
		"rules:\n- rule: lost == 0\n  scope: x":  `gate.yaml:3: "x" names no cells`,
		"rules:\n- rule: lost == 0\n  scope: {}": "gate.yaml:3: the scope is empty",
		"rules:\n- rule: lost == 0\n  scope:\n    mod: a":                               `gate.yaml:4: "mod" is no axis of a run: did you mean mode?`,
		"rules:\n- rule: lost == 0\n  scope:\n    mode: [a]":                            "gate.yaml:4: mode takes a plain value",
		"rules:\n- rule: lost == 0 for mode=idempotent\n  scope: {mode: transactional}": `gate.yaml:2: rule "lost == 0 for mode=idempotent" has its scope already`,
		"rules: [\n": "gate.yaml:1: not valid YAML",
		"rules: [lost == 0]\n---\nrules: [lost == 0]": "gate.yaml: more than one YAML document",
		"? [a]\n: b": "gate.yaml:1: a key must be a word",
	} {
		_, err := ParseFile("gate.yaml", []byte(text))
		if err == nil {
			t.Errorf("%q passes", text)
			continue
		}
		refused(t, err, want)
	}
}

func FuzzParseFile(f *testing.F) {
	for _, seed := range []string{
		"rules: [lost == 0]", "rules:\n- rule: p99(e2e) < 1ms\n  scope: {mode: transactional}\n", "rules: &a [*a]", "rules:\n- &r {rule: lost == 0}\n- *r\n",
		"rules:\n- {rule: lost == 0, scope: 'mode=idempotent'}", "? {}\n: x", "--- \n---\n", "rules: !!binary aGk=",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := ParseFile("g.yaml", text)
		var usage *workload.UsageError
		switch {
		case err != nil && (!errors.As(err, &usage) || usage.Where == ""):
			t.Fatalf("%q: %v", text, err)
		case err == nil && len(rules) == 0:
			t.Fatalf("%q: no rules, and no error", text)
		}
		for _, r := range rules {
			roundTrips(t, r)
			if r.Where == "" {
				t.Fatalf("%s was written nowhere", r)
			}
		}
	})
}
