package selfcheck

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/trial"
)

// requireKafka is set where the suite must run on a real Apache Kafka too.
const requireKafka = "KEB_REQUIRE_KAFKA"

// embedded is a broker for checks that may run beside each other: they load it with next to nothing.
func embedded(t *testing.T) *Lab {
	t.Parallel()
	return lab(t, broker.Options{Kind: broker.Embedded, Nodes: 1, CacheDir: t.TempDir()})
}

// lab is a cluster that ends with the test.
func lab(t *testing.T, o broker.Options) *Lab {
	target, err := broker.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	admin, err := cluster.Dial(t.Context(), target.Bootstrap, client.Security{Protocol: "plaintext"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	l := &Lab{
		Env: trial.Env{
			RunID: cluster.NewRunID(time.Now(), rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))), Stamp: 1, Target: target, Admin: admin, Library: librdkafka.New(),
			ReplicationFactor: 1, Say: func(text string) { t.Log(text) }, Log: func(string) {},
		},
		About: result.Broker{Kind: string(target.Kind), Nodes: 1, ReplicationFactor: 1, MinInsyncReplicas: 1},
		Dir:   filepath.Join(t.TempDir(), "trials"), Window: time.Second,
	}
	if target.Fresh {
		warm(t, l)
	}
	return l
}

// warm lets a broker that has just started compile for a while.
func warm(t *testing.T, l *Lab) {
	w, err := l.workload(map[string]string{"mode": "transactional", "txn-size": "10", "rate": "max", "in-flight": "100", "duration": "6s", "warmup": "0s"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := l.prepare(l.Env.Target, w, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// verdicts logs checks and expects one verdict of all. A machine too busy to tell excuses from it, and says so: other packages'
// tests run beside these, and a host may take the CPU away.
func verdicts(t *testing.T, checks []Check, err error, want Verdict) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	open := 0
	for _, c := range checks {
		t.Logf("%s: %s: %.1f %s, expected %.1f ± %.1f: %s %s", c.Subject, c.Name, *c.Measured, c.Unit, c.Expected, c.Tolerance, c.Verdict, c.Note)
		if c.Verdict == Inconclusive {
			open++
		} else if c.Verdict != want {
			t.Errorf("%s: %s is %s: %s", c.Subject, c.Name, c.Verdict, c.Note)
		}
	}
	if len(checks) == 0 {
		t.Error("nothing was checked")
	}
	if open > 0 {
		t.Skipf("%d of %d checks are inconclusive on this machine at this moment", open, len(checks))
	}
}

// What is measured passes for what was done, and for nothing else.
func TestAKnownDelayComesBackAndNoOther(t *testing.T) {
	l := embedded(t)
	paths := paths(l.Window)
	pairs, err := l.rounds(t.Context(), paths)
	if err != nil {
		t.Fatal(err)
	}
	for expected, want := range map[time.Duration]Verdict{knownDelay: Pass, 2 * knownDelay: Fail} {
		t.Run(expected.String(), func(t *testing.T) {
			var checks []Check
			for i, p := range paths {
				for _, m := range p.metrics {
					c := delayCheck(p, m, expected)
					c.grew(m, pairs[i])
					checks = append(checks, c)
				}
			}
			verdicts(t, checks, nil, want)
		})
	}
}

func TestAFreezeShowsInEveryRecordThatWasDue(t *testing.T) {
	checks, err := embedded(t).Freeze(t.Context())
	verdicts(t, checks, err, Pass)
}

func TestOnARealKafka(t *testing.T) {
	if os.Getenv(requireKafka) == "" {
		t.Skip(requireKafka + " is not set")
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	l := lab(t, broker.Options{
		Kind: broker.Local, Nodes: 1, CacheDir: filepath.Join(dir, "kafka-eos-bench-test"),
		KafkaHome: os.Getenv("KAFKA_HOME"), JavaHome: os.Getenv("JAVA_HOME"), LookPath: exec.LookPath,
	})
	t.Run("delay", func(t *testing.T) {
		checks, err := l.Delay(t.Context())
		verdicts(t, checks, err, Pass)
	})
	t.Run("freeze", func(t *testing.T) {
		checks, err := l.Freeze(t.Context())
		verdicts(t, checks, err, Pass)
	})
}

func TestAWrongFreezeFails(t *testing.T) {
	l := embedded(t)
	length := freezeOf(l.Window)
	w, err := l.workload(frozenFlags(length))
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.proxy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for range attempts {
		o, lasted, err := l.frozen(t.Context(), l.behind(p), p, w, length)
		if err != nil {
			t.Fatal(err)
		}
		if reason := o.disturbed(); reason != "" {
			t.Log(reason)
			continue
		}
		verdicts(t, ramp(o, 2*lasted), nil, Fail)
		return
	}
	t.Skip("no trial was undisturbed")
}

// recorder is a cluster that notes what is done to it.
type recorder struct{ calls []string }

func (r *recorder) Freeze() { r.calls = append(r.calls, "freeze") }
func (r *recorder) Thaw()   { r.calls = append(r.calls, "thaw") }

func TestAnInterruptLetsTheClusterGo(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	r := &recorder{}
	time.AfterFunc(50*time.Millisecond, interrupt)
	if lasted := hold(ctx, r, clock.Now(), time.Hour); lasted > time.Minute {
		t.Errorf("the freeze lasted %s", lasted)
	}
	if want := []string{"freeze", "thaw"}; !slices.Equal(r.calls, want) {
		t.Errorf("%v, want %v", r.calls, want)
	}
	r.calls = nil
	if lasted := hold(ctx, r, clock.Now()+int64(time.Hour), time.Hour); lasted != 0 || len(r.calls) != 0 {
		t.Errorf("an interrupt before the freeze: %s, %v", lasted, r.calls)
	}
}

func TestSignalsStopAProcess(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	p := processes{cmd.Process.Pid}
	for _, step := range []struct {
		do   func()
		want string
	}{{p.Freeze, "T"}, {p.Thaw, "S"}} {
		step.do()
		for tries := 0; ; tries++ {
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
			if err != nil {
				t.Skip("no /proc here")
			}
			if state := strings.Fields(string(stat))[2]; state == step.want {
				break
			} else if tries == 500 {
				t.Fatalf("state %s, want %s", state, step.want)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func TestWithoutAProxyNothingIsConcluded(t *testing.T) {
	l := &Lab{
		Env:    trial.Env{Target: &broker.Target{Kind: broker.External, Bootstrap: "192.0.2.1:9092"}, Say: func(string) {}},
		Window: time.Second,
	}
	for name, check := range map[string]func(context.Context) ([]Check, error){"delay": l.Delay, "freeze": l.Freeze} {
		checks, err := check(t.Context())
		if err != nil || len(checks) == 0 {
			t.Fatalf("%s: %v, %v", name, checks, err)
		}
		for _, c := range checks {
			if c.Verdict != Inconclusive || c.Measured != nil || !strings.Contains(c.Note, "--broker local") {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
}

func TestTiming(t *testing.T) {
	timing, err := MeasureTiming(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", timing)
	if timing.ClockStepNS < 1 || timing.ClockReadNS <= 0 || timing.TimerP50US < 0 || timing.TimerP99US < timing.TimerP50US {
		t.Errorf("%+v", timing)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := MeasureTiming(ctx); err == nil {
		t.Error("an interrupt is no error")
	}
}
