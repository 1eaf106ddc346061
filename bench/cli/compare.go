package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// compareFlags are the flags of compare.
type compareFlags struct {
	reference string
	metrics   []string
	across    bool
	format    string
	noColor   bool
}

func (a *app) compareCommand() *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare RUN [RUN...]",
		Short: "Say by how much modes or runs differ, and how sure that is; no cluster is needed",
		Long: `Compare holds the cells of one run against its reference mode, block by block, or against their baseline where the run measured
one ('run --against'). Of several runs the first is the
baseline that the others are held against, cell by cell; a directory of runs is one side of several, and the more
of them, the smaller the change that can be told from what any two runs differ in.

A difference is stated with its 95% interval where it is shown, and as ~ where it is not: where there is none, or
too little evidence. Runs on different brokers, machines or clients, or of different workloads, are not comparable
and refused with what they differ in.

It exits 0 where anything could be compared to a conclusion, whatever it is, and 4 where nothing could.`,
		Example: `  kafka-eos-bench compare results/20261122T231502-claims
  kafka-eos-bench compare run.json --reference idempotent --metric 'p99(commit_due)' --metric 'max(hold)'
  kafka-eos-bench compare results/before results/after -o markdown
  kafka-eos-bench compare results/kafka-4.2 results/kafka-4.3 --across-environments`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.compare(f, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.reference, "reference", "", "`mode` that the others of one run are held against (default: the run's own, as a rule at-least-once)")
	flags.StringArrayVar(&f.metrics, "metric", nil, "`figure` to compare, such as p99(e2e); repeat it for several (default: the usual ones)")
	flags.BoolVar(&f.across, "across-environments", false, "compare runs that are not comparable, and mark the output")
	flags.StringVarP(&f.format, "output", "o", "text", strings.Join(report.ComparisonFormats(), ", "))
	flags.BoolVar(&f.noColor, "no-color", false, "no colours (NO_COLOR does the same)")
	return cmd
}

func (a *app) compare(f compareFlags, paths []string) error {
	write, err := report.ComparisonByName(f.format)
	if err != nil {
		return usagef("-o: %w", err)
	}
	var metrics []metric.Metric
	for _, name := range f.metrics {
		m, err := metric.Parse(name)
		if err != nil {
			return fmt.Errorf("--metric: %w", err)
		}
		metrics = append(metrics, m)
	}
	sides, err := loadSides(paths, f.reference)
	if err != nil {
		return err
	}
	comparison, err := f.compared(sides, metrics)
	if err != nil {
		return err
	}
	for _, s := range sides {
		if slices.ContainsFunc(s.Runs, func(r *compare.Run) bool { return compare.Disturbed(r.Run) }) {
			a.say("note: something was broken on purpose in %s: these figures hold under that fault; kafka-eos-bench report shows what broke", s.Path)
		}
	}
	if err := write(a.Stdout, comparison, a.reportOptions("", f.noColor)); err != nil {
		return err
	}
	return inconclusive(comparison)
}

// compared holds modes or sides against one another.
func (f compareFlags) compared(sides []report.Side, metrics []metric.Metric) (*report.Comparison, error) {
	base := sides[0]
	if len(sides) == 1 {
		if len(base.Runs) > 1 {
			return nil, usagef("%s holds %d runs, which make one side: name another to hold against them, or a single run", base.Path, len(base.Runs))
		}
		run := base.Runs[0]
		if f.reference != "" && !slices.ContainsFunc(run.Cells, func(c *compare.Cell) bool { return c.Mode == f.reference }) {
			return nil, usagef("--reference %s: %s has no cell of it; it has %s", f.reference, base.Path, strings.Join(modes(run), ", "))
		}
		if f.reference == "" {
			run = run.Versus()
		}
		return report.CompareModes(base.Path, run, metrics), nil
	}
	if f.reference != "" {
		return nil, usagef("--reference holds the modes of one run against one another: give it with one RUN")
	}
	differences := differences(sides)
	if len(differences) > 0 && !f.across {
		return nil, incomparable("not comparable", differences, "--across-environments compares them nevertheless, and marks the output",
			"with -o json it lists them all")
	}
	return report.CompareRuns(sides, differences, metrics), nil
}

