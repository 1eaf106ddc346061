package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// axisFault tells the cells of a run of scenarios apart.
const axisFault = "fault"

// cellKeys are the columns that say which cell a row is: scenario and mode, and what else cells of one pair differ in.
func (f *faults) cellKeys() []column {
	keys := []column{
		textColumn(f.cells, "scenario", "", true, func(c *cell) string { return c.Fault() }),
		textColumn(f.cells, "mode", "", true, func(c *cell) string { return c.Mode }),
	}
	if !slices.ContainsFunc(f.cells, func(c *cell) bool { return len(f.matrix.Of(c.Fault(), c.Mode)) > 1 }) {
		return keys
	}
	if txn := textColumn(f.cells, "txn", "", false, func(c *cell) string { return transaction(c.Cell) }); txn.filled() {
		keys = append(keys, txn)
	}
	if f.rates > 1 {
		keys = append(keys, textColumn(f.cells, "rate", "", false, func(c *cell) string { return rateName(c.Cell) }))
	}
	for _, axis := range f.run.Axes {
		if axis != axisFault {
			keys = append(keys, textColumn(f.cells, strings.ReplaceAll(axis, "_", " "), "", false, func(c *cell) string { return spellAxis(axis, c.Axes[axis]) }))
		}
	}
	return keys
}

// cellName names a cell by scenario, mode and what else it takes.
func (f *faults) cellName(c *cell) string {
	name := c.Fault() + ", " + c.Mode
	if len(f.matrix.Of(c.Fault(), c.Mode)) > 1 {
		name = c.Fault() + ", " + cellName(c.Cell, slices.DeleteFunc(slices.Clone(f.run.Axes), func(axis string) bool { return axis == axisFault }), f.rates > 1)
	}
	return printable(name)
}

// outages has a row for each cell.
func (f *faults) outages() []group {
	figure := func(title, alone string, of func(compare.Outage) string) column {
		return textColumn(f.cells, title, alone, false, func(c *cell) string {
			if c.Void() {
				return "void"
			}
			return of(c.Outage())
		})
	}
	seconds := func(title, alone string, of func(compare.Outage) *float64) column {
		return figure(title, alone, func(o compare.Outage) string { return maybe(of(o), sensible) })
	}
	read := func(title string, of func(compare.Outage) *float64) column {
		return figure(title, "read "+title+", msg/s", func(o compare.Outage) string { return maybe(of(o), rate) })
	}
	return append([]group{{"", f.cellKeys()}}, pruned(
		group{"", []column{textColumn(f.cells, "sent", "", false, func(c *cell) string {
			return maybe(c.sum(guaranteeCount{of: func(g *result.Guarantee) *int64 { return &g.Sent }}), whole)
		})}},
		group{"longest without, s", []column{
			seconds("ack", "longest without an acknowledgement, s", func(o compare.Outage) *float64 { return o.AckGapS }),
			seconds("read", "longest without a read, s", func(o compare.Outage) *float64 { return o.ReadGapS }),
		}},
		group{"recovered", []column{figure("after, s", "recovered after, s", recovered)}},
		group{"read, msg/s", []column{
			read("before", func(o compare.Outage) *float64 { return o.Before }),
			read("during", func(o compare.Outage) *float64 { return o.During }),
			read("after", func(o compare.Outage) *float64 { return o.After }),
		}},
	)...)
}

const notSeen = "not seen"

// recovered is how long it took until reading went on as before; a dash where there was no before.
func recovered(o compare.Outage) string {
	if o.NotSeen {
		return notSeen
	}
	return maybe(o.RecoveryS, sensible)
}

// legend explains the tables, and no sign that is not there.
func (f *faults) legend() []string {
	lines := []string{"counts are records of the whole trial; what a mode never promised is counted and not held against it"}
	if most := slices.MaxFunc(f.cells, func(a, b *cell) int { return len(a.Trials) - len(b.Trials) }); len(most.Trials) > 1 {
		lines = append(lines, "of several trials: counts together, the longest gap and recovery, the median rate")
	}
	if f.damage("", "").Idle > 0 {
		lines = append(lines, compare.NothingDone+": the scenario has nothing to break in the mode, as with acks=0 there is no acknowledgement to lose")
	}
	lines = append(lines, "before, during and after: by the first thing that broke and the last that healed; – where the window holds none of it")
	var seen, unseen, dashes, void bool
	for _, c := range f.cells {
		switch o := c.Outage(); {
		case c.Void():
			void = true
		case o.NotSeen:
			unseen = true
		case o.RecoveryS != nil:
			seen = true
		default:
			dashes = true
		}
	}
	if seen || unseen {
		lines = append(lines, "recovered: from the first thing that broke until, past the worst second, nine tenths of before were read in a second again")
	}
	if unseen {
		lines = append(lines, notSeen+": reading did not go on as before within the window")
	}
	if dashes {
		lines = append(lines, "no figure of recovery: it broke in the window's first second or in its last, so that there is nothing to compare, or nothing was read")
	}
	if void {
		lines = append(lines, "void: the guarantee broke, so its speed counts for nothing")
	}
	return lines
}

