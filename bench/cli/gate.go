package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func (a *app) gateCommand() *cobra.Command {
	var f gateFlags
	var reference string
	var power, noColor bool
	cmd := &cobra.Command{
		Use:   "gate RUN",
		Short: "Judge a stored run by rules, for a release pipeline; no cluster is needed",
		Long: `Gate holds the cells of a stored run against rules, such as p99(commit_due) < 20ms or cost(p50(e2e)) < 600%, and
says for each rule and cell whether it passes, fails or is inconclusive, with the bounds that decided. Missing evidence
never passes: no data, too few blocks, a rate that was not sustained, a run that was not finished are inconclusive.
docs/gate.md has the grammar, and says what decides and how many blocks that takes; --power works the latter out from
the run's own noise.

Rules with the word baseline hold it against --baseline, a file of 'baseline save' or stored runs. What is meant to differ
is declared with --under-test; where anything else that matters differs, the rule is inconclusive, and says what does.

'run --gate' measures and judges in one go, and knows before it measures which rules cannot be judged.

Exit codes: 0 every rule passes, 1 an output could not be written, 2 usage or a mistake in a rule, 3 a rule fails, 4
inconclusive, 5 a promised guarantee was broken, whatever the rules say. --inconclusive=fail makes a 3 of 4,
--inconclusive=warn a 0.`,
		Example: `  kafka-eos-bench gate results/20261122T231502-release-gate --gate release-gate.yaml
  kafka-eos-bench gate run.json --require 'p99(commit_due) < 20ms for mode=transactional' --require 'lost == 0'
  kafka-eos-bench gate run.json --gate release-gate.yaml -o text -o junit=gate.xml -o markdown=gate.md
  kafka-eos-bench gate run.json --gate release-gate.yaml -o github --inconclusive=warn
  kafka-eos-bench gate run.json --require 'p99(commit_due) <= baseline + 12%' --baseline baselines/main.json
  kafka-eos-bench gate results/new --gate release-gate.yaml --baseline results/old --under-test broker.version
  kafka-eos-bench gate run.json --gate release-gate.yaml --history history.csv --release v1.4.0
  kafka-eos-bench gate run.json --gate release-gate.yaml --power`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range []string{"history", "release", "inconclusive"} {
				if power && cmd.Flags().Changed(name) {
					return usagef("--power says what the rules take and judges nothing: leave out --%s", name)
				}
			}
			k, err := a.gatekeeper(f, "output", args[0], filepath.Join(args[0], "run.json"))
			if err != nil {
				return err
			}
			if k == nil {
				return noRules()
			}
			stored, err := result.Load(args[0])
			if err != nil {
				return usagef("%w; name a run's directory or its run.json", err)
			}
			run := compare.New(stored, reference)
			if reference != "" && !slices.Contains(modes(run), reference) {
				return usagef("--reference %s: %s has no cell of it; it has %s", reference, args[0], strings.Join(modes(run), ", "))
			}
			options := a.reportOptions(args[0], noColor)
			if power {
				return a.power(k, run, options)
			}
			return a.judge(cmd.Context(), k, run, a.Stdout, options)
		},
	}
	f.register(cmd.Flags(), "output", "o")
	cmd.Flags().StringVar(&reference, "reference", "", "`mode` that costs are stated against (default: the run's own, as a rule at-least-once)")
	cmd.Flags().BoolVar(&power, "power", false, "say how many blocks each rule takes, by this run's noise, instead of judging (-o text or json)")
	cmd.Flags().BoolVar(&noColor, "no-color", false, "no colours (NO_COLOR does the same)")
	return cmd
}

// power says how many blocks each rule takes. A rule that no number of blocks decides leaves it inconclusive.
func (a *app) power(k *gatekeeper, run *compare.Run, o report.Options) error {
	run, j, err := a.judgement(k, run)
	if err != nil {
		return err
	}
	p := report.NewGatePower(run, j.Needs(k.rules, run))
	for _, out := range k.outputs {
		write := map[string]func() error{
			"text": func() error { return p.Text(a.Stdout, o) },
			"json": func() error { return p.JSON(a.Stdout) },
		}[out.format]
		if write == nil || out.file != "" {
			return usagef("-o %s: --power prints text or json, to stdout", out)
		}
		if err := write(); err != nil {
			return err
		}
	}
	if n := p.Unanswered(); n > 0 {
		return &coded{exitInconclusive, fmt.Errorf("inconclusive: of %s no number of blocks can be said; the lines below the table say why", plural(n, "verdict"))}
	}
	return nil
}

