//go:build cgo

package librdkafka

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// identity is what tells one client of a trial from another.
type identity struct {
	bootstrap, clientID    string
	transactionalID, group string
}

// anyOf stands for identities where a configuration is shown rather than used.
var anyOf = identity{clientID: "<one per client>", transactionalID: "<one per producer>", group: "<one per trial>"}

// queueMessages is the least a producer's queue holds: librdkafka's own default.
const queueMessages = 100_000

// batchMessages is the most that one batch holds: librdkafka's own default.
const batchMessages = 10_000

// recordOverhead is more than a record takes beside its value: key, offsets and the batch around it.
const recordOverhead = 4096

// configure returns the whole configuration of a workload's producers and readers, as librdkafka spells it. Every
// property that bears on a figure is explicit, for defaults differ between clients and versions. The user's
// properties go on top, except where the mode or the tool decides: that is a *client.PropertyError.
//
// Matched workloads get the same but for the mode's own: acks, retries, enable.idempotence and transactional.id
// of the producer, isolation.level of the reader.
func configure(w workload.Workload, id identity) (producer, reader map[string]string, err error) {
	user, err := client.Translate(w.Properties)
	if err != nil {
		return nil, nil, err
	}
	shared := map[string]string{
		"client.id": id.clientID,
		// Requests per record and bytes on the wire are read from the statistics.
		"statistics.interval.ms": "500",
		// The broker could otherwise ask for metrics (KIP-714), which cost CPU and requests.
		"enable.metrics.push": "false",
		"log.queue":           "true", // or librdkafka writes to stderr
	}
	if id.bootstrap != "" {
		shared["bootstrap.servers"] = id.bootstrap
	}
	defaults := map[string]string{
		"security.protocol":                     "plaintext",
		"max.in.flight.requests.per.connection": "5", // the most that idempotence can keep in order (KIP-98)
		"socket.nagle.disable":                  "true",
		"socket.timeout.ms":                     "30000",
		"retry.backoff.ms":                      "100",
		"retry.backoff.max.ms":                  "1000",
		// By default up to 10 s: one dropped connection would then decide a trial.
		"reconnect.backoff.ms":     "20",
		"reconnect.backoff.max.ms": "200",
	}

	mode := w.Mode
	producer = merge(shared, map[string]string{
		"acks":               strconv.Itoa(mode.Acks),
		"retries":            "0",
		"enable.idempotence": strconv.FormatBool(mode.Idempotent),
		// Of the others no report is made where their ends are noted before (see openProducer).
		"delivery.report.only.error": strconv.FormatBool(aroundBinding),
	})
	if mode.Retries {
		producer["retries"] = "2147483647" // bounded by message.timeout.ms instead
	}
	if mode.Transactional {
		producer["transactional.id"] = id.transactionalID
	}
	producerDefaults := merge(defaults, map[string]string{
		"linger.ms":          strconv.FormatFloat(float64(w.Linger)/float64(time.Millisecond), 'f', -1, 64),
		"batch.size":         "65536", // bytes; librdkafka's million fills no batch at the rates of interest
		"batch.num.messages": strconv.Itoa(batchMessages),
		"message.max.bytes":  strconv.Itoa(max(1_000_000, w.MessageSize.Max+recordOverhead)),
		"compression.type":   "none",
		"request.timeout.ms": "30000",
		"message.timeout.ms": "60000",
		// Only transactional producers send it, but message.timeout.ms must not exceed it (librdkafka).
		"transaction.timeout.ms": "60000",
		// Never the first limit that a bound on unacknowledged records meets: a batch is acknowledged before its
		// places in the queue are free.
		"queue.buffering.max.messages":  strconv.Itoa(max(queueMessages, w.InFlight+batchMessages)),
		"queue.buffering.max.kbytes":    "1048576",
		"sticky.partitioning.linger.ms": "0", // the tool chooses the partition
	})
	capAt(producerDefaults, "transaction.timeout.ms", user, "message.timeout.ms", "socket.timeout.ms")

	isolation := w.Isolation
	if isolation == "" {
		isolation = mode.Isolation
	}
	reader = merge(shared, map[string]string{
		"group.id":                 id.group,
		"isolation.level":          string(isolation),
		"auto.offset.reset":        "error", // a reader that fell behind the log's start must not skip in silence
		"enable.auto.commit":       "true",  // the monitoring view of lag depends on it
		"auto.commit.interval.ms":  "1000",
		"enable.auto.offset.store": "true",
		"enable.partition.eof":     "false",
		// Readers join no group. But closing waits this long for a coordinator that is away to take the last offsets.
		"session.timeout.ms": "6000",
	})
	readerDefaults := merge(defaults, map[string]string{
		"fetch.min.bytes":           "1", // with it a fetch returns as soon as there is something
		"fetch.wait.max.ms":         "500",
		"fetch.max.bytes":           "52428800",
		"max.partition.fetch.bytes": "1048576",
		// By default a reader whose queue is full waits a second before it fetches again.
		"fetch.queue.backoff.ms":     "2",
		"fetch.error.backoff.ms":     "100",
		"queued.min.messages":        "100000",
		"queued.max.messages.kbytes": "65536",
		"check.crcs":                 "false", // the record's stamp carries its own
	})

	for _, key := range slices.Sorted(maps.Keys(user)) {
		scope, _ := client.ScopeOf(key)
		_, ownedByProducer := producer[key]
		_, ownedByReader := reader[key]
		if ownedByProducer || ownedByReader || slices.Contains(decided, key) {
			return nil, nil, &client.PropertyError{Key: key, Problem: "is decided by the delivery mode or the tool", Remedy: "remove it"}
		}
		if scope != client.ReaderOnly {
			producerDefaults[key] = user[key]
		}
		if scope != client.ProducerOnly {
			readerDefaults[key] = user[key]
		}
	}
	if err := fitsTimeout(w, producerDefaults["transaction.timeout.ms"]); err != nil {
		return nil, nil, err
	}
	return merge(producer, producerDefaults), merge(reader, readerDefaults), nil
}

