package gate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// ParseFile reads the rules of a YAML document, strictly:
//
//	rules:
//	  - p99(commit_due) < 20ms
//	  - name: exactly-once stays affordable
//	    rule: cost(read_per_s) < 15%
//	    scope: {mode: transactional, txn_size: 100}
//
// A rule is a string or a mapping of rule, name and scope, the scope a mapping or the string that may follow a rule. Errors are
// *workload.UsageError and name the file and line.
func ParseFile(file string, text []byte) ([]Rule, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, &workload.UsageError{Where: file, Problem: "there are no rules", Remedy: exampleFile}
	case err != nil:
		return nil, syntaxError(file, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &workload.UsageError{Where: file, Problem: "more than one YAML document", Remedy: "keep the rules in one"}
	}
	root := resolve(document.Content[0])
	if root.Kind != yaml.MappingNode {
		return nil, &workload.UsageError{Where: place(file, root), Problem: "the file is a mapping with the key rules", Remedy: exampleFile}
	}
	var rules []Rule
	err := eachPair(file, root, []string{"rules"}, func(where, _ string, list *yaml.Node) error {
		if list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
			return &workload.UsageError{Where: where, Problem: "rules is a list", Remedy: exampleFile}
		}
		for _, item := range list.Content {
			r, err := parseItem(file, item)
			if err != nil {
				return err
			}
			rules = append(rules, r)
		}
		return nil
	})
	if err == nil && rules == nil {
		return nil, &workload.UsageError{Where: file, Problem: "there are no rules", Remedy: exampleFile}
	}
	return rules, err
}

const exampleFile = `write such as "rules:", and below it "  - p99(commit_due) < 20ms"`

// parseItem reads one entry of the list.
func parseItem(file string, item *yaml.Node) (Rule, error) {
	where := place(file, item)
	item = resolve(item)
	if item.Kind == yaml.ScalarNode {
		r, err := Parse(item.Value)
		r.Where = where
		return r, at(where, err)
	}
	if item.Kind != yaml.MappingNode {
		return Rule{}, &workload.UsageError{Where: where, Problem: "a rule is a line or a mapping", Remedy: exampleFile}
	}
	var name string
	var scope Scope
	var rule *Rule
	err := eachPair(file, item, []string{"rule", "name", "scope"}, func(line, key string, value *yaml.Node) (err error) {
		switch key {
		case "name":
			name, err = scalar(line, key, "freshness", value)
		case "scope":
			scope, err = scopeOf(file, line, value)
		case "rule":
			var text string
			if text, err = scalar(line, key, "p99(commit_due) < 20ms", value); err == nil {
				var r Rule
				r, err = Parse(text)
				rule, err = &r, at(line, err)
			}
		}
		return err
	})
	switch {
	case err != nil:
		return Rule{}, err
	case rule == nil:
		return Rule{}, &workload.UsageError{Where: where, Problem: "the entry has no rule", Remedy: "give one, such as rule: p99(commit_due) < 20ms"}
	case scope != nil && rule.Scope != nil:
		return Rule{}, &workload.UsageError{Where: where, Problem: fmt.Sprintf("rule %q has its scope already", rule), Remedy: "give it in the rule or as scope, not both"}
	case scope != nil:
		rule.Scope = scope
	}
	rule.Name, rule.Where = name, where
	return *rule, nil
}

// scopeOf reads a scope written as a mapping or a line.
func scopeOf(file, where string, value *yaml.Node) (s Scope, err error) {
	if value.Kind != yaml.MappingNode {
		text, err := scalar(where, "scope", "{mode: transactional}", value)
		if err != nil {
			return nil, err
		}
		s, err = parseScope(text)
		return s, at(where, err)
	}
	err = eachPair(file, value, nil, func(where, axis string, value *yaml.Node) error {
		text, err := scalar(where, axis, "100", value)
		if err != nil {
			return err
		}
		return at(where, s.add(axis, text))
	})
	if err == nil && s == nil {
		err = &workload.UsageError{Where: where, Problem: "the scope is empty", Remedy: "write such as scope: {mode: transactional}, or leave it out"}
	}
	return s, err
}

// eachPair calls f for the pairs of a mapping in order and refuses keys that are repeated or, where there are any, not among the known ones.
func eachPair(file string, mapping *yaml.Node, known []string, f func(where, key string, value *yaml.Node) error) error {
	first := map[string]int{}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key := mapping.Content[i]
		where := place(file, key)
		if key.Kind != yaml.ScalarNode {
			return &workload.UsageError{Where: where, Problem: "a key must be a word", Remedy: exampleFile}
		}
		if line, again := first[key.Value]; again {
			return &workload.UsageError{Where: where, Problem: fmt.Sprintf("key %q was given before, on line %d", key.Value, line), Remedy: "keep one of them"}
		}
		first[key.Value] = key.Line
		if axis, _, pair := strings.Cut(key.Value, "="); known != nil && pair {
			return &workload.UsageError{Where: where, Problem: fmt.Sprintf("unknown key %q", key.Value),
				Remedy: fmt.Sprintf("write the scope as scope: {%s: …}, or after the rule with for", axis)}
		}
		if known != nil && !slices.Contains(known, key.Value) {
			return &workload.UsageError{Where: where, Problem: fmt.Sprintf("unknown key %q", key.Value), Remedy: workload.DidYouMean(key.Value, known)}
		}
		if err := f(where, key.Value, resolve(mapping.Content[i+1])); err != nil {
			return err
		}
	}
	return nil
}

func scalar(where, key, example string, value *yaml.Node) (string, error) {
	if value.Kind != yaml.ScalarNode || value.Tag == "!!null" || value.Value == "" {
		return "", &workload.UsageError{Where: where, Problem: key + " takes a plain value", Remedy: "write such as " + key + ": " + example}
	}
	return value.Value, nil
}

// resolve follows a YAML alias to what it stands for.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func place(file string, n *yaml.Node) string { return fmt.Sprintf("%s:%d", file, n.Line) }

// at says where a usage error was made.
func at(where string, err error) error {
	if e, ok := errors.AsType[*workload.UsageError](err); ok && e.Where == "" {
		return &workload.UsageError{Where: where, Problem: e.Problem, Remedy: e.Remedy}
	}
	return err
}

var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

func syntaxError(file string, err error) error {
	where, problem := file, err.Error()
	if m := yamlError.FindStringSubmatch(problem); m != nil {
		problem = m[2]
		if m[1] != "" {
			where += ":" + m[1]
		}
	}
	return &workload.UsageError{Where: where, Problem: "not valid YAML: " + problem, Remedy: "correct the syntax there or just above; quote a rule that YAML reads as something else"}
}
