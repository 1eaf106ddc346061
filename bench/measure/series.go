package measure

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Series writes samples taken at intervals as CSV, each row as it comes. It is not safe for concurrent use.
type Series struct {
	csv *csv.Writer
	row []string
}

// NewSeries writes the head of a series. An error of the writer is answered by the first Row.
func NewSeries(w io.Writer, columns []string) *Series {
	s := &Series{csv: csv.NewWriter(w), row: make([]string, len(columns))}
	_ = s.csv.Write(columns)
	s.csv.Flush()
	return s
}

// Row writes a sample: one value per column, NaN where there is none, which leaves the field empty.
func (s *Series) Row(values ...float64) error {
	if len(values) != len(s.row) {
		return fmt.Errorf("a sample of %d values for %d columns", len(values), len(s.row))
	}
	for i, v := range values {
		s.row[i] = ""
		if !math.IsNaN(v) {
			s.row[i] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	_ = s.csv.Write(s.row)
	s.csv.Flush()
	if err := s.csv.Error(); err != nil {
		return fmt.Errorf("write the sample series: %w", err)
	}
	return nil
}
