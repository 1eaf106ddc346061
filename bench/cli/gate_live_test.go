package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault/proxy"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
)

// The whole path of a release pipeline: a gate that passes, the same one behind a proxy that delays every commit, which fails, and one that was
// measured in too few blocks, which is inconclusive. The limit is far from either side's throughput, so that no busy machine decides: some twenty records a
// second behind the delay, and thousands without it. What is left inconclusive all the same is measured once more.
func TestGatesOfAPipeline(t *testing.T) {
	t.Parallel()
	const added = 500 * time.Millisecond
	where := map[string]func(*testing.T) string{"embedded": embeddedKafka}
	if os.Getenv(requireKafka) != "" {
		where["kafka-1"] = func(t *testing.T) string { return realKafka(t, 1) }
	}
	for name, bootstrap := range where {
		t.Run(name, func(t *testing.T) {
			address := bootstrap(t)
			direct, delaying := throughProxy(t, address), throughProxy(t, address)
			delaying.Delay(proxy.Delays{Request: map[string]time.Duration{"EndTxn": added}})
			rules := filepath.Join(t.TempDir(), "gate.yaml")
			if err := os.WriteFile(rules, []byte("rules:\n  - read_per_s > 40\n  - lost == 0\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			measured := func(t *testing.T, through *proxy.Proxy, want int, args ...string) (dir string) {
				t.Helper()
				var got int
				for range 2 {
					dir = filepath.Join(t.TempDir(), "run")
					c := newCommand(t)
					got = Main(append([]string{"run", "-b", strings.Join(through.Bootstrap(), ","), "--mode", "transactional", "--txn-size", "10", "--rate", "max",
						"--message-size", "100", "--duration", "1500ms", "--warmup", "300ms", "--progress", "none", "--out", dir}, args...), c.os)
					if t.Logf("exit code %d, want %d\n%s%s", got, want, &c.stdout, &c.stderr); got != exitInconclusive {
						break
					}
				}
				if got != want {
					t.Fatalf("exit code %d, want %d", got, want)
				}
				return dir
			}
			t.Run("passes", func(t *testing.T) {
				t.Parallel()
				measured(t, direct, exitOK, "--blocks", "5", "--gate", rules)
			})
			t.Run("fails", func(t *testing.T) {
				t.Parallel()
				run := measured(t, delaying, exitFailed, "--blocks", "5", "--gate", rules)
				again := newCommand(t) // the verdict is the same once more, from what was stored
				again.run(t, exitFailed, "gate", run, "--gate", rules, "-o", "json")
				var g report.Gate
				if err := json.Unmarshal(again.stdout.Bytes(), &g); err != nil {
					t.Fatal(err)
				}
				if v := g.Verdicts[0]; v.Outcome != gate.Fail || *v.Value > 40 || v.Blocks != 5 || g.Verdicts[1].Outcome != gate.Pass {
					t.Errorf("got %+v", g.Verdicts)
				}
			})
			t.Run("is inconclusive", func(t *testing.T) {
				t.Parallel()
				run := measured(t, direct, exitOK, "--blocks", "1")
				newCommand(t).run(t, exitInconclusive, "gate", run, "--gate", rules)
			})
		})
	}
}
