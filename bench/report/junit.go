package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// JUnit writes the run as a test suite, in the shape that Surefire and Jenkins share. A case is a cell, not a trial: its name stays
// the same however many blocks are run, so a viewer can show its history. The verdict of a cell is that of its worst trial:
//
//	failure  the guarantee broke
//	error    it held as far as it was looked at, but the evidence is incomplete, or the rate that it was to hold under was not sustained
//	skipped  nothing was promised, or nothing was read that could have broken a promise
//
// One more case says whether the run came to its end: cells that never ran would otherwise be missed by nobody.
func JUnit(w io.Writer, r *result.Run, _ Options) error {
	s := summarise(r)
	suite := junitSuite{
		Name:       printable(r.RunID),
		Timestamp:  r.StartedAt.UTC().Format("2006-01-02T15:04:05"),
		Properties: junitProperties(r),
		Output:     printable(s.answer()),
	}
	var total float64
	add := func(c junitCase, seconds float64) {
		c.Class = printable(r.Profile.Name)
		total += seconds
		suite.add(c, seconds)
	}
	add(junitEnd(r), 0)
	for _, c := range s.cells {
		var seconds float64
		for _, t := range c.Trials {
			seconds += t.WindowS
		}
		judged := junitCell(c, s.expect())
		judged.Output = s.junitOutput(c)
		add(judged, seconds)
	}
	suite.Time = junitTime(total)
	return suite.write(w)
}

type junitSuite struct {
	XMLName    xml.Name        `xml:"testsuite"`
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	Output     string          `xml:"system-out,omitempty"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Skipped *junitOutcome `xml:"skipped"`
	Error   *junitOutcome `xml:"error"`
	Failure *junitOutcome `xml:"failure"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitOutcome struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// write makes a document of the suite.
func (s *junitSuite) write(w io.Writer) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// add takes a case in, of so many seconds.
func (s *junitSuite) add(c junitCase, seconds float64) {
	c.Time = junitTime(seconds)
	s.count(c)
	s.Cases = append(s.Cases, c)
}

func (s *junitSuite) count(c junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

func junitTime(seconds float64) string { return strconv.FormatFloat(seconds, 'f', 3, 64) }

// junitEnd is the case of the run as a whole.
func junitEnd(r *result.Run) junitCase {
	c := junitCase{Name: "the run came to its end"}
	switch {
	case len(r.Trials) == 0:
		c.Error = &junitOutcome{Message: "no trial finished", Type: "incomplete"}
	case !r.Complete:
		c.Error = &junitOutcome{Message: "the run was stopped early, after " + plural(len(r.Trials), "trial"), Type: "incomplete"}
	}
	return c
}

// junitCell judges a cell by its worst trial.
func junitCell(c *cell, expect string) junitCase {
	out := junitCase{Name: printable(c.Name)}
	broken := foundIn(c, func(t *result.Trial) []string {
		if t.Guarantee.Verdict != result.Broken {
			return nil
		}
		return orReason(t.Guarantee.Reasons, "the guarantee broke")
	})
	if broken.trials > 0 {
		out.Failure = broken.outcome("broken", "the guarantee broke", c)
		return out
	}
	open := foundIn(c, func(t *result.Trial) []string { return missingEvidence(t, expect) })
	if open.trials > 0 {
		out.Error = open.outcome("inconclusive", "inconclusive", c)
		return out
	}
	unchecked := foundIn(c, func(t *result.Trial) []string {
		switch t.Guarantee.Verdict {
		case result.Unchecked:
			return orReason(t.Guarantee.Reasons, "nothing was read")
		case result.NotPromised:
			return orReason(t.Guarantee.Reasons, "nothing is promised here: counts only")
		}
		return nil
	})
	if unchecked.trials > 0 {
		out.Skipped = unchecked.outcome("", "nothing was checked", c)
	}
	return out
}

// missingEvidence says why a trial whose guarantee did not break proves less than it was meant to.
func missingEvidence(t *result.Trial, expect string) (why []string) {
	if t.Guarantee.Verdict == result.Incomplete {
		why = append(why, orReason(t.Guarantee.Reasons, "a deadline came before the readers reached the end")...)
	}
	if !t.Complete {
		why = append(why, "stopped early")
	}
	if t.Window.Committed == 0 {
		why = append(why, "nothing was committed in the window")
	}
	if t.FellBehind() && expect != string(workload.Unsustained) {
		why = append(why, "the rate was not sustained")
	}
	return why
}

func orReason(reasons []string, otherwise string) []string {
	if len(reasons) == 0 {
		return []string{otherwise}
	}
	return reasons
}

// caseFinding is what was found in some trials of a cell.
type caseFinding struct {
	trials int
	lines  []string // of all, each behind its trial's id
	first  string
}

func foundIn(c *cell, in func(*result.Trial) []string) (f caseFinding) {
	for _, t := range c.Trials {
		reasons := in(t)
		if len(reasons) == 0 {
			continue
		}
		if f.trials == 0 {
			f.first = printable(reasons[0])
		}
		f.trials++
		for _, reason := range reasons {
			f.lines = append(f.lines, printable(t.ID+": "+reason))
		}
	}
	return f
}

// outcome puts the first reason into the message, which is all that a list of failures shows.
func (f caseFinding) outcome(kind, what string, c *cell) *junitOutcome {
	return &junitOutcome{
		Message: fmt.Sprintf("%s in %d of %s: %s", what, f.trials, plural(len(c.Trials), "trial"), f.first),
		Type:    kind,
		Text:    strings.Join(f.lines, "\n"),
	}
}

// junitOutput is what a viewer shows of a case that is opened: the ledger's counts over all trials, and the warnings.
func (s *summary) junitOutput(c *cell) string {
	line := plural(len(c.Trials), "trial") + ", " + verdict(c)
	for _, n := range guaranteeCounts() {
		if sum := c.sum(n); sum != nil {
			line += ", " + n.title + " " + whole(*sum)
		}
	}
	lines := []string{line}
	for _, n := range s.notes {
		if len(n.cells) == 0 || slices.Contains(n.cells, c) {
			lines = append(lines, "warning: "+s.footnote(n))
		}
	}
	return strings.Join(lines, "\n")
}

// junitProperties are the environment.
func junitProperties(r *result.Run) []junitProperty {
	var properties []junitProperty
	for _, l := range slices.Concat(environment(r), brokerDetails(r.Broker)) {
		properties = append(properties, junitProperty{Name: l.name, Value: l.text})
	}
	return properties
}
