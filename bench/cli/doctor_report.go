package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/selfcheck"
)

// diagnosis is what doctor found, and its JSON document.
type diagnosis struct {
	Schema    string            `json:"schema"`
	Tool      result.Tool       `json:"tool"`
	Machine   result.Machine    `json:"machine"`
	Broker    result.Broker     `json:"broker"`
	Client    result.Client     `json:"client"`
	Timing    selfcheck.Timing  `json:"timing"`
	Generator *generator        `json:"generator,omitempty"`
	Checks    []selfcheck.Check `json:"checks,omitempty"`
	Noise     *noise            `json:"noise,omitempty"`
}

// generator is what it was tried at, and the highest rate that it holds with a negligible delay of its own.
type generator struct {
	HighestPerS       *float64         `json:"highest_per_s"`         // by the medians; null: none of them
	HighestByMeanPerS *float64         `json:"highest_by_mean_per_s"` // by the means, which a machine's pauses enter
	Rungs             []selfcheck.Rung `json:"rates"`
}

func newDiagnosis(about result.Broker, lib client.Library, timing selfcheck.Timing) *diagnosis {
	return &diagnosis{
		Schema: "kafka-eos-bench/doctor/v1", Tool: result.ThisTool(), Machine: result.ThisMachine(), Broker: about, Timing: timing,
		Client: result.Client{Name: lib.Name(), Version: lib.Version(), TransactionProtocol: lib.TransactionProtocol()},
	}
}

// verdict is the exit code of what was found: a failed check comes before an inconclusive one.
func (d *diagnosis) verdict() error {
	var failed, open int
	for _, c := range d.Checks {
		switch c.Verdict {
		case selfcheck.Fail:
			failed++
		case selfcheck.Inconclusive:
			open++
		}
	}
	switch {
	case failed > 0:
		return &coded{exitFailed, fmt.Errorf("%s of %d failed: the tool is not right about itself here", plural(failed, "check"), len(d.Checks))}
	case open > 0:
		return &coded{exitInconclusive, fmt.Errorf("inconclusive: %s of %d could not be told; the notes say why", plural(open, "check"), len(d.Checks))}
	case d.Generator != nil && d.Generator.HighestPerS == nil:
		return &coded{exitInconclusive, errors.New("inconclusive: the generator held none of the rates tried; try lower ones with --rate, or a machine that is less busy")}
	case d.Noise != nil:
		return d.Noise.verdict()
	}
	return nil
}

// showDiagnosis prints what was found.
func (a *app) showDiagnosis(d *diagnosis, f doctorFlags) error {
	if f.format == "json" {
		return result.Indented(a.Stdout, d)
	}
	o := a.reportOptions("", f.noColor)
	var text strings.Builder
	err := d.environment(&text, o)
	if d.Generator != nil && len(d.Generator.Rungs) > 0 {
		err = errors.Join(err, d.Generator.text(&text, o))
	}
	if len(d.Checks) > 0 {
		err = errors.Join(err, d.checks(&text, o))
	}
	if d.Noise != nil {
		err = errors.Join(err, d.Noise.text(&text, o))
	}
	_, failed := io.WriteString(a.Stdout, text.String())
	return errors.Join(err, failed)
}

// environment says what decides what can be measured.
func (d *diagnosis) environment(w io.Writer, o report.Options) error {
	t := d.Timing
	steal := "unknown: this system does not tell"
	if t.CPUSteal != nil {
		steal = fmt.Sprintf("%.1f%% of the CPU time of a second, given to others by the hypervisor", 100**t.CPUSteal)
	}
	machine := d.Machine.String()
	if d.Machine.Kernel != "" {
		machine += ", kernel " + d.Machine.Kernel
	}
	var err error
	for _, line := range []struct{ name, text string }{
		{"broker", d.Broker.String()},
		{"client", fmt.Sprintf("%s %s, transaction protocol %d", d.Client.Name, d.Client.Version, d.Client.TransactionProtocol)},
		{"machine", machine},
		{"clock", fmt.Sprintf("steps of %.0f ns, %.0f ns a reading", t.ClockStepNS, t.ClockReadNS)},
		{"timer", fmt.Sprintf("late by %s µs at p50, %s µs at p99", report.Number(&t.TimerP50US), report.Number(&t.TimerP99US))},
		{"steal", steal},
	} {
		err = errors.Join(err, report.Paragraph(w, fmt.Sprintf("%-10s", line.name), line.text, o.Width))
	}
	return err
}

