package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// cost is what one cell of the subject pays.
type cost struct {
	cell   *cell
	effect compare.Effect
}

// extremes returns the cells of the subject that pay least and most, and how many pay at all. A control's price is not the mode's.
func (s *summary) extremes(subject string, pays func(*cell) compare.Effect) (least, most cost, n int) {
	for _, c := range s.cells {
		if c.Mode != subject || c.Base == nil || c.isBase() || c.Control() || c.Verdicts(result.NotPromised) > 0 {
			continue
		}
		e := pays(c)
		if e.Missing != "" {
			continue
		}
		if n == 0 || e.Cost() < least.effect.Cost() {
			least = cost{c, e}
		}
		if n == 0 || e.Cost() > most.effect.Cost() {
			most = cost{c, e}
		}
		n++
	}
	return least, most, n
}

// unshown says whether blocks enough to tell show no difference.
func (c cost) unshown() bool { return conclusive(c.effect) && !c.effect.Shown() }

// move is a figure of the reference, and what it becomes.
func (c cost) move(m metric.Metric, format func(from, to float64) string) string {
	return format(*c.cell.Base.Median(m), *c.cell.Median(m))
}

// certainty is the interval of a cost and what it rests on; empty where there are too few blocks.
func (c cost) certainty(format func(lo, hi float64) string) string {
	if !conclusive(c.effect) {
		return ""
	}
	lo, hi := c.effect.CostInterval()
	return fmt.Sprintf("95%%: %s, %s", format(lo, hi), plural(c.effect.N, "block"))
}

// latencyCost says what the subject adds to the median latency.
func (s *summary) latencyCost(subject string) []string {
	p50 := metric.Must("p50(e2e)")
	least, most, n := s.extremes(subject, func(c *cell) compare.Effect { return c.Difference(c.Base, p50) })
	if n == 0 {
		return nil
	}
	at := ""
	if s.rates == 1 {
		at = "at " + rateName(least.cell.Cell) + " "
	}
	if n == 1 {
		return []string{at + s.oneLatency(most)}
	}
	bare := func(c cost) string {
		return fmt.Sprintf("(%s: %s)", s.detail(c.cell), joined(c.move(p50, arrow), c.certainty(spread)))
	}
	low, high := least.effect.Cost(), most.effect.Cost()
	reference := s.run.Reference
	switch {
	case least.unshown() && most.unshown():
		return []string{fmt.Sprintf("%sno difference in e2e p50 shows between %s and %s, neither at the least %s nor at the most %s", at, subject, reference, bare(least), bare(most))}
	case least.unshown() && high > 0:
		return []string{fmt.Sprintf("%s%s adds up to %s to e2e p50 over %s %s, and at its best nothing that shows %s",
			at, subject, duration(high), reference, bare(most), bare(least))}
	case low < 0 || high < 0:
		return []string{fmt.Sprintf("%s%s changes e2e p50 over %s by between %s %s and %s %s", at, subject, reference, signed(low), bare(least), signed(high), bare(most))}
	}
	return []string{fmt.Sprintf("%s%s adds between %s %s and %s %s to e2e p50 over %s", at, subject, duration(low), bare(least), duration(high), bare(most), reference)}
}

func (s *summary) oneLatency(c cost) string {
	p50, p99 := metric.Must("p50(e2e)"), metric.Must("p99(e2e)")
	evidence := joined(c.move(p50, arrow), c.certainty(spread))
	us := c.effect.Cost()
	var text string
	switch {
	case c.unshown():
		text = fmt.Sprintf("no difference in e2e p50 shows between %s and %s (%s)", s.name(c.cell), s.run.Reference, evidence)
	case us < 0:
		text = fmt.Sprintf("%s takes %s off e2e p50 over %s (%s)", s.name(c.cell), duration(-us), s.run.Reference, evidence)
	default:
		text = fmt.Sprintf("%s adds %s to e2e p50 over %s (%s)", s.name(c.cell), duration(us), s.run.Reference, evidence)
	}
	tail := cost{c.cell, c.cell.effect(p99)}
	switch {
	case tail.effect.Missing != "", !conclusive(tail.effect): // of a tail a few trials say nothing
	case tail.unshown():
		text += fmt.Sprintf(", in p99 no difference shows (%s)", tail.move(p99, arrow))
	default:
		text += ", p99 goes " + tail.move(p99, arrow)
	}
	return text
}

// throughputCost says how much less the subject reads at max.
func (s *summary) throughputCost(subject string) []string {
	read := metric.Must("read_per_s")
	least, most, n := s.extremes(subject, func(c *cell) compare.Effect { return c.effect(read) })
	size := func(c cost) string {
		if share := c.effect.Cost(); share < 0 {
			return percent(-share) + " more"
		}
		return percent(c.effect.Cost()) + " less"
	}
	evidence := func(c cost) string { return joined(c.move(read, records), c.certainty(c.percents)) }
	switch {
	case n == 0:
		return nil
	case n == 1 && most.unshown():
		return []string{fmt.Sprintf("at max no difference in what is read shows between %s and %s (%s)", s.name(most.cell), s.run.Reference, evidence(most))}
	case n == 1:
		return []string{fmt.Sprintf("at max %s reads %s than %s (%s)", s.name(most.cell), size(most), s.run.Reference, evidence(most))}
	}
	bare := func(c cost) string { return fmt.Sprintf("(%s: %s)", s.detail(c.cell), evidence(c)) }
	switch {
	case least.unshown() && most.unshown():
		return []string{fmt.Sprintf("at max no difference in what is read shows between %s and %s, neither at the least cost %s nor at the most %s",
			subject, s.run.Reference, bare(least), bare(most))}
	case least.unshown():
		return []string{fmt.Sprintf("at max %s reads up to %s than %s %s, and at its best no difference shows %s", subject, size(most), s.run.Reference, bare(most), bare(least))}
	}
	detail := func(c cost) string { return size(c) + " " + bare(c) }
	return []string{fmt.Sprintf("at max %s reads from %s to %s than %s", subject, detail(least), detail(most), s.run.Reference)}
}

// percents writes an interval of shares in the direction in which the cost itself is stated: 9% to 15%, and −2% to 3% where it
// is not shown.
func (c cost) percents(lo, hi float64) string {
	if c.effect.Cost() < 0 && !c.unshown() {
		lo, hi = -hi, -lo
	}
	text := percent(lo) + " to " + percent(hi)
	if c.unshown() {
		text += " less"
	}
	return text
}

// percent writes a share in whole percent; nearly all of it with what is left to tell from all.
func percent(share float64) string {
	if 0.99 < share && share < 1 {
		return strconv.FormatFloat(100*share, 'f', max(int(-math.Log10(1-share))-1, 0), 64) + "%"
	}
	return minus(rate(math.Round(100*share))) + "%"
}

// minus writes the sign of a figure as people do.
func minus(text string) string { return strings.ReplaceAll(text, "-", "−") }

func joined(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, "; ")
}

func arrow(from, to float64) string   { return durations(from, to) }
func spread(lo, hi float64) string    { return minus(durationsBy(" to ", lo, hi)) }
func records(from, to float64) string { return rate(from) + " → " + rate(to) + " msg/s" }

func signed(us float64) string {
	if us < 0 {
		return "−" + duration(-us)
	}
	return "+" + duration(us)
}
