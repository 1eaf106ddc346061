package gate

import (
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// planned is the plan of a profile given as flags.
func planned(t testing.TB, flags map[string]string) ([]workload.Cell, *compare.Run) {
	t.Helper()
	p, err := workload.Resolve(nil, nil, flags, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p.Cells(), Planned(p.Cells(), p.Reference)
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		flags    map[string]string
		rules    []string
		baseline bool
		want     string // empty: nothing is wrong
	}{
		"every kind": {flags: map[string]string{"mode": "all", "rate": "1000,max"}, baseline: true,
			rules: []string{"p99(commit_due) < 20ms", "read_per_s >= 1k", "lost == 0", "cost(read_per_s) < 15%", "p99(e2e) <= baseline + 10%", "cost(max(hold)) < 1000"}},
		"off by its name":   {flags: map[string]string{"txn-interval": "0s,100ms"}, rules: []string{"p99(e2e) < 1s for txn_interval=0s"}},
		"size with a comma": {flags: map[string]string{"message-size": "uniform(100,2000)"}, rules: []string{"p99(e2e) < 1s for message_size=uniform(100,2000)"}},
		"spelling":          {flags: map[string]string{"message-size": "1KB", "rate": "20k"}, rules: []string{"p99(e2e) < 1s for message_size=1000, rate=20k"}},

		"none":         {want: "there are no rules: give one"},
		"twice":        {rules: []string{"lost == 0", "lost==0"}, want: `rule "lost == 0" is given twice`},
		"no baseline":  {rules: []string{"p99(e2e) <= baseline + 10%"}, want: `rule "p99(e2e) <= baseline + 10%" is held against a baseline, and there is none`},
		"no such size": {flags: map[string]string{"txn-size": "20,100"}, rules: []string{"lost == 0 for txn_size=10"}, want: `rule "lost == 0 for txn_size=10" matches no cell: no cell has txn_size=10; known are 20, 100`},
		"no such mode": {flags: map[string]string{"mode": "at-least-once,idempotent"}, rules: []string{"lost == 0 for mode=transactional"},
			want: "no cell has mode=transactional; known are at-least-once, idempotent"},
		"not that axis": {flags: map[string]string{"mode": "idempotent"}, rules: []string{"lost == 0 for txn_size=100"}, want: "no cell has a txn_size"},
		"not together": {flags: map[string]string{"txn-size": "20,100"}, rules: []string{"lost == 0 for mode=idempotent, txn_size=20"},
			want: "no cell has all of these; the cells are mode=at-most-once; mode=at-least-once; mode=idempotent; mode=transactional,txn_size=20; mode=transactional,txn_size=100"},
		"not of that mode": {flags: map[string]string{"mode": "idempotent"}, rules: []string{"p99(commit_due) < 20ms"},
			want: `matches no cell that it can be judged on: this mode has no p99(commit_due) (mode=idempotent)`},
		"never filled":   {rules: []string{"p99(send_offsets) < 20ms"}, want: "this mode has no p99(send_offsets)"},
		"the reference":  {rules: []string{"cost(p99(e2e)) < 15% for mode=at-least-once"}, want: "the reference has no cost against itself"},
		"no reference":   {flags: map[string]string{"mode": "transactional"}, rules: []string{"cost(p99(e2e)) < 15%"}, want: "has nothing to hold mode=transactional against: no cell of at-least-once has the same other axes: measure that mode too"},
		"latency at max": {flags: map[string]string{"rate": "max"}, rules: []string{"p99(e2e) < 1s"}, want: "latencies at rate max measure the queue (mode=at-most-once)"},
		"no cost": {rules: []string{"cost(read_per_s) < 15%"}, flags: map[string]string{"mode": "at-least-once,transactional"},
			want: "matches no cell that it can be judged on: at a fixed rate throughput is the same by construction"},
		"no throughput": {rules: []string{"cost(read_per_s) < 15%"}, want: "at a fixed rate throughput is the same by construction"},
		"a control": {flags: map[string]string{"mode": "transactional", "isolation": "read_uncommitted"}, rules: []string{"p99(e2e) < 1s"},
			want: "a control is judged only where the scope names its isolation (mode=transactional"},
		"a control by another's name": {flags: map[string]string{"mode": "idempotent", "flush-every": "100"}, rules: []string{"p99(e2e) < 1s for isolation=read_uncommitted"},
			want: "a control is judged only where the scope names its flush_every (mode=idempotent"},
		"a control by name": {flags: map[string]string{"mode": "transactional", "isolation": "read_uncommitted"}, rules: []string{"p99(e2e) < 1s for isolation=read_uncommitted"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, run := planned(t, c.flags)
			err := Check(must(t, c.rules...), run, c.baseline)
			if c.want != "" {
				refused(t, err, c.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// A rule without a scope concerns the cells that have its figure, and no others.
func TestCellsOfARule(t *testing.T) {
	_, run := planned(t, map[string]string{"mode": "all", "rate": "1000,max"})
	for text, want := range map[string][]string{
		"p99(commit_due) < 20ms":             {"mode=transactional,rate=1000"},
		"cost(read_per_s) < 15%":             {"mode=at-most-once,rate=max", "mode=idempotent,rate=max", "mode=transactional,rate=max"},
		"p99(ack) < 1s":                      {"mode=at-least-once,rate=1000", "mode=idempotent,rate=1000", "mode=transactional,rate=1000"},
		"read_per_s > 1 for mode=idempotent": {"mode=idempotent,rate=1000", "mode=idempotent,rate=max"},
	} {
		cells, err := must(t, text)[0].cells(run)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range cells {
			names = append(names, c.Name)
		}
		if len(names) != len(want) {
			t.Errorf("%s: got %v", text, names)
			continue
		}
		for i := range want {
			if names[i] != want[i] {
				t.Errorf("%s: got %v", text, names)
			}
		}
	}
}

// What was measured while something was broken is no release's.
func TestCheckRefusesFaults(t *testing.T) {
	_, run := planned(t, nil)
	for i := range run.Trials {
		run.Trials[i].Fault = new("reset")
	}
	refused(t, Check(must(t, "lost == 0"), run, false), "broke things on purpose, so that its figures and counts are no release's: 'fault' itself ends with 5")
}

// Where a rule was written is part of what is wrong with it.
func TestCheckNamesThePlace(t *testing.T) {
	rules, err := ParseFile("gate.yaml", []byte("rules:\n- lost == 0\n- lost == 0\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, run := planned(t, nil)
	refused(t, Check(rules, run, false), `gate.yaml:3: rule "lost == 0" is given twice: keep the one in gate.yaml:2`)
	for i := range rules {
		rules[i].Where = "--require"
	}
	refused(t, Check(rules, run, false), `--require: rule "lost == 0" is given twice: leave one of them out`)
}

func TestForesee(t *testing.T) {
	for name, c := range map[string]struct {
		flags  map[string]string
		rules  []string
		blocks int
		stored bool
		want   map[string]string // of cells, how reason and remedy begin
	}{
		"enough":       {rules: []string{"p99(e2e) < 1s"}, blocks: 7},
		"counts":       {rules: []string{"lost == 0"}, blocks: 1},
		"one test":     {rules: []string{"p99(e2e) < 1s for mode=idempotent"}, blocks: 5},
		"stored":       {rules: []string{"p99(e2e) <= baseline + 10% for mode=idempotent"}, blocks: 1, stored: true},
		"interleaved":  {rules: []string{"p99(e2e) <= baseline + 10% for mode=idempotent"}, blocks: 1, want: map[string]string{"mode=idempotent": "1 block can never fail"}},
		"too few":      {rules: []string{"p99(e2e) < 1s for mode=idempotent"}, blocks: 4, want: map[string]string{"mode=idempotent": "4 blocks can never fail: the smallest p-value of n blocks is 2⁻ⁿ, here 0.062, and 1 test judged together need 0.05 measure with --blocks 6"}},
		"several":      {rules: []string{"p99(e2e) < 1s for mode=idempotent", "p50(e2e) < 1s"}, blocks: 6, want: map[string]string{"mode=idempotent": "6 blocks can never fail: the smallest p-value of n blocks is 2⁻ⁿ, here 0.016, and 5 tests judged together need 0.01 measure with --blocks 7", "mode=at-most-once": "6 blocks", "mode=at-least-once": "6 blocks", "mode=transactional": "6 blocks"}},
		"unread":       {flags: map[string]string{"readers": "0", "mode": "idempotent"}, rules: []string{"lost == 0"}, blocks: 10, want: map[string]string{"mode=idempotent": "nothing is read"}},
		"transactions": {rules: []string{"mean(commit_due) < 1s"}, flags: map[string]string{"duration": "2s"}, blocks: 10, want: map[string]string{"mode=transactional": "a window holds about 20 transactions per producer, fewer than the 30 that their figures need raise --duration to 3s or more"}},
		"aborted":      {rules: []string{"mean(commit_due) < 1s"}, flags: map[string]string{"duration": "4s", "abort-ratio": "0.5"}, blocks: 10, want: map[string]string{"mode=transactional": "a window holds about 20 transactions per producer, fewer than the 30 that their figures need raise --duration to 6s or more"}},
		"samples":      {rules: []string{"p99(commit_due) < 1s"}, blocks: 10, want: map[string]string{"mode=transactional": "p99(commit_due) takes 1000 transactions in a window, which holds about 100 raise --duration to 100s or more, or gate a lower percentile"}},
		"of producers": {rules: []string{"p99(init) < 1s", "max(init) < 1s"}, flags: map[string]string{"mode": "transactional", "producers": "4"}, blocks: 10, want: map[string]string{"mode=transactional": "p99(init) takes 1000 producers, each of which has one initTransactions in a trial, and there are 4 measure with --producers 1000 or more, or gate max(init)"}},
		"records":      {rules: []string{"p99.9(e2e) < 1s"}, flags: map[string]string{"mode": "idempotent", "duration": "9s"}, blocks: 10, want: map[string]string{"mode=idempotent": "p99.9(e2e) takes 10000 records in a window, which holds about 9000 raise --duration to 10s"}},
		"enough of them": {rules: []string{"p99.9(e2e) < 1s", "p99(commit_due) < 1s"},
			flags: map[string]string{"mode": "transactional", "txn-size": "10"}, blocks: 10},
		"at max": {rules: []string{"read_per_s > 1"}, flags: map[string]string{"mode": "transactional", "rate": "max", "duration": "1s"}, blocks: 10},
	} {
		t.Run(name, func(t *testing.T) {
			cells, run := planned(t, c.flags)
			rules := must(t, c.rules...)
			if err := Check(rules, run, true); err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, v := range Foresee(rules, cells, workload.Reference, c.blocks, c.stored) {
				seen[v.Cell] = true
				if v.Outcome != Inconclusive || v.Rule == "" || c.want[v.Cell] == "" || !hasPrefix(v.Reason+" "+v.Remedy, c.want[v.Cell]) {
					t.Errorf("%s: %s: %s %s", v.Cell, v.Outcome, v.Reason, v.Remedy)
				}
			}
			for cell := range c.want {
				if !seen[cell] {
					t.Errorf("nothing is said of %s", cell)
				}
			}
		})
	}
}

func hasPrefix(text, prefix string) bool {
	return len(text) >= len(prefix) && text[:len(prefix)] == prefix
}
