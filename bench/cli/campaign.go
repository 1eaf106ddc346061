package cli

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/campaign"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/trial"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// campaignFlags are those of every command that measures and stores: where results go and how they are shown.
type campaignFlags struct {
	cluster  clusterFlags
	out      string
	resume   string // directory of the campaign to continue
	format   string
	progress string
	noColor  bool
	verbose  bool
}

func (f *campaignFlags) register(set *pflag.FlagSet, formats []string) {
	set.StringVar(&f.out, "out", "", "`directory` of the results (default results/<timestamp>-<profile>)")
	set.StringVar(&f.resume, "resume", "", "continue the interrupted run in this `directory`, as it began")
	set.StringVarP(&f.format, "output", "o", "text", "what to print at the end: "+strings.Join(formats, ", "))
	set.StringVar(&f.progress, "progress", "auto", "auto, plain or none")
	set.BoolVar(&f.noColor, "no-color", false, "no colours (NO_COLOR does the same)")
	set.BoolVarP(&f.verbose, "verbose", "v", false, "show the Kafka client's own log lines")
}

// job is a campaign as laid out before there is a cluster.
type job struct {
	profile *workload.Profile
	values  map[string]result.Value // the profile's, as results store them
	options broker.Options
	takes   func(replicationFactor int) forecast
	source  campaign.Source
	left    []plan.Trial                                                                   // still to be measured; nil where that shows on the way
	finish  func(*result.Store) error                                                      // stores the end of a session; the job knows whether the run is complete
	discard func(fresh int) []plan.Trial                                                   // to be run first and thrown away
	breaks  bool                                                                           // brokers may end in the middle of it
	stage   func(context.Context, *trial.Env, plan.Trial) (strike func() error, err error) // sets a trial up, and takes that down; nil: it needs nothing
	learnt  func(*result.Trial) string                                                     // what is known of a trial's cell, once the source has taken it in; nil: nothing but its figures
	earlier *result.Run                                                                    // what an interrupted session measured; nil: this is the first
}

// perform opens the cluster, runs a campaign on it and stores it in a directory. The run it returns is what was stored, also when it was
// cut short; without one nothing was measured.
func (a *app) perform(ctx context.Context, j *job, f campaignFlags, screen *screen) (*result.Run, error) {
	unlock, err := own(f.out, j.earlier)
	if err != nil {
		return nil, err
	}
	defer unlock()
	on, err := a.open(ctx, j.options, j.profile.Properties, j.takes)
	if err != nil {
		return nil, ended(ctx, err)
	}
	defer on.close(ctx, a.say)
	if j.earlier != nil {
		if err := a.takeUp(ctx, j.earlier, on, f.resume); err != nil {
			return nil, ended(ctx, err)
		}
	}
	if !j.breaks {
		var unwatch func()
		ctx, unwatch = on.watch(ctx, a.say)
		defer unwatch()
	}
	return a.measure(ctx, on, j, f, screen)
}

// measure runs the campaign and returns the run as it was stored.
func (a *app) measure(ctx context.Context, on *opened, j *job, f campaignFlags, screen *screen) (*result.Run, error) {
	run := j.earlier
	if run == nil {
		began := a.Now().UTC()
		run = &result.Run{
			Schema: result.Schema, RunID: cluster.NewRunID(began, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))), StartedAt: began,
			Tool: result.ThisTool(), Machine: result.ThisMachine(), Broker: on.about,
			Profile:  result.Profile{Name: j.profile.Name, Values: j.values},
			Warnings: append([]string{}, on.target.Warnings...), Trials: []result.Trial{},
		}
	}
	store, err := result.Create(f.out, run)
	if err != nil {
		return nil, err
	}
	env := trial.Env{
		RunID: run.RunID, Stamp: stamp(run.RunID), Target: on.target, Admin: on.admin, Library: librdkafka.New(),
		ReplicationFactor: on.about.ReplicationFactor, Store: store, Progress: screen.progress, Log: a.clientLog(f.verbose),
		Say: func(text string) { screen.say(text) },
	}
	err = a.campaign(ctx, env, screen, j, run)
	screen.close()
	err = ended(ctx, err)
	if finish := j.finish(store); finish != nil {
		return nil, errors.Join(err, finish)
	}
	return run, err
}

// campaign runs the discarded trials, then those of the source. What fails is among the run's warnings.
func (a *app) campaign(ctx context.Context, env trial.Env, screen *screen, j *job, run *result.Run) error {
	if discarded := j.discard(fresh(env.Target)); len(discarded) > 0 {
		if err := a.condition(ctx, env, screen, discarded); err != nil {
			return err
		}
	}
	screen.expect(j.left, len(run.Trials)-unfinished(run))
	var last *result.Trial
	runner := campaign.Runner{
		Measure: func(ctx context.Context, t plan.Trial) (*result.Trial, error) {
			if j.learnt != nil && last != nil {
				screen.note(j.learnt(last))
				last = nil // once
			}
			return staged(ctx, env, j, t)
		},
		Keep: func(t *result.Trial) error {
			last = t
			screen.done(t)
			return env.Store.WriteTrial(t)
		},
		Failed: func(t plan.Trial, err error) {
			text := fmt.Sprintf("trial %s (%s) failed: %v", t.ID, t.Cell, err)
			run.Warnings = append(run.Warnings, text)
			screen.failed(t, text)
		},
		Hopeless: hopeless,
	}
	return runner.Run(ctx, j.source)
}

