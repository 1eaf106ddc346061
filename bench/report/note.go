package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// note is a warning as a footnote.
type note struct {
	text  string
	cells []*cell // that it concerns; empty: the run as a whole
	times int     // how often it was given, by trials

	low, high []string // what its figures range over where trials word it with different ones
}

// takeNotes gathers the run's and the trials' warnings, and why a guarantee did not hold, each once, and marks
// the cells they concern.
func (s *summary) takeNotes() {
	for _, w := range s.run.Warnings {
		s.note(nil, w)
	}
	for _, c := range s.cells {
		for _, t := range c.Trials {
			if t.Guarantee.Verdict != result.Held {
				for _, reason := range t.Guarantee.Reasons {
					s.note(c, strings.ReplaceAll(string(t.Guarantee.Verdict), "_", " ")+": "+reason)
				}
			}
			for _, w := range t.Warnings {
				s.note(c, w)
			}
			if !t.Complete {
				s.note(c, "stopped early: its figures cover what was measured until then")
			}
		}
	}
	slices.SortStableFunc(s.notes, func(a, b note) int { return order(s.everywhere(a)) - order(s.everywhere(b)) })
	for i, n := range s.notes {
		if s.everywhere(n) {
			continue
		}
		for _, c := range n.cells {
			c.marks = append(c.marks, i+1)
		}
	}
}

// order puts notes that have marks first, so that marks count from 1.
func order(everywhere bool) int {
	if everywhere {
		return 1
	}
	return 0
}

// everywhere says whether a note needs no mark.
func (s *summary) everywhere(n note) bool {
	return len(n.cells) == 0 || len(n.cells) == len(s.cells) && len(s.cells) > 1
}

// note adds a warning unless it is there. Within a cell, warnings that differ in figures only are one: each
// block words it with its own, and the note says what they range over.
func (s *summary) note(c *cell, text string) {
	text = printable(text)
	for i := range s.notes {
		n := &s.notes[i]
		if c == nil || len(n.cells) == 0 {
			if c == nil && len(n.cells) == 0 && n.text == text {
				return
			}
			continue
		}
		if n.cells[len(n.cells)-1] != c { // notes are taken cell by cell
			if n.text == text {
				n.cells = append(n.cells, c)
				n.times++
				return
			}
			continue
		}
		if n.text == text || len(n.cells) == 1 && wording(n.text) == wording(text) {
			n.times++
			n.widen(text)
			return
		}
	}
	n := note{text: text, times: 1}
	n.widen(text)
	if c != nil {
		n.cells = []*cell{c}
	}
	s.notes = append(s.notes, n)
}

var figures = regexp.MustCompile(`[0-9]+([.,][0-9]+)*(µs|ms|s)?`)

func wording(text string) string { return figures.ReplaceAllString(text, "#") }

// widen takes the figures of a warning of the same wording in.
func (n *note) widen(text string) {
	all := figures.FindAllString(text, -1)
	if n.low == nil {
		n.low, n.high = all, slices.Clone(all)
		return
	}
	for i, f := range all {
		if size(f) < size(n.low[i]) {
			n.low[i] = f
		}
		if size(f) > size(n.high[i]) {
			n.high[i] = f
		}
	}
}

// size is a warning's figure as a number, a time in seconds.
func size(figure string) float64 {
	if d, err := time.ParseDuration(figure); err == nil {
		return d.Seconds()
	}
	v, _ := strconv.ParseFloat(strings.ReplaceAll(figure, ",", ""), 64) // what is no number after all ranges over nothing
	return v
}

// said is the note with what its figures range over.
func (n note) said() string {
	i := -1
	return figures.ReplaceAllStringFunc(n.text, func(f string) string {
		if i++; n.low[i] == n.high[i] {
			return f
		}
		return n.low[i] + "–" + n.high[i]
	})
}

// manyCells are too many to be read by their names.
const manyCells = 12

// concerns names the cells of a note, and in how many of their trials it was given if not in all.
func (s *summary) concerns(n note) string {
	if len(n.cells) == 0 {
		return ""
	}
	trials := 0
	var names []string
	for _, c := range n.cells {
		trials += len(c.Trials)
		names = append(names, s.name(c))
	}
	who := strings.Join(names, ", ")
	switch {
	case s.everywhere(n):
		who = "every cell"
	case len(names) > manyCells:
		who = fmt.Sprintf("%d of %d cells", len(names), len(s.cells))
	}
	if n.times < trials {
		who += fmt.Sprintf(" (%d of %s)", n.times, plural(trials, "trial"))
	}
	return who
}

// footnote is a note in a line.
func (s *summary) footnote(n note) string {
	if who := s.concerns(n); who != "" {
		return who + ": " + n.said()
	}
	return n.said()
}

// printable keeps text from a stored file on its line and from commanding a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}
