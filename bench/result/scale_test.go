package result

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// campaign is a run of so many trials, ten blocks of each cell, each as large as a transactional trial is: a dozen histograms, and two clients
// of 28 settings.
func campaign(t testing.TB, trials int) *Run {
	t.Helper()
	run, err := Load("testdata/full.json")
	if err != nil {
		t.Fatal(err)
	}
	whole := run.Trials[0]
	whole.LatencyUS = maps.Clone(whole.LatencyUS)
	for _, name := range []string{"commit_flush", "commit_end", "commit_due", "visibility_first", "visibility_last"} {
		whole.LatencyUS[name] = whole.LatencyUS["commit"]
	}
	for _, name := range []string{"fill", "ack", "service", "schedule", "blocked"} {
		whole.LatencyUS[name] = whole.LatencyUS["e2e"]
	}
	whole.LatencyUS["init"] = Latency{Count: 2}
	run.Trials = nil
	for i := range trials {
		trial, cell := whole, i/10
		trial.Block = i%10 + 1
		trial.ID = fmt.Sprintf("b%02d-%012x", trial.Block, cell)
		trial.Cell = fmt.Sprintf("mode=transactional,partitions=%d,txn_size=100", cell+1)
		trial.Axes = maps.Clone(whole.Axes)
		trial.Axes["partitions"] = cell + 1
		trial.StartedAt = whole.StartedAt.Add(time.Duration(i) * 15 * time.Second)
		trial.ClientConfig = ClientConfig{Producer: map[string]string{}, Reader: map[string]string{}}
		for k := range 28 {
			trial.ClientConfig.Producer[fmt.Sprintf("some.producer.setting.%d.ms", k)] = fmt.Sprint(100*k + cell%2)
			trial.ClientConfig.Reader[fmt.Sprintf("some.reader.setting.%d.ms", k)] = fmt.Sprint(100 * k)
		}
		run.Trials = append(run.Trials, trial)
	}
	return run
}

// stored writes a run whole, as the tool leaves it, or compact, as runs are committed: run.json alone, on one line.
func stored(t testing.TB, run *Run, compact bool) (dir string) {
	t.Helper()
	dir = t.TempDir()
	var b, line bytes.Buffer
	if err := Encode(&b, run); err != nil {
		t.Fatal(err)
	}
	if compact {
		if err := json.Compact(&line, b.Bytes()); err != nil {
			t.Fatal(err)
		}
		b = line
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(runFile, b.Bytes())
	if compact {
		return dir
	}
	if err := os.Mkdir(filepath.Join(dir, trialsDir), 0o777); err != nil {
		t.Fatal(err)
	}
	for i := range run.Trials {
		trial := run.Trials[i].stored()
		b.Reset()
		if err := Indented(&b, &trial); err != nil {
			t.Fatal(err)
		}
		write(filepath.Join(trialsDir, trial.ID+".json"), b.Bytes())
	}
	return dir
}

// BenchmarkLoad shows how reading a campaign grows with its trials, and what of it stays in memory.
func BenchmarkLoad(b *testing.B) {
	for _, form := range []string{"compact", "whole"} {
		for _, n := range []int{100, 1000, 10_000} {
			b.Run(fmt.Sprintf("%s/trials=%d", form, n), func(b *testing.B) {
				dir := stored(b, campaign(b, n), form == "compact")
				var run *Run
				before := live()
				b.ReportAllocs()
				for b.Loop() {
					var err error
					if run, err = Load(dir); err != nil || len(run.Trials) != n {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(live()-before)/float64(n), "live-B/trial")
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/trial")
				runtime.KeepAlive(run)
			})
		}
	}
}

func live() uint64 {
	runtime.GC() // twice: what pools hold outlives one
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
