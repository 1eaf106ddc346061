package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// secure translates the security settings, with librdkafka's meaning of each, into franz-go's options.
func secure(sec client.Security) ([]kgo.Opt, error) {
	var encryption *tls.Config
	if sec.TLS() {
		var err error
		if encryption, err = encrypt(sec); err != nil {
			return nil, err
		}
	}
	options := []kgo.Opt{kgo.Dialer(dialer(encryption))}
	if sec.SASL() {
		mechanism, err := authenticate(sec)
		if err != nil {
			return nil, err
		}
		options = append(options, kgo.SASL(mechanism))
	}
	return options, nil
}

func authenticate(sec client.Security) (sasl.Mechanism, error) {
	switch sec.Mechanism {
	case "PLAIN":
		return plain.Auth{User: sec.Username, Pass: sec.Password}.AsMechanism(), nil
	case "SCRAM-SHA-256":
		return scram.Auth{User: sec.Username, Pass: sec.Password}.AsSha256Mechanism(), nil
	case "SCRAM-SHA-512":
		return scram.Auth{User: sec.Username, Pass: sec.Password}.AsSha512Mechanism(), nil
	}
	return nil, fmt.Errorf("sasl.mechanism %q: want PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", sec.Mechanism)
}

func encrypt(sec client.Security) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: sec.SkipVerify}
	authorities, err := read("ssl.ca.location", sec.CAFile, sec.CAPEM)
	if err != nil {
		return nil, err
	}
	if len(authorities) > 0 {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(authorities) {
			return nil, fmt.Errorf("read ssl.ca.location %s: it holds no certificate in PEM form", sec.CAFile)
		}
	}
	if sec.CertFile+sec.CertPEM != "" {
		certificate, err := keyPair(sec)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	if !sec.VerifyHostname && !sec.SkipVerify {
		config.InsecureSkipVerify = true // of the name only: what follows verifies the chain
		config.VerifyConnection = func(state tls.ConnectionState) error {
			chain := x509.VerifyOptions{Roots: config.RootCAs, Intermediates: x509.NewCertPool()}
			for _, c := range state.PeerCertificates[1:] {
				chain.Intermediates.AddCert(c)
			}
			_, err := state.PeerCertificates[0].Verify(chain)
			return err
		}
	}
	return config, nil
}

func keyPair(sec client.Security) (tls.Certificate, error) {
	certificate, err := read("ssl.certificate.location", sec.CertFile, sec.CertPEM)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := read("ssl.key.location", sec.KeyFile, sec.KeyPEM)
	if err != nil {
		return tls.Certificate{}, err
	}
	if key, err = decrypt(key, sec.KeyPassword); err != nil {
		return tls.Certificate{}, fmt.Errorf("read ssl.key.location %s: %w", sec.KeyFile, err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read ssl.certificate.location %s and ssl.key.location %s: %w", sec.CertFile, sec.KeyFile, err)
	}
	return pair, nil
}

// read returns a PEM given as text, or else as a file; nothing if neither was given.
func read(property, file, text string) ([]byte, error) {
	if text != "" || file == "" {
		return []byte(text), nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", property, err)
	}
	return content, nil
}

// handshakeError marks a failure after the TCP connection stood and before TLS did.
type handshakeError struct {
	address string
	err     error
}

func (e *handshakeError) Error() string {
	return fmt.Sprintf("TLS handshake with %s: %v", e.address, e.err)
}
func (e *handshakeError) Unwrap() error { return e.err }

// dialer opens connections, encrypted if there is a configuration, each within its own time: a broker that never
// answers a handshake (a plaintext listener may wait for the rest of a huge request) must not use up everything.
func dialer(encryption *tls.Config) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		limited, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		raw, err := (&net.Dialer{}).DialContext(limited, network, address)
		if err != nil || encryption == nil {
			return raw, err
		}
		config := encryption.Clone()
		if config.ServerName, _, err = net.SplitHostPort(address); err != nil {
			return nil, errors.Join(err, raw.Close())
		}
		conn := tls.Client(raw, config)
		if err := conn.HandshakeContext(limited); err != nil {
			_ = raw.Close() // the handshake's own error says more
			return nil, &handshakeError{address, err}
		}
		return conn, nil
	}
}
