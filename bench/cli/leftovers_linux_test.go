package cli

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// brief are faults of two producers' processes, one of them through a proxy, in as little time as it takes.
var brief = []string{"fault", "open-transaction", "lost-ack", "--broker", "embedded", "--mode", "transactional", "--rate", "200", "--txn-size", "10",
	"--duration", "3s", "--warmup", "200ms", "--progress", "plain"}

// actors are the producer processes that a process has started.
func actors(t *testing.T, of int) (pids []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stats {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		cmdline, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		if pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file))); fields[1] == strconv.Itoa(of) && strings.HasSuffix(string(cmdline), "\x00"+actorCommand+"\x00") {
			pids = append(pids, pid)
		}
	}
	return pids
}

// listening is how many sockets of this process wait for connections.
func listening(t *testing.T) (n int) {
	t.Helper()
	own := map[string]bool{}
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if to, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil {
			own[to] = true
		}
	}
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		raw, _ := os.ReadFile(table)
		for line := range strings.Lines(string(raw)) {
			const state, inode, listen = 3, 9, "0A"
			if fields := strings.Fields(line); len(fields) > inode && fields[state] == listen && own["socket:["+fields[inode]+"]"] {
				n++
			}
		}
	}
	return n
}

// brokerDirs are what is left of a cache directory's brokers.
func brokerDirs(t *testing.T, cache string) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(cache, "run", "*", "broker-*"))
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute it is still not so that %s", what)
		}
	}
}

func TestInterruptedFaultsLeaveNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	temporary, before := t.TempDir(), listening(t)
	t.Setenv("TMPDIR", temporary)
	parent := t.TempDir()
	out := filepath.Join(parent, "faults")
	c := newCommand(t)
	go func() {
		for !strings.Contains(c.stderr.String(), "[2/2]") || len(actors(t, os.Getpid())) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		if listening(t) < before+2 { // a broker's and a proxy's
			t.Error("no proxy listens")
		}
		c.signals <- syscall.SIGINT
	}()
	c.run(t, 130, append(slices.Clone(brief), "--out", out)...)

	if left := actors(t, os.Getpid()); len(left) > 0 {
		t.Errorf("producer processes still run: %v", left)
	}
	if n := listening(t); n != before {
		t.Errorf("%d sockets listen, %d did before", n, before)
	}
	if left := brokerDirs(t, c.os.CacheDir); len(left) > 0 {
		t.Errorf("brokers' directories are left: %v", left)
	}
	for dir, want := range map[string]int{temporary: 0, parent: 1} {
		if files, err := os.ReadDir(dir); err != nil || len(files) != want {
			t.Errorf("%s holds %v, %v", dir, files, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(out, "trials", "*.partial")); len(left) > 0 {
		t.Errorf("partial files are left: %v", left)
	}
	run, err := result.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if run.Complete || len(run.Trials) != 2 || !run.Trials[0].Complete || run.Trials[0].Guarantee.Verdict != result.Held ||
		run.Trials[1].Complete || run.Trials[1].Guarantee.Verdict == result.Broken {
		t.Fatalf("complete %v, trials %+v", run.Complete, run.Trials)
	}
}

// Whatever ends the tool, its producer processes end with it, what finished is stored, and the next broker removes the last one's data.
func TestTheToolTakesItsActorsWithIt(t *testing.T) {
	for _, how := range []string{"killed", "panic"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			out, cache := filepath.Join(t.TempDir(), "faults"), t.TempDir()
			tool := exec.Command(os.Args[0], append(append([]string{toolCommand}, brief...), "--out", out)...)
			var stderr lockedBuffer
			tool.Stderr = &stderr
			tool.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "KEB_CACHE_DIR=" + cache}
			if how == "panic" {
				tool.Env = append(tool.Env, panics+"=[2/2]")
				tool.Args = append(tool.Args, "--progress", "auto")
			}
			if err := tool.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- tool.Wait() }()
			var running []int
			eventually(t, "the second trial has a producer process", func() bool {
				select {
				case err := <-ended:
					t.Fatalf("the tool has ended: %v\n%s", err, &stderr)
				default:
				}
				running = actors(t, tool.Process.Pid)
				return strings.Contains(stderr.String(), "[2/2]") && len(running) > 0
			})
			if how == "killed" {
				if err := tool.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			<-ended
			if crashed := strings.Contains(stderr.String(), "panic: asked to"); crashed != (how == "panic") {
				t.Errorf("the tool crashed: %t\n%s", crashed, &stderr)
			}
			eventually(t, fmt.Sprintf("processes %v have ended", running), func() bool {
				return !slices.ContainsFunc(running, func(pid int) bool { return syscall.Kill(pid, 0) == nil })
			})
			run, err := result.Load(out)
			if err != nil {
				t.Fatal(err)
			}
			if run.Complete || len(run.Trials) != 1 || !run.Trials[0].Complete {
				t.Errorf("complete %v, trials %+v", run.Complete, run.Trials)
			}

			if left := brokerDirs(t, cache); len(left) != 1 {
				t.Fatalf("a dead tool's broker left %v", left)
			}
			next := newCommand(t)
			next.os.CacheDir = cache
			next.run(t, exitOK, "run", "--broker", "embedded", "--mode", "idempotent", "--expect", "unsustained", "--rate", "100", "--duration", "300ms", "--warmup", "100ms",
				"--progress", "none", "--out", filepath.Join(t.TempDir(), "run"))
			if left := brokerDirs(t, cache); len(left) > 0 || !strings.Contains(next.stderr.String(), "cleaned up after a run that was killed") {
				t.Errorf("the next run left %v and said\n%s", left, &next.stderr)
			}
		})
	}
}
