package figure

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

var update = flag.Bool("update", false, "write the golden files anew")

func all(t testing.TB, sources ...Source) ([]Figure, []string) {
	t.Helper()
	figures, skipped, err := All(sources)
	if err != nil {
		t.Fatal(err)
	}
	return figures, skipped
}

func written(t testing.TB, f Figure, format string, theme Theme) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b, format, theme); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func names(figures []Figure) (names []string) {
	for _, f := range figures {
		names = append(names, f.Name)
	}
	return names
}

func TestGolden(t *testing.T) {
	sources := map[string]func(testing.TB) Source{"shaken": shaken}
	for name, d := range map[string]design{"quick": quick(), "full": full(), "mapped": mapped(), "probes": probes(), "climb": climb(), "search": search(), "single": single()} {
		sources[name] = d.run
	}
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			figures, _ := all(t, source(t))
			for _, f := range figures {
				golden := filepath.Join("testdata", name+"-"+f.Name+".svg")
				got := written(t, f, SVG, Light)
				check(t, golden, got)
				sameAxes(t, f)
				if *update {
					if err := os.WriteFile(golden, got, 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("differs from %s (go test -update writes it anew)", golden)
				}
			}
		})
	}
}

var noNumber = regexp.MustCompile(`NaN|Inf`)

