// Command gate-rates measures how often a gate is right: live tries in which nothing changed, and tries in which a delay put in front of every commit
// makes the gated figure 30% worse. It is for maintainers, not for continuous integration; the suite of bench/gate shows the same by simulation
// and on stored trials in seconds.
//
//	go run ./scripts/gate-rates                                     p99(commit_due) on a local Kafka, 20 unchanged and 59 injected: some hours
//	go run ./scripts/gate-rates -figure 'p50(e2e)'                  which varies least, in windows of four seconds: an hour
//	go run ./scripts/gate-rates -figure read_per_s                  the cost of throughput, at max
//	go run ./scripts/gate-rates -broker embedded -figure 'p50(commit_due)' -unchanged 1 -injected 1 -pilot 5 -- --duration 2s   see that everything runs
//
// A pilot run on the unchanged cluster comes first: it says where the figure is, how much it varies, how many blocks the rule takes, and so where its
// limit goes, half-way to what is 30% worse, and how long the delay has to be. Then both kinds of tries take turns, each 'run --gate' on the same cluster
// through a proxy of its own. What follows -- goes to each run command. 59 failures in 59 injected tries prove 95%. By how much the injected figure was
// worse is measured, not assumed.
//
// With -out, a series that was interrupted goes on where it was when the same command is given again, on a cluster of its own again.
//
// What is asked is what a gate says of a change, not of whom the machine shares its CPU time with: a run of which any trial lost more of it to them
// than -max-steal is made again, whatever its verdict was, and counted apart.
//
// Exit codes: 0 unchanged tries fail in 5% at most and pass in 80% at least, and injected ones fail in 95% at least; 3 they do not; 4 the machine is too
// noisy for any number of blocks or too seldom its own, or the injected figure was not 25 to 35% worse; 1 error, 2 usage, 130 interrupted.
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
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// Exit codes, as those of the tool.
const (
	exitError        = 1
	exitUsage        = 2
	exitWrong        = 3
	exitInconclusive = 4
	exitInterrupted  = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code) //nolint:forbidigo // a program's main ends its process
}

// settings are what the flags say.
type settings struct {
	unchanged, injected, pilot int
	maxSteal                   float64 // share of the CPU time that the hypervisor may give to others during a trial
	figure, out                string
	kind                       broker.Kind
	extra                      []string // flags of the run command
	tool                       tool
	machine                    result.Machine
}

// command runs what the arguments ask for and returns the exit code.
func command(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var s settings
	var kind string
	flags := flag.NewFlagSet("gate-rates", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&s.unchanged, "unchanged", 20, "`number` of tries in which nothing changed")
	flags.IntVar(&s.injected, "injected", 59, "`number` of tries in which the figure is 30% worse")
	flags.IntVar(&s.pilot, "pilot", 10, "`blocks` of the run that the limit is taken from")
	flags.Float64Var(&s.maxSteal, "max-steal", result.MaxSteal, "`share` of the CPU time, 0 to 1, that a hypervisor may give to others during any trial of a run; one with more is made again")
	flags.StringVar(&s.figure, "figure", "p99(commit_due)", "what is gated: a `latency` that commits enter, or read_per_s")
	flags.StringVar(&kind, "broker", "local", "local or embedded")
	flags.StringVar(&s.out, "out", "", "`directory` to keep the runs in (default: they are thrown away if all is well)")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return exitUsage
	}
	s.kind, s.extra, s.machine = broker.Kind(kind), flags.Args(), result.ThisMachine()
	design, err := designOf(s.figure)
	if err == nil && (s.unchanged < 1 || s.injected < 0 || s.pilot < 5) {
		err = errors.New("give one unchanged try or more, and five blocks or more of the pilot")
	}
	if err == nil && !(s.maxSteal >= 0 && s.maxSteal <= 1) {
		err = fmt.Errorf("-max-steal %v: give a share from 0 to 1", s.maxSteal)
	}
	if err == nil && s.kind != broker.Local && s.kind != broker.Embedded {
		err = fmt.Errorf("-broker %s: local or embedded", kind)
	}
	say := func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }
	if err != nil {
		say("gate-rates: %v", err)
		return exitUsage
	}
	say("building the tool")
	if s.tool, err = buildTool(ctx); err != nil {
		say("gate-rates: %v", err)
		return failed(ctx, err)
	}
	mind := func(err error) {
		if err != nil {
			say("gate-rates: %v", err)
		}
	}
	defer func() { mind(s.tool.remove()) }()
	j, err := openJournal(s)
	if err != nil {
		say("gate-rates: %v", err)
		return exitUsage
	}
	defer func() { mind(j.close()) }()
	b, err := open(ctx, s, say)
	if err != nil {
		say("gate-rates: %v", err)
		return failed(ctx, err)
	}
	code := exitError
	defer func() { b.close(ctx, code != 0) }()
	code = rates(ctx, s, design, b, j, stdout, say)
	return code
}

// perBlock is how long a block of a run took, but for its last trial.
func perBlock(run *compare.Run) time.Duration {
	first, last, blocks := run.Trials[0].StartedAt, run.Trials[0].StartedAt, 1
	for i := range run.Trials {
		if at := run.Trials[i].StartedAt; at.After(last) {
			last = at
		}
		blocks = max(blocks, run.Trials[i].Block)
	}
	return last.Sub(first) / time.Duration(max(1, blocks-1))
}

const (
	inARow    = 3  // tries that may end in an error
	disturbed = 60 // runs in a row that may be made again because the hypervisor took too much of the machine
)

