package client

import (
	"errors"
	"testing"
)

func TestSecurityOf(t *testing.T) {
	type m = map[string]string
	for _, test := range []struct {
		name string
		in   m
		want Security
	}{
		{"nothing", nil, Security{Protocol: "plaintext", VerifyHostname: true}},
		{"TLS", m{"security.protocol": "ssl", "ssl.ca.location": "ca", "ssl.certificate.location": "c", "ssl.key.location": "k", "ssl.key.password": "p", "ssl.endpoint.identification.algorithm": "none"},
			Security{Protocol: "ssl", CAFile: "ca", CertFile: "c", KeyFile: "k", KeyPassword: "p"}},
		{"unverified", m{"security.protocol": "ssl", "enable.ssl.certificate.verification": "false"},
			Security{Protocol: "ssl", VerifyHostname: true, SkipVerify: true}},
		{"SCRAM", m{"security.protocol": "sasl_ssl", "sasl.mechanism": "scram-sha-512", "sasl.username": "u", "sasl.password": "p", "ssl.ca.pem": "PEM"},
			Security{Protocol: "sasl_ssl", CAPEM: "PEM", VerifyHostname: true, Mechanism: "SCRAM-SHA-512", Username: "u", Password: "p"}},
	} {
		got, err := SecurityOf(test.in)
		if err != nil || got != test.want {
			t.Errorf("%s: got %+v, %v; want %+v", test.name, got, err, test.want)
		}
	}
	for _, test := range []struct {
		in  m
		key string
	}{
		{m{"security.protocol": "tls"}, "security.protocol"},
		{m{"security.protocol": "ssl", "ssl.keystore.location": "x.p12"}, "ssl.keystore.location"},
		{m{"security.protocol": "ssl", "ssl.certificate.location": "c"}, "ssl.certificate.location"},
		{m{"security.protocol": "sasl_plaintext"}, "sasl.mechanism"},
		{m{"security.protocol": "sasl_plaintext", "sasl.mechanism": "GSSAPI"}, "sasl.mechanism"},
		{m{"security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN"}, "sasl.username"},
	} {
		_, err := SecurityOf(test.in)
		var e *PropertyError
		if !errors.As(err, &e) || e.Key != test.key || e.Remedy == "" {
			t.Errorf("%v: got %v, want an error on %s", test.in, err, test.key)
		}
	}
}
