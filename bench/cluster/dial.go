// Package cluster administers a Kafka cluster: topics, offsets at both isolation levels, log directories, what the
// cluster is and what crashed runs left in it. It has connections of its own, outside any trial's request counts.
package cluster

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

const (
	dialTimeout    = 10 * time.Second // for Dial as a whole, unless its context ends earlier
	connectTimeout = 4 * time.Second  // for one address, TLS included, so that a second one gets its turn
	clientID       = "kafka-eos-bench-admin"
)

// Admin is an administrator's connection to one cluster, safe for concurrent use.
type Admin struct {
	client *kgo.Client
	admin  *kadm.Client
}

// Dial connects and proves the cluster: it answers, lets this user in, each of its brokers can be reached where it
// says it is, and all of them speak what the tool needs. It takes ten seconds at the most. A failure wraps
// ErrUnreachable, ErrUnauthorised or ErrTooOld; one that wraps none of them is a mistake in the arguments.
func Dial(ctx context.Context, bootstrap string, sec client.Security) (*Admin, error) {
	seeds, err := addresses(bootstrap)
	if err != nil {
		return nil, err
	}
	options, err := secure(sec)
	if err != nil {
		return nil, err
	}
	cl, err := kgo.NewClient(append(options,
		kgo.SeedBrokers(seeds...),
		kgo.ClientID(clientID),
		kgo.DisableClientMetrics(),
	)...)
	if err != nil {
		return nil, fmt.Errorf("set up the connection to %s: %w", bootstrap, err)
	}
	a := &Admin{client: cl, admin: kadm.NewClient(cl)}
	limited, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	// Setting up a connection heeds no request's context: only closing the client ends it in time.
	stop := context.AfterFunc(limited, a.Close)
	err = a.prove(limited, bootstrap, sec)
	switch {
	case !stop():
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, fmt.Errorf("connect to %s: %w", bootstrap, context.Canceled)
		}
		return nil, fmt.Errorf("connect to %s with security.protocol=%s: %w: no answer in time; "+
			"check the address, and whether the listener wants TLS or SASL", bootstrap, named(sec), ErrUnreachable)
	case err != nil:
		a.Close()
		return nil, err
	}
	return a, nil
}

// Close ends the connections.
func (a *Admin) Close() { a.client.Close() }

// addresses splits a comma-separated list of host:port.
func addresses(bootstrap string) ([]string, error) {
	var seeds []string
	for _, address := range strings.Split(bootstrap, ",") {
		address = strings.TrimSpace(address)
		host, port, err := net.SplitHostPort(address)
		if err != nil || host == "" || port == "" {
			return nil, fmt.Errorf("bootstrap address %q: want host:port, several separated by commas", address)
		}
		seeds = append(seeds, address)
	}
	return seeds, nil
}

func (a *Admin) prove(ctx context.Context, bootstrap string, sec client.Security) error {
	if err := a.client.Ping(ctx); err != nil {
		return refused("connect to "+bootstrap, sec, err)
	}
	versions, err := a.admin.ApiVersions(ctx)
	if err != nil {
		return refused("ask "+bootstrap+" for its brokers", sec, err)
	}
	if len(versions) == 0 {
		return fmt.Errorf("connect to %s: %w: it names no brokers; wait until the cluster is up", bootstrap, ErrUnreachable)
	}
	brokers, err := a.admin.ListBrokers(ctx)
	if err != nil {
		return refused("ask "+bootstrap+" for its brokers", sec, err)
	}
	for _, b := range brokers {
		v := versions[b.NodeID]
		if v.Err != nil {
			err := refused(fmt.Sprintf("connect to broker %d at %s:%d", b.NodeID, b.Host, b.Port), sec, v.Err)
			return fmt.Errorf("%w; %s answered and advertises that address: if it cannot be reached from here, "+
				"correct the broker's advertised.listeners", err, bootstrap)
		}
		if err := recent(fmt.Sprintf("broker %d at %s:%d", b.NodeID, b.Host, b.Port), &v); err != nil {
			return err
		}
	}
	return nil
}

