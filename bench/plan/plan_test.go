package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func cells(t *testing.T, flags map[string]string) []workload.Cell {
	t.Helper()
	p, err := workload.Resolve(nil, nil, flags, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p.Cells()
}

func TestTrials(t *testing.T) {
	trials, err := Trials(cells(t, map[string]string{"mode": "idempotent,transactional", "txn-size": "10,20"}), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, trial := range trials {
		ids = append(ids, trial.ID+" "+trial.Cell)
	}
	slices.Sort(ids)
	// Ids are the same in every run, whatever the platform: results are matched by them.
	if want := []string{
		"b01-10ccbaa61fa5 mode=transactional,txn_size=10", "b01-685030de75db mode=idempotent", "b01-74c88756cf36 mode=transactional,txn_size=20",
		"b02-10ccbaa61fa5 mode=transactional,txn_size=10", "b02-685030de75db mode=idempotent", "b02-74c88756cf36 mode=transactional,txn_size=20",
	}; !slices.Equal(ids, want) {
		t.Errorf("%q", ids)
	}
}

func TestTrialsCollide(t *testing.T) {
	_, err := Trials([]workload.Cell{{Name: "a"}, {Name: "b"}, {Name: "a"}}, 1, 1)
	if want := `plan trials: cells "a" and "a" have the same id ca978112ca1b: change a value of one`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Each block is a permutation of the cells, with one seed; the order depends on nothing but seed and block.
func TestTrialOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, blocks, seed := rapid.IntRange(1, 20).Draw(t, "cells"), rapid.IntRange(1, 12).Draw(t, "blocks"), rapid.Uint64().Draw(t, "seed")
		var cells []workload.Cell
		for i := range n {
			cells = append(cells, workload.Cell{Name: fmt.Sprint("c", i)})
		}
		trials, err := Trials(cells, blocks, seed)
		if err != nil || len(trials) != n*blocks {
			t.Fatalf("%d trials, %v", len(trials), err)
		}
		more, err := Trials(cells, blocks+1, seed)
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for b := range blocks {
			names := map[string]bool{}
			for i, trial := range trials[b*n : (b+1)*n] {
				if other := more[b*n+i]; other.ID != trial.ID || other.Workload.Seed != trial.Workload.Seed {
					t.Fatalf("block %d depends on the number of blocks", b+1)
				}
				if trial.Block != b+1 || trial.Workload.Seed != trials[b*n].Workload.Seed {
					t.Fatalf("trial %+v in block %d", trial, b+1)
				}
				names[trial.Cell], ids[trial.ID] = true, true
			}
			if len(names) != n {
				t.Fatalf("block %d holds %d of %d cells", b+1, len(names), n)
			}
		}
		if len(ids) != len(trials) {
			t.Fatalf("%d ids for %d trials", len(ids), len(trials))
		}
	})
}

// Over an even number of blocks either of two cells comes first as often as the other.
func TestOrderFavoursNoCell(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, pairs, seed := rapid.IntRange(2, 9).Draw(t, "cells"), rapid.IntRange(1, 6).Draw(t, "pairs of blocks"), rapid.Uint64().Draw(t, "seed")
		var cells []workload.Cell
		for i := range n {
			cells = append(cells, workload.Cell{Name: fmt.Sprint("c", i)})
		}
		trials, err := Trials(cells, 2*pairs, seed)
		if err != nil {
			t.Fatal(err)
		}
		before := map[[2]string]int{}
		for block := range slices.Chunk(trials, n) {
			for i := range block {
				for _, later := range block[i+1:] {
					before[[2]string{block[i].Cell, later.Cell}]++
				}
			}
		}
		for _, a := range cells {
			for _, b := range cells {
				if a.Name != b.Name && before[[2]string{a.Name, b.Name}] != pairs {
					t.Fatalf("%s comes before %s in %d of %d blocks", a.Name, b.Name, before[[2]string{a.Name, b.Name}], 2*pairs)
				}
			}
		}
	})
}

func TestOrderVaries(t *testing.T) {
	c := cells(t, map[string]string{"txn-size": "1,2,3,4,5"})
	order := func(seed uint64) string {
		trials, err := Trials(c, 3, seed)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, trial := range trials {
			names = append(names, trial.Cell)
		}
		return strings.Join(names, " ")
	}
	if first, again := order(1), order(1); first != again || first == order(2) {
		t.Error("the seed decides the order, and nothing else")
	}
}

