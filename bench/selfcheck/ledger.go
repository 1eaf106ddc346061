package selfcheck

import (
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// Ledger feeds the delivery ledger histories with one defect each, which it must find, count and judge by what the
// mode promises, and histories that are odd but normal, which it must not flag.
func Ledger() []Check {
	all, harmless := defects(), normals()
	found := Check{Subject: "ledger", Name: "planted defects found", Unit: "histories", Expected: float64(len(all))}
	var missed []string
	for _, p := range all {
		h := normal(p.mode)
		p.plant(h)
		if g := h.judge(); g.Verdict != p.verdict || total(g) != p.want || p.count(g) == nil || *p.count(g) != p.want {
			missed = append(missed, p.mode+": "+p.name)
		}
	}
	found.within(float64(len(all)-len(missed)), "not found: "+strings.Join(missed, "; "))

	flagged := Check{Subject: "ledger", Name: "normal histories flagged", Unit: "histories"}
	var wrongly []string
	for _, n := range harmless {
		h := normal(n.mode)
		n.change(h)
		if g := h.judge(); g.Verdict != result.Held || total(g) != 0 {
			wrongly = append(wrongly, n.mode+": "+n.name)
		}
	}
	flagged.within(float64(len(wrongly)), "flagged: "+strings.Join(wrongly, "; "))
	return []Check{found, flagged}
}

// total counts everything a ledger found.
func total(g result.Guarantee) (n int64) {
	for _, count := range []*int64{g.Lost, g.Duplicate, g.Reordered, g.AbortedRead, g.Torn, g.Premature, g.Foreign} {
		if count != nil {
			n += *count
		}
	}
	return n
}
