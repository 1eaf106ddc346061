package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
)

// keepYounger is the age of a run below which it may still be under way.
const keepYounger = time.Hour

func (a *app) cleanCommand() *cobra.Command {
	var client clientFlags
	var bootstrap string
	var dry, all bool
	cmd := &cobra.Command{
		Use:   "clean",
		Short: "Remove the topics and groups that crashed runs left",
		Long: `Clean removes topics and consumer groups that carry this tool's prefix and a run id, and nothing else. Runs of the
last hour are left alone unless --all is given: they may be under way.`,
		Example: `  kafka-eos-bench clean -b broker:9092 --dry-run
  kafka-eos-bench clean -b broker:9092`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			properties, err := client.read()
			if err != nil {
				return err
			}
			if bootstrap, err = a.running(cmd.Context(), bootstrap, client.bootstrap); err != nil {
				return err
			}
			return a.clean(cmd.Context(), bootstrap, properties, dry, all)
		},
	}
	cmd.Flags().StringVarP(&bootstrap, "bootstrap-servers", "b", "", "cluster to clean, `host:port[,…]`; without it the kept local broker")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only list what would be removed")
	cmd.Flags().BoolVar(&all, "all", false, "also what runs of the last hour left")
	client.register(cmd)
	return cmd
}

func (a *app) clean(ctx context.Context, bootstrap string, properties map[string]string, dry, all bool) error {
	if bootstrap == "" {
		a.say("no local broker is kept running: nothing to clean; name a cluster with -b")
		return nil
	}
	admin, err := dial(ctx, bootstrap, properties)
	if err != nil {
		return ended(ctx, err)
	}
	defer admin.Close()
	left, err := admin.Leftovers(ctx)
	if err != nil {
		return ended(ctx, err)
	}
	young := 0
	left = slices.DeleteFunc(left, func(l cluster.Leftover) bool {
		if l.Kind == cluster.TransactionalID {
			return true
		}
		keep := !all && a.Now().Sub(l.Began) < keepYounger
		if keep {
			young++
		}
		return keep
	})
	if young > 0 {
		a.say("%s of the last hour kept, their run may be under way; --all takes them too", plural(young, "leftover"))
	}
	for _, l := range left {
		fmt.Fprintf(a.Stdout, "%s\t%s\n", l.Kind, l.Name)
	}
	if dry {
		a.say("%s would be removed", plural(len(left), "leftover"))
		return nil
	}
	if err := admin.Remove(ctx, left); err != nil {
		return ended(ctx, err)
	}
	a.say("%s removed", plural(len(left), "leftover"))
	return nil
}
