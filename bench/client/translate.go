package client

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Translate returns properties under librdkafka's names, one name per property, given either library's names.
// What already has them is returned as it is. A property that librdkafka cannot express, above all one of
// security, is an error with the way around it: dropped in silence it would measure another connection than the
// user meant. Errors are *PropertyError.
func Translate(props map[string]string) (map[string]string, error) {
	t := translation{in: props, out: map[string]string{}, from: map[string]string{}}
	for _, key := range slices.Sorted(maps.Keys(props)) {
		if err := t.translate(key, props[key]); err != nil {
			return nil, err
		}
	}
	return t.out, nil
}

type translation struct {
	in, out map[string]string
	from    map[string]string // which key of in set a key of out
}

func (t *translation) translate(key, value string) error {
	name := key
	if c, found := canonical[key]; found {
		name = c
	}
	if rule, found := javaOnly[name]; found {
		if rule.apply == nil {
			return &PropertyError{key, "librdkafka has no such property", rule.remedy}
		}
		pairs, problem := rule.apply(t.in, value)
		if problem != "" {
			return &PropertyError{key, problem, rule.remedy}
		}
		for _, p := range pairs {
			if err := t.set(key, p.name, p.value); err != nil {
				return err
			}
		}
		return nil
	}
	if _, found := known[name]; !found {
		e := &PropertyError{Key: key, Problem: "neither librdkafka nor Java's client has such a property"}
		if near := nearest(key); near != "" {
			e.Remedy = "did you mean " + near + "?"
		}
		return e
	}
	return t.set(key, name, value)
}

func (t *translation) set(key, name, value string) error {
	if was, found := t.out[name]; found && was != value {
		return &PropertyError{key, "contradicts " + t.from[name] + ": both set librdkafka's " + name, "remove one of them"}
	}
	t.out[name], t.from[name] = value, key
	return nil
}

type pair struct{ name, value string }

// rule is what becomes of a property that librdkafka does not have, or spells its values differently.
type rule struct {
	apply  func(all map[string]string, value string) (pairs []pair, problem string) // nil: cannot be expressed
	remedy string
}

