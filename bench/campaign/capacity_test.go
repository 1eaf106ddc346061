package campaign

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/metric"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

const slow = 100_000 // µs that p99(e2e) must stay below

// system is a cluster that keeps every mode's rate up to a limit, and meets the objective from a floor on.
type system struct {
	limit, floor float64
	noise        func() bool // whether a probe comes out wrong; nil: none does
}

func (s system) measure(p plan.Trial, at int) *result.Trial {
	rate := p.Workload.Rate.PerSecond
	keepsUp, p99 := rate <= s.limit, float64(slow/2)
	if rate < s.floor {
		p99 = 2 * slow
	}
	if s.noise != nil && s.noise() {
		keepsUp = !keepsUp
	}
	t := asStored(p, at)
	t.Sustained = &keepsUp
	t.LatencyUS = map[string]result.Latency{"e2e": {Count: 1000, P99: &p99}}
	t.Guarantee.Verdict = result.Held
	return t
}

func objectives(t testing.TB, texts ...string) (all []metric.Objective) {
	t.Helper()
	for _, text := range texts {
		o, err := metric.ParseObjective(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
	return all
}

func profile(t fataler, flags map[string]string) *workload.Profile {
	t.Helper()
	p, err := workload.Resolve(nil, nil, flags, nil)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return p
}

func search(t fataler, p *workload.Profile, terms compare.Terms) *Search {
	t.Helper()
	s, err := NewSearch(p, terms, func(workload.Workload) error { return nil })
	if err != nil {
		t.Fatalf("%v", err)
	}
	return s
}

// finish probes until the search has no more to ask.
func finish(s *Search, of system) (probes []*result.Trial) {
	var last *result.Trial
	for {
		next, more := s.Next(last)
		if !more {
			return probes
		}
		last = of.measure(next, len(probes)+1)
		probes = append(probes, last)
	}
}

var ordinary = compare.Terms{Min: 100, Max: 1e6, Precision: 0.1, Confirm: 2, MaxProbes: 40}

// Without noise the rate found is the true one, to the precision asked for.
func TestSearchFindsTheTruth(t *testing.T) {
	objectives := objectives(t, "p99(e2e) < 100ms")
	rapid.Check(t, func(t *rapid.T) {
		terms := ordinary
		terms.Objectives = objectives
		terms.Precision = rapid.SampledFrom([]float64{0.02, 0.1, 0.5}).Draw(t, "precision")
		terms.Confirm = rapid.IntRange(1, 3).Draw(t, "confirm")
		limit := math.Pow(10, rapid.Float64Range(1.5, 6.5).Draw(t, "limit"))
		s := search(t, profile(t, map[string]string{"mode": "transactional"}), terms)
		probes := finish(s, system{limit: limit})
		found := s.Capacities()[0]
		held, failed := found.Held(), found.Failed()
		switch {
		case limit < terms.Min:
			if found.Finding() != compare.None || held != nil || failed.PerS != terms.Min {
				t.Fatalf("below the lowest rate: %v, held %v", found.Finding(), held)
			}
		case limit >= terms.Max:
			if found.Finding() != compare.Above || held.PerS != terms.Max || failed != nil {
				t.Fatalf("above the highest rate: %v, held %v", found.Finding(), held)
			}
		default:
			if found.Finding() != compare.Bracketed || held.PerS > limit || failed.PerS <= limit || failed.PerS/held.PerS > 1+terms.Precision {
				t.Fatalf("%v: %v to %v, the truth is %v", found.Finding(), held, failed, limit)
			}
			if held.Held < terms.Confirm || failed.Missed < 2 {
				t.Fatalf("%d probes held, %d failed", held.Held, failed.Missed)
			}
		}
		if len(probes) > 30 {
			t.Fatalf("%d probes", len(probes))
		}
	})
}

// Transactions of many records miss the objective at low rates, where they fill slowly: the search climbs on, and finds what holds between.
func TestSearchClimbsOverAFloor(t *testing.T) {
	objectives := objectives(t, "p99(e2e) < 100ms")
	rapid.Check(t, func(t *rapid.T) {
		terms := ordinary
		terms.Objectives = objectives
		floor := math.Pow(10, rapid.Float64Range(2.1, 4.9).Draw(t, "floor"))
		limit := floor * rapid.Float64Range(1.25, 10).Draw(t, "width")
		s := search(t, profile(t, map[string]string{"mode": "transactional"}), terms)
		finish(s, system{limit: limit, floor: floor})
		found := s.Capacities()[0]
		if held := found.Held(); found.Finding() != compare.Bracketed || held.PerS > limit || held.PerS*1.11 < limit {
			t.Fatalf("%v: %v, the truth is %v to %v", found.Finding(), held, floor, limit)
		}
		if under := found.Floor(); under == nil || under.PerS >= floor || !under.KeptUp {
			t.Fatalf("floor %v, the truth is %v", under, floor)
		}
	})
}

func TestNothingHoldsWhereTheObjectiveIsNeverMet(t *testing.T) {
	terms := ordinary
	terms.Objectives = objectives(t, "p99(e2e) < 100ms")
	s := search(t, profile(t, map[string]string{"mode": "idempotent"}), terms)
	finish(s, system{limit: 5000, floor: 1e9})
	found := s.Capacities()[0]
	if found.Finding() != compare.None || found.Held() != nil || !s.Done() {
		t.Errorf("%v, held %v", found.Finding(), found.Held())
	}
	if why := found.Failed().Why; why != "p99(e2e) = 200ms" {
		t.Errorf("because %q", why)
	}
}

// Whatever the noise: the searches end, take turns, repeat as they should, and claim nothing that probes did not show.
func TestSearchUnderNoise(t *testing.T) {
	p := profile(t, map[string]string{"mode": "at-least-once,transactional", "txn-size": "10,100"})
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		share := rapid.Float64Range(0, 0.5).Draw(t, "share of wrong probes")
		terms := ordinary
		terms.Confirm = rapid.IntRange(1, 4).Draw(t, "confirm")
		terms.MaxProbes = rapid.IntRange(1, 40).Draw(t, "most")
		s := search(t, p, terms)
		of := system{limit: math.Pow(10, rapid.Float64Range(1.5, 6.5).Draw(t, "limit")), noise: func() bool { return random.Float64() < share }}
		seen, repeated, perCell := map[string]bool{}, map[string]int{}, map[string]int{}
		for _, r := range finish(s, of) {
			repeated[r.Cell]++
			if seen[r.ID] || r.Block != repeated[r.Cell] {
				t.Fatalf("%s is probe %d of %s, in block %d", r.ID, repeated[r.Cell], r.Cell, r.Block)
			}
			seen[r.ID] = true
			perCell[compare.WithoutRate(r.Cell)]++
		}
		for _, c := range s.Capacities() {
			for _, p := range c.Rates {
				if n := len(p.Trials); n > max(terms.Confirm, 2)+1 || p.Holds() && p.Held <= p.Missed {
					t.Fatalf("%d probes of %v, %d held and %d missed: holds %v", n, p.PerS, p.Held, p.Missed, p.Holds())
				}
			}
			held, failed := c.Held(), c.Failed()
			switch {
			case c.Probes() > terms.MaxProbes || c.Probes() != perCell[c.Name]:
				t.Fatalf("%d probes, %d made", c.Probes(), perCell[c.Name])
			case c.Finding() == compare.Unfinished && c.Probes() < terms.MaxProbes:
				t.Fatalf("it ended before it was done")
			case held != nil && held.Held < terms.Confirm, failed != nil && failed.Missed < 2:
				t.Fatalf("held %+v, failed %+v", held, failed)
			case held != nil && failed != nil && held.PerS >= failed.PerS:
				t.Fatalf("%v held, %v failed", held.PerS, failed.PerS)
			case c.Finding() == compare.Bracketed && failed.PerS/held.PerS > 1.1:
				t.Fatalf("%v to %v", held.PerS, failed.PerS)
			}
		}
	})
}

