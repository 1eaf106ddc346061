package figure

// latency is e2e at the median and at p99 of each cell that had a rate to hold.
func latency(s *set) (Figure, string, error) {
	cells := s.modes(both(atRate, has("p50(e2e)")))
	if len(cells) == 0 {
		return Figure{}, "no cell that had a rate to hold has an e2e p50; at max latencies measure the queue", nil
	}
	f := Figure{
		Title:   "End-to-end latency, by delivery mode and records per transaction",
		Caption: "From when a record was due until it was read: p50 · p99. " + trials(cells, "Medians") + hollowNote(cells),
		keys: []key{
			{text: "p50, in the mode's shape", look: look{ink: muted, shape: circle}, mark: true},
			{text: "p99", look: look{ink: muted, shape: upright}, mark: true},
		},
	}
	all := facets(cells)
	room := 0.16
	if len(all) > 1 {
		room = 0.4
	}
	for _, facet := range all {
		f.panels = append(f.panels, latencyRows(facet, "end-to-end latency, ms", room))
	}
	return rowFigure(f), "", nil
}
