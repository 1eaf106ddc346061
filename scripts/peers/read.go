package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/payload"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/verify"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// stampRun is the run that the filled topics' records are stamped with.
const stampRun = 1

// pollRecords is how many records a reader of the tool's takes at a time.
const pollRecords = 500

// readWorkload is what filled topics are written and read as.
func readWorkload(size int) workload.Workload {
	mode, _ := workload.ModeByName("at-least-once")
	return workload.Workload{
		Mode: mode, Isolation: mode.Isolation, InFlight: 10_000, Linger: lingerMS * time.Millisecond,
		Topics: 1, Partitions: partitions, Producers: 1, Readers: 1,
		MessageSize: workload.SizeDist{Kind: "fixed", Min: size, Max: size, Mean: float64(size)},
		Payload:     workload.Payload{Kind: "random"}, Rate: workload.Rate{Max: true}, Seed: 1,
	}
}

// fill writes the topic that the reading arms of a cell all read: as many records as a run reads, stamped by the tool.
func (b *bench) fill(ctx context.Context, c cell) error {
	topic := cluster.Name(b.runID, "peers", fmt.Sprintf("read-%d", c.size))
	records := c.records(b.seconds)
	b.say("filling a topic with %d records of %d bytes", records, c.size)
	if err := b.admin.CreateTopics(ctx, []string{topic}, partitions, 1, nil); err != nil {
		return err
	}
	time.Sleep(topicRest)
	b.filled[c.size] = topic
	if err := fillTopic(ctx, b.kafka.bootstrap, topic, c.size, records); err != nil {
		return fmt.Errorf("fill topic %s: %w", topic, err)
	}
	return nil
}

func fillTopic(ctx context.Context, bootstrap, topic string, size int, records int64) error {
	w := readWorkload(size)
	source, err := payload.NewSource(w, 0)
	if err != nil {
		return err
	}
	router := payload.NewRouter(w, 0)
	free := make(chan uint32, w.InFlight)
	for tag := range uint32(w.InFlight) {
		free <- tag
	}
	lost := make(chan error, 1)
	p, err := librdkafka.New().NewProducer(client.ProducerConfig{
		Bootstrap: bootstrap, Workload: w, Topics: []string{topic}, InFlight: w.InFlight, ClientID: topic,
		Complete: func(c client.Completion) {
			if c.Err != nil {
				select {
				case lost <- c.Err:
				default:
				}
			}
			free <- c.Tag
		},
	})
	if err != nil {
		return err
	}
	for seq := range uint64(records) {
		r := client.Record{Value: source.Value(payload.Stamp{Run: stampRun, Seq: seq, Intended: clock.Now()})}
		r.Topic, r.Partition = router.Route(seq, 0, nil)
		select {
		case r.Tag = <-free:
		case <-ctx.Done():
			return errors.Join(ctx.Err(), p.Close(ctx))
		}
		if err := p.Send(&r); err != nil {
			return errors.Join(err, p.Close(ctx))
		}
	}
	err = errors.Join(p.Flush(ctx), p.Close(ctx))
	select {
	case failure := <-lost:
		err = errors.Join(err, failure)
	default:
	}
	return err
}

// readResult is what the reading child says.
type readResult struct {
	Records int64   `json:"records"`
	Seconds float64 `json:"seconds"` // from the first poll that gave any to the last
	First   int64   `json:"first"`   // records of that first poll
	Strays  uint64  `json:"strays"`
}

// runRead has a child process read, so that its CPU time is its own.
func (b *bench) runRead(ctx context.Context, c cell, records int64) (figures, error) {
	e, err := run(ctx, b.self, "read", "-bootstrap", b.kafka.bootstrap, "-topic", b.filled[c.size],
		"-size", fmt.Sprint(c.size), "-records", fmt.Sprint(records))
	if err != nil {
		return figures{}, err
	}
	var r readResult
	if err := json.Unmarshal([]byte(e.stdout), &r); err != nil {
		return figures{}, err
	}
	if r.Strays > 0 {
		return figures{}, fmt.Errorf("%d of the records read are none that were written", r.Strays)
	}
	rate := float64(r.Records-r.First) / max(r.Seconds, 1e-9)
	return figures{records: r.Records, perSecond: rate, wholePerSecond: rate, cpu: e.cpu}, nil
}

// read is that child: what a reader of the tool does with a record, and nothing else.
func read(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("read", flag.ContinueOnError)
	bootstrap := flags.String("bootstrap", "", "host:port")
	topic := flags.String("topic", "", "a topic that was filled")
	size := flags.Int("size", 0, "bytes of its values")
	records := flags.Int64("records", 0, "how many to read")
	if err := flags.Parse(args); err != nil {
		return err
	}
	collector, err := measure.NewCollector(io.Discard, clock.Now(), time.Now())
	if err != nil {
		return err
	}
	r, err := readTopic(ctx, *bootstrap, *topic, *size, *records, collector)
	if err = errors.Join(err, collector.Close()); err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(r)
}

func readTopic(ctx context.Context, bootstrap, topic string, size int, records int64, collector *measure.Collector) (r readResult, err error) {
	rec := collector.Recorder(measure.E2E)
	defer func() { rec.Close(clock.Now()) }()
	var assigned []client.Partition
	var labels []string
	for p := range int32(partitions) {
		assigned = append(assigned, client.Partition{Partition: p})
		labels = append(labels, fmt.Sprintf("%s[%d]", topic, p))
	}
	reader, err := librdkafka.New().NewReader(client.ReaderConfig{
		Bootstrap: bootstrap, Workload: readWorkload(size), Topics: []string{topic}, Assigned: assigned,
		Group: fmt.Sprintf("%s-%d", topic, clock.Now()), ClientID: topic,
	})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, reader.Close(ctx)) }()
	log := verify.NewReadLog(labels)
	batch := make([]client.Delivered, pollRecords)
	var began int64
	for r.Records < records {
		n, err := reader.Poll(ctx, batch)
		if err != nil {
			return r, err
		}
		for i := range batch[:n] {
			d := &batch[i]
			stamp, err := payload.Decode(d.Value)
			switch {
			case err != nil:
				log.Foreign(int(d.Partition), d.Offset, err.Error())
				continue
			case stamp.Run != stampRun:
				log.Foreign(int(d.Partition), d.Offset, "another run's record")
				continue
			}
			if log.Read(stamp.Producer, stamp.Seq, int(d.Partition), d.Offset, true) == verify.New {
				rec.Record(measure.E2E, d.At, d.At-stamp.Intended)
			}
		}
		r.Records += int64(n)
		if began == 0 && n > 0 {
			began, r.First = clock.Now(), int64(n)
		}
	}
	r.Seconds = time.Duration(clock.Now() - began).Seconds()
	r.Strays = log.Strays
	return r, nil
}
