package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/campaign"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// resumeRun lays out what is left of an interrupted run.
func (a *app) resumeRun(f *runFlags, args []string, keeper *gatekeeper) (*job, error) {
	if len(f.against.given) > 0 {
		return nil, differing(f.resume, "--against")
	}
	stored, profile, err := a.restore(&f.campaignFlags, &f.workload, args)
	if err != nil {
		return nil, err
	}
	if _, search, _ := compare.TermsOf(stored); search {
		return nil, usagef("--resume %s: it is a search for capacity: continue it with 'capacity --resume'", f.resume)
	}
	if slices.ContainsFunc(stored.Trials, func(t result.Trial) bool { return t.Fault != nil }) {
		return nil, usagef("--resume %s: it is a run of faults, which nothing continues: begin a new one with 'fault'", f.resume)
	}
	if err := a.foresee(keeper, profile); err != nil {
		return nil, err
	}
	options, err := a.storedCluster(&f.cluster, f.workload.client.bootstrap, stored.Broker)
	if err != nil {
		return nil, err
	}
	_, trials, err := layOut(profile)
	if err != nil {
		return nil, err
	}
	left, err := campaign.Left(trials, stored.Trials)
	if err != nil {
		return nil, usagef("--resume %s: %w", f.resume, err)
	}
	if err := sameConfig(trials, stored.Trials); err != nil {
		return nil, usagef("--resume %s: %w", f.resume, err)
	}
	j := runJob(profile, trials, left)
	j.options, j.earlier = options, stored
	a.say("profile %s: %d of %s left of the run that began at %s", profile.Name, len(left), plural(len(trials), "trial"), stored.StartedAt.Format("2006-01-02 15:04:05 MST"))
	if len(left) == 0 && !stored.Complete {
		return j, settle(j, f.resume)
	}
	return j, nil
}

// sameConfig holds the client configuration of stored trials against what their plans give now.
func sameConfig(planned []plan.Trial, stored []result.Trial) error {
	byCell := map[string]result.ClientConfig{} // working one out opens clients, the trials of a cell share it
	for _, t := range stored {
		now, known := byCell[t.Cell]
		if !known {
			w := planned[slices.IndexFunc(planned, func(p plan.Trial) bool { return p.Cell == t.Cell })].Workload
			var err error
			if now.Producer, now.Reader, err = librdkafka.New().Effective(w); err != nil {
				return err
			}
			byCell[t.Cell] = now
		}
		for _, c := range []struct {
			of        string
			then, now map[string]string
		}{{"producer", t.ClientConfig.Producer, now.Producer}, {"reader", t.ClientConfig.Reader, now.Reader}} {
			for _, key := range slices.Sorted(maps.Keys(merged(c.then, c.now))) {
				if then, now := c.then[key], c.now[key]; then != now {
					return fmt.Errorf("trial %s (%s) was measured with a %s of %s=%s, and would be with %s now: put back what was edited since, profile or trial, continue it with the version of the tool that began it, or begin a new run in another directory",
						t.ID, t.Cell, c.of, key, cmp.Or(then, "–"), cmp.Or(now, "–"))
				}
			}
		}
	}
	return nil
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(b)
	maps.Copy(all, a)
	return all
}

// settle marks a run as complete of which only the end was not stored.
func settle(j *job, dir string) error {
	unlock, err := own(dir, j.earlier)
	if err != nil {
		return err
	}
	defer unlock()
	store, err := result.Create(dir, j.earlier)
	if err != nil {
		return err
	}
	return j.finish(store)
}

// own makes this process the only one that writes to a result directory, until unlock. A run to be continued must still be as it was
// read: another process may have gone on with it, and ended, in between.
func own(dir string, earlier *result.Run) (unlock func(), err error) {
	unlock, err = result.Lock(dir)
	if err != nil {
		return nil, usagef("%w", err)
	}
	if earlier == nil {
		return unlock, nil
	}
	now, err := result.Load(dir)
	if err == nil && !reflect.DeepEqual(now, earlier) {
		err = fmt.Errorf("%s was written to by another kafka-eos-bench just now: give the command again", dir)
	}
	if err != nil {
		unlock()
		return nil, usagef("--resume: %w", err)
	}
	return unlock, nil
}

// restore reads the run that --resume names and settles its profile from what it stored. What would change it is a usage error.
func (a *app) restore(f *campaignFlags, w *workloadFlags, args []string) (*result.Run, *workload.Profile, error) {
	if len(args) > 0 {
		return nil, nil, differing(f.resume, "the profile "+args[0])
	}
	if f.out != "" {
		return nil, nil, usagef("--resume %s and --out %s: a run is continued where it began: give one of the two", f.resume, f.out)
	}
	var changed string
	w.set.VisitAll(func(flag *pflag.Flag) {
		if flag.Changed {
			changed = cmp.Or(changed, flag.Name)
		}
	})
	if changed != "" {
		return nil, nil, differing(f.resume, "--"+changed)
	}
	if info, err := os.Stat(f.resume); err != nil || !info.IsDir() {
		return nil, nil, usagef("--resume %s: it is no directory; name one that a run stored its results in", f.resume)
	}
	stored, err := result.Load(f.resume)
	if err != nil {
		return nil, nil, unloadable(f.resume, err)
	}
	if stored.Against != nil {
		return nil, nil, usagef("--resume %s: it measured a baseline in the same blocks, and such a run cannot be continued: begin a new one in another directory", f.resume)
	}
	properties, err := w.client.read()
	if err != nil {
		return nil, nil, err
	}
	settings := result.Profile{Name: stored.Profile.Name, Values: maps.Clone(stored.Profile.Values)}
	maps.DeleteFunc(settings.Values, func(key string, _ result.Value) bool { return compare.IsTerm(key) })
	profile, err := workload.Restore(settings, properties)
	if err != nil {
		return nil, nil, usagef("--resume %s: %w", f.resume, err)
	}
	f.out = f.resume
	return stored, profile, nil
}

