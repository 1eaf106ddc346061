package figure

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
	for _, facet := range facets(cells) {
		f.panels = append(f.panels, bars(facet.title, "records read per second", facet.cells, "read_per_s", compact))
	}
	return rowFigure(f), "", nil
}
