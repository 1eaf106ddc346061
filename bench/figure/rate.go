package figure

import (
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// rates shows e2e latency against the rate, a line for each mode and transaction; of a search for capacity also the objective and what held it.
func rates(s *set) (Figure, string, error) {
	cells := s.modes(both(atRate, has("p50(e2e)")))
	if different, _ := ratesOf(cells); len(different) < 2 {
		return Figure{}, "it takes cells of two rates at least that have an e2e p50", nil
	}
	f := Figure{
		Title:   "End-to-end latency against the rate, by delivery mode; numbers at lines: records per transaction",
		Caption: "From when a record was due until it was read. " + trials(cells, "Medians") + hollowNote(cells),
		keys:    lineKeys(cells),
	}
	objectives, found, err := s.objectives()
	if err != nil {
		return Figure{}, "", err
	}
	var over rateLines
	for _, facet := range facets(cells, compare.AxisRate) {
		for _, percentile := range []string{"p50", "p99"} {
			name := percentile + "(e2e)"
			title := joined(percentile, facet.title)
			added := over.add(title, facet, name, 1e-3)
			for _, o := range objectives {
				if added && o.Metric.Name == name {
					over.bound(o.Bound * 1e-3)
					f.keys = append(f.keys, key{text: "objective: " + o.String(), look: boundLook(), line: true})
				}
			}
		}
	}
	if found != "" {
		f.Caption += "\n" + found
	}
	return over.figure(f, "end-to-end latency, ms"), "", nil
}

// objectives are those of the runs, where they are searches for capacity, and found says how high a rate each of their cells held.
func (s *set) objectives() (all []metric.Objective, found string, err error) {
	var texts []string
	for _, run := range s.runs {
		terms, search, err := compare.TermsOf(run.Run)
		if err != nil || !search {
			return nil, "", err
		}
		capacities, err := compare.Capacities(run, terms.Objectives)
		if err != nil {
			return nil, "", err
		}
		for _, o := range terms.Objectives {
			if !slices.ContainsFunc(all, func(other metric.Objective) bool { return other.String() == o.String() }) {
				all = append(all, o)
			}
		}
		for _, c := range capacities {
			name := rowName(&compare.Cell{Mode: c.Mode, Axes: c.Axes})
			if held := c.Held(); held != nil {
				texts = append(texts, name+": "+digits(held.PerS))
			} else {
				texts = append(texts, name+": none")
			}
		}
	}
	return all, "Highest rate that was kept up and met the objectives, msg/s: " + strings.Join(texts, "; ") + ".", nil
}

// lineKeys are a legend of the modes of cells that lines join.
func lineKeys(cells []*compare.Cell) []key {
	keys := modeKeys(cells)
	if slices.ContainsFunc(cells, unsustained) {
		keys = append(keys, key{text: "rate not sustained", look: look{ink: muted, shape: circle}, mark: true, hollow: true})
	}
	return keys
}

// rateLines are panels of figures against the rate, on the same axes, so that they can be compared.
type rateLines struct {
	panels []panel
	x, y   []float64 // that the axes are to cover
}

// add adds a panel with a line of the figure, scaled, for each mode and transaction; false where no cell has the figure.
func (r *rateLines) add(title string, f facet, figure string, scale float64) bool {
	p := panel{title: title}
	var names []string
	lines := map[string][]point{}
	first := map[string]*compare.Cell{}
	for _, c := range f.cells { // in order of their rates
		e, ok := estimate(c, figure, scale)
		if !ok {
			continue
		}
		name := f.name(c)
		if lines[name] == nil {
			names, first[name] = append(names, name), c
		}
		lines[name] = append(lines[name], point{x: c.RatePerS(), y: e.Median, lo: e.Lo, hi: e.Hi, hollow: unsustained(c)})
		r.x, r.y = append(r.x, c.RatePerS()), append(r.y, e.Median, e.Lo, e.Hi)
	}
	if len(names) == 0 {
		return false
	}
	var written []string
	var ends []point
	for _, name := range names {
		l, points := lookOf(first[name].Mode), lines[name]
		p.layers = append(p.layers, line(l, 1.5, points), marks(l, points))
		if t := f.label(first[name]); t != "" {
			written, ends = append(written, t), append(ends, points[len(points)-1])
		}
	}
	p.layers = append(p.layers, endings(written, ends))
	r.panels = append(r.panels, p)
	return true
}

// bound draws a bound across the panel added last.
func (r *rateLines) bound(y float64) {
	p := &r.panels[len(r.panels)-1]
	p.layers = append([]layer{across(boundLook(), level(y))}, p.layers...)
	r.y = append(r.y, y)
}

func boundLook() look { return look{ink: muted, dashes: []vg.Length{5, 3}} }

// figure adds the panels to a figure, two side by side.
func (r *rateLines) figure(f Figure, label string) Figure {
	x := logarithmic("records per second asked for", compact, 0.12, r.x...).withRoom(0.07)
	y := logarithmic(label, digits, 0.08, r.y...)
	for _, p := range r.panels {
		p.x, p.y = x, y
		f.panels = append(f.panels, p)
	}
	f.columns = min(2, len(f.panels))
	return f
}
