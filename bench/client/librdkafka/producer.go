//go:build cgo

package librdkafka

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// producer adapts kafka.Producer. Its fields up to outstanding belong to the sending goroutine.
type producer struct {
	cfg     client.ProducerConfig
	kafka   *kafka.Producer
	records handOver
	closed  bool
	flushed time.Time // when the last flusher was started

	outstanding atomic.Int64                // accepted and not completed
	failures    atomic.Int64                // of records, since the transaction began
	waiting     atomic.Bool                 // somebody waits for outstanding to reach zero
	drained     chan struct{}               // tells them
	fatal       atomic.Pointer[error]       // why nothing can follow
	gate        sync.Mutex                  // of complete, and of its end
	gone        bool                        // Close gave up: nobody is there to be told
	trouble     atomic.Pointer[kafka.Error] // the last that was not fatal, to explain a time-out
	spoiled     error                       // why the open transaction can only be aborted, if that is known; of the goroutine that sends

	flushers   sync.WaitGroup
	background sync.WaitGroup // of events and logs, until the binding closes their channels
	reporting  sync.WaitGroup // of ends, until there can be no more
}

func (library) NewProducer(cfg client.ProducerConfig) (client.Producer, error) {
	return newProducer(cfg, openProducer)
}

type producerOpener func(props map[string]string, cfg client.ProducerConfig) (*kafka.Producer, handOver, error)

func newProducer(cfg client.ProducerConfig, open producerOpener) (client.Producer, error) {
	props, _, err := configure(cfg.Workload, identity{
		bootstrap: cfg.Bootstrap, clientID: cfg.ClientID, transactionalID: cfg.TransactionalID, group: cfg.ClientID,
	})
	if err != nil {
		return nil, err
	}
	k, records, err := open(props, cfg)
	if err != nil {
		return nil, fmt.Errorf("open producer %s: %w", cfg.ClientID, rejected(cfg.Workload, err))
	}
	p := &producer{cfg: cfg, kafka: k, records: records, drained: make(chan struct{}, 1)}
	p.background.Go(p.serve)
	p.reporting.Go(func() { p.records.report(p.complete) })
	p.background.Go(func() { forwardLogs(k.Logs(), cfg.Log) })
	if cfg.Workload.Mode.Transactional {
		return &transactor{p}, nil
	}
	return p, nil
}

func (p *producer) Send(r *client.Record) error {
	if err := p.fatal.Load(); err != nil {
		return *err
	}
	p.outstanding.Add(1) // first: the end may come before produce returns
	if code := p.records.produce(r); code != kafka.ErrNoError {
		return p.notAccepted(r, code)
	}
	return nil
}

// notAccepted answers for a record that librdkafka refused.
func (p *producer) notAccepted(r *client.Record, code kafka.ErrorCode) error {
	err := kafka.NewError(code, code.String(), false)
	fatal := p.kafka.GetFatalError()
	switch {
	case code == kafka.ErrState && p.cfg.Workload.Mode.Transactional && fatal == nil:
		// The transaction has failed and takes no more records, or has not begun yet though librdkafka said so (callTimeout); librdkafka would
		// commit the latter without them. End aborts whatever it says by then: a transaction that lacks a record must not be committed.
		// The record is accepted and fails with the others, as one does that was sent an instant earlier.
		if p.spoiled == nil {
			p.spoiled = fmt.Errorf("it refused a record: %w", err)
		}
		p.records.fail(r.Tag, err)
		return nil
	case code == kafka.ErrQueueFull:
		p.outstanding.Add(-1)
		return client.ErrQueueFull
	}
	p.outstanding.Add(-1)
	what := fmt.Sprintf("send %d bytes to %s[%d]", len(r.Value), p.cfg.Topics[r.Topic], r.Partition)
	if fatal != nil {
		return p.die(what, fatal)
	}
	return p.die(what, err)
}

// die remembers why nothing can follow, and returns it.
func (p *producer) die(what string, err error) error {
	err = fatalError(what, err)
	p.fatal.CompareAndSwap(nil, &err)
	return err
}

// serve hands on what librdkafka reports until the producer is closed.
func (p *producer) serve() {
	for event := range p.kafka.Events() {
		switch e := event.(type) {
		case *kafka.Message:
			p.records.reported(e)
		case *kafka.Stats:
			count(e.String(), p.cfg.Count)
		case kafka.Error:
			log(p.cfg.Log, p.cfg.ClientID, e)
			switch {
			case e.IsFatal():
				_ = p.die("producer "+p.cfg.ClientID, e) // whoever sends next is told
			case e.Code() != kafka.ErrAllBrokersDown: // says less than what came before it
				p.trouble.Store(&e)
			}
		}
	}
}

