package result

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type object = map[string]any

// in walks down a document.
func in(o object, path ...string) object {
	for _, key := range path {
		o = o[key].(object)
	}
	return o
}

// planted is the example's trial, changed.
func planted(t testing.TB, change func(trial object)) []byte {
	t.Helper()
	var run object
	if err := json.Unmarshal(read(t, "testdata/full.json"), &run); err != nil {
		t.Fatal(err)
	}
	trial := run["trials"].([]any)[0].(object)
	change(trial)
	data, err := json.Marshal(trial)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// counts sets some of the guarantee's counts.
func counts(trial object, pairs ...any) {
	for i := 0; i < len(pairs); i += 2 {
		in(trial, "guarantee")[pairs[i].(string)] = pairs[i+1]
	}
}

// asMode makes the example a trial of a mode without transactions that acknowledged and read all it sent.
func asMode(trial object, mode string) {
	trial["cell"], trial["mode"], trial["txn_size"], trial["transactions"] = "mode="+mode, mode, nil, nil
	in(trial, "axes")["txn_size"], in(trial, "axes")["isolation"] = nil, "read_uncommitted"
	delete(in(trial, "latency_us"), "commit")
	if mode == "at-most-once" {
		in(trial, "throughput")["acked_per_s"] = nil
	}
	counts(trial, "committed", 13200, "aborted", 0, "read", 13200, "aborted_read", nil, "torn", nil, "premature", nil)
}

// atMax makes the example one of a closed loop.
func atMax(trial object) {
	trial["saturated"], trial["due_per_s"], trial["sustained"] = true, nil, nil
	in(trial, "axes")["rate"], in(trial, "window_records")["due"] = "max", nil
}

// unread makes the example one without readers.
func unread(trial object) {
	counts(trial, "verdict", "unchecked")
	for _, name := range []string{"read", "lost", "duplicate", "reordered", "aborted_read", "torn", "premature", "foreign", "redelivered"} {
		counts(trial, name, nil)
	}
	in(trial, "throughput")["read_per_s"], in(trial, "throughput")["mb_per_s"], trial["lag"] = nil, nil, nil
	delete(in(trial, "latency_us"), "e2e")
}

// TestWhatContradictsItselfIsRefused plants one contradiction at a time.
func TestWhatContradictsItselfIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(object)
		says   string
	}{
		// What was measured.
		"block and id":         {func(o object) { o["block"] = 2 }, `at '/block': 2, while the trial's id is "b01-8c1f0a9b2d4e"`},
		"mode and cell":        {func(o object) { o["mode"] = "idempotent" }, `at '/mode': "idempotent", while the cell is "mode=transactional,txn_size=100"`},
		"cell without a mode":  {func(o object) { o["cell"] = "txn_size=100" }, `at '/mode': "transactional", while the cell is "txn_size=100"`},
		"an axis and the cell": {func(o object) { in(o, "axes")["txn_size"] = 20 }, `at '/axes/txn_size': 20, while the cell is "mode=transactional,txn_size=100"`},
		"an axis that is off":  {func(o object) { in(o, "axes")["txn_size"] = nil }, `at '/axes/txn_size': null, while the cell is "mode=transactional,txn_size=100"`},
		"an axis the trial has not": {func(o object) { o["cell"] = "linger=5ms,mode=transactional,txn_size=100" },
			`at '/axes/linger': null, while the cell is "linger=5ms,mode=transactional,txn_size=100"`},
		"a distribution of sizes": {func(o object) { o["cell"] = "message_size=uniform(100,200),mode=transactional" },
			`at '/axes/message_size': "uniform(100,2000)", while the cell is "message_size=uniform(100,200),mode=transactional"`},
		"transaction size": {func(o object) { o["txn_size"] = 20 }, `at '/txn_size': "20", while axes/txn_size is 100`},
		"a size without transactions": {func(o object) { asMode(o, "idempotent"); o["txn_size"] = 20; delete(in(o, "axes"), "txn_size") },
			`at '/txn_size': 20, while mode is "idempotent"`},
		"no transactions":    {func(o object) { o["transactions"] = nil }, `at '/transactions': null, while mode is "transactional"`},
		"acknowledged by 0":  {func(o object) { asMode(o, "at-most-once"); in(o, "throughput")["acked_per_s"] = 1 }, `at '/throughput/acked_per_s': not null, while mode is "at-most-once"`},
		"nothing was acked":  {func(o object) { in(o, "throughput")["acked_per_s"] = nil }, `at '/throughput/acked_per_s': null, while mode is "transactional"`},
		"another client":     {func(o object) { in(o, "axes")["client"] = "franz-go" }, `at '/client/name': "librdkafka", while axes/client is "franz-go"`},
		"a window of 0":      {func(o object) { o["window_s"] = 0 }, "at '/window_s': 0, while every figure of a trial is of its window"},
		"a window before it": {func(o object) { o["window_s"] = -10 }, "at '/window_s'"},

		// The load.
		"due at max":         {func(o object) { atMax(o); in(o, "window_records")["due"] = 10_000 }, `at '/window_records/due': not null, while saturated is true`},
		"nothing was due":    {func(o object) { in(o, "window_records")["due"] = nil }, `at '/window_records/due': null, while saturated is false`},
		"a rate due at max":  {func(o object) { atMax(o); o["due_per_s"] = 1000 }, `at '/due_per_s': not null, while saturated is true`},
		"a rate of max":      {func(o object) { in(o, "axes")["rate"] = "max" }, `at '/axes/rate': "max", while saturated is false`},
		"sustained at max":   {func(o object) { atMax(o); o["sustained"] = true }, `at '/sustained': not null, while complete is true and saturated true`},
		"sustained or not":   {func(o object) { o["sustained"] = nil }, `at '/sustained': null, while complete is true and saturated false`},
		"sustained half way": {func(o object) { o["complete"] = false }, `at '/sustained': not null, while complete is false and saturated false`},
		"sustained and not handed over": {func(o object) { in(o, "window_records")["handed"] = 9899 },
			`at '/sustained': true, while window_records/handed is 9899 of 10000 due, less than 0.99`},
		"sustained and failed": {func(o object) { counts(o, "failed", 133, "acked", 13_000) },
			`at '/sustained': true, while guarantee/failed is 133 of 13200 sent, more than 0.01`},
		"read and its bytes": {func(o object) { in(o, "axes")["message_size"] = 1000 },
			`at '/throughput/read_per_s': 998.9, while mb_per_s is 1.02 of records of 1000 bytes`},
		"bytes of nothing": {func(o object) { in(o, "throughput")["mb_per_s"] = nil }, `at '/throughput/mb_per_s': null, while read_per_s is not`},

		// What became of the records.
		"sent":                        {func(o object) { counts(o, "sent", 13_201) }, `at '/guarantee/sent': 13201, while committed, aborted and indeterminate add up to 13200`},
		"sent without transactions":   {func(o object) { asMode(o, "idempotent"); counts(o, "failed", 1) }, `at '/guarantee/sent': 13200, while committed, aborted, indeterminate and failed add up to 13201`},
		"committed, not acked":        {func(o object) { asMode(o, "idempotent"); counts(o, "acked", 13_199) }, `at '/guarantee/committed': 13200, while acked is 13199`},
		"acked and failed":            {func(o object) { counts(o, "failed", 1) }, `at '/guarantee/acked': 13200 and failed 1, while sent is 13200`},
		"handed over, not sent":       {func(o object) { in(o, "window_records")["handed"] = 13_201 }, `at '/window_records/handed': 13201, while guarantee/sent is 13200`},
		"committed in the window":     {func(o object) { in(o, "window_records")["committed"] = 13_001 }, `at '/window_records/committed': 13001, while guarantee/committed is 13000`},
		"read more than sent":         {func(o object) { counts(o, "read", 13_201) }, `at '/guarantee/read': 13201 distinct records, while sent is 13200`},
		"read less than committed":    {func(o object) { counts(o, "read", 12_999) }, `at '/guarantee/read': 12999, while committed, lost, aborted_read, indeterminate and failed leave 13000 to 13000`},
		"lost what was not committed": {func(o object) { counts(o, "lost", 13_001) }, `at '/guarantee/lost': 13001, while committed is 13000`},
		"read and not read":           {func(o object) { counts(o, "duplicate", nil) }, `at '/guarantee/duplicate': null, while guarantee/read is not null`},
		"a lag that nobody has":       {func(o object) { lag := o["lag"]; unread(o); o["lag"] = lag }, `at '/lag': not null, while guarantee/read is null`},
		"a rate that nobody read":     {func(o object) { unread(o); o["throughput"] = object{"acked_per_s": 1, "read_per_s": 1, "mb_per_s": 1} }, `at '/throughput/read_per_s': not null, while guarantee/read is null`},
		"lost to nobody":              {func(o object) { unread(o); counts(o, "lost", 0) }, `at '/guarantee/lost': 0, while guarantee/read is null`},

		// The verdict.
		"held with losses": {func(o object) {
			asMode(o, "at-least-once")
			counts(o, "lost", 3, "read", 13_197)
			in(o, "latency_us", "e2e")["count"] = 9998
		},
			`at '/guarantee/verdict': "held", while lost is 3 (acknowledged or committed but never read), which at-least-once promises not to happen: that is "broken"`},
		"held with duplicates":  {func(o object) { asMode(o, "idempotent"); counts(o, "duplicate", 3) }, `"held", while duplicate is 3 (in the log twice), which idempotent promises`},
		"held out of order":     {func(o object) { counts(o, "reordered", 3) }, `"held", while reordered is 3 (out of order within producer and partition), which transactional promises`},
		"held with aborted":     {func(o object) { counts(o, "aborted_read", 3, "read", 13_003) }, `"held", while aborted_read is 3 (aborted but read), which transactional promises`},
		"held and torn":         {func(o object) { counts(o, "torn", 3) }, `"held", while torn is 3 (transactions partly visible), which transactional promises`},
		"held and premature":    {func(o object) { counts(o, "premature", 3) }, `"held", while premature is 3 (read before their commit was called), which transactional promises`},
		"held and foreign":      {func(o object) { asMode(o, "at-most-once"); counts(o, "foreign", 3) }, `"held", while foreign is 3 (read but never sent, or corrupt), which at-most-once promises`},
		"incomplete and broken": {func(o object) { counts(o, "verdict", "incomplete", "lost", nil, "duplicate", 3) }, `"incomplete", while duplicate is 3`},
		"broken by nothing": {func(o object) { counts(o, "verdict", "broken") },
			`at '/guarantee/verdict': "broken", while no count breaks what transactional promises to read_committed readers: that is "held"`},
		"broken by what nobody promised": {func(o object) { asMode(o, "at-least-once"); counts(o, "verdict", "broken", "duplicate", 3) },
			`"broken", while no count breaks what at-least-once promises to read_uncommitted readers: that is "held"`},
		"held to no end":         {func(o object) { counts(o, "lost", nil) }, `at '/guarantee/verdict': "held", while lost is null: the end was not reached, that is "incomplete"`},
		"incomplete at the end":  {func(o object) { counts(o, "verdict", "incomplete") }, `"incomplete", while the counts, of transactional and read_committed readers, are those of "held"`},
		"a control that held":    {func(o object) { in(o, "axes")["isolation"] = "read_uncommitted" }, `"held", while the counts, of transactional and read_uncommitted readers, are those of "not_promised"`},
		"promised all the same":  {func(o object) { counts(o, "verdict", "not_promised") }, `are those of "held"`},
		"checked without a read": {func(o object) { unread(o); counts(o, "verdict", "held") }, `"held", while read is null: nothing was read, that is "unchecked"`},

		// Figures and their samples.
		"max below p99":           {func(o object) { in(o, "latency_us", "e2e")["max"] = 198_999 }, `at '/latency_us/e2e/max': 198999 is below p99 (199000)`},
		"mean above max":          {func(o object) { in(o, "latency_us", "e2e")["mean"] = 204_001 }, `at '/latency_us/e2e/mean': 204001 is above max (204000)`},
		"p50 above p99":           {func(o object) { in(o, "latency_us", "e2e")["p90"], in(o, "latency_us", "e2e")["p50"] = nil, 199_001 }, `at '/latency_us/e2e/p99': 199000 is below p50 (199001)`},
		"a percentile of too few": {func(o object) { in(o, "latency_us", "e2e")["p99_9"] = 203_000 }, `at '/latency_us/e2e/p99_9': 203000, while of 9998 samples fewer than ten lie beyond it`},
		"a percentile of the unread": {func(o object) {
			e := in(o, "latency_us", "e2e")
			e["count"], e["censored"] = 4998, 5000
			counts(o, "lost", nil, "verdict", "incomplete")
		}, `at '/latency_us/e2e/p50': 101000, while it lies among the 5000 samples that never came`},
		"a mean without the unread": {func(o object) {
			e := in(o, "latency_us", "e2e")
			e["count"], e["censored"] = 9997, 1
			counts(o, "lost", nil, "verdict", "incomplete")
		}, `at '/latency_us/e2e/mean': 100500.5, while 1 samples never came`},
		"a mean of nothing": {func(o object) { o["latency_us"] = object{"init": none(object{"mean": 1})} }, `at '/latency_us/init/mean': a figure without samples`},
		"followed too few":  {func(o object) { in(o, "latency_us", "e2e")["count"] = 9997 }, `at '/latency_us/e2e/count': with censored and out_of_range 9997, while window_records/committed is 9998`},
		"followed too many": {func(o object) { in(o, "latency_us", "e2e")["count"] = 9999 }, `at '/latency_us/e2e/count': with censored and out_of_range 9999, while window_records/committed is 9998`},
		"unread, not lost": {func(o object) {
			e := in(o, "latency_us", "e2e")
			e["count"], e["censored"], e["mean"], e["max"] = 9990, 8, nil, nil
		}, `at '/latency_us/e2e/censored': 8 committed records of the window were never read, while guarantee/lost is 0`},
		"commits": {func(o object) { in(o, "transactions")["committed"] = 101 }, `at '/latency_us/commit/count': with censored and out_of_range 100, while transactions/committed is 101`},
		"filled":  {func(o object) { in(o, "latency_us")["fill"] = none(object{"count": 9997}) }, `at '/latency_us/fill/count': with censored and out_of_range 9997, while window_records/committed is 9998`},
		"acked": {func(o object) { asMode(o, "idempotent"); in(o, "latency_us")["ack"] = none(object{"count": 9997}) },
			`at '/latency_us/ack/count': with censored and out_of_range 9997, while window_records/committed is 9998`},
		"read before the return": {func(o object) { in(o, "transactions")["read_before_return"] = 101 }, `at '/transactions/read_before_return': 101, while committed is 100`},
		"lag out of order":       {func(o object) { in(o, "lag", "hold")["p99"] = 49 }, `at '/lag/hold/p99': 49 is below p50 (50)`},
		"lag above its max":      {func(o object) { in(o, "lag", "reader")["mean"] = 15 }, `at '/lag/reader/mean': 15 is above max (14)`},
		"a lag below 0":          {func(o object) { in(o, "lag", "hold")["mean"] = -1 }, "at '/lag/hold/mean'"},
		"a log that shrank":      {func(o object) { in(o, "resources")["broker_log_bytes"] = -1 }, "at '/resources/broker_log_bytes'"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := compiled(t).decodeTrial(planted(t, c.change))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v\nwant %s", err, c.says)
			}
		})
	}
}

