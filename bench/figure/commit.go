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
	cells, fewer := few(cells, func(cells []*compare.Cell) int { return len(violins(cells)) })
	f := Figure{Title: "Commit latency by records per transaction: every commit, not just its mean"}
	read, singles := 0, ""
	drawn := map[string]bool{}
	var values []float64
	for _, g := range violins(cells) {
		p := panel{title: g.title}
		var names []string
		for i, c := range g.cells {
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
			names = append(names, fmt.Sprintf("%s\nn = %s", g.names[i], whole(float64(h.commit.merged.TotalCount()))))
			l := lookOf(c.Mode)
			if h.commit.merged.TotalCount() < fewSamples {
				singles = " Dots: fewer than 20 commits, each of them."
				p.layers = append(p.layers, singly(l, place, h.commit.merged))
			} else {
				drawn["shape"] = true
				p.layers = append(p.layers, violin(l.ink, place, d))
			}
			values = append(values, d.from, d.to())
			var written []float64
			for _, name := range []string{"p50", "p99"} {
				if e, ok := estimate(c, name+"(commit)", 1e-3); ok {
					drawn[name] = true
					written = append(written, e.Median)
					values = append(values, e.Lo, e.Hi)
					p.layers = append(p.layers, marks(commitLook(c.Mode, name), []point{{x: place, y: e.Median, lo: e.Lo, hi: e.Hi, hollow: unsustained(c)}}))
				}
			}
			p.layers = append(p.layers, besideViolin(place, d, written))
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
	f.across3()
	for _, k := range []struct {
		of  string
		key key
	}{
		{"shape", key{text: "share of commits at each latency", look: lookOf(cells[0].Mode), fill: true}},
		{"p50", key{text: "p50", look: commitLook(cells[0].Mode, "p50"), mark: true}},
		{"p99", key{text: "p99", look: commitLook(cells[0].Mode, "p99"), mark: true}},
	} {
		if drawn[k.of] {
			f.keys = append(f.keys, k.key)
		}
	}
	f.Caption = fmt.Sprintf("From the commit call to its return, all commits of up to %s per cell. ", plural(read, "trial")) +
		trials(cells, "Percentiles are medians") +
		" One needs ten commits beyond it in every trial." + singles + hollowNote(cells) + fewer
	return f, "", nil
}

// mostViolins can stand side by side with their names below.
const mostViolins = 9

func violins(cells []*compare.Cell) []group {
	return groups(facets(cells), facet.label, "\n", mostViolins)
}

// commitLook is that of a percentile on a violin.
func commitLook(mode, percentile string) look {
	if percentile == "p99" {
		return look{ink: body, shape: flat}
	}
	return look{ink: body, shape: lookOf(mode).shape}
}

// density is how many samples lie at each latency, in equal steps of its logarithm.
type density struct {
	from      float64 // ms, where the first step begins
	perDecade float64 // steps
	counts    []float64
}

func (d density) at(i int) float64 { return d.from * math.Pow(10, float64(i)/d.perDecade) }
func (d density) to() float64      { return d.at(len(d.counts)) }

// share is how wide the density is at a latency or a step to either side, of its widest.
func (d density) share(ms float64) float64 {
	i, widest := int(math.Floor(math.Log10(ms/d.from)*d.perDecade)), 0.0
	for j := max(i-1, 0); j <= min(i+1, len(d.counts)-1); j++ {
		widest = max(widest, d.counts[j])
	}
	return widest / slices.Max(d.counts)
}

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

// besideViolin writes values outside the violin at their places.
func besideViolin(place float64, d density, values []float64) layer {
	return func(a *area) {
		half, style := violinWidth(a), a.style(body, 7.5)
		var all []ending
		for _, v := range values {
			wide := max(half*vg.Length(d.share(v)), markRadius*1.6)
			all = append(all, ending{digits(v), a.at(place, v).Add(vg.Point{X: wide + 3}), style.Width(digits(v))})
		}
		moveApart(all)
		for _, e := range all {
			write(a.Canvas, style, e.at, e.name)
		}
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
