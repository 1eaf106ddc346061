package gate

import (
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// Gated is a figure of a cell that rules speak of.
type Gated struct {
	Metric metric.Metric
	Cell   *compare.Cell
}

// Figures are those that rules speak of, of each cell once, in the order of the rules and cells: what a history of gated runs keeps. Counts are left
// out: one that is not what it should be fails, and is no trend. The rules have passed Check on the run.
func Figures(rules []Rule, run *compare.Run) (all []Gated) {
	for _, r := range rules {
		cells, err := r.cells(run)
		if err != nil || r.Kind == Count {
			continue
		}
		for _, c := range cells {
			if !slices.ContainsFunc(all, func(g Gated) bool { return g.Cell == c && g.Metric.Name == r.Metric.Name }) {
				all = append(all, Gated{r.Metric, c})
			}
		}
	}
	return all
}

// Value is the figure's median over the trials of its run; missing says why it does not stand, and is empty where it does.
func (g Gated) Value(run *compare.Run) (v float64, missing string) {
	gap := unfit(run, g.Cell)
	if gap == nil {
		gap = Rule{Metric: g.Metric}.thin(g.Cell)
	}
	if gap != nil {
		return 0, gap.reason
	}
	return *g.Cell.Median(g.Metric), ""
}