// needs are the request versions the tool cannot do without.
var needs = [...]struct {
	key     kmsg.Key
	version int16
	why     string
}{
	{kmsg.Fetch, 4, "read_committed, KIP-98, Kafka 0.11"},
	{kmsg.ListOffsets, 2, "last stable offsets, KIP-98, Kafka 0.11"},
	{kmsg.AddPartitionsToTxn, 0, "transactions, KIP-98, Kafka 0.11"},
	{kmsg.EndTxn, 0, "transactions, KIP-98, Kafka 0.11"},
	{kmsg.InitProducerID, 3, "recovery from abortable errors, KIP-360, Kafka 2.5"},
	{kmsg.TxnOffsetCommit, 3, "fencing by group generation, KIP-447, Kafka 2.5"},
}

func recent(who string, v *kadm.BrokerApiVersions) error {
	for _, need := range needs {
		if has, ok := v.KeyMaxVersion(int16(need.key)); !ok || has < need.version {
			offers := "does not offer it"
			if ok {
				offers = fmt.Sprintf("offers v%d", has)
			}
			return fmt.Errorf("%s looks like Kafka %s: %w: %s v%d is needed (%s), it %s; use Kafka 2.5 or later",
				who, v.VersionGuess(), ErrTooOld, need.key.Name(), need.version, need.why, offers)
		}
	}
	return nil
}

// refused tells why a broker cannot be talked to, with a remedy in terms of the client properties users set.
func refused(doing string, sec client.Security, err error) error {
	hint, kind := diagnose(sec, err)
	return fmt.Errorf("%s with security.protocol=%s: %w: %w; %s", doing, named(sec), kind, err, hint)
}

func named(sec client.Security) string { return cmp.Or(sec.Protocol, "plaintext") }

// diagnose finds the kind of a connection's failure and what to do about it.
func diagnose(sec client.Security, err error) (hint string, kind error) {
	var (
		handshake *handshakeError
		firstRead *kgo.ErrFirstReadEOF
		unknownCA x509.UnknownAuthorityError
		hostname  x509.HostnameError
		alert     tls.AlertError
		dns       *net.DNSError
	)
	switch text := err.Error(); {
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return fmt.Sprintf("the broker does not offer sasl.mechanism %s", sec.Mechanism), ErrUnauthorised
	case errors.Is(err, kerr.IllegalSaslState):
		return "the listener does not use SASL: set security.protocol=plaintext or ssl", ErrUnauthorised
	case denied(err):
		return fmt.Sprintf("check sasl.mechanism (%s), sasl.username, sasl.password and the user's permissions",
			cmp.Or(sec.Mechanism, "none")), ErrUnauthorised
	case errors.As(err, &unknownCA):
		return "set ssl.ca.location to the certificate authority that signed the broker's certificate", ErrUnauthorised
	case errors.As(err, &hostname):
		return "connect by a name the broker's certificate holds, or set ssl.endpoint.identification.algorithm=none", ErrUnauthorised
	case errors.As(err, &alert), strings.Contains(text, "remote error: tls: "):
		return "the broker refused this client's certificate: set ssl.certificate.location and ssl.key.location", ErrUnauthorised
	case errors.As(err, &handshake):
		return "the listener does not seem to speak TLS: set security.protocol=plaintext or sasl_plaintext", ErrUnreachable
	case !sec.TLS() && strings.Contains(text, "tls alert record"),
		!sec.TLS() && errors.As(err, &firstRead) && !strings.Contains(text, "SASL"):
		return "the listener seems to want TLS: set security.protocol=ssl or sasl_ssl", ErrUnreachable
	case !sec.SASL() && errors.As(err, &firstRead):
		return "the listener seems to want SASL: set security.protocol=sasl_ssl or sasl_plaintext, sasl.mechanism, sasl.username and sasl.password", ErrUnauthorised
	case sec.SASL() && errors.Is(err, io.EOF) && !errors.As(err, &firstRead):
		// Brokers before KIP-152, and some proxies, answer wrong credentials by closing the connection.
		return fmt.Sprintf("check sasl.mechanism (%s), sasl.username and sasl.password", sec.Mechanism), ErrUnauthorised
	case errors.As(err, &dns):
		return "check the host name", ErrUnreachable
	}
	return "check the address and that the broker is up", ErrUnreachable
}
