package figure

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// faultMatrix is what became of the records in each scenario with each mode.
func faultMatrix(s *set) (Figure, string, error) {
	all := s.runs[0].Faults()
	f := Figure{Title: "What each guarantee buys when something breaks", columns: 1}
	p := panel{x: categories("", all.Modes), y: rows(all.Scenarios)}
	p.x.ticks = nil // the names of the modes stand above
	seen := map[state]bool{}
	most := 1
	trials, gaps := 0, false
	for column, mode := range all.Modes {
		p.layers = append(p.layers, heading(column, mode))
		for line, scenario := range all.Scenarios {
			cells := all.Of(scenario, mode)
			v := verdictOf(all.Damage(cells))
			if gap := longestGap(cells); gap != "" && v.state != brokenState {
				v.small, gaps = gap, true
			}
			seen[v.state] = true
			trials = max(trials, all.Damage(cells).Trials)
			most = max(most, v.lines())
			p.layers = append(p.layers, v.tile(column, line))
		}
	}
	row := 8 + tileLeading*vg.Length(most)
	p.y.lo -= float64(headingRoom / row)
	f.panels = []panel{p}
	f.height = row*vg.Length(len(all.Scenarios)) + headingRoom + 2*gap
	for _, s := range stateLooks() {
		if seen[s.state] && s.text != "" {
			f.keys = append(f.keys, key{text: s.text, look: look{ink: s.ink}, fill: true, depth: s.depth})
		}
	}
	f.Caption = fmt.Sprintf("Counts are records of %s, torn ones transactions: what a mode never promised is counted and not held against it.",
		map[bool]string{false: "a trial", true: fmt.Sprintf("up to %d trials together", trials)}[trials > 1])
	if gaps {
		f.Caption += " Small: the longest stretch of a window in which no record was read."
	}
	if seen[absent] {
		f.Caption += " –: the scenario does not concern the mode."
	}
	return f, "", nil
}

const (
	tileLeading = vg.Length(9)
	headingRoom = vg.Length(16)
)

// state is what became of a promise, which a tile's colour and words say.
type state int

const (
	absent state = iota
	idle
	clean
	reported
	openState
	brokenState
)

// stateLook is a state's colour, how deep it is, and what a legend calls it.
type stateLook struct {
	state state
	ink   ink
	depth float64
	text  string
}

func stateLooks() []stateLook {
	return []stateLook{
		absent:      {absent, ground, 0, ""},
		idle:        {idle, muted, 0.12, "nothing to break"},
		clean:       {clean, gain, 0.16, "nothing wrong"},
		reported:    {reported, caution, 0.42, "damage that the mode never promised to prevent"},
		openState:   {openState, muted, 0.30, "inconclusive"},
		brokenState: {brokenState, alarm, 1, "a broken promise"},
	}
}

// tileText is what a tile says.
type tileText struct {
	state
	bold   []string
	counts []string
	small  string
}

func verdictOf(d compare.Damage) tileText {
	var t tileText
	for _, a := range d.Counts {
		t.counts = append(t.counts, whole(float64(a.N))+" "+a.Name)
	}
	switch {
	case d.Trials == 0:
		return tileText{}
	case d.Broken > 0:
		t.state = brokenState
	case d.Open > 0, d.Unchecked > 0:
		t.state = openState
	case len(t.counts) > 0:
		t.state = reported
	default:
		t.counts = []string{d.Nothing()}
		if t.state = clean; d.Idle == d.Trials {
			t.state = idle
		}
	}
	if word := d.Verdict(); word != "" {
		t.bold = []string{word}
	}
	return t
}

func (t tileText) lines() int {
	n := len(t.bold) + len(t.counts)
	if t.small != "" {
		n++
	}
	return n
}

// longestGap is the longest time without a read in any trial of cells whose figures stand.
func longestGap(cells []*compare.Cell) string {
	longest := -1.0
	for _, c := range cells {
		if gap := c.Outage().ReadGapS; !c.Void() && gap != nil {
			longest = max(longest, *gap)
		}
	}
	if longest < 0 {
		return ""
	}
	return "no read for " + seconds2(longest)
}

// seconds2 writes a time with two digits, as nobody needs more of a gap.
func seconds2(s float64) string {
	switch {
	case s < 1:
		return fmt.Sprintf("%.0f ms", 1e3*s)
	case s < 10:
		return fmt.Sprintf("%.1f s", s)
	}
	return fmt.Sprintf("%.0f s", s)
}

