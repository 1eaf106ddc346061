package gate

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Kind is what a rule holds a figure against.
type Kind string

// Kinds.
const (
	Absolute Kind = "absolute" // a bound: p99(e2e) < 200ms
	Count    Kind = "count"    // a bound on what is counted, not measured: lost == 0
	Cost     Kind = "cost"     // the reference mode in the same run: cost(read_per_s) < 15%
	Baseline Kind = "baseline" // an earlier run, or another side of the same campaign: p99(e2e) <= baseline + 10%
)

// Rule is one condition that a release has to meet.
type Rule struct {
	Name   string // what its file calls it, for people; empty: nothing
	Where  string // it was written: "gate.yaml:4", "--require"; empty while that is not known
	Kind   Kind
	Metric metric.Metric
	Op     string // <, <=, >, >=, ==

	// Limit is the bound in the metric's unit, or how much worse than the reference or baseline the figure may be: in percent, of a
	// lag in its unit. A negative one asks for the figure to be better.
	Limit float64
	Scope Scope // the cells it concerns; empty: every one that has the figure
}

const (
	scopeWord    = " for "
	baselineWord = "baseline"
	costPrefix   = "cost("
	mostPercent  = 1e6
)

// Parse reads a rule; the package's comment has the grammar. Its error, a *workload.UsageError, names the rule and, of an unknown
// name, the nearest.
func Parse(text string) (Rule, error) {
	text = strings.Join(strings.Fields(text), " ")
	check, scope, scoped := strings.Cut(text, scopeWord)
	r, err := parseCheck(check)
	if err == nil && scoped {
		r.Scope, err = parseScope(scope)
	}
	if err != nil {
		return Rule{}, about(text, err)
	}
	return r, nil
}

// about names the rule in a usage error.
func about(rule string, err error) error {
	if e, ok := errors.AsType[*workload.UsageError](err); ok {
		return &workload.UsageError{Where: e.Where, Problem: fmt.Sprintf("rule %q: %s", rule, e.Problem), Remedy: e.Remedy}
	}
	return err
}

func usage(remedy, problem string, args ...any) error {
	return &workload.UsageError{Problem: fmt.Sprintf(problem, args...), Remedy: remedy}
}

func parseCheck(text string) (Rule, error) {
	left, op, right := cutOperator(text)
	switch {
	case strings.HasPrefix(strings.ReplaceAll(left, " ", ""), costPrefix):
		return parseCost(left, op, right)
	case strings.HasPrefix(right, baselineWord):
		return parseBaseline(left, op, right)
	}
	o, err := metric.ParseObjective(text)
	if err != nil {
		return Rule{}, misspelt(right, err)
	}
	r := Rule{Kind: Absolute, Metric: o.Metric, Op: o.Op, Limit: o.Bound}
	switch {
	case o.Metric.Backwards(op):
		return Rule{}, usage("write such as "+o.Metric.Name+" "+bounded(o.Metric)+" "+o.Metric.SpellBound(o.Bound),
			"%s is better when %s, so a bound by %s passes what gets worse", o.Metric.Name, direction(o.Metric), op)
	case o.Metric.Kind == metric.Count:
		r.Kind = Count
	case o.Op == "==":
		return Rule{}, usage("give a bound, such as "+o.Metric.Name+" "+bounded(o.Metric)+" "+o.Metric.SpellBound(o.Bound),
			"%s is measured, and never exactly the same twice", o.Metric.Name)
	}
	return r, nil
}

// misspelt turns the complaint about a bound that begins as a word into the word it may have been meant for.
func misspelt(right string, err error) error {
	word := right
	if end := strings.IndexAny(right, " +-"); end >= 0 {
		word = right[:end]
	}
	if e, ok := errors.AsType[*workload.UsageError](err); ok && len(word) > 2 && strings.Trim(word, "0123456789.") == word && workload.Nearest(word, []string{baselineWord}) != "" {
		return &workload.UsageError{Problem: e.Problem, Remedy: "did you mean " + baselineWord + "?"}
	}
	return err
}

// cutOperator splits at the first operator, all empty but left where there is none.
func cutOperator(text string) (left, op, right string) {
	at := strings.IndexAny(text, "<>=")
	if at < 0 {
		return text, "", ""
	}
	end := at + 1
	if end < len(text) && text[end] == '=' {
		end++
	}
	return strings.TrimSpace(text[:at]), text[at:end], strings.TrimSpace(text[end:])
}

// bounded is the operator that keeps a figure from getting worse.
func bounded(m metric.Metric) string {
	if m.Better == metric.Higher {
		return ">="
	}
	return "<="
}

func direction(m metric.Metric) string {
	if m.Better == metric.Higher {
		return "higher"
	}
	return "lower"
}

