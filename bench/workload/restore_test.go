package workload

import (
	"maps"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever was resolved comes back from what is stored of it: the same cells, values and sources.
func TestRestoreGivesTheSameProfile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := func(values map[string]string) map[string]string {
			chosen := map[string]string{}
			for key, value := range values {
				if rapid.Bool().Draw(t, key) {
					chosen[key] = value
				}
			}
			return chosen
		}
		flags := some(map[string]string{
			"mode": "at-least-once,idempotent,transactional", "txn-size": "1,10", "txn-interval": "1s", "rate": "5,max", "message-size": "uniform(100,200)",
			"messages": "500", "blocks": "6", "seed": "18446744073709551615", "readers": "0", "isolation": "read_committed", "txn-topics": "1",
			"linger": "0,5ms", "in-flight": "7", "expect": "unsustained",
		})
		layer, err := Parse("nightly.yaml", []byte("name: nightly\nrate: 7\nduration: 3s\nflush_every: [0, 50]\nclient_config: {batch.size: 1}\n"))
		if err != nil {
			t.Fatal(err)
		}
		properties := some(map[string]string{"linger.ms": "20", "sasl.password": "hush", "fetch.min.bytes": "7"})
		began, err := Resolve(layer, []string{"KEB_PARTITIONS=3"}, flags, properties)
		if err != nil {
			t.Skip(err)
		}
		stored := Stored{Name: began.Name, Values: began.Values()}
		given := map[string]string{"sasl.password": "hush"}
		if _, secret := properties["sasl.password"]; !secret {
			given = nil
		} else if rapid.Bool().Draw(t, "all again") {
			given = maps.Clone(began.Properties)
		}
		again, err := Restore(stored, given)
		if err != nil {
			t.Fatal(err)
		}
		if again.Name != "nightly" || !reflect.DeepEqual(again.Values(), began.Values()) || !maps.Equal(again.Properties, began.Properties) {
			t.Fatalf("\n got %v %v\nwant %v %v", again.Values(), again.Properties, began.Values(), began.Properties)
		}
		if !reflect.DeepEqual(again.Cells(), began.Cells()) {
			t.Fatalf("\n got %v\nwant %v", again.Cells(), began.Cells())
		}
	})
}

func TestRestoreRefuses(t *testing.T) {
	began, err := Resolve(nil, nil, nil, map[string]string{"sasl.password": "hush", "batch.size": "7"})
	if err != nil {
		t.Fatal(err)
	}
	type m = map[string]string
	for _, test := range []struct {
		change     func(map[string]StoredValue)
		properties m
		want       string
	}{
		{nil, m{"sasl.password": "hush"}, ""},
		{nil, m{"sasl.password": "changed since"}, ""},
		{nil, nil, "the stored run: client property sasl.password is a secret, which is never stored: give it again with -X or --client-config"},
		{nil, m{"sasl.password": "x", "batch.size": "8"}, "-X or --client-config: client property batch.size was 7 when the run began: remove it: a run is continued as it began"},
		{nil, m{"sasl.password": "x", "linger.ms": "8"}, "-X or --client-config: the stored run did not have client property linger.ms: remove it: a run is continued as it began"},
		{func(v map[string]StoredValue) { v["txn_sizes"] = StoredValue{Value: "1", Source: "flag"} }, m{"sasl.password": "x"},
			`the stored run: unknown setting "txn_sizes": continue it with the version of the tool that began it`},
		{func(v map[string]StoredValue) { v["rate"] = StoredValue{Value: "1", Source: "hand"} }, m{"sasl.password": "x"},
			`the stored run: rate: unknown source "hand" of a value: take the run as the tool stored it`},
		{func(v map[string]StoredValue) { v["rate"] = StoredValue{Value: "fast", Source: "flag"} }, m{"sasl.password": "x"},
			`the stored run: rate: "fast" is not a rate: give records per second from 0.001 to 100M, such as 1000 or 20k, or max`},
	} {
		stored := Stored{Name: "n", Values: began.Values()}
		if test.change != nil {
			test.change(stored.Values)
		}
		_, err := Restore(stored, test.properties)
		checkUsage(t, test.want, err, test.want)
		if err != nil && strings.Contains(err.Error(), "hush") {
			t.Errorf("a secret in %v", err)
		}
	}
}
