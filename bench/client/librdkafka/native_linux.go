//go:build cgo

package librdkafka

/*
#include "native_linux.h"
#include <stdlib.h>

#cgo LDFLAGS: -Wl,--wrap=rd_kafka_new
#cgo noescape keb_produce
#cgo nocallback keb_produce
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"unsafe"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
)

const aroundBinding = true

// openProducer opens the binding's producer with a way for records around it.
func openProducer(props map[string]string, cfg client.ProducerConfig) (*kafka.Producer, handOver, error) {
	n := &native{acks: C.keb_acks_new(C.uint32_t(cfg.InFlight)), ends: make([]C.keb_ack, endBatch)}
	if n.acks == nil {
		return nil, nil, errors.New("out of memory")
	}
	runtime.LockOSThread()
	C.keb_expect(n.acks)
	// The binding refuses delivery.report.only.error for reasons that concern its own way of producing, but as a bool
	// only: the text reaches librdkafka.
	k, err := kafka.NewProducer(producerMap(props))
	rk := C.keb_opened()
	runtime.UnlockOSThread()
	if err != nil {
		n.free()
		return nil, nil, err
	}
	for _, topic := range cfg.Topics {
		name := C.CString(topic)
		n.topics = append(n.topics, C.rd_kafka_topic_new(rk, name, nil))
		C.free(unsafe.Pointer(name))
	}
	return k, n, nil
}

// native hands records to librdkafka and learns of their ends from an interceptor, which librdkafka's own threads call:
// no report is made of a record, and its end is timed where it happens.
type native struct {
	topics []*C.rd_kafka_topic_t
	acks   *C.keb_acks
	ends   []C.keb_ack
}

// endBatch is how many ends are taken at once.
const endBatch = 1024

func (n *native) produce(r *client.Record) kafka.ErrorCode {
	// Pointers to char need no check of what they point to, unlike an unsafe.Pointer.
	key, value := (*C.char)(unsafe.Pointer(unsafe.SliceData(r.Key))), (*C.char)(unsafe.Pointer(unsafe.SliceData(r.Value)))
	return kafka.ErrorCode(C.keb_produce(n.topics[r.Topic], C.int32_t(r.Partition), value, C.size_t(len(r.Value)),
		key, C.size_t(len(r.Key)), C.uint32_t(r.Tag)))
}

func (n *native) fail(tag uint32, err kafka.Error) {
	C.keb_acks_add(n.acks, C.uint32_t(tag), C.int(err.Code()))
}

func (n *native) report(complete func(client.Completion)) {
	for {
		ends := n.ends[:C.keb_acks_wait(n.acks, &n.ends[0], endBatch)]
		if len(ends) == 0 {
			return
		}
		for _, e := range ends {
			c := client.Completion{Tag: uint32(e.tag), At: int64(e.at)}
			if e.err != 0 {
				c.Err = nativeError(e.err, "", false)
			}
			complete(c)
		}
	}
}

func (n *native) hurry(yes bool) {
	flag := C.int(0)
	if yes {
		flag = 1
	}
	C.keb_acks_hurry(n.acks, flag)
}

// reported has nothing to do: the ends of failed records, which the binding reports, were noted before.
func (n *native) reported(*kafka.Message) {}

func (n *native) leave() {
	for _, topic := range n.topics {
		C.rd_kafka_topic_destroy(topic)
	}
}

func (n *native) end() { C.keb_acks_close(n.acks) }

func (n *native) free() { C.keb_acks_free(n.acks) }

func nativeError(code C.int32_t, text string, fatal bool) kafka.Error {
	c := kafka.ErrorCode(code)
	if text == "" {
		text = c.String()
	}
	return kafka.NewError(c, text, fatal)
}

// openConsumer opens the binding's consumer with a way for records around it.
func openConsumer(props map[string]string, topics []string) (*kafka.Consumer, source, error) {
	runtime.LockOSThread()
	C.keb_expect(nil)
	k, err := kafka.NewConsumer(readerMap(props))
	rk := C.keb_opened()
	runtime.UnlockOSThread()
	if err != nil {
		return nil, nil, err
	}
	return k, &nativeSource{queue: C.rd_kafka_queue_get_consumer(rk), names: topics, index: map[*C.rd_kafka_topic_t]int32{}}, nil
}

// nativeSource takes records from the consumer's queue many at a time and leaves them where they are: in the memory
// of the fetch they came with.
type nativeSource struct {
	queue  *C.rd_kafka_queue_t
	names  []string
	index  map[*C.rd_kafka_topic_t]int32
	events []C.keb_event // in C's memory
	held   int           // events not freed
	last   *C.rd_kafka_topic_t
	at     int32 // index of last
}

func (s *nativeSource) release() {
	if s.held > 0 {
		C.keb_events_free(&s.events[0], C.int(s.held))
		s.held = 0
	}
}

func (s *nativeSource) poll(timeoutMS int, out []client.Delivered, other func(kafka.Event) error) (n int, more bool, err error) {
	if room := s.held + len(out); room > len(s.events) {
		s.grow(room)
	}
	came := int(C.keb_poll(s.queue, C.int(timeoutMS), &s.events[s.held], C.int(len(out))))
	now := clock.Now()
	fresh := s.events[s.held : s.held+came]
	s.held += came
	for i := range fresh {
		e := &fresh[i]
		if e.kind == C.KEB_RECORD {
			out[n] = client.Delivered{Topic: s.topic(e.topic), Partition: int32(e.partition), Offset: int64(e.offset),
				Value: unsafe.Slice((*byte)(unsafe.Pointer(e.data)), int(e.len)), At: now}
			n++
			continue
		}
		if event := s.event(e); event != nil {
			err = errors.Join(err, other(event))
		}
	}
	return n, came > 0, err
}

// grow makes room for so many events; the old ones keep their contents.
func (s *nativeSource) grow(room int) {
	var old unsafe.Pointer
	if len(s.events) > 0 {
		old = unsafe.Pointer(&s.events[0])
	}
	p := C.realloc(old, C.size_t(room)*C.sizeof_keb_event)
	s.events = unsafe.Slice((*C.keb_event)(p), room)
}

// event is what the binding would have made of it, nil of what nobody asked for.
func (s *nativeSource) event(e *C.keb_event) kafka.Event {
	text := C.GoStringN(e.data, C.int(e.len))
	switch e.kind {
	case C.KEB_STATS:
		return statistics(text)
	case C.KEB_ERROR, C.KEB_FATAL:
		return nativeError(e.err, text, e.kind == C.KEB_FATAL)
	case C.KEB_COMMIT_ERROR:
		return kafka.OffsetsCommitted{Error: nativeError(e.err, text, false)}
	case C.KEB_READ_ERROR:
		if e.topic != nil {
			text = fmt.Sprintf("%s[%d]: %s", C.GoString(C.rd_kafka_topic_name(e.topic)), int32(e.partition), text)
		}
		return nativeError(e.err, text, false)
	}
	return nil
}

// topic is the index of a record's topic, whose handle stays the same.
func (s *nativeSource) topic(t *C.rd_kafka_topic_t) int32 {
	if t == s.last {
		return s.at
	}
	i, ok := s.index[t]
	if !ok {
		i = int32(slices.Index(s.names, C.GoString(C.rd_kafka_topic_name(t))))
		s.index[t] = i
	}
	s.last, s.at = t, i
	return i
}

func (s *nativeSource) leave() {
	s.release()
	if len(s.events) > 0 {
		C.free(unsafe.Pointer(&s.events[0]))
		s.events = nil
	}
	C.rd_kafka_queue_destroy(s.queue)
}