// differing refuses what would change a campaign that is continued.
func differing(dir, what string) error {
	return usagef("--resume %s and %s: a run is continued as it began: leave %s out, or begin a new run in another directory", dir, what, what)
}

// unloadable says why a stored run cannot be continued, and what to do about it. What its run.json tells decides: the trials of a run
// that is not complete can be measured again.
func unloadable(dir string, err error) error {
	document := filepath.Join(dir, "run.json")
	run, unread := result.Load(document)
	switch {
	case unread != nil:
		return usagef("--resume: %w; put the file back, or begin a new run in another directory", err)
	case run.Complete:
		return usagef("--resume: %w; the run is complete: give %s, which holds every trial, to report or compare", err, document)
	}
	if _, search, _ := compare.TermsOf(run); search {
		return usagef("--resume: %w; delete the file and the search makes up for the trial", err)
	}
	return usagef("--resume: %w; delete the file and the trial is measured again", err)
}

// storedCluster is the cluster that the flags name; without any, one such as the stored run had.
func (a *app) storedCluster(c *clusterFlags, configured string, stored result.Broker) (broker.Options, error) {
	options, err := a.options(c, configured)
	if err != nil || options.Kind != broker.Auto {
		return options, err
	}
	switch kind := broker.Kind(stored.Kind); kind {
	case broker.Local, broker.Embedded:
		options.Kind = kind
		options.Nodes = cmp.Or(options.Nodes, stored.Nodes)
		return options, nil
	}
	return options, usagef("the run was measured on an external cluster, whose address is not stored: name it with -b")
}

// takeUp makes sure that an interrupted run is continued on what it began on, and removes what its end left behind there.
func (a *app) takeUp(ctx context.Context, stored *result.Run, on *opened, dir string) error {
	if lines := changes(stored, on.about); len(lines) > 0 {
		shown, more := foremost(lines)
		if more > 0 {
			shown = append(shown, fmt.Sprintf("and %d more: %s has what it began on", more, filepath.Join(dir, "run.json")))
		}
		return &coded{exitInconclusive, fmt.Errorf("%s cannot be continued here, its trials would not be comparable: %s; continue it where it began, or begin a new run in another directory",
			dir, strings.Join(shown, "; "))}
	}
	left, err := on.admin.Leftovers(ctx)
	if err != nil {
		return err
	}
	left = slices.DeleteFunc(left, func(l cluster.Leftover) bool { return l.Run != stored.RunID })
	if err := on.admin.Remove(ctx, left); err != nil {
		return fmt.Errorf("remove what the interrupted run left: %w", err)
	}
	stored.Warnings = append(stored.Warnings, fmt.Sprintf("interrupted and continued at %s, after %s",
		a.Now().UTC().Format("2006-01-02 15:04:05 MST"), plural(len(stored.Trials)-unfinished(stored), "finished trial")))
	return nil
}

// changes names what differs between a stored run and what would be measured here and now.
func changes(stored *result.Run, about result.Broker) []string {
	now := &result.Run{Tool: result.ThisTool(), Machine: result.ThisMachine(), Broker: about, Profile: stored.Profile}
	if len(stored.Trials) > 0 {
		lib := librdkafka.New()
		now.Trials = []result.Trial{{
			Axes: stored.Trials[0].Axes, Client: result.Client{Name: lib.Name(), Version: lib.Version(), TransactionProtocol: lib.TransactionProtocol()},
		}}
	}
	lines := compare.Differences(compare.New(stored, ""), compare.New(now, ""))
	for _, tool := range []struct{ what, then, now string }{
		{"version of this tool", stored.Tool.Version, now.Tool.Version},
		{"commit of this tool", stored.Tool.Commit, now.Tool.Commit},
		{"Go that built this tool", stored.Tool.Go, now.Tool.Go},
	} {
		if tool.then != tool.now {
			lines = append(lines, fmt.Sprintf("%s: %s → %s", tool.what, tool.then, tool.now))
		}
	}
	return lines
}

// resumeCommand is what continues a campaign. Secrets have to be filled in.
func (a *app) resumeCommand(command string, f campaignFlags, c *clientFlags) string {
	words := []string{"kafka-eos-bench", command, "--resume", quoted(f.out)}
	if f.cluster.bootstrap != "" {
		words = append(words, "-b", quoted(f.cluster.bootstrap))
	}
	if c.file != "" {
		words = append(words, "--client-config", quoted(c.file))
	}
	for _, p := range c.properties {
		name, value, _ := strings.Cut(p, "=")
		if client.Redact(map[string]string{name: value})[name] != value {
			words = append(words, "-X", quoted(strings.TrimSpace(name)+"=…"))
		}
	}
	return strings.Join(words, " ")
}
