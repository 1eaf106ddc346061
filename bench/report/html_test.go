package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

var (
	idAttribute = regexp.MustCompile(` id="([^"]+)"`)
	inPageLink  = regexp.MustCompile(` href="#([^"]+)"`)
	anyAddress  = regexp.MustCompile(`(?i)(src|href|action|data|url)\s*[=(]\s*["']?\s*(https?:|//|file:|javascript:)`)
	headings    = regexp.MustCompile(`<h([1-6])`)
)

// TestHTMLIsOneFile that names itself, answers, loads nothing and whose links lead somewhere.
func TestHTMLIsOneFile(t *testing.T) {
	for _, name := range []string{"modes", "max", "trouble", "controls"} {
		run := stored(t, "testdata/"+name+".json")
		page := render(t, HTML, run, Options{Path: "results/x"})
		for _, want := range []string{
			"<!doctype html>", `<html lang="en">`, "exactly-once</span> cost here, and did it hold?</h1>", `href="#main"`, "default-src &#39;none&#39;",
			"kafka-eos-bench run " + run.Profile.Name, run.Tool.Commit, "prefers-color-scheme: dark", "@media print",
		} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: there is no %s", name, want)
			}
		}
		if found := anyAddress.FindString(page); found != "" {
			t.Errorf("%s: it loads something: %s", name, found)
		}
		holdInPageLinks(t, name, page)
		before := byte('0')
		for _, m := range headings.FindAllStringSubmatch(page, -1) {
			if m[1][0] > before+1 {
				t.Errorf("%s: an h%s follows an h%c", name, m[1], before)
			}
			before = m[1][0]
		}
		if strings.Contains(page, "<script") {
			t.Errorf("%s: there are scripts although there is nothing to look at closely", name)
		}
		if len(page) > 2<<20 {
			t.Errorf("%s: it has %d bytes", name, len(page))
		}
	}
}

// holdInPageLinks to what they lead to, and ids to one element each.
func holdInPageLinks(t *testing.T, name, page string) {
	t.Helper()
	ids := map[string]bool{}
	for _, m := range idAttribute.FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("%s: two elements are called %s", name, m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range inPageLink.FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("%s: a link leads to %s, which is not there", name, m[1])
		}
	}
}

func TestHTMLShowsWhatTextShows(t *testing.T) {
	run := stored(t, "testdata/trouble.json")
	page := render(t, HTML, run, Options{})
	s := summarise(run)
	for _, n := range s.notes {
		if !strings.Contains(page, templateEscaped(n.text)) {
			t.Errorf("the note %q is missing", n.text)
		}
	}
	if !strings.Contains(page, templateEscaped(s.answer())) {
		t.Error("the answer is missing")
	}
	for _, want := range []string{"✗ the guarantee broke in 3 of 11 trials", ">void<", "incomplete 1/3", `class="bad"`, "promise broken"} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %s", want)
		}
	}
}

func templateEscaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "+", "&#43;").Replace(text)
}

// hostile is text that would be markup, script or style if it came through anywhere.
const hostile = `</script></style></title>--><img src=x onerror=alert(1)><b id=evil>"'` + "`" + `{{.}} javascript:alert(1)`

// poison puts hostile text wherever a value holds text.
func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			if v.Kind() == reflect.Interface {
				if _, text := v.Interface().(string); text {
					v.Set(reflect.ValueOf(hostile))
				}
				return
			}
			poison(v.Elem())
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() {
				poison(field)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			poison(value)
			v.SetMapIndex(key, value)
			if key.Kind() == reflect.String {
				v.SetMapIndex(reflect.ValueOf(hostile).Convert(key.Type()), value)
			}
		}
	case reflect.String:
		v.SetString(hostile)
	}
}

func TestHTMLKeepsStoredTextFromBecomingMarkup(t *testing.T) {
	run := stored(t, "testdata/trouble.json")
	dir := withSeries(t, run)
	ids, cells := map[int]string{}, map[int]string{}
	verdicts := map[int]result.Verdict{}
	for i, trial := range run.Trials {
		ids[i], cells[i], verdicts[i] = trial.ID, trial.Cell, trial.Guarantee.Verdict
	}
	poison(reflect.ValueOf(run).Elem())
	for i := range run.Trials { // what other files are found by, and what keeps a cell apart from those that broke
		run.Trials[i].ID, run.Trials[i].Cell, run.Trials[i].Guarantee.Verdict = ids[i], hostile+cells[i], verdicts[i]
	}
	page := render(t, HTML, run, Options{Path: dir})
	if !strings.Contains(page, "&lt;b id=evil&gt;") {
		t.Fatal("the hostile text is nowhere: the test tests nothing")
	}
	for _, never := range []string{"<b id=evil", "<img", "</title>--", "<script>alert"} {
		if strings.Contains(page, never) {
			t.Errorf("markup came through: %s", never)
		}
	}
	if opened, closed := strings.Count(page, "<script"), strings.Count(page, "</script>"); opened != 3 || closed != 3 {
		t.Errorf("%d script elements are opened and %d closed, want the data and two scripts", opened, closed)
	}
	data := island(t, page)
	if len(data) == 0 || !strings.Contains(data[0].Curves[0].Name, `</script>`) {
		t.Errorf("the data do not say what the file said: %+v", data)
	}
}

