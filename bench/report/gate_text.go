package report

import (
	"io"
	"strconv"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
)

// gateText writes a table with a line for each rule and, below it, one for each cell, then what did not pass, and what to do.
func gateText(w io.Writer, g *Gate, o Options) error {
	p := newPrinter(o)
	p.head("gate on "+printable(orRun(g)), g.measured())
	g.table(p)
	lead := func(mark, text string) { p.wrapped("  "+mark+"  ", printable(text)) }
	for _, same := range g.alike() {
		p.line("")
		for _, v := range same {
			p.wrapped("", string(v.Outcome)+": "+printable(about(v)))
		}
		lead(" ", same[0].Reason)
		lead("→", same[0].Remedy)
	}
	for _, text := range g.Broken {
		p.line("")
		p.wrapped("", string(gate.Broken)+": "+printable(text))
	}
	for _, text := range g.Warnings {
		p.line("")
		p.wrapped("", "warning: "+printable(text))
	}
	p.line("")
	p.wrapped("", g.Answer())
	p.pointers(o)
	_, err := io.WriteString(w, p.b.String())
	return err
}

// orRun is what the run is called.
func orRun(g *Gate) string {
	if g.Profile == "" {
		return g.Run
	}
	return g.Profile
}

// table writes a line for each rule, and below it a row for each of its verdicts.
func (g *Gate) table(p *printer) {
	keys := []column{{left: true, title: "rule and cell"}, {left: true, title: "verdict"}}
	figures := []column{{title: "measured"}, {title: "at least"}, {title: "at most"}, {title: "limit"}, {title: "blocks"}}
	for _, v := range g.Verdicts {
		for i, text := range []string{indented(v.Cell), string(v.Outcome)} {
			keys[i].texts = append(keys[i].texts, text)
		}
		for i, text := range []string{v.Figure(v.Value), v.Figure(v.Lo), v.Figure(v.Hi), v.Figure(&v.Limit), numberOfBlocks(v)} {
			figures[i].texts = append(figures[i].texts, text)
		}
	}
	p.line("")
	layouts := p.headings([]group{{"", keys}, {"", figures[:1]}, {"95% confident", figures[1:3]}, {"", figures[3:]}})
	rule := ""
	for i, v := range g.Verdicts {
		if v.Rule != rule {
			rule = v.Rule
			p.line(printable(titled(v)))
		}
		p.row(layouts, i, styleOf(v.Outcome))
	}
}

// indented is a cell's name below its rule.
func indented(cell string) string {
	if cell == "" {
		cell = none
	}
	return "  " + cell
}

// titled is a rule with the name that its file gives it.
func titled(v gate.Verdict) string {
	if v.Name == "" {
		return v.Rule
	}
	return v.Name + ": " + v.Rule
}

// numberOfBlocks counts what a verdict rests on.
func numberOfBlocks(v gate.Verdict) string {
	if v.Runs > 0 {
		return plural(v.Runs, "run")
	}
	return strconv.Itoa(v.Blocks)
}

func styleOf(o gate.Outcome) string {
	switch o {
	case gate.Fail, gate.Broken:
		return red
	case gate.Inconclusive:
		return yellow
	}
	return ""
}
