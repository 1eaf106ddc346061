package broker

import (
	"slices"
	"strings"
	"testing"
)

func TestLastWords(t *testing.T) {
	tests := []struct{ name, log, want string }{
		{"nothing", "\n \n", "it said nothing"},
		{"no complaint", "one\ntwo\n", "one; two"},
		{"complaints among others", "2026 WARN a\n2026 ERROR b\n\tat x.y(Z.java)\n\t... 3 more\nCaused by: java.net.BindException: c\n2026 WARN d\n",
			"2026 ERROR b; Caused by: java.net.BindException: c"},
		{"the last four", "ERROR 1\nERROR 2\nERROR 3\nERROR 4\nERROR 5\n", "ERROR 2; ERROR 3; ERROR 4; ERROR 5"},
		{"Java's own", "Error: Could not find or load main class kafka.Kafka\n", "Error: Could not find or load main class kafka.Kafka"},
	}
	for _, tt := range tests {
		if got := lastWords([]byte(tt.log)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestProperties(t *testing.T) {
	for count, want := range map[int][]string{
		1: {"default.replication.factor=1", "min.insync.replicas=1", "transaction.state.log.replication.factor=1",
			"transaction.state.log.min.isr=1", "offsets.topic.replication.factor=1", "auto.create.topics.enable=false"},
		3: {"default.replication.factor=3", "min.insync.replicas=2", "transaction.state.log.replication.factor=3",
			"transaction.state.log.min.isr=2", "offsets.topic.replication.factor=3", "auto.create.topics.enable=false"},
	} {
		nodes, err := newNodes(t.TempDir(), count)
		if err != nil {
			t.Fatal(err)
		}
		addrs := map[string]bool{}
		for _, n := range nodes {
			addrs[n.broker], addrs[n.controller] = true, true
			lines := strings.Split(n.properties(nodes), "\n")
			for _, line := range append(want, "advertised.listeners=BROKER://"+n.broker) {
				if !slices.Contains(lines, line) {
					t.Errorf("%d nodes: node %d lacks %s", count, n.id, line)
				}
			}
		}
		if len(addrs) != 2*count {
			t.Errorf("%d nodes have %d different addresses", count, len(addrs))
		}
	}
}

func TestClusterID(t *testing.T) {
	for range 1000 {
		if id := newClusterID(); len(id) != 22 || id[0] == '-' {
			t.Fatalf("cluster id %q", id)
		}
	}
}