// errDisturbed says that the machine was never left alone for as long as a run takes.
var errDisturbed = fmt.Errorf("%d runs in a row lost more than -max-steal of the CPU time to other guests of the machine's host: come back in a quieter hour, or give a larger one", disturbed)

// score is what a series has come to.
type score struct {
	settings
	*journal
	say                       func(string, ...any)
	unchanged, injected, vain tally
}

// next is the try that comes, and whether something is injected in it.
func (s *score) next() (i int, injected bool) {
	i = s.unchanged.tries + s.injected.tries
	return i, spread(i, s.settings.injected, s.settings.unchanged+s.settings.injected)
}

// count adds a run up.
func (s *score) count(o outcome, again bool) {
	switch _, injected := s.next(); {
	case again:
		s.vain.add(o)
	case injected:
		s.injected.add(o)
	default:
		s.unchanged.add(o)
	}
}

// add counts a run that has just ended.
func (s *score) add(o outcome, again bool) error {
	s.count(o, again)
	return s.journal.add(o, again)
}

// alone makes a run until the hypervisor leaves it alone, and adds up those that were made in vain.
func (s *score) alone(ctx context.Context, run func() (outcome, error)) (outcome, error) {
	for range disturbed {
		ended, err := run()
		if err != nil || ended.stolen <= s.maxSteal || ctx.Err() != nil {
			return ended, err
		}
		if err := s.add(ended, true); err != nil {
			return outcome{}, err
		}
		s.say("again, as the hypervisor gave %.0f%% of the CPU time to others: exit code %d, %.4g", 100*ended.stolen, ended.code, ended.figure)
	}
	return outcome{}, errDisturbed
}

// rates measures the pilot and then the tries that are left, and prints what came of all.
func rates(ctx context.Context, set settings, d *design, b bench, j *journal, stdout io.Writer, say func(string, ...any)) int {
	s := &score{settings: set, journal: j, say: say}
	for _, e := range j.ended {
		s.count(outcome{code: e.Code, figure: e.Figure, stolen: e.Stolen}, e.Again)
	}
	if len(j.ended) > 0 {
		i, _ := s.next()
		say("going on behind %d of %d tries", i, set.unchanged+set.injected)
	}
	if err := b.warmUp(ctx, d); err != nil {
		say("gate-rates: warming up: %v", err)
		return failed(ctx, err)
	}
	if code, err := s.pilot(ctx, d, b); err != nil {
		say("gate-rates: the pilot: %v", err)
		return code
	}
	err := s.tries(ctx, d, b)
	fmt.Fprint(stdout, table(d, s.unchanged, s.injected)+s.repeated())
	if err != nil {
		say("gate-rates: %v", err)
		return failed(ctx, err)
	}
	return verdict(d, s.unchanged, s.injected)
}

// pilot plans the tries, unless that was done before.
func (s *score) pilot(ctx context.Context, d *design, b bench) (code int, err error) {
	if s.plan == nil {
		var run *compare.Run
		ended, err := s.alone(ctx, func() (ended outcome, err error) {
			run, ended, err = b.pilot(ctx, d)
			return ended, err
		})
		if err != nil {
			return failed(ctx, err), err
		}
		s.say("the pilot's exit code is %d: %s, %s a block", ended.code, ended.says, perBlock(run).Round(100*time.Millisecond))
		plan, err := d.plan(run)
		if err != nil {
			return exitInconclusive, fmt.Errorf("inconclusive: %w", err)
		}
		if err := s.begin(plan); err != nil {
			return exitError, err
		}
	}
	s.say("%s, %d blocks a try; injected: every commit takes %s longer", s.plan.Rule, s.plan.Blocks, s.plan.Delay)
	return 0, nil
}

// tries makes those that are left. One that ends in an error counts as neither passed nor failed; several in a row end the series.
func (s *score) tries(ctx context.Context, d *design, b bench) error {
	all, errs := s.settings.unchanged+s.settings.injected, 0
	for {
		i, injected := s.next()
		if i == all {
			return nil
		}
		delay, what := time.Duration(0), "unchanged"
		if injected {
			delay, what = s.plan.Delay, "injected"
		}
		ended, err := s.alone(ctx, func() (outcome, error) { return b.try(ctx, d, *s.plan, delay) })
		if err == nil {
			errs = 0
		} else {
			errs++
			ended.code, ended.says = exitError, err.Error()
		}
		if ctx.Err() != nil || errs == inARow || errors.Is(err, errDisturbed) {
			if err == nil {
				err = ctx.Err()
			}
			return err
		}
		if err := s.add(ended, false); err != nil {
			return err
		}
		s.say("%d of %d, %s: exit code %d, %.4g: %s", i+1, all, what, ended.code, ended.figure, ended.says)
	}
}

// repeated says how many runs were made again, and why.
func (s *score) repeated() string {
	if s.vain.tries == 0 {
		return ""
	}
	return fmt.Sprintf("made again: %d runs, of which %d passed and %d failed, with a trial that lost more than %.3g%% of the CPU time to other guests of the machine's host\n",
		s.vain.tries, s.vain.passed, s.vain.failed, 100*s.maxSteal)
}

// failed is the exit code of an error.
func failed(ctx context.Context, err error) int {
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.Is(err, errDisturbed):
		return exitInconclusive
	}
	return exitError
}

// spread says whether the i-th of all is one of some that are spread evenly among them.
func spread(i, some, all int) bool { return (i+1)*some/all > i*some/all }
