package figure

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// environment says what is not drawn and why, unless all is, and what was measured on what.
func (s *set) environment(all bool) (lines []string) {
	if len(s.left) > 0 && !all {
		lines = append(lines, "Not drawn: "+strings.Join(s.left, "; ")+".")
	}
	run, cells := s.runs[0], s.cells
	if all {
		cells = run.Cells
	}
	parts := []string{run.Broker.String(), run.Machine.String()}
	parts = append(parts, clients(s.runs)...)
	parts = append(parts, window(s.runs), shared(cells))
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], " ", unbroken)
	}
	lines = append(lines, strings.Join(parts, unbroken+"· "))
	var ids []string
	for _, r := range s.runs {
		ids = append(ids, r.RunID)
	}
	return append(lines, fmt.Sprintf("run %s · kafka-eos-bench %s", strings.Join(ids, ", "), run.Tool.Version))
}

// unbroken is a space that lines are not broken at.
const unbroken = "\u00a0"

func clients(runs []*compare.Run) (names []string) {
	for _, r := range runs {
		for _, name := range r.Clients() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// window says how long the trials measured.
func window(runs []*compare.Run) string {
	var seconds []float64
	for _, r := range runs {
		for _, t := range r.Trials {
			seconds = append(seconds, t.WindowS)
		}
	}
	lo, hi := span(seconds)
	switch {
	case len(seconds) == 0:
		return ""
	case hi-lo <= lo/100:
		return "window " + digits(lo) + " s"
	}
	return "windows " + digits(lo) + "–" + digits(hi) + " s"
}

// shared names the axes that all cells have in common.
func shared(cells []*compare.Cell) string {
	values := map[string]string{}
	varies := map[string]bool{}
	for _, c := range cells {
		for key, v := range c.Axes {
			if v == nil || slices.Contains(ownAxes, key) || key == "client" { // which has a part of its own
				continue
			}
			text := phrase(key, v)
			varies[key] = varies[key] || values[key] != "" && values[key] != text
			values[key] = text
		}
	}
	var parts []string
	for _, key := range slices.SortedFunc(maps.Keys(values), func(a, b string) int { return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a, b)) }) {
		if !varies[key] {
			parts = append(parts, values[key])
		}
	}
	return strings.Join(parts, ", ")
}
