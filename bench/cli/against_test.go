package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault/proxy"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// TestBothSidesAreMeasuredInTheSameBlocks holds a cluster whose commits take 60 ms longer, by a proxy before the same broker, and another client
// configuration against those without. At max, where nothing has to be sustained, transactions of three records take little but their commits.
func TestBothSidesAreMeasuredInTheSameBlocks(t *testing.T) {
	t.Parallel()
	address := embeddedKafka(t)
	direct, delaying := throughProxy(t, address), throughProxy(t, address)
	delaying.Delay(proxy.Delays{Request: map[string]time.Duration{"EndTxn": 60 * time.Millisecond}})
	dir := filepath.Join(t.TempDir(), "both")
	config := filepath.Join(t.TempDir(), "old.properties")
	if err := os.WriteFile(config, []byte("sasl.password=hunter2\nbatch.size=20000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newCommand(t)
	c.run(t, exitFailed, "run", "-b", strings.Join(delaying.Bootstrap(), ","), "--mode", "transactional", "--txn-size", "3", "--rate", "max", "--message-size", "100",
		"--messages", "90", "--warmup", "100ms", "--blocks", "5", "--progress", "none", "--out", dir,
		"--against", "bootstrap="+strings.Join(direct.Bootstrap(), ","), "--against", "client-config="+config, "--require", "read_per_s >= baseline - 40%")
	said := strings.Join(strings.Fields(c.stdout.String()+c.stderr.String()), " ")
	for _, part := range []string{"the baseline's cluster:", "tested client_config.batch.size: 20000 → –; client_config.sasl.password: [redacted] → –"} {
		if !strings.Contains(said, part) {
			t.Errorf("it does not say %q:\n%s", part, said)
		}
	}
	run := load(t, dir, "both")
	if run.Against == nil || len(run.Trials) != 10 || run.Against.Profile.Values["client_config.batch.size"].Value != "20000" || run.Against.Broker.Nodes != 1 {
		t.Fatalf("it stored %d trials and %+v", len(run.Trials), run.Against)
	}
	for _, trial := range run.Trials {
		want := map[any]bool{"new": false, "baseline": true}[trial.Axes["side"]]
		if got := trial.ClientConfig.Producer["batch.size"] == "20000"; got != want {
			t.Errorf("%s was measured with batch.size=%s", trial.Cell, trial.ClientConfig.Producer["batch.size"])
		}
	}
	if data, err := os.ReadFile(filepath.Join(dir, "run.json")); err != nil || strings.Contains(string(data), "hunter2") {
		t.Errorf("the file holds a secret, or is none: %v", err)
	}

	slower := newCommand(t) // for an interval it takes six blocks
	slower.run(t, exitInconclusive, "compare", dir, "--metric", "read_per_s", "-o", "json")
	var got report.Comparison
	if err := json.Unmarshal(slower.stdout.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if row := got.Metrics[0].Rows[1]; *got.ReferenceMode != "side=baseline" || row.Axes["side"] != "new" || *row.Effects[0].Estimate > 0.6 {
		t.Errorf("got %s", &slower.stdout)
	}

	again := newCommand(t)
	again.run(t, exitFailed, "gate", dir, "--require", "read_per_s >= baseline - 40%", "--require", "lost == 0")
	if text := again.stdout.String(); !strings.Contains(text, "over 5 blocks") || strings.Contains(text, "side=") {
		t.Errorf("got\n%s", text)
	}
	folder := filepath.Join(t.TempDir(), "baselines")
	newCommand(t).run(t, exitOK, "baseline", "save", "main", dir, "--dir", folder)
	show := newCommand(t)
	show.run(t, exitOK, "baseline", "show", "main", "--dir", folder)
	if text := show.stdout.String(); strings.Contains(text, "side=") || !strings.Contains(text, "mode=transactional") {
		t.Errorf("the run's own side was not saved alone:\n%s", text)
	}
	for want, args := range map[string][]string{
		"measured its baseline in the same blocks: leave --baseline out": {"gate", dir, "--require", "read_per_s >= baseline - 40%", "--baseline", filepath.Join(folder, "main.json")},
		"such a run cannot be continued: begin a new one":                {"run", "--resume", dir},
		"and --against: a run is continued as it began":                  {"run", "--resume", dir, "--against", "X=linger.ms=0"},
	} {
		refused := newCommand(t)
		refused.run(t, exitUsage, args...)
		if !strings.Contains(refused.stderr.String(), want) {
			t.Errorf("%v: it does not say %q:\n%s", args, want, &refused.stderr)
		}
	}
}

func TestAgainstRefusesBadInput(t *testing.T) {
	runs := severalRuns(t, filepath.Join(t.TempDir(), "runs"), 1, 1)
	for want, args := range map[string][]string{
		"--against bootstrap: write SETTING=VALUE":                          {"--against", "bootstrap"},
		"--against boostrap: did you mean bootstrap?":                       {"--against", "boostrap=a:1"},
		`--against bootstrap "localhost": give every address as host:port`:  {"--against", "bootstrap=localhost"},
		"--against: --client-config: open none.properties":                  {"--against", "client-config=none.properties"},
		"--against: -X linger.ms: give it as key=value":                     {"--against", "X=linger.ms"},
		"client property acks is decided by the delivery mode":              {"--against", "X=acks=1"},
		"--against measures a baseline in the same blocks, and --baseline ": {"--against", "X=linger.ms=0", "--baseline", runs, "--require", "read_per_s >= baseline - 15%", "--rate", "max"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Chdir(t.TempDir())
			c := newCommand(t)
			c.run(t, exitUsage, append([]string{"run", "--broker", "embedded"}, args...)...)
			if !strings.Contains(c.stderr.String(), want) {
				t.Errorf("got %s", &c.stderr)
			}
			if left, _ := os.ReadDir("."); len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}

// TestTheOtherSidesSecretsAreNotStored, whoever made the document.
func TestTheOtherSidesSecretsAreNotStored(t *testing.T) {
	dir := storedRun(t, filepath.Join(t.TempDir(), "run"), 1, func(r *result.Run) {
		r.Against = &result.Against{Broker: r.Broker, Profile: result.Profile{Values: map[string]result.Value{"client_config.sasl.password": {Value: "hunter2", Source: "flag"}}}}
		r.Against.Broker.Config = map[string]string{"ssl.keystore.password": "hunter2"}
	})
	data, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil || strings.Contains(string(data), "hunter2") || !strings.Contains(string(data), `"under_test": []`) {
		t.Errorf("%v:\n%s", err, data)
	}
}
