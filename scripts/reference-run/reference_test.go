package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// wholeRun stores a run as the tool does, with a log of two seconds and a lag series for each of its trials.
func wholeRun(t *testing.T, dir string) *result.Run {
	t.Helper()
	run, err := result.Load("../../bench/result/testdata/full.json")
	if err != nil {
		t.Fatal(err)
	}
	store, err := result.Create(dir, run)
	if err != nil {
		t.Fatal(err)
	}
	for i := range run.Trials {
		trial := &run.Trials[i]
		trial.Block = i + 1
		if err := store.WriteTrial(trial); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		for second := range 2 {
			histograms := map[measure.Metric]*hdrhistogram.Histogram{}
			for _, m := range []measure.Metric{measure.E2E, measure.Commit, measure.Ack} {
				h := hdrhistogram.New(1, 3_600_000_000, 3)
				for v := range 100 {
					if err := h.RecordValue(int64(1000*second + v + 1)); err != nil {
						t.Fatal(err)
					}
				}
				histograms[m] = h
			}
			if err := measure.WriteLog(&log, histograms, trial.StartedAt.Add(time.Duration(second)*time.Second), time.Second); err != nil {
				t.Fatal(err)
			}
		}
		write(t, filepath.Join(dir, "trials", trial.ID+".hlog"), log.String())
		write(t, filepath.Join(dir, "trials", trial.ID+".lag.csv"), "at_s\n1\n")
		write(t, filepath.Join(dir, "trials", trial.ID+".csv"), "at_s\n1\n")
	}
	if err := store.Finish(len(run.Trials)); err != nil {
		t.Fatal(err)
	}
	return run
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestACompactRunSaysTheSame(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "compact")
	run := wholeRun(t, from)
	if err := compact(from, to); err != nil {
		t.Fatal(err)
	}
	got, err := result.Load(to)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	if is, err := json.Marshal(got); err != nil || !bytes.Equal(is, want) {
		t.Errorf("got %s\nwant %s, %v", is, want, err)
	}
	for _, trial := range run.Trials {
		log, err := os.ReadFile(filepath.Join(to, "trials", trial.ID+".hlog"))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(log), "Tag="); n != 2 {
			t.Errorf("%s: %d histograms, want e2e and commit", trial.ID, n)
		}
		histograms, err := measure.ReadLog(bytes.NewReader(log))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range curves {
			if h := histograms[m]; h == nil || h.TotalCount() != 200 || h.ValueAtQuantile(100) != 1100 {
				t.Errorf("%s: %s is not the two seconds' merge", trial.ID, m)
			}
		}
		_, err = os.Stat(filepath.Join(to, "trials", trial.ID+".lag.csv"))
		if kept := err == nil; kept != (trial.Lag != nil) {
			t.Errorf("%s: lag series kept: %v", trial.ID, kept)
		}
	}
}

// pretender stands for the built tool: it draws what lies in a directory.
func pretender(t *testing.T, figures string) *workshop {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "tool")
	write(t, binary, "#!/bin/sh\nset -e\nmkdir -p \"$4\"\ncp "+figures+"/* \"$4\"\n")
	if err := os.Chmod(binary, 0o777); err != nil {
		t.Fatal(err)
	}
	return &workshop{binary: binary, dir: dir, stderr: io.Discard}
}

func TestCheckNamesWhatDrifted(t *testing.T) {
	t.Chdir(t.TempDir())
	drawn := t.TempDir()
	write(t, filepath.Join(drawn, "cost.svg"), "<svg>1</svg>")
	write(t, filepath.Join(drawn, "rate.svg"), "<svg>2</svg>")
	write(t, filepath.Join(drawn, "rate.png"), picture(t, 1, png.BestSpeed))
	write(t, filepath.Join(drawn, "cost.png"), picture(t, 1, png.BestSpeed))
	write(t, filepath.Join(stored, "max-sizes", "run.json"), "{}")
	w := pretender(t, drawn)
	if err := w.draw(t.Context(), plots); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(plots, "max-sizes", "rate.png")); err != nil { // few are kept
		t.Fatal(err)
	}
	write(t, filepath.Join(plots, "max-sizes", "cost.png"), picture(t, 1, png.NoCompression))
	var out strings.Builder
	if err := w.check(t.Context(), &out); err != nil {
		t.Errorf("nothing drifted: %v", err)
	}
	if want := "all 3 figures in plots are what the runs in results/reference give\n"; out.String() != want {
		t.Errorf("it says %q, want %q", &out, want)
	}
	write(t, filepath.Join(plots, "max-sizes", "cost.svg"), "<svg>other</svg>")
	write(t, filepath.Join(plots, "max-sizes", "cost.png"), picture(t, 2, png.BestSpeed))
	write(t, filepath.Join(plots, "gone", "cost.svg"), "<svg>3</svg>")
	if err := os.Remove(filepath.Join(plots, "max-sizes", "rate.svg")); err != nil {
		t.Fatal(err)
	}
	err := w.check(t.Context(), io.Discard)
	want := "figures in plots: gone/cost.svg belongs to no stored run\nmax-sizes/cost.png is not what its run gives\n" +
		"max-sizes/cost.svg is not what its run gives\nmax-sizes/rate.svg is missing\ndraw them again with 'go run ./scripts/reference-run -figures'"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// picture is a PNG of one pixel.
func picture(t *testing.T, shade uint8, how png.CompressionLevel) string {
	t.Helper()
	p := image.NewGray(image.Rect(0, 0, 1, 1))
	p.Pix[0] = shade
	var b strings.Builder
	if err := (&png.Encoder{CompressionLevel: how}).Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What the tool says is shown where it fails, and only there.
func TestCheckSaysWhyNothingCouldBeDrawn(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, filepath.Join(stored, "max-sizes", "run.json"), "{}")
	w := pretender(t, t.TempDir())
	write(t, w.binary, "#!/bin/sh\necho 'run.json is no run' >&2\nexit 2\n")
	if err := w.check(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), "run.json is no run") {
		t.Errorf("got %v", err)
	}
}

func TestCommandRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		`unexpected argument "max"`:     {"max"},
		`-only "nothing" matches none`:  {"-only", "nothing"},
		"-only: error parsing regexp":   {"-only", "("},
		"no go.mod here: run it from":   {"-check"},
		"flag provided but not defined": {"-fast"},
	} {
		if err := command(t.Context(), args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %s", args, err, want)
		}
	}
}

func TestListOfRuns(t *testing.T) {
	var out bytes.Buffer
	if err := command(t.Context(), []string{"-list", "-only", "^three-rate"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	want := "three-rate-1000: what does it cost there at a low rate?\n    kafka-eos-bench run --mode at-least-once,idempotent,transactional " +
		"--txn-size 100 --rate 1000 --duration 8s --blocks 6 --warmup 1500ms --expect unsustained\n"
	if out.String() != want {
		t.Errorf("got %swant %s", out.String(), want)
	}
	var names []string
	for _, c := range campaigns {
		if slices.Contains(names, c.name) {
			t.Errorf("%s is there twice", c.name)
		}
		names = append(names, c.name)
	}
}
