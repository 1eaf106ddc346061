//go:build cgo && !linux

package librdkafka

import (
	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

const aroundBinding = false

func openProducer(props map[string]string, cfg client.ProducerConfig) (*kafka.Producer, handOver, error) {
	return openProducerInBinding(props, cfg)
}

func openConsumer(props map[string]string, topics []string) (*kafka.Consumer, source, error) {
	return openConsumerInBinding(props, topics)
}