// One probe in ten wrong moves the result by little.
func TestOneWrongProbeDoesNotDecide(t *testing.T) {
	const limit, runs = 7000.0, 400
	random := rand.New(rand.NewPCG(1, 2))
	near := 0
	for range runs {
		s := search(t, profile(t, map[string]string{"mode": "idempotent"}), ordinary)
		finish(s, system{limit: limit, noise: func() bool { return random.Float64() < 0.1 }})
		c := s.Capacities()[0]
		if held := c.Held(); held != nil && held.PerS > limit/1.25 && held.PerS < limit*1.25 {
			near++
		}
	}
	if near < runs*8/10 {
		t.Errorf("within a quarter of the truth in %d of %d searches", near, runs)
	}
}

// A higher limit is never found to be lower.
func TestSearchIsMonotone(t *testing.T) {
	last := 0.0
	for limit := 50.0; limit < 2e6; limit *= 1.07 {
		s := search(t, profile(t, map[string]string{"mode": "idempotent"}), ordinary)
		finish(s, system{limit: limit})
		held := 0.0
		if p := s.Capacities()[0].Held(); p != nil {
			held = p.PerS
		}
		if held < last {
			t.Fatalf("%v at a limit of %v, after %v", held, limit, last)
		}
		last = held
	}
}

