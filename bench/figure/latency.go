package figure

import "github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"

// latency is e2e at the median and at p99 of each cell that had a rate to hold.
func latency(s *set) (Figure, string, error) {
	cells := s.modes(both(atRate, has("p50(e2e)")))
	if len(cells) == 0 {
		return Figure{}, "no cell that had a rate to hold has an e2e p50; at max latencies measure the queue", nil
	}
	cells, fewer := few(cells, func(cells []*compare.Cell) int { return len(rowGroups(cells)) })
	f := Figure{
		Title:   "End-to-end latency, by delivery mode and records per transaction",
		Caption: "From when a record was due until it was read: p50 · p99. " + trials(cells, "Medians") + fewer + hollowNote(cells),
		keys:    percentileKeys(cells, has("p99(e2e)")),
	}
	var r rowPanels
	for _, g := range rowGroups(cells) {
		r.dots(g.title, g, " ms", func(c *compare.Cell) (all []reading) {
			for _, name := range []string{"p50(e2e)", "p99(e2e)"} {
				if e, ok := estimate(c, name, 1e-3); ok {
					all = append(all, reading{e, digits(e.Median)})
				}
			}
			return all
		})
	}
	return r.figure(f, logarithmic("end-to-end latency, ms", digits, 0.1, r.values...)), "", nil
}

// percentileKeys are a legend of p50 and, where any cell has it, p99.
func percentileKeys(cells []*compare.Cell, p99 func(*compare.Cell) bool) []key {
	keys := []key{{text: "p50, in the mode's shape", look: look{ink: muted, shape: circle}, mark: true}}
	for _, c := range cells {
		if p99(c) {
			return append(keys, key{text: "p99", look: look{ink: muted, shape: upright}, mark: true})
		}
	}
	return keys
}
