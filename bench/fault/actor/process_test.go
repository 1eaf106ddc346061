package actor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// asActor makes the test's own executable a producer process that talks to nobody.
const asActor = "KEB_TEST_ACTOR"

func TestMain(m *testing.M) {
	if os.Getenv(asActor) == "" {
		os.Exit(m.Run())
	}
	if err := Serve(context.Background(), openFake, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// fake acknowledges everything at once.
type fake struct{ cfg client.ProducerConfig }

func openFake(cfg client.ProducerConfig) (client.Producer, error) {
	if cfg.Bootstrap == "refused" {
		return nil, errors.New("nobody is there")
	}
	return fake{cfg}, nil
}

func (f fake) Send(r *client.Record) error {
	f.cfg.Complete(client.Completion{Tag: r.Tag, At: clock.Now()})
	return nil
}
func (fake) Flush(context.Context) error { return nil }
func (fake) Close(context.Context) error { return nil }
func (fake) Init(context.Context) error  { return nil }
func (fake) Begin() error                { return nil }
func (f fake) End(_ context.Context, commit bool) (client.Outcome, error) {
	switch {
	case !commit:
		return client.Aborted, nil
	case f.cfg.Bootstrap == "fenced":
		return client.Fenced, fmt.Errorf("a successor took over: %w", client.ErrFatal)
	}
	return client.Committed, nil
}

func start(t *testing.T, bootstrap string, script ...Step) *Process {
	t.Helper()
	mode, _ := workload.ModeByName("transactional")
	w := workload.Workload{
		Mode: mode, TxnSize: 5, TxnTopics: 1, Topics: 1, Partitions: 2, Producers: 1,
		MessageSize: workload.SizeDist{Kind: "fixed", Min: 100, Max: 100}, Payload: workload.Payload{Kind: "random"},
	}
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), asActor+"=1")
	p, err := Start(command, Config{Bootstrap: bootstrap, Workload: w, Topics: []string{"t"}, ClientID: "c", TransactionalID: "tx", Script: script})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

func never(int64) bool { return false }

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestAProcessDiesAtTheNamedPoint(t *testing.T) {
	for _, c := range []struct {
		name                     string
		script                   []Step
		sent, committed, aborted uint64
	}{
		{"in a transaction", []Step{{Do: Init}, {Cycle, 3}, {Do: Begin}, {Send, 4}, {Do: Die}}, 19, 15, 4},
		{"before the commit", []Step{{Do: Init}, {Do: Begin}, {Send, 7}, {Do: Flush}, {Do: Die}}, 7, 0, 7},
		{"after the commit", []Step{{Do: Init}, {Do: Begin}, {Send, 7}, {Do: Commit}, {Do: Die}}, 7, 7, 0},
		{"after an abort", []Step{{Do: Init}, {Do: Begin}, {Send, 7}, {Do: Abort}, {Do: Die}}, 7, 0, 7},
	} {
		p := start(t, "b", c.script...)
		if _, err := p.Until(within(t), Dying); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		<-p.Ended()
		s := p.Session(never)
		if s.Sent.Count != c.sent || s.Acked.Seqs.Len() != c.sent || s.Sent.Committed.Len() != c.committed || s.Sent.Aborted.Len() != c.aborted {
			t.Errorf("%s: sent %d, committed %d, aborted %d, want %d, %d, %d", c.name,
				s.Sent.Count, s.Sent.Committed.Len(), s.Sent.Aborted.Len(), c.sent, c.committed, c.aborted)
		}
	}
}

func TestAProcessIsStoppedContinuedAndKilled(t *testing.T) {
	p := start(t, "fenced", Step{Do: Init}, Step{Do: Begin}, Step{Send, 3}, Step{Do: Await}, Step{Do: Commit})
	if _, err := p.Until(within(t), Waiting); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Stop(), p.Go()); err != nil {
		t.Fatal(err)
	}
	resumed := clock.Now()
	if err := p.Continue(); err != nil {
		t.Fatal(err)
	}
	e, err := p.Until(within(t), Ended)
	if err != nil || client.Outcome(e.N) != client.Fenced || e.At < resumed {
		t.Errorf("got %+v, %v", e, err)
	}
	if e, err := p.Until(within(t), Failing); err != nil || !strings.Contains(e.Text, "a successor took over") {
		t.Errorf("got %+v, %v", e, err)
	}
	<-p.Ended()
	if s := p.Session(func(called int64) bool { return called > resumed }); s.Sent.Aborted.Len() != 3 {
		t.Errorf("%d of 3 records count as aborted by the successor", s.Sent.Aborted.Len())
	}

	running := start(t, "b", Step{Do: Init}, Step{Do: Cycle})
	if _, err := running.Until(within(t), Ended); err != nil {
		t.Fatal(err)
	}
	if err := running.Stop(); err != nil {
		t.Fatal(err)
	}
	running.Kill()
	if n := running.Session(never).Sent.Committed.Len(); n == 0 || n%5 != 0 {
		t.Errorf("%d records are committed, in transactions of 5", n)
	}
	running.Kill() // once more does nothing
}

func TestAProcessThatCannotSaysWhy(t *testing.T) {
	p := start(t, "refused", Step{Do: Init})
	if _, err := p.Until(within(t), Initialised); err == nil || !strings.Contains(err.Error(), "nobody is there") {
		t.Errorf("got %v", err)
	}
	for _, script := range [][]Step{nil, {{Do: "dance"}}, {{Do: Send}}} {
		if _, err := Start(exec.Command(os.Args[0]), Config{Script: script}); err == nil {
			t.Errorf("%v starts", script)
		}
	}
	if _, err := Start(exec.Command("/nowhere/at-all"), Config{Script: []Step{{Do: Init}}}); err == nil {
		t.Error("what does not exist starts")
	}
}