// heading is a mode's name above its column.
func heading(column int, mode string) layer {
	return func(a *area) {
		style := (&layout{palette: a.palette}).nameStyle()
		style.XAlign = draw.XCenter
		write(a.Canvas, style, a.at(float64(column), -0.5).Add(vg.Point{Y: headingRoom / 2}), mode)
	}
}

func (t tileText) tile(column, line int) layer {
	return func(a *area) {
		look := stateLooks()[t.state]
		x, y := float64(column), float64(line)
		centre := a.at(x, y)
		if t.state == absent {
			style := a.style(muted, 8.5)
			style.XAlign = draw.XCenter
			write(a.Canvas, style, centre, "–")
			return
		}
		from, to := a.at(x-0.485, y+0.46), a.at(x+0.485, y-0.46)
		a.FillPolygon(a.blend(look.ink, look.depth), []vg.Point{from, {X: to.X, Y: from.Y}, to, {X: from.X, Y: to.Y}})
		words := body
		if t.state == brokenState {
			words = ground
		}
		at := centre.Add(vg.Point{Y: tileLeading / 2 * vg.Length(t.lines()-1)})
		put := func(i ink, size vg.Length, bold bool, text string) {
			style := a.style(i, size)
			if bold {
				style.Font.Weight = (&layout{palette: a.palette}).nameStyle().Font.Weight
			}
			style.XAlign = draw.XCenter
			write(a.Canvas, style, at, text)
			at.Y -= tileLeading
		}
		for _, text := range t.bold {
			put(words, 8.5, true, text)
		}
		for _, text := range t.counts {
			put(words, 8.5, t.state == reported, text)
		}
		if t.small != "" {
			put(words, 6.8, false, t.small)
		}
	}
}

// timelines are what was read over time in each scenario, mode by mode.
func timelines(s *set) (Figure, string, error) {
	all := s.runs[0].Faults()
	f := Figure{Title: "Records read per second while something breaks", height: 150}
	longest, values, span := 0.0, []float64{0}, false
	var modes []string
	left := ""
	for _, scenario := range all.Scenarios {
		p := panel{title: scenario}
		from, to := -1.0, -1.0
		var lines []layer
		for _, mode := range all.Modes {
			cells := slices.DeleteFunc(all.Of(scenario, mode), func(c *compare.Cell) bool { return !slices.Contains(s.cells, c) })
			if len(cells) == 0 {
				continue
			}
			if len(cells) > 1 {
				left = " Of the cells of a mode the first is drawn."
			}
			t := cells[0].Usable[0]
			points, why, err := s.readSeries(cells[0], t, "read_per_s")
			if why != "" || err != nil {
				return Figure{}, why, err
			}
			for _, point := range points {
				values = append(values, point.y)
			}
			if o := t.Outage; o != nil && o.FromS != nil && o.ToS != nil {
				if from < 0 || *o.FromS < from {
					from = *o.FromS
				}
				to = max(to, min(*o.ToS, t.WindowS))
			}
			longest = max(longest, t.WindowS)
			lines = append(lines, line(lookOf(mode), 1.4, points))
			if !slices.Contains(modes, mode) {
				modes = append(modes, mode)
			}
		}
		if len(lines) == 0 {
			continue
		}
		if from >= 0 {
			p.layers, span = append(p.layers, band(from, to)), true
		}
		p.layers = append(p.layers, lines...)
		f.panels = append(f.panels, p)
	}
	if len(f.panels) == 0 {
		return Figure{}, "no trial whose figures stand has a series", nil
	}
	f.setX(seconds(longest))
	y := linear("records/s", compact, values...)
	f.setY(y)
	f.columns = min(2, len(f.panels))
	for _, mode := range all.Modes {
		if slices.Contains(modes, mode) {
			f.keys = append(f.keys, key{text: mode, look: lookOf(mode), line: true})
		}
	}
	if span {
		f.keys = append(f.keys, key{text: "something is broken", look: look{ink: caution}, fill: true, depth: bandDepth})
	}
	f.Caption = strings.TrimSpace("Means over seconds of the window, of the first trial of each cell that stands. Shaded: from the first thing that broke to the last that healed, in any mode's trial." + left)
	return f, "", nil
}

const bandDepth = 0.18

// band shades a stretch of a panel's horizontal axis.
func band(from, to float64) layer {
	return func(a *area) {
		lo, hi := a.clampX(a.x(from)), a.clampX(a.x(to))
		hi = max(hi, lo+1.5) // what healed at once shows too
		a.FillPolygon(a.faint(caution, bandDepth), []vg.Point{{X: lo, Y: a.Min.Y}, {X: hi, Y: a.Min.Y}, {X: hi, Y: a.Max.Y}, {X: lo, Y: a.Max.Y}})
	}
}
