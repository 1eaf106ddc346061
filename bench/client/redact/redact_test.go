package redact

import (
	"maps"
	"testing"
)

func TestProperties(t *testing.T) {
	// librdkafka's own list (_RK_SENSITIVE in rdkafka_conf.c, 2.15), its aliases, Java's passwords, and more.
	for _, key := range []string{
		"ssl.key.location", "ssl.key.password", "ssl.key.pem", "ssl_key", "ssl.ca.pem", "ssl.keystore.password",
		"sasl.username", "sasl.password", "sasl.oauthbearer.config", "sasl.oauthbearer.client.secret",
		"sasl.oauthbearer.assertion.private.key.file", "sasl.oauthbearer.assertion.private.key.passphrase",
		"sasl.oauthbearer.assertion.private.key.pem", "sasl.oauthbearer.client.credentials.client.secret",
		"sasl.jaas.config", "ssl.truststore.password", "ssl.keystore.key", "ssl.keystore.certificate.chain",
		"sasl.oauthbearer.assertion.file", "some.access.token", "SASL.PASSWORD",
	} {
		if got := Properties(map[string]string{key: "hunter2"})[key]; got != Mark {
			t.Errorf("%s is shown: %s", key, got)
		}
	}
	shown := map[string]string{
		"linger.ms": "5", "ssl.ca.location": "ca.pem", "ssl.certificate.location": "c.pem", "sasl.mechanism": "PLAIN",
		"security.protocol": "ssl", "sasl.oauthbearer.token.endpoint.url": "https://idp/token", "client.id": "x",
		"ssl.endpoint.identification.algorithm": "https", "sasl.password": "",
	}
	if got := Properties(shown); !maps.Equal(got, shown) {
		t.Errorf("got %v, want %v", got, shown)
	}
	url := "sasl.oauthbearer.token.endpoint.url"
	if got := Properties(map[string]string{url: "https://me:hunter2@idp/token"})[url]; got != Mark {
		t.Errorf("credentials in a URL are shown: %s", got)
	}
	original := map[string]string{"sasl.password": "hunter2"}
	if Properties(original); original["sasl.password"] != "hunter2" {
		t.Error("the original was changed")
	}
}