// judgement holds a run against the rules, and against the baseline if there is one. Of a run that measured two sides it is the run's own.
func (a *app) judgement(k *gatekeeper, both *compare.Run) (run *compare.Run, j *gate.Judgement, err error) {
	run, baseline := both.Sides()
	var against *gate.Against
	switch {
	case baseline == nil:
		against, err = k.yardstick.against(run, a.say)
	case k.yardstick != nil:
		err = usagef("--baseline: run %s measured its baseline in the same blocks: leave --baseline out", run.RunID)
	default:
		against = interleaved(run, baseline, both.Against.UnderTest, a.say)
	}
	if err != nil {
		return nil, nil, err
	}
	j, err = gate.Judge(k.rules, run, against)
	return run, j, err
}

// judge holds a run against the rules and writes the verdicts, those without a file of their own to w. Its error stands for the outcome.
func (a *app) judge(ctx context.Context, k *gatekeeper, run *compare.Run, w io.Writer, o report.Options) error {
	run, j, err := a.judgement(k, run)
	if err != nil {
		return err
	}
	if err := k.history.fits(k.rules, run); err != nil {
		return err
	}
	g := report.NewGate(run, k.rules, j, k.counts)
	var undelivered error
	for _, out := range k.outputs { // where one of them has no place, the others have
		undelivered = errors.Join(undelivered, a.deliver(out, g, w, o))
	}
	err = gated(g)
	if err == nil && j.Outcome == gate.Inconclusive {
		a.say("%s", g.Answer())
	}
	others, err := weightiest(ctx, err, undelivered, a.remember(k.history, k.rules, run, j.Outcome))
	for _, other := range others {
		a.say("%v", other)
	}
	return err
}

// foresee says what is wrong with the rules for cells that are about to be measured, and ends what would come to nothing.
func (a *app) foresee(k *gatekeeper, profile *workload.Profile) error {
	if k == nil {
		return nil
	}
	own, two := *profile, profile.Against != nil
	own.Against = nil // its cells are held against those of the run's own side
	if two && k.yardstick != nil {
		return usagef("--against measures a baseline in the same blocks, and --baseline names runs that were stored: give one of the two")
	}
	cells, reference := own.Cells(), own.Reference
	planned := gate.Planned(cells, reference)
	if err := gate.Check(k.rules, planned, two || k.yardstick != nil || k.assumed); err != nil {
		return err
	}
	if err := k.history.fits(k.rules, planned); err != nil {
		return err
	}
	lines := slices.Concat(k.yardstick.foresee(k.rules, &own), foreseen(gate.Foresee(k.rules, cells, reference, profile.Blocks, k.yardstick != nil)))
	if len(lines) == 0 {
		return nil
	}
	shown, more := foremost(lines)
	if more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", more))
	}
	return a.softened(k.counts, &coded{exitInconclusive, fmt.Errorf("inconclusive, whatever is measured:\n  %s", strings.Join(shown, "\n  "))})
}

// softened is the end of something inconclusive other than a gate's verdict, as the user wants it to count, and says so.
func (a *app) softened(counts report.Inconclusive, err error) error {
	end := softened(counts, err)
	switch {
	case errors.Is(end, err):
	case end == nil:
		a.say("warning, with --inconclusive=warn: %v", err)
	default:
		end = &coded{exitFailed, fmt.Errorf("a failure, with --inconclusive=fail: %w", err)}
	}
	return end
}

// foreseen says why verdicts are known beforehand, each reason once.
func foreseen(verdicts []gate.Verdict) (lines []string) {
	var reasons []string
	concerned := map[string][]string{}
	for _, v := range verdicts {
		reason := v.Reason + ": " + v.Remedy
		if concerned[reason] == nil {
			reasons = append(reasons, reason)
		}
		concerned[reason] = append(concerned[reason], v.Rule+", in "+v.Cell)
	}
	for _, reason := range reasons {
		of := concerned[reason]
		text := of[0]
		if len(of) > 1 {
			text += fmt.Sprintf("; and %d more", len(of)-1)
		}
		lines = append(lines, reason+" ("+text+")")
	}
	return lines
}
