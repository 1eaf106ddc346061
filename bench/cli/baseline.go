package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/baseline"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// baselineDir is where baselines are kept unless the user says.
const baselineDir = "baselines"

func (a *app) baselineCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "baseline",
		Short: "Keep what releases are held against, as small files; no cluster is needed",
		Long: `A baseline is one file that holds, of one or several stored runs, the figures of every trial and what they were measured
on. It is small enough to be committed, and stands on its own: 'gate --baseline FILE' needs nothing else.

Across separate runs the run is the unit: a baseline decides something from six runs on.`,
		Example: `  kafka-eos-bench baseline save main results/nightly
  kafka-eos-bench baseline list
  kafka-eos-bench baseline show main`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.baselineSaveCommand(), a.baselineListCommand(), a.baselineShowCommand())
	return cmd
}

func registerDir(set *pflag.FlagSet, dir *string) {
	set.StringVar(dir, "dir", baselineDir, "`folder` of the baselines")
}

func (a *app) baselineSaveCommand() *cobra.Command {
	var dir string
	var replace bool
	cmd := &cobra.Command{
		Use:   "save NAME RUN...",
		Short: "Save a baseline made of stored runs",
		Long: `Save writes NAME.json. A RUN is a run's directory, its run.json, a directory of runs, or a baseline's file, whose runs are
taken over.

Runs that were not finished or could not be verified, and runs that are not comparable with one another, make no baseline
(exit code 4), and neither does one whose guarantee broke (5).`,
		Example: `  kafka-eos-bench baseline save main results/20261122T231502-release-gate
  kafka-eos-bench baseline save kafka-4.3 results/kafka-4.3 --dir ci/baselines
  kafka-eos-bench baseline save main baselines/main.json results/20261123T231502-release-gate --replace`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return a.saveBaseline(dir, args[0], args[1:], replace) },
	}
	registerDir(cmd.Flags(), &dir)
	cmd.Flags().BoolVar(&replace, "replace", false, "write over a baseline of that name")
	return cmd
}

func (a *app) saveBaseline(dir, name string, paths []string, replace bool) error {
	if err := baseline.CheckName(name); err != nil {
		return err
	}
	path := filepath.Join(dir, name+baseline.Extension)
	if _, err := os.Stat(path); err == nil && !replace {
		return usagef("%s is there already: take another name, or --replace it", path)
	}
	loaded, err := loadRuns(paths)
	if err != nil {
		return err
	}
	var runs []*result.Run
	for _, r := range loaded {
		runs = append(runs, r.Run)
	}
	b, err := baseline.New(name, a.Now(), result.ThisTool(), runs)
	if refusal, ok := errors.AsType[*baseline.RefusalError](err); ok {
		return refused(refusal)
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return usagef("--dir: %w; name another folder", err)
	}
	if err := baseline.Save(path, b); err != nil {
		return err
	}
	fmt.Fprintln(a.Stdout, path)
	a.say("%s, %s: 'gate RUN --baseline %s' holds a run against it", plural(len(b.Runs), "run"), plural(len(b.Runs[0].Cells), "cell"), path)
	for _, line := range unfitIn(loaded) {
		a.say("warning: %s: rules with the word baseline are inconclusive there as long as the run is in it", line)
	}
	if n := len(b.Runs); n < compare.BaselineRuns {
		a.say("warning: with fewer than %d runs, what lies between runs cannot be told from a change: measure more, and save them together", compare.BaselineRuns)
	}
	return nil
}

// unfitIn names the cells of runs whose figures do not stand.
func unfitIn(runs []*compare.Run) (lines []string) {
	for _, r := range runs {
		for _, c := range r.Cells {
			if why := c.Unfit(); why != "" {
				lines = append(lines, fmt.Sprintf("run %s: %s: %s", r.RunID, c.Name, why))
			}
		}
	}
	return lines
}

// refused is the end of a command that was given runs which make no baseline.
func refused(r *baseline.RefusalError) error {
	shown, more := foremost(r.Lines)
	if more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", more))
	}
	code := exitInconclusive
	if r.Broken {
		code = exitBroken
	}
	return &coded{code, fmt.Errorf("no baseline: %w", &baseline.RefusalError{Problem: r.Problem, Lines: shown, Remedy: r.Remedy})}
}

