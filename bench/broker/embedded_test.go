package broker

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func openEmbeddedForTest(t *testing.T, nodes int, budget int64) (*Target, Options, *said) {
	t.Helper()
	s := &said{t: t}
	o := Options{Kind: Embedded, Nodes: nodes, CacheDir: t.TempDir(), Say: s.say, DiskBudget: budget}
	target, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closeTarget(t, target)
		assertNoRunDirs(t, o)
	})
	return target, o, s
}

func TestEmbedded(t *testing.T) {
	for _, nodes := range []int{1, 3} {
		t.Run(plural(nodes, "node"), func(t *testing.T) {
			noLeaks(t)
			target, _, _ := openEmbeddedForTest(t, nodes, 0)
			if target.Kind != Embedded || target.Nodes != nodes || len(target.PIDs) != 0 || len(target.Warnings) != 1 || target.Version == "" {
				t.Errorf("target = %+v", target)
			}
			if got := len(strings.Split(target.Bootstrap, ",")); got != nodes {
				t.Errorf("%d addresses: %s", got, target.Bootstrap)
			}
			roundTrip(t, target.Bootstrap, int16(nodes))
		})
	}
}

// Requests that would end the process end their connection instead.
func TestEmbeddedSurvivesUnknownRequests(t *testing.T) {
	noLeaks(t)
	target, _, s := openEmbeddedForTest(t, 1, 0)
	for _, f := range [][]byte{frame(8, 9999, 0, 4), frame(8, 80, 0, 4), frame(8, 0, 99, 4), frame(-1, 0, 3, 4)} {
		conn, err := net.Dial("tcp", target.Bootstrap)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(f); err != nil {
			t.Error(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Error(err)
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%x: connection not closed: %v", f, err)
		}
		conn.Close()
	}
	if got := s.count("refuses"); got != 4 {
		t.Errorf("refused %d times, want 4: %q", got, s.lines)
	}
	if err := answers(t.Context(), target.Bootstrap, 1); err != nil {
		t.Errorf("then it no longer answers: %v", err)
	}
}

func TestEmbeddedCreatesNoTopics(t *testing.T) {
	target, _, _ := openEmbeddedForTest(t, 1, 0)
	admin := newAdmin(t, target.Bootstrap)
	topics, err := admin.ListTopics(t.Context(), "nobody-made-me")
	if err != nil {
		t.Fatal(err)
	}
	if topics["nobody-made-me"].Err == nil {
		t.Error("asking for a topic made it")
	}
}

func TestEmbeddedStaysInItsBudget(t *testing.T) {
	noLeaks(t)
	const budget = 16 << 20
	target, _, s := openEmbeddedForTest(t, 1, budget)
	client, err := kgo.NewClient(kgo.SeedBrokers(target.Bootstrap), kgo.DefaultProduceTopic("much"),
		kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := t.Context()
	if _, err := kadm.NewClient(client).CreateTopic(ctx, 4, 1, nil, "much"); err != nil {
		t.Fatal(err)
	}
	// Four budgets, a sixteenth at a time, each given the time a look takes.
	records := make([]*kgo.Record, 64)
	for range 4 * 16 {
		for i := range records {
			records[i] = kgo.SliceRecord(make([]byte, budget/16/len(records)))
		}
		if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if used, _ := usage(target.DataDirs[0]); used > budget {
			t.Fatalf("%d bytes on disk, over the budget of %d", used, budget)
		}
		time.Sleep(budgetEvery / 4)
	}
	if got := s.count("oldest records are dropped"); got != 1 {
		t.Errorf("said %d times that records are dropped, want once", got)
	}
	ends, err := kadm.NewClient(client).ListStartOffsets(ctx, "much")
	if err != nil {
		t.Fatal(err)
	}
	if o, _ := ends.Lookup("much", 0); o.Offset == 0 {
		t.Error("nothing was dropped")
	}
}
