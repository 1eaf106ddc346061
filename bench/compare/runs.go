package compare

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// BaselineRuns is how many runs the older side needs before what lies between runs can be told from a difference.
const BaselineRuns = 6

// Match is a cell as several runs of two sides measured it.
type Match struct {
	Old, New []*Cell // one of each run
}

// Matches pairs up the cells that every run of both sides has, in the order of the first run that has them. The names of the others,
// which some run lacks, come along; where several go by one name, all that tells them apart does.
func Matches(older, newer []*Run) (matches []Match, unmatched []string) {
	sides := slices.Concat(older, newer)
	found := map[string][]*Cell{} // in the order of the runs, nil where one lacks it
	var order, lonely []string
	names := map[string]string{}
	for i, r := range sides {
		for _, c := range r.Cells {
			id := c.Identity()
			if found[id] == nil {
				found[id], names[id] = make([]*Cell, len(sides)), c.Name
				order = append(order, id)
			}
			found[id][i] = c
		}
	}
	alike := map[string]int{}
	for _, id := range order {
		cells := found[id]
		if slices.Contains(cells, nil) {
			lonely = append(lonely, id)
			alike[names[id]]++
			continue
		}
		matches = append(matches, Match{Old: cells[:len(older)], New: cells[len(older):]})
	}
	for _, id := range lonely {
		name := names[id]
		if alike[name] > 1 {
			name = id
		}
		unmatched = append(unmatched, name)
	}
	return matches, unmatched
}

// Apart names the axes in which no cell of the one run has a value of the other's: why no cell is in both. Values are as spelled, nil for Spell.
func Apart(older, newer *Run, spell func(axis string, value any) string) (lines []string) {
	if spell == nil {
		spell = func(_ string, value any) string { return Spell(value) }
	}
	values := func(r *Run, axis string) (texts []string) {
		for _, c := range r.Cells {
			if text := orDash(spell(axis, c.Axes[axis])); !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
		return texts
	}
	axes := map[string]bool{}
	for _, c := range slices.Concat(older.Cells, newer.Cells) {
		for axis := range c.Axes {
			axes[axis] = true
		}
	}
	for _, axis := range slices.Sorted(maps.Keys(axes)) {
		was, is := values(older, axis), values(newer, axis)
		if !slices.ContainsFunc(was, func(v string) bool { return slices.Contains(is, v) }) {
			lines = append(lines, fmt.Sprintf("%s %s → %s", strings.ReplaceAll(axis, "_", " "), strings.Join(was, " and "), strings.Join(is, " and ")))
		}
	}
	return lines
}

// Effect compares a figure between runs. Trials of one run share what its hour and its broker were like, so the run is the unit: of each
// the median over its trials. The interval is Student's, on logarithms where there is a ratio, with the spread between the runs of both sides; it takes a
// baseline of BaselineRuns.
func (m Match) Effect(of metric.Metric) Effect {
	var sides [2][]float64
	for i, cells := range [][]*Cell{m.Old, m.New} {
		for _, c := range cells {
			if why := c.Unfit(); why != "" {
				return missing(of, "%s in %s", why, c.Name)
			}
			if why := meaningless(of, c); why != "" {
				return missing(of, "%s", why)
			}
			v := c.Median(of)
			if v == nil {
				return missing(of, "not every trial has %s", of.Name)
			}
			sides[i] = append(sides[i], *v)
		}
	}
	e := Effect{Metric: of, Ratio: ratios(of, sides[0], sides[1]), N: min(len(sides[0]), len(sides[1]))}
	if e.Ratio {
		for _, values := range sides {
			for i, v := range values {
				values[i] = math.Log(v)
			}
		}
	}
	e.Estimate, e.Lo, e.Hi, e.P = stats.MeanDifference(sides[1], sides[0], Confidence)
	if len(m.Old) < BaselineRuns {
		e.Lo, e.Hi, e.P = math.NaN(), math.NaN(), math.NaN()
	}
	return e.exponentiated()
}
