package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// mostLegible is how many panels side by side can be compared at the width of a README.
const mostLegible = 6

// few picks of cells at many rates those of some rates, so that they take no more panels than can be compared: of the rates that the most cells
// share the lowest, the highest, and others evenly between them. Cells without a rate stay. Where it leaves rates out, said says so.
func few(cells []*compare.Cell, panels func([]*compare.Cell) int) (chosen []*compare.Cell, said string) {
	rates, sharing := ratesOf(cells)
	if len(rates) < 3 || panels(cells) <= mostLegible {
		return cells, ""
	}
	var shared []float64
	for most := slices.Max(sharing); len(shared) < 2; most-- {
		shared = slices.DeleteFunc(slices.Clone(rates), func(r float64) bool { return sharing[slices.Index(rates, r)] < most })
	}
	for n := len(shared); n > 1; n-- {
		picked := evenly(shared, n)
		chosen = slices.DeleteFunc(slices.Clone(cells), func(c *compare.Cell) bool { return c.RatePerS() > 0 && !slices.Contains(picked, c.RatePerS()) })
		if panels(chosen) <= mostLegible {
			break
		}
	}
	shown, _ := ratesOf(chosen)
	if len(shown) == len(rates) {
		return cells, ""
	}
	return chosen, fmt.Sprintf(" %d of %d rates are drawn, spread over those that the most cells share; the figure rate has all.",
		len(shown), len(rates))
}

// ratesOf lists the rates of cells in ascending order, and how many cells ran at each.
func ratesOf(cells []*compare.Cell) (rates []float64, sharing []int) {
	count := map[float64]int{}
	for _, c := range cells {
		if c.RatePerS() > 0 {
			count[c.RatePerS()]++
		}
	}
	for r := range count {
		rates = append(rates, r)
	}
	slices.Sort(rates)
	for _, r := range rates {
		sharing = append(sharing, count[r])
	}
	return rates, sharing
}

// evenly picks n of ascending rates: the first, the last, and those nearest to equal steps of the logarithm between.
func evenly(rates []float64, n int) (picked []float64) {
	first, last := math.Log(rates[0]), math.Log(rates[len(rates)-1])
	for i := range n {
		wanted := first + (last-first)*float64(i)/float64(n-1)
		nearest := slices.MinFunc(rates, func(a, b float64) int {
			return cmp.Compare(math.Abs(math.Log(a)-wanted), math.Abs(math.Log(b)-wanted))
		})
		if !slices.Contains(picked, nearest) {
			picked = append(picked, nearest)
		}
	}
	return picked
}