// check holds an SVG against what all must be: well-formed, without a coordinate that is none, naming no font of this machine alone.
func check(t *testing.T, name string, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if start, ok := token.(xml.StartElement); ok {
			for _, a := range start.Attr {
				if noNumber.MatchString(a.Value) {
					t.Errorf("%s: <%s %s=%q>", name, start.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
	if texts, long := bytes.Count(svg, []byte("<text ")), bytes.Count(svg, []byte("textLength=")); texts != long {
		t.Errorf("%s: %d of %d texts say how long they are", name, long, texts)
	}
	if bytes.Contains(svg, []byte("Serif")) || bytes.Count(svg, []byte("font-family")) != 1 || bytes.Contains(svg, []byte("@font-face")) {
		t.Errorf("%s does not leave its font to the reader", name)
	}
}

func TestDrawingTwiceGivesTheSameBytes(t *testing.T) {
	source := quick().run(t)
	first, _ := all(t, source)
	second, _ := all(t, Source{compare.New(source.Run.Run, ""), source.Dir})
	for i, f := range first {
		for _, theme := range []Theme{Light, Dark} {
			if !bytes.Equal(written(t, f, SVG, theme), written(t, second[i], SVG, theme)) {
				t.Errorf("%s differs", f.Name)
			}
		}
	}
}

func TestTwoModesOfTwoSizesGiveFiveFigures(t *testing.T) {
	figures, skipped := all(t, quick().run(t))
	if got, want := names(figures), []string{"latency", "latency-cost", "percentiles", "commit", "lag", "cpu"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v; skipped %q", got, want, skipped)
	}
	for _, f := range figures {
		f.Caption = strings.ReplaceAll(f.Caption, unbroken, " ")
		for _, part := range []string{"local Apache Kafka 4.3.1", "2 × Example CPU @ 2.60GHz", "librdkafka 2.15.1", "window 4 s", "6 partitions", "20261122T230000-a1b2"} {
			if !strings.Contains(f.Caption, part) {
				t.Errorf("%s: the caption lacks %q:\n%s", f.Name, part, f.Caption)
			}
		}
		if !strings.Contains(f.Caption, "6 trials") && !strings.Contains(f.Caption, "6 blocks") {
			t.Errorf("%s does not say its n:\n%s", f.Name, f.Caption)
		}
	}
}

func TestPNGIsTwiceAsWideAsAReadme(t *testing.T) {
	figures, _ := all(t, quick().run(t))
	config, err := png.DecodeConfig(bytes.NewReader(written(t, figures[0], PNG, Dark)))
	if err != nil || config.Width != 1660 {
		t.Errorf("%d pixels wide, %v", config.Width, err)
	}
}

func TestUnknownFormat(t *testing.T) {
	err := Figure{columns: 1}.Write(io.Discard, "gif", Light)
	if err == nil || err.Error() != `a figure cannot be written as "gif": use png or svg` {
		t.Errorf("got %v", err)
	}
}

func TestUnknownFigure(t *testing.T) {
	_, _, err := Some(nil, []string{"through-put"})
	if _, usage := errors.AsType[*workload.UsageError](err); !usage || !strings.Contains(err.Error(), "did you mean throughput?") {
		t.Errorf("got %v", err)
	}
}

func TestSkippedFiguresSayWhatIsMissing(t *testing.T) {
	alone := quick().run(t)
	alone.Dir = ""
	single := design{modes: []string{"at-least-once"}, rates: []float64{5000}, blocks: 1}
	for _, c := range []struct {
		name    string
		source  Source
		skipped []string
	}{
		{"a lone run.json at a fixed rate", alone, []string{
			"throughput: no cell ran at max; at a fixed rate the throughput is the rate",
			"cost: no transactional cell ran at max beside one of at-least-once that it can be compared with",
			"percentiles: it takes the run's directory: a lone run.json has no trials/*.hlog",
			"commit: it takes the run's directory: a lone run.json has no trials/*.hlog",
			"lag: it takes the run's directory: a lone run.json has no trials/*.lag.csv",
			"rate: it takes cells of two rates at least that have an e2e p50",
			"heatmap: it takes cells at max of two transaction sizes and two numbers of partitions at least, beside their reference",
			"ladder: the run has no control cells (a flush as often as a commit, transactions read uncommitted)",
			"cycle: it takes three transaction sizes at max, of thirty transactions per window at least",
			"faults: nothing was broken on purpose: it takes a run of 'fault'",
			"timeline: nothing was broken on purpose: it takes a run of 'fault'",
		}},
		{"a mode by itself", single.run(t), []string{
			"throughput: no cell ran at max; at a fixed rate the throughput is the rate",
			"cost: no transactional cell ran at max beside one of at-least-once that it can be compared with",
			"latency-cost: no transactional cell held its rate beside one of at-least-once that it can be compared with",
			"percentiles: it takes the run's directory: a lone run.json has no trials/*.hlog",
			"commit: no cell has transactions",
			"lag: it takes the run's directory: a lone run.json has no trials/*.lag.csv",
			"rate: it takes cells of two rates at least that have an e2e p50",
			"heatmap: it takes cells at max of two transaction sizes and two numbers of partitions at least, beside their reference",
			"ladder: the run has no control cells (a flush as often as a commit, transactions read uncommitted)",
			"cycle: it takes three transaction sizes at max, of thirty transactions per window at least",
			"faults: nothing was broken on purpose: it takes a run of 'fault'",
			"timeline: nothing was broken on purpose: it takes a run of 'fault'",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, skipped := all(t, c.source); !slices.Equal(skipped, c.skipped) {
				t.Errorf("got\n%s", strings.Join(skipped, "\n"))
			}
		})
	}
}

func TestARunWithoutTrialsHasNoFigures(t *testing.T) {
	figures, skipped := all(t, Source{Run: compare.New(&result.Run{}, "")})
	if len(figures) != 0 || len(skipped) != len(Names()) {
		t.Errorf("%v, %d skipped", names(figures), len(skipped))
	}
}

func TestVoidCellsAreNeverDrawn(t *testing.T) {
	d := full()
	d.sizes = []int{100, 777}
	whole, _ := all(t, d.run(t))
	d.change = func(trial *result.Trial) {
		if trial.TxnSize != nil && *trial.TxnSize == 777 && trial.Block == 3 {
			trial.Guarantee = result.Guarantee{Verdict: result.Broken}
		}
	}
	figures, _ := all(t, d.run(t))
	named := regexp.MustCompile(`>(transactional, )?777(,.*)?<`)
	for i, f := range figures {
		if !named.Match(written(t, whole[i], SVG, Light)) {
			t.Errorf("%s does not show the cell that held", f.Name)
		}
		if got := named.Find(written(t, f, SVG, Light)); got != nil {
			t.Errorf("%s draws the cell that broke: %s", f.Name, got)
		}
		if !strings.Contains(f.Caption, "txn_size=777 is void, its guarantee broke") {
			t.Errorf("%s does not say what it leaves out:\n%s", f.Name, f.Caption)
		}
	}
	d.change = func(trial *result.Trial) { trial.Guarantee = result.Guarantee{Verdict: result.Broken} }
	if figures, _ := all(t, d.run(t)); len(figures) != 0 {
		t.Errorf("drawn although every guarantee broke: %v", names(figures))
	}
}

func TestUnsustainedCellsAreHollow(t *testing.T) {
	held := probes()
	held.change = nil
	sustained, _ := all(t, held.run(t))
	figures, _ := all(t, probes().run(t))
	for i, f := range figures {
		if f.Name == "latency-cost" {
			continue // compared, so not there at all
		}
		if !strings.Contains(strings.ToLower(f.Caption), "hollow") || strings.Contains(strings.ToLower(sustained[i].Caption), "hollow") {
			t.Errorf("%s does not explain its hollow marks, or explains what is not there:\n%s\n%s", f.Name, f.Caption, sustained[i].Caption)
		}
		if bytes.Equal(written(t, f, SVG, Light), written(t, sustained[i], SVG, Light)) {
			t.Errorf("%s looks the same", f.Name)
		}
	}
}

func TestSeveralRuns(t *testing.T) {
	low, high := probes(), probes()
	low.rates, high.rates = []float64{100, 1000}, []float64{5000}
	a, b := low.run(t), high.run(t)
	b.Run.RunID = "20261123T010000-c3d4"
	figures, skipped := all(t, a, b)
	got := names(figures)
	if !slices.Contains(got, "rate") || !slices.Contains(got, "20261123T010000-c3d4-latency") || !slices.Contains(got, "20261122T230000-a1b2-latency") {
		t.Errorf("got %v, skipped %q", got, skipped)
	}
	rate := figures[slices.Index(got, "rate")]
	if !strings.Contains(rate.Caption, "run 20261122T230000-a1b2, 20261123T010000-c3d4") {
		t.Errorf("the figure of both says:\n%s", rate.Caption)
	}
	b.Run.Broker.Version = new("4.4.0")
	figures, skipped = all(t, a, b)
	got = names(figures)
	if slices.Contains(got, "rate") || !slices.Contains(got, "20261122T230000-a1b2-rate") ||
		!slices.Contains(skipped, "20261123T010000-c3d4-rate: it takes cells of two rates at least that have an e2e p50") {
		t.Errorf("runs of two brokers in one figure: %v, skipped %q", got, skipped)
	}
}

// TestRunsOfDifferentReferencesAreDrawnApart since their costs are against different modes.
func TestRunsOfDifferentReferencesAreDrawnApart(t *testing.T) {
	a, b := mapped().run(t), mapped().run(t)
	b.Run.RunID = "20261123T010000-c3d4"
	b.Run = compare.New(b.Run.Run, "")
	figures, _, err := Some([]Source{a, b}, []string{"heatmap"})
	if got := names(figures); err != nil || !slices.Equal(got, []string{"heatmap"}) {
		t.Fatalf("of one reference: %v, %v", got, err)
	}
	b.Run = compare.New(b.Run.Run, "idempotent")
	figures, skipped, err := Some([]Source{a, b}, []string{"heatmap"})
	if got := names(figures); err != nil || !slices.Equal(got, []string{"20261122T230000-a1b2-heatmap"}) || len(skipped) != 1 {
		t.Errorf("of two: %v, skipped %q, %v", got, skipped, err)
	}
}

// TestLaddersNameTheirFirstRung whichever the reference is.
func TestLaddersNameTheirFirstRung(t *testing.T) {
	source := climb().run(t)
	source.Run = compare.New(source.Run.Run, "idempotent")
	figures, skipped, err := Some([]Source{source}, []string{"ladder"})
	if err != nil || len(figures) != 1 {
		t.Fatal(skipped, err)
	}
	if want := "from at-least-once to transactions read committed"; !strings.HasSuffix(figures[0].Title, want) {
		t.Errorf("got %q, want %q", figures[0].Title, want)
	}
}

func TestForeignAndBrokenFilesAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, ext, want string
		damage          func(path string) error
	}{
		{"cut short", "hlog", "samples", func(path string) error {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			head := bytes.LastIndex(data, []byte("Tag="))
			return os.WriteFile(path, data[:head], 0o666)
		}},
		{"cut short between lines", "lag.csv", "lag samples, its trial 40: it is cut short", func(path string) error {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			end := bytes.LastIndexByte(data[:len(data)/2], '\n')
			return os.WriteFile(path, data[:end+1], 0o666)
		}},
		{"no log", "hlog", "histogram log, line 1", func(path string) error { return os.WriteFile(path, []byte("hello\n"), 0o666) }},
		{"other columns", "lag.csv", "it has no column hold", func(path string) error { return os.WriteFile(path, []byte("t_s,a\n1,2\n"), 0o666) }},
		{"empty", "lag.csv", "its head", func(path string) error { return os.WriteFile(path, nil, 0o666) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := quick().run(t)
			paths, _ := filepath.Glob(filepath.Join(source.Dir, "trials", "*."+c.ext))
			for _, path := range paths {
				if err := c.damage(path); err != nil {
					t.Fatal(err)
				}
			}
			_, _, err := All([]Source{source})
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), paths[0][:len(source.Dir)]) {
				t.Errorf("got %v, want one about %q", err, c.want)
			}
		})
	}
	source := quick().run(t)
	for _, trial := range source.Run.Trials {
		l := trial.LatencyUS["e2e"]
		l.P90 = l.P99
		trial.LatencyUS["e2e"] = l
	}
	if _, _, err := All([]Source{source}); err == nil || !strings.Contains(err.Error(), "µs for p90 of e2e, its trial ") {
		t.Errorf("a percentile that the log contradicts: got %v", err)
	}
	source = quick().run(t)
	paths, _ := filepath.Glob(filepath.Join(source.Dir, "trials", "*.hlog"))
	for _, path := range paths {
		os.Remove(path)
	}
	if _, skipped := all(t, source); !slices.ContainsFunc(skipped, func(s string) bool {
		return strings.HasPrefix(s, "percentiles: trials/b0") && strings.HasSuffix(s, ".hlog is missing")
	}) {
		t.Errorf("skipped %q", skipped)
	}
}

