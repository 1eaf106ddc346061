package advise

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// gaps says what the runs do not tell: what was not run, and what was but does not count.
func gaps(runs []*compare.Run, setups []*setup, a *Advice) []string {
	lines := append(notRun(setups, a), elsewhere(runs)...)
	for _, r := range runs {
		for _, c := range r.Cells {
			if why := unfit(c); why != "" && !c.Control() {
				lines = append(lines, fmt.Sprintf("%s: %s.", c.Name, why))
			}
		}
		if !r.Complete {
			lines = append(lines, fmt.Sprintf("run %s was stopped early: it has %s.", r.RunID, plural(len(r.Trials), "trial")))
		}
	}
	if few := fewBlocks(runs); few != "" {
		lines = append(lines, few)
	}
	stolen := 0.0
	for _, r := range runs {
		stolen = max(stolen, result.Stolen(r.Trials))
	}
	if stolen > result.MaxSteal {
		lines = append(lines, fmt.Sprintf("the hypervisor gave up to %s of the machine's CPU time to others: latencies are partly theirs.", percent(stolen)))
	}
	if len(a.Questions) > 0 {
		lines = append(lines, "each verdict is wrong in at most one of forty cases by itself (the upper end of a 95% interval); of many, some may be.")
	}
	return append(lines, fmt.Sprintf("an interval covers how blocks of %s differ, not other days.", oneOf(len(runs), "one run", "these runs")))
}

func oneOf(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// notRun names the values of each axis that were run; of others nothing is known.
func notRun(setups []*setup, a *Advice) []string {
	var rates, transactions []string
	values := map[string][]string{}
	atMax := false
	for _, s := range setups {
		for _, r := range s.rates() {
			rates = append(rates, perSecond(r))
		}
		for _, t := range s.transactions() {
			transactions = append(transactions, t.Short())
		}
		for _, key := range []string{"partitions", "message_size", "producers"} {
			if s.axes[key] != nil {
				values[key] = append(values[key], compare.Spell(s.axes[key]))
			}
		}
		atMax = atMax || slices.ContainsFunc(s.cells, (*compare.Cell).AtMax)
	}
	if atMax {
		rates = append(rates, "max")
	}
	var lines []string
	say := func(what string, values []string, why string) {
		if values = distinct(values); len(values) > 0 {
			lines = append(lines, fmt.Sprintf("%s: %s only%s.", what, list(values), why))
		}
	}
	say("rates", rates, "; how long a transaction fills is its size ÷ the rate")
	say("transactions", transactions, "; between them nothing was measured")
	say("partitions", values["partitions"], "")
	say("message sizes", withUnit(values["message_size"]), "")
	say("producers", values["producers"], "; each ends one transaction at a time")
	if len(a.Alerts) == 0 && a.Goals.RatePerS == nil {
		lines = append(lines, "lag alerts: nothing was run at a fixed rate, and at max lag only says how far a saturated reader falls behind.")
	}
	return lines
}

func withUnit(sizes []string) []string {
	var all []string
	for _, s := range sizes {
		if strings.Trim(s, "0123456789") == "" {
			s = thousands(s) + " B"
		}
		all = append(all, s)
	}
	return all
}

func distinct(texts []string) []string {
	var once []string
	for _, t := range texts {
		if t != "" && !slices.Contains(once, t) {
			once = append(once, t)
		}
	}
	return once
}

// elsewhere says what another cluster, client or machine would change.
func elsewhere(runs []*compare.Run) []string {
	r := runs[0] // they are comparable: the others ran on the same
	var lines []string
	switch b := r.Broker; {
	case b.Kind == "embedded":
		lines = append(lines, "the broker was the embedded stand-in, not Kafka: its timings are not Kafka's and understate exactly-once. Set nothing in production by them.")
	case b.ReplicationFactor == 1:
		lines = append(lines, fmt.Sprintf("brokers: %s without replication; with it records and commits take longer.", plural(b.Nodes, "node")))
	default:
		lines = append(lines, fmt.Sprintf("brokers: %s, replication factor %d, min.insync.replicas %d; others were not run.", plural(b.Nodes, "node"), b.ReplicationFactor, b.MinInsyncReplicas))
	}
	shared := ""
	if r.Broker.Kind != "external" {
		shared = ", shared by clients and brokers: with machines of their own the maximum is another"
	}
	lines = append(lines, fmt.Sprintf("machines: one, with %s%s.", plural(r.Machine.CPUs, "CPU"), shared))
	clients := map[string]bool{}
	for _, t := range r.Trials {
		clients[fmt.Sprintf("%s %s (transaction protocol %d)", t.Client.Name, t.Client.Version, t.Client.TransactionProtocol)] = true
	}
	if len(clients) > 0 {
		lines = append(lines, fmt.Sprintf("clients: %s; others commit at other speeds.", list(slices.Sorted(maps.Keys(clients)))))
	}
	return lines
}

// fewBlocks names the cells that have too few blocks for an interval.
func fewBlocks(runs []*compare.Run) string {
	cells, fewest := 0, minBlocks
	for _, r := range runs {
		for _, c := range r.Cells {
			if n := len(c.Usable); n < minBlocks {
				cells++
				fewest = min(fewest, n)
			}
		}
	}
	if cells == 0 {
		return ""
	}
	return fmt.Sprintf("%s %s as few as %s: an interval takes %d (--blocks %d, better 10).", plural(cells, "cell"), oneOf(cells, "has", "have"), plural(fewest, "usable block"), minBlocks, minBlocks)
}
