package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
)

// noise is what figures did while nothing changed.
type noise struct {
	Run     string               `json:"run"`      // its id
	Result  string               `json:"result"`   // where it is stored
	Figures []gate.Repeatability `json:"figures"`  // by cell
	LeftOut []gate.Repeatability `json:"left_out"` // whose reasons were known beforehand
}

func newNoise(run *compare.Run, without []gate.Repeatability, path string) *noise {
	n := &noise{Run: run.RunID, Result: path, LeftOut: append([]gate.Repeatability{}, without...)}
	n.Figures = slices.DeleteFunc(gate.Repeatabilities(run), func(r gate.Repeatability) bool {
		return slices.ContainsFunc(without, func(w gate.Repeatability) bool { return w.Cell == r.Cell && w.Figure == r.Figure })
	})
	return n
}

// untold are the figures whose noise could not be told.
func (n *noise) untold() []gate.Repeatability {
	return slices.DeleteFunc(slices.Clone(n.Figures), func(f gate.Repeatability) bool { return f.Reason == "" })
}

func (n *noise) verdict() error {
	switch untold := len(n.untold()); {
	case len(n.Figures) == 0:
		return &coded{exitInconclusive, errors.New("inconclusive: nothing was measured whose noise could be told: let it run to its end")}
	case untold > 0:
		return &coded{exitInconclusive, fmt.Errorf("inconclusive: the noise of %s of %d could not be told; the lines below the table say why", plural(untold, "figure"), len(n.Figures))}
	}
	return nil
}

// text is the table, what its columns mean, and what could not be told.
func (n *noise) text(w io.Writer, o report.Options) error {
	if len(n.Figures) == 0 {
		return nil
	}
	var err error
	paragraph := func(lead, text string) { err = errors.Join(err, report.Paragraph(w, lead, text, o.Width)) }
	for _, cell := range n.cells() {
		fmt.Fprintln(w)
		paragraph("", cell)
		err = errors.Join(err, report.Table(w, o.Color, n.columns(cell)))
	}
	fmt.Fprintln(w)
	for _, line := range []string{
		"noise: standard deviation, while nothing changes, of the log-ratio of a block's two trials; for a bound of a trial's logarithm",
		fmt.Sprintf("finds: the smallest worsening that one rule tells from none in %.0f%% of tries, with these blocks; a gate warns about narrower margins", 100*gate.WantFail),
		fmt.Sprintf("takes: blocks with which a rule half-way to a worsening of %.0f%% (docs/gate.md) passes in %.0f%% of tries while nothing changes, and fails in %.0f%% once it is there",
			100*gate.Worsening, 100*gate.WantPass, 100*gate.WantFail),
		"passes, fails: how often that rule does of all ways to deal the blocks' two trials out to two releases",
		"halves: the two trials of every block as they were measured, held against one another, and the p-value of no difference",
	} {
		paragraph("", line)
	}
	for _, why := range n.reasons() {
		fmt.Fprintln(w)
		paragraph("", strings.Join(why.of, ", ")+": "+why.reason)
		if why.remedy != "" {
			paragraph("  →  ", why.remedy)
		}
	}
	fmt.Fprintln(w)
	paragraph("", n.answer())
	return errors.Join(err, report.Paragraph(w, "result: ", n.Result, o.Width))
}

// because is a reason, and what it is the reason of.
type because struct {
	reason, remedy string
	of             []string
}

// reasons say why there are no figures, or no number of blocks, each once for a cell.
func (n *noise) reasons() (all []because) {
	for _, f := range n.Figures {
		for _, why := range []because{
			{f.Reason, f.Remedy, []string{f.Figure}},
			{f.Pairs.Reason, "", []string{f.Figure + " against a baseline in the same blocks"}},
			{f.Bound.Reason, "", []string{f.Figure + " with a bound"}},
		} {
			if why.reason == "" {
				continue
			}
			if len(n.cells()) > 1 {
				why.reason += " (" + f.Cell + ")"
			}
			i := slices.IndexFunc(all, func(b because) bool { return b.reason == why.reason && b.remedy == why.remedy })
			if i < 0 {
				all = append(all, why)
			} else {
				all[i].of = append(all[i].of, why.of...)
			}
		}
	}
	return all
}

