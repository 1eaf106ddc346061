package figure

import (
	"math"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// mostAlike is by how much the longest bars of panels may differ, so that those of none are too short to be compared.
const mostAlike = 8

// throughput is what each mode and transaction reads per second at max.
func throughput(s *set) (Figure, string, error) {
	cells := s.modes(both(atMax, has("read_per_s")))
	if len(cells) == 0 {
		return Figure{}, "no cell ran at max; at a fixed rate the throughput is the rate", nil
	}
	f := Figure{
		Title:   "Records read per second at max, by delivery mode and records per transaction",
		Caption: trials(cells, "Medians"),
	}
	const name, label = "read_per_s", "records read per second"
	all := rowGroups(cells)
	var r rowPanels
	if !alike(all, name) { // messages of 100 B and of 10 kB: bars from zero would vanish
		for _, g := range all {
			r.dots(g.title, g, "", func(c *compare.Cell) []reading {
				e, _ := estimate(c, name, 1)
				return []reading{{e, compact(e.Median)}}
			})
		}
		return r.figure(f, logarithmic(label, compact, 0.1, r.values...)), "", nil
	}
	for _, g := range all {
		r.bars(g, name, compact)
	}
	return r.figure(f, linear(label, compact, r.values...)), "", nil
}

// alike says whether the largest figure of every group is of about the same size.
func alike(all []group, name string) bool {
	least, most := math.Inf(1), 0.0
	for _, g := range all {
		largest := 0.0
		for _, c := range g.cells {
			if e, ok := estimate(c, name, 1); ok {
				largest = max(largest, e.Median)
			}
		}
		least, most = min(least, largest), max(most, largest)
	}
	return most <= mostAlike*least
}
