package figure

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// environment says what is not drawn and why, and what was measured on what.
func (s *set) environment() (lines []string) {
	if len(s.left) > 0 {
		lines = append(lines, "Not drawn: "+strings.Join(s.left, "; ")+".")
	}
	run := s.runs[0]
	parts := []string{broker(run.Broker), machine(run.Machine)}
	parts = append(parts, clients(s.runs)...)
	parts = append(parts, window(s.runs), shared(s.cells))
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

func broker(b result.Broker) string {
	name := map[string]string{"local": "local Apache Kafka", "embedded": "embedded kfake"}[b.Kind]
	parts := []string{cmp.Or(name, b.Kind+" Kafka")}
	if b.Version != nil && *b.Version != "" {
		parts[0] += " " + *b.Version
	}
	if b.Nodes > 0 {
		parts = append(parts, plural(b.Nodes, "node"))
	}
	if b.ReplicationFactor > 0 {
		parts = append(parts, fmt.Sprintf("replication factor %d", b.ReplicationFactor))
	}
	if b.ReplicationFactor > 1 {
		parts = append(parts, fmt.Sprintf("min.insync.replicas %d", b.MinInsyncReplicas))
	}
	if b.TransactionVersion != nil {
		parts = append(parts, fmt.Sprintf("transaction.version %d", *b.TransactionVersion))
	}
	return strings.Join(parts, ", ")
}

func machine(m result.Machine) string {
	parts := []string{plural(m.CPUs, "CPU")}
	if m.CPU != "" {
		parts[0] = fmt.Sprintf("%d × %s", m.CPUs, m.CPU)
	}
	if m.MemoryBytes > 0 {
		parts = append(parts, digits(float64(m.MemoryBytes)/(1<<30))+" GiB")
	}
	return strings.Join(append(parts, m.OS+"/"+m.Arch), ", ")
}

func clients(runs []*compare.Run) (names []string) {
	for _, r := range runs {
		for _, t := range r.Trials {
			name := fmt.Sprintf("%s %s, transaction protocol %d", t.Client.Name, t.Client.Version, t.Client.TransactionProtocol)
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