// island decodes the data that the page carries.
func island(t *testing.T, page string) []chart {
	t.Helper()
	_, rest, _ := strings.Cut(page, `<script type="application/json" id="series">`)
	text, _, found := strings.Cut(rest, "</script>")
	if !found {
		t.Fatal("the page carries no data")
	}
	var charts []chart
	if err := json.Unmarshal([]byte(text), &charts); err != nil {
		t.Fatalf("the data are no JSON: %v", err)
	}
	return charts
}

// withSeries gives a run a directory with series, but no histograms.
func withSeries(t *testing.T, run *result.Run) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "trials"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, trial := range run.Trials {
		for ext, text := range map[string]string{
			"csv":     "t_s,read_per_s,e2e_p50_us,commit_p50_us\n-1,10,,\n0,1000,2000,\n1,1010,4000,\n",
			"lag.csv": "t_s,hold,reader_lag,monitoring,age_ms\n0.5,0,3,,2.5\n1.5,20,4,100,3.5\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, "trials", trial.ID+"."+ext), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func TestHTMLCarriesTheSeriesOfEveryCell(t *testing.T) {
	run := stored(t, "testdata/modes.json")
	page := render(t, HTML, run, Options{Path: withSeries(t, run)})
	charts := island(t, page)
	var titles []string
	for _, c := range charts {
		titles = append(titles, c.Title)
		if len(c.Curves) != 5 {
			t.Errorf("%s has %d curves of five cells", c.Title, len(c.Curves))
		}
	}
	want := []string{"read per second", "e2e p50, second by second", "hold", "reader lag", "lag as a monitor sees it", "age of the oldest unread record"}
	if !slices.Equal(titles, want) {
		t.Fatalf("got %q, want %q", titles, want)
	}
	if got := fmt.Sprint(charts[1].Curves[0].X, charts[1].Curves[0].Y); got != "[0 1] [2 4]" {
		t.Errorf("e2e p50 in ms: got %s", got)
	}
	if got := fmt.Sprint(charts[4].Curves[0].X, charts[4].Curves[0].Y); got != "[1.5] [100]" {
		t.Errorf("a sample without the figure is none: got %s", got)
	}
	for _, want := range []string{"script-src &#39;sha256-", `<div id="charts" hidden></div>`} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %s", want)
		}
	}
}

// TestHTMLLooksCloselyAtWhatFiguresDraw and says of a curve what they say of a cell.
func TestHTMLLooksCloselyAtWhatFiguresDraw(t *testing.T) {
	broken, stopped, cut, missed := at("at-most-once", 0, 5000), at("at-least-once", 0, 5000), at("idempotent", 0, 5000), at("transactional", 100, 5000)
	r := &result.Run{Complete: true}
	for block, id := range []string{"first", "second"} {
		for _, trial := range []result.Trial{broken, stopped, cut, missed} {
			trial.Block, trial.ID = block+1, trial.Mode+"-"+id
			switch first := block == 0; trial.Mode {
			case "at-most-once":
				if !first {
					trial.Guarantee.Verdict = result.Broken
				}
			case "at-least-once":
				trial.Complete = false
			case "idempotent":
				trial.Complete = !first
			case "transactional":
				trial.Sustained = new(first)
			}
			r.Trials = append(r.Trials, trial)
		}
	}
	dir := withSeries(t, r)
	second := filepath.Join(dir, "trials", "idempotent-second.csv")
	if err := os.WriteFile(second, []byte("t_s,read_per_s\n0,777\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	page := render(t, HTML, r, Options{Path: dir})
	data := island(t, page)
	if data[0].Title != "read per second" {
		t.Fatalf("got %+v", data[0])
	}
	var names []string
	for _, c := range data[0].Curves {
		names = append(names, c.Name)
		if c.Name == "idempotent" && fmt.Sprint(c.Y) != "[777]" {
			t.Errorf("the trial that was cut short is drawn: %v", c.Y)
		}
	}
	if want := []string{"idempotent", "transactional (100 per transaction) (rate not sustained)"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	if want := "The first usable trial of each cell, without those whose guarantee broke or that never ran to their end."; !strings.Contains(page, want) {
		t.Error("the page does not say what it leaves out")
	}
}

func TestHTMLRefusesSeriesThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "even its head is missing",
		"a,b\n1,2\n":                 "no column t_s",
		"t_s,read_per_s\n1\n":        "wrong number of fields",
		"t_s,read_per_s\n1,2\nx,3":   `line 3: "x" is no time`,
		"t_s,read_per_s\n1,NaN\n":    `line 2: "NaN" is no figure`,
		"t_s,read_per_s\n1,\"2\n":    "extraneous or missing",
		"t_s,read_per_s\n1,12e99999": `line 2: "12e99999" is no figure`,
	} {
		run := stored(t, "testdata/modes.json")
		dir := withSeries(t, run)
		path := filepath.Join(dir, "trials", run.Trials[0].ID+".csv")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		err := HTML(&b, run, Options{Path: dir})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) || b.Len() > 0 {
			t.Errorf("%q: got %v and %d bytes, want %s", text, err, b.Len(), want)
		}
	}
}

