package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// lags shows over one trial of each cell how far readers are behind, and how much of that open transactions hide from them.
func lags(s *set) (Figure, string, error) {
	f := Figure{
		Title:  "How far readers are behind: what open transactions hide (hold), and what is yet to be read (reader lag)",
		height: 150,
		keys: []key{
			{text: "hold: offsets that open transactions hide", look: holdLook(), mark: true},
			{text: "reader lag: offsets behind what is not hidden", look: readerLook(), mark: true},
		},
	}
	cells, left := few(s.modes(anyCell), func(cells []*compare.Cell) int { return len(cells) })
	if holding, idle := split(cells, (*compare.Cell).Transactional); len(cells) > maxPanels && len(holding) > 0 && len(idle) > 0 {
		cells, left = holding, left+" Left out: "+plural(len(idle), "cell")+" without transactions, where nothing is held."
	}
	var from choices
	var sampled sampling
	var longest float64
	values := []float64{0}
	for _, facet := range facets(cells) {
		for _, c := range facet.cells {
			t := s.typical(c, &from)
			if t == nil {
				continue
			}
			series, why, err := s.readLag(c, t)
			if why != "" || err != nil {
				return Figure{}, why, err
			}
			sampled.add(series, t.WindowS)
			longest = max(longest, t.WindowS)
			for _, v := range append(slices.Clone(series.hold), series.reader...) {
				values = append(values, v.y)
			}
			f.panels = append(f.panels, lagPanel(facet, c, t, series))
		}
	}
	if len(f.panels) == 0 {
		return Figure{}, "no trial has lag samples", nil
	}
	f.setX(seconds(longest))
	y := signedLogarithmic("offsets", whole, values...)
	f.setY(y)
	f.across3()
	if len(f.panels) <= f.columns {
		f.height = rowHeight
	}
	f.Caption = fmt.Sprintf("Numbers behind modes: records per transaction. A dot is a sample, of the worst partition, in offsets, markers included: %s.%s Of each cell n = 1 trial, its block named above: the one whose mean age of unread records is the median of its %s.%s",
		sampled, beyondOne(y, ""), from, left)
	return f, "", nil
}

func holdLook() look   { return look{ink: firstMode + 3, shape: circle} }
func readerLook() look { return look{ink: body, shape: diamond} }

// sampling says how many samples panels have, and how often they were taken.
type sampling struct {
	fewest, most  int
	often, seldom float64 // ms from one to the next, on average
	thinned       bool
}

func (s *sampling) add(series lagSeries, window float64) {
	if series.samples == 0 {
		return
	}
	every := window / float64(series.samples) * 1e3
	if s.most == 0 {
		s.fewest, s.often = series.samples, every
	}
	s.fewest, s.most = min(s.fewest, series.samples), max(s.most, series.samples)
	s.often, s.seldom = min(s.often, every), max(s.seldom, every)
	s.thinned = s.thinned || series.thinned
}

// String implements fmt.Stringer: n = 93–104 per panel, at random instants 96–108 ms apart on average.
func (s sampling) String() string {
	n, every := whole(float64(s.most)), digits(math.Round(s.seldom))
	if s.fewest < s.most {
		n = whole(float64(s.fewest)) + "–" + n
	}
	if often := digits(math.Round(s.often)); often != every {
		every = often + "–" + every
	}
	text := fmt.Sprintf("n = %s per panel, at random instants %s ms apart on average", n, every)
	if s.thinned {
		text += fmt.Sprintf("; of each %dth of the window the smallest and the largest", lagSteps)
	}
	return text
}

// choices are the trials that those drawn were chosen from.
type choices struct {
	fewest, most     int  // of a cell
	absent, unsteady bool // some cell's were passed over: without stored samples, or their rate not sustained
}

// String implements fmt.Stringer: 4–6 trials whose samples are stored.
func (c choices) String() string {
	text := plural(c.most, "trial")
	if c.fewest < c.most {
		text = fmt.Sprintf("%d–%s", c.fewest, text)
	}
	var terms []string
	if c.absent {
		terms = append(terms, "whose samples are stored")
	}
	if c.unsteady {
		terms = append(terms, "that held the rate where any did")
	}
	if len(terms) == 0 {
		return text
	}
	return text + " " + strings.Join(terms, " and ")
}

// typical is the trial in the middle of a cell's by the mean age of unread records, of those whose samples are stored and that held the rate where
// there are any; nil if none was sampled.
func (s *set) typical(c *compare.Cell, from *choices) *result.Trial {
	trials := slices.DeleteFunc(slices.Clone(c.Usable), func(t *result.Trial) bool { return t.Lag == nil || t.Lag.Samples == 0 || t.Lag.AgeMS.Mean == nil })
	if len(trials) == 0 {
		return nil
	}
	prefer := func(fit func(*result.Trial) bool) (some bool) {
		better := slices.DeleteFunc(slices.Clone(trials), func(t *result.Trial) bool { return !fit(t) })
		if len(better) == 0 || len(better) == len(trials) {
			return false
		}
		trials = better
		return true
	}
	from.absent = prefer(func(t *result.Trial) bool { return s.hasLag(c, t) }) || from.absent
	from.unsteady = prefer(func(t *result.Trial) bool { return !t.FellBehind() }) || from.unsteady
	from.most = max(from.most, len(trials))
	if from.fewest == 0 || len(trials) < from.fewest {
		from.fewest = len(trials)
	}
	slices.SortFunc(trials, func(a, b *result.Trial) int {
		return cmp.Or(cmp.Compare(*a.Lag.AgeMS.Mean, *b.Lag.AgeMS.Mean), cmp.Compare(a.Block, b.Block))
	})
	return trials[(len(trials)-1)/2]
}

func lagPanel(f facet, c *compare.Cell, t *result.Trial, series lagSeries) panel {
	p := panel{title: joined(f.name(c), f.title), note: fmt.Sprintf("block %d", t.Block)}
	if t.FellBehind() {
		p.note += ", rate not sustained"
	}
	p.layers = []layer{stems(holdLook().ink, series.hold), dots(holdLook(), 1.7, series.hold), dots(readerLook(), 1.5, series.reader)}
	return p
}

// seconds is a time axis of a window.
func seconds(length float64) axis {
	a := linear("seconds of the window", digits, length)
	a.hi, a.grid = max(length, 1e-3), false
	for i := range a.fewer {
		a.fewer[i] = slices.DeleteFunc(a.fewer[i], func(t plot.Tick) bool { return t.Value > a.hi })
	}
	a.ticks = slices.DeleteFunc(a.ticks, func(t plot.Tick) bool { return t.Value > a.hi })
	return a
}

// stems draws a line from zero to each point.
func stems(i ink, points []point) layer {
	return func(a *area) {
		var all vg.Path
		for _, p := range points {
			if p.y > 0 {
				all.Move(a.at(p.x, 0))
				all.Line(a.at(p.x, p.y))
			}
		}
		a.SetLineStyle(a.stroke(a.faint(i, 0.35), 0.7, nil))
		a.Stroke(all)
	}
}

// dots draws small marks, of whatever number, as one shape.
func dots(l look, radius vg.Length, points []point) layer {
	return func(a *area) {
		var all vg.Path
		for _, p := range points {
			all = append(all, l.shape.path(a.at(p.x, p.y), radius)...)
		}
		a.SetColor(a.palette[l.ink])
		a.Fill(all)
	}
}
