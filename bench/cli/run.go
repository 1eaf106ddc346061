package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/campaign"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

type runFlags struct {
	workload workloadFlags
	gate     gateFlags
	against  againstFlags
	campaignFlags
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [PROFILE]",
		Short: "Measure delivery modes and prove their guarantees",
		Long: `Run measures every cell of a profile: a YAML file or a built-in name (see 'profiles list'; default quick).
Flags override the profile, which overrides the defaults below ('plan' shows what holds, and why); a flag that takes
a list makes an axis, and cells are the product of the axes.
Each trial runs on fresh topics, and its result is stored as soon as it ends. A trial that fails does not end the run, unless
three in a row do.

With --resume DIR an interrupted run goes on as it began: finished trials are kept, one that was cut short is measured again.
The workload is the stored one; the cluster, this machine and this tool must be the same. Name the cluster as before; secrets
are never stored, give them again with -X or --client-config.

With --against a baseline is measured too: the same cells on another cluster or with another client configuration, in the same
blocks, where they take turns in coming first. Rules with the word baseline then hold the two against one another, block by block,
which shows smaller changes than runs apart ever do. Such a run cannot be continued with --resume.

With --gate or --require the run is judged too, as 'gate' does of stored runs. Rules that cannot be judged are known before
anything is measured: a mistake in one ends the command with 2, too few blocks or samples with 4. The verdicts follow the
report on stdout, or go to stderr where -o is not text.

Exit codes: 0 finished, and every rule passes, 2 usage, 3 a rule fails, 4 inconclusive (a rule; unsustained or incomplete, or
--resume on another cluster), 5 a promised guarantee was broken, 6 cluster unreachable, unauthorised or too old, 130/143
interrupted (what finished is kept). Where several apply: 5, 130/143, 6, 1, 3, 4.`,
		Example: `  kafka-eos-bench run
  kafka-eos-bench run --mode all --txn-size 20,100 --rate 1000 --duration 10s -o json
  kafka-eos-bench run --mode at-least-once,transactional --txn-size 1000 --rate max
  kafka-eos-bench run --mode transactional --txn-interval 100ms --rate 5000 --producers 2
  kafka-eos-bench run claims --broker local --nodes 3 --out results/claims-3-nodes
  kafka-eos-bench run ladder --txn-size 1000 --blocks 6
  kafka-eos-bench run release-gate --gate release-gate.yaml --gate-output text --gate-output junit=gate.xml
  kafka-eos-bench run release-gate -b new:9092 --against bootstrap=old:9092 --require 'p99(commit_due) <= baseline + 12%'
  kafka-eos-bench run release-gate --against X=linger.ms=0 --require 'p99(e2e) <= baseline + 12%'
  kafka-eos-bench run --resume results/claims-3-nodes`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.run(cmd.Context(), f, args) },
	}
	f.workload.register(cmd)
	f.cluster.register(cmd)
	f.register(cmd.Flags(), report.Formats())
	f.registerResume(cmd.Flags())
	f.gate.register(cmd.Flags(), gateOutputFlag, "")
	f.against.register(cmd.Flags())
	return cmd
}

// gateOutputFlag is the form of a gate's verdicts, beside -o, which is that of the run.
const gateOutputFlag = "gate-output"

// run measures a profile, or the rest of one. Everything that can be wrong with its input is found before anything runs.
func (a *app) run(ctx context.Context, f runFlags, args []string) error {
	write, err := report.ByName(f.format)
	if err != nil {
		return usagef("-o: %w", err)
	}
	screen, err := newScreen(a.OS, f.progress)
	if err != nil {
		return err
	}
	keeper, err := a.gatekeeper(f.gate, gateOutputFlag)
	if err != nil {
		return err
	}
	var j *job
	if f.resume == "" {
		j, err = a.newRun(&f, profileName(args), keeper)
	} else {
		j, err = a.resumeRun(&f, args, keeper)
	}
	if err != nil {
		return err
	}
	run := j.earlier
	if j.earlier == nil || len(j.left) > 0 {
		defer os.Remove(f.out) // succeeds only while it is empty
		if run, err = a.perform(ctx, j, f.campaignFlags, screen); run == nil {
			return err
		}
	}
	var next string
	switch {
	case !run.Complete && run.Against == nil: // one of two sides cannot be continued
		next = a.resumeCommand("run", f.campaignFlags, &f.workload.client)
	case run.Complete && err == nil && f.resume == "" && len(f.workload.client.properties) == 0: // a property may be a secret
		next = a.next(j.profile)
	}
	ends := []error{verdict(run, j.profile, err), a.show(write, run, f.campaignFlags, next)}
	if keeper != nil {
		if err == nil {
			ends[0] = a.softened(keeper.counts, ends[0])
		}
		out := a.Stderr
		if f.format == "text" {
			out = a.Stdout
			fmt.Fprintln(out) // the report is above
		}
		ends = append(ends, a.judge(ctx, keeper, compare.New(run, ""), out, a.reportOptions(f.out, f.noColor)))
	}
	others, end := weightiest(ctx, ends...)
	for _, other := range others {
		a.say("%v", other)
	}
	return end
}