// fitsTimeout refuses transactions that stay open longer than the broker lets them: they would be aborted, and
// their producer fenced.
func fitsTimeout(w workload.Workload, timeoutMS string) error {
	ms, _ := strconv.Atoi(timeoutMS) // librdkafka itself refuses what is no number
	if ms <= 0 || !w.Mode.Transactional || w.Rate.Max || w.Rate.PerSecond <= 0 {
		return nil
	}
	open := w.TxnInterval
	if w.TxnSize > 0 {
		full := time.Duration(float64(w.TxnSize) * float64(w.Producers) / w.Rate.PerSecond * float64(time.Second))
		if open == 0 || full < open {
			open = full
		}
	}
	if timeout := time.Duration(ms) * time.Millisecond; open >= timeout {
		return &client.PropertyError{
			Key:     "transaction.timeout.ms",
			Problem: fmt.Sprintf("a transaction stays open for %s, and the broker aborts it after %s", open.Round(time.Millisecond), timeout),
			Remedy:  "lower --txn-size or --txn-interval, or raise -X transaction.timeout.ms",
		}
	}
	return nil
}

// decided are properties that the tool's way of working rules out, beside those it sets.
var decided = []string{"bootstrap.servers", "transactional.id", "group.instance.id", "group.protocol",
	"group.protocol.type", "group.remote.assignor", "partition.assignment.strategy", "partitioner",
	"enable.gapless.guarantee", "offset.store.method", "produce.offset.report"}

// capAt lowers defaults to a limit that the user lowered, unless the user set them as well.
func capAt(defaults map[string]string, limit string, user map[string]string, capped ...string) {
	n, err := strconv.Atoi(user[limit])
	if err != nil {
		return
	}
	for _, key := range capped {
		if was, _ := strconv.Atoi(defaults[key]); n < was {
			defaults[key] = user[limit]
		}
	}
}

func merge(all ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}
