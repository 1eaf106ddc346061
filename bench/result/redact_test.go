package result_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/redact"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// TestSecretsNeverReachAFile gives every place that holds settings a secret the clients should have hidden.
func TestSecretsNeverReachAFile(t *testing.T) {
	secrets := map[string]string{}
	for _, name := range []string{
		"sasl.password", "sasl.username", "ssl.key.password", "ssl.keystore.password", "ssl.key.pem", "ssl_key", "ssl.keystore.key",
		"ssl.truststore.password", "sasl.jaas.config", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "enable.metrics.push.token",
		"sasl.oauthbearer.assertion.private.key.passphrase", "aws.credentials",
	} {
		secrets[name] = "hunter2"
	}
	secrets["schema.registry.url"] = "https://me:hunter2@registry.example/"
	plain := map[string]string{
		"acks": "-1", "linger.ms": "5", "keys": "100", "security.protocol": "SASL_SSL", "ssl.ca.location": "ca.crt",
		"sasl.oauthbearer.token.endpoint.url": "https://login.example/token", "bootstrap.servers": "kafka:9092",
	}
	run, err := result.Load("testdata/minimal.json")
	if err != nil {
		t.Fatal(err)
	}
	config := map[string]string{}
	run.Profile.Values = map[string]result.Value{}
	for _, settings := range []map[string]string{secrets, plain} {
		for name, value := range settings {
			config[name] = value
			run.Profile.Values[name] = result.Value{Value: value, Source: "flag"}
		}
	}
	run.Broker.Config = config
	dir := filepath.Join(t.TempDir(), "run")
	store, err := result.Create(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	trial := &result.Trial{
		ID: "b01-a", Cell: "mode=idempotent", Block: 1, Scenario: "produce", Mode: "idempotent", WindowS: 1, Saturated: true,
		Throughput: result.Throughput{AckedPerS: new(0.0)}, Guarantee: result.Guarantee{Verdict: result.Unchecked},
		ClientConfig: result.ClientConfig{Producer: config, Reader: config},
	}
	if err := store.WriteTrial(trial); err != nil {
		t.Fatal(err)
	}
	if err := store.Finish(1); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"run.json", "trials/b01-a.json"} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "hunter2") {
			t.Errorf("%s holds a secret:\n%s", file, data)
		}
	}
	stored, err := result.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	hidden := redact.Properties(config)
	for name := range config {
		for place, got := range map[string]string{
			"broker": stored.Broker.Config[name], "profile": stored.Profile.Values[name].Value,
			"producer": stored.Trials[0].ClientConfig.Producer[name], "reader": stored.Trials[0].ClientConfig.Reader[name],
		} {
			if got != hidden[name] {
				t.Errorf("%s of the %s is stored as %q, redact shows %q", name, place, got, hidden[name])
			}
		}
	}
	if config["sasl.password"] != "hunter2" {
		t.Error("the caller's own configuration was changed")
	}
}
