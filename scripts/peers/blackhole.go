package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
)

// blackhole serves a broker that acknowledges records and keeps none, until it is told to end.
func blackhole(ctx context.Context, stdout io.Writer) error {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.BlackholeProduce())
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := fmt.Fprintln(stdout, c.ListenAddrs()[0]); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// discarder is such a broker, in a process of its own.
type discarder struct {
	cmd       *exec.Cmd
	bootstrap string
	admin     *cluster.Admin
}

func startDiscarder(ctx context.Context, self string) (*discarder, error) {
	cmd := child(ctx, self, "blackhole")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	d := &discarder{cmd: cmd}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err == nil {
		d.bootstrap = strings.TrimSpace(address)
		d.admin, err = cluster.Dial(ctx, d.bootstrap, client.Security{})
	}
	if err != nil {
		d.stop()
		return nil, fmt.Errorf("start a broker that discards: %w", err)
	}
	return d, nil
}

func (d *discarder) stop() {
	if d.admin != nil {
		d.admin.Close()
	}
	_ = d.cmd.Cancel() // it may have ended by itself
	_ = d.cmd.Wait()
}
