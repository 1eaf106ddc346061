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
	var r rowPanels
	for _, g := range rowGroups(cells) {
		r.bars(g, "read_per_s", compact)
	}
	return r.figure(f, linear("records read per second", compact, r.values...)), "", nil
}