// newRun lays out the run of a profile.
func (a *app) newRun(f *runFlags, name string, keeper *gatekeeper) (*job, error) {
	profile, err := f.workload.resolve(name, a.Env, nil)
	if err != nil {
		return nil, err
	}
	options, err := a.options(&f.cluster, f.workload.client.bootstrap)
	if err != nil {
		return nil, err
	}
	against, err := a.otherSide(f.against, &f.workload, name)
	if err != nil {
		return nil, err
	}
	if against != nil {
		profile.Against = against.profile
	}
	if f.out == "" {
		f.out = a.resultDir(profile.Name)
	}
	if err := vacant(f.out); err != nil {
		return nil, err
	}
	trials, err := a.plan(profile, options, 0)
	if err != nil {
		return nil, err
	}
	if err := a.foresee(keeper, profile); err != nil {
		return nil, err
	}
	if err := reserve(f.out); err != nil {
		return nil, err
	}
	j := runJob(profile, trials, trials)
	j.options, j.against = options, against
	return j, nil
}

// resultDir is where a campaign's results go unless the user says.
func (a *app) resultDir(name string) string {
	return filepath.Join("results", a.Now().UTC().Format("20060102T150405")+"-"+name)
}

// runJob is a job of trials that were planned, some of which are left.
func runJob(profile *workload.Profile, trials, left []plan.Trial) *job {
	return &job{
		profile: profile, values: profile.Values(), source: campaign.Fixed(left), left: left, takes: fixed(profile),
		finish:  func(s *result.Store) error { return s.Finish(len(trials)) },
		discard: func(fresh int) []plan.Trial { return campaign.Conditioning(trials, profile.Blocks, fresh) },
	}
}

// show prints the run's report, and on stderr what a report in another form than text has no place for.
func (a *app) show(write report.Format, run *result.Run, f campaignFlags, next string) error {
	text := f.format == "text" && len(run.Trials) > 0
	if len(run.Trials) > 0 || f.format == "json" {
		o := a.reportOptions(f.out, f.noColor)
		o.Next = next
		if err := write(a.Stdout, run, o); err != nil {
			return err
		}
	}
	if !text {
		a.say("results: %s", f.out)
		if !run.Complete && next != "" {
			a.say("next: %s", next)
		}
	}
	return nil
}

// next is the command worth trying after a quick look: the same one, as a comparison.
func (a *app) next(profile *workload.Profile) string {
	if profile.Blocks >= campaign.Comparison {
		return ""
	}
	words := []string{"kafka-eos-bench"}
	for i := 0; i < len(a.args); i++ {
		switch arg := a.args[i]; {
		case arg == "--out" || arg == "--blocks":
			i++ // with its value
		case strings.HasPrefix(arg, "--out="), strings.HasPrefix(arg, "--blocks="):
		default:
			words = append(words, quoted(arg))
		}
	}
	return strings.Join(append(words, "--blocks", strconv.Itoa(campaign.Comparison)), " ")
}

// quoted is a word of a command line as a shell takes it.
func quoted(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\"'$&|;<>()*?#~`\\") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
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
			t.FellBehind() && profile.Expect != workload.Unsustained:
			open++
		}
	}
	switch {
	case broken > 0:
		return &coded{exitBroken, fmt.Errorf("a promised delivery guarantee was broken in %s of %d: its figures are void", plural(broken, "trial"), len(run.Trials))}
	case err != nil:
		return err
	case cutShort > 0:
		err = fmt.Errorf("%s of %d ended early; the footnotes say why", plural(cutShort, "trial"), len(run.Trials))
		if slices.ContainsFunc(run.Trials, func(t result.Trial) bool { return t.Fault != nil }) {
			return &coded{exitInconclusive, err} // the fault was not what it was meant to be
		}
		return err
	case open > 0:
		return &coded{exitInconclusive, fmt.Errorf("inconclusive: %s of %d did not sustain the rate, committed nothing or could not be verified to the end; the footnotes say why and what to change", plural(open, "trial"), len(run.Trials))}
	}
	return nil
}
