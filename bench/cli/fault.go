package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault/actor"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault/proxy"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/trial"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// faultProfile is the load that faults are put into.
const faultProfile = "fault"

type faultFlags struct {
	workload workloadFlags
	campaignFlags

	profile string
	owned   bool
}

func (a *app) faultCommand() *cobra.Command {
	var f faultFlags
	cmd := &cobra.Command{
		Use:   "fault SCENARIO... | all",
		Args:  cobra.MinimumNArgs(1),
		Short: "Break things on purpose and show what each mode's guarantee buys",
		Long: `Fault runs each scenario with each mode that it concerns: one trial of a load (profile fault), in whose window something breaks and heals
again. What was lost, repeated, out of order or torn is the ledger's count; beside it stand the longest stretches without an acknowledgement and
without a record read, and how long it took to recover.

What a mode never promised is reported. A promise that broke ends the command with exit code 5, and the report names the records and the command that
draws the same again. What breaks is drawn from --seed and printed: the same seed breaks the same, for any choice of scenarios and modes.

Scenarios:
` + scenarioList() + `
Brokers are stopped only in a cluster that the command started itself. Proxies stand in front of clusters on this machine only.

Exit codes: 0 every promise held, 2 usage, 4 inconclusive (a trial was cut short or could not be verified), 5 a promise was
broken, 6 cluster unreachable, unauthorised or too old, 130/143 interrupted (what finished is kept).`,
		Example: `  kafka-eos-bench fault lost-ack
  kafka-eos-bench fault all -o json --out results/faults
  kafka-eos-bench fault lost-ack reset --mode at-least-once,transactional --messages 100k --seed 7
  kafka-eos-bench fault lost-ack --messages 100k --blocks 3
  kafka-eos-bench fault zombie client-crash --mode transactional --txn-size 100`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.fault(cmd.Context(), f, args) },
	}
	f.workload.register(cmd, "ladder", "expect", "reference")
	f.cluster.register(cmd)
	f.register(cmd.Flags(), report.Formats())
	cmd.Flags().StringVar(&f.profile, "profile", faultProfile, "`profile` of the load: a YAML file or a built-in name")
	cmd.Flags().BoolVar(&f.owned, "i-own-this-cluster", false, "allow scenarios that move leaders on a cluster named with -b")
	return cmd
}

func scenarioList() string {
	var b strings.Builder
	for _, s := range fault.All() {
		fmt.Fprintf(&b, "  %-24s %s\n", s.Name, s.Summary)
	}
	return b.String()
}

// fault runs scenarios × modes.
func (a *app) fault(ctx context.Context, f faultFlags, args []string) error {
	write, err := report.ByName(f.format)
	if err != nil {
		return usagef("-o: %w", err)
	}
	screen, err := newScreen(a.OS, f.progress)
	if err != nil {
		return err
	}
	j, err := a.newFaults(&f, args)
	if err != nil {
		return err
	}
	defer os.Remove(f.out) // succeeds only while it is empty
	run, err := a.perform(ctx, j, f.campaignFlags, screen)
	if run == nil {
		return err
	}
	if e := a.show(write, run, f.campaignFlags, ""); e != nil {
		return errors.Join(err, e)
	}
	return verdict(run, j.profile, err)
}

// newFaults lays out a trial for each scenario and each cell it concerns.
func (a *app) newFaults(f *faultFlags, args []string) (*job, error) {
	scenarios, err := scenariosOf(args)
	if err != nil {
		return nil, err
	}
	profile, err := f.workload.resolve(f.profile, a.Env, map[string]string{"ladder": "false", "expect": string(workload.Unsustained)})
	if err != nil {
		return nil, err
	}
	options, err := a.options(&f.cluster, f.workload.client.bootstrap)
	if err != nil {
		return nil, err
	}
	if err := f.allowed(&options, scenarios); err != nil {
		return nil, err
	}
	var cells []workload.Cell
	scenarioOf := map[string]*fault.Scenario{}
	for _, s := range scenarios {
		for _, c := range profile.Cells() {
			if !s.Concerns(c.Workload.Mode) {
				continue
			}
			if err := breakable(c.Workload, s); err != nil {
				return nil, err
			}
			if err := usable(c.Workload); err != nil {
				return nil, err
			}
			c.Name, c.Axes = "fault="+s.Name+","+c.Name, maps.Clone(c.Axes)
			c.Axes["fault"] = s.Name
			cells = append(cells, c)
			scenarioOf[c.Name] = s
		}
	}
	if len(cells) == 0 {
		return nil, usagef("--mode: none of these modes is one that %s concerns: it takes a transactional one", strings.Join(args, ", "))
	}
	trials, err := plan.Trials(cells, profile.Blocks, profile.Seed)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(trials, func(x, y plan.Trial) int { // as listed: a matrix is read in that order
		return slices.Index(scenarios, scenarioOf[x.Cell]) - slices.Index(scenarios, scenarioOf[y.Cell])
	})
	a.say("profile %s: %s, %s", profile.Name, plural(len(scenarios), "scenario"), plan.NewEstimate(cells, profile.Blocks, assumedReplication(options)))
	if f.out == "" {
		f.out = a.resultDir("fault")
	}
	if err := reserve(f.out); err != nil {
		return nil, err
	}
	j := runJob(profile, trials, trials)
	j.options, j.breaks = options, true
	j.discard = func(int) []plan.Trial { return nil } // nobody compares its speed
	j.stage = func(ctx context.Context, env *trial.Env, t plan.Trial) (func() error, error) {
		return a.stage(ctx, env, t, scenarioOf[t.Cell])
	}
	return j, nil
}

