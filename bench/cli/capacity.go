package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/campaign"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// capacityProfile is what a bare capacity searches.
const capacityProfile = "capacity"

type capacityFlags struct {
	workload workloadFlags
	campaignFlags

	objectives       []string
	minRate, maxRate string
	precision        string
	confirm          int
	maxProbes        int
	cmd              *cobra.Command
}

func (a *app) capacityCommand() *cobra.Command {
	var f capacityFlags
	cmd := &cobra.Command{
		Use:   "capacity [PROFILE]",
		Short: "Find the highest rate that each mode holds under an objective",
		Long: `Capacity looks for the highest rate at which each mode and transaction size of a profile (default capacity) keeps up with its
schedule, keeps its guarantee, and meets every objective of --slo. Without --slo, keeping up is all that is asked.

It climbs from --min-rate by factors of √10 until a rate fails or --max-rate holds, then halves the bracket until its ends
are within --precision. A rate counts as held only when --confirm probes of it held, as failed only when two failed; where
probes of a rate contradict each other, one more decides: two of three. The searches of the cells take turns, so that drift
hits all alike. A window is longer than --duration where a rate is too low for an objective's percentile (p99 takes 1,000
records).

Every probe is stored like a trial of 'run'; 'report' shows the searches again, --resume DIR continues an interrupted one.

Exit codes: 0 the highest rate of every cell is known, or is --max-rate, 2 usage, 4 it is not (nothing held, or --max-probes or
--timeout came first), 5 a promised guarantee was broken, 6 cluster unreachable, unauthorised or too old, 130/143
interrupted (what finished is kept).`,
		Example: `  kafka-eos-bench capacity --slo "p99(e2e)<100ms"
  kafka-eos-bench capacity --mode at-least-once,transactional --txn-size 100 --min-rate 1k --slo "p99(e2e)<100ms" --slo "p90(commit)<50ms"
  kafka-eos-bench capacity mine.yaml -b broker:9092 --min-rate 1k --max-rate 200k --precision 5%
  kafka-eos-bench capacity --resume results/20261122T231502-capacity`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.capacity(cmd.Context(), f, args) },
	}
	f.cmd = cmd
	f.workload.register(cmd, "rate", "messages", "blocks", "ladder", "expect", "reference")
	f.cluster.register(cmd)
	f.register(cmd.Flags(), report.CapacityFormats())
	f.registerResume(cmd.Flags())
	cmd.Flags().StringArrayVar(&f.objectives, "slo", nil, "objective, `\"p99(e2e) < 100ms\"`: a figure, a comparison and a bound (repeatable)")
	cmd.Flags().StringVar(&f.minRate, "min-rate", "100", "lowest messages/s to try")
	cmd.Flags().StringVar(&f.maxRate, "max-rate", "1M", "highest messages/s to try")
	cmd.Flags().StringVar(&f.precision, "precision", "10%", "how far the lowest rate that failed may lie above the highest that held")
	cmd.Flags().IntVar(&f.confirm, "confirm", 2, "probes of a rate that must hold before it counts as held; two at least where one missed")
	cmd.Flags().IntVar(&f.maxProbes, "max-probes", 40, "probes of a cell after which its search ends")
	return cmd
}

// capacity searches, or goes on searching, and shows what it found.
func (a *app) capacity(ctx context.Context, f capacityFlags, args []string) error {
	write, err := report.CapacityByName(f.format)
	if err != nil {
		return usagef("-o: %w", err)
	}
	screen, err := newScreen(a.OS, f.progress)
	if err != nil {
		return err
	}
	var j *job
	var search *campaign.Search
	if f.resume == "" {
		j, search, err = a.newSearch(&f, args)
	} else {
		j, search, err = a.resumeSearch(&f, args)
	}
	if err != nil {
		return err
	}
	run := j.earlier
	if !search.Done() {
		defer os.Remove(f.out) // succeeds only while it is empty
		if run, err = a.perform(ctx, j, f.campaignFlags, screen); run == nil {
			return err
		}
	}
	var next string
	if !run.Complete {
		next = a.resumeCommand("capacity", f.campaignFlags, &f.workload.client)
	}
	if e := a.show(write, run, f.campaignFlags, next); e != nil {
		return errors.Join(err, e)
	}
	return searched(run, search, err)
}