// loadRuns reads stored runs: directories, lone run.json, directories of runs, and those that baselines keep. Of one that measured two sides it is the
// run's own. One that is there twice is a usage error.
func loadRuns(paths []string) ([]*compare.Run, error) {
	var runs []*compare.Run
	from := map[string]string{}
	for _, path := range paths {
		found, err := runsAt(path)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			if other, twice := from[r.RunID]; twice {
				return nil, usagef("%s and %s hold the same run, %s: name each once", other, path, r.RunID)
			}
			from[r.RunID] = path
			runs = append(runs, r)
		}
	}
	return runs, nil
}

func runsAt(path string) ([]*compare.Run, error) {
	if data, err := os.ReadFile(path); err == nil && baseline.Is(data) {
		b, err := baseline.Load(path)
		if err != nil {
			return nil, usagef("%w", err)
		}
		return b.Restore(""), nil
	}
	sides, err := loadSides([]string{path}, "")
	if err != nil {
		return nil, err
	}
	var runs []*compare.Run
	for _, r := range sides[0].Runs {
		own, _ := r.Sides()
		runs = append(runs, own)
	}
	return runs, nil
}

// otherBaseline is what to do about a name that no baseline of a folder has.
func otherBaseline(name, dir string) string {
	names, _ := baselinesIn(dir) // a folder that cannot be read has none
	if len(names) == 0 {
		return "the folder has none: 'kafka-eos-bench baseline save NAME RUN...' makes one"
	}
	return workload.DidYouMean(name, names)
}

// baselinesIn names the baselines of a folder; one that is not there has none.
func baselinesIn(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if name, is := strings.CutSuffix(e.Name(), baseline.Extension); is {
			names = append(names, name)
		}
	}
	return names, err
}

func (a *app) baselineListCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "list", Short: "List the baselines of a folder", Args: cobra.NoArgs,
		Example: "  kafka-eos-bench baseline list\n  kafka-eos-bench baseline list --dir ci/baselines",
		RunE:    func(*cobra.Command, []string) error { return a.listBaselines(dir) },
	}
	registerDir(cmd.Flags(), &dir)
	return cmd
}

// listBaselines prints a line for each. One that cannot be read is named, and makes it a usage error.
func (a *app) listBaselines(dir string) error {
	names, err := baselinesIn(dir)
	if err != nil {
		return usagef("--dir: %w; name another folder", err)
	}
	columns := []report.Column{
		{Title: "name", Words: true}, {Title: "saved", Words: true}, {Title: "runs"}, {Title: "cells"}, {Title: "broker", Words: true},
	}
	unreadable := false
	for _, name := range names {
		path := filepath.Join(dir, name+baseline.Extension)
		b, err := baseline.Load(path)
		if err != nil {
			unreadable = true
			a.say("%v", err)
			continue
		}
		last := b.Runs[len(b.Runs)-1]
		broker := b.Environments[last.Environment].Broker
		for i, text := range []string{name, b.SavedAt.Format("2006-01-02"), fmt.Sprint(len(b.Runs)), fmt.Sprint(len(last.Cells)), broker.String()} {
			columns[i].Texts = append(columns[i].Texts, text)
		}
	}
	switch {
	case len(columns[0].Texts) > 0:
		if err := report.Table(a.Stdout, false, columns); err != nil {
			return err
		}
	case !unreadable:
		a.say("%s holds no baseline: 'kafka-eos-bench baseline save NAME RUN...' makes one", dir)
	}
	if unreadable {
		return &coded{code: exitUsage}
	}
	return nil
}

func (a *app) baselineShowCommand() *cobra.Command {
	var dir string
	var metrics []string
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show what a baseline holds",
		Long: `Show prints what a baseline was measured on and, for each cell, the median of its figures over the runs and what the runs'
own medians lie between. NAME is one of the folder, or a file.`,
		Example: `  kafka-eos-bench baseline show main
  kafka-eos-bench baseline show ci/baselines/kafka-4.3.json --metric 'p99(e2e)'`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.showBaseline(dir, args[0], metrics) },
	}
	registerDir(cmd.Flags(), &dir)
	cmd.Flags().StringArrayVar(&metrics, "metric", nil, "`figure` to show, such as p99(e2e); repeat it for several (default: the usual ones)")
	return cmd
}

