package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// requireKafka is set where the suite must run on a real Apache Kafka too.
const requireKafka = "KEB_REQUIRE_KAFKA"

// command is a whole command run in memory.
type command struct {
	stdout, stderr lockedBuffer
	signals        chan os.Signal
	os             OS
}

func newCommand(t *testing.T) *command {
	c := &command{signals: make(chan os.Signal, 2)}
	c.os = OS{
		Stdout: &c.stdout, Stderr: &c.stderr, Env: []string{"PATH=" + os.Getenv("PATH")},
		LookPath: exec.LookPath, Self: os.Args[0], CacheDir: t.TempDir(), Now: time.Now,
		Signals: func() (<-chan os.Signal, func()) { return c.signals, func() {} },
		Exit:    func(code int) { t.Errorf("left at once with code %d", code) },
	}
	return c
}

// run expects the command to end with that exit code.
func (c *command) run(t *testing.T, want int, args ...string) {
	t.Helper()
	began := time.Now()
	if got := Main(args, c.os); got != want {
		t.Fatalf("%v: exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", args, got, want, &c.stdout, &c.stderr)
	}
	t.Logf("%v took %s", args, time.Since(began).Round(10*time.Millisecond))
}

// document is the run that the command printed as JSON.
func (c *command) document(t *testing.T) *result.Run {
	t.Helper()
	var run result.Run
	if err := json.Unmarshal(c.stdout.Bytes(), &run); err != nil {
		t.Fatalf("stdout is no run document: %v\n%s", err, &c.stdout)
	}
	return &run
}

// measured runs a workload and returns its document, having checked that the stored one is the same.
func measured(t *testing.T, on place, want int, args ...string) *result.Run {
	t.Helper()
	out := filepath.Join(t.TempDir(), "run")
	c := newCommand(t)
	c.run(t, want, append(append([]string{"run", "-o", "json", "--progress", "none", "--out", out}, on.args...), args...)...)
	run := c.document(t)
	stored, err := os.ReadFile(filepath.Join(out, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var again result.Run
	if err := json.Unmarshal(stored, &again); err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(run)
	b, _ := json.Marshal(&again)
	if !bytes.Equal(a, b) {
		t.Errorf("the printed run differs from the stored one:\n%s\n%s", a, b)
	}
	if left, _ := filepath.Glob(filepath.Join(out, "trials", "*.partial")); len(left) > 0 {
		t.Errorf("partial files are left: %v", left)
	}
	return run
}

// place is where a suite runs.
type place struct {
	name string
	args []string // of run
}

// places are the embedded broker and, where it is required, a real Apache Kafka of one node and of three.
func places(t *testing.T) []place {
	all := []place{{"embedded", []string{"--broker", "embedded"}}}
	if os.Getenv(requireKafka) == "" {
		return all
	}
	for _, nodes := range []int{1, 3} {
		all = append(all, place{fmt.Sprintf("kafka-%d", nodes), []string{"-b", realKafka(t, nodes)}})
	}
	return all
}

var shared struct {
	sync.Mutex
	targets map[int]*broker.Target
}

// realKafka is the address of a local cluster that all tests of the package share.
func realKafka(t *testing.T, nodes int) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if target := shared.targets[nodes]; target != nil {
		return target.Bootstrap
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	target, err := broker.Open(context.Background(), broker.Options{
		Kind: broker.Local, Nodes: nodes, CacheDir: filepath.Join(dir, "kafka-eos-bench-test"),
		KafkaHome: os.Getenv("KAFKA_HOME"), JavaHome: os.Getenv("JAVA_HOME"), LookPath: exec.LookPath,
	})
	if err != nil {
		t.Fatalf("%s is set, but there is no Kafka to be had: %v", requireKafka, err)
	}
	if shared.targets == nil {
		shared.targets = map[int]*broker.Target{}
	}
	shared.targets[nodes] = target
	return target.Bootstrap
}

const (
	toolCommand = "tool"       // makes the test's executable the tool, in a process of its own
	panics      = "TEST_PANIC" // has it crash a second after it has begun to measure what this stands in the progress of
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == toolCommand {
		sys := System()
		if word := os.Getenv(panics); word != "" {
			sys.Live, sys.Columns = true, func() int { return 200 } // a line twice a second
			sys.Stderr = &panicking{Writer: sys.Stderr, word: []byte(word)}
		}
		os.Exit(Main(os.Args[2:], sys))
	}
	if len(os.Args) == 2 && os.Args[1] == actorCommand {
		os.Exit(Main(os.Args[1:], System())) // a producer process of a fault
	}
	flag.Parse()
	atATime := "4" // they wait for windows and timeouts more than they work; go test -parallel says otherwise
	flag.Visit(func(f *flag.Flag) {
		if f.Name == "test.parallel" {
			atATime = f.Value.String()
		}
	})
	if err := flag.Set("test.parallel", atATime); err != nil {
		panic(err)
	}
	code := m.Run()
	for _, target := range shared.targets {
		if err := target.Close(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// lockedBuffer is written to by the command's goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) Bytes() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.b.Bytes())
}

func (l *lockedBuffer) String() string { return string(l.Bytes()) }

// panicking crashes the process, from whatever goroutine writes the third line on measuring that holds a word.
type panicking struct {
	io.Writer
	word []byte
	seen int
}

func (p *panicking) Write(line []byte) (int, error) {
	if bytes.Contains(line, p.word) && bytes.Contains(line, []byte("measure")) {
		if p.seen++; p.seen == 3 {
			panic("asked to")
		}
	}
	return p.Writer.Write(line)
}