// newSearch lays out the searches of a profile.
func (a *app) newSearch(f *capacityFlags, args []string) (*job, *campaign.Search, error) {
	terms, err := f.terms()
	if err != nil {
		return nil, nil, err
	}
	name := capacityProfile
	if len(args) > 0 {
		name = args[0]
	}
	profile, err := f.workload.resolve(name, a.Env, map[string]string{
		"rate": workload.Rate{PerSecond: terms.Min}.String(), "blocks": "1", "ladder": "false", "expect": string(workload.Unsustained),
	})
	if err != nil {
		return nil, nil, err
	}
	switch {
	case profile.Messages > 0:
		return nil, nil, usagef("messages: a probe lasts for a time, whatever its rate: give a duration instead")
	case profile.Readers == 0:
		return nil, nil, usagef("--readers 0: without readers nobody knows whether a rate was kept up: give 1 or more")
	}
	if err := checkConcerned(terms.Objectives, profile.Modes); err != nil {
		return nil, nil, err
	}
	options, err := a.options(&f.cluster, f.workload.client.bootstrap)
	if err != nil {
		return nil, nil, err
	}
	if f.out == "" {
		f.out = a.resultDir(profile.Name)
	}
	if err := vacant(f.out); err != nil {
		return nil, nil, err
	}
	search, err := campaign.NewSearch(profile, terms, usable)
	if err != nil {
		return nil, nil, err
	}
	replication := assumedReplication(options)
	a.say("profile %s: %s, %s (%s of each record)", profile.Name, plural(len(search.Capacities()), "cell"),
		searching(search, terms, replication, assumedFresh(options)).text, plural(replication, "replica"))
	if err := reserve(f.out); err != nil {
		return nil, nil, err
	}
	j := searchJob(profile, search, terms, nil)
	j.options, j.values = options, f.values(profile, terms)
	return j, search, nil
}

// checkConcerned refuses an objective that concerns none of the modes: a rate held would seem to meet it.
func checkConcerned(objectives []metric.Objective, modes []workload.Mode) error {
	for _, o := range objectives {
		if slices.ContainsFunc(modes, o.Metric.Concerns) {
			continue
		}
		var without, with []string
		for _, m := range modes {
			without = append(without, m.Name)
		}
		for _, m := range workload.Modes {
			if o.Metric.Concerns(m) {
				with = append(with, m.Name)
			}
		}
		if len(with) == 0 {
			return usagef("--slo %s: no mode has %s in a probe's window: remove it", o, o.Metric.Name)
		}
		return usagef("--slo %s: %s does not concern mode %s: remove it, or add %s to --mode", o, o.Metric.Name, strings.Join(without, ","), strings.Join(with, " or "))
	}
	return nil
}

// resumeSearch lays out what is left of interrupted searches.
func (a *app) resumeSearch(f *capacityFlags, args []string) (*job, *campaign.Search, error) {
	for _, name := range []string{"slo", "min-rate", "max-rate", "precision", "confirm", "max-probes"} {
		if f.cmd.Flags().Changed(name) {
			return nil, nil, differing(f.resume, "--"+name)
		}
	}
	stored, profile, err := a.restore(&f.campaignFlags, &f.workload, args)
	if err != nil {
		return nil, nil, err
	}
	terms, found, err := compare.TermsOf(stored)
	if err != nil {
		return nil, nil, usagef("--resume %s: %w", f.resume, err)
	}
	if !found {
		return nil, nil, usagef("--resume %s: it is no search for capacity: continue it with 'run --resume'", f.resume)
	}
	options, err := a.storedCluster(&f.cluster, f.workload.client.bootstrap, stored.Broker)
	if err != nil {
		return nil, nil, err
	}
	search, err := campaign.NewSearch(profile, terms, usable)
	if err != nil {
		return nil, nil, err
	}
	if err := search.Replay(stored); err != nil {
		return nil, nil, usagef("--resume %s: %w", f.resume, err)
	}
	a.say("profile %s: %s made in the search that began at %s", profile.Name, plural(len(compare.Probes(stored)), "probe"), stored.StartedAt.Format("2006-01-02 15:04:05 MST"))
	j := searchJob(profile, search, terms, stored)
	j.options = options
	if search.Done() && !stored.Complete {
		return j, search, settle(j, f.resume)
	}
	return j, search, nil
}

// searching forecasts searches on a cluster, some of whose brokers have just been started. How high a rate it holds is not known: the most is what
// it takes if it holds the highest that may be tried.
func searching(search *campaign.Search, terms compare.Terms, replicationFactor, freshBrokers int) forecast {
	least, most := search.Estimate(replicationFactor)
	warm := search.Conditioning(freshBrokers)
	least, most = least.After(warm), most.After(warm)
	text := fmt.Sprintf("%d to %d probes, about %s to %s (%s of it to warm up), %s to %s written, up to %s in one probe if %s/s are held; noise and missed objectives take more, %d a cell at most",
		least.Trials, most.Trials, least.Time.Round(time.Second), most.Time.Round(time.Second), most.Discard.Round(time.Second),
		plan.Bytes(least.Bytes), plan.Bytes(most.Bytes), plan.Bytes(most.Largest), report.Number(&terms.Max), terms.MaxProbes)
	return forecast{text, least.Largest, most.Largest}
}

