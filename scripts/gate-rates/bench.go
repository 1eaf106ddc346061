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

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault/proxy"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// bench measures.
type bench interface {
	pilot(context.Context, *design) (*compare.Run, error)
	try(ctx context.Context, d *design, p plan, delay time.Duration) (code int, err error)
	close(context.Context)
}

// live measures with a build of the tool as it is in the source tree, on a cluster of its own behind proxies.
type live struct {
	settings
	temporary string // holds the tool, and the runs unless they are kept
	say       func(string, ...any)
	target    *broker.Target
	direct    *proxy.Proxy
	delaying  *proxy.Proxy
	runs      int
}

func open(ctx context.Context, s settings, say func(string, ...any)) (b *live, err error) {
	dir, err := os.MkdirTemp("", "gate-rates-")
	if err != nil {
		return nil, err
	}
	b = &live{settings: s, temporary: dir, say: say}
	if b.out == "" {
		b.out = dir
	}
	defer func() {
		if err != nil {
			b.close(ctx)
		}
	}()
	say("building the tool")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", b.tool(), ".").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the tool, from the repository's root: %w: %s", err, lastLines(string(text)))
	}
	cache := os.Getenv("KEB_CACHE_DIR")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		cache = filepath.Join(user, "kafka-eos-bench")
	}
	b.target, err = broker.Open(ctx, broker.Options{
		Kind: s.kind, CacheDir: cache, KafkaHome: os.Getenv("KAFKA_HOME"), JavaHome: os.Getenv("JAVA_HOME"), LookPath: exec.LookPath, Say: say,
	})
	if err != nil {
		return nil, err
	}
	for _, p := range []**proxy.Proxy{&b.direct, &b.delaying} {
		if *p, err = proxy.Open(ctx, strings.Split(b.target.Bootstrap, ",")); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *live) tool() string { return filepath.Join(b.temporary, "kafka-eos-bench") }

// close ends what was begun.
func (b *live) close(ctx context.Context) {
	for _, p := range []*proxy.Proxy{b.direct, b.delaying} {
		if p != nil {
			b.mind(p.Close())
		}
	}
	if b.target != nil {
		b.mind(b.target.Close(context.WithoutCancel(ctx)))
	}
	b.mind(os.RemoveAll(b.temporary))
}

func (b *live) mind(err error) {
	if err != nil {
		b.say("gate-rates: %v", err)
	}
}

// warmUp is the number of blocks after which a broker that has just started is taken to be at its speed.
const warmUp = 3

// pilot measures the unchanged cluster, once it is warm.
func (b *live) pilot(ctx context.Context, d *design) (*compare.Run, error) {
	if b.target.Fresh {
		b.say("warming the broker up")
		if _, _, err := b.run(ctx, d, b.direct, warmUp); err != nil {
			return nil, err
		}
	}
	dir, code, err := b.run(ctx, d, b.direct, b.settings.pilot)
	if err != nil {
		return nil, err
	}
	b.say("the pilot's exit code is %d", code)
	stored, err := result.Load(dir)
	if err != nil {
		return nil, err
	}
	return compare.New(stored, ""), nil
}

// try judges one release, whose commits take so much longer.
func (b *live) try(ctx context.Context, d *design, p plan, delay time.Duration) (int, error) {
	through := b.direct
	if delay > 0 {
		through = b.delaying
		through.Delay(proxy.Delays{Request: map[string]time.Duration{"EndTxn": delay}})
	}
	_, code, err := b.run(ctx, d, through, p.blocks, "--require", p.rule)
	return code, err
}

// run measures and returns where it is stored, and the tool's exit code, of which 0, 3 and 4 are no errors.
func (b *live) run(ctx context.Context, d *design, through *proxy.Proxy, blocks int, gate ...string) (dir string, code int, err error) {
	b.runs++
	dir = filepath.Join(b.out, fmt.Sprintf("run%03d", b.runs))
	args := append([]string{"run", "-b", strings.Join(through.Bootstrap(), ","), "--blocks", strconv.Itoa(blocks), "--seed", strconv.Itoa(b.runs),
		"--warmup", "1s", "--progress", "none", "--out", dir}, d.args...)
	cmd := exec.CommandContext(ctx, b.tool(), append(append(args, gate...), b.extra...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal reaches this program alone, which then asks the tool to end
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err = cmd.Run()
	if ctx.Err() != nil {
		return dir, 0, ctx.Err()
	}
	exit, ended := errors.AsType[*exec.ExitError](err)
	if ended {
		code = exit.ExitCode()
	}
	if err != nil && (!ended || code != exitWrong && code != exitInconclusive) {
		return dir, code, fmt.Errorf("run %d: %w: %s", b.runs, err, lastLines(output.String()))
	}
	return dir, code, nil
}

// lastLines is the end of a program's output, where it says what went wrong.
func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-4):], " | ")
}
