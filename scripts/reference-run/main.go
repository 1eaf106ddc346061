// Command reference-run makes the committed runs in results/reference, on a real local Apache Kafka of one broker and of three, and the
// figures in plots from them. It wants a machine that does nothing else.
//
//	go run ./scripts/reference-run                 what is not there yet: about 80 minutes for all of it
//	go run ./scripts/reference-run -only '^three'  some of them, by name
//	go run ./scripts/reference-run -list           their names, questions and commands
//	go run ./scripts/reference-run -figures        draw the figures again, from the stored runs alone
//	go run ./scripts/reference-run -check          fail where the figures differ from what the stored runs give
//
// A run that was interrupted is taken up again. One that is there is never made again: remove its directory for that.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "reference-run:", err)
		os.Exit(1) //nolint:forbidigo // a program's main ends its process
	}
}

// command runs what the arguments ask for, from the repository's root.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("reference-run", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "`regexp` of the runs to make (default all)")
	list := flags.Bool("list", false, "print the runs and end")
	figures := flags.Bool("figures", false, "draw the figures of the stored runs and end")
	check := flags.Bool("check", false, "compare the figures with what the stored runs give and end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: there are only flags", flags.Arg(0))
	}
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	var chosen []campaign
	for _, c := range campaigns {
		if wanted.MatchString(c.name) {
			chosen = append(chosen, c)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("-only %q matches none of the runs: see -list", *only)
	}
	if *list {
		for _, c := range chosen {
			fmt.Fprintf(stdout, "%s: %s\n    kafka-eos-bench %s\n", c.name, c.question, strings.Join(c.args, " "))
		}
		return nil
	}
	if _, err := os.Stat("go.mod"); err != nil {
		return errors.New("no go.mod here: run it from the repository's root")
	}
	work, err := os.MkdirTemp("", "reference-run-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	w := &workshop{binary: filepath.Join(work, "kafka-eos-bench"), dir: work, stderr: stderr}
	if err := w.build(ctx); err != nil {
		return err
	}
	switch {
	case *check:
		return w.check(ctx, stdout)
	case *figures:
		return w.draw(ctx, plots)
	}
	if err := w.makeAll(ctx, chosen); err != nil {
		return err
	}
	return w.draw(ctx, plots)
}