// text is the generator's table, and the rate it holds in a sentence.
func (g *generator) text(w io.Writer, o report.Options) error {
	column := func(group, title string, text func(*selfcheck.Rung) string) report.Column {
		c := report.Column{Group: group, Title: title}
		for i := range g.Rungs {
			c.Texts = append(c.Texts, text(&g.Rungs[i]))
		}
		return c
	}
	figure := func(group, title string, scale float64, of func(*selfcheck.Rung) *float64) report.Column {
		return column(group, title, func(r *selfcheck.Rung) string { return report.Number(scaled(of(r), scale)) })
	}
	share := func(title string, of func(result.Latency) *float64) report.Column {
		return figure("schedule in e2e, %", title, 100, func(r *selfcheck.Rung) *float64 { return r.Share(of) })
	}
	holds := column("", "holds", holds)
	holds.Words = true
	fmt.Fprintln(w)
	err := report.Table(w, o.Color, []report.Column{
		figure("messages/s", "due", 1, func(r *selfcheck.Rung) *float64 { return &r.RatePerS }),
		figure("messages/s", "read", 1, func(r *selfcheck.Rung) *float64 { return r.ReadPerS }),
		figure("schedule, µs", "p50", 1, func(r *selfcheck.Rung) *float64 { return r.ScheduleUS.P50 }),
		figure("schedule, µs", "p99", 1, func(r *selfcheck.Rung) *float64 { return r.ScheduleUS.P99 }),
		figure("end to end, ms", "p50", 1e-3, func(r *selfcheck.Rung) *float64 { return r.E2EUS.P50 }),
		figure("end to end, ms", "p99", 1e-3, func(r *selfcheck.Rung) *float64 { return r.E2EUS.P99 }),
		share("p50", median), share("mean", mean), share("p99", tail),
		figure("", "CPU cores", 1, func(r *selfcheck.Rung) *float64 { return r.Cores }),
		holds,
	})
	fmt.Fprintln(w)
	return errors.Join(err, report.Paragraph(w, "", g.answer(), o.Width))
}

// The figures that the generator's share is stated of.
func median(l result.Latency) *float64 { return l.P50 }
func mean(l result.Latency) *float64   { return l.Mean }
func tail(l result.Latency) *float64   { return l.P99 }

// holds says whether a rate holds, and if not the first reason.
func holds(r *selfcheck.Rung) string {
	switch {
	case r.Holds:
		return "yes"
	case !r.Sustained:
		return "no: unsustained"
	}
	return "no: its delay shows"
}

func (g *generator) answer() string {
	const question = "The highest rate this machine's generator holds with its own delay below 1% of the measured latency (sustained, p50 of schedule against p50 of e2e): "
	answer := question + "none of those tried."
	most := 0.0
	for i := range g.Rungs {
		r := &g.Rungs[i]
		if g.HighestPerS != nil && r.RatePerS == *g.HighestPerS {
			answer = fmt.Sprintf("%s%s messages/s. There it is %s%% at p50 and %s%% at p99.", question, report.Number(g.HighestPerS),
				report.Number(scaled(r.Share(median), 100)), report.Number(scaled(r.Share(tail), 100)))
		}
		if r.CPUSteal != nil {
			most = max(most, *r.CPUSteal)
		}
	}
	switch {
	case g.HighestPerS == nil:
	case g.HighestByMeanPerS == nil:
		answer += " By the means, which every pause of the machine enters, it is none of them."
	case *g.HighestByMeanPerS != *g.HighestPerS:
		answer += fmt.Sprintf(" By the means, which every pause of the machine enters, it is %s messages/s.", report.Number(g.HighestByMeanPerS))
	}
	if most > result.MaxSteal {
		answer += fmt.Sprintf(" The hypervisor gave up to %.0f%% of this machine's CPU time to others: in a quieter hour it may hold more.", 100*most)
	}
	return answer
}

// checks are the validity suite's, and notes on those that did not pass.
func (d *diagnosis) checks(w io.Writer, o report.Options) error {
	column := func(title string, words bool, text func(*selfcheck.Check) string) report.Column {
		c := report.Column{Title: title, Words: words}
		for i := range d.Checks {
			c.Texts = append(c.Texts, text(&d.Checks[i]))
		}
		return c
	}
	fmt.Fprintln(w)
	err := report.Table(w, o.Color, []report.Column{
		column("subject", true, func(c *selfcheck.Check) string { return c.Subject }),
		column("check", true, func(c *selfcheck.Check) string { return c.Name }),
		column("measured", false, func(c *selfcheck.Check) string { return exactly(c.Measured) }),
		column("expected", false, func(c *selfcheck.Check) string { return exactly(&c.Expected) }),
		column("±", false, func(c *selfcheck.Check) string { return exactly(&c.Tolerance) }),
		column("unit", true, func(c *selfcheck.Check) string { return c.Unit }),
		column("verdict", true, func(c *selfcheck.Check) string { return string(c.Verdict) }),
	})
	passed := 0
	fmt.Fprintln(w)
	for _, c := range d.Checks {
		if c.Verdict == selfcheck.Pass {
			passed++
			continue
		}
		err = errors.Join(err, report.Paragraph(w, "  ", fmt.Sprintf("%s: %s: %s: %s", c.Subject, c.Name, c.Verdict, c.Note), o.Width))
	}
	return errors.Join(err, report.Paragraph(w, "", fmt.Sprintf("%d of %s passed.", passed, plural(len(d.Checks), "check")), o.Width))
}

// exactly writes a figure of a check; differences next to nothing keep their exponent.
func exactly(v *float64) string {
	if v != nil && *v != 0 && *v < 1e-3 {
		return fmt.Sprintf("%.0e", *v)
	}
	return report.Number(v)
}

func scaled(v *float64, by float64) *float64 {
	if v == nil {
		return nil
	}
	return new(*v * by)
}
