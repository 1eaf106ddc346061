package compare

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// difference is something that two runs do not share.
type difference struct {
	of   decides
	test UnderTest // of which it is a part; empty: of none
	line string
}

// decides is how much a difference says about whether runs may be held against one another, what decides most first.
type decides int

const (
	brokerVersion decides = iota
	brokerCluster
	clientLibrary
	machineItself
	workloadSent
	brokerSettings // there are many, and most follow from the version
)

// Differences names what makes runs not comparable with a first one, a line each, once each: the broker's version, the cluster, the client, the
// machine, what was sent, and last the broker's settings. Blocks, seed, name and the axes, whose values the cells have, may differ.
func Differences(first *Run, others ...*Run) []string {
	var all []difference
	for _, r := range others {
		all = append(all, differences(first, r)...)
	}
	return lines(all)
}

// lines are those of differences, what decides most first, once each.
func lines(all []difference) (lines []string) {
	slices.SortStableFunc(all, func(a, b difference) int { return cmp.Compare(a.of, b.of) })
	for _, d := range all {
		if !slices.Contains(lines, d.line) {
			lines = append(lines, d.line)
		}
	}
	return lines
}

func differences(a, b *Run) (all []difference) {
	part := func(of decides, test UnderTest, what, x, y string) {
		if x != y {
			all = append(all, difference{of, test, fmt.Sprintf("%s: %s → %s", what, orDash(x), orDash(y))})
		}
	}
	add := func(of decides, what, x, y string) { part(of, "", what, x, y) }
	ba, bb := a.Broker, b.Broker
	part(brokerVersion, BrokerVersion, "broker version", text(ba.Version), text(bb.Version))
	add(brokerCluster, "broker", ba.Kind, bb.Kind)
	add(brokerCluster, "brokers", fmt.Sprint(ba.Nodes), fmt.Sprint(bb.Nodes))
	add(brokerCluster, "replication factor", fmt.Sprint(ba.ReplicationFactor), fmt.Sprint(bb.ReplicationFactor))
	add(brokerCluster, "min.insync.replicas", fmt.Sprint(ba.MinInsyncReplicas), fmt.Sprint(bb.MinInsyncReplicas))
	part(brokerCluster, BrokerVersion, "transaction.version", text(ba.TransactionVersion), text(bb.TransactionVersion))
	part(clientLibrary, Client, "client", clients(a), clients(b))
	add(machineItself, "machine", machine(a.Machine), machine(b.Machine))
	add(machineItself, "kernel", a.Machine.Kernel, b.Machine.Kernel)
	for _, key := range keys(a.Profile.Values, b.Profile.Values) {
		if !slices.Contains(unimportant, key) && !isAxis(a, key) && !isAxis(b, key) {
			part(workloadSent, ofSetting(key), key, a.Profile.Values[key].Value, b.Profile.Values[key].Value)
		}
	}
	for _, key := range keys(ba.Config, bb.Config) {
		_, inA := ba.Config[key]
		_, inB := bb.Config[key]
		var test UnderTest
		if inA != inB { // a version has settings that another does not know
			test = BrokerVersion
		}
		part(brokerSettings, test, "broker's "+key, ba.Config[key], bb.Config[key])
	}
	return all
}

// unimportant settings don't change what a trial of a cell measures.
var unimportant = []string{"mode", "blocks", "seed", "reference", "expect", "ladder"}

func isAxis(r *Run, key string) bool {
	if len(r.Cells) == 0 {
		return false
	}
	_, there := r.Cells[0].Axes[key]
	return there
}

func clients(r *Run) string { return strings.Join(slices.Sorted(slices.Values(r.Clients())), " and ") }

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