// complete hands on one record's end.
func (p *producer) complete(c client.Completion) {
	if c.Err != nil {
		p.failures.Add(1)
	}
	p.gate.Lock()
	if !p.gone {
		p.cfg.Complete(c)
	}
	p.gate.Unlock()
	if p.outstanding.Add(-1) == 0 && p.waiting.Load() {
		select {
		case p.drained <- struct{}{}:
		default:
		}
	}
}

// Flush is librdkafka's own, which ignores linger.ms, on a goroutine beside: the binding's Flush returns late,
// for it looks for reports that serve takes (up to 100 ms; here up to 5), while the count is right at once. Each
// call has a goroutine of its own, since the previous call's may not have noticed its end yet.
func (p *producer) Flush(ctx context.Context) error {
	if p.outstanding.Load() == 0 {
		return nil
	}
	var enough atomic.Bool
	defer enough.Store(true)
	p.flushed = time.Now()
	p.flushers.Go(func() {
		for !enough.Load() {
			p.kafka.Flush(5)
			runtime.Gosched() // it returns at once when only serve has work left
		}
	})
	return p.wait(ctx)
}

// wait returns when every accepted record has completed, or the context ends.
func (p *producer) wait(ctx context.Context) error {
	p.waiting.Store(true)
	defer p.waiting.Store(false)
	p.records.hurry(true)
	defer p.records.hurry(false)
	for p.outstanding.Load() > 0 {
		select {
		case <-p.drained:
		case <-ctx.Done():
			return p.explain(fmt.Sprintf("%d records sent by %s are without an answer from %s",
				p.outstanding.Load(), p.cfg.ClientID, p.cfg.Bootstrap), ctx.Err())
		}
	}
	return nil
}

// explain adds the last trouble librdkafka reported to a time-out.
func (p *producer) explain(what string, err error) error {
	if k := p.trouble.Load(); k != nil {
		return fmt.Errorf("%s: %w (last: %w)", what, err, classified(*k))
	}
	return fmt.Errorf("%s: %w", what, err)
}

// flushResidue outlasts the rd_kafka_flush of up to 5 ms that the binding leaves running when Flush returns, out
// of anyone's sight: librdkafka must not be destroyed under it.
const flushResidue = 100 * time.Millisecond

// closeTimeout bounds librdkafka's own end, which waits for its threads.
const closeTimeout = 10 * time.Second

// purgeTimeout bounds the wait for the reports of dropped records, which need no broker.
const purgeTimeout = 5 * time.Second

func (p *producer) Close(ctx context.Context) error {
	if p.closed {
		return nil
	}
	p.closed = true
	err := p.Flush(ctx)
	if err != nil {
		err = errors.Join(err, p.drop(ctx))
	}
	p.flushers.Wait()
	time.Sleep(time.Until(p.flushed.Add(flushResidue)))
	closed := make(chan struct{})
	go func() {
		p.records.leave()
		p.kafka.Close()
		p.background.Wait()
		p.records.end()
		p.reporting.Wait()
		p.records.free()
		close(closed)
	}()
	select {
	case <-closed:
		return err
	case <-time.After(closeTimeout):
		p.gate.Lock()
		p.gone = true
		p.gate.Unlock()
		return errors.Join(err, fmt.Errorf("close producer %s: librdkafka was still busy after %s", p.cfg.ClientID, closeTimeout))
	}
}

// drop fails whatever is queued or in flight.
func (p *producer) drop(ctx context.Context) error {
	if err := p.kafka.Purge(kafka.PurgeQueue | kafka.PurgeInFlight); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), purgeTimeout)
	defer cancel()
	return p.wait(ctx)
}

func forwardLogs(logs <-chan kafka.LogEvent, to func(string)) {
	for l := range logs {
		if to != nil {
			to(fmt.Sprintf("%s: %s: %s", l.Name, l.Tag, l.Message))
		}
	}
}

func log(to func(string), clientID string, e kafka.Error) {
	if to != nil {
		to(fmt.Sprintf("%s: %s: %s", clientID, e.Code(), e))
	}
}
