package gate

import (
	"errors"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Scope picks the cells that have every one of its values.
type Scope []Pair

// Pair is an axis and a value of it, as a flag would spell it.
type Pair struct{ Axis, Value string }

// String spells the scope as rules do: mode=transactional, txn_size=100.
func (s Scope) String() string {
	var pairs []string
	for _, p := range s {
		pairs = append(pairs, p.Axis+"="+p.Value)
	}
	return strings.Join(pairs, ", ")
}

func parseScope(text string) (Scope, error) {
	var s Scope
	for _, item := range splitPairs(text) {
		axis, value, found := strings.Cut(item, "=")
		if !found {
			return nil, usage("write AXIS=VALUE, such as mode=transactional", "%q names no cells", item)
		}
		if err := s.add(strings.TrimSpace(axis), strings.TrimSpace(value)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// add takes a pair, its value in whatever spelling a flag takes.
func (s *Scope) add(axis, value string) error {
	var axes []string
	for _, setting := range workload.Settings() {
		if !setting.Axis {
			continue
		}
		axes = append(axes, setting.Key)
		if setting.Key != axis {
			continue
		}
		if s.names(axis) {
			return usage("give one value", "%s is given twice", axis)
		}
		spelled, err := setting.Canonical(value)
		if e, ok := errors.AsType[*workload.UsageError](err); ok {
			return usage(e.Remedy, "%s: %s", axis, e.Problem)
		} else if err != nil {
			return err
		}
		if len(splitPairs(spelled)) != 1 { // all modes
			return usage("leave it out, or give one", "%s=%s is every cell", axis, value)
		}
		*s = append(*s, Pair{axis, spelled})
		return nil
	}
	return usage(workload.DidYouMean(axis, axes), "%q is no axis of a run", axis)
}

// names says whether the scope speaks of an axis.
func (s Scope) names(axis string) bool {
	return slices.ContainsFunc(s, func(p Pair) bool { return p.Axis == axis })
}

// has says whether a cell is in the scope.
func (s Scope) has(c *compare.Cell) bool {
	if len(s) == 0 {
		return true
	}
	values := valuesOf(c)
	return !slices.ContainsFunc(s, func(p Pair) bool { return values[p.Axis] != p.Value })
}

// valuesOf spells a cell's mode and axes. Its name knows the values that stand for off, which axes hold as nothing.
func valuesOf(c *compare.Cell) map[string]string {
	values := map[string]string{}
	for axis, v := range c.Axes {
		if v != nil {
			values[axis] = compare.Spell(v)
		}
	}
	for _, pair := range splitPairs(c.Name) {
		if axis, value, found := strings.Cut(pair, "="); found {
			values[axis] = value
		}
	}
	values["mode"] = c.Mode
	return values
}

// splitPairs splits at the commas outside parentheses, so that message_size=uniform(100,2000) is one pair.
func splitPairs(text string) (items []string) {
	depth, start := 0, 0
	for i, r := range text {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth <= 0:
			items = append(items, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	return append(items, strings.TrimSpace(text[start:]))
}