func TestStoredTextCannotBreakAnSVG(t *testing.T) {
	d := full()
	d.change = func(trial *result.Trial) {
		if trial.Mode == "idempotent" {
			trial.Mode = "evil\x1b<script>&\"mode"
		}
	}
	source := d.run(t)
	source.Run.Machine.CPU = "\x00<b>"
	figures, _ := all(t, source)
	for _, f := range figures {
		svg := written(t, f, SVG, Light)
		check(t, f.Name, svg)
		if bytes.Contains(svg, []byte("<script>")) {
			t.Errorf("%s: markup came through", f.Name)
		}
	}
}

// TestManyPanelsAreContinued on further pages.
func TestManyPanelsAreContinued(t *testing.T) {
	d := quick()
	d.partitions, d.blocks, d.files = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 1, false
	figures, _ := all(t, d.run(t))
	if got := names(figures); !slices.Contains(got, "latency-2") || slices.Contains(got, "latency-3") {
		t.Errorf("got %v", got)
	}
}

// BenchmarkAll draws runs of so many trials, their figures as SVG, without their files.
func BenchmarkAll(b *testing.B) {
	for _, size := range []struct {
		name   string
		blocks int
	}{{"trials=1000", 50}, {"trials=10000", 500}} {
		d := mapped()
		d.modes = append(d.modes, "idempotent")
		d.sizes = []int{10, 100, 1000, 10000}
		d.partitions = []int{6}
		d.rates = []float64{0, 1000, 5000, 20000}
		d.blocks, d.samples = size.blocks*5/6, 60
		source := d.run(b)
		b.Run(size.name, func(b *testing.B) {
			for b.Loop() {
				figures, _ := all(b, Source{compare.New(source.Run.Run, ""), ""})
				for _, f := range figures {
					if err := f.Write(io.Discard, SVG, Light); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(len(source.Run.Trials)), "trials")
		})
	}
}