func TestSearchesTakeTurns(t *testing.T) {
	p := profile(t, map[string]string{"mode": "all", "txn-size": "10,100"})
	s := search(t, p, ordinary)
	count := map[string]int{}
	for i, r := range finish(s, system{limit: 7000}) {
		count[compare.WithoutRate(r.Cell)]++
		least, most := math.MaxInt, 0
		for _, c := range p.Cells() {
			n := count[compare.WithoutRate(p.At(c, workload.Rate{PerSecond: 1}).Name)]
			least, most = min(least, n), max(most, n)
		}
		if most-least > 1 {
			t.Fatalf("after %d probes: %v", i+1, count)
		}
	}
}

// A probe that failed without a result is asked for again, and counts towards the bound.
func TestLostProbes(t *testing.T) {
	terms := ordinary
	terms.MaxProbes = 5
	s := search(t, profile(t, map[string]string{"mode": "idempotent"}), terms)
	first, _ := s.Next(nil)
	asked := 1
	for {
		next, more := s.Next(nil)
		if !more {
			break
		}
		if asked++; next.ID != first.ID {
			t.Fatalf("%s after %s, of which there is no result", next.ID, first.ID)
		}
	}
	if asked != terms.MaxProbes || !s.Done() {
		t.Errorf("%d asked, done %v", asked, s.Done())
	}
}

// moody measures a cluster some of whose probes come out wrong, whichever session makes them.
func moody(of system, at *int) func(plan.Trial) *result.Trial {
	return func(p plan.Trial) *result.Trial {
		*at++
		r := of.measure(p, *at)
		if place := int(p.ID[len(p.ID)-1]) + p.Block; place%3 == 0 { // of a rate's probes some, and the same in every session
			r.Sustained = new(!*r.Sustained)
		}
		return r
	}
}

// Interrupted at any probe and resumed from what was stored, a search makes the same probes, those that decide between others too.
func TestResumedSearchMakesTheSameProbes(t *testing.T) {
	p := profile(t, map[string]string{"mode": "at-least-once,transactional", "txn-size": "10"})
	of := system{limit: 7000, floor: 400}
	for _, confirm := range []int{1, 2} {
		terms := ordinary
		terms.Confirm = confirm
		terms.Objectives = objectives(t, "p99(e2e) < 100ms")
		whole := search(t, p, terms)
		want := directory{}.session(t, whole, -1, false, moody(of, new(int)))
		contradictions := 0
		for _, c := range whole.Capacities() {
			for _, r := range c.Rates {
				if r.Held > 0 && r.Missed > 0 {
					contradictions++
				}
			}
		}
		if contradictions == 0 || !whole.Done() {
			t.Fatalf("%d rates whose probes contradict each other, done %v: the test tests nothing", contradictions, whole.Done())
		}
		for place := range want {
			for _, partial := range []bool{false, true} {
				d := directory{}
				measure := moody(of, new(int))
				first := d.session(t, search(t, p, terms), place, partial, measure)
				again := search(t, p, terms)
				if err := again.Replay(&result.Run{Trials: d.trials()}); err != nil {
					t.Fatal(err)
				}
				second := d.session(t, again, -1, false, measure)
				if got := slices.Concat(first[:place], second); !slices.Equal(got, want) {
					t.Fatalf("interrupted at %d (partial %v):\n got %v\nwant %v", place, partial, got, want)
				}
				if !again.Done() || len(d) != len(want) {
					t.Errorf("done %v, %d stored, want %d", again.Done(), len(d), len(want))
				}
				for r := range maps.Values(d) {
					if !r.Complete {
						t.Errorf("%s stayed cut short", r.ID)
					}
				}
			}
		}
	}
}

