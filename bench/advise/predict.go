package advise

import (
	"fmt"
	"math"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// Prediction is the size at which a transaction's cycle time, as fitted to the sizes that were run, reaches the budget. It is a place
// to measure next and recommends nothing.
type Prediction struct {
	Size       int     `json:"txn_size"`    // rounded up to two digits
	FixedUS    float64 `json:"fixed_us"`    // of a transaction at max, whatever it holds
	MarginalUS float64 `json:"marginal_us"` // of each of its records
	Beyond     bool    `json:"beyond"`      // larger than any that was run: the fit is stretched
}

// predict looks for a size between those that miss the budget and those that keep it, or above all that miss it. Nil where there is none, or
// the fit contradicts what was measured.
func (s *setup) predict(steps []Candidate, budget float64) *Prediction {
	first := slices.IndexFunc(steps, func(c Candidate) bool { return c.Cost.Verdict == Meets })
	beyond := first < 0
	if beyond {
		first = len(steps)
	}
	below := lastIndex(steps[:first], func(c Candidate) bool { return c.Cost.Verdict == Misses })
	if below < 0 || beyond && below != len(steps)-1 {
		return nil
	}
	for _, fit := range s.fits() {
		cell := fit.Points[0].Cell
		if cell.Mode != steps[0].Mode || cell.Base == nil {
			continue
		}
		reference := cell.Base.Median(metric.Must("read_per_s"))
		if reference == nil {
			continue
		}
		perUS := (1 - budget) * *reference / producers(cell) / 1e6 // records that a producer has to get through
		size := roundUp(perUS * fit.Fixed.Value / (1 - perUS*fit.Marginal.Value))
		if size > float64(steps[below].size()) && (beyond && size < math.MaxInt32 || !beyond && size < float64(steps[first].size())) {
			return &Prediction{Size: int(size), FixedUS: fit.Fixed.Value, MarginalUS: fit.Marginal.Value, Beyond: beyond}
		}
	}
	return nil
}

// fits are the lines through this setup's sizes.
func (s *setup) fits() []compare.CycleFit {
	var fits []compare.CycleFit
	for _, r := range s.runs {
		for _, f := range r.CycleFits() {
			if slices.Contains(s.cells, f.Points[0].Cell) {
				fits = append(fits, f)
			}
		}
	}
	return fits
}

func (p *Prediction) String() string {
	beyond := ""
	if p.Beyond {
		beyond = ", beyond all sizes that were run"
	}
	return fmt.Sprintf("A prediction, not a measurement: a transaction's cycle at max fits %s + %s µs a record, which reaches the budget at about %s%s: "+
		"run --txn-size %d to know.", latency(p.FixedUS), figure(p.MarginalUS), records(p.Size), beyond, p.Size)
}
