// Command aa measures how often comparisons raise a false alarm: live campaigns in which both sides are the same cell, so that
// whatever is called a difference is none. It is for maintainers, not for continuous integration; the suite of bench/compare shows the
// same by simulation and on stored trials in seconds.
//
//	go run ./scripts/aa                                            20 comparisons of 10 blocks: about an hour and a half
//	go run ./scripts/aa -comparisons 59                            so many without a single alarm prove a rate below 5%
//	go run ./scripts/aa -comparisons 1 -blocks 6 -- --broker embedded      see that everything runs
//
// What follows -- goes to each campaign's run command. A kept broker ('kafka-eos-bench broker up') saves each campaign its start and its
// minute of discarded load.
//
// Exit codes: 0 no more false alarms than a rate of 5% allows, 3 more, 4 a figure was never compared, 1 error, 2 usage, 130 interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes, as those of the tool.
const (
	exitError        = 1
	exitUsage        = 2
	exitAlarms       = 3
	exitInconclusive = 4
	exitInterrupted  = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code) //nolint:forbidigo // a program's main ends its process
}

// command runs what the arguments ask for and returns the exit code.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("aa", flag.ContinueOnError)
	flags.SetOutput(stderr)
	comparisons := flags.Int("comparisons", 20, "`number` of comparisons, each a campaign of its own")
	blocks := flags.Int("blocks", 10, "`pairs` of trials in a comparison, 6 at least")
	out := flags.String("out", "", "`directory` to keep the campaigns in (default: they are thrown away)")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return exitUsage
	}
	if *comparisons < 1 || *blocks < 6 || *blocks > 500 {
		fmt.Fprintln(stderr, "aa: -comparisons takes 1 or more, -blocks 6 to 500: fewer pairs never show a difference")
		return exitUsage
	}
	say := func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }
	campaigns, err := build(ctx, *out, 2**blocks, flags.Args(), say)
	if err != nil {
		say("aa: %v", err)
		return exitError
	}
	defer campaigns.close()
	return compareAll(ctx, *comparisons, campaigns.run, stdout, say)
}

// compareAll counts the false alarms of so many campaigns and prints the table of those that ran.
func compareAll(ctx context.Context, comparisons int, run runner, stdout io.Writer, say func(string, ...any)) int {
	tallies := newTallies()
	var err error
	for i := 1; i <= comparisons && err == nil; i++ {
		err = compareOnce(ctx, i, comparisons, run, tallies, say)
	}
	fmt.Fprint(stdout, table(tallies))
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case err != nil:
		say("aa: %v", err)
		return exitError
	}
	return verdict(tallies, comparisons)
}

func compareOnce(ctx context.Context, i, comparisons int, run runner, tallies []*tally, say func(string, ...any)) error {
	r, err := run(ctx, i)
	if err != nil {
		return err
	}
	for _, line := range count(tallies, r) {
		say("%d of %d: %s", i, comparisons, line)
	}
	return nil
}