// One that was stored and deleted is made up for, and replaces none that still is.
func TestSearchMakesUpForADeletedProbe(t *testing.T) {
	p := profile(t, map[string]string{"mode": "idempotent"})
	of := system{limit: 7000}
	probes := finish(search(t, p, ordinary), of)
	for i, gone := range probes {
		kept := directory{}
		for _, r := range slices.Delete(slices.Clone(probes), i, i+1) {
			kept[r.ID] = *r
		}
		s := search(t, p, ordinary)
		if err := s.Replay(&result.Run{Trials: kept.trials()}); err != nil {
			t.Fatal(err)
		}
		for _, r := range finish(s, of) {
			if other, there := kept[r.ID]; there {
				t.Fatalf("without %s: %s replaces the one of %s", gone.ID, r.ID, other.StartedAt)
			}
			kept[r.ID] = *r
		}
		if c := s.Capacities()[0]; c.Finding() != compare.Bracketed || c.Held().PerS != 6980 {
			t.Errorf("without %s: %v, held %+v", gone.ID, c.Finding(), c.Held())
		}
	}
}

func TestReplayRefusesForeignTrials(t *testing.T) {
	s := search(t, profile(t, map[string]string{"mode": "idempotent"}), ordinary)
	err := s.Replay(&result.Run{Complete: true, Trials: []result.Trial{{ID: "b01-x", Cell: "mode=transactional,rate=100"}}})
	if err == nil || !strings.Contains(err.Error(), "b01-x") {
		t.Errorf("%v", err)
	}
}

func TestReplayRefusesProbesMeasuredInAnotherWay(t *testing.T) {
	p := profile(t, map[string]string{"mode": "idempotent"})
	probes := finish(search(t, p, ordinary), system{limit: 7000})
	for name, tc := range map[string]struct {
		change func(*result.Trial)
		says   string
	}{
		"another window": {func(t *result.Trial) { t.WindowS *= 3 }, "its window is 30s, planned 10s"},
		"another axis":   {func(t *result.Trial) { t.Axes["partitions"] = 12.0 }, "its partitions is 12, planned 6"},
		"no rate":        {func(t *result.Trial) { t.Axes["rate"] = "max" }, "the rate max"},
	} {
		changed := *probes[0]
		changed.Axes = maps.Clone(changed.Axes)
		tc.change(&changed)
		err := search(t, p, ordinary).Replay(&result.Run{Trials: []result.Trial{changed}})
		if err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), changed.ID) {
			t.Errorf("%s: got %v, want %s and %q", name, err, changed.ID, tc.says)
		}
	}
}

// A probe that ended early by itself counts as failed, and a search may be done with it. One that an interrupt cut short does not.
func TestProbesThatEndedEarly(t *testing.T) {
	for _, interrupted := range []bool{false, true} {
		s := search(t, profile(t, map[string]string{"mode": "idempotent"}), ordinary)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		err := runner(func(_ context.Context, p plan.Trial) (*result.Trial, error) {
			r := system{limit: 1e9}.measure(p, 1)
			r.Complete = false
			if n++; n == 2 && interrupted {
				cancel()
			}
			return r, nil
		}, func(*result.Trial) error { return nil }).Run(ctx, s)
		if n != 2 || s.Done() == interrupted || errors.Is(err, context.Canceled) != interrupted {
			t.Errorf("interrupted %v: %d probes, done %v, %v", interrupted, n, s.Done(), err)
		}
	}
}

// Where a transaction would stay open too long at the lowest rates, the search begins above them.
func TestSearchBeginsWhereItCan(t *testing.T) {
	tooSlow := errors.New("a transaction stays open for too long")
	usable := func(w workload.Workload) error {
		if w.Mode.Transactional && w.Rate.PerSecond < 2000 {
			return tooSlow
		}
		return nil
	}
	p := profile(t, map[string]string{"mode": "idempotent,transactional"})
	s, err := NewSearch(p, ordinary, usable)
	if err != nil {
		t.Fatal(err)
	}
	finish(s, system{limit: 7000})
	for i, want := range []float64{100, 3160} {
		if got := s.Capacities()[i].Rates[0].PerS; got != want {
			t.Errorf("%s begins at %v, want %v", s.Capacities()[i].Name, got, want)
		}
	}
	terms := ordinary
	terms.Max = 1500
	if _, err := NewSearch(p, terms, usable); !errors.Is(err, tooSlow) {
		t.Errorf("%v", err)
	}
}

