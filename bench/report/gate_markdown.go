package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
)

// gateMarkdown writes for a pull request's comment or a step's summary, in GitHub's dialect.
func gateMarkdown(w io.Writer, g *Gate, o Options) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### Gate on %s: %s\n\n%s\n\n", Escaped(orRun(g)), g.Outcome, Escaped(g.Answer()))
	columns := []column{
		{title: "verdict", left: true}, {title: "rule", left: true}, {title: "cell", left: true},
		{title: "measured"}, {title: "at 95% at least"}, {title: "at 95% at most"}, {title: "limit"}, {title: "blocks"},
	}
	for _, v := range g.Verdicts {
		outcome := string(v.Outcome)
		if v.Outcome != gate.Pass {
			outcome = "**" + outcome + "**"
		}
		for i, text := range []string{outcome, titled(v), v.Cell, v.Figure(v.Value), v.Figure(v.Lo), v.Figure(v.Hi), v.Figure(&v.Limit), numberOfBlocks(v)} {
			columns[i].texts = append(columns[i].texts, text)
		}
	}
	markdownTable(&b, columns, nil, len(g.Verdicts))
	b.WriteByte('\n')
	for _, v := range g.worst() {
		fmt.Fprintf(&b, "- **%s**: %s: %s\n", v.Outcome, Escaped(about(v)), Escaped(explained(v)))
	}
	for _, text := range g.Broken {
		fmt.Fprintf(&b, "- **%s**: %s\n", gate.Broken, Escaped(text))
	}
	for _, text := range g.Warnings {
		fmt.Fprintf(&b, "- **warning**: %s\n", Escaped(text))
	}
	for _, l := range g.measured() {
		fmt.Fprintf(&b, "- %s: %s\n", l.name, Escaped(l.text))
	}
	if o.Path != "" {
		fmt.Fprintf(&b, "- result: `%s`\n", o.Path)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
