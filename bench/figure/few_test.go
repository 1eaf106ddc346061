package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// ranAt makes up cells of one mode at each of the rates.
func ranAt(mode string, rates ...float64) (cells []*compare.Cell) {
	for _, r := range rates {
		trials := []*result.Trial{{Mode: mode, DuePerS: &r}}
		cells = append(cells, &compare.Cell{Mode: mode, Axes: map[string]any{"rate": r}, Trials: trials, Usable: trials})
	}
	return cells
}

func TestFewRates(t *testing.T) {
	each := func(cells []*compare.Cell) int { return len(cells) }
	for _, c := range []struct {
		name  string
		cells []*compare.Cell
		want  []float64 // nil: all
		said  string
	}{
		{"they fit", append(ranAt("a", 1, 10, 100), ranAt("b", 1, 10, 100)...), nil, ""},
		{"two rates are all there is to compare", append(append(append(ranAt("a", 1, 10), ranAt("b", 1, 10)...), ranAt("c", 1, 10)...), ranAt("d", 1, 10)...), nil, ""},
		{"the ends and between", ranAt("a", 100, 110, 120, 1000, 3000, 9000, 10000), []float64{100, 120, 1000, 3000, 10000}, " 5 of 7 rates"},
		{"those shared", append(ranAt("a", 100, 1000, 1500, 1700, 2000), ranAt("b", 100, 1000, 3000)...), []float64{100, 1000}, " 2 of 6 rates"},
		{"none shared", ranAt("a", 1, 2, 4, 8, 16, 32, 64), []float64{1, 2, 4, 16, 32, 64}, " 6 of 7 rates"},
	} {
		chosen, said := few(c.cells, each)
		got, _ := ratesOf(chosen)
		want := c.want
		if want == nil {
			want, _ = ratesOf(c.cells)
		}
		if !slices.Equal(got, want) || !strings.HasPrefix(said, c.said) || (said == "") != (c.want == nil) {
			t.Errorf("%s: %v, %q; want %v", c.name, got, said, want)
		}
	}
}

// TestEvenlyPicked keeps both ends, the order, and to the number asked for.
func TestEvenlyPicked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rates := rapid.SliceOfNDistinct(rapid.Float64Range(1, 1e6), 2, 30, rapid.ID).Draw(t, "rates")
		slices.Sort(rates)
		n := rapid.IntRange(2, len(rates)).Draw(t, "n")
		picked := evenly(rates, n)
		if len(picked) > n || picked[0] != rates[0] || picked[len(picked)-1] != rates[len(rates)-1] || !slices.IsSorted(picked) {
			t.Fatalf("%v of %v", picked, rates)
		}
	})
}

// sameAxes holds a figure's panels against one another: what counts the same has the same axis in all of them.
func sameAxes(t *testing.T, f Figure) {
	t.Helper()
	seen := map[string]axis{}
	for _, p := range f.panels {
		for _, a := range []axis{p.x, p.y} {
			if a.names {
				continue
			}
			if first, known := seen[a.label]; known && (first.lo != a.lo || first.hi != a.hi) {
				t.Errorf("%s: %q from %v to %v and from %v to %v", f.Name, a.label, first.lo, first.hi, a.lo, a.hi)
			}
			seen[a.label] = a
		}
	}
}

func TestCapacityFiguresStayLegible(t *testing.T) {
	figures, _ := all(t, search().run(t))
	for _, f := range figures {
		if len(f.panels) > mostLegible || strings.HasSuffix(f.Name, "-2") {
			t.Errorf("%s has %d panels", f.Name, len(f.panels))
		}
		if limited := slices.Contains([]string{"latency", "percentiles", "lag"}, f.Name); limited != strings.Contains(f.Caption, " rates are drawn") {
			t.Errorf("%s says: %s", f.Name, f.Caption)
		}
		if f.Name == "rate" && !strings.Contains(f.Caption, "Highest rate that was kept up and met the objectives, msg/s: at-least-once: 56,200; transactional, 100: 17,800.") {
			t.Errorf("%s says: %s", f.Name, f.Caption)
		}
	}
}

// TestLabelsKeepApart on any axis, unless even the fewest don't.
func TestLabelsKeepApart(t *testing.T) {
	l := Figure{columns: 1, panels: []panel{{}}}.layout(Light.palette())
	rapid.Check(t, func(t *rapid.T) {
		lo := math.Pow(10, rapid.Float64Range(-3, 5).Draw(t, "lo"))
		hi := lo * math.Pow(10, rapid.Float64Range(0, 7).Draw(t, "decades"))
		length := vg.Length(rapid.Float64Range(120, 500).Draw(t, "length"))
		for _, a := range []axis{logarithmic("", digits, 0.1, lo, hi), signedLogarithmic("", digits, -lo, hi)} {
			ticks := l.fitting(a, length, true)
			if len(a.fewer) == 0 || slices.Equal(ticks, a.fewer[len(a.fewer)-1]) {
				continue // there are none with fewer
			}
			end := vg.Length(-1000)
			for _, tick := range slices.SortedFunc(slices.Values(ticks), func(a, b plot.Tick) int { return cmp.Compare(a.Value, b.Value) }) {
				if tick.IsMinor() {
					continue
				}
				at, wide := length*vg.Length(a.scale.Normalize(a.lo, a.hi, tick.Value)), l.style(body, labelSize).Width(tick.Label)
				if at-wide/2 < end {
					t.Fatalf("%s is covered on an axis of %v from %v to %v", tick.Label, length, a.lo, a.hi)
				}
				end = at + wide/2
			}
		}
	})
}

