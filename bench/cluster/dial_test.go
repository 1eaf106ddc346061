package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// refusal dials, expects the kind of failure, and returns what the user reads.
func refusal(t *testing.T, bootstrap string, sec client.Security, kind error) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	a, err := Dial(ctx, bootstrap, sec)
	if err == nil {
		a.Close()
		t.Fatalf("%+v was let in", sec)
	}
	if !errors.Is(err, kind) {
		t.Fatalf("want %v, got %v", kind, err)
	}
	if ctx.Err() != nil {
		t.Fatalf("took until the test's own deadline: %v", err)
	}
	return err.Error()
}

func mentions(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in: %s", part, text)
		}
	}
}

// listen returns the address of a server that does what serve does with each connection.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			serve(conn)
		}
	}()
	return l.Addr().String()
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	mentions(t, refusal(t, closed, client.Security{}, ErrUnreachable), closed, "connection refused", "check the address")

	mentions(t, refusal(t, "no-such-host.invalid:9092", client.Security{}, ErrUnreachable), "no-such-host.invalid:9092", "check the host name")

	slammed := listen(t, func(c net.Conn) { _ = c.Close() })
	mentions(t, refusal(t, slammed, client.Security{}, ErrUnreachable), slammed)
}

func TestASilentListenerDoesNotHangTheTool(t *testing.T) {
	silent := listen(t, func(net.Conn) {})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := Dial(ctx, silent, client.Security{})
	if !errors.Is(err, ErrUnreachable) {
		t.Fatalf("got %v", err)
	}
	mentions(t, err.Error(), silent)
}

func TestAnInterruptedDialIsNoVerdictOnTheCluster(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	silent := listen(t, func(net.Conn) { cancel() })
	_, err := Dial(ctx, silent, client.Security{})
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) {
		t.Fatalf("got %v", err)
	}
}

func TestASecondAddressGetsItsTurn(t *testing.T) {
	slammed := listen(t, func(c net.Conn) { _ = c.Close() })
	a, err := Dial(t.Context(), slammed+", "+fake(t).ListenAddrs()[0], client.Security{})
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
}

func TestABrokerAdvertisedElsewhere(t *testing.T) {
	c := fake(t, kfake.NumBrokers(1))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().(*net.TCPAddr)
	_ = l.Close()
	c.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		resp := req.ResponseKind().(*kmsg.MetadataResponse)
		broker := kmsg.NewMetadataResponseBroker()
		broker.NodeID, broker.Host, broker.Port = 7, gone.IP.String(), int32(gone.Port)
		resp.Brokers = append(resp.Brokers, broker)
		return resp, nil, true
	})
	text := refusal(t, c.ListenAddrs()[0], client.Security{}, ErrUnreachable)
	mentions(t, text, "broker 7 at "+gone.String(), "advertised.listeners", c.ListenAddrs()[0])
}

func TestMistakesInTheArguments(t *testing.T) {
	for _, bootstrap := range []string{"", "localhost", "localhost:", ":9092", "a:1,,b:2"} {
		_, err := Dial(t.Context(), bootstrap, client.Security{})
		if err == nil || errors.Is(err, ErrUnreachable) {
			t.Errorf("%q gave %v", bootstrap, err)
		}
	}
	for _, sec := range []client.Security{
		{Protocol: "ssl", CAFile: "does-not-exist.pem"},
		{Protocol: "ssl", CAPEM: "not a certificate"},
		{Protocol: "ssl", CertFile: "does-not-exist.pem", KeyFile: "does-not-exist.pem"},
		{Protocol: "ssl", CertPEM: "x", KeyPEM: "x"},
		{Protocol: "sasl_plaintext", Mechanism: "GSSAPI"},
	} {
		_, err := Dial(t.Context(), "localhost:1", sec)
		if err == nil || errors.Is(err, ErrUnreachable) || errors.Is(err, ErrUnauthorised) {
			t.Errorf("%+v gave %v", sec, err)
		}
	}
}

func TestTooOld(t *testing.T) {
	c := fake(t, kfake.MaxVersions(kversion.V2_3_0()))
	text := refusal(t, c.ListenAddrs()[0], client.Security{}, ErrTooOld)
	mentions(t, text, c.ListenAddrs()[0], "InitProducerID v3 is needed", "Kafka 2.5 or later")
	a, err := Dial(t.Context(), fake(t, kfake.MaxVersions(kversion.V2_5_0())).ListenAddrs()[0], client.Security{})
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
}