// counted are the scenarios' own figures: for each scenario, a line for each mode.
func (f *faults) counted() []line {
	var lines []line
	for _, c := range f.cells {
		sums := map[string]float64{}
		for _, t := range c.Trials {
			if t.Outage == nil {
				continue
			}
			for name, v := range t.Outage.Figures {
				if strings.HasSuffix(name, "_s") {
					sums[name] = max(sums[name], v)
				} else {
					sums[name] += v
				}
			}
		}
		if text := ownFigures(sums); text != "" {
			lines = append(lines, line{f.cellName(c), printable(text)})
		}
	}
	return lines
}

// ownFigures words a scenario's own figures: what the proxy dropped of each kind of request, who was fenced, how long somebody's readers waited.
func ownFigures(figures map[string]float64) string {
	figures = maps.Clone(figures)
	take := func(name string) (v float64, there bool) {
		v, there = figures[name]
		delete(figures, name)
		return v, there
	}
	var texts []string
	if n, there := take("zombies"); there {
		fenced, _ := take("fenced")
		texts = append(texts, fmt.Sprintf("%s of %s fenced", whole(fenced), plural(int(n), "zombie")))
	}
	if v, there := take("takeover_s"); there {
		texts = append(texts, "a dead producer's transaction ended "+sensible(v)+" s after it where a successor took over")
	}
	if v, there := take("hold_without_takeover_s"); there {
		texts = append(texts, "readers were held for "+sensible(v)+" s where nobody took over")
	}
	var lost []string
	kinds := slices.SortedFunc(maps.Keys(figures), func(a, b string) int {
		return cmp.Or(cmp.Compare(figures["requests_"+strings.TrimPrefix(b, "lost_")], figures["requests_"+strings.TrimPrefix(a, "lost_")]), strings.Compare(a, b))
	})
	for _, name := range kinds {
		kind, drops := strings.CutPrefix(name, "lost_")
		if !drops {
			continue
		}
		n, _ := take(name)
		switch total, _ := take("requests_" + kind); {
		case total > 0:
			lost = append(lost, fmt.Sprintf("%s of %s %s", whole(n), whole(total), kind))
		case n > 0: // nobody aimed at them: they were behind another on its connection
			lost = append(lost, whole(n)+" "+kind)
		}
	}
	if len(lost) > 0 {
		texts = append(texts, "the proxy lost "+strings.Join(lost, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		words := strings.ReplaceAll(name, "_", " ")
		if seconds, is := strings.CutSuffix(words, " s"); is {
			texts = append(texts, seconds+" "+sensible(figures[name])+" s")
		} else {
			texts = append(texts, words+" "+rate(figures[name]))
		}
	}
	return strings.Join(texts, "; ")
}

// schedule is what was done in a scenario, and when.
type schedule struct {
	scenario, of string // the cell whose trial it is of
	events       []line // when, in seconds of the window, and what
}

// schedules are those of the trial of each scenario with most to tell; what was done several times is one line.
func (f *faults) schedules() (all []schedule) {
	for _, scenario := range f.scenarios {
		var richest *result.Trial
		var of *cell
		for _, c := range f.cells {
			for _, t := range c.Trials {
				if c.Fault() == scenario && t.Outage != nil && (richest == nil || len(t.Outage.Events) > len(richest.Outage.Events)) {
					richest, of = t, c
				}
			}
		}
		if richest == nil || len(richest.Outage.Events) == 0 {
			continue
		}
		s := schedule{scenario: printable(scenario), of: f.cellName(of)}
		if richest.Block > 1 {
			s.of += fmt.Sprintf(", block %d", richest.Block)
		}
		for _, e := range richest.Outage.Events {
			at, what := fmt.Sprintf("%.2f", e.AtS), printable(e.What)
			if i := slices.IndexFunc(s.events, func(l line) bool { return l.text == what }); i >= 0 {
				s.events[i].name += ", " + at
			} else {
				s.events = append(s.events, line{at, what})
			}
		}
		all = append(all, s)
	}
	return all
}

// breach is a trial whose promise broke.
type breach struct {
	of      string
	reasons []string
	again   string // the command that draws the same
}

func (f *faults) breaches() (all []breach) {
	for _, c := range f.cells {
		for _, t := range c.Trials {
			if t.Guarantee.Verdict != result.Broken {
				continue
			}
			b := breach{of: f.cellName(c), again: redraw(f.run.Run, t)}
			if len(c.Trials) > 1 {
				b.of += fmt.Sprintf(", block %d", t.Block)
			}
			for _, r := range orReason(t.Guarantee.Reasons, "the guarantee broke") {
				b.reasons = append(b.reasons, printable(r))
			}
			all = append(all, b)
		}
	}
	return all
}

// brokenTrial is the first trial of a cell whose promise broke; nil if it held.
func (c *cell) brokenTrial() *result.Trial {
	for _, t := range c.Trials {
		if t.Guarantee.Verdict == result.Broken {
			return t
		}
	}
	return nil
}

// remarks are the footnotes but those that the breaches say. Nobody compares these cells, so what differs in figures only is one, over all of them.
func (f *faults) remarks() (texts []string) {
	var folded []note
	for _, n := range f.notes {
		if strings.HasPrefix(n.text, string(result.Broken)+": ") {
			continue
		}
		i := slices.IndexFunc(folded, func(o note) bool { return len(o.cells) > 0 && len(n.cells) > 0 && wording(o.text) == wording(n.text) })
		if i < 0 {
			n.cells, n.low, n.high = slices.Clone(n.cells), slices.Clone(n.low), slices.Clone(n.high)
			folded = append(folded, n)
			continue
		}
		o := &folded[i]
		for _, c := range n.cells {
			if !slices.Contains(o.cells, c) {
				o.cells = append(o.cells, c)
			}
		}
		for k := range n.low {
			if size(n.low[k]) < size(o.low[k]) {
				o.low[k] = n.low[k]
			}
			if size(n.high[k]) > size(o.high[k]) {
				o.high[k] = n.high[k]
			}
		}
	}
	if text := f.exposed(); text != "" {
		texts = append(texts, text)
	}
	for _, n := range folded {
		who := ""
		switch {
		case len(n.cells) == 0:
		case len(n.cells) > 3:
			who = fmt.Sprintf("%d of %d cells: ", len(n.cells), len(f.cells))
		default:
			var names []string
			for _, c := range n.cells {
				names = append(names, f.cellName(c))
			}
			who = strings.Join(names, "; ") + ": "
		}
		texts = append(texts, who+n.said())
	}
	return texts
}

// exposed names the cells whose load stood still with the cluster: fewer of their records met the fault than were due.
func (f *faults) exposed() string {
	var names []string
	for _, c := range f.cells {
		var sent, due float64
		for _, t := range c.Trials {
			if t.DuePerS != nil {
				sent, due = sent+t.SentPerS, due+*t.DuePerS
			}
		}
		if due > 0 && sent < 0.95*due {
			names = append(names, fmt.Sprintf("%s (%.0f%%)", f.cellName(c), 100*sent/due))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "the load stands still with the cluster, so that fewer records were sent in the window than were due: " + strings.Join(names, "; ")
}

// redraw is the command that draws a trial's fault and load again: of one scenario and one cell, with as many blocks as it takes to reach the
// trial's, since a block draws by its number.
func redraw(r *result.Run, t *result.Trial) string {
	values := maps.Clone(r.Profile.Values)
	set := func(key, value string) { values[key] = result.Value{Value: value, Source: "flag"} }
	set("mode", t.Mode)
	set("seed", cmp.Or(values["seed"].Value, "1"))
	mode, _ := workload.ModeByName(t.Mode)
	for _, s := range workload.Settings() {
		if !s.Concerns(mode) { // the mode by itself would refuse it
			delete(values, s.Key)
		}
	}
	for key, v := range values {
		if strings.Contains(v.Value, ",") && t.Axes[key] != nil { // of a list, the cell's own
			set(key, compare.Spell(t.Axes[key]))
		}
	}
	if blocks := fmt.Sprint(t.Block); values["blocks"].Value != blocks {
		set("blocks", blocks)
	}
	one := *r
	one.Profile.Values, one.Trials = values, []result.Trial{*t}
	return rerun(&one)
}
