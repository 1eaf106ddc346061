package figure

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// heatmap is the throughput that transactions cost at max, over partitions and records per transaction.
func heatmap(s *set) (Figure, string, error) {
	read := metric.Must("read_per_s")
	cells := s.modes(both(atMax, func(c *compare.Cell) bool { return c.Transactional() && c.Effect(read).Missing == "" }))
	f := Figure{
		Title: "Throughput that transactions lose at max against " + s.runs[0].Reference + ", over partitions and records per transaction",
		keys: []key{
			{text: "slower than " + s.runs[0].Reference, look: look{ink: loss}, fill: true},
			{text: "faster", look: look{ink: gain}, fill: true},
		},
	}
	var drawn []*compare.Cell
	most := 0
	for _, facet := range facets(cells, axisPartitions) {
		columns, lines := distinct(facet.cells, transaction), distinct(facet.cells, partitions)
		if len(columns) < 2 || len(lines) < 2 {
			continue
		}
		p := panel{title: facet.title, x: categories("records per transaction", columns), y: rows(lines)}
		p.y.label = axisPartitions
		for _, c := range facet.cells {
			p.layers = append(p.layers, tile(float64(slices.Index(columns, transaction(c))), float64(slices.Index(lines, partitions(c))), c.Effect(read)))
		}
		f.panels = append(f.panels, p)
		drawn, most = append(drawn, facet.cells...), max(most, len(lines))
	}
	if len(f.panels) == 0 {
		return Figure{}, "it takes cells at max of two transaction sizes and two numbers of partitions at least, beside their reference", nil
	}
	f.across3()
	f.height = 50 + vg.Length(most)*34
	f.Caption = paired(drawn, read, "1 − the ratio of records read per second") + " The deeper a colour, the more. Empty: not run."
	return f, "", nil
}

func partitions(c *compare.Cell) string {
	n, _ := c.Axes[axisPartitions].(float64)
	return whole(n)
}

// distinct values of cells in ascending order of their numbers.
func distinct(cells []*compare.Cell, of func(*compare.Cell) string) (all []string) {
	cells = slices.SortedStableFunc(slices.Values(cells), func(a, b *compare.Cell) int {
		pa, _ := a.Axes[axisPartitions].(float64)
		pb, _ := b.Axes[axisPartitions].(float64)
		return cmp.Or(cmp.Compare(a.TxnSize(), b.TxnSize()), cmp.Compare(pa, pb))
	})
	slices.SortStableFunc(cells, func(a, b *compare.Cell) int { return len(of(a)) - len(of(b)) })
	for _, c := range cells {
		if v := of(c); !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// tileDepth is how deep the colour of a cost is: never so deep that the writing on it suffers.
func tileDepth(cost float64) float64 { return 0.08 + 0.47*cost }

// tile is a cell of the map: its cost as a colour and in writing, with the interval below.
func tile(column, line float64, e compare.Effect) layer {
	return func(a *area) {
		i, depth := loss, math.Min(1, math.Abs(e.Cost()))
		if e.Cost() < 0 {
			i = gain
		}
		from, to := a.at(column-0.48, line+0.46), a.at(column+0.48, line-0.46)
		a.FillPolygon(a.blend(i, tileDepth(depth)), []vg.Point{from, {X: to.X, Y: from.Y}, to, {X: from.X, Y: to.Y}})
		style := a.style(body, 8.5)
		style.XAlign = draw.XCenter
		centre := a.at(column, line)
		lo, hi := e.CostInterval()
		if !finite(lo, hi) {
			write(a.Canvas, style, centre, percent(e.Cost())+"%")
			return
		}
		write(a.Canvas, style, centre.Add(vg.Point{Y: 5}), percent(e.Cost())+"%")
		style.Font.Size = 6.5
		write(a.Canvas, style, centre.Add(vg.Point{Y: -6}), percent(lo)+" to "+percent(hi))
	}
}
