package cli

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

func (a *app) reportCommand() *cobra.Command {
	var format string
	var noColor bool
	cmd := &cobra.Command{
		Use:   "report RUN",
		Short: "Print a stored run again; no cluster is needed",
		Long:  "Report prints a run from its directory, or from a lone run.json.",
		Example: `  kafka-eos-bench report results/20261122T231502-quick
  kafka-eos-bench report run.json -o markdown`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			write, err := report.ByName(format)
			if err != nil {
				return usagef("-o: %w", err)
			}
			run, err := result.Load(args[0])
			if err != nil {
				return usagef("%w; name a run's directory or its run.json", err)
			}
			var b bytes.Buffer
			if err := readable(write, format, run)(&b, run, a.reportOptions(args[0], noColor)); err != nil {
				return usagef("%w", err) // a file of the run is not what it should be
			}
			_, err = b.WriteTo(a.Stdout)
			return err
		},
	}
	cmd.Flags().StringVarP(&format, "output", "o", "text", strings.Join(report.Formats(), ", "))
	cmd.Flags().BoolVar(&noColor, "no-color", false, "no colours (NO_COLOR does the same)")
	return cmd
}

// columns is the width to print at: the terminal's, or COLUMNS where the output goes elsewhere; 0: the default.
func (a *app) columns() int {
	if a.Width > 0 {
		return a.Width
	}
	n, err := strconv.Atoi(a.getenv("COLUMNS"))
	if err != nil {
		return 0
	}
	return n
}

func (a *app) reportOptions(path string, noColor bool) report.Options {
	return report.Options{
		Path: path, Width: a.columns(),
		Color: a.Width > 0 && !noColor && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb",
	}
}
