package broker

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// requireKafka, set to 1, runs the tests of a real Kafka, which fail where one cannot be had.
const requireKafka = "KEB_REQUIRE_KAFKA"

// realOptions ask for a local Kafka. The jars come from the user's own cache, where they stay for the next time; what
// a test starts lives in a directory of its own.
func realOptions(t *testing.T, nodes int) (Options, *said) {
	t.Helper()
	if os.Getenv(requireKafka) != "1" {
		t.Skip("starts a real Kafka: set " + requireKafka + "=1")
	}
	s := &said{t: t}
	o := Options{
		Kind: Local, Nodes: nodes, CacheDir: t.TempDir(), Say: s.say, LookPath: exec.LookPath,
		KafkaHome: os.Getenv("KAFKA_HOME"), JavaHome: os.Getenv("JAVA_HOME"),
	}
	ctx := t.Context()
	_, err := findJava(ctx, o)
	if err == nil && o.KafkaHome == "" {
		shared := o
		var base string
		if base, err = os.UserCacheDir(); err == nil {
			shared.CacheDir = filepath.Join(base, "kafka-eos-bench")
			var d distribution
			if d, err = mavenDistribution(ctx, shared); err == nil {
				err = os.Symlink(d.libs, filepath.Join(o.CacheDir, filepath.Base(d.libs)))
			}
		}
	}
	if err != nil {
		t.Fatalf("%s=1 and no Kafka: %v", requireKafka, err)
	}
	return o, s
}

func TestRealOneNode(t *testing.T) {
	noLeaks(t)
	o, s := realOptions(t, 1)
	o.Kind = Auto // which prefers a real one
	begin := time.Now()
	target, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(begin).Round(100*time.Millisecond))
	if target.Kind != Local || target.Nodes != 1 || len(target.PIDs) != 1 || len(target.DataDirs) != 1 {
		t.Errorf("target = %+v", target)
	}
	if s.count("broker auto: Apache Kafka "+target.Version+" on this machine") != 1 {
		t.Errorf("the choice was not said: %q", s.lines)
	}
	roundTrip(t, target.Bootstrap, 1)
	closeTarget(t, target)
	if p := processOf(target.PIDs[0]); p.Started != "" {
		t.Errorf("process %d still runs", p.PID)
	}
	assertNoRunDirs(t, o)
}

func TestRealThreeNodes(t *testing.T) {
	noLeaks(t)
	o, _ := realOptions(t, 3)
	begin := time.Now()
	target, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(begin).Round(100*time.Millisecond))
	if target.Nodes != 3 || len(target.PIDs) != 3 || len(target.DataDirs) != 3 {
		t.Errorf("target = %+v", target)
	}
	roundTrip(t, target.Bootstrap, 3)
	admin := newAdmin(t, target.Bootstrap)
	topics, err := admin.ListTopicsWithInternal(t.Context(), "trip", "__transaction_state")
	if err != nil {
		t.Fatal(err)
	}
	for name, topic := range topics {
		if got := topic.Partitions.NumReplicas(); got != 3 {
			t.Errorf("topic %s has %d replicas, want 3", name, got)
		}
	}
	for name, want := range map[string]string{"trip": "2", "__transaction_state": "2"} {
		if got := topicConfig(t, admin, name, "min.insync.replicas"); got != want {
			t.Errorf("min.insync.replicas of %s = %s, want %s", name, got, want)
		}
	}
	begin = time.Now()
	closeTarget(t, target)
	t.Logf("stopped after %v", time.Since(begin).Round(100*time.Millisecond))
	assertNoRunDirs(t, o)
}

func TestRealKept(t *testing.T) {
	noLeaks(t)
	o, s := realOptions(t, 1)
	ctx := t.Context()
	t.Cleanup(func() {
		if _, err := Down(context.Background(), o); err != nil {
			t.Error(err)
		}
	})
	first, err := Up(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Up(ctx, o)
	if err != nil || !slices.Equal(again.PIDs, first.PIDs) {
		t.Fatalf("a second Up gave %+v (%v), want the first's %v", again, err, first.PIDs)
	}
	other := o
	other.Nodes = 3
	if _, err := Up(ctx, other); err == nil || !strings.Contains(err.Error(), "take it down first") {
		t.Errorf("Up with 3 nodes beside 1 gave %v", err)
	}
	if target, err := Open(ctx, o); err != nil {
		t.Error(err)
	} else {
		if !slices.Equal(target.PIDs, first.PIDs) {
			t.Errorf("Open gave processes %v, want the kept %v", target.PIDs, first.PIDs)
		}
		closeTarget(t, target)
	}
	if got, err := Status(ctx, o); err != nil || got.State != Running {
		t.Errorf("after a use, Status = %+v (%v), want running", got, err)
	}

	if err := syscall.Kill(first.PIDs[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitGone(ctx, []process{processOf(first.PIDs[0])})
	if got, err := Status(ctx, o); err != nil || got.State != Stale || !strings.Contains(got.Problem, "has ended") {
		t.Errorf("after kill -9, Status = %+v (%v), want stale", got, err)
	}
	second, err := Up(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if s.count("is stale") != 1 || slices.Equal(second.PIDs, first.PIDs) {
		t.Errorf("replaced %v by %v, and said so %d times", first.PIDs, second.PIDs, s.count("is stale"))
	}
	if _, err := os.Stat(first.DataDirs[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the killed broker's data is still there: %v", err)
	}
	if was, err := Down(ctx, o); err != nil || !was {
		t.Errorf("Down = %v, %v", was, err)
	}
	if got, err := Status(ctx, o); err != nil || got.State != None {
		t.Errorf("after Down, Status = %+v (%v), want none", got, err)
	}
	if was, err := Down(ctx, o); err != nil || was {
		t.Errorf("a second Down = %v, %v", was, err)
	}
	assertNoRunDirs(t, o)
}

func TestRealCancelledStart(t *testing.T) {
	noLeaks(t)
	o, _ := realOptions(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// Cancelled once the broker's process is there, which its log file shows.
	go func() {
		dir, _ := machineDir(o.CacheDir)
		for ctx.Err() == nil {
			if logs, _ := filepath.Glob(filepath.Join(dir, "*", "node1", logFile)); len(logs) > 0 {
				cancel()
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	if _, err := Open(ctx, o); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) {
		t.Errorf("Open = %v, want cancelled", err)
	}
	assertNoRunDirs(t, o)
}

func TestRealFailedStart(t *testing.T) {
	noLeaks(t)
	o, _ := realOptions(t, 1)
	vm, err := findJava(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	d, err := findDistribution(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// Jars that cannot run a broker: a start that ends early must show Java's own words and keep its log.
	empty := d
	empty.libs = t.TempDir()
	_, err = tryLocal(t.Context(), o, vm, empty, false)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "StorageTool") {
		t.Errorf("error = %v, want Java's complaint about the class", err)
	}
	n := &node{id: 1, dir: t.TempDir(), ended: make(chan struct{})}
	if err := n.start(vm, empty, 1, false); err != nil {
		t.Fatal(err)
	}
	<-n.ended
	keep := t.TempDir()
	err = n.failure("Kafka ended while it started", keep)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "kafka.Kafka") ||
		!strings.Contains(err.Error(), filepath.Join(keep, "failed-node1.log")) {
		t.Errorf("error = %v, want the log's complaint and its path", err)
	}
	assertNoRunDirs(t, o)
}
