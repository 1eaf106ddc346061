package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault/proxy"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
)

// A delay that a proxy puts in front of EndTxn alone is found in the commit, with its sign and its size, and nowhere it was not put.
// Twenty records in 200 ms make a transaction: a delayed commit is over before the next is due, on a busy machine too.
func TestCompareFindsADelayPutInThePath(t *testing.T) {
	const added = 40 * time.Millisecond
	where := map[string]func(*testing.T) string{"embedded": embeddedKafka}
	if os.Getenv(requireKafka) != "" {
		where["kafka-1"] = func(t *testing.T) string { return realKafka(t, 1) }
	}
	for name, bootstrap := range where {
		t.Run(name, func(t *testing.T) {
			address := bootstrap(t)
			direct, delaying := throughProxy(t, address), throughProxy(t, address)
			delaying.Delay(proxy.Delays{Request: map[string]time.Duration{"EndTxn": added}})
			dir := t.TempDir()
			measure := func(side string, n int, through *proxy.Proxy) {
				sustained(t, filepath.Join(dir, side, fmt.Sprint(side, n)), "run", "-b", strings.Join(through.Bootstrap(), ","), "--mode", "transactional",
					"--txn-size", "20", "--rate", "100", "--message-size", "100", "--duration", "5s", "--warmup", "500ms", "--progress", "none")
			}
			for n := range 6 { // what the baseline's runs differ in is the yardstick; the others come between them
				measure("before", n, direct)
				if n%3 == 1 {
					measure("after", n, delaying)
				}
			}
			c := newCommand(t)
			c.run(t, exitOK, "compare", filepath.Join(dir, "before"), filepath.Join(dir, "after"),
				"--metric", "p50(commit)", "--metric", "p50(ack)", "-o", "json")
			var got report.Comparison
			if err := json.Unmarshal(c.stdout.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			commit, ack := got.Metrics[0].Rows[0], got.Metrics[1].Rows[0]
			before, after, effect := *commit.Figures[0].Median, *commit.Figures[1].Median, commit.Effects[0]
			t.Logf("commit %.0f µs before, %.0f after: ×%.2f [%.2f, %.2f], p=%.3g", before, after, *effect.Estimate, *effect.Lo, *effect.Hi, *effect.P)
			want, tolerance := float64(added.Microseconds()), float64(added.Microseconds())/4
			if grown := (*effect.Estimate - 1) * before; !effect.Shown || grown < want-tolerance || grown > want+tolerance {
				t.Errorf("commit grew by %.0f µs (shown: %t), the delay is %.0f", grown, effect.Shown, want)
			}
			if lo, hi := (*effect.Lo-1)*before, (*effect.Hi-1)*before; lo > want+tolerance || hi < want-tolerance {
				t.Errorf("its interval, %.0f to %.0f µs, is nowhere near", lo, hi)
			}
			if grown := *ack.Figures[1].Median - *ack.Figures[0].Median; math.Abs(grown) > want/2 { // nothing was put there; what is left is the machine's
				t.Errorf("ack changed by %.0f µs, beside the %.0f put in front of commits", grown, want)
			}
		})
	}
}

// sustained measures into a directory, again where a busy machine did not hold the rate: such a trial is never compared.
func sustained(t *testing.T, out string, args ...string) {
	t.Helper()
	const tries = 10
	for try := 1; ; try++ {
		c := newCommand(t)
		if code := Main(append(args, "--out", out), c.os); code == exitOK {
			return
		} else if code != exitInconclusive || try == tries {
			t.Fatalf("%q: exit code %d in try %d\n%s%s", args, code, try, &c.stdout, &c.stderr)
		}
		t.Logf("try %d: %s", try, &c.stderr)
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
	}
}

// embeddedKafka is the address of an in-process broker that outlives the test's commands.
func embeddedKafka(t *testing.T) string {
	t.Helper()
	target, err := broker.Open(context.Background(), broker.Options{Kind: broker.Embedded, CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := target.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return target.Bootstrap
}

func throughProxy(t *testing.T, bootstrap string) *proxy.Proxy {
	t.Helper()
	p, err := proxy.Open(context.Background(), strings.Split(bootstrap, ","))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}
