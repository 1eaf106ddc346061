package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// CapacityFormats names the output formats of a search for capacity, the default first.
func CapacityFormats() []string { return []string{"text", "json", "csv", "markdown"} }

// CapacityByName returns the format of that name for runs that were searches for capacity; the error names those there are. Of
// another run the format's error says that it was none.
func CapacityByName(name string) (Format, error) {
	formats := map[string]func(io.Writer, *searches, Options) error{
		"text": capacityText, "json": capacityJSON, "csv": capacityCSV, "markdown": capacityMarkdown,
	}
	write, known := formats[name]
	if !known {
		return nil, fmt.Errorf("unknown output format %q: use one of %s", name, strings.Join(CapacityFormats(), ", "))
	}
	return func(w io.Writer, r *result.Run, o Options) error {
		s, err := searchesOf(summarise(r))
		if err != nil {
			return err
		}
		return write(w, s, o)
	}, nil
}

// searches is a search for capacity as its tables show it: a row per cell, and a row per rate that was probed.
type searches struct {
	*summary
	terms compare.Terms
	all   []*compare.Capacity
}

func searchesOf(of *summary) (*searches, error) {
	terms, _, err := compare.TermsOf(of.run.Run)
	if err != nil {
		return nil, err
	}
	s := &searches{summary: of, terms: terms}
	s.all, err = compare.Capacities(s.run, terms.Objectives)
	return s, err
}

func (s *searches) heading() string {
	name := cmp.Or(s.run.Profile.Name, s.run.RunID)
	text := fmt.Sprintf("%s: the highest rate of %s, %s", name, plural(len(s.all), "cell"), plural(len(s.run.Trials), "probe"))
	if !s.run.Complete {
		text += ", incomplete: the run was stopped early"
	}
	return printable(text)
}

// asked says what a rate must do to be held.
func (s *searches) asked() string {
	wanted := append([]string{"rate sustained", "guarantee held"}, spellAll(s.terms.Objectives)...)
	agree := max(s.terms.Confirm, 2)
	return fmt.Sprintf("%s; in %s of a rate, or %d of %d where one misses", strings.Join(wanted, ", "), plural(s.terms.Confirm, "probe"), agree, agree+1)
}

func spellAll(objectives []metric.Objective) []string {
	texts := []string{}
	for _, o := range objectives {
		texts = append(texts, o.String())
	}
	return texts
}

// header is a run's, and what was asked for.
func (s *searches) header() []line {
	return append(s.summary.header(), line{"asked", printable(s.asked())})
}

// remarks are what a reader of the tables must know beside them: the run's warnings, and what the search shows.
func (s *searches) remarks() []string {
	var lines []string
	for _, w := range s.run.Warnings {
		lines = append(lines, printable(w))
	}
	return append(lines, s.shows()...)
}

// shows is what the search shows beside its tables.
func (s *searches) shows() (lines []string) {
	for _, o := range spellAll(s.terms.Objectives) {
		var without []string
		for _, c := range s.all {
			if slices.Contains(spellAll(c.Unasked()), o) {
				without = append(without, s.called(c))
			}
		}
		if len(without) > 0 {
			lines = append(lines, fmt.Sprintf("%s was not asked of %s: there is no such figure", o, strings.Join(without, ", ")))
		}
	}
	for _, c := range s.all {
		floor := c.Floor()
		if floor == nil {
			continue
		}
		text := fmt.Sprintf("%s fails at %s msg/s too, where %s held: %s", s.called(c), rate(floor.PerS), floor.Tally(), floor.Why)
		if m, _ := workload.ModeByName(c.Mode); m.Transactional {
			text += "; the lower the rate, the longer a transaction takes to fill"
		}
		lines = append(lines, text)
	}
	lines = append(lines, s.noise()...)
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return lines
}

