//go:build cgo

package librdkafka

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// New returns librdkafka as this binary links it.
func New() client.Library { return library{} }

type library struct{}

func (library) Name() string { return name }

// Version returns librdkafka's own version, such as "2.15.1".
func (library) Version() string {
	_, version := kafka.LibraryVersion()
	return version
}

// TransactionProtocol is the one from before KIP-890 part 2: EndTxn v1, AddPartitionsToTxn v0.
func (library) TransactionProtocol() int { return 1 }

func (library) Effective(w workload.Workload) (producer, reader map[string]string, err error) {
	producer, reader, err = configure(w, anyOf)
	if err != nil {
		return nil, nil, err
	}
	if err := validate(w, producer, reader); err != nil {
		return nil, nil, err
	}
	return client.Redact(producer), client.Redact(reader), nil
}

// validate has librdkafka judge a configuration: it opens clients that have no broker to connect to.
func validate(w workload.Workload, producer, reader map[string]string) error {
	// With statistics due every millisecond the binding's poller wakes up often, and closing is quick.
	quick := map[string]string{"statistics.interval.ms": "1"}
	p, err := kafka.NewProducer(producerMap(merge(producer, quick)))
	if err != nil {
		return rejected(w, err)
	}
	p.Close()
	c, err := kafka.NewConsumer(readerMap(merge(reader, quick)))
	if err != nil {
		return rejected(w, err)
	}
	return c.Close()
}

// producerMap adds the binding's own settings, which the tool's way of working depends on.
func producerMap(props map[string]string) *kafka.ConfigMap {
	m := *readerMap(props)
	m["go.delivery.report.fields"] = "none"
	m["go.events.channel.size"] = 10_000
	m["go.produce.channel.size"] = 0
	return &m
}

func readerMap(props map[string]string) *kafka.ConfigMap {
	m := kafka.ConfigMap{"go.logs.channel.enable": true}
	for key, value := range props {
		m[key] = value
	}
	return &m
}

var quoted = regexp.MustCompile("[\"`]([a-z][a-z0-9._]*)[\"`]")

// rejected turns librdkafka's refusal of a configuration into one that names the user's property.
func rejected(w workload.Workload, err error) error {
	e := &client.PropertyError{Problem: strings.TrimSpace(err.Error())}
	var k kafka.Error
	if !errors.As(err, &k) || k.Code() != kafka.ErrInvalidArg {
		return err
	}
	for _, m := range quoted.FindAllStringSubmatch(e.Problem, -1) {
		about := translated(m[1], "")
		for _, key := range slices.Sorted(maps.Keys(w.Properties)) {
			if slices.ContainsFunc(translated(key, w.Properties[key]), func(name string) bool { return slices.Contains(about, name) }) {
				e.Key = key
				return e
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(w.Properties)) {
		if strings.Contains(e.Problem, key) {
			e.Key = key
			break
		}
	}
	return e
}

// translated are the names a property has after translation: librdkafka speaks of it by any of its own.
func translated(key, value string) []string {
	props, err := client.Translate(map[string]string{key: value})
	if err != nil {
		return []string{key}
	}
	return slices.Collect(maps.Keys(props))
}
