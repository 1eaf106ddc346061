package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// GateSchema names this version of a gate's JSON form. Keys may be added; none is renamed or removed within v1.
const GateSchema = "kafka-eos-bench/gate/v1"

// Gate is what a gate said of a run. It is the JSON form too.
type Gate struct {
	Schema     string  `json:"schema"`
	Confidence float64 `json:"confidence"` // of every bound, one-sided
	Run        string  `json:"run"`        // its id
	Profile    string  `json:"profile"`
	*gate.Judgement
	Counts   Inconclusive `json:"inconclusive_counts_as"`
	Warnings []string     `json:"warnings"` // the run's own, such as of a broker that is none, and of margins that the blocks are too few for

	run *compare.Run
}

// Inconclusive says what missing evidence counts as in a pipeline.
type Inconclusive string

// What missing evidence counts as.
const (
	AsIs      Inconclusive = "inconclusive" // an outcome of its own, which is not a pass
	AsFailure Inconclusive = "fail"
	AsWarning Inconclusive = "warn" // lets the pipeline go on
)

// NewGate prepares a judgement of a run for its formats.
func NewGate(run *compare.Run, rules []gate.Rule, j *gate.Judgement, counts Inconclusive) *Gate {
	return &Gate{
		Schema: GateSchema, Confidence: compare.Confidence, Run: run.RunID, Profile: run.Profile.Name,
		Judgement: j, Counts: counts, Warnings: append(append([]string{}, run.Warnings...), j.Warnings(rules)...), run: run,
	}
}

// GateFormat writes what a gate said. Its only errors are the writer's.
type GateFormat func(io.Writer, *Gate, Options) error

// GateFormats names the output formats of a gate, the default first.
func GateFormats() []string { return []string{"text", "json", "junit", "markdown", "github"} }

// GateByName returns the format of that name; the error names those there are.
func GateByName(name string) (GateFormat, error) {
	switch name {
	case "text":
		return gateText, nil
	case "json":
		return gateJSON, nil
	case "junit":
		return gateJUnit, nil
	case "markdown":
		return gateMarkdown, nil
	case "github":
		return gateGitHub, nil
	case "gitlab":
		return nil, fmt.Errorf("unknown output format %q: GitLab reads JUnit: write junit to a file, and name it under artifacts:reports:junit", name)
	}
	return nil, fmt.Errorf("unknown output format %q: use one of %s", name, strings.Join(GateFormats(), ", "))
}

func gateJSON(w io.Writer, g *Gate, _ Options) error { return result.Indented(w, g) }

// Answer says in a sentence what became of the gate.
func (g *Gate) Answer() string {
	count := map[gate.Outcome]int{}
	for _, v := range g.Verdicts {
		count[v.Outcome]++
	}
	var parts []string
	for _, p := range []struct {
		of        gate.Outcome
		one, many string
	}{{gate.Pass, "passes", "pass"}, {gate.Fail, "fails", "fail"}, {gate.Inconclusive, "is inconclusive", "are inconclusive"}} {
		switch n := count[p.of]; n {
		case 0:
		case 1:
			parts = append(parts, "1 "+p.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, p.many))
		}
	}
	text := g.said()
	if len(g.Broken) > 0 {
		text += fmt.Sprintf(": a promised delivery guarantee did not hold in %s, whose figures are void", plural(len(g.Broken), "cell"))
	}
	if len(g.Verdicts) == 1 {
		return text + "."
	}
	return fmt.Sprintf("%s: of %d verdicts %s.", text, len(g.Verdicts), strings.Join(parts, ", "))
}

// said is the outcome, and what it counts as where that is something else.
func (g *Gate) said() string {
	switch g.Outcome {
	case gate.Pass:
		return "The gate passes"
	case gate.Fail:
		return "The gate fails"
	case gate.Broken:
		return "The gate is broken"
	}
	switch g.Counts {
	case AsFailure:
		return "The gate is inconclusive, which counts as a failure here (--inconclusive=fail)"
	case AsWarning:
		return "The gate is inconclusive, which is only warned about here (--inconclusive=warn)"
	}
	return "The gate is inconclusive"
}

// about names what a verdict is on.
func about(v gate.Verdict) string {
	text := v.Rule
	if v.Name != "" {
		text = v.Name + ", " + text
	}
	if v.Cell != "" {
		text += ", in " + v.Cell
	}
	return text
}

// explained is a verdict's reason, and what to do about it.
func explained(v gate.Verdict) string {
	if v.Remedy == "" {
		return v.Reason
	}
	return v.Reason + ". To do: " + v.Remedy
}

// worst are the verdicts that did not pass, failures first.
func (g *Gate) worst() (verdicts []gate.Verdict) {
	for _, o := range []gate.Outcome{gate.Fail, gate.Inconclusive} {
		for _, v := range g.Verdicts {
			if v.Outcome == o {
				verdicts = append(verdicts, v)
			}
		}
	}
	return verdicts
}

// alike are the worst, those together that have the same outcome for the same reason.
func (g *Gate) alike() (groups [][]gate.Verdict) {
	for _, v := range g.worst() {
		i := slices.IndexFunc(groups, func(same []gate.Verdict) bool {
			return same[0].Outcome == v.Outcome && same[0].Reason == v.Reason && same[0].Remedy == v.Remedy
		})
		if i < 0 {
			groups = append(groups, []gate.Verdict{v})
		} else {
			groups[i] = append(groups[i], v)
		}
	}
	return groups
}

// measured says what was judged, on what, and what was under test.
func (g *Gate) measured() []line {
	return slices.Concat([]line{{"run", printable(g.Run)}}, summaryOf(g.run).header(), g.tested())
}

// tested says what was under test, if anything was.
func (g *Gate) tested() []line {
	if len(g.UnderTest) == 0 {
		return nil
	}
	return []line{{"tested", printable(strings.Join(g.UnderTest, "; "))}}
}