// searchJob is a job whose trials are the search's.
func searchJob(profile *workload.Profile, search *campaign.Search, terms compare.Terms, earlier *result.Run) *job {
	return &job{
		profile: profile, source: search, discard: search.Conditioning, earlier: earlier,
		takes:  func(replicationFactor int) forecast { return searching(search, terms, replicationFactor, 0) },
		finish: func(s *result.Store) error { return s.FinishAs(search.Done()) },
		learnt: func(t *result.Trial) string {
			for _, c := range search.Capacities() {
				if c.Name == compare.WithoutRate(t.Cell) {
					return known(c, t)
				}
			}
			return ""
		},
	}
}

// known says in a line what is known of the rate that was probed last, then between which others the search stands.
func known(c *compare.Capacity, last *result.Trial) string {
	at := func(p *compare.Probed) string { return report.Number(&p.PerS) + "/s" }
	probed := c.Of(last)
	text := fmt.Sprintf("%s at %s: %s held", c.Name, at(probed), probed.Tally())
	if probed.Why != "" {
		text += " (" + probed.Why + ")"
	}
	low, high := c.Bracket()
	if low != nil && low != probed {
		word := "held"
		if low.Fails() {
			word = "kept up but missed"
		}
		text += fmt.Sprintf("; %s %s (%s)", at(low), word, low.Tally())
	}
	if high != nil && high != probed {
		text += fmt.Sprintf("; %s failed (%s)", at(high), high.Tally())
	}
	return text
}

// terms reads what is asked of the search.
func (f *capacityFlags) terms() (t compare.Terms, err error) {
	for _, text := range f.objectives {
		o, err := metric.ParseObjective(text)
		if err != nil {
			return t, usagef("--slo: %w", err)
		}
		if o.Metric.Backwards(o.Op) {
			return t, usagef("--slo %s: a rate that makes %s worse would still meet it: turn the comparison round", o, o.Metric.Name)
		}
		t.Objectives = append(t.Objectives, o)
	}
	for _, rate := range []struct {
		flag, text string
		to         *float64
	}{{"min-rate", f.minRate, &t.Min}, {"max-rate", f.maxRate, &t.Max}} {
		r, err := workload.ParseRate(rate.text)
		if err != nil || r.Max {
			return t, usagef("--%s %s: give messages a second, such as 1000 or 20k", rate.flag, rate.text)
		}
		*rate.to = r.PerSecond
	}
	if t.Max < t.Min {
		return t, usagef("--max-rate %s is below --min-rate %s: give a range from low to high", f.maxRate, f.minRate)
	}
	if t.Precision, err = strconv.ParseFloat(strings.TrimSuffix(f.precision, "%"), 64); strings.HasSuffix(f.precision, "%") {
		t.Precision /= 100
	}
	if err != nil || !(t.Precision >= 0.01 && t.Precision <= 1) {
		return t, usagef("--precision %s: give a share from 1%% to 100%%, such as 10%%", f.precision)
	}
	t.Confirm, t.MaxProbes = f.confirm, f.maxProbes
	if t.Confirm < 1 || t.Confirm > 20 {
		return t, usagef("--confirm %d: give 1 to 20 probes", t.Confirm)
	}
	if t.MaxProbes < 1 {
		return t, usagef("--max-probes %d: give 1 or more", t.MaxProbes)
	}
	return t, nil
}

// values are the profile's as stored: the rate is each probe's own, the terms of the search come along.
func (f *capacityFlags) values(profile *workload.Profile, terms compare.Terms) map[string]result.Value {
	values := profile.Values()
	delete(values, compare.AxisRate)
	for key, v := range terms.Values() {
		if !f.cmd.Flags().Changed(strings.ReplaceAll(key, "_", "-")) {
			v.Source = "default"
		}
		values[key] = v
	}
	return values
}

// readable is the format for people of a stored run: a search for capacity has tables of its own, which its page has anyway. Other formats
// hold the trials of any run alike.
func readable(write report.Format, format string, run *result.Run) report.Format {
	if _, search, _ := compare.TermsOf(run); !search || format != "text" && format != "markdown" {
		return write
	}
	own, err := report.CapacityByName(format)
	if err != nil {
		return write
	}
	return own
}

// searched is the exit code of searches: a broken guarantee comes first, then an interrupt, an error, and last what was not found.
func searched(run *result.Run, search *campaign.Search, err error) error {
	broken, open := 0, 0
	for _, t := range run.Trials {
		if t.Guarantee.Verdict == result.Broken {
			broken++
		}
	}
	all := search.Capacities()
	for _, c := range all {
		if f := c.Finding(); f != compare.Bracketed && f != compare.Above {
			open++
		}
	}
	switch {
	case broken > 0:
		return &coded{exitBroken, fmt.Errorf("a promised delivery guarantee was broken in %s of %d: its figures are void", plural(broken, "probe"), len(run.Trials))}
	case err != nil:
		return err
	case open > 0:
		return &coded{exitInconclusive, fmt.Errorf("the highest rate of %s of %d is not known: none held, or the search ended before", plural(open, "cell"), len(all))}
	}
	return nil
}
