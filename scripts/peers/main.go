// Command peers measures this tool against its peers, side by side on one local Kafka: kafka-producer-perf-test,
// kafka-consumer-perf-test and librdkafka's own C benchmark. It is for maintainers, not for continuous integration.
//
//	go run ./scripts/peers                                       measure; rows go to results/peers/
//	go run ./scripts/peers -rounds 1 -seconds 0.3 -warmup 1s     see that everything runs
//	go run ./scripts/peers -table results/peers/FILE.csv         the table of stored rows
//	go run ./scripts/peers freeze                                one broker freeze, as each tool sees it
//	go run ./scripts/peers page docs/peers.md docs/freeze.md     refresh the pages from what is stored
//
// It needs Go, gcc, Java 17 and Maven (or KAFKA_HOME); apt-get for the C benchmark, which is left out without it.
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
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1) //nolint:forbidigo // a program's main ends its process
	}
}

// command runs what the arguments ask for.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "freeze":
			return freeze(ctx, args[1:], stderr)
		case "page":
			return refreshAll(args[1:])
		case "read":
			return read(ctx, args[1:], stdout)
		case "blackhole":
			return blackhole(ctx, stdout)
		}
	}
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(stderr)
	rounds := flags.Int("rounds", 10, "`times` that every arm of every cell runs; intervals need 6 or more")
	seconds := flags.Float64("seconds", 2.2, "about how long the load of a run lasts")
	cellsFlag := flags.String("cells", "", "`regexp` of the cells to measure, such as 'produce/1000/|read' (default all)")
	warmup := flags.Duration("warmup", time.Minute, "discarded load on the broker that has just started")
	out := flags.String("out", "", "`file` of the rows (default results/peers/<time>.csv)")
	tableOf := flags.String("table", "", "measure nothing: print the table of this `file`'s rows")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unknown command %q: there are freeze and page, or flags alone", flags.Arg(0))
	}
	if *tableOf != "" {
		r, err := loadRows(*tableOf)
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(stdout, table(r))
		return err
	}
	wanted, err := regexp.Compile(*cellsFlag)
	if err != nil {
		return fmt.Errorf("-cells: %w", err)
	}
	if *rounds < 1 || *seconds <= 0 {
		return errors.New("-rounds and -seconds have to be positive")
	}
	if *out == "" {
		*out = filepath.Join("results", "peers", time.Now().UTC().Format("20060102t150405")+".csv")
	}
	p := plan{rounds: *rounds, seconds: *seconds, warmup: *warmup}
	for _, c := range allCells() {
		if wanted.MatchString(c.name()) {
			p.cells = append(p.cells, c)
		}
	}
	if len(p.cells) == 0 {
		return fmt.Errorf("-cells %q matches none of the cells", *cellsFlag)
	}
	return measureAll(ctx, p, *out, stdout, stderr)
}
