package report

import (
	"fmt"
	"io"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// large is a run of so many transactional cells beside the reference.
func large(cells, blocks int) *result.Run {
	sizes := make([]int, cells-1)
	for i := range sizes {
		sizes[i] = i + 1
	}
	r := made{id: "large", blocks: blocks, rate: 1000, modes: twoModes, sizes: sizes}.run()
	for i := range r.Trials { // a warning that every third trial words in its own way
		if i%3 == 0 {
			r.Trials[i].Warnings = []string{fmt.Sprintf("the hypervisor gave %d%% of this machine's CPU time to others", 5+i%40)}
		}
	}
	return r
}

// BenchmarkTenThousandTrials are a campaign's worth, many blocks or many cells.
func BenchmarkTenThousandTrials(b *testing.B) {
	for _, shape := range []struct{ cells, blocks int }{{10, 1000}, {100, 100}, {1000, 10}} {
		r := large(shape.cells, shape.blocks)
		name := fmt.Sprintf("cells=%d/blocks=%d/", shape.cells, shape.blocks)
		b.Run(name+"report", func(b *testing.B) {
			for b.Loop() {
				if err := Text(io.Discard, r, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"compare", func(b *testing.B) {
			for b.Loop() {
				if err := comparisonText(io.Discard, CompareModes("large", compare.New(r, ""), nil), Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
