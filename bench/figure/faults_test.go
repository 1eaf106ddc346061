package figure

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// shaken is a run of faults with every sort of ending, two blocks of it, and its trials' series.
func shaken(t testing.TB) Source {
	t.Helper()
	base := design{modes: []string{"at-most-once", "at-least-once", "idempotent", "transactional"}, sizes: []int{20}, rates: []float64{2000}, blocks: 2, samples: 60}.run(t)
	run, dir := base.Run.Run, t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "trials"), 0o777); err != nil {
		t.Fatal(err)
	}
	measured := run.Trials
	run.Trials = nil
	run.Profile = result.Profile{Name: "fault", Values: map[string]result.Value{"expect": {Value: "unsustained", Source: "flag"}}}
	for _, scenario := range []string{"lost-ack", "broker-restart", "zombie", "disk-full"} {
		for i, trial := range measured {
			if scenario == "zombie" && trial.Mode != "transactional" {
				continue
			}
			axes := map[string]any{"fault": scenario}
			for key, v := range trial.Axes {
				axes[key] = v
			}
			trial.Fault, trial.Axes, trial.Cell, trial.ID, trial.WindowS = &scenario, axes, "fault="+scenario+","+trial.Cell, trial.ID+scenario, 12
			trial.Window.Committed = 24_000
			gap := 0.05 + float64(len(scenario)*(i+1)%7)*0.6
			trial.Outage = &result.Outage{FromS: new(3.0), ToS: new(6.0), ReadGapS: &gap}
			g := result.Guarantee{Verdict: result.Held, Sent: 24_000, Lost: new(int64(0)), Duplicate: new(int64(0))}
			switch key := scenario + " " + trial.Mode; {
			case key == "lost-ack at-least-once":
				g.Duplicate, g.Reordered = new(int64(1731)), new(int64(165))
			case key == "broker-restart at-most-once":
				g.Lost = new(int64(15_633))
			case key == "broker-restart idempotent" && trial.Block == 2:
				g.Verdict, g.Duplicate = result.Broken, new(int64(3))
			case key == "disk-full transactional":
				g.Verdict, g.Lost, g.Torn = result.Broken, new(int64(40)), new(int64(2))
			case key == "disk-full idempotent" && trial.Block == 1:
				g.Verdict = result.Incomplete
			}
			trial.Guarantee = g
			series := "t_s,sent_per_s,read_per_s\n-0.999,2000,1500\n0.0005,2000,2100\n"
			for second := 1; second <= 12; second++ {
				read := 2000.0
				if second > 3 && second <= 3+len(trial.Mode)%5 {
					read = 200 * float64(second%3)
				} else if second == 7 {
					read = 3500
				}
				series += fmt.Sprintf("%.4f,2000,%.1f\n", float64(second)+0.0005, read)
			}
			if err := os.WriteFile(filepath.Join(dir, "trials", trial.ID+".csv"), []byte(series), 0o666); err != nil {
				t.Fatal(err)
			}
			run.Trials = append(run.Trials, trial)
		}
	}
	return Source{compare.New(run, ""), dir}
}

func TestFaultsHaveFiguresOfTheirOwn(t *testing.T) {
	source := shaken(t)
	figures, skipped := all(t, source)
	if got := names(figures); !slices.Equal(got, []string{"faults", "timeline"}) {
		t.Errorf("got %v", got)
	}
	if len(skipped) != len(Names())-2 || !strings.HasSuffix(skipped[0], "no mode's speed or cost") {
		t.Errorf("skipped %q", skipped)
	}
	matrix, timeline := string(written(t, figures[0], SVG, Light)), figures[1]
	for _, text := range []string{"3,462 duplicated", "330 out of order", "31,266 lost", "BROKEN in 1 of 2", ">BROKEN<", "80 lost", "4 torn", "inconclusive in 1 of 2", "nothing wrong"} {
		if !strings.Contains(matrix, text) {
			t.Errorf("the matrix does not say %q", text)
		}
	}
	if strings.Contains(figures[0].Caption, "Not drawn") || !strings.Contains(timeline.Caption, "void, its guarantee broke") {
		t.Errorf("what is left out:\n%s\n%s", figures[0].Caption, timeline.Caption)
	}
	source.Dir = ""
	if figures, skipped = all(t, source); len(figures) != 1 || !slices.Contains(skipped, "timeline: it takes the run's directory: a lone run.json has no trials/*.csv") {
		t.Errorf("of a lone run.json: %v, skipped %q", names(figures), skipped)
	}
}

func TestSeriesAreStepsWithinTheWindow(t *testing.T) {
	head := "t_s,sent_per_s,read_per_s\n"
	for _, c := range []struct {
		name, rows string
		want       []point
		err        string
	}{
		{"a warm-up and two seconds", "-1,5,5\n0.001,5,6\n1.001,5,7\n2.001,5,8\n", []point{{x: 0.001, y: 7}, {x: 1.001, y: 7}, {x: 1.001, y: 8}, {x: 2, y: 8}}, ""},
		{"a gap", "1,5,\n2,5,8\n", []point{{x: 1, y: 8}, {x: 2, y: 8}}, ""},
		{"a drain", "2,5,8\n3,0,9\n", []point{{x: 0, y: 8}, {x: 2, y: 8}}, ""},
		{"no time", "x,5,5\n", nil, "line 2 has no time"},
		{"no rate", "1,5,-5\n", nil, `line 2: "-5" is no read_per_s`},
	} {
		got, err := parseSeries(strings.NewReader(head+c.rows), "read_per_s", 2)
		if c.err == "" && (err != nil || !slices.Equal(got, c.want)) || c.err != "" && (err == nil || err.Error() != c.err) {
			t.Errorf("%s: got %v, %v", c.name, got, err)
		}
	}
	if _, err := parseSeries(strings.NewReader("a,b\n"), "read_per_s", 2); err == nil || !strings.Contains(err.Error(), "no series of a trial") {
		t.Errorf("got %v", err)
	}
}
