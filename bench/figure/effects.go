package figure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// byMode draws transactional modes as a line over their sizes, with every value written beside it, and other modes across the panel, marked at its edge.
func byMode(cells []*compare.Cell, points map[string][]point, write func(point) string) (layers []layer) {
	edge := 0
	for _, mode := range modesOf(cells) {
		l, values := lookOf(mode), points[mode]
		i := slices.IndexFunc(cells, func(c *compare.Cell) bool { return c.Mode == mode })
		if !cells[i].Transactional() {
			for _, p := range values {
				layers = append(layers, across(l, p), atEdge(l, p, edge))
				edge++
			}
			continue
		}
		layers = append(layers, ribbon(l.ink, values), line(l, 1.6, values), marks(l, values))
		for _, p := range values {
			layers = append(layers, note(body, write(p), p.x, p.y, draw.XLeft, vg.Point{X: 4, Y: 9}))
		}
	}
	return layers
}

// modeKeys are a legend of the modes that cells have, but for the reference, which has its own.
func modeKeys(cells []*compare.Cell) (keys []key) {
	for _, mode := range modesOf(cells) {
		keys = append(keys, key{text: mode, look: lookOf(mode), line: true, mark: true})
	}
	return keys
}

// paired says on how many blocks effects rest.
func paired(cells []*compare.Cell, m metric.Metric, what string) string {
	least, most := math.MaxInt, 0
	for _, c := range cells {
		n := c.Effect(m).N
		least, most = min(least, n), max(most, n)
	}
	n := plural(most, "block")
	if least < most {
		n = fmt.Sprintf("%d–%s", least, n)
	}
	if most < fewest {
		return fmt.Sprintf("%s, paired within n = %s; a 95%% interval takes %d.", what, n, fewest)
	}
	return fmt.Sprintf("%s, paired within n = %s, Hodges–Lehmann estimate with its 95%% signed-rank interval.", what, n)
}

// level is a value without an interval.
func level(y float64) point { return point{y: y, lo: math.NaN(), hi: math.NaN()} }
