package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// runLimit bounds a single run: many times what any takes.
const runLimit = 5 * time.Minute

// ended is a child process that came to its end.
type ended struct {
	stdout string
	cpu    time.Duration // user and system, of the whole process
}

// child makes a child with a process group of its own, so that an interrupt at the terminal reaches this program
// alone, which then asks the child to end.
func child(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 15 * time.Second
	return cmd
}

// run waits for a child and accounts for it.
func run(ctx context.Context, name string, args ...string) (ended, error) {
	limited, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	cmd := child(limited, name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return ended{}, ctx.Err()
	}
	if err != nil {
		return ended{}, fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, lastLines(stderr.String()+stdout.String()))
	}
	return ended{stdout.String(), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// lastLines is the end of a program's output, where it says what went wrong.
func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-4):], " | ")
}
