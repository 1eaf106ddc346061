package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
)

// gateGitHub writes workflow commands, which GitHub Actions shows as annotations, beside the rule's line where a file has it
// (docs.github.com, "Workflow commands for GitHub Actions"). GitHub shows ten errors and ten warnings of a step: the worst come first.
func gateGitHub(w io.Writer, g *Gate, _ Options) error {
	var b strings.Builder
	for _, text := range g.Broken {
		annotate(&b, "error", "", "A delivery guarantee broke", text)
	}
	for _, v := range g.worst() {
		level, title := "error", "Gate fails: "
		if v.Outcome == gate.Inconclusive {
			title = "Gate is inconclusive: "
			if g.Counts == AsWarning {
				level = "warning"
			}
		}
		annotate(&b, level, v.Where, title+v.Rule, about(v)+": "+explained(v))
	}
	for _, text := range g.Warnings {
		annotate(&b, "warning", "", "Gate warning", text)
	}
	if g.Outcome == gate.Pass {
		annotate(&b, "notice", "", "Gate passes", g.Answer())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Escapes of workflow commands (actions/toolkit, packages/core/src/command.ts).
var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// annotate writes one workflow command. Where is file:line, or something else that no line belongs to.
func annotate(b *strings.Builder, level, where, title, text string) {
	properties := "title=" + commandProperty.Replace(printable(title))
	if i := strings.LastIndexByte(where, ':'); i > 0 {
		if n, err := strconv.Atoi(where[i+1:]); err == nil {
			properties = fmt.Sprintf("file=%s,line=%d,%s", commandProperty.Replace(where[:i]), n, properties)
		}
	}
	fmt.Fprintf(b, "::%s %s::%s\n", level, properties, commandData.Replace(printable(text)))
}
