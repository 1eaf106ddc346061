// Package librdkafka adapts confluent-kafka-go, the Go binding of librdkafka, to what a trial needs of a client.
//
// Traps of the binding that shape it: Producer.Flush waits in steps of 100 ms while another goroutine drains
// Events, AbortTransaction drops what is still queued, go.batch.producer ignores the partition, and a delivery
// report can only be tied to its record by an opaque value.
package librdkafka

// name is what results call the library.
const name = "librdkafka"
