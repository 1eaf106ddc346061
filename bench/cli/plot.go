package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/figure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func (a *app) plotCommand() *cobra.Command {
	var f plotFlags
	cmd := &cobra.Command{
		Use:   "plot RUN [RUN...]",
		Short: "Draw stored runs; no cluster is needed",
		Long: `Plot draws a run from its directory, or from a lone run.json, and writes one file per figure and format. Figures that the run
lacks the data for are named with what is missing. Several runs have their figures named after them; rate and heatmap show them together
if they differ in nothing but their cells.

With --history it draws figures over the releases of a file that 'gate --history' wrote, those named by --metric or all.

Figures of runs: ` + strings.Join(figure.Names(), ", ") + ".",
		Example: `  kafka-eos-bench plot results/20261122T231502-quick
  kafka-eos-bench plot run1 run2 --out plots --format svg --only cost,rate
  kafka-eos-bench plot --history history.csv --metric 'p99(commit_due)'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.history != "" {
				return nil
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.plot(cmd.Context(), args, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "plots", "directory to write to")
	flags.StringSliceVar(&f.formats, "format", []string{figure.PNG, figure.SVG}, "of the files")
	flags.StringSliceVar(&f.only, "only", nil, "figures to draw (default all)")
	flags.StringSliceVar(&f.themes, "theme", []string{"light"}, "light, dark; dark ones are called NAME-dark")
	flags.StringVar(&f.reference, "reference", "", "mode that costs are stated against (default the run's)")
	flags.StringVar(&f.history, "history", "", "CSV `file` of gated runs to draw instead")
	flags.StringArrayVar(&f.metrics, "metric", nil, "`figure` of the history to draw, such as p99(e2e); repeat it for several (default all)")
	return cmd
}

type plotFlags struct {
	out, reference, history        string
	formats, themes, only, metrics []string
}

func (a *app) plot(ctx context.Context, paths []string, f plotFlags) error {
	for _, theme := range f.themes {
		if _, known := themes()[theme]; !known {
			return usagef("--theme %s: use light, dark or both", theme)
		}
	}
	if _, known := workload.ModeByName(f.reference); f.reference != "" && !known {
		return usagef("--reference %s: there is no such mode", f.reference)
	}
	for _, format := range f.formats {
		if !slices.Contains([]string{figure.PNG, figure.SVG}, format) {
			return usagef("--format %s: use %s, %s or both", format, figure.PNG, figure.SVG)
		}
	}
	if f.history != "" {
		return a.plotHistory(ctx, paths, f)
	}
	if len(f.metrics) > 0 {
		return usagef("--metric names figures of a history: give its file with --history, or name figures of runs with --only")
	}
	if len(f.only) == 0 {
		f.only = figure.Names()
	}
	if _, _, err := figure.Some(nil, f.only); err != nil { // names, before any file is read
		return err
	}
	if err := writable(f.out); err != nil {
		return err
	}
	sources, err := loadSources(paths, f.reference)
	if err != nil {
		return err
	}
	figures, skipped, err := figure.Some(sources, f.only)
	if err != nil {
		return usagef("%w", err)
	}
	for _, line := range skipped {
		a.say("skipped %s", line)
	}
	if len(figures) == 0 {
		return &coded{exitInconclusive, errors.New("nothing to draw: no figure has the data it needs")}
	}
	return a.drawn(ctx, figures, f)
}

// drawn writes figures, and prints where they are.
func (a *app) drawn(ctx context.Context, figures []figure.Figure, f plotFlags) error {
	if err := os.MkdirAll(f.out, 0o777); err != nil {
		return usagef("--out: %w; name another directory", err)
	}
	for _, fig := range figures {
		for _, theme := range f.themes {
			for _, format := range f.formats {
				if err := ended(ctx, ctx.Err()); err != nil {
					return err
				}
				how := themes()[theme]
				path := filepath.Join(f.out, fig.Name+how.suffix+"."+format)
				if err := writeFigure(path, fig, format, how.Theme); err != nil {
					return err
				}
				fmt.Fprintln(a.Stdout, path)
			}
		}
	}
	return nil
}

// themed is a theme, and what the names of its files end in.
type themed struct {
	figure.Theme
	suffix string
}

func themes() map[string]themed {
	return map[string]themed{"light": {figure.Light, ""}, "dark": {figure.Dark, "-dark"}}
}

func loadSources(paths []string, reference string) ([]figure.Source, error) {
	var sources []figure.Source
	for _, path := range paths {
		run, err := result.Load(path)
		if err != nil {
			return nil, usagef("%w; name a run's directory or its run.json", err)
		}
		source := figure.Source{Run: compare.New(run, reference)}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			source.Dir = path
		}
		sources = append(sources, source)
	}
	return sources, nil
}

func writeFigure(path string, fig figure.Figure, format string, theme figure.Theme) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write a figure: %w; name another directory with --out", err)
	}
	if err := fig.Write(file, format, theme); err != nil {
		return errors.Join(err, file.Close(), os.Remove(path))
	}
	return file.Close()
}
