package campaign

import (
	"fmt"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// Left returns the planned trials that an interrupted campaign still has to measure, in their order: those that are not stored, and
// those that were cut short. A stored trial that was not planned is an error: it belongs to another campaign.
func Left(planned []plan.Trial, stored []result.Trial) ([]plan.Trial, error) {
	cells := make(map[string]string, len(planned))
	for _, p := range planned {
		cells[p.ID] = p.Cell
	}
	done := map[string]bool{}
	for _, t := range stored {
		if cells[t.ID] != t.Cell {
			return nil, fmt.Errorf("trial %s (%s) is stored, but not among those planned: the results are of another campaign", t.ID, t.Cell)
		}
		done[t.ID] = t.Complete
	}
	return slices.DeleteFunc(slices.Clone(planned), func(p plan.Trial) bool { return done[p.ID] }), nil
}
