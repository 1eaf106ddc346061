package figure

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// firstRung is the mode that every ladder starts from, whichever the run's reference is.
const firstRung = "at-least-once"

// ladders show step by step what exactly-once adds: each bar begins where the one above it ends.
func ladders(s *set) (Figure, string, error) {
	all := s.runs[0].Ladders()
	if len(all) == 0 {
		return Figure{}, "the run has no control cells (a flush as often as a commit, transactions read uncommitted)", nil
	}
	f := Figure{Title: "Where the cost of exactly-once comes from, from " + firstRung + " to transactions read committed"}
	fewest, most := math.MaxInt, 0
	var notes []string
	var panels []panel
	var drawn [][]string             // the keys and values of each
	kinds := map[string]*rowPanels{} // by what their axis counts
	for _, l := range all {
		if l.Total.Missing != "" && !slices.ContainsFunc(l.Steps, func(s compare.Step) bool { return s.Effect.Missing == "" }) {
			notes = append(notes, l.Name+" is not drawn: "+l.Total.Missing)
			continue
		}
		for _, step := range l.Steps {
			if step.Effect.Missing == "" {
				fewest, most = min(fewest, step.Effect.N), max(most, step.Effect.N)
			} else {
				notes = append(notes, fmt.Sprintf("%s, %s: %s", l.Name, step.Name, step.Effect.Missing))
			}
		}
		drawn = append(drawn, strings.Split(l.Name, ","))
		p, kind := ladderPanel(l, len(all) > 1)
		panels = append(panels, p)
		if kinds[p.x.label] == nil {
			kinds[p.x.label] = &rowPanels{}
		}
		kinds[p.x.label].join(kind)
	}
	if len(panels) == 0 {
		return Figure{}, strings.Join(notes, "; "), nil
	}
	f = rowFigure(f, panels)
	own, common := apart(drawn)
	for i := range f.panels {
		f.panels[i].title = spelled(own[i])
		x := &f.panels[i].x
		kind := kinds[x.label]
		*x = kind.withTexts(linear(x.label, digits, kind.values...), f.columns)
	}
	n := plural(most, "block")
	if fewest < most {
		n = fmt.Sprintf("%d–%s", fewest, n)
	}
	f.Caption = fmt.Sprintf("Hodges–Lehmann differences paired within n = %s, whiskers: 95%% interval of each bar's own length; ~: no difference is shown.", n)
	if len(common) > 0 {
		f.Caption = "With " + spelled(common) + ". " + f.Caption
	}
	for _, note := range notes {
		f.Caption += "\n" + note
	}
	return f, "", nil
}

// apart divides lists of keys and values into what each has of its own and what all have.
func apart(lists [][]string) (own [][]string, common []string) {
	for _, pair := range lists[0] {
		if !slices.ContainsFunc(lists, func(pairs []string) bool { return !slices.Contains(pairs, pair) }) {
			common = append(common, pair)
		}
	}
	for _, pairs := range lists {
		own = append(own, slices.DeleteFunc(slices.Clone(pairs), func(pair string) bool { return slices.Contains(common, pair) }))
	}
	return own, common
}

// spelled writes keys and values, rate=1000 and partitions=6, for people.
func spelled(pairs []string) string {
	var parts []string
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			parts = append(parts, phrase(key, n))
		} else {
			parts = append(parts, phrase(key, value))
		}
	}
	return strings.Join(parts, ", ")
}

// ladderPanel is a ladder's panel, whose axis has a label only, and by itself as what that axis is to cover.
func ladderPanel(l compare.Ladder, several bool) (panel, rowPanels) {
	scale, label := 1.0, "added time per record at max, µs"
	if l.Metric.Unit == metric.Microseconds {
		scale, label = 1e-3, "added mean end-to-end latency, ms"
	}
	p, kind := panel{x: axis{label: label}}, rowPanels{values: []float64{0}}
	var names []string
	var sum float64
	add := func(name string, from float64, e compare.Effect, i ink) {
		row := float64(len(names))
		names = append(names, name)
		if e.Missing != "" {
			p.layers = append(p.layers, note(muted, "– not measured", from, row, draw.XLeft, vg.Point{X: 5}))
			return
		}
		to := point{x: from + e.Estimate*scale, lo: from + e.Lo*scale, hi: from + e.Hi*scale}
		p.layers = append(p.layers, bar(i, row, from, to))
		_, end := span([]float64{from, to.x, to.hi})
		text := signed(e.Estimate * scale)
		if finite(e.P) && !e.Shown() {
			text = "~ " + text
		}
		if !several { // there is room
			text += interval(e.Lo*scale, e.Hi*scale, signed)
		}
		p.layers = append(p.layers, note(body, text, end, row, draw.XLeft, vg.Point{X: 5}))
		kind.values = append(kind.values, from, to.x, to.lo, to.hi)
		kind.texts = max(kind.texts, utf8.RuneCountInString(text))
	}
	for _, step := range l.Steps {
		i := loss
		if step.Effect.Estimate < 0 {
			i = gain
		}
		add(step.Name, sum, step.Effect, i)
		if step.Effect.Missing == "" {
			sum += step.Effect.Estimate * scale
		}
	}
	add("all together", 0, l.Total, muted)
	p.y = rows(names)
	p.layers = append([]layer{upto(0)}, p.layers...)
	kind.panels = []panel{p}
	return p, kind
}

// upto draws the line that bars begin at.
func upto(x float64) layer {
	return func(a *area) {
		a.StrokeLine2(a.stroke(a.palette[muted], 0.8, nil), a.x(x), a.Min.Y, a.x(x), a.Max.Y)
	}
}

func signed(v float64) string {
	if v > 0 {
		return "+" + digits(v)
	}
	return digits(v)
}

func interval(lo, hi float64, format func(float64) string) string {
	if !finite(lo, hi) {
		return ""
	}
	return fmt.Sprintf(" (%s to %s)", format(lo), format(hi))
}
