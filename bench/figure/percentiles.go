package figure

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// percentileCurves are HDR percentile curves of e2e, of all cells that share their other axes in one panel.
func percentileCurves(s *set) (Figure, string, error) {
	cells := s.modes(func(c *compare.Cell) bool { return c.Usable[0].LatencyUS["e2e"].Count > 0 })
	if len(cells) == 0 {
		return Figure{}, "no cell has e2e latencies", nil
	}
	cells, fewer := few(cells, func(cells []*compare.Cell) int { return len(facets(cells)) })
	f := Figure{
		Title:   "End-to-end latency by percentile, from when a record was due until it was read",
		columns: 2,
	}
	read := 0
	saturated := false
	all := facets(cells)
	room := 0.07
	if len(all) > 1 {
		room = 0.16
	}
	var values []float64
	highest := 0.0
	for _, facet := range all {
		p := panel{title: facet.title}
		var names []string
		var ends []point
		for _, c := range facet.cells {
			h, why, err := s.histogramsOf(c)
			if why != "" || err != nil {
				return Figure{}, why, err
			}
			if h.e2e.merged == nil {
				continue
			}
			read, saturated = max(read, h.trials), saturated || c.Saturated()
			points := millis(h.e2e.curve())
			if len(points) == 0 {
				continue
			}
			l, last := lookOf(c.Mode), points[len(points)-1]
			if c.Unsustained() > 0 {
				l.dashes = []vg.Length{1, 3}
			}
			highest = max(highest, last.x)
			for _, v := range points {
				values = append(values, v.y, v.lo, v.hi)
			}
			p.layers = append(p.layers, ribbon(l.ink, points), line(l, 1.5, points), shapes(l, points, c.Unsustained() > 0))
			if t := facet.label(c); t != "" {
				names, ends = append(names, t), append(ends, last)
			}
		}
		if len(p.layers) == 0 {
			continue
		}
		p.layers = append(p.layers, endings(names, ends))
		f.panels = append(f.panels, p)
	}
	if len(f.panels) == 0 {
		return Figure{}, "no cell has enough e2e latencies for a percentile", nil
	}
	f.setX(percentiles(highest, room))
	f.setY(logarithmic("end-to-end latency, ms", digits, 0.06, values...))
	f.columns = min(f.columns, len(f.panels))
	f.keys = modeKeys(cells)
	f.Caption = fmt.Sprintf("All records of up to %s per cell, as far as ten lie beyond; numbers at curves: records per transaction.", plural(read, "trial"))
	if read >= fewest {
		f.Caption += " Bands: 95% interval of the trials' median."
	}
	if slices.ContainsFunc(cells, unsustained) {
		f.Caption += " Dotted, hollow: the rate was not sustained."
	}
	if saturated {
		f.Caption += " At max a latency measures the queue of a saturated client."
	}
	f.Caption += fewer
	return f, "", nil
}

// millis turns points in microseconds into milliseconds.
func millis(points []point) []point {
	for i := range points {
		p := &points[i]
		p.y, p.lo, p.hi = p.y/1e3, p.lo/1e3, p.hi/1e3
	}
	return points
}

// shapes sets a mode's shape on a curve where a percentile has a name.
func shapes(l look, points []point, hollow bool) layer {
	return func(a *area) {
		for _, share := range []float64{0, 0.5, 0.9, 0.99, 0.999, 0.9999} {
			for _, p := range points {
				if p.x >= share-1e-9 {
					a.mark(l, a.at(p.x, p.y), hollow)
					break
				}
			}
		}
	}
}
