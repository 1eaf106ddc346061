package cli

import (
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func (a *app) planCommand() *cobra.Command {
	var f workloadFlags
	var c clusterFlags
	var diff bool
	var commit time.Duration
	var rules gateFlags
	cmd := &cobra.Command{
		Use:   "plan [PROFILE]",
		Short: "Show what a run would do, and where each value comes from",
		Long: `Plan resolves a profile and its overrides, and prints the settings with their sources, the cells, the trials in
their order, and what they take. With --diff it prints how the cells differ. Nothing is measured or contacted.

With the rules of a gate it also says what is wrong with them, exit code 2, and which of them cannot be judged whatever is
measured, exit code 4: as 'run' does before it measures.`,
		Example: `  kafka-eos-bench plan claims
  kafka-eos-bench plan --mode all --txn-size 20,100 --rate 1000
  kafka-eos-bench plan --mode transactional --txn-size 1 --rate 2000 --commit-time 5ms
  kafka-eos-bench plan quick --diff
  kafka-eos-bench plan release-gate --gate release-gate.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			profile, err := f.resolve(profileName(args), a.Env, nil)
			if err != nil {
				return err
			}
			if commit < 0 {
				return usagef("--commit-time %s: give how long a commit takes, such as 5ms", commit)
			}
			options, err := a.options(&c, f.client.bootstrap)
			if err != nil {
				return err
			}
			keeper, err := a.gatekeeper(rules, gateOutputFlag)
			if err != nil {
				return err
			}
			if keeper != nil && slices.ContainsFunc(keeper.rules, func(r gate.Rule) bool { return r.Kind == gate.Baseline }) && keeper.yardstick == nil {
				keeper.assumed = true
				a.say("rules with the word baseline are taken to be those of 'run --against': name stored runs with --baseline")
			}
			if err := a.showPlan(profile, options, diff, commit); err != nil {
				return err
			}
			return a.foresee(keeper, profile)
		},
	}
	f.register(cmd)
	c.register(cmd)
	rules.registerRules(cmd.Flags())
	rules.baseline.register(cmd.Flags())
	cmd.Flags().DurationVar(&commit, "commit-time", 0, "how long a commit takes on your cluster (a result's commit p50): warns of rates that cannot be sustained")
	cmd.Flags().BoolVar(&diff, "diff", false, "print how each cell differs from the first")
	return cmd
}

func (a *app) showPlan(profile *workload.Profile, on broker.Options, diff bool, commit time.Duration) error {
	trials, err := a.plan(profile, on, commit)
	if err != nil {
		return err
	}
	if profile.Name == capacityProfile {
		a.say("this is 'run %s', at one rate; 'capacity' tries many, and says what that takes before it starts", capacityProfile)
	}
	cells := profile.Cells()
	if diff {
		for _, c := range cells[1:] {
			fmt.Fprintf(a.Stdout, "%s → %s\n", cells[0].Name, c.Name)
			for _, line := range plan.Diff(cells[0], c) {
				fmt.Fprintf(a.Stdout, "  %s\n", line)
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SETTING\tVALUE\tSOURCE")
	values := profile.Values()
	for _, key := range sortedKeys(values) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", key, orDash(values[key].Value), values[key].Source)
	}
	fmt.Fprintln(w, "\nTRIAL\tBLOCK\tCELL")
	for _, t := range trials {
		fmt.Fprintf(w, "%s\t%d\t%s\n", t.ID, t.Block, t.Cell)
	}
	return w.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
