package figure

import (
	"fmt"
	"math"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gonum.org/v1/plot/vg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// commits shows for every transaction size how long commits took, as a whole distribution: it often has two humps, which a mean hides.
func commits(s *set) (Figure, string, error) {
	cells := s.modes(func(c *compare.Cell) bool { return c.Usable[0].LatencyUS["commit"].Count > 0 })
	if len(cells) == 0 {
		return Figure{}, "no cell has transactions", nil
	}
	f := Figure{Title: "Commit latency by records per transaction: every commit, not just its mean"}
	read, few := 0, ""
	var values []float64
	for _, facet := range facets(cells) {
		p := panel{title: facet.title}
		var names []string
		for _, c := range facet.cells {
			h, why, err := s.histogramsOf(c)
			if why != "" || err != nil {
				return Figure{}, why, err
			}
			if h.commit.merged == nil {
				continue
			}
			read = max(read, h.trials)
			place := float64(len(names))
			d := densityOf(h.commit.merged)
			names = append(names, fmt.Sprintf("%s\nn = %s", transaction(c), whole(float64(h.commit.merged.TotalCount()))))
			l := lookOf(c.Mode)
			if h.commit.merged.TotalCount() < fewSamples {
				few = " Dots: fewer than 20 commits, each of them."
				p.layers = append(p.layers, singly(l, place, h.commit.merged))
			} else {
				p.layers = append(p.layers, violin(l.ink, place, d))
			}
			values = append(values, d.from, d.to())
			for _, quantile := range []struct {
				name  string
				shape shape
			}{{"p50(commit)", l.shape}, {"p99(commit)", flat}} {
				if e, ok := estimate(c, quantile.name, 1e-3); ok {
					l.shape = quantile.shape
					p.layers = append(p.layers, marks(look{ink: body, shape: l.shape}, []point{{x: place, y: e.Median, lo: e.Lo, hi: e.Hi, hollow: unsustained(c)}}),
						besideViolin(place, e.Median))
				}
			}
		}
		if len(names) == 0 {
			continue
		}
		p.x = categories("records per transaction (n: commits)", names)
		f.panels = append(f.panels, p)
	}
	if len(f.panels) == 0 {
		return Figure{}, "no cell has timed a commit", nil
	}
	f.setY(logarithmic("commit latency, ms", digits, 0.06, values...))
	f.columns = min(2, len(f.panels))
	f.keys = []key{
		{text: "share of commits at each latency", look: lookOf(cells[0].Mode), fill: true},
		{text: "p50", look: look{ink: body, shape: lookOf(cells[0].Mode).shape}, mark: true},
		{text: "p99", look: look{ink: body, shape: flat}, mark: true},
	}
	f.Caption = fmt.Sprintf("From the commit call to its return, all commits of up to %s per cell. ", plural(read, "trial")) +
		trials(cells, "p50 and p99 are medians") +
		" A percentile needs ten commits beyond it in every trial." + few + hollowNote(cells)
	return f, "", nil
}

// density is how many samples lie at each latency, in equal steps of its logarithm.
type density struct {
	from      float64 // ms, where the first step begins
	perDecade float64 // steps
	counts    []float64
}

func (d density) at(i int) float64 { return d.from * math.Pow(10, float64(i)/d.perDecade) }
func (d density) to() float64      { return d.at(len(d.counts)) }

// densityOf counts a histogram of microseconds and smooths each step with its neighbours. Steps are the wider, the fewer samples there are to tell
// them apart; HDR histograms of three digits are finer than the finest.
func densityOf(h *hdrhistogram.Histogram) density {
	perDecade := 30.0
	switch n := h.TotalCount(); {
	case n < 100:
		perDecade = 10
	case n < 1000:
		perDecade = 20
	}
	step := func(us int64) int { return int(math.Floor(math.Log10(float64(max(us, 1))/1e3) * perDecade)) }
	first, last := step(h.Min())-1, step(h.Max())+1
	raw := make([]float64, last-first+1)
	for _, b := range h.Distribution() {
		if b.Count > 0 {
			raw[min(max(step((b.From+b.To)/2)-first, 0), len(raw)-1)] += float64(b.Count)
		}
	}
	d := density{from: math.Pow(10, float64(first)/perDecade), perDecade: perDecade, counts: make([]float64, len(raw))}
	for i, v := range raw {
		d.counts[i] += v / 2
		if i > 0 {
			d.counts[i-1] += v / 4
		}
		if i+1 < len(raw) {
			d.counts[i+1] += v / 4
		}
	}
	return d
}

// violinWidth is half of one at its widest: what is written beside it has to fit before the next.
func violinWidth(a *area) vg.Length {
	if between := a.x(1) - a.x(0); between >= 80 {
		return min(between*0.32, 60)
	} else {
		return between * 0.2
	}
}

// besideViolin writes a value outside the violin at its place.
func besideViolin(place, value float64) layer {
	return func(a *area) {
		write(a.Canvas, a.style(body, 7.5), a.at(place, value).Add(vg.Point{X: violinWidth(a) + 3}), digits(value))
	}
}

// fewSamples make no shape.
const fewSamples = 20

// singly draws every sample of a histogram of microseconds, what it cannot tell apart as one.
func singly(l look, place float64, h *hdrhistogram.Histogram) layer {
	var points []point
	for _, b := range h.Distribution() {
		if b.Count > 0 {
			p := level(float64(b.From+b.To) / 2e3)
			p.x = place
			points = append(points, p)
		}
	}
	return marks(look{ink: l.ink, shape: circle}, points)
}

// violin draws a density to both sides of a place, as wide at its highest whatever the number of samples.
func violin(i ink, place float64, d density) layer {
	highest := slices.Max(d.counts)
	return func(a *area) {
		half := violinWidth(a)
		var right, outline []vg.Point
		for j, n := range d.counts {
			w := half * vg.Length(n/highest)
			y := a.y(math.Sqrt(d.at(j) * d.at(j+1)))
			right = append(right, vg.Point{X: a.x(place) + w, Y: y})
			outline = append(outline, vg.Point{X: a.x(place) - w, Y: y})
		}
		slices.Reverse(outline)
		outline = append(right, outline...)
		a.FillPolygon(a.faint(i, 0.35), outline)
		a.StrokeLines(a.stroke(a.palette[i], 0.8, nil), append(outline, outline[0]))
	}
}
