package figure

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// TestLagDrawsATrialThatHeldItsRate and whose samples are stored, where there is one.
func TestLagDrawsATrialThatHeldItsRate(t *testing.T) {
	aged := func(trial *result.Trial) { trial.Lag.AgeMS.Mean = new(float64(trial.Block)) } // in the middle: block 3
	unsustained := func(blocks ...int) func(*result.Trial) {
		return func(trial *result.Trial) {
			aged(trial)
			for _, b := range blocks {
				if trial.Block == b {
					trial.Sustained = new(false)
				}
			}
		}
	}
	for _, c := range []struct {
		name    string
		change  func(*result.Trial)
		removed []int // blocks without samples
		note    string
		caption string // how it ends
	}{
		{"all held", aged, nil, "block 3", "the median of its 6 trials."},
		{"the middle one did not hold", unsustained(3), nil, "block 4", "the median of its 5 trials that held the rate where any did."},
		{"one held", unsustained(1, 2, 3, 4, 5), nil, "block 6", "the median of its 1 trial that held the rate where any did."},
		{"none held", unsustained(1, 2, 3, 4, 5, 6), nil, "block 3, rate not sustained", "the median of its 6 trials."},
		{"the middle one's file is missing", aged, []int{2, 3}, "block 4", "the median of its 4 trials whose samples are stored."},
		{"what is stored did not hold", unsustained(5, 6), []int{1, 2, 3, 4}, "block 5, rate not sustained", "the median of its 2 trials whose samples are stored."},
		{"both", unsustained(6), []int{1, 2, 3, 4}, "block 5", "the median of its 1 trial whose samples are stored and that held the rate where any did."},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := quick()
			d.change = c.change
			source := d.run(t)
			for _, trial := range source.Run.Trials {
				for _, b := range c.removed {
					if trial.Block == b {
						if err := os.Remove(filepath.Join(source.Dir, "trials", trial.ID+".lag.csv")); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			figures, skipped, err := Some([]Source{source}, []string{"lag"})
			if err != nil || len(figures) != 1 {
				t.Fatalf("%d figures, skipped %q, %v", len(figures), skipped, err)
			}
			for i, name := range []string{"at-least-once", "transactional, 100", "transactional, 1,000"} {
				if p := figures[0].panels[i]; p.title != name || p.note != c.note {
					t.Errorf("got %q with %q, want %q with %q", p.title, p.note, name, c.note)
				}
			}
			if first, _, _ := strings.Cut(figures[0].Caption, "\n"); !strings.HasSuffix(strings.ReplaceAll(first, unbroken, " "), c.caption) {
				t.Errorf("the caption says %q, want %q", first, c.caption)
			}
		})
	}
}

func TestLagSaysWhatIsMissingWhereNoTrialHasIt(t *testing.T) {
	source := quick().run(t)
	paths, _ := filepath.Glob(filepath.Join(source.Dir, "trials", "*.lag.csv"))
	for _, path := range paths {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	figures, skipped, err := Some([]Source{source}, []string{"lag"})
	if err != nil || len(figures) != 0 || len(skipped) != 1 || !strings.HasSuffix(skipped[0], ".lag.csv is missing") {
		t.Errorf("%d figures, skipped %q, %v", len(figures), skipped, err)
	}
}
