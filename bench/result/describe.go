package result

import (
	"fmt"
	"slices"
	"strings"
)

// String names a cluster in a line: kind, version, nodes, replication.
func (b Broker) String() string {
	text := b.Kind + " Kafka"
	switch b.Kind {
	case "local":
		text = "local Apache Kafka"
	case "embedded":
		text = "embedded kfake"
	}
	if b.Version != nil && *b.Version != "" {
		text += " " + *b.Version
	}
	parts := []string{text}
	if b.Nodes > 0 {
		parts = append(parts, count(b.Nodes, "node"))
	}
	if b.ReplicationFactor > 0 {
		parts = append(parts, fmt.Sprintf("replication factor %d", b.ReplicationFactor))
	}
	if b.ReplicationFactor > 1 { // of one replica there is nothing to say
		parts = append(parts, fmt.Sprintf("min.insync.replicas %d", b.MinInsyncReplicas))
	}
	if b.TransactionVersion != nil {
		parts = append(parts, fmt.Sprintf("transaction.version %d", *b.TransactionVersion))
	}
	return strings.Join(parts, ", ")
}

// String names a machine in a line: processors, memory, system.
func (m Machine) String() string {
	text := count(m.CPUs, "CPU")
	if m.CPU != "" {
		text = fmt.Sprintf("%d × %s", m.CPUs, m.CPU)
	}
	parts := []string{text}
	if m.MemoryBytes > 0 {
		parts = append(parts, fmt.Sprintf("%.1f GiB", float64(m.MemoryBytes)/(1<<30)))
	}
	return strings.Join(append(parts, m.OS+"/"+m.Arch), ", ")
}

// String names a client in a line: library, version, protocol.
func (c Client) String() string {
	return fmt.Sprintf("%s %s, transaction protocol %d", c.Name, c.Version, c.TransactionProtocol)
}

// Clients names the clients that the run's trials used, each once, in the order they appear.
func (r *Run) Clients() []string {
	var names []string
	for i := range r.Trials {
		if name := r.Trials[i].Client.String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
