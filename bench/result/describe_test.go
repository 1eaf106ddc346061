package result

import (
	"slices"
	"testing"
)

func TestDescriptions(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{Broker{Kind: "local", Version: new("4.3.1"), Nodes: 3, ReplicationFactor: 3, MinInsyncReplicas: 2, TransactionVersion: new(2)}.String(),
			"local Apache Kafka 4.3.1, 3 nodes, replication factor 3, min.insync.replicas 2, transaction.version 2"},
		{Broker{Kind: "embedded", Nodes: 1, ReplicationFactor: 1}.String(), "embedded kfake, 1 node, replication factor 1"},
		{Broker{Kind: "external", Version: new("")}.String(), "external Kafka"},
		{Machine{OS: "linux", Arch: "arm64", CPUs: 1}.String(), "1 CPU, linux/arm64"},
		{Machine{OS: "linux", Arch: "amd64", CPU: "Some CPU", CPUs: 2, MemoryBytes: 47 << 29}.String(), "2 × Some CPU, 23.5 GiB, linux/amd64"},
		{Client{Name: "librdkafka", Version: "2.15.1", TransactionProtocol: 1}.String(), "librdkafka 2.15.1, transaction protocol 1"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
	a, b := Client{Name: "a"}, Client{Name: "b"}
	run := Run{Trials: []Trial{{Client: b}, {Client: a}, {Client: b}}}
	if got, want := run.Clients(), []string{b.String(), a.String()}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