func modes(run *compare.Run) (names []string) {
	for _, c := range run.Cells {
		if !slices.Contains(names, c.Mode) {
			names = append(names, c.Mode)
		}
	}
	return names
}

// differences are what makes any run not comparable with the first.
func differences(sides []report.Side) []string {
	var runs []*compare.Run
	for _, s := range sides {
		runs = append(runs, s.Runs...)
	}
	return compare.Differences(runs[0], runs[1:]...)
}

// handful is how many differences a refusal shows.
const handful = 5

// foremost are the first differences, which decide most, and how many there are besides.
func foremost(differences []string) (shown []string, more int) {
	n := min(handful, len(differences))
	return slices.Clone(differences[:n]), len(differences) - n
}

// incomparable refuses runs that differ in more than what is compared: what decides most first, then the remedy, and where all differences
// can be seen if there are more.
func incomparable(refusal string, differences []string, remedy, all string) error {
	shown, more := foremost(differences)
	if more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", more))
		remedy += "; " + all
	}
	return &coded{exitInconclusive, fmt.Errorf("%s, these differ:\n  %s\n%s", refusal, strings.Join(shown, "\n  "), remedy)}
}

// inconclusive is the error of a comparison that came to no conclusion anywhere, nil otherwise.
func inconclusive(c *report.Comparison) error {
	estimates, conclusive := c.Compared()
	switch {
	case conclusive > 0:
		return nil
	case estimates > 0 && len(c.Sides) == 1:
		return &coded{exitInconclusive, errors.New("inconclusive: too few blocks to show a difference; measure again with --blocks 6 or more")}
	case estimates > 0:
		return &coded{exitInconclusive, errors.New("inconclusive: fewer than six runs of the baseline show no difference; name a directory of six or more")}
	}
	return &coded{exitInconclusive, errors.New("inconclusive: nothing could be compared; the footnotes say why")}
}

// loadSides reads each path: a run's directory or run.json is a side of one run, a directory of such directories one of several.
func loadSides(paths []string, reference string) ([]report.Side, error) {
	var sides []report.Side
	seen := map[string]string{}
	for _, path := range paths {
		s := report.Side{Path: path}
		dirs, err := runsOf(path)
		if err != nil {
			return nil, err
		}
		for _, dir := range dirs {
			run, err := result.Load(dir)
			if err != nil {
				return nil, usagef("%w; name a run's directory, its run.json, or a directory of runs", err)
			}
			if other, twice := seen[run.RunID]; twice {
				return nil, usagef("%s and %s are the same run, %s: name each once", other, dir, run.RunID)
			}
			seen[run.RunID] = dir
			s.Runs = append(s.Runs, compare.New(run, reference))
		}
		sides = append(sides, s)
	}
	return sides, nil
}

// runsOf returns the runs that a path stands for: itself, or the sub-directories that are runs where it is none. One that has lost its
// run.json is an error.
func runsOf(path string) ([]string, error) {
	holds := func(dir, name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	entries, _ := os.ReadDir(path) // what is no directory has none, and loading it says what is wrong
	var dirs []string
	for _, e := range entries {
		if dir := filepath.Join(path, e.Name()); holds(dir, "run.json") || holds(dir, "trials") {
			dirs = append(dirs, dir)
		}
	}
	if len(dirs) == 0 || holds(path, "run.json") || holds(path, "trials") {
		return []string{path}, nil
	}
	for _, dir := range dirs {
		if !holds(dir, "run.json") {
			return nil, usagef("%s has trials and no run.json: complete it, or take it out of %s", dir, path)
		}
	}
	return dirs, nil
}
