// Command kafka-eos-bench measures what Kafka's exactly-once delivery costs and proves whether it held.
package main

import (
	"os"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], cli.System())) }
