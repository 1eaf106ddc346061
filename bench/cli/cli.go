// Package cli is the command line: one file per command. It alone reads flags, environment and signals, and
// wires the other packages together.
package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
)

// Main runs the command line and returns its exit code.
func Main(args []string, sys OS) int {
	ctx, stop := sys.interruptible(context.Background())
	defer stop()
	app := &app{OS: sys, args: args}
	root := app.root()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if app.expired != nil {
		app.expired()
	}
	if err == nil {
		return exitOK
	}
	if text := err.Error(); text != "" {
		fmt.Fprintf(sys.Stderr, "%s: %s\n", root.Name(), text)
	}
	return exitCode(cmd.Context(), err)
}

// app is the command line with what all commands share.
type app struct {
	OS
	args    []string
	timeout time.Duration
	expired context.CancelFunc
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "kafka-eos-bench",
		Short: "What does Kafka's exactly-once cost, and does it really hold?",
		Long: `kafka-eos-bench runs matched workloads across Kafka's delivery modes, times every record and every commit,
and proves for each run that the mode's guarantee held.

Without an address it starts a real Apache Kafka on this machine (Java 17 and Maven, or KAFKA_HOME), and
stops it afterwards.`,
		Example: `  kafka-eos-bench run
  kafka-eos-bench run --mode transactional --txn-size 100 --rate 5000
  kafka-eos-bench run claims -b broker:9092 --client-config client.properties`,
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if a.timeout < 0 {
				return usagef("--timeout %s: give a positive duration, such as 10m", a.timeout)
			}
			if a.timeout > 0 {
				ctx, cancel := context.WithTimeoutCause(cmd.Context(), a.timeout,
					&coded{exitInconclusive, fmt.Errorf("--timeout: the command was still running after %s", a.timeout)})
				a.expired = cancel
				cmd.SetContext(ctx)
			}
			return nil
		},
	}
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	root.CompletionOptions.HiddenDefaultCmd = false
	root.PersistentFlags().DurationVar(&a.timeout, "timeout", 0, "bound on the whole command, such as 10m (default none)")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%s; see '%s --help'", flagProblem(cmd, err), cmd.CommandPath())
	})
	root.AddCommand(
		a.runCommand(),
		a.capacityCommand(),
		a.faultCommand(),
		a.planCommand(),
		a.profilesCommand(),
		a.reportCommand(),
		a.compareCommand(),
		a.gateCommand(),
		a.baselineCommand(),
		a.plotCommand(),
		a.adviseCommand(),
		a.brokerCommand(),
		a.doctorCommand(),
		a.cleanCommand(),
		a.versionCommand(),
		a.actorCommand(),
	)
	wrapArgs(root)
	return root
}

// say writes a line for people to stderr.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.Stderr, strings.TrimSuffix(format, "\n")+"\n", args...)
}

// interruptible returns a context that the first interrupt ends, its cause the interruption. A second one ends
// the process at once.
func (s OS) interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals, stop := s.Signals()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		var first *interruption
		for {
			select {
			case sig := <-signals:
				if first != nil {
					fmt.Fprintln(s.Stderr, "left at once: topics of the trial under way may have stayed, 'kafka-eos-bench clean --all' removes them")
					s.Exit(first.code())
					return
				}
				first = &interruption{sig}
				fmt.Fprintf(s.Stderr, "\n%s: finishing and saving; once more leaves at once\n", first)
				cancel(first)
			case <-done:
				return
			}
		}
	})
	return ctx, func() { stop(); close(done); wg.Wait(); cancel(nil) }
}

// ended explains an error by the interrupt or --timeout behind it, if there is one.
func ended(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && (err == nil || errors.Is(err, ctx.Err())) {
		return cause
	}
	return err
}
