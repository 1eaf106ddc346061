package result

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// impossible is the error of a trial whose values contradict one another.
type impossible struct{ field, says string }

// Error implements error.
func (e *impossible) Error() string { return fmt.Sprintf("at '/%s': %s", e.field, e.says) }

func contradiction(field, format string, args ...any) error {
	return &impossible{field, fmt.Sprintf(format, args...)}
}

// possible holds a trial's values against one another, which a schema cannot. What it asks for follows from how values are counted, so that it
// is true of every trial the tool stores: cut short, failed, unread or a control too. Its error is an *impossible.
func (t *Trial) possible() error {
	for _, check := range []func(*Trial) error{
		(*Trial).named, (*Trial).loaded, (*Trial).counted, (*Trial).read, (*Trial).judged, (*Trial).summarised, (*Trial).tallied, (*Trial).sampled,
	} {
		if err := check(t); err != nil {
			return err
		}
	}
	return nil
}

// named holds the names of what was measured against one another: id, cell, mode and axes.
func (t *Trial) named() error {
	if block, ok := blockOf(t.ID); ok && block != t.Block {
		return contradiction("block", "%d, while the trial's id is %q", t.Block, t.ID)
	}
	pairs := pairsOf(t.Cell)
	if pairs["mode"] != t.Mode {
		return contradiction("mode", "%q, while the cell is %q", t.Mode, t.Cell)
	}
	delete(pairs, "mode")
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		if v, there := t.Axes[key]; !there || !spelt(v, pairs[key]) {
			return contradiction("axes/"+key, "%s, while the cell is %q", show(v), t.Cell)
		}
	}
	if v, there := t.Axes["txn_size"]; there && !spelt(v, whole(t.TxnSize)) {
		return contradiction("txn_size", "%s, while axes/txn_size is %s", show(whole(t.TxnSize)), show(v))
	}
	if v, there := t.Axes["client"]; there && v != t.Client.Name {
		return contradiction("client/name", "%q, while axes/client is %s", t.Client.Name, show(v))
	}
	mode, known := workload.ModeByName(t.Mode)
	switch {
	case known && mode.Transactional != (t.Transactions != nil):
		return contradiction("transactions", "%s, while mode is %q", present(t.Transactions != nil), t.Mode)
	case known && !mode.Transactional && t.TxnSize != nil:
		return contradiction("txn_size", "%d, while mode is %q", *t.TxnSize, t.Mode)
	case known && (mode.Acks == 0) != (t.Throughput.AckedPerS == nil):
		return contradiction("throughput/acked_per_s", "%s, while mode is %q", present(t.Throughput.AckedPerS != nil), t.Mode)
	}
	return nil
}

// blockOf reads the block that a planned trial's id begins with: b03-8c1f0a9b2d4e.
func blockOf(id string) (block int, ok bool) {
	digits, _, _ := strings.Cut(strings.TrimPrefix(id, "b"), "-")
	block, err := strconv.Atoi(digits)
	return block, err == nil && strings.HasPrefix(id, fmt.Sprintf("b%02d-", block))
}

// pairsOf splits a cell's name. A value may hold commas of its own: message_size=uniform(100,2000).
func pairsOf(cell string) map[string]string {
	pairs, last := map[string]string{}, ""
	for part := range strings.SplitSeq(cell, ",") {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			pairs[last] += "," + part
			continue
		}
		pairs[key], last = value, key
	}
	return pairs
}

// spelt says whether a stored axis has the value that a flag would spell so. One that is off holds nothing.
func spelt(axis any, text string) bool {
	switch v := axis.(type) {
	case nil:
		return text == "" || text == "0" || text == "0s"
	case float64:
		n, err := strconv.ParseFloat(text, 64)
		return err == nil && n == v
	}
	return axis == text
}

func whole(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// show writes a value as a file holds it.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		if v == "" {
			return "null"
		}
		return strconv.Quote(v)
	}
	return fmt.Sprint(v)
}

