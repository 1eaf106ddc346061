package history

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

var (
	commit = Series{metric.Must("p99(commit_due)"), "mode=transactional,txn_size=100"}
	read   = Series{metric.Must("read_per_s"), "mode=at-least-once"}
)

func row(day int, values ...float64) Row {
	began := time.Date(2026, 11, day, 9, 30, 0, 0, time.UTC)
	return Row{Time: began, Release: "v1." + began.Format("2"), Run: began.Format("20060102"), Tool: "v1.0.0", Broker: "4.3.1", Client: "librdkafka 2.15.1", Gate: "pass", Values: values}
}

// Gates of one pipeline may end at once: the file has one head, and each run once.
func TestTwoAddAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.csv")
	var both sync.WaitGroup
	var added atomic.Int32
	for range 16 {
		both.Go(func() {
			ok, err := Append(path, []Series{commit}, row(1, 12_000))
			if err != nil {
				t.Error(err)
			}
			if ok {
				added.Add(1)
			}
		})
	}
	both.Wait()
	if f, err := Load(path); err != nil || len(f.Rows) != 1 || added.Load() != 1 {
		t.Errorf("%d added; %+v, %v", added.Load(), f, err)
	}
}

// A file that cannot be begun is known before anything is measured; one that holds nothing can be.
func TestWhereAFileBegins(t *testing.T) {
	refused(t, Fits(filepath.Join(t.TempDir(), "no", "h.csv"), []Series{commit}), "no is no directory: make it, or name another file")
	path := filepath.Join(t.TempDir(), "h.csv")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if added, err := Append(path, []Series{commit}, row(1, 12_000)); err != nil || !added {
		t.Error(added, err)
	}
}

func TestAFileGrowsByARowPerRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.csv")
	series := []Series{commit, read}
	if err := Fits(path, series); err != nil {
		t.Fatal(err)
	}
	later := row(3, 12_345.678, 91_000)
	later.Time = later.Time.Add(300 * time.Millisecond).In(time.FixedZone("", 7200))
	for i, r := range []Row{row(1, 12_000, 90_000), row(2, 1e-7, 1e21), later} {
		if added, err := Append(path, series, r); err != nil || !added {
			t.Fatalf("row %d: %v, %v", i, added, err)
		}
	}
	other := row(4, 80_000, 13_000)
	other.Release = "a, \"b\"\u00a0c" // as spelt by a pipeline
	if added, err := Append(path, []Series{read, commit}, other); err != nil || !added {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := `time,release,run,tool,broker,client,gate,"p99(commit_due) for mode=transactional,txn_size=100",read_per_s for mode=at-least-once
2026-11-01T09:30:00Z,v1.1,20261101,v1.0.0,4.3.1,librdkafka 2.15.1,pass,12000,90000
2026-11-02T09:30:00Z,v1.2,20261102,v1.0.0,4.3.1,librdkafka 2.15.1,pass,0.0000001,1000000000000000000000
2026-11-03T09:30:00Z,v1.3,20261103,v1.0.0,4.3.1,librdkafka 2.15.1,pass,12345.678,91000
2026-11-04T09:30:00Z,"a, ""b""` + "\u00a0" + `c",20261104,v1.0.0,4.3.1,librdkafka 2.15.1,pass,13000,80000
`
	if string(data) != want {
		t.Errorf("got\n%swant\n%s", data, want)
	}
	if added, err := Append(path, series, row(2, 5, 5)); added || err != nil {
		t.Errorf("a run that is there already: %v, %v", added, err)
	}
	f, err := Load(path)
	if err != nil || len(f.Rows) != 4 || !slices.Equal(f.Rows[3].Values, []float64{13_000, 80_000}) || f.Rows[3].Release != other.Release {
		t.Errorf("got %+v, %v", f, err)
	}
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	if _, ok := errors.AsType[*workload.UsageError](err); !ok || !strings.Contains(err.Error(), want) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestRowsThatDoNotFit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.csv")
	if _, err := Append(path, []Series{commit}, row(5, 1)); err != nil {
		t.Fatal(err)
	}
	was, _ := os.ReadFile(path)
	for want, series := range map[string][]Series{
		`it has no column "read_per_s for mode=at-least-once": gate the same figures`:                  {commit, read},
		`it has a column "p99(commit_due) for mode=transactional,txn_size=100", which is not gated`:    {},
		`it has no column "read_per_s for mode=at-least-once", and "p99(commit_due) for mode=transact`: {read},
	} {
		refused(t, Fits(path, series), want)
		_, err := Append(path, series, row(6, make([]float64, len(series))...))
		refused(t, err, want)
	}
	_, err := Append(path, []Series{commit}, row(4, 1))
	refused(t, err, "run 20261104 began before 20261105, the last one there: a history grows at its end")
	if is, _ := os.ReadFile(path); string(is) != string(was) {
		t.Errorf("it was written to:\n%s", is)
	}
}

