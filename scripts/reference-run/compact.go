package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// curves are the histograms that figures draw whole; of the others the percentiles in run.json are kept.
var curves = []measure.Metric{measure.E2E, measure.Commit}

// compact stores a run in the form that is committed: run.json with all its trials, on one line; per trial the merged histograms
// that figures draw, a line each; and its lag series, with a fault also its series by second.
func compact(from, to string) error {
	run, err := result.Load(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(to, "trials"), 0o777); err != nil {
		return err
	}
	for i := range run.Trials {
		t := &run.Trials[i]
		if err := compactLog(t, filepath.Join(from, "trials", t.ID+".hlog"), filepath.Join(to, "trials", t.ID+".hlog")); err != nil {
			return fmt.Errorf("trial %s: %w", t.ID, err)
		}
		for ext, kept := range map[string]bool{".lag.csv": t.Lag != nil, ".csv": t.Fault != nil} {
			if !kept {
				continue
			}
			if err := copyFile(filepath.Join(from, "trials", t.ID+ext), filepath.Join(to, "trials", t.ID+ext)); err != nil {
				return fmt.Errorf("trial %s: %w", t.ID, err)
			}
		}
	}
	return writeRun(filepath.Join(to, "run.json"), run)
}

func compactLog(t *result.Trial, from, to string) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	all, err := measure.ReadLog(file)
	if err != nil {
		return err
	}
	maps.DeleteFunc(all, func(m measure.Metric, _ *hdrhistogram.Histogram) bool { return !slices.Contains(curves, m) })
	var b bytes.Buffer
	if err := measure.WriteLog(&b, all, t.StartedAt, time.Duration(t.WindowS*float64(time.Second))); err != nil {
		return err
	}
	return os.WriteFile(to, b.Bytes(), 0o666)
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o666)
}

// writeRun stores a run without the indentation that is half of a large one.
func writeRun(path string, r *result.Run) error {
	var indented, b bytes.Buffer
	if err := result.Encode(&indented, r); err != nil {
		return err
	}
	if err := json.Compact(&b, indented.Bytes()); err != nil {
		return err
	}
	b.WriteByte('\n')
	return os.WriteFile(path, b.Bytes(), 0o666)
}