// noise says what may have made a rate fail that a quieter hour would show to hold.
func (s *searches) noise() (lines []string) {
	torn, stolen := 0, 0.0
	for _, c := range s.all {
		for _, p := range c.Rates {
			if p.Held > 0 && p.Missed > 0 {
				torn++
			}
			for _, t := range p.Trials {
				stolen = max(stolen, t.Resources.Stolen())
			}
		}
	}
	if torn > 0 {
		lines = append(lines, fmt.Sprintf("probes of %s contradicted each other: the machine or the cluster is noisy, and a quieter hour may show more; --confirm and a longer --duration help",
			plural(torn, "rate")))
	}
	if stolen > result.MaxSteal {
		lines = append(lines, fmt.Sprintf("the hypervisor gave up to %.0f%% of this machine's CPU time to others: in a quieter hour it may hold more", 100*stolen))
	}
	return lines
}

// called names a search as a sentence would.
func (s *searches) called(c *compare.Capacity) string {
	return cellName(&compare.Cell{Mode: c.Mode, Axes: c.Axes}, s.run.Axes, false)
}

// verdict says in a sentence what was found under which objectives, and what share of the reference's rate that is.
func (s *searches) verdict() string {
	if len(s.all) == 0 {
		return "No probe finished: there is nothing to report."
	}
	common := spellAll(s.terms.Objectives)
	for _, c := range s.all {
		common = slices.DeleteFunc(common, func(o string) bool { return !slices.Contains(spellAll(c.Asked()), o) })
	}
	text := ""
	if len(common) > 0 {
		text = "with " + strings.Join(common, " and ") + ", "
	}
	var clauses []string
	for _, c := range s.all {
		name := s.called(c)
		own := slices.DeleteFunc(spellAll(c.Asked()), func(o string) bool { return slices.Contains(common, o) })
		if len(own) > 0 {
			name += ", with " + strings.Join(own, " and ")
			if len(common) > 0 {
				name += " too"
			}
			name += ","
		}
		clauses = append(clauses, name+" "+s.clause(c))
	}
	text += strings.Join(clauses, "; ")
	return printable(strings.ToUpper(text[:1]) + text[1:] + ".")
}

func (s *searches) clause(c *compare.Capacity) string {
	h := c.Held()
	switch c.Finding() {
	case compare.None:
		return "holds no rate that was tried"
	case compare.Above:
		return fmt.Sprintf("holds %s msg/s, the highest rate tried (%s)", rate(h.PerS), h.Tally())
	case compare.Unfinished:
		text := "is not known to hold any rate yet"
		if h != nil {
			text = fmt.Sprintf("holds %s msg/s at least (%s)", rate(h.PerS), h.Tally())
		}
		if open := c.Undecided(); open != nil {
			text += fmt.Sprintf(", and %s msg/s is undecided (%s held)", rate(open.PerS), open.Tally())
		}
		return text
	}
	text := fmt.Sprintf("holds %s msg/s (%s", rate(h.PerS), h.Tally())
	if base := s.base(c); base != nil && base != c && base.Finding() == compare.Bracketed {
		text += fmt.Sprintf("; %s that of %s", times(h.PerS/base.Held().PerS), base.Mode)
	}
	return text + ")"
}

// base is the search of the reference mode that shares a search's other axes, nil if there is none.
func (s *searches) base(c *compare.Capacity) *compare.Capacity {
	for _, other := range s.all {
		if other.Mode == s.run.Reference && sharesAxes(c, other) {
			return other
		}
	}
	return nil
}

// sharesAxes says whether two searches differ in nothing but what belongs to a mode.
func sharesAxes(a, b *compare.Capacity) bool {
	own := []string{compare.AxisTxnSize, compare.AxisTxnInterval, compare.AxisIsolation, compare.AxisFlushEvery}
	for key := range a.Axes {
		if !slices.Contains(own, key) && compare.Spell(a.Axes[key]) != compare.Spell(b.Axes[key]) {
			return false
		}
	}
	_, known := workload.ModeByName(a.Mode)
	return known
}
