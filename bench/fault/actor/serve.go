package actor

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/payload"
)

// inFlight bounds an actor's unacknowledged records.
const inFlight = 10_000

// patience bounds each call of an actor that a broker has to answer: longer than it takes a fault to heal.
const patience = 2 * time.Minute

// Serve is a producer process's whole life: it reads its Config from in, carries its script out and journals to out. It ends when the script
// does, or with its context.
func Serve(ctx context.Context, open func(client.ProducerConfig) (client.Producer, error), in io.Reader, out io.Writer) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	input := bufio.NewReader(in)
	a := &actor{journal: journal{w: out}, goes: make(chan error), free: make(chan uint32, inFlight)}
	defer func() {
		if err != nil {
			outcome := client.Indeterminate
			if errors.Is(err, client.ErrFatal) {
				outcome = client.Fenced
			}
			a.journal.note(Failing, int64(outcome), err.Error())
		}
	}()
	if err := gob.NewDecoder(input).Decode(&a.cfg); err != nil {
		return fmt.Errorf("read what to do: %w", err)
	}
	if err := a.cfg.check(); err != nil {
		return err
	}
	go a.listen(ctx, input)
	if a.source, err = payload.NewSource(a.cfg.Workload, int(a.cfg.Session)); err != nil {
		return err
	}
	a.router = payload.NewRouter(a.cfg.Workload, int(a.cfg.Session))
	for tag := range uint32(inFlight) {
		a.free <- tag
	}
	a.producer, err = open(client.ProducerConfig{
		Bootstrap: a.cfg.Bootstrap, Workload: a.cfg.Workload, Topics: a.cfg.Topics, InFlight: inFlight,
		ClientID: a.cfg.ClientID, TransactionalID: a.cfg.TransactionalID, Complete: a.complete,
	})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, a.producer.Close(ctx))
	}()
	if a.cfg.TransactionalID != "" {
		a.txns, _ = a.producer.(client.Transactor)
	}
	for _, s := range a.cfg.Script {
		if err := a.step(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.Do, err)
		}
	}
	a.journal.note(Finished, 0, "")
	return a.journal.err
}

// listen hands on what Process.Go writes.
func (a *actor) listen(ctx context.Context, in *bufio.Reader) {
	for {
		_, err := in.ReadByte()
		select {
		case a.goes <- err:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// offsetSender is a transactor that can commit a group's offsets with its transaction.
type offsetSender interface {
	SendOffsets(ctx context.Context, group string, offsets []client.Offset) error
}

// actor is a producer that follows a script.
type actor struct {
	cfg      Config
	journal  journal
	goes     chan error // Process.Go, or that there can be none any more
	producer client.Producer
	txns     client.Transactor // nil unless transactional
	source   *payload.Source
	router   *payload.Router
	record   client.Record
	seq, txn uint64
	next     int64            // clock ns the next record is due
	seqs     [inFlight]uint64 // by tag
	free     chan uint32
}

func (a *actor) complete(c client.Completion) {
	k := Acked
	if c.Err != nil {
		k = Undelivered
	}
	a.journal.note(k, int64(a.seqs[c.Tag]), "")
	a.free <- c.Tag
}

func (a *actor) step(ctx context.Context, s Step) error {
	switch s.Do {
	case Cycle:
		return a.cycle(ctx, s.N)
	case Await:
		a.journal.note(Waiting, 0, "")
		select {
		case err := <-a.goes:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch s.Do {
	case Init:
		return a.init(ctx)
	case Begin:
		return a.begin()
	case Send:
		return a.send(ctx, s.N)
	case Flush:
		return a.producer.Flush(ctx)
	case Commit:
		return a.end(ctx, true)
	case Abort:
		return a.end(ctx, false)
	case Offsets:
		return a.offer(ctx)
	case Die:
		a.journal.note(Dying, 0, "")
		return errors.Join(syscall.Kill(os.Getpid(), syscall.SIGKILL), sleep(ctx, patience))
	}
	return nil
}

func (a *actor) init(ctx context.Context) error {
	if a.txns == nil {
		return nil
	}
	began := clock.Now()
	if err := a.txns.Init(ctx); err != nil {
		return err
	}
	a.journal.note(Initialised, clock.Now()-began, "")
	return nil
}

func (a *actor) begin() error {
	if a.txns == nil {
		return nil
	}
	return a.txns.Begin()
}

// end notes how a transaction ended. That it did not end as asked for is a result; that the producer cannot go on ends the script.
func (a *actor) end(ctx context.Context, commit bool) error {
	if a.txns == nil {
		if !commit {
			return nil
		}
		return a.producer.Flush(ctx)
	}
	if commit {
		a.journal.note(Ending, 0, "")
	}
	outcome, err := a.txns.End(ctx, commit)
	text := ""
	if err != nil {
		text = err.Error()
	}
	a.journal.note(Ended, int64(outcome), text)
	a.txn++
	if errors.Is(err, client.ErrFatal) {
		return err
	}
	return nil
}

// offer sends the group's offset. That it was refused is a result, which the commit will see; that the producer cannot go on ends the script.
func (a *actor) offer(ctx context.Context) error {
	sender, ok := a.txns.(offsetSender)
	if !ok {
		return errors.New("this client cannot send offsets with a transaction")
	}
	a.journal.note(Offering, int64(a.seq), "")
	err := sender.SendOffsets(ctx, a.cfg.Group, []client.Offset{{Next: int64(a.seq)}})
	text := ""
	if err != nil {
		text = err.Error()
	}
	a.journal.note(Offered, int64(a.seq), text)
	if errors.Is(err, client.ErrFatal) {
		return err
	}
	return nil
}

func (a *actor) cycle(ctx context.Context, n int) error {
	steps := []Step{{Do: Begin}, {Do: Send, N: max(1, a.cfg.Workload.TxnSize)}, {Do: Offsets}, {Do: Commit}}
	if a.cfg.Group == "" {
		steps = slices.Delete(steps, 2, 3)
	}
	for i := 0; n == 0 || i < n; i++ {
		for _, s := range steps {
			if err := a.step(ctx, s); err != nil {
				return err
			}
		}
		if n > 0 {
			continue
		}
		select {
		case err := <-a.goes:
			return err
		default:
		}
	}
	return nil
}

func (a *actor) send(ctx context.Context, n int) error {
	for range n {
		if err := a.pause(ctx); err != nil {
			return err
		}
		var tag uint32
		select {
		case tag = <-a.free:
		case <-ctx.Done():
			return ctx.Err()
		}
		key := a.source.Key(a.seq)
		topic, partition := a.router.Route(a.seq, a.txn, key)
		a.seqs[tag] = a.seq
		stamp := payload.Stamp{Run: a.cfg.Stamp, Producer: a.cfg.Session, Seq: a.seq, Txn: a.txn, Intended: clock.Now()}
		a.record = client.Record{Topic: topic, Partition: partition, Key: key, Value: a.source.Value(stamp), Tag: tag}
		a.journal.note(Sending, int64(a.seq), "")
		a.seq++
		for {
			err := a.producer.Send(&a.record)
			if err == nil {
				break
			}
			if !errors.Is(err, client.ErrQueueFull) {
				return err
			}
			if err := sleep(ctx, time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

// pause waits until the next record is due; a script that was held up does not catch up.
func (a *actor) pause(ctx context.Context) error {
	now := clock.Now()
	wait := a.next - now
	a.next = max(a.next, now) + int64(a.cfg.Pause)
	if wait <= 0 {
		return nil
	}
	return sleep(ctx, time.Duration(wait))
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
