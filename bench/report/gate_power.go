package report

import (
	"fmt"
	"io"
	"strconv"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// GatePowerSchema names this version of the JSON form.
const GatePowerSchema = "kafka-eos-bench/gate-power/v1"

// GatePower is what the rules of a gate take, by the noise of a run. It is the JSON form too.
type GatePower struct {
	Schema    string      `json:"schema"`
	Run       string      `json:"run"` // its id
	Profile   string      `json:"profile"`
	Pass      float64     `json:"pass"`      // share of tries in which a rule is to pass while nothing changes
	Fail      float64     `json:"fail"`      // share in which it is to fail after a worsening of
	Worsening float64     `json:"worsening"` // the figure, a share
	Needs     []gate.Need `json:"needs"`

	run *compare.Run
}

// NewGatePower prepares what rules need, judged on a run.
func NewGatePower(run *compare.Run, needs []gate.Need) *GatePower {
	return &GatePower{
		Schema: GatePowerSchema, Run: run.RunID, Profile: run.Profile.Name,
		Pass: gate.WantPass, Fail: gate.WantFail, Worsening: gate.Worsening, Needs: needs, run: run,
	}
}

// Unanswered counts the verdicts of which no number of blocks can be said.
func (g *GatePower) Unanswered() (n int) {
	for _, need := range g.Needs {
		if need.Blocks == nil {
			n++
		}
	}
	return n
}

// JSON writes the document. Its only errors are the writer's.
func (g *GatePower) JSON(w io.Writer) error { return result.Indented(w, g) }

// Text writes a table for people. Its only errors are the writer's.
func (g *GatePower) Text(w io.Writer, o Options) error {
	p := newPrinter(o)
	name := g.Profile
	if name == "" {
		name = g.Run
	}
	p.head("blocks that a gate takes, by the noise of "+printable(name), append([]line{{"run", printable(g.Run)}}, summaryOf(g.run).header()...))
	cells := column{title: "rule and cell", left: true}
	figures := []column{{title: "noise"}, {title: "takes"}, {title: "fails from"}}
	most := 0
	for _, n := range g.Needs {
		takes := none
		switch {
		case n.Blocks != nil && n.Runs:
			takes = plural(*n.Blocks, "run")
		case n.Blocks != nil:
			takes = strconv.Itoa(*n.Blocks)
			if n.Noise != nil { // a count takes whatever there is
				most = max(most, *n.Blocks)
			}
		}
		cells.texts = append(cells.texts, indented(n.Cell))
		for i, text := range []string{maybe(n.Noise, bare), takes, n.Figure()} {
			figures[i].texts = append(figures[i].texts, text)
		}
	}
	p.line("")
	layouts := p.headings([]group{{"", []column{cells}}, {"", figures}})
	rule := ""
	for i, n := range g.Needs {
		if n.Rule != rule {
			rule = n.Rule
			p.line(printable(rule))
		}
		p.row(layouts, i, "")
	}
	p.legend([]string{
		"noise: standard deviation, while nothing changes, of the logarithm of what is judged; of lags held against others in their unit",
		fmt.Sprintf("takes: blocks with which the rule passes in %.0f%% of tries while nothing changes, and fails in %.0f%% once the figure is %.0f%% worse",
			100*g.Pass, 100*g.Fail, 100*g.Worsening),
		fmt.Sprintf("fails from: the smallest worsening that fails in %.0f%% of tries, with the blocks of this run: what these find beyond the margin", 100*g.Fail),
	})
	for _, n := range g.Needs {
		if n.Reason != "" {
			p.line("")
			p.wrapped("", printable(n.Rule+", in "+n.Cell+": "+n.Reason))
			if n.Remedy != "" {
				p.wrapped("  →  ", printable(n.Remedy))
			}
		}
	}
	if most > 0 {
		p.line("")
		p.wrapped("", fmt.Sprintf("Measure with --blocks %d or more.", most))
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}
