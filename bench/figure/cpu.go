package figure

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
	for _, facet := range facets(cells) {
		title := func(side string) string {
			if facet.title == "" {
				return side
			}
			return side + ", " + facet.title
		}
		f.panels = append(f.panels, bars(title("client"), "CPU µs per record", facet.cells, "client_cpu_us_per_record", digits))
		if broker := bars(title("broker"), "CPU µs per record", facet.cells, "broker_cpu_us_per_record", digits); len(broker.layers) > 0 {
			f.panels = append(f.panels, broker)
		}
	}
	return rowFigure(f), "", nil
}