// none is a histogram without figures, but for some of its fields.
func none(fields object) object {
	l := object{"count": 0, "mean": nil, "p50": nil, "p90": nil, "p99": nil, "p99_9": nil, "max": nil, "censored": 0, "negative": 0, "out_of_range": 0}
	for key, v := range fields {
		l[key] = v
	}
	return l
}

// TestWhatLooksOddAndIsMeasuredIsAccepted: interrupted, failed, unread and control trials, and cells whose names take care to read.
func TestWhatLooksOddAndIsMeasuredIsAccepted(t *testing.T) {
	for name, change := range map[string]func(object){
		"the example":      func(object) {},
		"cut short":        func(o object) { o["complete"], o["sustained"] = false, nil },
		"cut short at max": func(o object) { atMax(o); o["complete"] = false },
		"without readers":  unread,
		"fallen behind":    func(o object) { o["sustained"] = false },
		"an unplanned id":  func(o object) { o["id"], o["block"] = "b-side", 7 },
		"block 1000":       func(o object) { o["id"], o["block"] = "b1000-8c1f0a9b2d4e", 1000 },
		"another mode": func(o object) {
			o["cell"], o["mode"] = "mode=exactly-once", "exactly-once"
			counts(o, "verdict", "broken")
		},
		"losing as it may": func(o object) { asMode(o, "at-most-once"); counts(o, "lost", 200, "read", 13_000) },
		"twice as it may":  func(o object) { asMode(o, "at-least-once"); counts(o, "duplicate", 20, "reordered", 3) },
		"broken":           func(o object) { counts(o, "verdict", "broken", "lost", 1, "read", 12_999) },
		"not delivered": func(o object) {
			asMode(o, "at-least-once")
			counts(o, "failed", 132, "committed", 13_068, "acked", 13_068, "read", 13_100)
		},
		"nobody knows":      func(o object) { counts(o, "committed", 12_990, "indeterminate", 10, "read", 12_995) },
		"stopped too early": func(o object) { counts(o, "verdict", "incomplete", "lost", nil, "torn", nil, "read", 12) },
		"a control of aborts": func(o object) {
			in(o, "axes")["isolation"] = "read_uncommitted"
			counts(o, "verdict", "not_promised", "aborted_read", 200, "read", 13_200, "torn", nil, "premature", nil)
		},
		"a control that the tool would abort": func(o object) {
			in(o, "axes")["isolation"] = "read_uncommitted"
			counts(o, "verdict", "not_promised", "aborted_read", 200, "read", 13_200, "torn", nil, "premature", nil)
			in(o, "latency_us", "e2e")["count"] = 10_100
		},
		"a size of 0": func(o object) {
			o["cell"], o["txn_size"], in(o, "axes")["txn_size"] = "mode=transactional,txn_interval=100ms,txn_size=0", nil, nil
			in(o, "axes")["txn_interval"] = "100ms"
		},
		"never by time":           func(o object) { o["cell"], in(o, "axes")["txn_interval"] = "mode=transactional,txn_interval=0s", nil },
		"a distribution of sizes": func(o object) { o["cell"] = "message_size=uniform(100,2000),mode=transactional,txn_size=100" },
		"a rate with a fraction":  func(o object) { o["cell"], in(o, "axes")["rate"] = "mode=transactional,rate=316.2", 316.2 },
		"at max": func(o object) {
			atMax(o)
			o["cell"] = "mode=transactional,rate=max,txn_size=100"
		},
		"out of range": func(o object) {
			e := in(o, "latency_us", "e2e")
			e["count"], e["out_of_range"], e["mean"], e["max"] = 9996, 2, nil, nil
		},
		"nothing came": func(o object) {
			in(o, "latency_us")["e2e"] = none(object{"censored": 9998})
			counts(o, "verdict", "broken", "lost", 13_000, "read", 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := compiled(t).decodeTrial(planted(t, change)); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAContradictionNamesFileAndRemedy in a trial's file and in a run.json.
func TestAContradictionNamesFileAndRemedy(t *testing.T) {
	lose := func(trial object) { counts(trial, "lost", 3, "read", 12_997) }
	_, dir, s := started(t)
	if err := s.WriteTrial(trialAt(t, "b01-8c1f0a9b2d4e", 1, 10)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "trials", "b01-8c1f0a9b2d4e.json")
	if err := os.WriteFile(path, planted(t, lose), 0o666); err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(t.TempDir(), "run.json")
	var run object
	if err := json.Unmarshal(read(t, "testdata/full.json"), &run); err != nil {
		t.Fatal(err)
	}
	lose(run["trials"].([]any)[0].(object))
	data, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(alone, data, 0o666); err != nil {
		t.Fatal(err)
	}
	for load, says := range map[string]string{
		dir:   "load the trial " + path + ": at '/guarantee/verdict': ",
		alone: "load the run " + alone + ": at '/trials/0/guarantee/verdict': ",
	} {
		_, err := Load(load)
		for _, want := range []string{says, `"held", while lost is 3`, "put the file back as it was stored, or measure the trial again"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q in it", err, want)
			}
		}
	}
}
