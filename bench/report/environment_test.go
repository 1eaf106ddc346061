package report

import (
	"maps"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func TestRerunSaysWhatWasChanged(t *testing.T) {
	run := func(kind string, nodes int, values map[string]result.Value) *result.Run {
		return &result.Run{Broker: result.Broker{Kind: kind, Nodes: nodes}, Profile: result.Profile{Name: "claims", Values: values}}
	}
	for _, c := range []struct {
		run  *result.Run
		want string
	}{
		{run("local", 1, nil), "kafka-eos-bench run claims --broker local"},
		{run("external", 3, map[string]result.Value{"rate": {Value: "max", Source: "profile"}}), "kafka-eos-bench run claims -b HOST:PORT"},
		{run("embedded", 3, map[string]result.Value{
			"txn_size": {Value: "20,100", Source: "flag"}, "ladder": {Value: "true", Source: "flag"}, "blocks": {Value: "6", Source: "environment"}, "warmup": {Value: "3s", Source: "default"},
			"message_size": {Value: "uniform(100,2000)", Source: "flag"}, "client_config.linger.ms": {Value: "0", Source: "flag"},
		}), "kafka-eos-bench run claims --txn-size 20,100 --message-size 'uniform(100,2000)' --ladder --blocks 6 -X linger.ms=0 --broker embedded --nodes 3"},
		{run("local", 3, map[string]result.Value{
			"slo": {Value: "p99(e2e) < 100ms; lost == 0", Source: "flag"}, "min_rate": {Value: "100", Source: "flag"}, "max_rate": {Value: "200000", Source: "flag"},
			"precision": {Value: "0.1", Source: "default"}, "confirm": {Value: "2", Source: "default"}, "max_probes": {Value: "40", Source: "default"},
			"ladder": {Value: "false", Source: "flag"},
		}), "kafka-eos-bench capacity claims --max-rate 200000 --min-rate 100 --slo 'p99(e2e) < 100ms' --slo 'lost == 0' --broker local --nodes 3"},
		{run("local", 1, map[string]result.Value{"payload": {Value: "file:it's; rm -rf", Source: "flag"}}), `kafka-eos-bench run claims --payload 'file:it'\''s; rm -rf' --broker local`},
	} {
		if got := rerun(c.run); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// TestProfileYAMLIsTheSameProfile: read again it resolves to the same values.
func TestProfileYAMLIsTheSameProfile(t *testing.T) {
	for _, c := range []struct {
		profile string
		flags   map[string]string
	}{
		{"mode: all", nil},
		{"rate: max\ntxn_size: [1, 10]\nduration: 7s", map[string]string{"message-size": "uniform(100,2000),1KB", "isolation": "read_uncommitted,read_committed", "blocks": "6"}},
		{"txn_size: 1000\nduration: 7s", map[string]string{"mode": "transactional", "txn-interval": "100ms,1s", "abort-ratio": "0.25", "arrival": "poisson", "seed": "7"}},
		{"duration: 7s", map[string]string{"messages": "1000"}},
	} {
		given, err := workload.Parse("given.yaml", []byte(c.profile))
		if err != nil {
			t.Fatal(err)
		}
		first, err := workload.Resolve(given, nil, c.flags, map[string]string{"batch.size": "1000", "odd.one": "it's: #x"})
		if err != nil {
			t.Fatal(err)
		}
		text := profileYAML(result.Profile{Values: first.Values()})
		layer, err := workload.Parse("again.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		again, err := workload.Resolve(layer, nil, nil, nil)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		want, got := first.Values(), again.Values()
		if !maps.EqualFunc(want, got, func(a, b result.Value) bool { return a.Value == b.Value }) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}
