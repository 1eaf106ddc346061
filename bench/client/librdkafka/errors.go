//go:build cgo

package librdkafka

import (
	"errors"
	"fmt"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
)

// verdict is what an answer of the transactional API asks of its caller.
type verdict int

const (
	done     verdict = iota
	again            // call the same function again: retriable, or timed out and still under way in librdkafka
	mustStop         // abortable: only an abort can follow
	dead             // nothing can follow
)

// judge classifies an answer of the transactional API by the flags librdkafka sets on it. What carries none is a
// refusal that calling again would not change.
func judge(err error) (verdict, kafka.Error) {
	if err == nil {
		return done, kafka.Error{}
	}
	var k kafka.Error
	if !errors.As(err, &k) {
		return dead, kafka.NewError(kafka.ErrFail, err.Error(), false)
	}
	switch {
	case k.IsFatal():
		return dead, k
	case k.TxnRequiresAbort():
		return mustStop, k
	case k.IsRetriable(), k.IsTimeout():
		return again, k
	}
	return dead, k
}

// fenced tells whether the coordinator knows a newer epoch of the transactional id: a successor's, or the one it
// raised itself when it gave up on a transaction that outlived transaction.timeout.ms (KIP-98, KIP-588).
// librdkafka turns the broker's two codes into one of its own.
func fenced(code kafka.ErrorCode) bool {
	switch code {
	case kafka.ErrFenced, kafka.ErrProducerFenced, kafka.ErrInvalidProducerEpoch:
		return true
	}
	return false
}

// deadOutcome says what became of a transaction whose producer died of k while ending it.
func deadOutcome(k kafka.Error, commit bool) client.Outcome {
	switch {
	case fenced(k.Code()):
		return client.Fenced
	case !commit:
		// Nobody ever asked for a commit: the broker aborts it, at the latest at transaction.timeout.ms.
		return client.Aborted
	case k.Code() == kafka.ErrInvalidTxnState:
		// The coordinator answers a repeated commit of a committed transaction with success, so this one was
		// aborted, or never had a record.
		return client.Aborted
	}
	// Refused (authorization) or broken in between: an earlier attempt may have got through.
	return client.Indeterminate
}

// refused tells whether the cluster turned the client away for who it is: waiting does not help.
func refused(code kafka.ErrorCode) bool {
	switch code {
	case kafka.ErrAuthentication, kafka.ErrSaslAuthenticationFailed, kafka.ErrUnsupportedSaslMechanism,
		kafka.ErrTopicAuthorizationFailed, kafka.ErrGroupAuthorizationFailed,
		kafka.ErrClusterAuthorizationFailed, kafka.ErrTransactionalIDAuthorizationFailed:
		return true
	}
	return false
}

// transient tells whether a consumer's error is one that librdkafka works on by itself: connections, leaders and
// coordinators that are away for a while.
func transient(k kafka.Error) bool {
	if k.IsFatal() || refused(k.Code()) {
		return false
	}
	switch k.Code() {
	case kafka.ErrUnknownTopicOrPart, kafka.ErrUnknownTopic, kafka.ErrUnknownPartition, kafka.ErrOffsetOutOfRange,
		kafka.ErrAutoOffsetReset, kafka.ErrMaxPollExceeded, kafka.ErrBadMsg, kafka.ErrInvalidMsg:
		return false
	}
	return true
}

func fatalError(what string, err error) error {
	return fmt.Errorf("%s: %w: %w", what, client.ErrFatal, classified(err))
}

// classified marks an error that waiting does not help.
func classified(err error) error {
	var k kafka.Error
	if errors.As(err, &k) && refused(k.Code()) {
		return fmt.Errorf("%w: %w", client.ErrUnauthorised, err)
	}
	return err
}
