package figure

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
)

// cycles shows the straight line that predicts how long a transaction takes from how many records it holds, and by how much it misses.
func cycles(s *set) (Figure, string, error) {
	fits := s.runs[0].CycleFits()
	if len(fits) == 0 {
		return Figure{}, "it takes three transaction sizes at max, of thirty transactions per window at least", nil
	}
	f := Figure{
		Title:   "Time that a producer at max takes from one transaction to the next: a fixed part and a part per record",
		columns: 2,
		keys: []key{
			{text: "measured", look: transactionLook(fits[0]), mark: true},
			{text: "weighted least squares, with its 95% interval", look: look{ink: body}, line: true},
		},
	}
	var times, residuals []float64
	for _, fit := range fits {
		title := ""
		if len(fits) > 1 {
			title = spelled(strings.Split(fit.Name, ",")) + ": "
		}
		time, ms := cyclePanel(title+"time per transaction", fit)
		residual, shares := residualPanel(title+"measured against the line", fit)
		f.panels = append(f.panels, time, residual)
		times, residuals = append(times, ms...), append(residuals, shares...)
		line := fmt.Sprintf("%s: %s ms per transaction%s + %s µs per record%s; n = %s; weights %s.", spelled(strings.Split(fit.Name, ",")),
			digits(fit.Fixed.Value/1e3), interval(fit.Fixed.Lo/1e3, fit.Fixed.Hi/1e3, digits), digits(fit.Marginal.Value), interval(fit.Marginal.Lo, fit.Marginal.Hi, digits),
			plural(fit.Points[0].Blocks, "block"), fit.Weights)
		if f.Caption != "" {
			f.Caption += "\n"
		}
		f.Caption += line
		for _, n := range fit.Notes {
			f.Caption += " " + n + "."
		}
	}
	for i := range fits {
		f.panels[2*i].y = logarithmic("ms per transaction", digits, 0.15, times...)
		f.panels[2*i+1].y = linear("residual, % of the line", percent, append(residuals, 0.02, -0.02)...)
	}
	return f, "", nil
}

func measured(f compare.CycleFit) (cells []*compare.Cell) {
	for _, p := range f.Points {
		cells = append(cells, p.Cell)
	}
	return cells
}

func transactionLook(f compare.CycleFit) look { return lookOf(f.Points[0].Cell.Mode) }

// cyclePanel also returns what its vertical axis is to cover.
func cyclePanel(title string, f compare.CycleFit) (panel, []float64) {
	p := panel{title: title}
	var points, predicted []point
	var x, y []float64
	for _, v := range f.Points {
		at := level(v.CycleUS / 1e3)
		at.x = float64(v.Records)
		points = append(points, at)
		x, y = append(x, at.x), append(y, at.y)
	}
	for i := range 41 {
		n := x[0] * math.Pow(x[len(x)-1]/x[0], float64(i)/40)
		if guess := f.Predict(int(math.Round(n))); guess.CycleUS.Value > 0 {
			predicted = append(predicted, point{x: float64(guess.Records), y: guess.CycleUS.Value / 1e3,
				lo: max(guess.CycleUS.Lo/1e3, y[0]/100), hi: guess.CycleUS.Hi / 1e3})
			y = append(y, guess.CycleUS.Value/1e3)
		}
	}
	p.x, _ = sizes(measured(f))
	p.layers = []layer{ribbon(muted, predicted), line(look{ink: body}, 1.2, predicted), marks(transactionLook(f), points)}
	for _, v := range points {
		p.layers = append(p.layers, note(body, digits(v.y), v.x, v.y, draw.XRight, vg.Point{X: 4, Y: 10}))
	}
	return p, y
}

// residualPanel also returns what its vertical axis is to cover.
func residualPanel(title string, f compare.CycleFit) (panel, []float64) {
	p := panel{title: title}
	var y []float64
	var points []point
	for _, v := range f.Points {
		at := level(v.Residual / (v.CycleUS - v.Residual))
		at.x = float64(v.Records)
		points, y = append(points, at), append(y, at.y)
	}
	p.x, _ = sizes(measured(f))
	p.layers = []layer{across(look{ink: body}, level(0)), marks(transactionLook(f), points)}
	for _, v := range points { // away from the line
		p.layers = append(p.layers, note(body, percent(v.y), v.x, v.y, draw.XLeft, vg.Point{X: 5, Y: vg.Length(math.Copysign(6, v.y))}))
	}
	return p, y
}