func TestWindowHoldsTheObjectivesSamples(t *testing.T) {
	for _, test := range []struct {
		flags map[string]string
		slo   string
		want  time.Duration
	}{
		{map[string]string{"mode": "idempotent", "rate": "1000"}, "p99(e2e) < 1s", 10 * time.Second},
		{map[string]string{"mode": "idempotent", "rate": "100"}, "p99(e2e) < 1s", 11 * time.Second},
		{map[string]string{"mode": "idempotent", "rate": "100"}, "p99.9(e2e) < 1s", 110 * time.Second},
		{map[string]string{"mode": "idempotent", "rate": "100"}, "mean(e2e) < 1s", 10 * time.Second},
		{map[string]string{"mode": "idempotent", "rate": "100"}, "p99(commit) < 1s", 10 * time.Second},
		{map[string]string{"mode": "idempotent", "rate": "100"}, "read_per_s > 1", 10 * time.Second},
		{map[string]string{"mode": "idempotent", "rate": "100"}, "p99(hold) < 5", 138 * time.Second},
		{map[string]string{"mode": "transactional", "rate": "1000", "txn-size": "100"}, "p99(commit) < 1s", 110 * time.Second},
		{map[string]string{"mode": "transactional", "rate": "1000", "txn-size": "100"}, "p50(commit) < 1s", 10 * time.Second},
	} {
		w := profile(t, test.flags).Cells()[0].Workload
		if got, err := window(w, objectives(t, test.slo)); err != nil || got != test.want {
			t.Errorf("%v, %s: %s, %v; want %s", test.flags, test.slo, got, err, test.want)
		}
	}
	w := profile(t, map[string]string{"mode": "transactional", "rate": "100", "txn-size": "100"}).Cells()[0].Workload
	_, err := window(w, objectives(t, "p99(commit) < 1s"))
	want := "--slo: p99(commit) needs 1000 samples, which at 100 records/s take 18m20s: give a --min-rate of at least 367, or a lower percentile"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// What a search is said to take is what it takes, without noise.
func TestEstimateHolds(t *testing.T) {
	p := profile(t, map[string]string{"mode": "idempotent", "warmup": "3s", "duration": "10s"})
	least, most := search(t, p, ordinary).Estimate()
	for limit := 60.0; limit < 1.9e6; limit *= 1.3 {
		probes := finish(search(t, p, ordinary), system{limit: limit})
		took := time.Duration(len(probes)) * 15 * time.Second
		if len(probes) < least.Probes || len(probes) > most.Probes || took < least.Time || took > most.Time {
			t.Errorf("at a limit of %.0f: %d probes in %s, estimated %v to %v", limit, len(probes), took, least, most)
		}
	}
	if least.Probes != 2 {
		t.Errorf("a rate that fails takes two probes, estimated %d", least.Probes)
	}
}

func TestSearchWarmsUpAtFullSpeed(t *testing.T) {
	s := search(t, profile(t, map[string]string{"mode": "idempotent,transactional"}), ordinary)
	for fresh, want := range map[int]int{0: 2, 1: 6} { // 13 s each
		discarded := s.Conditioning(fresh)
		if len(discarded) != want {
			t.Errorf("%d fresh brokers: %d trials, want %d", fresh, len(discarded), want)
		}
		for _, d := range discarded {
			if !d.Workload.Rate.Max {
				t.Errorf("%s is not at full speed", d.Cell)
			}
		}
	}
}

func ExampleSearch() {
	p, err := workload.Resolve(nil, nil, map[string]string{"mode": "idempotent"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := NewSearch(p, ordinary, func(workload.Workload) error { return nil })
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range finish(s, system{limit: 7000}) {
		fmt.Println(r.Axes["rate"], *r.Sustained)
	}
	// Output:
	// 100 true
	// 316 true
	// 1000 true
	// 3160 true
	// 10000 false
	// 10000 false
	// 5620 true
	// 7500 false
	// 7500 false
	// 6490 true
	// 6980 true
	// 6980 true
}
