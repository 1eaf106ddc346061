package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// CapacitySchema names this version of the JSON form of a search for capacity. Keys may be added; none is renamed or removed within v1.
const CapacitySchema = "kafka-eos-bench/capacity/v1"

// CapacityDocument is the JSON form of searches for capacity. A figure that does not exist is null, never 0.
type CapacityDocument struct {
	Schema     string         `json:"schema"`
	RunID      string         `json:"run_id"`
	Complete   bool           `json:"complete"`
	Objectives []string       `json:"objectives"` // beside a sustained rate and a guarantee that held
	MinPerS    float64        `json:"min_per_s"`
	MaxPerS    float64        `json:"max_per_s"`
	Precision  float64        `json:"precision"`
	Confirm    int            `json:"confirm"`
	Searches   []CapacityCell `json:"searches"`
}

// CapacityCell is the search of one mode and transaction size. Rates are records a second.
type CapacityCell struct {
	Cell    string         `json:"cell"`
	Mode    string         `json:"mode"`
	Axes    map[string]any `json:"axes"`
	Asked   []string       `json:"objectives"` // those of the search that concern the mode
	Finding string         `json:"finding"`    // bracketed, above (the highest rate tried holds), none (no rate held) or unfinished
	Held    *float64       `json:"held_per_s"`
	Failed  *float64       `json:"failed_per_s"` // the lowest that failed above
	Why     string         `json:"failed_because"`
	Floor   *float64       `json:"floor_per_s"`     // the highest that failed below: transactions that fill too slowly
	Open    *float64       `json:"undecided_per_s"` // the highest whose probes contradict each other, or of which but one missed
	Probes  int            `json:"probes"`
	Rates   []CapacityRate `json:"rates"`
}

// CapacityRate is one rate and its probes.
type CapacityRate struct {
	PerS      float64             `json:"per_s"`
	Held      int                 `json:"held"`
	Missed    int                 `json:"missed"`
	Sustained int                 `json:"sustained"` // probes that kept up with their schedule, whatever else they missed
	Holds     bool                `json:"holds"`
	Fails     bool                `json:"fails"`
	Why       string              `json:"why"`     // of the first that missed
	Figures   map[string]*float64 `json:"figures"` // medians by metric, in its unit: latencies in µs
}

func findingName(f compare.Finding) string {
	switch f {
	case compare.Bracketed:
		return "bracketed"
	case compare.Above:
		return "above"
	case compare.None:
		return "none"
	}
	return "unfinished"
}

func perS(p *compare.Probed) *float64 {
	if p == nil {
		return nil
	}
	return &p.PerS
}

func (s *searches) document() CapacityDocument {
	d := CapacityDocument{
		Schema: CapacitySchema, RunID: s.run.RunID, Complete: s.run.Complete, Objectives: spellAll(s.terms.Objectives), MinPerS: s.terms.Min, MaxPerS: s.terms.Max,
		Precision: s.terms.Precision, Confirm: s.terms.Confirm, Searches: []CapacityCell{},
	}
	for _, c := range s.all {
		cell := CapacityCell{
			Cell: c.Name, Mode: c.Mode, Axes: c.Axes, Asked: spellAll(c.Asked()), Finding: findingName(c.Finding()), Held: perS(c.Held()), Failed: perS(c.Failed()), Floor: perS(c.Floor()),
			Open: perS(c.Undecided()), Probes: c.Probes(), Rates: []CapacityRate{},
		}
		if failed := c.Failed(); failed != nil {
			cell.Why = failed.Why
		}
		for _, p := range c.Rates {
			r := CapacityRate{
				PerS: p.PerS, Held: p.Held, Missed: p.Missed, Sustained: p.Sustained(), Holds: p.Holds(), Fails: p.Fails(), Why: p.Why, Figures: map[string]*float64{},
			}
			for _, m := range s.shownAtRate() {
				r.Figures[m.Name] = p.Median(m)
			}
			cell.Rates = append(cell.Rates, r)
		}
		d.Searches = append(d.Searches, cell)
	}
	return d
}

func capacityJSON(w io.Writer, s *searches, _ Options) error {
	return result.Indented(w, s.document())
}

// capacityCSV writes a row per rate that was probed (RFC 4180).
func capacityCSV(w io.Writer, s *searches, _ Options) error {
	axes := map[string]bool{}
	for _, c := range s.all {
		for key := range c.Axes {
			axes[key] = true
		}
	}
	keys := slices.Sorted(maps.Keys(axes))
	row := []string{"run_id", "cell", "mode", "finding", "rate_per_s", "held", "missed", "sustained", "holds", "fails", "why"}
	for _, m := range s.shownAtRate() {
		name := m.Name
		if m.Unit == metric.Microseconds {
			name += "_us"
		}
		row = append(row, name)
	}
	for _, key := range keys {
		row = append(row, "axis_"+key)
	}
	out := csv.NewWriter(w)
	if err := out.Write(row); err != nil {
		return err
	}
	for _, c := range s.all {
		for _, p := range c.Rates {
			row := []string{s.run.RunID, c.Name, c.Mode, findingName(c.Finding()), strconv.FormatFloat(p.PerS, 'f', -1, 64),
				strconv.Itoa(p.Held), strconv.Itoa(p.Missed), strconv.Itoa(p.Sustained()), fmt.Sprint(p.Holds()), fmt.Sprint(p.Fails()), p.Why}
			for _, m := range s.shownAtRate() {
				text := ""
				if v := p.Median(m); v != nil {
					text = strconv.FormatFloat(*v, 'f', -1, 64)
				}
				row = append(row, text)
			}
			for _, key := range keys {
				row = append(row, compare.Spell(c.Axes[key]))
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}
