package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// runner measures the i-th campaign.
type runner func(ctx context.Context, i int) (*result.Run, error)

// campaigns measures with a build of the tool as it is in the source tree.
type campaigns struct {
	temporary string // holds the tool, and the campaigns unless they are kept
	out       string
	blocks    int
	extra     []string // flags of the run command
	say       func(string, ...any)
}

func build(ctx context.Context, out string, blocks int, extra []string, say func(string, ...any)) (*campaigns, error) {
	dir, err := os.MkdirTemp("", "aa-")
	if err != nil {
		return nil, err
	}
	c := &campaigns{temporary: dir, out: out, blocks: blocks, extra: extra, say: say}
	if c.out == "" {
		c.out = dir
	}
	say("building the tool")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", c.tool(), ".").CombinedOutput(); err != nil {
		c.close()
		return nil, fmt.Errorf("build the tool, from the repository's root: %w: %s", err, lastLines(string(text)))
	}
	return c, nil
}

func (c *campaigns) tool() string { return filepath.Join(c.temporary, "kafka-eos-bench") }

func (c *campaigns) close() { os.RemoveAll(c.temporary) }

// args make a campaign of two cells: at a rate that any machine holds, and at max. 50 transactions a second are enough for the percentiles that are
// compared.
func (c *campaigns) args(i int, dir string) []string {
	args := []string{"run", "--mode", "transactional", "--txn-size", "20", "--rate", "1000,max", "--duration", "2s", "--warmup", "500ms",
		"--seed", strconv.Itoa(i), "--blocks", strconv.Itoa(c.blocks), "--progress", "none", "--out", dir}
	return append(args, c.extra...)
}

// unsustained is the tool's exit code of a run that is whole but leaves something open: what it leaves open, its comparison says.
const unsustained = 4

func (c *campaigns) run(ctx context.Context, i int) (*result.Run, error) {
	dir := filepath.Join(c.out, fmt.Sprintf("aa%03d", i))
	began := time.Now()
	cmd := exec.CommandContext(ctx, c.tool(), c.args(i, dir)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal reaches this program alone, which then asks the tool to end
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != unsustained) {
		return nil, fmt.Errorf("campaign %d: %w: %s", i, err, lastLines(output.String()))
	}
	c.say("campaign %d took %s", i, time.Since(began).Round(time.Second))
	return result.Load(dir)
}

// lastLines is the end of a program's output, where it says what went wrong.
func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-4):], " | ")
}
