package compare

import (
	"math"
	"testing"
)

func TestOverIsTheMedianOfTheRunsMedians(t *testing.T) {
	var cells []*Cell
	for _, us := range [][]float64{{100, 300}, {900, 1100}, {500}, {400}, {700}} {
		cells = append(cells, run(blocks(at, "idempotent", us)).Cells[0])
	}
	if e, ok := Over(cells, e2e); !ok || e.Median != 500 || e.N != 5 || !math.IsNaN(e.Lo) || !math.IsNaN(e.Hi) {
		t.Errorf("200, 1000, 500, 400 and 700 make %+v", e)
	}
	cells = append(cells, run(blocks(at, "idempotent", []float64{600})).Cells[0])
	if e, ok := Over(cells, e2e); !ok || e.Median != 550 || e.Lo != 200 || e.Hi != 1000 {
		t.Errorf("of six: %+v", e)
	}
	if e, ok := Over(cells, hold); ok {
		t.Errorf("a figure that no run has: %+v", e)
	}
}
