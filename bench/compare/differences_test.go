package compare

import (
	"slices"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// measuredOn is a run of an environment that is changed.
func measuredOn(change func(*result.Run)) *Run {
	r := &result.Run{
		RunID: "a", Broker: result.Broker{Kind: "local", Version: new("4.3.1"), Nodes: 1, TransactionVersion: new(2), ReplicationFactor: 1, MinInsyncReplicas: 1,
			Config: map[string]string{"num.network.threads": "3"}},
		Machine: result.Machine{OS: "linux", Arch: "amd64", Kernel: "6.1", CPU: "Example", CPUs: 2, MemoryBytes: 24 << 30},
		Profile: result.Profile{Name: "claims", Values: map[string]result.Value{"duration": {Value: "10s"}, "blocks": {Value: "6"}, "rate": {Value: "1000"}}},
		Trials:  blocks(at, "at-least-once", []float64{1, 2}),
	}
	for i := range r.Trials {
		r.Trials[i].Client = result.Client{Name: "librdkafka", Version: "2.15.1", TransactionProtocol: 1}
	}
	change(r)
	return New(r, "")
}

func TestDifferences(t *testing.T) {
	same := measuredOn(func(*result.Run) {})
	for name, c := range map[string]struct {
		change func(*result.Run)
		want   []string
	}{
		"none": {func(*result.Run) {}, nil},
		"what does not matter": {func(r *result.Run) {
			r.RunID, r.Profile.Name = "b", "other"
			r.Profile.Values["blocks"] = result.Value{Value: "10", Source: "flag"}
			r.Profile.Values["rate"] = result.Value{Value: "1000,max"}
			r.Profile.Values["seed"] = result.Value{Value: "7"}
		}, nil},
		"the broker": {func(r *result.Run) {
			r.Broker = result.Broker{Kind: "external", Nodes: 3, ReplicationFactor: 3, MinInsyncReplicas: 2}
		}, []string{"broker version: 4.3.1 → –", "broker: local → external", "brokers: 1 → 3", "replication factor: 1 → 3", "min.insync.replicas: 1 → 2",
			"transaction.version: 2 → –", "broker's num.network.threads: 3 → –"}},
		"the machine": {func(r *result.Run) { r.Machine.CPUs, r.Machine.Kernel = 4, "6.2" }, []string{
			"machine: 2 × Example, 24576 MiB, linux/amd64 → 4 × Example, 24576 MiB, linux/amd64", "kernel: 6.1 → 6.2"}},
		"the client": {func(r *result.Run) { r.Trials[1].Client.TransactionProtocol = 2 }, []string{
			"client: librdkafka 2.15.1, transaction protocol 1 → librdkafka 2.15.1, transaction protocol 1 and librdkafka 2.15.1, transaction protocol 2"}},
		"what was sent": {func(r *result.Run) {
			r.Profile.Values["duration"] = result.Value{Value: "30s"}
			r.Profile.Values["client_config.linger.ms"] = result.Value{Value: "0"}
		}, []string{"client_config.linger.ms: – → 0", "duration: 10s → 30s"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Differences(same, measuredOn(c.change)); !slices.Equal(got, c.want) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestDifferencesComeInTheOrderTheyDecide of however many runs, each once.
func TestDifferencesComeInTheOrderTheyDecide(t *testing.T) {
	moved := func(version, setting string) *Run {
		return measuredOn(func(r *result.Run) {
			r.Broker.Version, r.Broker.Nodes = new(version), 3
			r.Broker.Config["background.threads"] = setting
			r.Machine.CPUs = 64
			r.Profile.Values["duration"] = result.Value{Value: "30s"}
			for i := range r.Trials {
				r.Trials[i].Client.Version = "3.0.0"
			}
		})
	}
	got := Differences(measuredOn(func(*result.Run) {}), moved("3.9.0", "10"), moved("4.0.0", "12"), moved("4.0.0", "10"))
	want := []string{
		"broker version: 4.3.1 → 3.9.0", "broker version: 4.3.1 → 4.0.0",
		"brokers: 1 → 3",
		"client: librdkafka 2.15.1, transaction protocol 1 → librdkafka 3.0.0, transaction protocol 1",
		"machine: 2 × Example, 24576 MiB, linux/amd64 → 64 × Example, 24576 MiB, linux/amd64",
		"duration: 10s → 30s",
		"broker's background.threads: – → 10", "broker's background.threads: – → 12",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
