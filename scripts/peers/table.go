package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/stats"
)

// A comparison is one block of the table: an arm of this tool against a peer, over the cells of a kind.
type comparison struct {
	kind       kind
	mine, peer arm
	title      string
}

func comparisons() []comparison {
	return []comparison{
		{produce, tool, javaSend, "Sending, against kafka-producer-perf-test"},
		{produce, toolReader, javaSend, "The same with a reader and the ledger; kafka-producer-perf-test has none and only sends"},
		{produce, tool, native, "Sending, against librdkafka's C benchmark"},
		{reading, toolRead, javaRead, "Reading, against kafka-consumer-perf-test"},
		{ceiling, tool, native, "The ceiling: into a broker that discards, against librdkafka's C benchmark"},
	}
}

// table renders stored rows as markdown. A ratio is this tool's figure over its peer's, paired by round: exp of the
// Hodges–Lehmann estimate of the log-ratios, with the exact signed-rank interval at 95%.
func table(s stored) string {
	var b strings.Builder
	for _, fact := range s.facts {
		fmt.Fprintf(&b, "- %s\n", fact)
	}
	starts := startCosts(s.rows)
	if len(starts) > 0 {
		var costs []string
		for _, a := range []arm{tool, toolReader, toolRead, javaSend, javaRead, native} {
			if cost, ok := starts[a]; ok {
				costs = append(costs, fmt.Sprintf("%s %.2f", a, cost))
			}
		}
		fmt.Fprintf(&b, "- start and end, CPU seconds (median): %s\n", strings.Join(costs, ", "))
	}
	for _, c := range comparisons() {
		c.write(&b, s.rows, starts)
	}
	return b.String()
}

// startCosts are the median CPU seconds of each arm's runs with next to no load.
func startCosts(rows []row) map[arm]float64 {
	all := map[arm][]float64{}
	for _, r := range rows {
		if r.cell == startCell {
			all[r.arm] = append(all[r.arm], r.cpu.Seconds())
		}
	}
	costs := map[arm]float64{}
	for a, seconds := range all {
		costs[a] = median(seconds)
	}
	return costs
}

// pairs are the figures of two arms in the rounds that have both.
type pairs struct{ mine, peer []float64 }

func (c comparison) write(b *strings.Builder, rows []row, starts map[arm]float64) {
	var cells []string
	for _, r := range rows {
		if k, _, _ := strings.Cut(r.cell, "/"); k == string(c.kind) && !slices.Contains(cells, r.cell) {
			cells = append(cells, r.cell)
		}
	}
	slices.SortStableFunc(cells, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	first := true
	for _, cell := range cells {
		rate := paired(rows, cell, c, func(r row) float64 { return r.perSecond })
		if len(rate.mine) == 0 {
			continue
		}
		if first {
			first = false
			fmt.Fprintf(b, "\n**%s**\n\n", c.title)
			fmt.Fprintf(b, "| bytes | delivery | msg/s | peer | ratio [95%%] | CPU s per million | peer | ratio [95%%] | with start | pairs |\n")
			fmt.Fprintf(b, "|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
		}
		perMillion := func(starts map[arm]float64) pairs {
			return paired(rows, cell, c, func(r row) float64 {
				return (r.cpu.Seconds() - starts[r.arm]) / float64(r.records) * 1e6
			})
		}
		net, raw := perMillion(starts), perMillion(nil)
		parts := strings.Split(cell, "/")
		delivery := "–"
		if len(parts) == 3 {
			delivery = parts[2]
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %d |\n", thousands(parts[1]), delivery,
			count(median(rate.mine)), count(median(rate.peer)), ratio(rate, true),
			decimal(median(net.mine)), decimal(median(net.peer)), ratio(net, true), ratio(raw, false), len(rate.mine))
	}
}

// place is where a cell stands among all; rows may come from a selection of them.
func place(name string) int {
	return slices.IndexFunc(allCells(), func(c cell) bool { return c.name() == name })
}

func paired(rows []row, cell string, c comparison, of func(row) float64) pairs {
	byRound := map[int][2]*float64{}
	var rounds []int
	for _, r := range rows {
		if r.cell != cell || (r.arm != c.mine && r.arm != c.peer) {
			continue
		}
		both, seen := byRound[r.round]
		if !seen {
			rounds = append(rounds, r.round)
		}
		v := of(r)
		if r.arm == c.mine {
			both[0] = &v
		} else {
			both[1] = &v
		}
		byRound[r.round] = both
	}
	var p pairs
	for _, round := range rounds {
		if both := byRound[round]; both[0] != nil && both[1] != nil {
			p.mine = append(p.mine, *both[0])
			p.peer = append(p.peer, *both[1])
		}
	}
	return p
}

func ratio(p pairs, interval bool) string {
	estimate, lo, hi, ok := stats.Ratio(p.mine, p.peer)
	switch {
	case math.IsNaN(estimate):
		return "–"
	case !interval:
		return fmt.Sprintf("%.2f", estimate)
	case !ok:
		return fmt.Sprintf("%.2f [too few]", estimate)
	}
	return fmt.Sprintf("%.2f [%.2f, %.2f]", estimate, lo, hi)
}

func median(values []float64) float64 {
	return stats.Quantile(slices.Sorted(slices.Values(values)), 0.5)
}

func decimal(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// count rounds to three digits: runs differ by more.
func count(v float64) string {
	if math.IsNaN(v) || v <= 0 {
		return "–"
	}
	unit := math.Pow(10, math.Max(0, math.Floor(math.Log10(v))-2))
	return thousands(strconv.FormatFloat(math.Round(v/unit)*unit, 'f', 0, 64))
}

func thousands(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