func parseCost(left, op, right string) (Rule, error) {
	name, closed := strings.CutSuffix(strings.TrimPrefix(strings.ReplaceAll(left, " ", ""), costPrefix), ")")
	if !closed {
		return Rule{}, usage("write cost(FIGURE), such as cost(read_per_s) < 15%", "%q is not closed", left)
	}
	m, err := metric.Parse(name)
	if err != nil {
		return Rule{}, err
	}
	if err := relatable(m); err != nil {
		return Rule{}, err
	}
	example := "cost(" + m.Name + ") < " + exampleMargin(m)
	if op != "<" && op != "<=" {
		return Rule{}, usage("write such as "+example, "a cost is bounded from above, by < or <=")
	}
	if strings.HasPrefix(right, baselineWord) {
		return Rule{}, usage("write such as "+example, "a cost is against the reference mode of the same run, not a baseline")
	}
	limit, err := parseMargin(m, right, example)
	if err == nil && !possible(m, limit) {
		err = usage("write such as "+example, "%s cannot get worse by %s", m.Name, right)
	}
	return Rule{Kind: Cost, Metric: m, Op: op, Limit: limit}, err
}

func parseBaseline(left, op, right string) (Rule, error) {
	m, err := metric.Parse(left)
	if err != nil {
		return Rule{}, err
	}
	if err := relatable(m); err != nil {
		return Rule{}, err
	}
	sign := "+"
	if m.Better == metric.Higher {
		sign = "-"
	}
	example := strings.Join([]string{m.Name, bounded(m), baselineWord, sign, exampleMargin(m)}, " ")
	if op == "==" || m.Backwards(op) {
		return Rule{}, usage("write such as "+example, "%s is better when %s, so %s keeps nothing from getting worse", m.Name, direction(m), op)
	}
	rest := strings.TrimSpace(strings.TrimPrefix(right, baselineWord))
	if rest == "" || rest[0] != '+' && rest[0] != '-' {
		return Rule{}, usage("write such as "+example, "%q has no margin: no two runs measure the same", right)
	}
	limit, err := parseMargin(m, strings.TrimSpace(rest[1:]), example)
	if err != nil {
		return Rule{}, err
	}
	if rest[:1] != sign {
		limit = 0 - limit // not −0
	}
	if !possible(m, limit) {
		return Rule{}, usage("write such as "+example, "%s cannot change by %s", m.Name, rest)
	}
	return Rule{Kind: Baseline, Metric: m, Op: op, Limit: limit}, nil
}

// relatable says why a figure cannot be held against another measurement of itself.
func relatable(m metric.Metric) error {
	switch {
	case m.Kind == metric.Count:
		return usage("hold it against a number, such as "+m.Name+" == 0", "%s is counted, exactly", m.Name)
	case m.Better == metric.Neither:
		return usage("hold a figure that can get worse, such as p99(commit_due)", "%s is neither better nor worse when it changes", m.Name)
	}
	return nil
}

// hasRatio says whether a figure is compared by ratio, and its margin a percentage. Lags are compared by difference: the reference may
// have none.
func hasRatio(m metric.Metric) bool { return m.Kind != metric.Lag }

// possible says whether a figure, which is never below 0, can be that much worse.
func possible(m metric.Metric, limit float64) bool {
	if m.Better == metric.Higher {
		limit = -limit
	}
	return !hasRatio(m) || limit > -100
}

func exampleMargin(m metric.Metric) string {
	switch {
	case hasRatio(m):
		return "15%"
	case m.Unit == metric.Milliseconds:
		return "50ms"
	case m.Unit == metric.Share:
		return "0.01"
	}
	return "100"
}

// parseMargin reads how much worse a figure may be.
func parseMargin(m metric.Metric, text, example string) (float64, error) {
	if !hasRatio(m) {
		if strings.HasSuffix(text, "%") {
			return 0, usage("write such as "+example, "%s is compared by its difference, for its reference may be 0: %q is none", m.Name, text)
		}
		return m.ParseBound(text)
	}
	digits, percent := strings.CutSuffix(text, "%")
	digits = strings.TrimSpace(digits)
	v, err := strconv.ParseFloat(digits, 64)
	if !percent || err != nil || strings.Trim(digits, "0123456789.") != "" || v > mostPercent { // neither signs nor exponents nor NaN
		return 0, usage("write such as "+example, "%q is no percentage by which %s may be worse", text, m.Name)
	}
	return v, nil
}

// plain writes a number without an exponent.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// String spells the rule as Parse reads it.
func (r Rule) String() string {
	text := r.Metric.Name + " " + r.Op + " "
	switch r.Kind {
	case Cost:
		text = "cost(" + r.Metric.Name + ") " + r.Op + " " + r.spellMargin(r.Limit)
	case Baseline:
		sign := " + "
		if (r.Metric.Better == metric.Higher) == (r.Limit >= 0) {
			sign = " - "
		}
		text += baselineWord + sign + r.spellMargin(max(r.Limit, -r.Limit))
	default:
		text = r.objective().String()
	}
	if len(r.Scope) > 0 {
		text += scopeWord + r.Scope.String()
	}
	return text
}

func (r Rule) spellMargin(limit float64) string {
	if hasRatio(r.Metric) {
		return plain(limit) + "%"
	}
	return r.Metric.SpellBound(limit)
}

// objective is the bound of a rule that has one.
func (r Rule) objective() metric.Objective {
	return metric.Objective{Metric: r.Metric, Op: r.Op, Bound: r.Limit}
}

// statistical says whether the rule is decided by a test rather than exactly.
func (r Rule) statistical() bool { return r.Kind != Count }
