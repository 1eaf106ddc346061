package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/campaign"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/selfcheck"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/trial"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

type doctorFlags struct {
	cluster      clusterFlags
	client       clientFlags
	transactions transactionsFlags
	selfcheck    bool
	noise        bool
	rates        string
	window       time.Duration
	blocks       int
	out          string
	format       string
	noColor      bool
	verbose      bool
}

// check refuses flags that belong to another of doctor's jobs.
func (f *doctorFlags) check(changed func(string) bool) error {
	if !f.noise {
		for _, name := range []string{"blocks", "out"} {
			if changed(name) {
				return usagef("--%s is for --noise, which measures in blocks and stores them: give --noise too, or leave it out", name)
			}
		}
	}
	if !f.transactions.look {
		for _, name := range []string{"older-than", "topics"} {
			if changed(name) {
				return usagef("--%s is for --transactions: add it", name)
			}
		}
	}
	switch {
	case f.transactions.look:
		for _, name := range []string{"selfcheck", "noise", "rate", "duration", "broker", "nodes"} {
			if changed(name) {
				return usagef("--transactions looks at a cluster that is there already, without a load: leave out --%s", name)
			}
		}
		if f.transactions.olderThan < 0 {
			return usagef("--older-than %s: give 0s or more", f.transactions.olderThan)
		}
	case f.selfcheck && f.noise:
		return usagef("--selfcheck and --noise measure different things: give one of the two")
	case f.selfcheck && changed("rate"):
		return usagef("--rate is for the load generator, which --selfcheck does not try: give one of the two")
	}
	return nil
}

// shortestWindow still holds a few transactions of the validity suite, and a freeze that stands out.
const shortestWindow = time.Second

