//go:build !cgo

package librdkafka

import (
	"errors"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

var errNoCgo = errors.New("this binary was built without cgo and so without librdkafka: " +
	"install gcc and build it with CGO_ENABLED=1")

// New returns a library that answers everything with what to do: librdkafka is C.
func New() client.Library { return library{} }

type library struct{}

func (library) Name() string             { return name }
func (library) Version() string          { return "" }
func (library) TransactionProtocol() int { return 1 }

func (library) Effective(workload.Workload) (producer, reader map[string]string, err error) {
	return nil, nil, errNoCgo
}
func (library) NewProducer(client.ProducerConfig) (client.Producer, error) { return nil, errNoCgo }
func (library) NewReader(client.ReaderConfig) (client.Reader, error)       { return nil, errNoCgo }
