package workload

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/redact"
)

// Stored is a profile as it was resolved, in the form a run keeps it.
type Stored struct {
	Name   string                 `json:"name"`
	Values map[string]StoredValue `json:"values"`
}

// StoredValue is one setting, in the form a flag or profile would spell it.
type StoredValue struct {
	Value  string `json:"value"`
	Source string `json:"source"` // default, profile, environment, flag
}

// inStore is the place that errors about a stored value name.
const inStore = "the stored run"

// Restore settles a profile as a run stored it, each value with the source it had. Properties are the client's as given now: those
// whose values were masked when they were stored must be among them, others may be if they are what was stored. Every error is
// a *UsageError.
func Restore(stored Stored, properties map[string]string) (*Profile, error) {
	p, err := defaults(stored.Name)
	if err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(stored.Values)) {
		v := stored.Values[key]
		from, err := sourceOf(v.Source)
		if err != nil {
			return nil, at(inStore+": "+key, err)
		}
		if name, ok := strings.CutPrefix(key, clientConfig+"."); ok {
			value, err := restoreProperty(name, v.Value, properties)
			if err != nil {
				return nil, err
			}
			p.property(name, value, origin{from, inStore})
			continue
		}
		s, known := settingByKey(key)
		if !known {
			return nil, &UsageError{inStore, fmt.Sprintf("unknown setting %q", key), "continue it with the version of the tool that began it"}
		}
		if v.Value == "" {
			continue // a setting whose default is not one of its values
		}
		if err := p.assign(s, v.Value, origin{from, inStore + ": " + key}); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if _, ok := p.Properties[name]; !ok {
			return nil, &UsageError{"-X or --client-config", "the stored run did not have client property " + name, "remove it: a run is continued as it began"}
		}
	}
	if err := p.validate(); err != nil {
		return nil, err
	}
	return p, nil
}

// restoreProperty is a client property's value, taken from what is given now where the stored one is masked.
func restoreProperty(name, stored string, given map[string]string) (string, error) {
	value, again := given[name]
	switch {
	case stored == redact.Mark && !again:
		return "", &UsageError{inStore, "client property " + name + " is a secret, which is never stored", "give it again with -X or --client-config"}
	case stored == redact.Mark:
		return value, nil
	case again && value != stored:
		return "", &UsageError{"-X or --client-config", "client property " + name + " was " + stored + " when the run began", "remove it: a run is continued as it began"}
	}
	return stored, nil
}

// sourceOf is the source of that name.
func sourceOf(name string) (source, error) {
	for s := fromDefault; s <= fromFlag; s++ {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, usage("take the run as the tool stored it", "unknown source %q of a value", name)
}