func TestSASL(t *testing.T) {
	const secret, wrong = "open-sesame", "open-barley"
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		c := fake(t, kfake.EnableSASL(), kfake.Superuser(mechanism, "ali", secret))
		address := c.ListenAddrs()[0]
		sec := client.Security{Protocol: "sasl_plaintext", Mechanism: mechanism, Username: "ali", Password: secret}
		a, err := Dial(t.Context(), address, sec)
		if err != nil {
			t.Fatal(mechanism, err)
		}
		a.Close()

		sec.Password = wrong
		text := refusal(t, address, sec, ErrUnauthorised)
		mentions(t, text, address, mechanism)
		if strings.Contains(text, wrong) || strings.Contains(text, secret) {
			t.Errorf("the password is in: %s", text)
		}
		mentions(t, refusal(t, address, client.Security{}, ErrUnauthorised), address, "security.protocol=sasl_")
	}
}

func TestAMechanismTheBrokerDoesNotOffer(t *testing.T) {
	c := fake(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "ali", "x"))
	sec := client.Security{Protocol: "sasl_plaintext", Mechanism: "SCRAM-SHA-512", Username: "ali", Password: "x"}
	mentions(t, refusal(t, c.ListenAddrs()[0], sec, ErrUnauthorised), "SCRAM-SHA-512")
}

// certify returns a certificate for localhost (and not for 127.0.0.1) that signs itself, as TLS and as PEM.
func certify(t testing.TB) (pair tls.Certificate, certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	if pair, err = tls.X509KeyPair([]byte(certificate), []byte(key)); err != nil {
		t.Fatal(err)
	}
	return pair, certificate, key
}

func TestTLS(t *testing.T) {
	pair, certificate, key := certify(t)
	_, stranger, strangerKey := certify(t)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(certificate))
	address := fake(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}})).ListenAddrs()[0]
	mutual := fake(t, kfake.TLS(&tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	})).ListenAddrs()[0]

	for name, let := range map[string]struct {
		address string
		sec     client.Security
	}{
		"chain only":         {address, client.Security{Protocol: "ssl", CAPEM: certificate}},
		"nothing verified":   {address, client.Security{Protocol: "ssl", SkipVerify: true, VerifyHostname: true}},
		"client certificate": {mutual, client.Security{Protocol: "ssl", CAPEM: certificate, CertPEM: certificate, KeyPEM: key}},
	} {
		a, err := Dial(t.Context(), let.address, let.sec)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a.Close()
	}

	for name, not := range map[string]struct {
		address string
		sec     client.Security
		kind    error
		hint    string
	}{
		"plaintext to TLS":     {address, client.Security{Protocol: "plaintext"}, ErrUnreachable, "set security.protocol=ssl"},
		"unknown authority":    {address, client.Security{Protocol: "ssl"}, ErrUnauthorised, "ssl.ca.location"},
		"wrong authority":      {address, client.Security{Protocol: "ssl", CAPEM: stranger}, ErrUnauthorised, "ssl.ca.location"},
		"wrong name":           {address, client.Security{Protocol: "ssl", CAPEM: certificate, VerifyHostname: true}, ErrUnauthorised, "ssl.endpoint.identification.algorithm"},
		"no certificate":       {mutual, client.Security{Protocol: "ssl", CAPEM: certificate}, ErrUnauthorised, "ssl.certificate.location"},
		"stranger certificate": {mutual, client.Security{Protocol: "ssl", CAPEM: certificate, CertPEM: stranger, KeyPEM: strangerKey}, ErrUnauthorised, "ssl.certificate.location"},
	} {
		t.Run(name, func(t *testing.T) {
			mentions(t, refusal(t, not.address, not.sec, not.kind), not.address, not.hint)
		})
	}
}

func TestTLSToAPlaintextPort(t *testing.T) {
	// Kafka takes the handshake for a request beyond socket.request.max.bytes and closes.
	closing := listen(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1))
		_ = c.Close()
	})
	answering := listen(t, func(c net.Conn) { _, _ = c.Write(make([]byte, 64)) })
	for _, address := range []string{closing, answering} {
		mentions(t, refusal(t, address, client.Security{Protocol: "ssl"}, ErrUnreachable), address, "security.protocol=plaintext")
	}
}
