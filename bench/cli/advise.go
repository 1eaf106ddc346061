package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/advise"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

type adviseFlags struct {
	maxCost   string
	freshness time.Duration
	metric    string
	rate      string
	format    string
	noColor   bool
}

func (a *app) adviseCommand() *cobra.Command {
	var f adviseFlags
	cmd := &cobra.Command{
		Use:   "advise RUN [RUN...]",
		Short: "Say which transaction size meets your goals, and which lag to alarm on",
		Long: `Advise reads stored runs and recommends the smallest transaction size (or interval) among those that were run which keeps
the throughput cost within --max-cost and the freshness within --freshness. A goal is met when the whole 95% interval
meets it, which takes six blocks or more; otherwise the answer is "not enough evidence".

Throughput cost exists only at max, freshness only at a fixed rate: give one run of each, or a run with both rates. The
runs must be of one cluster, machine, client and workload.

It also suggests thresholds for lag alerts, with the reasoning, and says what the runs do not tell. Without a goal it does
only that.

Exit codes: 0 there is advice, 2 usage or a bad file, 4 there is none (not enough evidence, no size that was run
meets the goals, or the runs are not comparable).`,
		Example: `  kafka-eos-bench advise results/claims results/low-rate --max-cost 10% --freshness 200ms
  kafka-eos-bench advise results/high-rate --freshness 50ms --freshness-metric "p99(commit_due)" --rate 20k
  kafka-eos-bench advise results/low-rate -o markdown`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			goals, err := f.goals(cmd)
			if err != nil {
				return err
			}
			return a.advise(args, goals, f)
		},
	}
	cmd.Flags().StringVar(&f.maxCost, "max-cost", "", "throughput at max that may be lost against the reference mode: 10% or 0.1 (default no goal)")
	cmd.Flags().DurationVar(&f.freshness, "freshness", 0, "how old a record may be when it is read, such as 200ms (default no goal)")
	cmd.Flags().StringVar(&f.metric, "freshness-metric", advise.DefaultFreshness, "the latency that --freshness bounds")
	cmd.Flags().StringVar(&f.rate, "rate", "", "messages/s that freshness and lag are asked at (default each rate that was run)")
	cmd.Flags().StringVarP(&f.format, "output", "o", "text", "text, json or markdown")
	cmd.Flags().BoolVar(&f.noColor, "no-color", false, "no colours (NO_COLOR does the same)")
	return cmd
}

// goals reads the flags that were given.
func (f adviseFlags) goals(cmd *cobra.Command) (advise.Goals, error) {
	given := cmd.Flags().Changed
	var goals advise.Goals
	if _, err := metric.Parse(f.metric); err != nil {
		return goals, usagef("--freshness-metric: %w", err)
	}
	goals.FreshnessMetric = f.metric
	if given("freshness-metric") && !given("freshness") {
		return goals, usagef("--freshness-metric names the latency that --freshness bounds: give --freshness too")
	}
	if given("max-cost") {
		share, err := advise.ParseShare(f.maxCost)
		if err != nil {
			return goals, usagef("--max-cost: %w", err)
		}
		goals.MaxCost = &share
	}
	if given("freshness") {
		if f.freshness <= 0 || f.freshness > time.Hour {
			return goals, usagef("--freshness %s: give a duration above 0 and of an hour at most, such as 200ms", f.freshness)
		}
		goals.FreshnessUS = new(float64(f.freshness) / float64(time.Microsecond))
	}
	if given("rate") {
		rate, err := workload.ParseRate(f.rate)
		if err != nil {
			return goals, usagef("--rate: %w", err)
		}
		if rate.Max {
			return goals, usagef("--rate max: freshness and lag are asked at a fixed rate, the cost is at max in any case: give records per second, such as 1000")
		}
		goals.RatePerS = &rate.PerSecond
	}
	return goals, nil
}

// enough refuses the many rates of a search for capacity, none of which was tried often enough.
func enough(runs []*compare.Run, goals advise.Goals) error {
	i := slices.IndexFunc(runs, func(r *compare.Run) bool {
		_, search, _ := compare.TermsOf(r.Run)
		return search
	})
	if i < 0 || goals.RatePerS != nil {
		return nil
	}
	return &coded{exitInconclusive, fmt.Errorf("inconclusive: run %s is a search for capacity, which tries each rate three times at most, and advice takes six blocks: "+
		"measure at the rate you need ('run --rate N --blocks 6'), or see with --rate what one that was tried tells", runs[i].RunID)}
}

// advise loads runs and prints what they say.
func (a *app) advise(paths []string, goals advise.Goals, f adviseFlags) error {
	var write func(io.Writer, *advice, int) error
	switch f.format {
	case "text":
		write = func(w io.Writer, v *advice, width int) error { return v.text(w, width) }
	case "json":
		write = func(w io.Writer, v *advice, _ int) error { return v.json(w) }
	case "markdown":
		write = func(w io.Writer, v *advice, _ int) error { return v.markdown(w) }
	default:
		return usagef("-o: unknown output format %q: use text, json or markdown", f.format)
	}
	sides, err := loadSides(paths, "")
	if err != nil {
		return err
	}
	var runs []*compare.Run
	for _, side := range sides {
		runs = append(runs, side.Runs...)
	}
	for _, r := range runs {
		if compare.Disturbed(r.Run) {
			return usagef("run %s broke things on purpose, so that its figures are no advice: leave it out", r.RunID)
		}
	}
	if err := enough(runs, goals); err != nil {
		return err
	}
	found, err := advise.From(runs, goals)
	if refusal, ok := errors.AsType[*advise.IncomparableError](err); ok {
		return incomparable(fmt.Sprintf("runs %s and %s are not comparable", refusal.A, refusal.B), refusal.Differences,
			"give runs of one cluster, machine, client and workload", "'compare --across-environments -o json' lists them all")
	}
	if err != nil {
		return err
	}
	if err := write(a.Stdout, &advice{Advice: found, runs: runs}, a.columns()); err != nil {
		return err
	}
	switch {
	case found.Given():
		return nil
	case strings.TrimSpace(f.maxCost) == "" && f.freshness == 0:
		return &coded{exitInconclusive, errors.New("inconclusive: no lag alert can be suggested; what the runs do not tell says why")}
	}
	return &coded{exitInconclusive, errors.New("inconclusive: no transaction size can be recommended; the answer says why")}
}
