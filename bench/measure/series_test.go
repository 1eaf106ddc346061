package measure

import (
	"bytes"
	"math"
	"testing"
)

func TestSeries(t *testing.T) {
	var out bytes.Buffer
	s := NewSeries(&out, []string{"elapsed_s", "hold", "age_ms"})
	for _, row := range [][]float64{{0.1, 5, 0}, {0.25, math.NaN(), 1e9}, {12345678.5, 0, math.NaN()}} {
		if err := s.Row(row...); err != nil {
			t.Fatal(err)
		}
	}
	want := "elapsed_s,hold,age_ms\n0.1,5,0\n0.25,,1000000000\n12345678.5,0,\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	if err := s.Row(1, 2); err == nil || err.Error() != "a sample of 2 values for 3 columns" {
		t.Errorf("got %v", err)
	}
}

func TestSeriesReportsItsWriter(t *testing.T) {
	none := full(0)
	if err := NewSeries(&none, []string{"a", "b"}).Row(1, 2); err == nil ||
		err.Error() != "write the sample series: no space left" {
		t.Errorf("got %v", err)
	}
}
