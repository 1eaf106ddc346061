package result

import (
	"maps"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// counted holds what became of the records sent against their number: every record is committed (acknowledged, outside transactional
// modes), aborted, reported undelivered or indeterminate.
func (t *Trial) counted() error {
	g, w := t.Guarantee, t.Window
	accounted, how := g.Committed+g.Aborted+g.Indeterminate, "committed, aborted and indeterminate"
	if t.Transactions == nil {
		accounted, how = accounted+g.Failed, "committed, aborted, indeterminate and failed"
	}
	switch {
	case accounted != g.Sent:
		return contradiction("guarantee/sent", "%d, while %s add up to %d", g.Sent, how, accounted)
	case t.Transactions == nil && g.Committed != g.Acked:
		return contradiction("guarantee/committed", "%d, while acked is %d: without transactions the two are one", g.Committed, g.Acked)
	case g.Acked+g.Failed > g.Sent:
		return contradiction("guarantee/acked", "%d and failed %d, while sent is %d", g.Acked, g.Failed, g.Sent)
	case w.Handed > g.Sent:
		return contradiction("window_records/handed", "%d, while guarantee/sent is %d for the whole trial", w.Handed, g.Sent)
	case w.Committed > g.Committed:
		return contradiction("window_records/committed", "%d, while guarantee/committed is %d for the whole trial", w.Committed, g.Committed)
	}
	return nil
}

// read holds the distinct records read against those that were there to be read. All that takes a reader is null without one.
func (t *Trial) read() error {
	g := t.Guarantee
	unread := g.Read == nil
	for _, v := range []struct {
		field   string
		missing bool
	}{
		{"guarantee/duplicate", g.Duplicate == nil}, {"guarantee/reordered", g.Reordered == nil}, {"guarantee/foreign", g.Foreign == nil},
		{"guarantee/redelivered", g.Redelivered == nil}, {"throughput/read_per_s", t.Throughput.ReadPerS == nil},
	} {
		if v.missing != unread {
			return contradiction(v.field, "%s, while guarantee/read is %s", present(!v.missing), present(!unread))
		}
	}
	switch {
	case unread && g.Lost != nil:
		return contradiction("guarantee/lost", "%d, while guarantee/read is null", *g.Lost)
	case unread:
		return nil
	case *g.Read > g.Sent:
		return contradiction("guarantee/read", "%d distinct records, while sent is %d", *g.Read, g.Sent)
	case g.Lost == nil:
		return nil
	case *g.Lost > g.Committed:
		return contradiction("guarantee/lost", "%d, while committed is %d", *g.Lost, g.Committed)
	}
	// Read are the committed ones that were not lost, the aborted ones that were read, and any of those that nobody knows about.
	least := g.Committed - *g.Lost + or(g.AbortedRead)
	most := least + g.Indeterminate
	if t.Transactions == nil {
		most += g.Failed
	}
	if *g.Read < least || *g.Read > most {
		return contradiction("guarantee/read", "%d, while committed, lost, aborted_read, indeterminate and failed leave %d to %d", *g.Read, least, most)
	}
	return nil
}

func or(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// judged holds the verdict against the counts that it follows from.
func (t *Trial) judged() error {
	mode, known := workload.ModeByName(t.Mode)
	if !known {
		return nil // what it promises is another version's to know
	}
	isolation := mode.Isolation
	if v, ok := t.Axes["isolation"].(string); ok {
		isolation = workload.Isolation(v)
	}
	follows, broken := t.Guarantee.Judge(mode, isolation)
	switch {
	case follows == t.Guarantee.Verdict:
		return nil
	case len(broken) > 0:
		return contradiction("guarantee/verdict", "%q, while %s is %d (%s), which %s promises not to happen: that is %q",
			t.Guarantee.Verdict, broken[0].Count, broken[0].N, broken[0].What, mode.Name, follows)
	case t.Guarantee.Verdict == Broken:
		return contradiction("guarantee/verdict", "%q, while no count breaks what %s promises to %s readers: that is %q", Broken, mode.Name, isolation, follows)
	case follows == Unchecked:
		return contradiction("guarantee/verdict", "%q, while read is null: nothing was read, that is %q", t.Guarantee.Verdict, follows)
	case follows == Incomplete:
		return contradiction("guarantee/verdict", "%q, while lost is null: the end was not reached, that is %q", t.Guarantee.Verdict, follows)
	}
	return contradiction("guarantee/verdict", "%q, while the counts, of %s and %s readers, are those of %q", t.Guarantee.Verdict, mode.Name, isolation, follows)
}

// summarised holds the figures of each histogram against one another.
func (t *Trial) summarised() error {
	for _, name := range slices.Sorted(maps.Keys(t.LatencyUS)) {
		if err := t.LatencyUS[name].possible("latency_us/" + name); err != nil {
			return err
		}
	}
	return nil
}

func (l Latency) possible(where string) error {
	count, all := float64(l.Count), float64(l.Count)+float64(l.Censored)+float64(l.OutOfRange)
	for _, p := range []struct {
		figure
		permille float64
	}{{figure{"p50", l.P50}, 500}, {figure{"p90", l.P90}, 900}, {figure{"p99", l.P99}, 990}, {figure{"p99_9", l.P999}, 999}} {
		switch {
		case p.value == nil:
		case l.Count == 0:
			return contradiction(where+"/"+p.name, "a figure without samples")
		case (1000-p.permille)*all < 10*1000:
			return contradiction(where+"/"+p.name, "%v, while of %v samples fewer than ten lie beyond it", *p.value, all)
		case p.permille*all > 1000*count:
			return contradiction(where+"/"+p.name, "%v, while it lies among the %v samples that never came (censored, out_of_range)", *p.value, all-count)
		}
	}
	for _, f := range []figure{{"mean", l.Mean}, {"max", l.Max}} {
		switch {
		case f.value == nil:
		case l.Count == 0:
			return contradiction(where+"/"+f.name, "a figure without samples")
		case all > count:
			return contradiction(where+"/"+f.name, "%v, while %v samples never came (censored, out_of_range) and could be larger", *f.value, all-count)
		}
	}
	if l.Mean != nil && l.Max != nil && *l.Mean > *l.Max {
		return contradiction(where+"/mean", "%v is above max (%v)", *l.Mean, *l.Max)
	}
	return rising(where, figure{"p50", l.P50}, figure{"p90", l.P90}, figure{"p99", l.P99}, figure{"p99_9", l.P999}, figure{"max", l.Max})
}

// tallied holds the number of samples in each histogram against the records and transactions that they are of.
func (t *Trial) tallied() error {
	// same asks for as many samples, come or missing, as there were of what they are of.
	same := func(of string, n int64, histograms ...string) error {
		for _, name := range histograms {
			l, there := t.LatencyUS[name]
			if all := l.Count + l.OutOfRange + l.Censored; there && all != n {
				return contradiction("latency_us/"+name+"/count", "with censored and out_of_range %d, while %s is %d", all, of, n)
			}
		}
		return nil
	}
	if err := t.endToEnd(); err != nil {
		return err
	}
	if x := t.Transactions; x != nil {
		if err := same("transactions/committed", x.Committed, "commit", "commit_flush", "commit_end", "commit_due", "visibility_first", "visibility_last"); err != nil {
			return err
		}
		if x.ReadBeforeReturn > x.Committed {
			return contradiction("transactions/read_before_return", "%d, while committed is %d", x.ReadBeforeReturn, x.Committed)
		}
		return same("window_records/committed", t.Window.Committed, "fill")
	}
	return same("window_records/committed", t.Window.Committed, "ack", "service")
}

// endToEnd holds the records followed to their reader against those committed. More than those are followed only where records arrived
// that were not known to: reported undelivered, indeterminate, aborted, twice or never sent.
func (t *Trial) endToEnd() error {
	l, there := t.LatencyUS["e2e"]
	if !there {
		return nil
	}
	g, all := t.Guarantee, l.Count+l.OutOfRange+l.Censored
	if g.Lost != nil && l.Censored > *g.Lost {
		return contradiction("latency_us/e2e/censored", "%d committed records of the window were never read, while guarantee/lost is %d", l.Censored, *g.Lost)
	}
	more := g.Failed > 0 || g.Indeterminate > 0 || or(g.AbortedRead) > 0 || or(g.Duplicate) > 0 || or(g.Foreign) > 0
	if all < t.Window.Committed || all > t.Window.Committed && !more {
		return contradiction("latency_us/e2e/count", "with censored and out_of_range %d, while window_records/committed is %d", all, t.Window.Committed)
	}
	return nil
}
