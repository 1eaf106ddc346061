package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/twmb/franz-go/pkg/kerr"
)

// What keeps a cluster from being measured. Errors of this package wrap the one that applies, if any, and say what
// was tried, on what, and what to do. Secrets are never part of them.
var (
	ErrUnreachable  = errors.New("cluster unreachable")
	ErrUnauthorised = errors.New("not authorised")
	ErrTooOld       = errors.New("cluster too old")
)

// denials are the protocol's ways to say no (KIP-43, KIP-152, KIP-11).
var denials = []error{
	kerr.SaslAuthenticationFailed, kerr.UnsupportedSaslMechanism, kerr.IllegalSaslState,
	kerr.ClusterAuthorizationFailed, kerr.TopicAuthorizationFailed, kerr.GroupAuthorizationFailed,
	kerr.TransactionalIDAuthorizationFailed,
}

func denied(err error) bool {
	for _, d := range denials {
		if errors.Is(err, d) {
			return true
		}
	}
	return false
}

// cut reports whether the network, not the broker's judgement, ended a request.
func cut(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded)
}

// failed adds to an operation's error what was tried and which kind it is. An end the caller asked for, by its
// context, is of no kind.
func failed(ctx context.Context, doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%s: %w", doing, context.Canceled)
	case denied(err):
		return fmt.Errorf("%s: %w: %w; grant the principal the operation", doing, ErrUnauthorised, err)
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w: no answer in time: %w", doing, ErrUnreachable, err)
	case cut(err):
		return fmt.Errorf("%s: %w: %w", doing, ErrUnreachable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
