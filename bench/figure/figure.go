// Package figure draws stored runs, one file per figure. A figure says nothing that a run does not hold: one whose data are missing is
// skipped with the reason, cells whose guarantee broke are not drawn, those that did not hold their rate are hollow, or named so.
package figure

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Source is a run and the directory it was loaded from.
type Source struct {
	Run *compare.Run
	Dir string // that holds trials/*.hlog and *.lag.csv; empty for a lone run.json: figures that need them are skipped
}

// Figure is one picture; Write draws it.
type Figure struct {
	Name    string // of its file, without extension
	Title   string
	Caption string // how to read it, what it rests on, and the environment, a line each; drawn below

	panels  []panel
	columns int
	height  vg.Length // of a row of panels
	keys    []key
}

// panel is one diagram of a figure.
type panel struct {
	title  string // what tells it from the others
	note   string // what else is to be said of it, behind what its vertical axis counts
	x, y   axis
	layers []layer
}

// key is an entry of the legend.
type key struct {
	text   string
	look   look
	line   bool // drawn as a line
	mark   bool // with a mark
	hollow bool
	fill   bool    // or as an area
	depth  float64 // of its colour, 0 to 1; 0: the usual one
}

// maker draws a figure of a set of cells, or says why it cannot.
type maker struct {
	name  string
	joint bool // over all runs together where they may be compared
	fault bool // of runs that broke things, and no others
	draw  func(*set) (f Figure, why string, err error)
}

// of draws the figure where it suits what the set's runs are.
func (m maker) of(s *set) (f Figure, why string, err error) {
	switch disturbed := slices.ContainsFunc(s.runs, func(r *compare.Run) bool { return compare.Disturbed(r.Run) }); {
	case m.fault && !disturbed:
		return Figure{}, "nothing was broken on purpose: it takes a run of 'fault'", nil
	case !m.fault && disturbed:
		return Figure{}, "something was broken in every trial, so what it measured is no mode's speed or cost", nil
	}
	return m.draw(s)
}

func makers() []maker {
	return []maker{
		{"throughput", false, false, throughput},
		{"cost", false, false, cost},
		{"latency", false, false, latency},
		{"latency-cost", false, false, latencyCost},
		{"percentiles", false, false, percentileCurves},
		{"commit", false, false, commits},
		{"lag", false, false, lags},
		{"cpu", false, false, cpu},
		{"rate", true, false, rates},
		{"heatmap", true, false, heatmap},
		{"ladder", false, false, ladders},
		{"cycle", false, false, cycles},
		{"faults", false, true, faultMatrix},
		{"timeline", false, true, timelines},
	}
}

// Names are those of all figures there are, in the order they are drawn.
func Names() []string {
	var names []string
	for _, m := range makers() {
		names = append(names, m.name)
	}
	return names
}

// All draws every figure that the sources have the data for. Of several sources each has its own figures, named RUN-FIGURE after its directory, but for
// rate and heatmap: they show all runs together if those differ in nothing but their cells, and state costs against one mode. A figure of more than
// nine panels is continued under NAME-2.
//
// skipped says, a line each, which figures are not there and why. An error means that a trial's file could not be read or is not what it
// should be.
func All(sources []Source) (figures []Figure, skipped []string, err error) {
	return Some(sources, Names())
}

// Some draws the figures of those names. One that does not exist is a *workload.UsageError.
func Some(sources []Source, names []string) (figures []Figure, skipped []string, err error) {
	for _, name := range names {
		if !slices.Contains(Names(), name) {
			return nil, nil, &workload.UsageError{Problem: fmt.Sprintf("%q is no figure", name), Remedy: workload.DidYouMean(name, Names())}
		}
	}
	single, together := setsOf(sources)
	for _, m := range makers() {
		if !slices.Contains(names, m.name) {
			continue
		}
		sets := single
		if m.joint && together != nil {
			sets = []*set{together}
		}
		for _, s := range sets {
			f, why, err := m.of(s)
			switch name := s.prefix + m.name; {
			case err != nil:
				return nil, nil, fmt.Errorf("draw %s: %w", name, err)
			case why != "":
				skipped = append(skipped, printable(name+": "+why))
			default:
				f.Caption = printable(strings.Join(append([]string{f.Caption}, s.environment(m.name == "faults")...), "\n"))
				figures = append(figures, f.named(name).pages()...)
			}
		}
	}
	return figures, skipped, nil
}

// setX and setY give all panels one axis, so that they can be compared.
func (f *Figure) setX(a axis) {
	for i := range f.panels {
		f.panels[i].x = a
	}
}

func (f *Figure) setY(a axis) {
	for i := range f.panels {
		f.panels[i].y = a
	}
}

// across3 lays panels out three to a row, or two where that leaves no gap.
func (f *Figure) across3() {
	f.columns = min(3, len(f.panels))
	if len(f.panels) == 4 {
		f.columns = 2
	}
}

func (f Figure) named(name string) Figure {
	f.Name = name
	return f
}

// maxPanels a figure holds; further ones go on another page.
const maxPanels = 9

func (f Figure) pages() (pages []Figure) {
	for chunk := range slices.Chunk(f.panels, maxPanels) {
		page := f
		page.panels = chunk
		if n := len(pages); n > 0 {
			page = page.named(fmt.Sprintf("%s-%d", f.Name, n+1))
		}
		pages = append(pages, page)
	}
	return pages
}

// setsOf makes a set of each source, and one of all of them if there are several that may be compared.
func setsOf(sources []Source) (single []*set, together *set) {
	for _, source := range sources {
		single = append(single, newSet(source))
	}
	if len(sources) < 2 {
		return single, nil
	}
	together = &set{dirs: map[*compare.Cell]string{}}
	prefixes, cells := map[string]bool{}, map[string]bool{}
	for i, s := range single {
		run := sources[i].Run
		s.prefix = fileName(strings.Trim(filepath.Base(sources[i].Dir), "./")) + "-" // Base of nothing is a dot
		if s.prefix == "-" || prefixes[s.prefix] {
			s.prefix = fileName(run.RunID) + "-"
		}
		prefixes[s.prefix] = true
		if together == nil || !oneFigure(sources[0].Run, run) {
			together = nil
			continue
		}
		together.runs = append(together.runs, run)
		for _, c := range s.cells {
			if id := c.Identity(); !cells[id] { // what two runs measured is drawn from the first
				cells[id] = true
				together.cells = append(together.cells, c)
			}
		}
		together.left = append(together.left, s.left...)
	}
	return single, together
}

// oneFigure says whether two runs may be drawn as one. Their references, which compare leaves to its reader, are what a figure's costs are against.
func oneFigure(a, b *compare.Run) bool {
	return a.Reference == b.Reference && len(compare.Differences(a, b)) == 0
}

// fileName keeps of a name what every file system takes.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return '-'
	}, s)
}
