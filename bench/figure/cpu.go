package figure

import "github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"

// cpu is what a record takes of the client's and of the broker's processor.
func cpu(s *set) (Figure, string, error) {
	cells := s.modes(has("client_cpu_us_per_record"))
	if len(cells) == 0 {
		return Figure{}, "no cell has the processor time of all its trials", nil
	}
	f := Figure{
		Title:   "Processor time per record, by delivery mode and records per transaction",
		Caption: trials(cells, "Medians") + " The client includes the tool: generator, readers, checks." + hollowNote(cells),
	}
	sides := []struct{ name, figure string }{{"client", "client_cpu_us_per_record"}, {"broker", "broker_cpu_us_per_record"}}
	if rates, _ := ratesOf(cells); len(rates) > 2 { // a line over the rate in place of a panel for each
		var some []*compare.Cell
		some, cells = split(cells, func(c *compare.Cell) bool { return c.RatePerS() > 0 })
		f.keys = lineKeys(some)
		f.Title = "Processor time per record against the rate, by delivery mode; numbers at lines: records per transaction"
		var over rateLines
		for _, facet := range facets(some, compare.AxisRate) {
			for _, side := range sides {
				over.add(joined(side.name, facet.title), facet, side.figure, 1)
			}
		}
		f = over.figure(f, "CPU µs per record")
	}
	var r rowPanels
	for _, g := range rowGroups(cells) {
		for _, side := range sides {
			r.dots(joined(side.name, g.title), g, "", func(c *compare.Cell) []reading {
				e, ok := estimate(c, side.figure, 1)
				if !ok {
					return nil
				}
				return []reading{{e, digits(e.Median)}}
			})
		}
	}
	return r.figure(f, logarithmic("CPU µs per record", digits, 0.1, r.values...)), "", nil
}

// split parts cells by a condition.
func split(cells []*compare.Cell, is func(*compare.Cell) bool) (those, others []*compare.Cell) {
	for _, c := range cells {
		if is(c) {
			those = append(those, c)
		} else {
			others = append(others, c)
		}
	}
	return those, others
}
