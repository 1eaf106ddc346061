package cli

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/campaign"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/trial"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

type runFlags struct {
	workload workloadFlags
	cluster  clusterFlags
	out      string
	format   string
	progress string
	noColor  bool
	verbose  bool
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [PROFILE]",
		Short: "Measure delivery modes and prove their guarantees",
		Long: `Run measures every cell of a profile: a YAML file or a built-in name (see 'profiles list'; default quick).
Flags override the profile, which overrides the defaults below ('plan' shows what holds, and why); a flag that takes
a list makes an axis, and cells are the product of the axes.
Each trial runs on fresh topics, and its result is stored as soon as it ends.

Exit codes: 0 finished, 2 usage, 4 inconclusive (unsustained or incomplete), 5 a promised guarantee was broken,
6 cluster unreachable, unauthorised or too old, 130/143 interrupted (what finished is kept).`,
		Example: `  kafka-eos-bench run
  kafka-eos-bench run --mode all --txn-size 20,100 --rate 1000 --duration 10s -o json
  kafka-eos-bench run --mode at-least-once,transactional --txn-size 1000 --rate max
  kafka-eos-bench run --mode transactional --txn-interval 100ms --rate 5000 --producers 2
  kafka-eos-bench run claims --broker local --nodes 3 --out results/claims-3-nodes`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.run(cmd.Context(), f, profileName(args)) },
	}
	f.workload.register(cmd)
	f.cluster.register(cmd)
	cmd.Flags().StringVar(&f.out, "out", "", "`directory` of the results (default results/<timestamp>-<profile>)")
	cmd.Flags().StringVarP(&f.format, "output", "o", "text", "what to print at the end: "+strings.Join(report.Formats(), ", "))
	cmd.Flags().StringVar(&f.progress, "progress", "auto", "auto, plain or none")
	cmd.Flags().BoolVar(&f.noColor, "no-color", false, "no colours (NO_COLOR does the same)")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "show the Kafka client's own log lines")
	return cmd
}

// run measures a profile. Everything that can be wrong with its input is found before anything runs.
func (a *app) run(ctx context.Context, f runFlags, name string) error {
	write, err := report.ByName(f.format)
	if err != nil {
		return usagef("-o: %w", err)
	}
	screen, err := newScreen(a.OS, f.progress)
	if err != nil {
		return err
	}
	profile, err := f.workload.resolve(name, a.Env)
	if err != nil {
		return err
	}
	options, err := a.options(&f.cluster, f.workload.client.bootstrap)
	if err != nil {
		return err
	}
	trials, err := a.plan(profile, assumedReplication(options), 0)
	if err != nil {
		return err
	}
	began := a.Now().UTC()
	if f.out == "" {
		f.out = filepath.Join("results", began.Format("20060102T150405")+"-"+profile.Name)
	}
	if err := reserve(f.out); err != nil {
		return err
	}
	defer os.Remove(f.out) // succeeds only while it is empty

	on, err := a.open(ctx, options, profile)
	if err != nil {
		return ended(ctx, err)
	}
	defer on.close(ctx, a.say)
	ctx, unwatch := on.watch(ctx, a.say)
	defer unwatch()
	run, err := a.measure(ctx, on, began, f, screen, profile, trials)
	if run == nil {
		return err
	}
	if len(run.Trials) > 0 || f.format == "json" {
		o := a.reportOptions(f.out, f.noColor)
		if err == nil {
			o.Next = a.next(profile)
		}
		if e := write(a.Stdout, run, o); e != nil {
			return errors.Join(err, e)
		}
	}
	if f.format != "text" || len(run.Trials) == 0 {
		a.say("results: %s", f.out)
	}
	return verdict(run, profile, err)
}

// measure runs the campaign and returns the run as it was stored, also when it was cut short.
func (a *app) measure(ctx context.Context, on *opened, began time.Time, f runFlags, screen *screen, profile *workload.Profile, trials []plan.Trial) (*result.Run, error) {
	run := &result.Run{
		Schema: result.Schema, RunID: cluster.NewRunID(began, rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))), StartedAt: began,
		Tool: result.ThisTool(), Machine: result.ThisMachine(), Broker: on.about,
		Profile:  result.Profile{Name: profile.Name, Values: profile.Values()},
		Warnings: append([]string{}, on.target.Warnings...), Trials: []result.Trial{},
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
	err = a.campaign(ctx, env, screen, trials, profile.Blocks)
	screen.close()
	err = ended(ctx, err)
	if finish := store.Finish(len(trials)); finish != nil {
		return nil, errors.Join(err, finish)
	}
	return run, err
}