func scenariosOf(args []string) ([]*fault.Scenario, error) {
	if slices.Contains(args, "all") {
		return fault.All(), nil
	}
	var scenarios []*fault.Scenario
	for _, name := range args {
		s, err := fault.ByName(name)
		if err != nil {
			return nil, usagef("%w", err)
		}
		if slices.ContainsFunc(scenarios, func(o *fault.Scenario) bool { return o.Name == s.Name }) {
			return nil, usagef("scenario %s is named twice", name)
		}
		scenarios = append(scenarios, s)
	}
	return scenarios, nil
}

// allowed settles the cluster: as many brokers as the scenarios take, of its own where they are to be stopped.
func (f *faultFlags) allowed(o *broker.Options, scenarios []*fault.Scenario) error {
	for _, s := range scenarios {
		switch {
		case s.Needs&fault.Brokers != 0 && o.Kind != broker.Local && o.Kind != broker.Auto:
			return usagef("%s stops brokers: it takes a cluster that this command starts itself, --broker local", s.Name)
		case o.Kind == broker.External && s.Needs&fault.Leaders != 0 && !f.owned:
			return usagef("%s disturbs whoever else uses the cluster at %s: add --i-own-this-cluster if nobody does", s.Name, o.Bootstrap)
		case o.Nodes != 0 && o.Nodes < s.Nodes:
			return usagef("--nodes %d: %s takes %d brokers", o.Nodes, s.Name, s.Nodes)
		}
	}
	if o.Kind == broker.External {
		return nil
	}
	for _, s := range scenarios {
		o.Nodes = max(o.Nodes, s.Nodes)
		o.Own = o.Own || s.Needs&fault.Brokers != 0
	}
	if o.Own {
		o.Kind = broker.Local
	}
	return nil
}

// breakable refuses a load that a scenario could do nothing to.
func breakable(w workload.Workload, s *fault.Scenario) error {
	security := w.Properties["security.protocol"]
	switch {
	case w.Rate.Max && w.Messages > 0:
		return usagef("--messages at --rate max ends nobody knows when, and a fault strikes at a share of the window: give --duration")
	case s.Needs&fault.Readers != 0 && w.Readers == 0:
		return usagef("--readers 0: %s disturbs readers", s.Name)
	case s.Needs&fault.Proxy != 0 && security != "" && !strings.EqualFold(security, "plaintext"):
		return usagef("%s puts a proxy before the brokers, which takes security.protocol=plaintext, not %s", s.Name, security)
	}
	return nil
}

// stage sets a trial up for its scenario, and returns what takes that down again.
func (a *app) stage(ctx context.Context, env *trial.Env, t plan.Trial, s *fault.Scenario) (strike func() error, err error) {
	strike = func() error { return nil }
	on := fault.Stage{Target: env.Target, Admin: env.Admin, Workload: t.Workload, Seed: t.Workload.Seed, Command: a.actor, Say: env.Say}
	if s.Needs&fault.Proxy != 0 {
		if on.Proxy, err = proxy.Open(ctx, strings.Split(env.Target.Bootstrap, ",")); err != nil {
			return nil, err
		}
		behind := *env.Target
		behind.Bootstrap = strings.Join(on.Proxy.Bootstrap(), ",")
		env.Target, strike = &behind, on.Proxy.Close
	}
	env.Disturbance = s.On(on)
	return strike, nil
}

// actor makes a producer process of this very program.
func (a *app) actor() *exec.Cmd {
	cmd := exec.Command(a.Self, actorCommand)
	cmd.Env = a.Env
	return cmd
}

const actorCommand = "actor"

// actorCommand is a producer process's side of a fault; it is no command for people.
func (a *app) actorCommand() *cobra.Command {
	return &cobra.Command{
		Use: actorCommand, Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return actor.Serve(cmd.Context(), librdkafka.New().NewProducer, a.Stdin, a.Stdout)
		},
	}
}