// cells are those that have figures.
func (n *noise) cells() (names []string) {
	for _, f := range n.Figures {
		if !slices.Contains(names, f.Cell) {
			names = append(names, f.Cell)
		}
	}
	return names
}

// columns are a cell's part of the table.
func (n *noise) columns(cell string) []report.Column {
	column := func(group, title string, text func(gate.Repeatability) string) report.Column {
		c := report.Column{Group: group, Title: title}
		for _, f := range n.Figures {
			if f.Cell == cell {
				c.Texts = append(c.Texts, text(f))
			}
		}
		return c
	}
	share := gate.Verdict{}.Figure
	whole := func(v *int) string {
		if v == nil {
			return report.Number(nil)
		}
		return strconv.Itoa(*v)
	}
	ratio := func(v *float64) string {
		if v == nil {
			return report.Number(nil)
		}
		return fmt.Sprintf("%.2f", *v)
	}
	name := column("", "figure", func(f gate.Repeatability) string { return f.Figure })
	name.Words = true
	return []report.Column{
		name,
		column("", "median", func(f gate.Repeatability) string { return gate.Verdict{Unit: f.Unit}.Figure(f.Median) }),
		column("baseline in the same blocks", "noise", func(f gate.Repeatability) string { return report.Number(f.Pairs.Noise) }),
		column("baseline in the same blocks", "finds", func(f gate.Repeatability) string { return share(f.Pairs.Finds) }),
		column("baseline in the same blocks", "takes", func(f gate.Repeatability) string { return whole(f.Pairs.Takes) }),
		column("baseline in the same blocks", "passes", func(f gate.Repeatability) string { return share(f.Halves.Passes) }),
		column("baseline in the same blocks", "fails", func(f gate.Repeatability) string { return share(f.Halves.Fails) }),
		column("bound", "noise", func(f gate.Repeatability) string { return report.Number(f.Bound.Noise) }),
		column("bound", "finds", func(f gate.Repeatability) string { return share(f.Bound.Finds) }),
		column("bound", "takes", func(f gate.Repeatability) string { return whole(f.Bound.Takes) }),
		column("halves", "ratio", func(f gate.Repeatability) string { return ratio(f.Halves.Ratio) }),
		column("halves", "p", func(f gate.Repeatability) string { return report.Number(f.Halves.P) }),
	}
}

// answer says in a sentence or two what can be told from the noise.
func (n *noise) answer() string {
	var least *gate.Repeatability // the figure of which the largest change stays unseen
	told, different := 0, 0
	for i := range n.Figures {
		f := &n.Figures[i]
		if f.Reason != "" {
			continue
		}
		told++
		if f.Halves.Different != nil && *f.Halves.Different {
			different++
		}
		if f.Pairs.Finds != nil && (least == nil || *f.Pairs.Finds > *least.Pairs.Finds) {
			least = f
		}
	}
	if told == 0 {
		return "No figure's noise could be told."
	}
	text := fmt.Sprintf("Halves that nothing sets apart are called different in %d of %s; by chance it is one in twenty.", different, plural(told, "figure"))
	if least != nil {
		text = fmt.Sprintf("Against a baseline in the same blocks %s tell a worsening of %s or more from none, in whichever of the %s. ", plural(least.Blocks, "block"),
			gate.Verdict{}.Figure(least.Pairs.Finds), plural(told, "figure")) + text
	}
	return text + fmt.Sprintf(" 'gate %s --power --require RULE' says what a rule of yours takes.", quoted(n.Result))
}