// campaign runs the discarded trials, then the planned ones.
func (a *app) campaign(ctx context.Context, env trial.Env, screen *screen, trials []plan.Trial, blocks int) error {
	if discarded := campaign.Conditioning(trials, blocks, fresh(env.Target)); len(discarded) > 0 {
		if err := a.condition(ctx, env, screen, discarded); err != nil {
			return err
		}
	}
	screen.expect(trials)
	return campaign.Run(ctx, campaign.Fixed(trials),
		func(ctx context.Context, t plan.Trial) (*result.Trial, error) { return trial.Run(ctx, env, t) },
		func(t *result.Trial) error {
			screen.done(t)
			return env.Store.WriteTrial(t)
		})
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
		if _, _, err := librdkafka.New().Effective(c.Workload); err != nil {
			return nil, nil, err
		}
	}
	trials, err := plan.Trials(cells, profile.Blocks, profile.Seed)
	return cells, trials, err
}

// plan lays the trials out, checks what can be checked without a cluster and says what is about to happen.
// A commit time of 0 is not known.
func (a *app) plan(profile *workload.Profile, replication int, commit time.Duration) ([]plan.Trial, error) {
	cells, trials, err := layOut(profile)
	if err != nil {
		return nil, err
	}
	a.say("profile %s: %s, %s (%s of each record)", profile.Name, plural(len(cells), "cell"),
		plan.NewEstimate(cells, profile.Blocks, replication), plural(replication, "replica"))
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

// reserve makes the result directory, so that one that cannot be had is known before anything runs.
func reserve(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return usagef("--out: %w; name another directory", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return usagef("--out: %w; name another directory", err)
	}
	if len(entries) > 0 {
		return usagef("--out %s is not empty: name a new or empty directory", dir)
	}
	return nil
}

// assumedReplication is the replication factor a cluster will have, before it is there to ask.
func assumedReplication(o broker.Options) int {
	if o.Kind == broker.External {
		return 3
	}
	return max(o.Nodes, 1)
}

// next is the command worth trying after a quick look: the same one, as a comparison. It is not said where the
// command line may hold a secret.
func (a *app) next(profile *workload.Profile) string {
	if profile.Blocks >= campaign.Comparison || slices.ContainsFunc(a.args, func(arg string) bool { return strings.HasPrefix(arg, "-X") || strings.HasPrefix(arg, "--property") }) {
		return ""
	}
	words := []string{"kafka-eos-bench"}
	for i := 0; i < len(a.args); i++ {
		switch arg := a.args[i]; {
		case arg == "--out" || arg == "--blocks":
			i++ // with its value
		case strings.HasPrefix(arg, "--out="), strings.HasPrefix(arg, "--blocks="):
		case strings.ContainsAny(arg, " \t\"'$&|;<>()*?#~`\\"):
			words = append(words, "'"+strings.ReplaceAll(arg, "'", `'\''`)+"'")
		default:
			words = append(words, arg)
		}
	}
	return strings.Join(append(words, "--blocks", strconv.Itoa(campaign.Comparison)), " ")
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

// verdict is the exit code of what was measured. Several may apply: a broken guarantee comes first, then an
// interrupt, an error, and last what leaves the run inconclusive.
func verdict(run *result.Run, profile *workload.Profile, err error) error {
	var broken, cutShort, open int
	for _, t := range run.Trials {
		switch {
		case t.Guarantee.Verdict == result.Broken:
			broken++
		case !t.Complete:
			cutShort++
		case t.Guarantee.Verdict == result.Incomplete, t.Window.Committed == 0,
			t.Sustained != nil && !*t.Sustained && profile.Expect != workload.Unsustained:
			open++
		}
	}
	switch {
	case broken > 0:
		return &coded{exitBroken, fmt.Errorf("a promised delivery guarantee was broken in %s of %d: its figures are void", plural(broken, "trial"), len(run.Trials))}
	case err != nil:
		return err
	case cutShort > 0:
		return fmt.Errorf("%s of %d ended early; the footnotes say why", plural(cutShort, "trial"), len(run.Trials))
	case open > 0:
		return &coded{exitInconclusive, fmt.Errorf("inconclusive: %s of %d did not sustain the rate, committed nothing or could not be verified to the end; the footnotes say why and what to change", plural(open, "trial"), len(run.Trials))}
	}
	return nil
}
