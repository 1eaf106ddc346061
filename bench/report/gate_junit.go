package report

import (
	"io"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// gateJUnit writes the judgement as a test suite, a case for each rule and cell, and one for the guarantees. An inconclusive case is an error:
// it neither passed nor failed. Where it counts as something else it is a failure, or skipped.
func gateJUnit(w io.Writer, g *Gate, _ Options) error {
	suite := junitSuite{
		Name:       printable(g.Run),
		Time:       junitTime(0),
		Timestamp:  g.run.StartedAt.UTC().Format("2006-01-02T15:04:05"),
		Properties: junitProperties(g.run.Run),
		Output:     printableLines(slices.Concat([]string{g.Answer()}, g.Warnings)),
	}
	for _, l := range g.tested() {
		suite.Properties = append(suite.Properties, junitProperty{Name: l.name, Value: l.text})
	}
	class := printable("gate." + orRun(g))
	suite.add(junitKept(g, class), 0)
	for _, v := range g.Verdicts {
		name := v.Rule
		if v.Cell != "" {
			name += ", in " + v.Cell
		}
		c := junitCase{Class: class, Name: printable(name), Output: printable(v.Reason)}
		outcome := &junitOutcome{Message: printable(v.Reason), Type: string(v.Outcome), Text: printable(about(v) + ": " + explained(v))}
		switch v.Outcome {
		case gate.Pass:
		case gate.Fail:
			c.Failure = outcome
		default:
			c.undecided(outcome, g.Counts)
		}
		suite.add(c, 0)
	}
	return suite.write(w)
}

// undecided marks a case as inconclusive, which counts as that.
func (c *junitCase) undecided(outcome *junitOutcome, counts Inconclusive) {
	switch counts {
	case AsFailure:
		c.Failure = outcome
	case AsWarning:
		outcome.Type = "" // of what is skipped the schema knows no type
		c.Skipped = outcome
	default:
		c.Error = outcome
	}
}

// junitKept is the case of the run's guarantees: it passes only where all that was promised was shown to hold.
func junitKept(g *Gate, class string) junitCase {
	c := junitCase{Class: class, Name: "the modes kept their promises"}
	switch {
	case len(g.Broken) > 0:
		c.Failure = &junitOutcome{Message: printable(g.Broken[0]), Type: string(gate.Broken), Text: printableLines(g.Broken)}
	case len(g.Unproven) > 0:
		c.undecided(&junitOutcome{Message: printable(g.Unproven[0]), Type: string(gate.Inconclusive), Text: printableLines(g.Unproven)}, g.Counts)
	case !slices.ContainsFunc(g.run.Trials, func(t result.Trial) bool { return t.Guarantee.Verdict != result.NotPromised }):
		c.Skipped = &junitOutcome{Message: "nothing is promised here: counts only"}
	}
	return c
}

func printableLines(texts []string) string {
	lines := make([]string, len(texts))
	for i, text := range texts {
		lines[i] = printable(text)
	}
	return strings.Join(lines, "\n")
}
