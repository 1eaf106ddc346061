//go:build cgo

package librdkafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// transactor is a producer whose mode is transactional.
type transactor struct{ *producer }

// callTimeout bounds one call into librdkafka, which does not see a context's end. Calls that time out go on in
// the background and are resumed by calling again. Longer than healthy commits take, because librdkafka (2.15.1)
// keeps one answer for whichever call waits (txn_curr_api): after a resumed commit or abort the next begin may take
// its answer for its own, and its first records are then refused. See notAccepted.
const callTimeout = time.Second

// retryPause keeps an error that comes at once from being retried in a tight loop.
const retryPause = 10 * time.Millisecond

// call calls a function of the transactional API until its answer is final or the context ends; then the verdict
// is again. between is called after each attempt that was not final.
func (t *transactor) call(ctx context.Context, f func(context.Context) error, between func()) (verdict, kafka.Error) {
	t.records.hurry(true)
	defer t.records.hurry(false)
	for {
		began := time.Now()
		timeout := callTimeout
		if deadline, ok := ctx.Deadline(); ok {
			// Never below a millisecond: the binding would pass a negative one on, which means for ever.
			timeout = max(min(timeout, time.Until(deadline)), retryPause)
		}
		bounded, cancel := context.WithTimeout(context.Background(), timeout)
		v, k := judge(f(bounded))
		cancel()
		if v != again {
			return v, k
		}
		between()
		if ctx.Err() != nil {
			return again, k
		}
		if time.Since(began) < retryPause {
			time.Sleep(retryPause)
		}
	}
}

func (t *transactor) Init(ctx context.Context) error {
	what := fmt.Sprintf("initialise transactional id %s at %s", t.cfg.TransactionalID, t.cfg.Bootstrap)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	v, k := t.call(ctx, t.kafka.InitTransactions, func() {
		if trouble := t.trouble.Load(); trouble != nil && refused(trouble.Code()) {
			cancel() // librdkafka would go on trying
		}
	})
	switch v {
	case done:
		return nil
	case again:
		return t.explain(what, errors.Join(ctx.Err(), k))
	}
	return t.die(what, k)
}

func (t *transactor) Begin() error {
	if err := t.fatal.Load(); err != nil {
		return *err
	}
	t.failures.Store(0)
	t.spoiled = nil
	if err := t.kafka.BeginTransaction(); err != nil {
		return t.die("begin a transaction of "+t.cfg.TransactionalID, err)
	}
	return nil
}

func (t *transactor) End(ctx context.Context, commit bool) (client.Outcome, error) {
	if commit {
		return t.commit(ctx)
	}
	// Otherwise an abort drops what is still queued, and the log would not hold what the workload says.
	if err := t.Flush(ctx); err != nil {
		return client.Aborted, t.die("abort a transaction of "+t.cfg.TransactionalID, err)
	}
	return t.abort(ctx)
}

func (t *transactor) commit(ctx context.Context) (client.Outcome, error) {
	what := "commit a transaction of " + t.cfg.TransactionalID
	if t.spoiled != nil {
		outcome, err := t.abort(ctx)
		return outcome, errors.Join(fmt.Errorf("%s: %w", what, t.spoiled), err)
	}
	v, k := t.call(ctx, t.kafka.CommitTransaction, func() {})
	if v == mustStop {
		t.settle() // so that what follows counts every end that librdkafka knows of
	}
	// Whether the coordinator may have been asked: EndTxn follows the last delivery report, and none may have been
	// a failure. Then only its answer tells how the transaction ended, and an abort could end up in the next one
	// (KAFKA-17754).
	asked := t.outstanding.Load() == 0 && t.failures.Load() == 0
	switch {
	case v == done:
		return client.Committed, nil
	case v == again:
		return client.Indeterminate, t.die(what, t.explain("no answer", errors.Join(ctx.Err(), k)))
	case v == mustStop && !asked:
		reason := fmt.Errorf("%s: %w", what, k)
		outcome, err := t.abort(ctx)
		return outcome, errors.Join(reason, err)
	case v == mustStop:
		return client.Indeterminate, t.die(what, k)
	}
	return deadOutcome(k, true), t.die(what, k)
}

// settleTimeout bounds the wait for ends that librdkafka has noted and not handed on yet.
const settleTimeout = 250 * time.Millisecond

// settle lets ends that librdkafka has noted reach the count.
func (t *transactor) settle() {
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	_ = t.wait(ctx) // what is still unanswered then, librdkafka waits for too
}

// abort aborts; an abort that could not be confirmed is one nevertheless, since no commit was asked for, but the
// producer ends with it.
func (t *transactor) abort(ctx context.Context) (client.Outcome, error) {
	what := "abort a transaction of " + t.cfg.TransactionalID
	v, k := t.call(ctx, t.kafka.AbortTransaction, func() {})
	switch v {
	case done:
		// The reports of what was dropped belong to this transaction.
		if err := t.wait(ctx); err != nil {
			return client.Aborted, t.die(what, err)
		}
		return client.Aborted, nil
	case again:
		return client.Aborted, t.die(what, t.explain("no answer", errors.Join(ctx.Err(), k)))
	}
	return deadOutcome(k, false), t.die(what, k)
}