func TestSamplingSaysHowOften(t *testing.T) {
	samples := func(n int) lagSeries { return lagSeries{samples: n, thinned: n > 480} }
	for _, c := range []struct {
		all  []lagSeries
		want string
	}{
		{[]lagSeries{samples(100)}, "n = 100 per panel, at random instants 100 ms apart on average"},
		{[]lagSeries{samples(100), samples(80)}, "n = 80–100 per panel, at random instants 100–125 ms apart on average"},
		{[]lagSeries{samples(10_000), {}}, "n = 10,000 per panel, at random instants 1 ms apart on average; of each 240th of the window the smallest and the largest"},
	} {
		var s sampling
		for _, series := range c.all {
			s.add(series, 10)
		}
		if s.String() != c.want {
			t.Errorf("got %q, want %q", s, c.want)
		}
	}
}

// TestLegendsNameWhatIsDrawn and nothing else.
func TestLegendsNameWhatIsDrawn(t *testing.T) {
	d := quick()
	for samples, want := range map[int]string{3: "", 10: "share of commits at each latency", 40: "share of commits at each latency p50", 1200: "share of commits at each latency p50 p99"} {
		d.samples = samples
		figures, _, err := Some([]Source{d.run(t)}, []string{"commit"})
		if err != nil || len(figures) != 1 {
			t.Fatal(len(figures), err)
		}
		var texts []string
		for _, k := range figures[0].keys {
			texts = append(texts, k.text)
		}
		if got := strings.Join(texts, " "); got != want {
			t.Errorf("of %d commits: %q, want %q", samples, got, want)
		}
	}
}

func TestOneTransactionSizeHasRows(t *testing.T) {
	figures, _, err := Some([]Source{single().run(t)}, []string{"cost", "latency-cost"})
	if err != nil || len(figures) != 2 {
		t.Fatal(len(figures), err)
	}
	for _, f := range figures {
		if got := fmt.Sprint(labels(f.panels[0].y)); got != "[at-most-once idempotent transactional, 100]" {
			t.Errorf("%s: got %s", f.Name, got)
		}
	}
}

// TestWhatOneModeRanWithIsSetApart in its name rather than in a panel of its own; what several ran with makes panels.
func TestWhatOneModeRanWithIsSetApart(t *testing.T) {
	cell := func(mode, linger string, partitions float64) *compare.Cell {
		return &compare.Cell{Mode: mode, Axes: map[string]any{"linger": linger, "partitions": partitions}, Trials: []*result.Trial{{}}}
	}
	for _, c := range []struct {
		name  string
		cells []*compare.Cell
		want  string
	}{
		{"one mode by itself", []*compare.Cell{cell("a", "0s", 6), cell("a", "5ms", 6), cell("b", "5ms", 6)}, "[a, linger 0s | a | b]"},
		{"two modes", []*compare.Cell{cell("a", "0s", 6), cell("b", "0s", 6), cell("a", "5ms", 6), cell("b", "5ms", 6)}, "linger 0s[a | b] linger 5ms[a | b]"},
		{"one mode alone", []*compare.Cell{cell("a", "0s", 6), cell("a", "5ms", 6)}, "linger 0s[a] linger 5ms[a]"},
		{"partitions", []*compare.Cell{cell("a", "5ms", 1), cell("a", "5ms", 6), cell("b", "5ms", 6)}, "1 partition[a] 6 partitions[a | b]"},
	} {
		var got []string
		for _, f := range facets(c.cells) {
			var names []string
			for _, cell := range f.cells {
				names = append(names, f.name(cell))
			}
			got = append(got, f.title+"["+strings.Join(names, " | ")+"]")
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", c.name, text, c.want)
		}
	}
}

// TestThroughputOfUnlikePanels is dots on a logarithmic axis: bars from zero would vanish.
func TestThroughputOfUnlikePanels(t *testing.T) {
	for factor, want := range map[float64]bool{1: false, 0.05: true} {
		d := mapped()
		d.partitions, d.blocks, d.samples = []int{6, 48}, 1, 60
		d.change = func(trial *result.Trial) {
			if trial.Axes["partitions"] == 48.0 {
				*trial.Throughput.ReadPerS *= factor
			}
		}
		figures, _, err := Some([]Source{d.run(t)}, []string{"throughput"})
		if err != nil || len(figures) != 1 {
			t.Fatal(len(figures), err)
		}
		if _, logarithmic := figures[0].panels[0].x.scale.(logScale); logarithmic != want {
			t.Errorf("by %v: logarithmic is %v", factor, logarithmic)
		}
	}
}

func TestLaddersShareWhatTheirCaptionSays(t *testing.T) {
	own, common := apart([][]string{{"rate=1000", "linger=5ms", "txn_size=100"}, {"rate=max", "linger=5ms", "txn_size=100"}})
	if got := fmt.Sprint(own, common); got != "[[rate=1000] [rate=max]] [linger=5ms txn_size=100]" {
		t.Errorf("got %s", got)
	}
	own, common = apart([][]string{{"rate=1000"}})
	if len(own) != 1 || len(own[0]) != 0 || !slices.Equal(common, []string{"rate=1000"}) {
		t.Errorf("of one: %v, %v", own, common)
	}
}
