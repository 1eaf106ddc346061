package compare

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
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

// Differences names what makes two runs not comparable, a line each: cluster, machine, client and what was sent. Blocks, seed, name and the
// axes, whose values the cells have, may differ.
func Differences(a, b *Run) []string {
	var lines []string
	add := func(what, x, y string) {
		if x != y {
			lines = append(lines, fmt.Sprintf("%s: %s → %s", what, orDash(x), orDash(y)))
		}
	}
	ba, bb := a.Broker, b.Broker
	add("broker", ba.Kind, bb.Kind)
	add("broker version", text(ba.Version), text(bb.Version))
	add("brokers", fmt.Sprint(ba.Nodes), fmt.Sprint(bb.Nodes))
	add("replication factor", fmt.Sprint(ba.ReplicationFactor), fmt.Sprint(bb.ReplicationFactor))
	add("min.insync.replicas", fmt.Sprint(ba.MinInsyncReplicas), fmt.Sprint(bb.MinInsyncReplicas))
	add("transaction.version", text(ba.TransactionVersion), text(bb.TransactionVersion))
	for _, key := range keys(ba.Config, bb.Config) {
		add("broker's "+key, ba.Config[key], bb.Config[key])
	}
	add("machine", machine(a.Machine), machine(b.Machine))
	add("kernel", a.Machine.Kernel, b.Machine.Kernel)
	add("client", strings.Join(slices.Sorted(slices.Values(a.Clients())), " and "), strings.Join(slices.Sorted(slices.Values(b.Clients())), " and "))
	for _, key := range keys(a.Profile.Values, b.Profile.Values) {
		if !slices.Contains(unimportant, key) && !isAxis(a, key) && !isAxis(b, key) {
			add(key, a.Profile.Values[key].Value, b.Profile.Values[key].Value)
		}
	}
	return lines
}

// unimportant settings don't change what a trial of a cell measures.
var unimportant = []string{"mode", "blocks", "seed", "reference", "expect", "ladder"}

func isAxis(r *Run, key string) bool {
	return len(r.Cells) > 0 && slices.Contains(slices.Collect(maps.Keys(r.Cells[0].Axes)), key)
}

func keys[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

func text[T any](v *T) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(*v)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func machine(m result.Machine) string {
	return fmt.Sprintf("%d × %s, %d MiB, %s/%s", m.CPUs, m.CPU, m.MemoryBytes>>20, m.OS, m.Arch)
}
