package result

import "github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"

// Breach is a promise that a trial broke.
type Breach struct {
	Count string // which of the guarantee's counts, as the stored form names it
	N     int64
	What  string // was counted, for people
}

// Breaches are the promises that the counts break, in the order in which a verdict states them. A count that is null could not be judged
// and breaks none; a foreign record, or an offset that changed, breaks what every mode promises.
func (g *Guarantee) Breaches(p workload.Promises) []Breach {
	var broken []Breach
	for _, c := range []struct {
		promised bool
		count    string
		n        *int64
		what     string
	}{
		{p.NoLoss, "lost", g.Lost, "acknowledged or committed but never read"},
		{p.NoDuplicate, "duplicate", g.Duplicate, "in the log twice"},
		{p.Ordered, "reordered", g.Reordered, "out of order within producer and partition"},
		{p.Atomic, "aborted_read", g.AbortedRead, "aborted but read"},
		{p.Atomic, "torn", g.Torn, "transactions partly visible"},
		{p.Atomic, "premature", g.Premature, "read before their commit was called"},
		{true, "foreign", g.Foreign, "read but never sent, or corrupt"},
		{true, "changed", g.Changed, "offsets that held another record when they were read again"},
	} {
		if c.promised && c.n != nil && *c.n > 0 {
			broken = append(broken, Breach{c.count, *c.n, c.what})
		}
	}
	return broken
}

// Judge is the verdict that follows from the counts, of a mode whose records were read at an isolation level, and the promises that
// were broken: unchecked where nothing was read; broken where a promise was; incomplete where a deadline came before the readers' end,
// so that nobody knows what was lost; not_promised to who reads transactions before they are committed; else held.
func (g *Guarantee) Judge(m workload.Mode, read workload.Isolation) (Verdict, []Breach) {
	if g.Read == nil {
		return Unchecked, nil
	}
	promised := m.Promised(read)
	broken := g.Breaches(promised)
	switch {
	case len(broken) > 0:
		return Broken, broken
	case g.Lost == nil:
		return Incomplete, nil
	case promised != m.Promises:
		return NotPromised, nil
	}
	return Held, nil
}
