package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the versions of the tool and its Kafka client",
		Example: "  kafka-eos-bench version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			tool, lib := result.ThisTool(), librdkafka.New()
			_, err := fmt.Fprintf(a.Stdout, "%s %s (commit %s, %s), %s %s\n",
				cmd.Root().Name(), tool.Version, tool.Commit, tool.Go, lib.Name(), lib.Version())
			return err
		},
	}
}
