//go:build cgo

package librdkafka

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// differences are the keys in which two configurations differ.
func differences(a, b map[string]string) []string {
	var keys []string
	for key := range merge(a, b) {
		va, inA := a[key]
		vb, inB := b[key]
		if inA != inB || va != vb {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func TestMatchedModesDifferOnlyInTheirOwnKeys(t *testing.T) {
	user := map[string]string{"linger.ms": "7", "fetch.min.bytes": "3", "socket.timeout.ms": "9000"}
	ofProducer := []string{"acks", "enable.idempotence", "retries", "transactional.id"}
	ofReader := []string{"isolation.level"}
	for _, a := range workload.Modes {
		for _, b := range workload.Modes {
			producerA, readerA, err := configure(testWorkload(t, a.Name, user), anyOf)
			if err != nil {
				t.Fatal(err)
			}
			producerB, readerB, err := configure(testWorkload(t, b.Name, user), anyOf)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range differences(producerA, producerB) {
				if !slices.Contains(ofProducer, key) {
					t.Errorf("producers of %s and %s differ in %s: %q, %q", a.Name, b.Name, key, producerA[key], producerB[key])
				}
			}
			for _, key := range differences(readerA, readerB) {
				if !slices.Contains(ofReader, key) {
					t.Errorf("readers of %s and %s differ in %s: %q, %q", a.Name, b.Name, key, readerA[key], readerB[key])
				}
			}
		}
	}
}

func TestConfigureModes(t *testing.T) {
	for mode, want := range map[string]map[string]string{
		"at-most-once":  {"acks": "0", "retries": "0", "enable.idempotence": "false", "transactional.id": "", "isolation.level": "read_uncommitted"},
		"at-least-once": {"acks": "-1", "retries": "2147483647", "enable.idempotence": "false", "transactional.id": "", "isolation.level": "read_uncommitted"},
		"idempotent":    {"acks": "-1", "retries": "2147483647", "enable.idempotence": "true", "transactional.id": "", "isolation.level": "read_uncommitted"},
		"transactional": {"acks": "-1", "retries": "2147483647", "enable.idempotence": "true", "transactional.id": "id", "isolation.level": "read_committed"},
	} {
		producer, reader, err := configure(testWorkload(t, mode, nil), identity{bootstrap: "b:1", transactionalID: "id"})
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range want {
			if got := producer[key] + reader[key]; got != value {
				t.Errorf("%s: %s is %q, want %q", mode, key, got, value)
			}
		}
		if producer["bootstrap.servers"] != "b:1" || reader["bootstrap.servers"] != "b:1" {
			t.Errorf("%s: no bootstrap", mode)
		}
	}
	control := testWorkload(t, "transactional", nil)
	control.Isolation = workload.ReadUncommitted
	control.InFlight = 1_000_000
	producer, reader, err := configure(control, anyOf)
	if err != nil || reader["isolation.level"] != "read_uncommitted" || producer["queue.buffering.max.messages"] != "1010000" {
		t.Errorf("control: %v, %v, %v", producer, reader, err)
	}
}

func TestLingerIsTheProducers(t *testing.T) {
	for linger, want := range map[time.Duration]string{0: "0", 500 * time.Microsecond: "0.5", 5 * time.Millisecond: "5", 7 * time.Second: "7000"} {
		w := testWorkload(t, "idempotent", nil)
		w.Linger = linger
		producer, reader, err := configure(w, anyOf)
		if err != nil || producer["linger.ms"] != want || reader["linger.ms"] != "" {
			t.Errorf("%s: %q and %q, %v", linger, producer["linger.ms"], reader["linger.ms"], err)
		}
	}
}

func TestUserPropertiesReachTheirSide(t *testing.T) {
	producer, reader, err := configure(testWorkload(t, "idempotent", map[string]string{
		"queue.buffering.max.ms": "0", "fetch.max.wait.ms": "9", "socket.nagle.disable": "false"}), anyOf)
	if err != nil {
		t.Fatal(err)
	}
	if producer["linger.ms"] != "0" || reader["fetch.wait.max.ms"] != "9" ||
		producer["socket.nagle.disable"] != "false" || reader["socket.nagle.disable"] != "false" {
		t.Errorf("producer %v, reader %v", producer, reader)
	}
	if producer["fetch.wait.max.ms"] != "" || reader["linger.ms"] != "" {
		t.Error("a property reached the other side")
	}
}

func TestEffective(t *testing.T) {
	secrets := map[string]string{"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-256",
		"sasl.jaas.config": `org.apache.kafka.common.security.scram.ScramLoginModule required username="alice" password="hunter2";`}
	for _, mode := range workload.Modes {
		for _, props := range []map[string]string{nil, secrets, {"transaction.timeout.ms": "5000"}} {
			producer, reader, err := New().Effective(testWorkload(t, mode.Name, props))
			if err != nil {
				t.Errorf("%s with %v: %v", mode.Name, props, err)
			}
			for _, value := range slices.Concat(slices.Collect(maps.Values(producer)), slices.Collect(maps.Values(reader))) {
				if value == "alice" || value == "hunter2" {
					t.Errorf("%s shows a secret", mode.Name)
				}
			}
			if props["transaction.timeout.ms"] != "" && (producer["message.timeout.ms"] != "5000" || producer["socket.timeout.ms"] != "5000") {
				t.Errorf("time-outs exceed the transaction's: %v", producer)
			}
		}
	}
}

func TestRejectedProperties(t *testing.T) {
	type m = map[string]string
	for _, test := range []struct {
		props        m
		key, mention string
	}{
		{m{"linger.ms": "soon"}, "linger.ms", "nvalid value"},
		{m{"batch.size": "0"}, "batch.size", "range"},
		{m{"compression.codec": "zip"}, "compression.codec", "zip"},
		{m{"queue.buffering.max.ms": "-1"}, "queue.buffering.max.ms", "range"},
		{m{"fetch.min.bytes": "-1"}, "fetch.min.bytes", "range"},
		{m{"message.timeout.ms": "120000"}, "message.timeout.ms", "transaction.timeout.ms"},
		{m{"max.in.flight": "6"}, "max.in.flight", "max.in.flight"},
		{m{"security.protocol": "ssl", "ssl.ca.location": "no/such/ca.pem"}, "ssl.ca.location", "ssl.ca.location"},
		{m{"acks": "1"}, "acks", "mode"},
		{m{"message.send.max.retries": "1"}, "retries", "mode"},
		{m{"isolation.level": "read_committed"}, "isolation.level", "mode"},
		{m{"group.id": "g"}, "group.id", "tool"},
		{m{"bootstrap.servers": "x:1"}, "bootstrap.servers", "tool"},
		{m{"transactional.id": "x"}, "transactional.id", "tool"},
		{m{"linger": "1"}, "linger", "linger.ms"},
		{m{"ssl.truststore.location": "a.jks"}, "ssl.truststore.location", "ssl.ca.location"},
	} {
		_, _, err := New().Effective(testWorkload(t, "transactional", test.props))
		var e *client.PropertyError
		if !errors.As(err, &e) || e.Key != test.key || !strings.Contains(e.Error(), test.mention) {
			t.Errorf("%v: got %v, want an error on %s that mentions %q", test.props, err, test.key, test.mention)
		}
	}
}

func TestLibrary(t *testing.T) {
	l := New()
	if l.Name() != "librdkafka" || !strings.HasPrefix(l.Version(), "2.") || l.TransactionProtocol() != 1 {
		t.Errorf("%s %s, protocol %d", l.Name(), l.Version(), l.TransactionProtocol())
	}
}
