package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
)

// line is one of the header: a name and what there is to say.
type line struct{ name, text string }

// title says what was run.
func (s *summary) title() string {
	name := s.run.Profile.Name
	if name == "" {
		name = s.run.RunID
	}
	text := fmt.Sprintf("%s: %s, %s", name, plural(len(s.cells), "cell"), plural(len(s.run.Trials), "trial"))
	if w := s.window(); w != "" {
		text += " of " + w
	}
	if !s.run.Complete {
		text += ", incomplete: the run was stopped early"
	}
	return printable(text)
}

// window is the length all windows share, within a hundredth.
func (s *summary) window() string {
	if len(s.run.Trials) == 0 {
		return ""
	}
	first := s.run.Trials[0].WindowS
	for _, t := range s.run.Trials {
		if math.Abs(t.WindowS-first) > first/100 {
			return ""
		}
	}
	if first == math.Trunc(first) {
		return whole(first) + " s"
	}
	return sensible(first) + " s"
}

// header says what was measured on what, as far as it is known.
func (s *summary) header() []line {
	lines := []line{{"broker", s.run.Broker.String()}}
	if clients := s.run.Clients(); len(clients) > 0 {
		lines = append(lines, line{"client", strings.Join(clients, " and ")})
	}
	lines = append(lines, line{"machine", s.run.Machine.String()})
	if len(s.constant) > 0 {
		lines = append(lines, line{"all cells", strings.Join(s.constant, ", ")})
	}
	for i := range lines {
		lines[i].text = printable(lines[i].text)
	}
	return lines
}

func distinct(texts []string) []string {
	var once []string
	seen := map[string]bool{}
	for _, t := range texts {
		if !seen[t] {
			once = append(once, t)
		}
		seen[t] = true
	}
	return once
}

// legend explains the signs that the tables use, and no others.
func (s *summary) legend() []string {
	var lines []string
	most := 0
	var unsustained, void, saturated, due, lags bool
	hold, commit := metric.Must("max(hold)"), metric.Must("p99(commit_due)")
	for _, c := range s.cells {
		most = max(most, len(c.Usable))
		unsustained = unsustained || c.Unsustained() > 0
		void = void || c.Void()
		saturated = saturated || c.Saturated()
		due = due || c.Median(commit) != nil
		lags = lags || c.Largest(hold) != nil
	}
	if most > 1 {
		lines = append(lines, "figures are medians over the trials of a cell, lags the largest sampled in any")
	}
	lines = append(lines, s.ratioLegend(most)...)
	if due {
		lines = append(lines, "due p99 runs from when a transaction's last record was due until its commit was acknowledged")
	}
	if lags {
		lines = append(lines, "hold: offsets that open transactions hide; reader: offsets behind those; age: oldest unread record")
	}
	if saturated {
		lines = append(lines, "latencies at max measure the queue of a saturated client and are not compared")
	}
	if unsustained {
		lines = append(lines, "! the rate was not sustained: shown, never compared")
	}
	if void {
		lines = append(lines, "void: the guarantee broke, so its speed counts for nothing")
	}
	return lines
}

// ratioLegend says what a ratio is worth, of cells with so many trials at most.
func (s *summary) ratioLegend(trials int) (lines []string) {
	var ratios, open, unshown bool
	for _, name := range compared {
		m := metric.Must(name)
		for _, c := range s.cells {
			if e := c.effect(m); e.Missing == "" && e.Ratio {
				ratios = true
				open = open || !conclusive(e)
				unshown = unshown || conclusive(e) && !e.Shown()
			}
		}
	}
	if !ratios {
		return nil
	}
	switch {
	case open && trials == 1:
		lines = append(lines, "one trial per cell: a small difference may be noise, --blocks 6 or more can tell")
	case open:
		lines = append(lines, "of fewer than six blocks a small difference may be noise: --blocks 6 or more can tell")
	}
	text := "× is the ratio to " + s.run.Reference + " with the same other settings"
	if trials > 1 {
		text += ", block by block"
	}
	lines = append(lines, text)
	if unshown {
		lines = append(lines, unshownLegend)
	}
	return lines
}
