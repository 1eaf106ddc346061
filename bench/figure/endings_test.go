package figure

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// TestNamesStandWhereCurvesEnd even where others go on.
func TestNamesStandWhereCurvesEnd(t *testing.T) {
	source := quick().run(t)
	source.Run.Trials = slices.DeleteFunc(source.Run.Trials, func(trial result.Trial) bool {
		return trial.TxnSize != nil && *trial.TxnSize == 1000 && trial.Block > 1 // a sixth of the samples: it ends at a lower percentile
	})
	source.Run = compare.New(source.Run.Run, "")
	figures, _, err := Some([]Source{source}, []string{"percentiles"})
	if err != nil || len(figures) != 1 {
		t.Fatal(len(figures), err)
	}
	svg := string(written(t, figures[0], SVG, Light))
	at := func(name string) float64 {
		m := regexp.MustCompile(`<text x="([0-9.]+)"[^>]*font-size:7\.5px[^>]*>` + name + `<`).FindStringSubmatch(svg)
		if m == nil {
			t.Fatalf("%s is not written", name)
		}
		x, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	if short, long := at("1,000"), at("100"); short > long-50 {
		t.Errorf("the shorter curve's name is at %v, the longer one's at %v", short, long)
	}
}

// TestNamesMovedApart cover none another, keep their order and stay at their ends' x; those with nothing in the way stay where they are.
func TestNamesMovedApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []ending
		before := map[string]vg.Point{}
		for i := range rapid.IntRange(1, 6).Draw(t, "n") {
			e := ending{name: fmt.Sprint(i), wide: vg.Length(rapid.Float64Range(4, 20).Draw(t, "wide"))}
			e.at = vg.Point{X: vg.Length(rapid.IntRange(0, 3).Draw(t, "x") * 100), Y: vg.Length(rapid.Float64Range(0, 60).Draw(t, "y"))}
			all, before[e.name] = append(all, e), e.at
		}
		moveApart(all)
		for i, e := range all {
			if e.at.X != before[e.name].X {
				t.Errorf("%s moved sideways", e.name)
			}
			crowded := false
			for j, other := range all {
				if i == j || other.at.X != e.at.X {
					continue
				}
				crowded = true
				if i < j && (before[e.name].Y > before[other.name].Y || other.at.Y-e.at.Y < endingHeight-0.5) {
					t.Errorf("%s at %v, %s at %v", e.name, e.at, other.name, other.at)
				}
			}
			if !crowded && e.at != before[e.name] {
				t.Errorf("%s moved with nothing in its way", e.name)
			}
		}
	})
}