func present(there bool) string {
	if there {
		return "not null"
	}
	return "null"
}

// loaded holds the load against the window: what was due, handed over and moved in it.
func (t *Trial) loaded() error {
	w := t.Window
	switch rate := t.Axes["rate"]; {
	case t.WindowS == 0:
		return contradiction("window_s", "0, while every figure of a trial is of its window")
	case t.Saturated != (w.Due == nil):
		return contradiction("window_records/due", "%s, while saturated is %v", present(w.Due != nil), t.Saturated)
	case t.Saturated != (t.DuePerS == nil):
		return contradiction("due_per_s", "%s, while saturated is %v", present(t.DuePerS != nil), t.Saturated)
	case rate != nil && t.Saturated != (rate == "max"):
		return contradiction("axes/rate", "%s, while saturated is %v", show(rate), t.Saturated)
	case (t.Sustained != nil) != (t.Complete && !t.Saturated):
		return contradiction("sustained", "%s, while complete is %v and saturated %v", present(t.Sustained != nil), t.Complete, t.Saturated)
	case t.Sustained != nil && *t.Sustained && float64(w.Handed) < MinHanded*float64(*w.Due):
		return contradiction("sustained", "true, while window_records/handed is %d of %d due, less than %g", w.Handed, *w.Due, MinHanded)
	case t.Sustained != nil && *t.Sustained && float64(t.Guarantee.Failed) > MaxFailed*float64(t.Guarantee.Sent):
		return contradiction("sustained", "true, while guarantee/failed is %d of %d sent, more than %g", t.Guarantee.Failed, t.Guarantee.Sent, MaxFailed)
	}
	return t.moved()
}

// maxRounding is how far a figure may lie from what it follows from. It is much more than floating point takes, for the sake of trials that
// were written down with few digits.
const maxRounding = 0.01

// moved holds the records read per second against their bytes, where all records are of one size.
func (t *Trial) moved() error {
	read, megabytes := t.Throughput.ReadPerS, t.Throughput.MBPerS
	if (read == nil) != (megabytes == nil) {
		return contradiction("throughput/mb_per_s", "%s, while read_per_s is not", present(megabytes != nil))
	}
	size, fixed := t.Axes["message_size"].(float64)
	if read == nil || !fixed {
		return nil
	}
	if follows := *read * size / 1e6; math.Abs(*megabytes-follows) > maxRounding*follows {
		return contradiction("throughput/read_per_s", "%v, while mb_per_s is %v of records of %v bytes", *read, *megabytes, size)
	}
	return nil
}

// sampled holds the figures of each lag against one another.
func (t *Trial) sampled() error {
	if t.Lag == nil {
		return nil
	}
	if t.Guarantee.Read == nil {
		return contradiction("lag", "not null, while guarantee/read is null")
	}
	for _, l := range []struct {
		name string
		LagStat
	}{{"hold", t.Lag.Hold}, {"reader", t.Lag.Reader}, {"monitoring", t.Lag.Monitoring}, {"age_ms", t.Lag.AgeMS}} {
		if err := rising("lag/"+l.name, figure{"p50", l.P50}, figure{"p99", l.P99}, figure{"max", l.Max}); err != nil {
			return err
		}
		if l.Mean != nil && l.Max != nil && *l.Mean > *l.Max*(1+1e-9) {
			return contradiction("lag/"+l.name+"/mean", "%v is above max (%v)", *l.Mean, *l.Max)
		}
	}
	return nil
}

// figure is one that may be absent, under its name in the stored form.
type figure struct {
	name  string
	value *float64
}

// rising asks for figures that do not fall.
func rising(where string, figures ...figure) error {
	var last figure
	for _, f := range figures {
		if f.value == nil {
			continue
		}
		if last.value != nil && *f.value < *last.value {
			return contradiction(where+"/"+f.name, "%v is below %s (%v)", *f.value, last.name, *last.value)
		}
		last = f
	}
	return nil
}