func FuzzReadSeries(f *testing.F) {
	f.Add("t_s,hold,reader_lag\n0,1,2\n1,,3\n")
	f.Add("t_s\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		for _, ext := range []string{"csv", "lag.csv"} {
			series, err := readSeries(strings.NewReader(text), ext, seriesColumns())
			if err != nil {
				continue
			}
			for _, s := range series {
				if len(s.points) > maxPoints {
					t.Fatalf("%d points", len(s.points))
				}
			}
		}
	})
}

// TestThinnedSeriesLoseNoSample whatever their length: means keep the sum, and the largest stays.
func TestThinnedSeriesLoseNoSample(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5*maxPoints).Draw(t, "samples")
		s := thinned{every: 1}
		largest, sum := -1.0, 0.0
		for i := range n {
			v := float64((i*7919 + 13) % 1009)
			s.add(float64(i), v)
			largest, sum = max(largest, v), sum+v
		}
		if len(s.points) > maxPoints || n <= maxPoints && len(s.points) != n {
			t.Fatalf("%d points of %d samples", len(s.points), n)
		}
		got, gotSum, held := -1.0, 0.0, 0
		for i, p := range s.points {
			if i > 0 && p.at <= s.points[i-1].at {
				t.Fatalf("point %d lies before the one before it", i)
			}
			got, gotSum, held = max(got, p.largest), gotSum+p.sum, held+p.n
		}
		if got != largest || gotSum != sum || held != n {
			t.Fatalf("largest %v, sum %v of %d samples; want %v, %v of %d", got, gotSum, held, largest, sum, n)
		}
	})
}

func TestBadge(t *testing.T) {
	good := at("idempotent", 0, 5000)
	good.Window.Committed = 1
	for want, change := range map[string]func(*result.Run){
		"good ✓ every promise held in 1 trial":                                   func(*result.Run) {},
		"good ✓ every promise held in 1 trial; 1 of them promised nothing":       func(r *result.Run) { r.Trials[0].Guarantee.Verdict = result.NotPromised },
		"bad ✗ the guarantee broke in 1 of 1 trial":                              func(r *result.Run) { r.Trials[0].Guarantee.Verdict = result.Broken },
		"open ? evidence is missing or a rate was not sustained in 1 of 1 trial": func(r *result.Run) { r.Trials[0].Sustained = new(false) },
		"open ? the run was stopped early":                                       func(r *result.Run) { r.Complete = false },
		"open ? no trial finished":                                               func(r *result.Run) { r.Trials = nil },
	} {
		r := &result.Run{Complete: true, Trials: []result.Trial{good}}
		change(r)
		if b := summarise(r).badge(); b.Class+" "+b.Text != want {
			t.Errorf("got %s %s, want %s", b.Class, b.Text, want)
		}
	}
}

func TestConfigurationSetsApartWhatDiffers(t *testing.T) {
	with := func(mode, acks string, linger string) result.Trial {
		trial := at(mode, 0, 5000)
		trial.ClientConfig = result.ClientConfig{Producer: map[string]string{"acks": acks, "linger.ms": "5"}, Reader: map[string]string{}}
		if linger != "" {
			trial.ClientConfig.Producer["linger.ms"] = linger
		}
		return trial
	}
	tables := summarise(&result.Run{Trials: []result.Trial{with("at-most-once", "0", ""), with("at-least-once", "-1", ""), with("idempotent", "-1", "")}}).configuration().Tables
	if len(tables) != 2 || len(tables[0].Rows) != 1 || len(tables[1].Rows) != 1 {
		t.Fatalf("got %+v", tables)
	}
	var heads []string
	for _, h := range tables[0].Heads {
		heads = append(heads, h.Text)
	}
	if want := []string{"property", "at-most-once", "at-least-once, idempotent (reference)"}; !slices.Equal(heads, want) {
		t.Errorf("got %q, want %q", heads, want)
	}
	row := tables[0].Rows[0].Cells
	if row[0].Text != "producer acks" || row[1].Class != "words differs" || row[1].Text != "0" || row[2].Class == "words differs" {
		t.Errorf("got %+v", row)
	}
	if got := tables[1].Rows[0].Cells; got[0].Text != "producer linger.ms" || got[1].Text != "5" || len(got) != 2 {
		t.Errorf("got %+v", got)
	}
}

// BenchmarkHTML makes a page of 10,000 trials, of many blocks or many cells, and says how large it is.
func BenchmarkHTML(b *testing.B) {
	for _, shape := range []struct{ cells, blocks int }{{10, 1000}, {100, 100}, {1000, 10}} {
		r := large(shape.cells, shape.blocks)
		b.Run(fmt.Sprintf("cells=%d/blocks=%d", shape.cells, shape.blocks), func(b *testing.B) {
			var page strings.Builder
			for b.Loop() {
				page.Reset()
				if err := HTML(&page, r, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(page.Len())/1e6, "MB")
		})
	}
}
