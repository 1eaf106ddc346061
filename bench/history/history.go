// Package history keeps what gated runs measured, a row each, in the CSV file that change-point tools such as Apache Otava read: a time, attributes
// as they are, and a number in every column of a figure. Otava's CsvImporter is what the form follows: a column time that its dateparser
// understands, numbers that Python's float does, and nothing missing.
package history

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Series is a column: a figure of a cell, in the figure's unit.
type Series struct {
	Metric metric.Metric
	Cell   string // its name
}

// of joins the figure and the cell in a column's name, as in a gate's rules.
const of = " for "

// String is the column's name: p99(commit_due) for mode=transactional,txn_size=100.
func (s Series) String() string { return s.Metric.Name + of + s.Cell }

// attributes are the columns before those of figures. The first is a time, the others are text.
var attributes = []string{"time", "release", "run", "tool", "broker", "client", "gate"}

// Row is one gated run.
type Row struct {
	Time    time.Time // when the run began
	Release string    // what was gated, as its pipeline calls it
	Run     string    // its id
	Tool    string    // version that measured
	Broker  string    // version; empty where it is not known
	Client  string    // library and version
	Gate    string    // outcome: pass, fail, inconclusive
	Values  []float64 // one per series
}

// File is a history. Its rows are in the order of time.
type File struct {
	Series []Series
	Rows   []Row
}

// Parse reads a history strictly. Its error, a *workload.UsageError, names the file and the line.
func Parse(name string, data []byte) (*File, error) {
	refuse := func(line int, problem string, args ...any) error {
		return &workload.UsageError{Where: fmt.Sprintf("%s:%d", name, line), Problem: fmt.Sprintf(problem, args...), Remedy: "put the file back as it was, or begin another"}
	}
	if len(data) > 0 && data[len(data)-1] != '\n' {
		return nil, refuse(1+bytes.Count(data, []byte("\n")), "the last line is cut short")
	}
	r := csv.NewReader(bytes.NewReader(data))
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, &workload.UsageError{Where: name, Problem: "the file is empty", Remedy: "remove it: the first gated run begins it"}
	}
	if err != nil {
		return nil, refuse(1, "not CSV (%v)", err)
	}
	if len(head) < len(attributes) || !slices.Equal(head[:len(attributes)], attributes) {
		return nil, refuse(1, "the columns don't begin with %s: no history of kafka-eos-bench", strings.Join(attributes, ", "))
	}
	f := &File{}
	for _, column := range head[len(attributes):] {
		s, err := parseSeries(column)
		if err != nil {
			return nil, refuse(1, "column %q: %v", column, err)
		}
		if slices.ContainsFunc(f.Series, func(other Series) bool { return other.String() == s.String() }) {
			return nil, refuse(1, "column %q is there twice", column)
		}
		f.Series = append(f.Series, s)
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		line, _ := r.FieldPos(0)
		if err != nil {
			if e, ok := errors.AsType[*csv.ParseError](err); ok {
				line, err = e.Line, e.Err
			}
			return nil, refuse(line, "%v", err)
		}
		row, err := parseRow(record)
		if err != nil {
			return nil, refuse(line, "%v", err)
		}
		if n := len(f.Rows); n > 0 && row.Time.Before(f.Rows[n-1].Time) {
			return nil, refuse(line, "the run began before that of the line above")
		}
		if f.row(row.Run) >= 0 {
			return nil, refuse(line, "run %s is there twice", row.Run)
		}
		f.Rows = append(f.Rows, row)
	}
}

func parseSeries(column string) (Series, error) {
	name, cell, found := strings.Cut(column, of)
	m, err := metric.Parse(name)
	switch {
	case err != nil:
		return Series{}, err
	case !found || cell == "" || m.Name != name:
		return Series{}, errors.New("no figure of a cell")
	}
	return Series{m, cell}, nil
}

func parseRow(record []string) (Row, error) {
	began, err := time.Parse(time.RFC3339, record[0])
	if err != nil {
		return Row{}, fmt.Errorf("%q is no time", record[0])
	}
	row := Row{Time: began, Release: record[1], Run: record[2], Tool: record[3], Broker: record[4], Client: record[5], Gate: record[6]}
	for _, text := range record[len(attributes):] {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return Row{}, fmt.Errorf("%q is no number", text)
		}
		row.Values = append(row.Values, v)
	}
	return row, nil
}

// row is where a run is, -1 where it is not.
func (f *File) row(run string) int {
	return slices.IndexFunc(f.Rows, func(r Row) bool { return r.Run == run })
}

