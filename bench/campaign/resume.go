package campaign

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Left returns the planned trials that an interrupted campaign still has to measure, in their order: those that are not stored, and
// those that were cut short. A stored trial that was not planned, or was planned otherwise, is an error: it belongs to another campaign.
func Left(planned []plan.Trial, stored []result.Trial) ([]plan.Trial, error) {
	byID := make(map[string]plan.Trial, len(planned))
	for _, p := range planned {
		byID[p.ID] = p
	}
	done := map[string]bool{}
	for i := range stored {
		t := &stored[i]
		p, there := byID[t.ID]
		if !there || p.Cell != t.Cell {
			return nil, fmt.Errorf("trial %s (%s) is stored, but not among those planned: it is of another campaign, move its file elsewhere", t.ID, t.Cell)
		}
		if err := asPlanned(p, t); err != nil {
			return nil, err
		}
		done[t.ID] = t.Complete
	}
	return slices.DeleteFunc(slices.Clone(planned), func(p plan.Trial) bool { return done[p.ID] }), nil
}

// asPlanned says what of a stored trial is not as its plan would have it: beside trials of that plan it would be compared with what
// it does not match. One that was cut short is measured again or counts for little: its length says nothing.
func asPlanned(p plan.Trial, t *result.Trial) error {
	w := p.Workload
	var stored, planned any // transaction size
	if t.TxnSize != nil {
		stored = *t.TxnSize
	}
	if w.Mode.Transactional && w.TxnSize > 0 {
		planned = w.TxnSize
	}
	differs := cmp.Or(
		unlike("block", t.Block, p.Block), unlike("scenario", t.Scenario, w.Scenario), unlike("mode", t.Mode, w.Mode.Name),
		unlike("txn_size", stored, planned), unlikeAxes(t.Axes, p.Axes),
	)
	if t.Complete {
		differs = cmp.Or(differs, unlikeLength(t, w))
	}
	if differs == "" {
		return nil
	}
	return fmt.Errorf("trial %s (%s) was not measured as the stored profile plans it: %s; put back what was edited since, profile or trial, or begin a new run in another directory",
		t.ID, t.Cell, differs)
}

// unlikeAxes compares the axes that a trial was planned with. It is stored with its client besides.
func unlikeAxes(stored, planned map[string]any) (differs string) {
	for _, key := range slices.Sorted(maps.Keys(planned)) {
		differs = cmp.Or(differs, unlike(key, stored[key], planned[key]))
	}
	return differs
}

// unlikeLength compares how long a trial measured, or how many records where their number bounds it.
func unlikeLength(t *result.Trial, w workload.Workload) string {
	if w.Messages > 0 {
		handed, late := t.Window.Handed, result.MinHanded*float64(w.Messages)
		if !w.Rate.Max && handed < w.Messages && (t.FellBehind() || float64(handed) >= late) {
			return "" // the others were late, or it was given up far behind its schedule
		}
		return unlike("number of messages", handed, w.Messages)
	}
	if window := plan.Window(w); math.Abs(t.WindowS-window.Seconds()) > window.Seconds()/100 {
		return fmt.Sprintf("its window is %s, planned %s", time.Duration(t.WindowS*float64(time.Second)).Round(time.Millisecond), window)
	}
	return ""
}

// unlike says how two values differ as they are spelt: stored numbers have lost their type.
func unlike(what string, stored, planned any) string {
	if a, b := compare.Spell(stored), compare.Spell(planned); a != b {
		return fmt.Sprintf("its %s is %s, planned %s", what, cmp.Or(a, "none"), cmp.Or(b, "none"))
	}
	return ""
}
