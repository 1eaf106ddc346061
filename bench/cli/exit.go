package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Exit codes are an interface: pipelines act on them.
const (
	exitOK           = 0
	exitUnexpected   = 1
	exitUsage        = 2
	exitFailed       = 3 // what was to be checked did not hold
	exitInconclusive = 4
	exitBroken       = 5
	exitCluster      = 6
)

// coded is an error with the exit code it stands for. Without an err everything has been said already.
type coded struct {
	code int
	err  error
}

func (c *coded) Error() string {
	if c.err == nil {
		return ""
	}
	return c.err.Error()
}

func (c *coded) Unwrap() error { return c.err }

// usagef is a mistake of the caller's, found before anything ran.
func usagef(format string, args ...any) error {
	return &coded{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// interruption is the cause of a context that a signal ended.
type interruption struct{ signal os.Signal }

func (i *interruption) Error() string { return "interrupted (" + i.signal.String() + ")" }

func (i *interruption) code() int {
	if i.signal == syscall.SIGTERM {
		return 128 + int(syscall.SIGTERM)
	}
	return 128 + int(syscall.SIGINT)
}

// exitCode is the one place where errors become exit codes.
func exitCode(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	if c, ok := errors.AsType[*coded](err); ok {
		return c.code
	}
	if stopped, ok := errors.AsType[*interruption](context.Cause(ctx)); ok {
		return stopped.code()
	}
	_, usage := errors.AsType[*workload.UsageError](err)
	_, property := errors.AsType[*client.PropertyError](err)
	switch {
	case usage, property:
		return exitUsage
	case errors.Is(err, cluster.ErrUnreachable), errors.Is(err, cluster.ErrUnauthorised), errors.Is(err, client.ErrUnauthorised),
		errors.Is(err, cluster.ErrTooOld), errors.Is(err, broker.ErrUnavailable):
		return exitCluster
	}
	return exitUnexpected
}

// gated is the error that stands for what a gate said.
func gated(g *report.Gate) error {
	said := errors.New("t" + strings.TrimSuffix(g.Answer()[1:], ".")) // an error begins in lower case
	switch g.Outcome {
	case gate.Broken:
		return &coded{exitBroken, said}
	case gate.Fail:
		return &coded{exitFailed, said}
	case gate.Pass:
		return nil
	}
	return softened(g.Counts, &coded{exitInconclusive, said})
}

// softened makes of an inconclusive end what the user wants it to count as: nil where it is only warned about.
func softened(counts report.Inconclusive, err error) error {
	c, ok := errors.AsType[*coded](err)
	switch {
	case !ok || c.code != exitInconclusive || counts == report.AsIs:
		return err
	case counts == report.AsWarning:
		return nil
	}
	return &coded{exitFailed, c.err}
}

// weightiest is the error whose exit code comes first where several apply, behind those that it outweighs.
func weightiest(ctx context.Context, errs ...error) (others []error, first error) {
	weight := func(err error) int {
		return slices.Index([]int{exitInconclusive, exitFailed, exitUnexpected, exitUsage, exitCluster, 128 + int(syscall.SIGINT), 128 + int(syscall.SIGTERM), exitBroken}, exitCode(ctx, err))
	}
	for _, err := range errs {
		switch {
		case err == nil:
		case first == nil || weight(err) > weight(first):
			if first != nil {
				others = append(others, first)
			}
			first = err
		default:
			others = append(others, err)
		}
	}
	return others, first
}