// Load reads a history's file.
func Load(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &workload.UsageError{Problem: err.Error(), Remedy: "name a file that 'gate --history' wrote"}
	}
	return Parse(path, data)
}

// Fits says why rows of these series cannot go to a file, before there is one to be written: a *workload.UsageError. A file that does not exist
// takes any.
func Fits(path string, series []Series) error {
	_, err := fitting(path, series)
	return err
}

// fitting is the history that a file holds, nil where it does not exist yet, or holds nothing.
func fitting(path string, series []Series) (*File, error) {
	info, err := os.Stat(path)
	switch folder := filepath.Dir(path); {
	case err == nil && info.Size() == 0:
		return nil, nil
	case errors.Is(err, os.ErrNotExist):
		if in, err := os.Stat(folder); err != nil || !in.IsDir() {
			return nil, &workload.UsageError{Where: path, Problem: folder + " is no directory", Remedy: "make it, or name another file"}
		}
		return nil, nil
	}
	f, err := Load(path)
	if err != nil {
		return nil, err
	}
	var lacks, has []string
	for _, name := range names(series) {
		if !slices.Contains(names(f.Series), name) {
			lacks = append(lacks, name)
		}
	}
	for _, name := range names(f.Series) {
		if !slices.Contains(names(series), name) {
			has = append(has, name)
		}
	}
	var problem string
	switch {
	case len(lacks) > 0 && len(has) > 0:
		problem = fmt.Sprintf("it has no column %q, and %q, which is not gated", lacks[0], has[0])
	case len(lacks) > 0:
		problem = fmt.Sprintf("it has no column %q", lacks[0])
	case len(has) > 0:
		problem = fmt.Sprintf("it has a column %q, which is not gated", has[0])
	default:
		return f, nil
	}
	return nil, &workload.UsageError{Where: path, Problem: problem, Remedy: "gate the same figures of the same cells, or begin another file"}
}

func names(series []Series) (all []string) {
	for _, s := range series {
		all = append(all, s.String())
	}
	return all
}

// Append adds a run to a file, which it begins where there is none. False: the run is in it already, and nothing was written. The error is a
// *workload.UsageError where the file is none, has other columns, or has a later run.
func Append(path string, series []Series, row Row) (added bool, err error) {
	if err := Fits(path, series); err != nil {
		return false, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return false, fmt.Errorf("add to the history: %w; name another file with --history", err)
	}
	defer func() {
		if e := file.Close(); err == nil && e != nil {
			added, err = false, fmt.Errorf("add to the history: %w", e)
		}
	}()
	if err := locked(file); err != nil {
		return false, err
	}
	return appended(file, path, series, row)
}

// locked waits until no other process adds to the file, which takes them no longer than a write. Closing the file unlocks it.
func locked(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("lock the history %s: %w; name a file on a disk that can be locked with --history", file.Name(), err)
		}
		return nil
	}
}

// appended adds a run to what the file holds now.
func appended(file *os.File, path string, series []Series, row Row) (bool, error) {
	f, err := fitting(path, series)
	if err != nil {
		return false, err
	}
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	if f == nil {
		f = &File{Series: series}
		if err := w.Write(append(slices.Clone(attributes), names(series)...)); err != nil {
			return false, fmt.Errorf("add to the history: %w", err)
		}
	}
	if f.row(row.Run) >= 0 {
		return false, nil
	}
	row.Time = row.Time.UTC().Truncate(time.Second)
	if n := len(f.Rows); n > 0 && row.Time.Before(f.Rows[n-1].Time) {
		return false, &workload.UsageError{Where: path, Problem: fmt.Sprintf("run %s began before %s, the last one there", row.Run, f.Rows[n-1].Run),
			Remedy: "a history grows at its end: gate runs in the order they were measured, or begin another file"}
	}
	record := []string{row.Time.Format(time.RFC3339), row.Release, row.Run, row.Tool, row.Broker, row.Client, row.Gate}
	for _, name := range names(f.Series) {
		record = append(record, strconv.FormatFloat(row.Values[slices.Index(names(series), name)], 'f', -1, 64))
	}
	if err := w.Write(record); err != nil {
		return false, fmt.Errorf("add to the history: %w", err)
	}
	w.Flush()
	if _, err := file.Write(text.Bytes()); err != nil {
		return false, fmt.Errorf("add to the history: %w", err)
	}
	return true, nil
}
