package compare

import (
	"errors"
	"slices"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func TestWhatIsUnderTestMayDiffer(t *testing.T) {
	upgraded := func(r *result.Run) {
		r.Broker.Version, r.Broker.TransactionVersion = new("4.4.0"), new(3)
		r.Broker.Config = map[string]string{"num.network.threads": "3", "log.flush.of.the.new.version": "1"}
	}
	newClient := func(r *result.Run) {
		for i := range r.Trials {
			r.Trials[i].Client = result.Client{Name: "franz-go", Version: "1.22.2", TransactionProtocol: 2}
			r.Trials[i].Axes["client"] = "franz-go"
		}
	}
	tuned := func(r *result.Run) {
		r.Profile.Values["client_config.batch.size"] = result.Value{Value: "65536"}
		for i := range r.Trials {
			r.Trials[i].Axes["linger"] = "0s"
		}
	}
	all := []UnderTest{BrokerVersion, Client, ClientConfig}
	for name, c := range map[string]struct {
		change        func(*result.Run)
		tests         []UnderTest
		meant, others []string
		matches       bool
	}{
		"nothing differs": {func(*result.Run) {}, all, nil, nil, true},
		"broker": {upgraded, []UnderTest{BrokerVersion},
			[]string{"broker version: 4.3.1 → 4.4.0", "transaction.version: 2 → 3", "broker's log.flush.of.the.new.version: – → 1"}, nil, true},
		"broker, undeclared": {upgraded, []UnderTest{Client, ClientConfig},
			nil, []string{"broker version: 4.3.1 → 4.4.0", "transaction.version: 2 → 3", "broker's log.flush.of.the.new.version: – → 1"}, true},
		"broker and what it does not explain": {func(r *result.Run) {
			upgraded(r)
			r.Broker.Config["num.network.threads"], r.Broker.Nodes, r.Machine.CPUs = "8", 3, 64
		}, all, []string{"broker version: 4.3.1 → 4.4.0", "transaction.version: 2 → 3", "broker's log.flush.of.the.new.version: – → 1"},
			[]string{"brokers: 1 → 3", "machine: 2 × Example, 24576 MiB, linux/amd64 → 64 × Example, 24576 MiB, linux/amd64", "broker's num.network.threads: 3 → 8"}, true},
		"client": {newClient, []UnderTest{Client}, []string{"client: librdkafka 2.15.1, transaction protocol 1 → franz-go 1.22.2, transaction protocol 2"}, nil, true},
		"client, undeclared": {newClient, []UnderTest{ClientConfig}, nil,
			[]string{"client: librdkafka 2.15.1, transaction protocol 1 → franz-go 1.22.2, transaction protocol 2"}, false},
		"configuration":             {tuned, []UnderTest{ClientConfig}, []string{"client_config.batch.size: – → 65536", "linger: 5ms → 0s"}, nil, true},
		"configuration, undeclared": {tuned, []UnderTest{BrokerVersion}, nil, []string{"client_config.batch.size: – → 65536"}, false},
		"the workload is never under test": {func(r *result.Run) { r.Profile.Values["duration"] = result.Value{Value: "30s"} }, all,
			nil, []string{"duration: 10s → 30s"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			with := func(change func(*result.Run)) *Run {
				return measuredOn(func(r *result.Run) {
					for i := range r.Trials {
						r.Trials[i].Axes["client"], r.Trials[i].Axes["linger"] = "librdkafka", "5ms"
					}
					change(r)
				})
			}
			older, newer := with(func(*result.Run) {}), with(c.change)
			held := Hold(older, newer, c.tests)
			if !slices.Equal(held.Meant, c.meant) || !slices.Equal(held.Others, c.others) {
				t.Errorf("meant  %q\nwant   %q\nothers %q\nwant   %q", held.Meant, c.meant, held.Others, c.others)
			}
			matches, _ := Matches([]*Run{held.Baseline}, []*Run{newer})
			if got := len(matches) == 1; got != c.matches {
				t.Errorf("the cells match: %v", got)
			}
			if older.Cells[0].Axes["linger"] != "5ms" || older.Cells[0].Axes["client"] != "librdkafka" {
				t.Error("the baseline itself was changed")
			}
		})
	}
}

// TestAnAxisThatVariesIsNotUnderTest: which of its values would be the other side's?
func TestAnAxisThatVariesIsNotUnderTest(t *testing.T) {
	sweep := measuredOn(func(r *result.Run) {
		r.Trials = slices.Concat(blocks(at, "at-least-once", []float64{1, 2}, "linger", "0s"), blocks(at, "at-least-once", []float64{1, 2}, "linger", "5ms"))
	})
	one := measuredOn(func(r *result.Run) { r.Trials = blocks(at, "at-least-once", []float64{1, 2}, "linger", "5ms") })
	for _, pair := range [][2]*Run{{sweep, one}, {one, sweep}} {
		if held := Hold(pair[0], pair[1], []UnderTest{ClientConfig}); held.Baseline != pair[0] {
			t.Error("the baseline's cells were renamed")
		}
	}
}

func TestParseUnderTest(t *testing.T) {
	for _, name := range []string{"broker.version", "client", "client-config"} {
		if got, err := ParseUnderTest(name); err != nil || string(got) != name {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for name, want := range map[string]string{"client_config": "did you mean client-config?", "kernel": "known are broker.version, client, client-config"} {
		_, err := ParseUnderTest(name)
		if _, ok := errors.AsType[*workload.UsageError](err); !ok || err.Error() != `"`+name+`" is nothing that can be under test: `+want {
			t.Errorf("got %v", err)
		}
	}
}