// staged measures a trial in the environment that the job sets up for it.
func staged(ctx context.Context, env trial.Env, j *job, t plan.Trial) (measured *result.Trial, err error) {
	if j.stage != nil {
		strike, err := j.stage(ctx, &env, t)
		if err != nil {
			return nil, err
		}
		defer func() {
			if e := strike(); e != nil {
				env.Say(fmt.Sprintf("trial %s: %v", t.ID, e))
			}
		}()
	}
	return trial.Run(ctx, env, t)
}

// unfinished counts a run's trials that did not run to their end.
func unfinished(run *result.Run) (n int) {
	for _, t := range run.Trials {
		if !t.Complete {
			n++
		}
	}
	return n
}

// hopeless says of a trial's error that it comes from the cluster, and no other trial would fare better.
func hopeless(err error) bool {
	return slices.ContainsFunc([]error{cluster.ErrUnreachable, cluster.ErrUnauthorised, client.ErrUnauthorised, broker.ErrUnavailable},
		func(known error) bool { return errors.Is(err, known) })
}

// fresh is how many brokers have just been started.
func fresh(t *broker.Target) int {
	if !t.Fresh {
		return 0
	}
	return t.Nodes
}

// condition warms the broker and this process up on trials that nothing keeps.
func (a *app) condition(ctx context.Context, env trial.Env, screen *screen, trials []plan.Trial) error {
	env.Store = nil
	screen.conditioning(len(trials))
	for i, t := range trials {
		t.ID = fmt.Sprintf("discarded%d", i)
		if _, err := trial.Run(ctx, env, t); err != nil {
			return fmt.Errorf("warming up: %w", err)
		}
	}
	return nil
}

// layOut makes a profile's trials, after it has found what is wrong with the client's properties.
func layOut(profile *workload.Profile) ([]workload.Cell, []plan.Trial, error) {
	cells := profile.Cells()
	for _, c := range cells {
		if err := usable(c.Workload); err != nil {
			return nil, nil, err
		}
	}
	trials, err := plan.Trials(cells, profile.Blocks, profile.Seed)
	return cells, trials, err
}

// usable says what is wrong with a workload's client properties.
func usable(w workload.Workload) error {
	_, _, err := librdkafka.New().Effective(w)
	return err
}

// plan lays the trials out, checks what can be checked without a cluster and says what is about to happen on the cluster that the
// options make likely. A commit time of 0 is not known.
func (a *app) plan(profile *workload.Profile, on broker.Options, commit time.Duration) ([]plan.Trial, error) {
	cells, trials, err := layOut(profile)
	if err != nil {
		return nil, err
	}
	replication := assumedReplication(on)
	estimate := plan.NewEstimate(cells, profile.Blocks, replication).After(campaign.Conditioning(trials, profile.Blocks, assumedFresh(on)))
	a.say("profile %s: %s, %s (%s of each record)", profile.Name, plural(len(cells), "cell"), estimate, plural(replication, "replica"))
	var known *time.Duration
	if commit > 0 {
		known = &commit
	}
	for _, c := range cells {
		for _, w := range plan.Warnings(c, known) {
			a.say("warning: %s", w)
		}
	}
	return trials, nil
}

// assumedReplication is the replication factor a cluster will have, before it is there to ask.
func assumedReplication(o broker.Options) int {
	if o.Kind == broker.External {
		return 3
	}
	return max(o.Nodes, 1)
}

// assumedFresh is how many brokers will have just been started, unless some are kept running.
func assumedFresh(o broker.Options) int {
	if o.Kind == broker.External || o.Kind == broker.Embedded {
		return 0
	}
	return max(o.Nodes, 1)
}

// vacant says why results cannot go to a directory, which may not exist yet.
func vacant(dir string) error {
	if err := writable(dir); err != nil {
		return err
	}
	switch empty, err := result.Empty(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return usagef("--out: %w; name another directory", err)
	case !empty:
		return usagef("--out %s is not empty: name a new or empty directory", dir)
	}
	return nil
}

// reserve makes the result directory, so that one that cannot be had is known before anything runs.
func reserve(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return usagef("--out: %w; name another directory", err)
	}
	return nil
}

// stamp is the run as its records carry it.
func stamp(runID string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(runID))
	return h.Sum64()
}

func (a *app) clientLog(verbose bool) func(string) {
	if !verbose {
		return func(string) {}
	}
	return func(line string) { a.say("client: %s", line) }
}