func TestDiff(t *testing.T) {
	c := cells(t, map[string]string{"mode": "at-least-once,idempotent,transactional", "txn-interval": "1s", "txn-size": "10"})
	for _, test := range []struct {
		a, b int
		want []string
	}{
		{0, 0, nil},
		{0, 1, []string{"mode: at-least-once → idempotent", "idempotent: false → true"}},
		{1, 2, []string{"mode: idempotent → transactional", "txn_size: – → 10", "txn_interval: – → 1s", "txn_topics: – → 1",
			"abort_ratio: – → 0", "isolation: read_uncommitted → read_committed", "flush_every: 0 → –", "transactional: false → true"}},
	} {
		if got := Diff(c[test.a], c[test.b]); !slices.Equal(got, test.want) {
			t.Errorf("%s, %s: %q", c[test.a].Name, c[test.b].Name, got)
		}
	}
	c = cells(t, map[string]string{"mode": "at-most-once,at-least-once"})
	if got, want := Diff(c[0], c[1]), []string{"mode: at-most-once → at-least-once", "acks: 0 → all", "retries: false → true"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// Each step of a ladder changes one thing: what the mode itself decides, or one control.
func TestLadderStepsDifferInOneThing(t *testing.T) {
	byName := map[string]workload.Cell{}
	for _, c := range cells(t, map[string]string{"ladder": "true", "txn-size": "50"}) {
		byName[c.Name] = c
	}
	for _, step := range []struct {
		from, to string
		want     []string
	}{
		{"linger=0s,mode=at-least-once", "mode=at-least-once", []string{"linger: 0s → 5ms"}},
		{"mode=at-least-once", "mode=idempotent", []string{"mode: at-least-once → idempotent", "idempotent: false → true"}},
		{"mode=idempotent", "flush_every=50,mode=idempotent", []string{"flush_every: 0 → 50"}},
		{"flush_every=50,mode=idempotent", "isolation=read_uncommitted,mode=transactional", []string{
			"mode: idempotent → transactional", "txn_size: – → 50", "txn_interval: – → 0s", "txn_topics: – → 1", "abort_ratio: – → 0",
			"flush_every: 50 → –", "transactional: false → true"}},
		{"isolation=read_uncommitted,mode=transactional", "mode=transactional", []string{"isolation: read_uncommitted → read_committed"}},
	} {
		from, ok := byName[step.from]
		to, found := byName[step.to]
		if !ok || !found {
			t.Fatalf("no %s or %s among %v", step.from, step.to, byName)
		}
		if got := Diff(from, to); !slices.Equal(got, step.want) {
			t.Errorf("%s → %s: %q", step.from, step.to, got)
		}
	}
}

func TestOneIsTheTrialOfItsBlock(t *testing.T) {
	c := cells(t, map[string]string{"mode": "all"})
	trials, err := Trials(c, 3, 7)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range trials {
		i := slices.IndexFunc(c, func(c workload.Cell) bool { return c.Name == trial.Cell })
		if one := One(c[i], trial.Block, 7); one.ID != trial.ID || one.Workload.Seed != trial.Workload.Seed || one.Cell != trial.Cell {
			t.Errorf("%+v, want %+v", one, trial)
		}
	}
}

func TestEstimateCountsWarmingUp(t *testing.T) {
	c := cells(t, map[string]string{"mode": "idempotent", "warmup": "2s", "duration": "8s"})
	trials, err := Trials(c, 6, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := NewEstimate(c, 6, 1).After(trials[:2]).String(), "6 trials, about 1m36s (24s of it to warm up), 60 MB written"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestTransactionsPerSecond(t *testing.T) {
	for _, test := range []struct {
		flags map[string]string
		want  float64
	}{
		{map[string]string{"mode": "idempotent"}, 0},
		{map[string]string{"mode": "transactional", "rate": "max"}, 0},
		{map[string]string{"mode": "transactional", "txn-size": "100", "rate": "5000"}, 50},
		{map[string]string{"mode": "transactional", "txn-size": "100", "rate": "5000", "producers": "4"}, 50},
		{map[string]string{"mode": "transactional", "txn-interval": "100ms", "producers": "4"}, 40},
	} {
		if got := TransactionsPerSecond(cells(t, test.flags)[0].Workload); got != test.want {
			t.Errorf("%v: %v, want %v", test.flags, got, test.want)
		}
	}
}

// What a load is told to change is more than what it has, and what closes its transactions.
func TestCure(t *testing.T) {
	size, interval, both := map[string]string{"txn-size": "20"}, map[string]string{"txn-interval": "100ms"}, map[string]string{"txn-size": "1000", "txn-interval": "50ms"}
	for _, c := range []struct {
		flags map[string]string
		took  time.Duration
		want  string
	}{
		{size, 20 * time.Millisecond, "give a --txn-size of at least 56, or at least 3 --producers, or lower --rate"},
		{size, 8 * time.Millisecond, "give a --txn-size of at least 23, or at least 2 --producers, or lower --rate"},
		{size, 6 * time.Millisecond, "that would do if none took longer: give a --txn-size above 20, or more than 1 --producers, or lower --rate"},
		{interval, 20 * time.Millisecond, "that would do if none took longer: give a --txn-interval above 100ms, or more than 1 --producers, or lower --rate"},
		{interval, 100 * time.Millisecond, "give a --txn-interval above 110ms, or lower --rate"},
		{both, 20 * time.Millisecond, "that would do if none took longer: give a --txn-interval above 50ms, or more than 1 --producers, or lower --rate"},
	} {
		flags := map[string]string{"mode": "transactional", "rate": "2500"}
		maps.Copy(flags, c.flags)
		if got := Cure(cells(t, flags)[0].Workload, c.took); got != c.want {
			t.Errorf("%v, commits of %s: %s, want %s", c.flags, c.took, got, c.want)
		}
	}
}

func TestEstimate(t *testing.T) {
	for _, test := range []struct {
		flags   map[string]string
		blocks  int
		replica int
		want    string
		known   bool
	}{
		{map[string]string{"mode": "all", "warmup": "2s", "duration": "8s"}, 1, 1, "4 trials, about 48s, 40 MB written", true},
		{map[string]string{"mode": "all", "warmup": "2s", "duration": "8s"}, 10, 3, "40 trials, about 8m0s, 1.2 GB written", true},
		{map[string]string{"mode": "idempotent", "rate": "100", "warmup": "0", "messages": "2000", "message-size": "uniform(100,200)"}, 1, 1,
			"1 trial, about 22s, 300 kB written", true},
		{map[string]string{"mode": "idempotent", "rate": "1000", "arrival": "ramp"}, 1, 1, "1 trial, about 15s, 7.15 MB written", true},
		{map[string]string{"mode": "idempotent", "rate": "max"}, 2, 1,
			"2 trials, about 30s and what the cluster takes at max in 26s", false},
		{map[string]string{"mode": "idempotent", "rate": "max", "messages": "1k"}, 1, 1,
			"1 trial, about 5s, 1 MB written and what the cluster takes at max in 3s", false},
	} {
		e := NewEstimate(cells(t, test.flags), test.blocks, test.replica)
		if e.String() != test.want || e.Known() != test.known {
			t.Errorf("%v: %s\nwant %s", test.flags, e, test.want)
		}
	}
}

func TestWarnings(t *testing.T) {
	for _, test := range []struct {
		flags  map[string]string
		commit time.Duration // 0: not measured
		want   []string
	}{
		{map[string]string{"mode": "idempotent"}, time.Second, nil},
		{map[string]string{"txn-size": "100"}, 5 * time.Millisecond, nil},
		{map[string]string{"txn-size": "100", "duration": "3s"}, 0, nil},
		{map[string]string{"txn-size": "1000", "rate": "max"}, time.Second, nil},
		{map[string]string{"txn-size": "1000"}, 0, []string{"mode=transactional: about 10 transactions per producer in the window, " +
			"fewer than the 30 that figures of transactions need: make the window at least 30s, or transactions shorter"}},
		{map[string]string{"txn-size": "100", "producers": "4"}, 0, []string{"mode=transactional: about 25 transactions per producer in the window, " +
			"fewer than the 30 that figures of transactions need: make the window at least 12s, or transactions shorter"}},
		{map[string]string{"txn-size": "100", "abort-ratio": "0.75"}, 0, []string{"mode=transactional: about 25 transactions per producer in the window, " +
			"fewer than the 30 that figures of transactions need: make the window at least 12s, or transactions shorter"}},
		{map[string]string{"txn-interval": "500ms"}, 0, []string{"mode=transactional: about 20 transactions per producer in the window, " +
			"fewer than the 30 that figures of transactions need: make the window at least 15s, or transactions shorter"}},
		{map[string]string{"txn-interval": "500ms", "txn-size": "100"}, 0, nil},
		{map[string]string{"txn-interval": "1ms", "rate": "1"}, 5 * time.Millisecond, []string{"mode=transactional: about 10 transactions per producer in the window, " +
			"fewer than the 30 that figures of transactions need: make the window at least 30s, or transactions shorter"}},
		{map[string]string{"txn-size": "100", "messages": "2999"}, 0, []string{"mode=transactional: about 29 transactions per producer in the window, " +
			"fewer than the 30 that figures of transactions need: make the window at least 3s, or transactions shorter"}},
		{map[string]string{"txn-size": "1", "rate": "2000"}, 4 * time.Millisecond, []string{"mode=transactional: needs 2000 commits a second from each producer, " +
			"which commits one transaction at a time and manages 250 at 4ms each: give a --txn-size of at least 9, or at least 9 --producers, or lower --rate"}},
		{map[string]string{"txn-size": "10", "rate": "2000"}, 4 * time.Millisecond, nil},
		{map[string]string{"txn-interval": "5ms"}, 5 * time.Millisecond, []string{"mode=transactional: needs 200 commits a second from each producer, " +
			"which commits one transaction at a time and manages 200 at 5ms each: give a --txn-interval above 5.5ms, or lower --rate"}},
	} {
		if test.flags["mode"] == "" {
			test.flags["mode"] = "transactional"
		}
		var commit *time.Duration
		if test.commit > 0 {
			commit = &test.commit
		}
		if got := Warnings(cells(t, test.flags)[0], commit); !slices.Equal(got, test.want) {
			t.Errorf("%v\n got %q\nwant %q", test.flags, got, test.want)
		}
	}
}
