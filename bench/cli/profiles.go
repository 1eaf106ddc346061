package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
	"github.com/kafka-eos-bench/kafka-eos-bench/profiles"
)

func (a *app) profilesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "profiles",
		Short:   "List, show and validate profiles",
		Example: "  kafka-eos-bench profiles list\n  kafka-eos-bench profiles show claims > mine.yaml\n  kafka-eos-bench profiles validate mine.yaml",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the built-in profiles", Example: "  kafka-eos-bench profiles list", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return a.listProfiles() },
		},
		&cobra.Command{
			Use: "show PROFILE", Short: "Print a profile's text", Example: "  kafka-eos-bench profiles show quick", Args: cobra.ExactArgs(1),
			RunE: func(_ *cobra.Command, args []string) error {
				text, _, err := profileText(args[0])
				if err == nil {
					_, err = a.Stdout.Write(text)
				}
				return err
			},
		},
		&cobra.Command{
			Use: "validate PROFILE...", Short: "Check profiles without running them", Example: "  kafka-eos-bench profiles validate quick claims", Args: cobra.MinimumNArgs(1),
			RunE: func(_ *cobra.Command, args []string) error { return a.validateProfiles(args) },
		},
	)
	return cmd
}

func (a *app) listProfiles() error {
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	for _, name := range profiles.List() {
		layer, err := readProfile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\n", name, layer.Description)
	}
	return w.Flush()
}

// validateProfiles says of each profile whether it is valid, a line each, and fails if any is not.
func (a *app) validateProfiles(names []string) error {
	invalid := false
	for _, name := range names {
		cells, err := validProfile(name)
		if err != nil {
			invalid = true
			if !strings.Contains(err.Error(), name) {
				err = fmt.Errorf("%s: %w", name, err)
			}
			a.say("%v", err)
			continue
		}
		fmt.Fprintf(a.Stdout, "%s: valid, %s\n", name, plural(cells, "cell"))
	}
	if invalid {
		return &coded{code: exitUsage}
	}
	return nil
}

// validProfile counts the cells of a profile that could be run.
func validProfile(name string) (cells int, err error) {
	layer, err := readProfile(name)
	if err != nil {
		return 0, err
	}
	profile, err := workload.Resolve(layer, nil, nil, nil)
	if err != nil {
		return 0, err
	}
	return len(profile.Cells()), nil
}
