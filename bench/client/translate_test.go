package client

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTranslate(t *testing.T) {
	type m = map[string]string
	for _, test := range []struct {
		name     string
		in, want m
	}{
		{"names of its own", m{"linger.ms": "5", "ssl.ca.location": "ca.pem"}, m{"linger.ms": "5", "ssl.ca.location": "ca.pem"}},
		{"one name each", m{"queue.buffering.max.ms": "5", "sasl.mechanisms": "PLAIN", "max.in.flight": "1"},
			m{"linger.ms": "5", "sasl.mechanism": "PLAIN", "max.in.flight.requests.per.connection": "1"}},
		{"Java producer", m{"buffer.memory": "33554432", "delivery.timeout.ms": "1000", "max.request.size": "2000000", "batch.size": "16384", "compression.type": "zstd", "request.timeout.ms": "10"},
			m{"queue.buffering.max.kbytes": "32768", "message.timeout.ms": "1000", "message.max.bytes": "2000000", "batch.size": "16384", "compression.type": "zstd", "request.timeout.ms": "10"}},
		{"Java consumer", m{"fetch.max.wait.ms": "10", "fetch.min.bytes": "2", "max.partition.fetch.bytes": "3", "receive.buffer.bytes": "4"},
			m{"fetch.wait.max.ms": "10", "fetch.min.bytes": "2", "max.partition.fetch.bytes": "3", "socket.receive.buffer.bytes": "4"}},
		{"bytes round up", m{"buffer.memory": "1025"}, m{"queue.buffering.max.kbytes": "2"}},
		{"PEM stores", m{"ssl.truststore.location": "ca.pem", "ssl.truststore.type": "PEM", "ssl.keystore.location": "me.pem", "ssl.keystore.type": "pem", "ssl.key.password": "k"},
			m{"ssl.ca.location": "ca.pem", "ssl.certificate.location": "me.pem", "ssl.key.location": "me.pem", "ssl.key.password": "k"}},
		{"PEM text", m{"ssl.truststore.certificates": "C", "ssl.keystore.key": "K", "ssl.keystore.certificate.chain": "H"},
			m{"ssl.ca.pem": "C", "ssl.key.pem": "K", "ssl.certificate.pem": "H"}},
		{"PKCS12 keystore", m{"ssl.keystore.location": "me.p12", "ssl.keystore.type": "PKCS12", "ssl.keystore.password": "s"},
			m{"ssl.keystore.location": "me.p12", "ssl.keystore.password": "s"}},
		{"no host name check", m{"ssl.endpoint.identification.algorithm": ""}, m{"ssl.endpoint.identification.algorithm": "none"}},
		{"PLAIN", m{"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required username="al ice" password="p\"w;=d";`},
			m{"security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN", "sasl.username": "al ice", "sasl.password": `p"w;=d`}},
		{"SCRAM over several lines", m{"sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required\n  username = 'u'\n  password=p ;"},
			m{"sasl.username": "u", "sasl.password": "p"}},
		{"twice the same", m{"linger.ms": "5", "queue.buffering.max.ms": "5"}, m{"linger.ms": "5"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Translate(test.in)
			if err != nil || !maps.Equal(got, test.want) {
				t.Fatalf("got %v, %v; want %v", got, err, test.want)
			}
			if again, err := Translate(got); err != nil || !maps.Equal(again, got) {
				t.Errorf("translated again: %v, %v; want %v", again, err, got)
			}
		})
	}
}

func TestTranslateErrors(t *testing.T) {
	type m = map[string]string
	for _, test := range []struct {
		in           m
		key, mention string
	}{
		{m{"ssl.truststore.location": "ca.jks", "ssl.truststore.password": "x"}, "ssl.truststore.location", "ssl.ca.location"},
		{m{"ssl.truststore.location": "ca.p12", "ssl.truststore.type": "PKCS12"}, "ssl.truststore.location", "PKCS12"},
		{m{"ssl.keystore.location": "me.jks"}, "ssl.keystore.location", "ssl.certificate.location"},
		{m{"sasl.login.callback.handler.class": "x"}, "sasl.login.callback.handler.class", "sasl.oauthbearer.method=oidc"},
		{m{"ssl.engine.factory.class": "x"}, "ssl.engine.factory.class", "PEM"},
		{m{"sasl.jaas.config": "com.sun.security.auth.module.Krb5LoginModule required;"}, "sasl.jaas.config", "Krb5LoginModule"},
		{m{"sasl.jaas.config": "a.B required"}, "sasl.jaas.config", "semicolon"},
		{m{"sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required username="u`}, "sasl.jaas.config", "quote"},
		{m{"sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required username="u";`}, "sasl.jaas.config", "missing"},
		{m{"buffer.memory": "lots"}, "buffer.memory", "bytes"},
		{m{"linger.mss": "5"}, "linger.mss", "linger.ms"},
		{m{"securty.protocol": "ssl"}, "securty.protocol", "security.protocol"},
		{m{"quite.something.else.altogether": "5"}, "quite.something.else.altogether", "no"},
		{m{"key.serializer": "x"}, "key.serializer", "remove it"},
		{m{"linger.ms": "5", "queue.buffering.max.ms": "6"}, "queue.buffering.max.ms", "contradicts linger.ms"},
	} {
		_, err := Translate(test.in)
		var e *PropertyError
		if !errors.As(err, &e) || e.Key != test.key || !strings.Contains(e.Error(), test.mention) {
			t.Errorf("%v: got %v, want an error on %s that mentions %q", test.in, err, test.key, test.mention)
		}
	}
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	_, err := Translate(map[string]string{"sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required hunter2;`})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestEditDistance(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("abc.")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		d := editDistance(a, b)
		if d != editDistance(b, a) || (d == 0) != (a == b) || d > max(len(a), len(b)) || d < len(a)-len(b) || d < len(b)-len(a) {
			t.Fatalf("distance %d", d)
		}
	})
}

func FuzzTranslateJAAS(f *testing.F) {
	f.Add(`org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="p";`)
	f.Add(`a b c='d\'e' = ;`)
	f.Fuzz(func(t *testing.T, value string) {
		out, err := Translate(map[string]string{"sasl.jaas.config": value})
		if err == nil && len(out) != 2 {
			t.Errorf("got %v", out)
		}
	})
}