// javaOnly holds Java's properties (ProducerConfig, ConsumerConfig, SaslConfigs, SslConfigs of Apache Kafka 4)
// that need more than another name.
var javaOnly = map[string]rule{
	"buffer.memory":     {apply: kibibytes("queue.buffering.max.kbytes"), remedy: "give whole bytes"},
	"security.protocol": {apply: lower("security.protocol")},
	"ssl.endpoint.identification.algorithm": {apply: func(_ map[string]string, value string) ([]pair, string) {
		if value == "" { // Java's way of switching it off
			value = "none"
		}
		return []pair{{"ssl.endpoint.identification.algorithm", strings.ToLower(value)}}, ""
	}},

	"sasl.jaas.config": {apply: jaas, remedy: "set sasl.mechanism with sasl.username and sasl.password, or librdkafka's sasl.kerberos.* or sasl.oauthbearer.*"},

	"ssl.truststore.type":     {apply: storeType},
	"ssl.truststore.location": {apply: truststore, remedy: "export its certificates as PEM (keytool -exportcert -rfc, or openssl pkcs12 -nokeys) and set ssl.ca.location; a file that is PEM already also needs ssl.truststore.type=PEM"},
	"ssl.truststore.password": {remedy: "remove it: certificates in PEM need none"},
	"ssl.truststore.certificates": {apply: func(_ map[string]string, value string) ([]pair, string) {
		return []pair{{"ssl.ca.pem", value}}, ""
	}},
	"ssl.keystore.type":     {apply: storeType},
	"ssl.keystore.location": {apply: keystore, remedy: "convert it (keytool -importkeystore -deststoretype PKCS12) and set ssl.keystore.type=PKCS12, or give PEM files in ssl.certificate.location and ssl.key.location"},
	"ssl.keystore.key": {apply: func(_ map[string]string, value string) ([]pair, string) {
		return []pair{{"ssl.key.pem", value}}, ""
	}},
	"ssl.keystore.certificate.chain": {apply: func(_ map[string]string, value string) ([]pair, string) {
		return []pair{{"ssl.certificate.pem", value}}, ""
	}},

	"sasl.login.callback.handler.class":        {remedy: "callbacks are Java code: use librdkafka's sasl.oauthbearer.method=oidc, or credentials in sasl.username and sasl.password"},
	"sasl.client.callback.handler.class":       {remedy: "callbacks are Java code: use librdkafka's sasl.oauthbearer.method=oidc, or credentials in sasl.username and sasl.password"},
	"sasl.login.class":                         {remedy: "login modules are Java code: use librdkafka's own sasl.* properties"},
	"sasl.oauthbearer.jwks.endpoint.url":       {remedy: "remove it: it is a broker's property"},
	"sasl.oauthbearer.scope.claim.name":        {remedy: "remove it: librdkafka reads only sasl.oauthbearer.sub.claim.name"},
	"sasl.kerberos.ticket.renew.jitter":        {remedy: "use librdkafka's sasl.kerberos.kinit.cmd"},
	"sasl.kerberos.ticket.renew.window.factor": {remedy: "use librdkafka's sasl.kerberos.kinit.cmd"},
	"security.providers":                       {remedy: "Java security providers do not exist here: use ssl.providers (OpenSSL)"},
	"ssl.provider":                             {remedy: "Java security providers do not exist here: use ssl.providers (OpenSSL)"},
	"ssl.engine.factory.class":                 {remedy: "engines are Java code: use PEM files, or ssl.engine.location (OpenSSL)"},
	"ssl.protocol":                             {remedy: "remove it: OpenSSL negotiates the version"},
	"ssl.enabled.protocols":                    {remedy: "remove it: OpenSSL negotiates the version; restrict it in the broker or in openssl.cnf"},
	"ssl.keymanager.algorithm":                 {remedy: "remove it: it concerns Java's key manager only"},
	"ssl.trustmanager.algorithm":               {remedy: "remove it: it concerns Java's trust manager only"},
	"ssl.secure.random.implementation":         {remedy: "remove it: it concerns Java's random numbers only"},

	"key.serializer":             {remedy: "remove it: the tool sends bytes of its own"},
	"value.serializer":           {remedy: "remove it: the tool sends bytes of its own"},
	"key.deserializer":           {remedy: "remove it: the tool reads bytes of its own"},
	"value.deserializer":         {remedy: "remove it: the tool reads bytes of its own"},
	"partitioner.class":          {remedy: "remove it: the tool spreads records over the partitions"},
	"interceptor.classes":        {remedy: "remove it: interceptors are Java code"},
	"metric.reporters":           {remedy: "remove it: reporters are Java code"},
	"max.block.ms":               {remedy: "remove it: sending never blocks, a full queue is measured as blocked time"},
	"max.poll.records":           {remedy: "remove it: librdkafka hands records over one by one; use queued.min.messages"},
	"default.api.timeout.ms":     {remedy: "use socket.timeout.ms"},
	"retry.backoff.exponential":  {remedy: "use retry.backoff.ms and retry.backoff.max.ms"},
	"exclude.internal.topics":    {remedy: "remove it: readers are assigned their partitions"},
	"partitioner.ignore.keys":    {remedy: "remove it: the tool spreads records over the partitions"},
	"delivery.report.only.error": {remedy: "remove it: acknowledgements are measured"},

	"socket.connection.setup.timeout.max.ms": {remedy: "use socket.connection.setup.timeout.ms and reconnect.backoff.max.ms"},
}

func lower(name string) func(map[string]string, string) ([]pair, string) {
	return func(_ map[string]string, value string) ([]pair, string) {
		return []pair{{name, strings.ToLower(value)}}, ""
	}
}

func kibibytes(name string) func(map[string]string, string) ([]pair, string) {
	return func(_ map[string]string, value string) ([]pair, string) {
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		if err != nil || n < 1 {
			return nil, fmt.Sprintf("%q is not a number of bytes", value)
		}
		return []pair{{name, strconv.FormatInt((n-1)/1024+1, 10)}}, ""
	}
}

// storeType is judged where the store's location is.
func storeType(map[string]string, string) ([]pair, string) { return nil, "" }

// truststore: OpenSSL reads certificates to trust from PEM only; Java's default type is JKS.
func truststore(all map[string]string, value string) ([]pair, string) {
	switch kind := strings.ToUpper(all["ssl.truststore.type"]); kind {
	case "PEM":
		return []pair{{"ssl.ca.location", value}}, ""
	case "":
		return nil, "a truststore without a type is JKS, which librdkafka cannot read"
	default:
		return nil, "librdkafka cannot read a truststore of type " + kind
	}
}

// keystore: without a type the name is librdkafka's own, whose keystores are PKCS#12. A PEM keystore holds
// certificates and key in one file (KIP-651).
func keystore(all map[string]string, value string) ([]pair, string) {
	kind := strings.ToUpper(all["ssl.keystore.type"])
	if kind == "" && strings.HasSuffix(strings.ToLower(value), ".jks") {
		kind = "JKS"
	}
	switch kind {
	case "PEM":
		return []pair{{"ssl.certificate.location", value}, {"ssl.key.location", value}}, ""
	case "PKCS12", "":
		return []pair{{"ssl.keystore.location", value}}, ""
	default:
		return nil, "librdkafka cannot read a keystore of type " + kind
	}
}
