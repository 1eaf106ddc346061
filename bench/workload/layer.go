package workload

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Layer is what a profile file says, before defaults and what overrides it.
type Layer struct {
	Name        string // the file's own unless it names itself
	Description string

	values     map[string]given // by setting key
	properties map[string]given
}

// given is a value as written, and where.
type given struct{ value, where string }

// Parse decodes a profile strictly: unknown and repeated keys, values of the wrong kind and values that no
// setting accepts are a *UsageError that names the file and line.
func Parse(file string, text []byte) (*Layer, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, &UsageError{file, "the profile is empty", "give it at least a key, such as mode: all"}
	case err != nil:
		return nil, syntaxError(file, err)
	}
	if err := decoder.Decode(new(yaml.Node)); err == nil {
		return nil, &UsageError{file, "more than one YAML document", "keep one profile in a file"}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxError(file, err)
	}
	l := &Layer{Name: nameOf(file), values: map[string]given{}, properties: map[string]given{}}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, &UsageError{place(file, root), "a profile is a mapping of keys to values", "write such as rate: 1000"}
	}
	return l, eachPair(file, root, func(where, key string, value *yaml.Node) error {
		return l.add(file, where, key, value)
	})
}

// add takes one key of a profile.
func (l *Layer) add(file, where, key string, value *yaml.Node) (err error) {
	switch key {
	case "name":
		l.Name, err = scalar(where, key, "nightly", value)
		if err == nil && !plainName.MatchString(l.Name) {
			return &UsageError{where, fmt.Sprintf("the name %q cannot be part of a directory's name", l.Name),
				"use letters, digits, dots, dashes and underscores"}
		}
		return err
	case "description":
		l.Description, err = scalar(where, key, "what it answers", value)
		return err
	case clientConfig:
		if value = resolve(value); value.Kind != yaml.MappingNode {
			return &UsageError{where, key + " holds client properties", `write a mapping, such as client_config: {linger.ms: 0}`}
		}
		return eachPair(file, value, func(where, name string, value *yaml.Node) error {
			text, err := scalar(where, name, "5", value)
			l.properties[name] = given{text, where}
			return err
		})
	}
	s, known := settingByKey(key)
	if !known {
		return &UsageError{where, fmt.Sprintf("unknown key %q", key), DidYouMean(key, profileKeys())}
	}
	text, err := list(where, s, value)
	if err != nil {
		return err
	}
	if _, err := s.Canonical(text); err != nil {
		return at(where+": "+key, err)
	}
	l.values[key] = given{text, where}
	return nil
}

// profileKeys are all keys a profile may hold.
func profileKeys() []string {
	keys := []string{"name", "description", clientConfig}
	for _, s := range settings {
		keys = append(keys, s.Key)
	}
	return keys
}

// eachPair calls f for the pairs of a mapping in order and refuses repeated keys.
func eachPair(file string, mapping *yaml.Node, f func(where, key string, value *yaml.Node) error) error {
	first := map[string]int{}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		name, value := mapping.Content[i], mapping.Content[i+1]
		where := place(file, name)
		if name.Kind != yaml.ScalarNode {
			return &UsageError{where, "a key must be a word", "write such as rate: 1000"}
		}
		if line, again := first[name.Value]; again {
			return &UsageError{where, fmt.Sprintf("key %q was given before, on line %d", name.Value, line), "keep one of them"}
		}
		first[name.Value] = name.Line
		if err := f(where, name.Value, value); err != nil {
			return err
		}
	}
	return nil
}

// list returns a setting's value as a flag would spell it; a sequence is allowed where it is an axis.
func list(where string, s Setting, value *yaml.Node) (string, error) {
	value = resolve(value)
	if value.Kind != yaml.SequenceNode {
		return scalar(where, s.Key, s.Example, value)
	}
	if !s.Axis {
		return "", &UsageError{where, s.Key + " takes one value, not a list", "write such as " + s.Key + ": " + s.Example}
	}
	var items []string
	for _, item := range value.Content {
		text, err := scalar(where, s.Key, s.Example, item)
		if err != nil {
			return "", err
		}
		items = append(items, text)
	}
	if len(items) == 0 {
		return "", &UsageError{where, s.Key + " is an empty list", "give a value, such as " + s.Example + ", or leave the key out"}
	}
	// Joined, the halves of an unquoted [uniform(100,2000)], which YAML takes for two items, are one again.
	return strings.Join(items, ","), nil
}

func scalar(where, key, example string, value *yaml.Node) (string, error) {
	value = resolve(value)
	if value.Kind != yaml.ScalarNode {
		return "", &UsageError{where, key + " takes a plain value", "write such as " + key + ": " + example}
	}
	if value.Tag == "!!null" || value.Value == "" {
		return "", &UsageError{where, key + " has no value", "give one, such as " + key + ": " + example + ", or leave the key out"}
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

var (
	yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	plainName = regexp.MustCompile(`^[\pL\pN][\pL\pN._-]*$`)
	unnamable = regexp.MustCompile(`[^\pL\pN._-]+`)
)

// nameOf is the file's base name without its extension, fit for a directory's name.
func nameOf(file string) string {
	base := filepath.Base(file)
	return unnamable.ReplaceAllString(strings.TrimSuffix(base, filepath.Ext(base)), "-")
}

func syntaxError(file string, err error) error {
	where, problem := file, err.Error()
	if m := yamlError.FindStringSubmatch(problem); m != nil {
		problem = m[2]
		if m[1] != "" {
			where += ":" + m[1]
		}
	}
	return &UsageError{where, "not valid YAML: " + problem, "correct the syntax there or just above"}
}
