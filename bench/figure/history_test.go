package figure

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/history"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// releasesOf is a history of so many releases, the fourth of them slower and stopped.
func releasesOf(n int, release string) *history.File {
	h := &history.File{Series: []history.Series{
		{Metric: metric.Must("p99(commit_due)"), Cell: "mode=transactional,txn_size=100"},
		{Metric: metric.Must("p99(commit_due)"), Cell: "mode=transactional,txn_size=1000"},
		{Metric: metric.Must("max(hold)"), Cell: "mode=at-least-once"},
		{Metric: metric.Must("read_per_s"), Cell: "linger=0s,mode=at-least-once"},
	}}
	for i := range n {
		r := history.Row{Time: time.Date(2026, 10, 1+i, 9, 0, 0, 0, time.UTC), Release: fmt.Sprintf(release, i), Run: fmt.Sprint(i), Gate: "pass",
			Values: []float64{12_000 + 300*float64(i%3), 31_000 - 200*float64(i%5), 0, 90_000}}
		if i == 3 {
			r.Gate, r.Values[0] = "fail", 17_000
		}
		h.Rows = append(h.Rows, r)
	}
	return h
}

func TestHistoryGolden(t *testing.T) {
	for name, h := range map[string]*history.File{"one": releasesOf(1, "v1.%d"), "many": releasesOf(40, "v1.%d.0"), "long": releasesOf(7, "20261123T092621-c27c-%d")} {
		for _, m := range []string{"p99(commit_due)", "max(hold)", "read_per_s"} {
			f, err := History(h, metric.Must(m))
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+"-"+f.Name+".svg")
			got := written(t, f, SVG, Light)
			check(t, golden, got)
			if *update {
				if err := os.WriteFile(golden, got, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(got, want) {
				t.Errorf("differs from %s (go test -update writes it anew): %v", golden, err)
			}
		}
	}
}

func TestHistorySaysWhatItShows(t *testing.T) {
	f, err := History(releasesOf(5, "v%d"), metric.Must("p99(commit_due)"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(written(t, f, SVG, Dark))
	for _, want := range []string{"p99(commit_due) over releases", "commit_due p99, ms", "txn size 100", "txn size 1000", ">v4<", "the gate did not pass", "2026-10-01 and 2026-10-05", "Lower is better"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for want, h := range map[string]*history.File{"the history has no column of p99(e2e): ": releasesOf(2, "v%d"), "the history has no run: ": releasesOf(0, "")} {
		m := "p99(e2e)"
		if len(h.Rows) == 0 {
			m = "read_per_s"
		}
		_, err := History(h, metric.Must(m))
		if _, ok := errors.AsType[*workload.UsageError](err); !ok || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