func TestParseRefuses(t *testing.T) {
	const head = "time,release,run,tool,broker,client,gate,read_per_s for a\n"
	const first = "2026-11-01T09:30:00Z,v1,r1,t,b,c,pass,1\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":              {"", "h.csv: the file is empty: remove it"},
		"cut short":          {head + first + "2026-11", "h.csv:3: the last line is cut short"},
		"foreign":            {"time,commit,metric1\n", "h.csv:1: the columns don't begin with time, release, run"},
		"unknown figure":     {strings.Replace(head, "read_per_s", "read_per", 1), `h.csv:1: column "read_per for a": "read_per" is no figure of a trial`},
		"no cell":            {strings.Replace(head, " for a", "", 1), `no figure of a cell`},
		"a column twice":     {strings.TrimSpace(head) + ",read_per_s for a\n", `h.csv:1: column "read_per_s for a" is there twice`},
		"too few columns":    {head + "2026-11-01T09:30:00Z,v1\n", "h.csv:2: wrong number of fields"},
		"no time":            {head + strings.Replace(first, "2026-", "", 1), `h.csv:2: "11-01T09:30:00Z" is no time`},
		"no number":          {head + first + strings.Replace(strings.Replace(first, "r1", "r2", 1), ",1\n", ",\n", 1), `h.csv:3: "" is no number`},
		"not a number":       {head + strings.Replace(first, ",1\n", ",NaN\n", 1), `h.csv:2: "NaN" is no number`},
		"an order":           {head + first + strings.Replace(strings.Replace(first, "2026", "2025", 1), "r1", "r2", 1), "h.csv:3: the run began before that of the line above"},
		"a run twice":        {head + first + first, "h.csv:3: run r1 is there twice"},
		"an open quote":      {head + strings.Replace(first, "v1", `"v1`, 1), "h.csv:"},
		"a quote in between": {head + strings.Replace(first, "v1", `v"1`, 1), "h.csv:2: "},
		"not CSV":            {`a"b` + "\n", "h.csv:1: not CSV"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("h.csv", []byte(c.text))
			refused(t, err, c.want)
		})
	}
	_, err := Load(filepath.Join(t.TempDir(), "none.csv"))
	refused(t, err, "none.csv: no such file or directory: name a file that 'gate --history' wrote")
}

// TestEveryRowReadsBack whatever a pipeline calls its releases.
func TestEveryRowReadsBack(t *testing.T) {
	dir := t.TempDir()
	files := 0
	rapid.Check(t, func(t *rapid.T) {
		files++
		path := filepath.Join(dir, time.Unix(int64(files), 0).Format("150405")+".csv")
		text := rapid.StringMatching(`[^\x00-\x1f]*`)
		want := Row{Time: time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 0).UTC(), Release: text.Draw(t, "release"), Run: "r", Tool: text.Draw(t, "tool"), Gate: "fail",
			Values: []float64{rapid.Float64Min(0).Draw(t, "value")}}
		os.Remove(path)
		if _, err := Append(path, []Series{read}, want); err != nil {
			t.Fatal(err)
		}
		f, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		got := f.Rows[0]
		if !got.Time.Equal(want.Time) || got.Release != want.Release || got.Tool != want.Tool || got.Values[0] != want.Values[0] {
			t.Fatalf("wrote %+v, read %+v", want, got)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("time,release,run,tool,broker,client,gate,\"p99(e2e) for mode=a,b=c\"\n2026-11-01T09:30:00Z,v1,r1,t,b,c,pass,1\n")
	f.Add("time,release,run,tool,broker,client,gate\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("h.csv", []byte(text))
		if err != nil {
			return
		}
		records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(records) != 1+len(file.Rows) {
			t.Errorf("%d rows of %d records, %v", len(file.Rows), len(records), err)
		}
		for _, r := range file.Rows {
			if len(r.Values) != len(file.Series) {
				t.Errorf("%d values in %d columns", len(r.Values), len(file.Series))
			}
		}
	})
}
