package compare

import (
	"fmt"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// CycleFit splits the time that a producer at max takes for a transaction, from one to the next, into what each costs whatever it
// holds and what each of its records costs.
type CycleFit struct {
	Name     string        // what its cells share: rate=max,partitions=6
	Fixed    stats.Bounded // µs per transaction, with its 95% interval
	Marginal stats.Bounded // µs per record of it
	Points   []CyclePoint  // by rising size
	Weights  string        // how the points were weighed
	Notes    []string      // what was left out, and why

	line stats.Fit
}

// CyclePoint is one transaction size as measured.
type CyclePoint struct {
	Cell     *Cell
	Records  int     // per transaction
	CycleUS  float64 // mean over the blocks
	Blocks   int
	Residual float64 // µs: CycleUS − the line
}

// Prediction is what the line says of a size.
type Prediction struct {
	Records int
	CycleUS stats.Bounded // µs per transaction; its interval is the line's
	Outside bool          // no size as small or none as large was measured: the line is stretched beyond its evidence
}

// fewTransactions per producer make a trial's figures of transactions inconclusive (METHOD).
const fewTransactions = 30

// fewPoints leave a line nothing to miss: two points always lie on one.
const fewPoints = 3

// fewBlocks have a variance that says little: weights made of it leave the intervals too narrow, where the plain supposition that the spread
// grows with the time does not.
const fewBlocks = 10

// CycleFits fits a line to each group of transactional cells at max that differ in transaction size only and have three sizes or more to show.
func (r *Run) CycleFits() []CycleFit {
	var fits []CycleFit
	for _, cells := range r.families((*Cell).shared) {
		cells = slices.DeleteFunc(slices.Clone(cells), func(c *Cell) bool {
			return c.TxnSize() == 0 || c.Axes[AxisTxnInterval] != nil || c.Control() || !c.AtMax() || c.whole(AxisProducers) == 0
		})
		slices.SortFunc(cells, func(a, b *Cell) int { return a.TxnSize() - b.TxnSize() })
		if f, ok := r.cycleFit(cells); ok {
			fits = append(fits, f)
		}
	}
	return fits
}

func (r *Run) cycleFit(cells []*Cell) (CycleFit, bool) {
	var f CycleFit
	var x, y, precise, relative []float64
	for _, c := range cells {
		cycles, why := c.cycles()
		if why != "" {
			f.Notes = append(f.Notes, fmt.Sprintf("%d records per transaction left out: %s", c.TxnSize(), why))
			continue
		}
		mean, variance := moments(cycles)
		f.Points = append(f.Points, CyclePoint{Cell: c, Records: c.TxnSize(), CycleUS: mean, Blocks: len(cycles)})
		x, y = append(x, float64(c.TxnSize())), append(y, mean)
		relative = append(relative, 1/(mean*mean))
		if len(cycles) >= fewBlocks && variance > 0 {
			precise = append(precise, float64(len(cycles))/variance)
		}
	}
	if len(f.Points) < fewPoints {
		return CycleFit{}, false
	}
	weights := precise
	f.Weights = "1 ÷ variance between blocks"
	if len(precise) < len(x) {
		weights, f.Weights = relative, "1 ÷ time²"
	}
	var ok bool
	if f.line, ok = stats.Line(x, y, weights, Confidence); !ok {
		return CycleFit{}, false
	}
	f.Name = r.name(f.Points[0].Cell)
	f.Fixed, f.Marginal = f.line.Intercept, f.line.Slope
	for i := range f.Points {
		f.Points[i].Residual = f.line.Residuals[i]
	}
	return f, true
}

// Predict reads the line at a size, measured or not.
func (f CycleFit) Predict(records int) Prediction {
	return Prediction{Records: records, CycleUS: f.line.At(float64(records)),
		Outside: records < f.Points[0].Records || records > f.Points[len(f.Points)-1].Records}
}

// cycles are the mean times, in µs, from one transaction of a producer to its next, of each usable trial; or why they say nothing.
func (c *Cell) cycles() (us []float64, why string) {
	if why := c.Unfit(); why != "" {
		return nil, why
	}
	for _, t := range c.Usable {
		cycle, enough := cycle(t, float64(c.whole(AxisProducers)))
		if !enough {
			return nil, fmt.Sprintf("fewer than %d transactions per producer in a window", fewTransactions)
		}
		us = append(us, cycle)
	}
	return us, ""
}

// cycle counts aborted transactions too: they take their turn like others.
func cycle(t *result.Trial, producers float64) (us float64, enough bool) {
	if t.Transactions == nil {
		return 0, false
	}
	n := float64(t.Transactions.Committed + t.Transactions.Aborted)
	return producers * t.WindowS * 1e6 / n, n >= fewTransactions*producers && t.WindowS > 0
}

// moments returns the mean of values and their variance, 0 of a single one.
func moments(values []float64) (mean, variance float64) {
	mean = stats.Mean(values)
	for _, v := range values {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / float64(max(1, len(values)-1))
}