func (a *app) showBaseline(dir, name string, names []string) error {
	if len(names) == 0 {
		names = []string{"read_per_s", "p50(e2e)", "p99(e2e)", "p99(commit_due)"}
	}
	var metrics []metric.Metric
	for _, n := range names {
		m, err := metric.Parse(n)
		if err != nil {
			return fmt.Errorf("--metric: %w", err)
		}
		metrics = append(metrics, m)
	}
	path := name
	if !strings.ContainsRune(name, filepath.Separator) && filepath.Ext(name) != baseline.Extension {
		path = filepath.Join(dir, name+baseline.Extension)
	}
	b, err := baseline.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return usagef("%s: there is no such baseline; %s", path, otherBaseline(name, dir))
	}
	if err != nil {
		return usagef("%w", err)
	}
	return a.printBaseline(b, path, metrics)
}

func (a *app) printBaseline(b *baseline.Baseline, path string, metrics []metric.Metric) error {
	runs := b.Restore("")
	e := b.Environments[b.Runs[0].Environment]
	var clients []string
	for _, c := range e.Clients {
		clients = append(clients, c.String())
	}
	lines := [][2]string{
		{"baseline", fmt.Sprintf("%s, saved %s by version %s", b.Name, b.SavedAt.Format("2006-01-02 15:04 MST"), b.Tool.Version)},
		{"file", path}, {"broker", e.Broker.String()}, {"machine", e.Machine.String()}, {"client", strings.Join(clients, " and ")},
	}
	var err error
	for _, l := range lines {
		err = errors.Join(err, report.Paragraph(a.Stdout, fmt.Sprintf("%-10s", l[0]), l[1], a.columns()))
	}
	fmt.Fprintln(a.Stdout)
	table := []report.Column{{Title: "run", Words: true}, {Title: "started", Words: true}, {Title: "version", Words: true}, {Title: "profile", Words: true},
		{Title: "trials"}, {Title: "environment", Words: true}, {Title: "configuration", Words: true}}
	for i, r := range b.Runs {
		for k, text := range []string{r.RunID, r.StartedAt.UTC().Format("2006-01-02 15:04"), r.Tool.Version, b.Configurations[r.Configuration].Profile,
			fmt.Sprint(len(runs[i].Trials)), r.Environment, r.Configuration} {
			table[k].Texts = append(table[k].Texts, text)
		}
	}
	err = errors.Join(err, report.Table(a.Stdout, false, table))
	fmt.Fprintln(a.Stdout)
	err = errors.Join(err, report.Table(a.Stdout, false, figuresOf(runs, metrics)))
	for _, line := range unfitIn(runs) {
		fmt.Fprintln(a.Stdout)
		err = errors.Join(err, report.Paragraph(a.Stdout, "", line+": rules with the word baseline are inconclusive there as long as the run is in it", a.columns()))
	}
	return err
}

// figuresOf is a table of what the runs of a baseline measured in the cells that all of them have.
func figuresOf(runs []*compare.Run, metrics []metric.Metric) []report.Column {
	table := []report.Column{{Title: "cell", Words: true}, {Title: "figure", Words: true}, {Title: "median"}, {Group: "runs", Title: "lowest"}, {Group: "runs", Title: "highest"}, {Title: "unit", Words: true}}
	matches, _ := compare.Matches(runs, nil)
	for _, match := range matches {
		for _, m := range metrics {
			if !baseline.Keeps(m, match.Old[0]) {
				continue
			}
			middle, lowest, highest := (*float64)(nil), (*float64)(nil), (*float64)(nil)
			if over, all := compare.Over(match.Old, m); all {
				var medians []float64
				for _, c := range match.Old {
					medians = append(medians, *c.Median(m))
				}
				middle, lowest, highest = &over.Median, new(slices.Min(medians)), new(slices.Max(medians))
			}
			for k, text := range []string{match.Old[0].Name, m.Name, report.Number(middle), report.Number(lowest), report.Number(highest), string(m.Unit)} {
				table[k].Texts = append(table[k].Texts, text)
			}
		}
	}
	return table
}
