package client

import "strings"

// Scope says which side of a client a property concerns.
type Scope int

// Scopes of a property.
const (
	Both Scope = iota
	ProducerOnly
	ReaderOnly
)

// ScopeOf returns the scope of a property by librdkafka's name, and whether librdkafka has it.
func ScopeOf(name string) (Scope, bool) {
	scope, found := known[name]
	return scope, found
}

// known are librdkafka's properties as its CONFIGURATION.md (2.15) lists them, less those that only code can set
// and the aliases that canonical resolves. librdkafka itself judges their values.
var known = scopes(map[Scope]string{
	ProducerOnly: `
		acks batch.num.messages batch.size compression.level compression.type enable.gapless.guarantee
		enable.idempotence linger.ms message.timeout.ms partitioner produce.offset.report
		queue.buffering.backpressure.threshold queue.buffering.max.kbytes queue.buffering.max.messages
		queuing.strategy request.timeout.ms retries sticky.partitioning.linger.ms transaction.timeout.ms
		transactional.id`,
	ReaderOnly: `
		auto.commit.interval.ms auto.offset.reset check.crcs coordinator.query.interval.ms enable.auto.commit
		enable.auto.offset.store enable.partition.eof fetch.error.backoff.ms fetch.max.bytes fetch.min.bytes
		fetch.queue.backoff.ms fetch.wait.max.ms group.id group.instance.id group.protocol group.protocol.type
		group.remote.assignor heartbeat.interval.ms isolation.level max.partition.fetch.bytes max.poll.interval.ms
		offset.store.method partition.assignment.strategy queued.max.messages.kbytes queued.min.messages
		session.timeout.ms`,
	Both: `
		allow.auto.create.topics api.version.fallback.ms api.version.request api.version.request.timeout.ms
		bootstrap.servers broker.address.family broker.address.ttl broker.version.fallback client.dns.lookup
		client.id client.rack connections.max.idle.ms debug enable.metrics.push enable.random.seed
		enable.sasl.oauthbearer.unsecure.jwt enable.ssl.certificate.verification https.ca.location
		https.ca.pem log.connection.close log.queue log.thread.name log_level
		max.in.flight.requests.per.connection message.copy.max.bytes message.max.bytes metadata.max.age.ms
		metadata.recovery.rebootstrap.trigger.ms metadata.recovery.strategy plugin.library.paths
		receive.message.max.bytes reconnect.backoff.jitter.ms reconnect.backoff.max.ms reconnect.backoff.ms
		retry.backoff.max.ms retry.backoff.ms sasl.kerberos.keytab sasl.kerberos.kinit.cmd
		sasl.kerberos.min.time.before.relogin sasl.kerberos.principal sasl.kerberos.service.name sasl.mechanism
		sasl.oauthbearer.assertion.algorithm sasl.oauthbearer.assertion.claim.aud
		sasl.oauthbearer.assertion.claim.exp.seconds sasl.oauthbearer.assertion.claim.iss
		sasl.oauthbearer.assertion.claim.jti.include sasl.oauthbearer.assertion.claim.nbf.seconds
		sasl.oauthbearer.assertion.claim.sub sasl.oauthbearer.assertion.file
		sasl.oauthbearer.assertion.jwt.template.file sasl.oauthbearer.assertion.private.key.file
		sasl.oauthbearer.assertion.private.key.passphrase sasl.oauthbearer.assertion.private.key.pem
		sasl.oauthbearer.client.id sasl.oauthbearer.client.secret sasl.oauthbearer.config
		sasl.oauthbearer.extensions sasl.oauthbearer.grant.type sasl.oauthbearer.metadata.authentication.type
		sasl.oauthbearer.method sasl.oauthbearer.scope sasl.oauthbearer.sub.claim.name
		sasl.oauthbearer.token.endpoint.url sasl.password sasl.username security.protocol socket.blocking.max.ms
		socket.connection.setup.timeout.ms socket.keepalive.enable socket.max.fails socket.nagle.disable
		socket.receive.buffer.bytes socket.send.buffer.bytes socket.timeout.ms ssl.ca.certificate.stores
		ssl.ca.location ssl.ca.pem ssl.certificate.location ssl.certificate.pem ssl.cipher.suites ssl.crl.location
		ssl.curves.list ssl.endpoint.identification.algorithm ssl.engine.id ssl.engine.location ssl.key.location
		ssl.key.password ssl.key.pem ssl.keystore.location ssl.keystore.password ssl.providers ssl.sigalgs.list
		statistics.interval.ms topic.blacklist topic.metadata.propagation.max.ms topic.metadata.refresh.fast.cnt
		topic.metadata.refresh.fast.interval.ms topic.metadata.refresh.interval.ms topic.metadata.refresh.sparse`,
})

func scopes(byScope map[Scope]string) map[string]Scope {
	all := map[string]Scope{}
	for scope, names := range byScope {
		for _, name := range strings.Fields(names) {
			all[name] = scope
		}
	}
	return all
}

// canonical are the names used here for properties that have several, in librdkafka or between it and Java.
var canonical = map[string]string{
	"metadata.broker.list":     "bootstrap.servers",
	"max.in.flight":            "max.in.flight.requests.per.connection",
	"sasl.mechanisms":          "sasl.mechanism",
	"fetch.message.max.bytes":  "max.partition.fetch.bytes",
	"queue.buffering.max.ms":   "linger.ms",
	"message.send.max.retries": "retries",
	"compression.codec":        "compression.type",
	"request.required.acks":    "acks",
	"delivery.timeout.ms":      "message.timeout.ms",
	"auto.commit.enable":       "enable.auto.commit",
	"fetch.max.wait.ms":        "fetch.wait.max.ms",
	"max.request.size":         "message.max.bytes",
	"send.buffer.bytes":        "socket.send.buffer.bytes",
	"receive.buffer.bytes":     "socket.receive.buffer.bytes",
	"compression.gzip.level":   "compression.level",
	"compression.lz4.level":    "compression.level",
	"compression.zstd.level":   "compression.level",

	"sasl.oauthbearer.client.credentials.client.id":     "sasl.oauthbearer.client.id",
	"sasl.oauthbearer.client.credentials.client.secret": "sasl.oauthbearer.client.secret",
}

// nearest returns the property whose name is closest to an unknown one, or "" when none is close.
func nearest(name string) string {
	best, distance := "", max(3, len(name)/4)+1
	consider := func(candidate string) {
		d := editDistance(name, candidate)
		if d < distance || d == distance && best != "" && candidate < best {
			best, distance = candidate, d
		}
	}
	for candidate := range known {
		consider(candidate)
	}
	for candidate := range canonical {
		consider(candidate)
	}
	for candidate := range javaOnly {
		consider(candidate)
	}
	return best
}

// editDistance is Levenshtein's.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
