package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/figure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// assets are the page's template, style and scripts; uplot/README says where those of others come from.
//
//go:embed html
var assets embed.FS

// HTML writes the run as one page that opens from a file, offline, and loads nothing: style, scripts and figures are inside. Figures that rest on the
// trials' own files are drawn where Options.Path is the run's directory. Everything can be read without scripts; with them, series and
// percentiles can be looked at closely.
//
// Its errors are the writer's, and those of trials' files and of a search's terms that are not what they should be.
func HTML(w io.Writer, r *result.Run, o Options) error {
	s := summarise(r)
	layOut := newPage
	if compare.Disturbed(r) {
		layOut = faultsPage
	}
	p, err := layOut(s, o)
	if err != nil {
		return err
	}
	if searched(r) {
		found, err := searchesOf(s)
		if err != nil {
			return err
		}
		p.leadWith(found)
	}
	t, err := template.ParseFS(assets, "html/page.html.tmpl")
	if err != nil {
		return fmt.Errorf("read the page's template: %w", err)
	}
	var b bytes.Buffer // nothing is written of a page that cannot be completed
	if err := t.Execute(&b, p); err != nil {
		return fmt.Errorf("fill in the page: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// page is what the template shows. The template escapes all of it but Style, Scripts and the figures' drawings, which are the tool's own.
type page struct {
	Title    string
	Question string // empty: what exactly-once costs
	Policy   string
	Style    template.CSS
	Scripts  []template.JS
	Answer   string
	Badge    badge
	Facts    []fact
	Sections []section
	Data     []chart
	Path     string
}

// badge is the guarantee in a few words.
type badge struct{ Class, Text string }

// fact is a line of the header.
type fact struct{ Name, Text string }

// section is a part of the page; what it has of each kind is shown in this order.
type section struct {
	ID, Title string
	Lead      []string
	Tables    []htmlTable
	Figures   []htmlFigure
	Notes     []htmlNote
	Code      []code
	Legend    []string
	Missing   []string // what the run has no data for
	Charts    bool
}

// htmlNote is a warning.
type htmlNote struct {
	Number    int
	Who, Text string
	Back      string // the first mark that refers to it; empty: none does
}

// code is what a reader may copy.
type code struct {
	Title, Text string
	Folded      bool
}

func newPage(s *summary, o Options) (*page, error) {
	p := &page{
		Title: s.title(), Answer: printable(s.answer()), Badge: s.badge(),
		Path: printable(o.Path),
	}
	for _, l := range s.header() {
		p.Facts = append(p.Facts, fact{l.name, l.text})
	}
	dir := directory(o.Path)
	drawn, err := s.figures(dir, figure.Names())
	if err != nil {
		return nil, err
	}
	if p.Data, err = s.charts(dir); err != nil {
		return nil, err
	}
	costs := s.costs()
	for _, part := range []section{costs, s.guarantees(), drawn, s.closer(p.Data), s.warnings(costs), s.surroundings(), s.configuration(), s.settings(), s.again(o.Next)} {
		if part.ID != "" {
			p.Sections = append(p.Sections, part)
		}
	}
	return p, p.dress()
}

// dress adds style and scripts, and allows those scripts and nothing else to run: should text from a file ever become markup, it could still
// neither run nor load anything.
func (p *page) dress() error {
	read := func(names ...string) (texts []string, err error) {
		for _, name := range names {
			data, err := assets.ReadFile("html/" + name)
			if err != nil {
				return nil, fmt.Errorf("read the page's %s: %w", name, err)
			}
			texts = append(texts, string(data))
		}
		return texts, nil
	}
	styles, err := read("uplot/uPlot.min.css", "style.css")
	if err != nil {
		return err
	}
	p.Style = template.CSS(strings.Join(styles, "\n"))
	p.Policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
	if len(p.Data) == 0 {
		return nil
	}
	scripts, err := read("uplot/LICENSE", "uplot/uPlot.iife.min.js", "charts.js")
	if err != nil {
		return err
	}
	scripts = []string{"/*\nuPlot: " + scripts[0] + "*/\n" + scripts[1], scripts[2]} // its licence goes where it goes
	p.Policy += "; script-src"
	for _, text := range scripts {
		sum := sha256.Sum256([]byte(text))
		p.Policy += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		p.Scripts = append(p.Scripts, template.JS(text))
	}
	return nil
}

// badge says what became of the guarantee; what is bad outweighs what is missing.
func (s *summary) badge() badge {
	var trials, promised, broken, open int
	for _, c := range s.cells {
		trials += len(c.Trials)
		promised += len(c.Trials) - c.Verdicts(result.NotPromised)
		broken += c.Verdicts(result.Broken)
		for _, t := range c.Trials {
			if t.Guarantee.Verdict != result.Broken && len(compare.MissingEvidence(t, s.expect())) > 0 {
				open++
			}
		}
		open += c.Verdicts(result.Unchecked)
	}
	switch {
	case trials == 0:
		return badge{"open", "? no trial finished"}
	case broken > 0:
		return badge{"bad", fmt.Sprintf("✗ the guarantee broke in %d of %s", broken, plural(trials, "trial"))}
	case open > 0:
		return badge{"open", fmt.Sprintf("? evidence is missing or a rate was not sustained in %d of %s", open, plural(trials, "trial"))}
	case !s.run.Complete:
		return badge{"open", "? the run was stopped early"}
	}
	text := "✓ every promise held in " + plural(trials, "trial")
	if promised < trials {
		text += fmt.Sprintf("; %d of them promised nothing", trials-promised)
	}
	return badge{"good", text}
}

// expect is what the profile takes for granted of its cells.
func (s *summary) expect() string { return s.run.Profile.Values["expect"].Value }

// warnings are the footnotes; marks in the first table of a section lead to them.
func (s *summary) warnings(from section) section {
	part := section{ID: "warnings", Title: "Warnings"}
	if len(s.notes) == 0 {
		part.Lead = []string{"None were given."}
		return part
	}
	for i, n := range s.notes {
		note := htmlNote{Number: i + 1, Text: n.text}
		if who := s.concerns(n); who != "" {
			note.Who = who + ":"
		}
		if len(from.Tables) > 0 {
			note.Back = from.Tables[0].firstMark(i + 1)
		}
		part.Notes = append(part.Notes, note)
	}
	return part
}

// surroundings say what measured what.
func (s *summary) surroundings() section {
	tables := []htmlTable{{Caption: "What was measured by what"}, {Caption: "The broker's features and settings", Folded: true}}
	for i, lines := range [][]line{environment(s.run.Run), brokerDetails(s.run.Broker)} {
		tables[i].Heads = []head{{"fact", "words"}, {"value", "words"}}
		for _, l := range lines {
			tables[i].Rows = append(tables[i].Rows, htmlRow{Cells: []htmlCell{{Text: l.name, Class: "words", Head: true}, {Text: l.text, Class: "words wrap"}}})
		}
	}
	return section{ID: "environment", Title: "Environment", Tables: filledTables(tables...)}
}

// filledTables leaves out those without rows.
func filledTables(tables ...htmlTable) []htmlTable {
	return slices.DeleteFunc(tables, func(t htmlTable) bool { return len(t.Rows) == 0 })
}

// settings are the profile's values.
func (s *summary) settings() section {
	rows := settingRows(s.run.Profile)
	if len(rows) == 0 {
		return section{}
	}
	table := func(caption string) htmlTable {
		return htmlTable{Caption: caption, Heads: []head{{"setting", "words"}, {"value", "words"}, {"from", "words"}}}
	}
	set, defaults := table("Values that were set"), table("Values left at their defaults")
	defaults.Folded = true
	for _, row := range rows {
		r := htmlRow{Cells: []htmlCell{
			{Text: row.Key, Class: "words", Head: true}, {Text: orNone(row.Value), Class: "words wrap"}, {Text: row.Source, Class: "words"},
		}}
		if row.Source == "default" {
			defaults.Rows = append(defaults.Rows, r)
		} else {
			set.Rows = append(set.Rows, r)
		}
	}
	return section{ID: "profile", Title: "Profile " + printable(s.run.Profile.Name), Tables: filledTables(set, defaults)}
}

// again is how to repeat the run, and what is worth trying next where somebody knew.
func (s *summary) again(next string) section {
	part := section{
		ID: "again", Title: "Run it again",
		Lead: []string{"Measured by " + printable(toolLine(s.run.Tool)) + ". The same version and the same profile measure the same cells in the same order:"},
		Code: []code{{Title: "The command", Text: rerun(s.run.Run)}},
	}
	if text := profileYAML(s.run.Profile); text != "" && !searched(s.run.Run) {
		part.Code = append(part.Code, code{Title: "What was set, as a profile to save and run where that one is not at hand", Text: text, Folded: true})
	}
	if next != "" {
		part.Code = append(part.Code, code{Title: "Worth trying next", Text: printable(next), Folded: true})
	}
	return part
}

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}
