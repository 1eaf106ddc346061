package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	warmUp(context.Context, *design) error
	pilot(context.Context, *design) (*compare.Run, outcome, error)
	try(ctx context.Context, d *design, p plan, delay time.Duration) (outcome, error)
	close(ctx context.Context, keep bool) // the runs
}

// outcome is how a try ended.
type outcome struct {
	code   int     // of the tool
	figure float64 // as design.gated has it
	stolen float64 // the largest share of the machine's CPU time that the hypervisor gave to others during a trial
	says   string  // the tool's last line
}

// live measures with a build of the tool as it is in the source tree, on a cluster of its own behind proxies.
type live struct {
	settings
	thrown   bool // the runs' directory is not one that was asked for
	say      func(string, ...any)
	target   *broker.Target
	direct   *proxy.Proxy
	delaying *proxy.Proxy
	runs     int // the number of the last
}

// tool is a build of the source tree as it is.
type tool struct {
	path   string // in a directory of its own
	digest string // SHA-256
}

// buildTool builds it without the state of version control, which a new directory of runs would change, so that runs name no commit.
func buildTool(ctx context.Context) (t tool, err error) {
	dir, err := os.MkdirTemp("", "gate-rates-")
	if err != nil {
		return tool{}, err
	}
	t.path = filepath.Join(dir, "kafka-eos-bench")
	defer func() {
		if err != nil {
			err = errors.Join(err, t.remove())
		}
	}()
	if text, err := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", t.path, ".").CombinedOutput(); err != nil {
		return t, fmt.Errorf("build the tool, from the repository's root: %w: %s", err, lastLines(string(text), 4))
	}
	binary, err := os.ReadFile(t.path)
	t.digest = fmt.Sprintf("%x", sha256.Sum256(binary))
	return t, err
}

func (t tool) remove() error { return os.RemoveAll(filepath.Dir(t.path)) }

func open(ctx context.Context, s settings, say func(string, ...any)) (b *live, err error) {
	b = &live{settings: s, say: say}
	defer func() {
		if err != nil {
			b.close(ctx, false)
		}
	}()
	if b.out == "" {
		b.thrown = true
		if b.out, err = os.MkdirTemp("", "gate-rates-runs-"); err != nil {
			return nil, err
		}
	}
	cache := os.Getenv("KEB_CACHE_DIR")
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		cache = filepath.Join(user, "kafka-eos-bench")
	}
	if b.runs, err = lastRun(b.out); err != nil {
		return nil, err
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

// lastRun is the highest number of a run in a directory, 0 where there is none. A run that measured nothing leaves none.
func lastRun(dir string) (highest int, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if n, err := strconv.Atoi(strings.TrimPrefix(e.Name(), runPrefix)); err == nil {
			highest = max(highest, n)
		}
	}
	return highest, err
}

// runPrefix is before a run's number in its directory's name.
const runPrefix = "run"

// close ends what was begun, and throws runs away that nobody asked for unless they are to be kept.
func (b *live) close(ctx context.Context, keep bool) {
	for _, p := range []*proxy.Proxy{b.direct, b.delaying} {
		if p != nil {
			b.mind(p.Close())
		}
	}
	if b.target != nil {
		b.mind(b.target.Close(context.WithoutCancel(ctx)))
	}
	switch {
	case !b.thrown:
	case keep:
		b.say("the runs are in %s", b.out)
	default:
		b.mind(os.RemoveAll(b.out))
	}
}

func (b *live) mind(err error) {
	if err != nil {
		b.say("gate-rates: %v", err)
	}
}

// warmLoad is the load after which a broker that has just started is taken to be at its speed.
const warmLoad = time.Minute

// warmUp loads a broker that has just started, at max: its just-in-time compiler counts calls, not minutes.
func (b *live) warmUp(ctx context.Context, d *design) error {
	if !b.target.Fresh {
		return nil
	}
	b.say("warming the broker up")
	_, _, err := b.run(ctx, d, b.direct, 1, "--rate", "max", "--duration", warmLoad.String())
	return err
}

// pilot measures the unchanged cluster.
func (b *live) pilot(ctx context.Context, d *design) (*compare.Run, outcome, error) {
	return b.run(ctx, d, b.direct, b.settings.pilot)
}

// try judges one release, whose commits take so much longer.
func (b *live) try(ctx context.Context, d *design, p plan, delay time.Duration) (outcome, error) {
	through := b.direct
	if delay > 0 {
		through = b.delaying
		through.Delay(proxy.Delays{Request: map[string]time.Duration{"EndTxn": delay}})
	}
	_, ended, err := b.run(ctx, d, through, p.Blocks, "--require", p.Rule)
	return ended, err
}

// run measures, and returns what was stored and how the tool ended: its exit codes 0, 3 and 4 are no errors. Flags come last, so that they decide.
func (b *live) run(ctx context.Context, d *design, through *proxy.Proxy, blocks int, flags ...string) (*compare.Run, outcome, error) {
	b.runs++
	dir := filepath.Join(b.out, fmt.Sprintf("%s%03d", runPrefix, b.runs))
	args := append([]string{"run", "-b", strings.Join(through.Bootstrap(), ","), "--blocks", strconv.Itoa(blocks), "--seed", strconv.Itoa(b.runs),
		"--warmup", "1s", "--progress", "none", "--out", dir}, d.args...)
	cmd := exec.CommandContext(ctx, b.tool.path, slices.Concat(args, b.extra, flags)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt at the terminal reaches this program alone, which then asks the tool to end
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, outcome{}, ctx.Err()
	}
	how := outcome{says: lastLines(output.String(), 1)}
	exit, ended := errors.AsType[*exec.ExitError](err)
	if ended {
		how.code = exit.ExitCode()
	}
	if err != nil && (!ended || how.code != exitWrong && how.code != exitInconclusive) {
		return nil, how, fmt.Errorf("run %d: %w: %s", b.runs, err, lastLines(output.String(), 4))
	}
	stored, err := result.Load(dir)
	if err != nil {
		return nil, how, fmt.Errorf("run %d: %w", b.runs, err)
	}
	run := compare.New(stored, "")
	how.figure, how.stolen = d.gated(run), result.Stolen(run.Trials)
	return run, how, nil
}

// lastLines is the end of a program's output, where it says what went wrong.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}
