package report

import "slices"

// leadWith makes a search for capacity what the page is about: its question, its answer and its tables come first.
func (p *page) leadWith(s *searches) {
	p.Title, p.Question, p.Answer = s.heading(), "Which rate does each delivery mode hold here, and did its guarantee?", s.verdict()
	p.Facts = nil
	for _, l := range s.header() {
		p.Facts = append(p.Facts, fact{l.name, l.text})
	}
	if len(s.all) > 0 {
		p.Sections = slices.Insert(p.Sections, 0, s.section())
	}
}

// section shows what was found, and every rate that was probed.
func (s *searches) section() section {
	return section{
		ID: "capacity", Title: "The highest rate that holds",
		Tables: []htmlTable{htmlTableOf("What each cell holds", s.found()), htmlTableOf("Every rate that was probed", s.points())},
		Legend: slices.Concat(s.legend(), s.shows()),
	}
}
