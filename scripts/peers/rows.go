package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// figures are what a run showed.
type figures struct {
	records        int64   // that the process sent or read in all
	perSecond      float64 // compared
	wholePerSecond float64 // where a peer's first third is left out of perSecond, its own figure over everything
	cpu            time.Duration
}

// startCell names the rows that say what a program's start and end cost.
const startCell = "start"

// row is one run in the file.
type row struct {
	round    int
	cell     string
	arm      arm
	position int // in its round, from 1
	figures
}

var header = []string{"round", "cell", "arm", "position", "records", "records_per_s", "whole_records_per_s", "cpu_s"}

func (r row) fields() []string {
	return []string{
		strconv.Itoa(r.round), r.cell, string(r.arm), strconv.Itoa(r.position), strconv.FormatInt(r.records, 10),
		strconv.FormatFloat(r.perSecond, 'f', 1, 64), strconv.FormatFloat(r.wholePerSecond, 'f', 1, 64),
		strconv.FormatFloat(r.cpu.Seconds(), 'f', 3, 64),
	}
}

// rowWriter appends rows to a file, each as soon as it is known: a run that is ended keeps them.
type rowWriter struct {
	file *os.File
	csv  *csv.Writer
}

// createRows starts a file with facts as comments. It overwrites none.
func createRows(path string, facts []string) (*rowWriter, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	for _, fact := range facts {
		fmt.Fprintf(f, "# %s\n", fact)
	}
	w := &rowWriter{f, csv.NewWriter(f)}
	return w, w.write(header)
}

func (w *rowWriter) add(r row) error { return w.write(r.fields()) }

func (w *rowWriter) write(fields []string) error {
	if err := w.csv.Write(fields); err != nil {
		return err
	}
	w.csv.Flush()
	return w.csv.Error()
}

// stored are the rows of a file with the facts that head it.
type stored struct {
	facts []string
	rows  []row
}

func loadRows(path string) (stored, error) {
	f, err := os.Open(path)
	if err != nil {
		return stored{}, err
	}
	defer f.Close()
	s, err := readRows(f)
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func readRows(r io.Reader) (stored, error) {
	var s stored
	text, err := io.ReadAll(r)
	if err != nil {
		return s, err
	}
	for line := range strings.Lines(string(text)) {
		fact, ok := strings.CutPrefix(line, "# ")
		if !ok {
			break
		}
		s.facts = append(s.facts, strings.TrimSpace(fact))
	}
	lines := csv.NewReader(strings.NewReader(string(text)))
	lines.Comment = '#'
	lines.FieldsPerRecord = len(header)
	all, err := lines.ReadAll()
	if err != nil {
		return s, err
	}
	if len(all) == 0 || !slices.Equal(all[0], header) {
		return s, fmt.Errorf("its first line is not %s", strings.Join(header, ","))
	}
	for i, fields := range all[1:] {
		parsed, err := parseRow(fields)
		if err != nil {
			return s, fmt.Errorf("row %d: %w", i+1, err)
		}
		s.rows = append(s.rows, parsed)
	}
	return s, nil
}

func parseRow(fields []string) (row, error) {
	var numbers [6]float64
	for i, at := range []int{0, 3, 4, 5, 6, 7} {
		n, err := strconv.ParseFloat(fields[at], 64)
		if err != nil {
			return row{}, fmt.Errorf("%s: %w", header[at], err)
		}
		numbers[i] = n
	}
	return row{
		round: int(numbers[0]), cell: fields[1], arm: arm(fields[2]), position: int(numbers[1]),
		figures: figures{
			records: int64(numbers[2]), perSecond: numbers[3], wholePerSecond: numbers[4],
			cpu: time.Duration(numbers[5] * float64(time.Second)),
		},
	}, nil
}
