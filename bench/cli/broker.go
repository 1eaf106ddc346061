package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
)

func (a *app) brokerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "broker",
		Short: "Keep a local Apache Kafka running between runs",
		Example: `  kafka-eos-bench broker up
  kafka-eos-bench broker up --nodes 3
  kafka-eos-bench broker status
  kafka-eos-bench broker down`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var nodes int
	up := &cobra.Command{
		Use: "up", Short: "Start it, or keep the one that runs", Example: "  kafka-eos-bench broker up --nodes 3", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if nodes != 1 && nodes != 3 {
				return usagef("--nodes %d: a local cluster has 1 or 3", nodes)
			}
			kept, err := broker.Up(cmd.Context(), a.brokerOptions(nodes))
			if err != nil {
				return ended(cmd.Context(), err)
			}
			return a.showBroker(kept)
		},
	}
	up.Flags().IntVar(&nodes, "nodes", 1, "1, or 3 with replication factor 3 and min.insync.replicas 2")
	down := &cobra.Command{
		Use: "down", Short: "Stop it and remove its data", Example: "  kafka-eos-bench broker down", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			was, err := broker.Down(cmd.Context(), a.brokerOptions(1))
			if err != nil {
				return ended(cmd.Context(), err)
			}
			if was {
				a.say("stopped, its data removed")
			} else {
				a.say("no local broker was kept")
			}
			return nil
		},
	}
	status := &cobra.Command{
		Use: "status", Short: "Say whether it runs, and where", Example: "  kafka-eos-bench broker status", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kept, err := broker.Status(cmd.Context(), a.brokerOptions(1))
			if err != nil {
				return ended(cmd.Context(), err)
			}
			return a.showBroker(kept)
		},
	}
	cmd.AddCommand(up, down, status)
	return cmd
}

func (a *app) showBroker(k broker.Kept) error {
	if k.State == broker.None {
		_, err := fmt.Fprintln(a.Stdout, k.State)
		return err
	}
	text := fmt.Sprintf("%s  %s  Apache Kafka %s, %s, pid %v, since %s", k.State, k.Bootstrap, k.Version,
		plural(k.Nodes, "node"), k.PIDs, k.Since.Format("2006-01-02 15:04:05"))
	if k.Problem != "" {
		text += "  (" + k.Problem + ")"
	}
	_, err := fmt.Fprintln(a.Stdout, text)
	return err
}