func (a *app) doctorCommand() *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what can be measured here, and whether the tool is right about itself",
		Long: `Doctor shows what decides how much can be measured: machine, clock, timer, CPU time stolen, broker, client. It then
tries the load generator at one rate after the other and states the highest one that it holds with its own delay
below 1% of the latency it measures, median against median.

With --selfcheck it runs the validity suite instead: a delay put in the path must come back, a broker frozen for a
while must show in every record that was due meanwhile, planted defects must be found, statistics agree with naive
ones, and histogram logs with another implementation's.

With --noise it measures what the figures that gates hold do while nothing changes: the transactional cell of the profile
release-gate twice in each block. It says how much the two differ, and the smallest change that so many blocks can tell
from that; a gate warns about margins that are narrower. The run is stored: 'gate RUN --power' says how many blocks a rule of
yours takes.

With --transactions it only looks at a cluster (without -b: the local one that is kept): which partitions keep their
read_committed readers waiting behind an open transaction, since which offset, whose it is, and what will end it.

Exit codes: 0 fine, 2 usage, 3 a check failed or a transaction has been open for too long, 4 inconclusive (no rate held,
the machine was too busy to tell, a figure's noise could not be told, or a partition did not answer), 5 a promised guarantee
was broken, 6 cluster unreachable, unauthorised or too old, 130/143 interrupted.`,
		Example: `  kafka-eos-bench doctor
  kafka-eos-bench doctor -b broker:9092 --rate 10k,50k,100k --duration 10s
  kafka-eos-bench doctor --selfcheck --broker local
  kafka-eos-bench doctor --noise -b broker:9092
  kafka-eos-bench doctor --noise --rate 2500,max --blocks 20 --out results/noise
  kafka-eos-bench doctor -b broker:9092 --transactions
  kafka-eos-bench doctor -b broker:9092 --transactions --older-than 1m --topics orders,payments -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd.Flags().Changed); err != nil {
				return err
			}
			if f.format != "text" && f.format != "json" {
				return usagef("-o: unknown output format %q: use text or json", f.format)
			}
			if f.transactions.look {
				return a.openTransactions(cmd.Context(), f)
			}
			if f.noise {
				return a.noise(cmd.Context(), f, cmd.Flags())
			}
			return a.doctor(cmd.Context(), f)
		},
	}
	f.cluster.register(cmd)
	f.client.register(cmd)
	cmd.Flags().BoolVar(&f.selfcheck, "selfcheck", false, "check the tool against what is known to be true, in two minutes or so")
	cmd.Flags().BoolVar(&f.noise, "noise", false, "measure what figures do while nothing changes, and the smallest change that can be told from it, in five minutes or so")
	cmd.Flags().BoolVar(&f.transactions.look, "transactions", false, "name the open transactions that readers wait behind")
	cmd.Flags().DurationVar(&f.transactions.olderThan, "older-than", openForLong, "with --transactions: leave out those open for less")
	cmd.Flags().StringSliceVar(&f.transactions.topics, "topics", nil, "with --transactions: only these `topics` (default all, internal ones too)")
	cmd.Flags().StringVar(&f.rates, "rate", "1k,2k,5k,10k,20k,50k,100k,200k", "messages/s to try the generator at; it stops after two in a row that fail. With --noise those to measure at, max among them (there default 2500)")
	cmd.Flags().DurationVar(&f.window, "duration", 3*time.Second, "length of each trial's measured window (with --noise default 9s)")
	cmd.Flags().IntVar(&f.blocks, "blocks", noiseBlocks, "with --noise: how many blocks")
	cmd.Flags().StringVar(&f.out, "out", "", "with --noise: `directory` of the run (default results/<timestamp>-noise)")
	cmd.Flags().StringVarP(&f.format, "output", "o", "text", "text or json")
	cmd.Flags().BoolVar(&f.noColor, "no-color", false, "no colours (NO_COLOR does the same)")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "show the Kafka client's own log lines")
	return cmd
}

// doctor examines a cluster and this machine. What was found before an interrupt is shown.
func (a *app) doctor(ctx context.Context, f doctorFlags) error {
	if f.window < shortestWindow {
		return usagef("--duration %s: give %s or more", f.window, shortestWindow)
	}
	properties, err := f.client.read()
	if err != nil {
		return err
	}
	profile, trials, err := f.plan(properties)
	if err != nil {
		return err
	}
	options, err := a.options(&f.cluster, f.client.bootstrap)
	if err != nil {
		return err
	}
	if !f.selfcheck {
		a.say("generator: %s at the most", plan.NewEstimate(profile.Cells(), 1, assumedReplication(options)))
	}
	// Before a broker is started here, which keeps the machine busy with compiling for a while.
	timing, err := selfcheck.MeasureTiming(ctx)
	if err != nil {
		return ended(ctx, err)
	}
	on, err := a.open(ctx, options, profile.Properties, fixed(profile))
	if err != nil {
		return ended(ctx, err)
	}
	defer on.close(ctx, a.say)
	ctx, unwatch := on.watch(ctx, a.say)
	defer unwatch()

	began := a.Now()
	runID := cluster.NewRunID(began, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())))
	env := trial.Env{
		RunID: runID, Stamp: stamp(runID), Target: on.target, Admin: on.admin, Library: librdkafka.New(),
		ReplicationFactor: on.about.ReplicationFactor, Log: a.clientLog(f.verbose), Say: func(text string) { a.say("%s", text) },
	}
	d := newDiagnosis(on.about, env.Library, timing)
	err = ended(ctx, a.examine(ctx, d, env, f, trials, properties))
	if err = errors.Join(err, a.showDiagnosis(d, f)); err != nil {
		return err
	}
	return d.verdict()
}

// plan settles the trials, and finds what is wrong with the client's properties before anything runs.
func (f *doctorFlags) plan(properties map[string]string) (*workload.Profile, []plan.Trial, error) {
	settle := func() (*workload.Profile, error) { return selfcheck.Ladder(f.rates, f.window, properties) }
	if f.selfcheck {
		settle = func() (*workload.Profile, error) { return selfcheck.Suite(f.window, properties) }
	}
	profile, err := settle()
	if err != nil {
		return nil, nil, err
	}
	_, trials, err := layOut(profile)
	return profile, trials, err
}

// examine fills in the diagnosis, as far as it gets.
func (a *app) examine(ctx context.Context, d *diagnosis, env trial.Env, f doctorFlags, trials []plan.Trial, properties map[string]string) (err error) {
	if discarded := campaign.Conditioning(trials, 1, fresh(env.Target)); len(discarded) > 0 {
		screen, err := newScreen(a.OS, "plain")
		if err != nil {
			return err
		}
		if err := a.condition(ctx, sidesOn(env, nil), screen, discarded); err != nil {
			return err
		}
	}
	if f.selfcheck {
		d.Checks, err = a.selfcheck(ctx, env, d.Broker, f.window, properties)
		return err
	}
	d.Generator = &generator{}
	d.Generator.Rungs, err = selfcheck.Generator(ctx, trials, func(ctx context.Context, t plan.Trial) (*result.Trial, error) {
		a.say("generator: %s messages/s", t.Workload.Rate)
		return trial.Run(ctx, env, t)
	})
	d.Generator.HighestPerS = selfcheck.Highest(d.Generator.Rungs, median)
	d.Generator.HighestByMeanPerS = selfcheck.Highest(d.Generator.Rungs, mean)
	return err
}

// selfcheck runs the validity suite.
func (a *app) selfcheck(ctx context.Context, env trial.Env, about result.Broker, window time.Duration, properties map[string]string) ([]selfcheck.Check, error) {
	dir, err := os.MkdirTemp("", "kafka-eos-bench-selfcheck-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the trials: %w", err)
	}
	defer os.RemoveAll(dir)
	lab := &selfcheck.Lab{Env: env, About: about, Properties: properties, Dir: dir, Window: window}
	delay, err := lab.Delay(ctx)
	if err != nil {
		return nil, err
	}
	freeze, err := lab.Freeze(ctx)
	if err != nil {
		return delay, err
	}
	a.say("ledger, statistics, histogram logs: held against histories, definitions and another implementation")
	return slices.Concat(delay, freeze, selfcheck.Offline()), nil
}
