package selfcheck

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// tried is a trial with so many µs of the generator's own delay and of e2e at the median.
func tried(schedule, e2e float64, sustained bool) *result.Trial {
	return &result.Trial{
		WindowS: 2, Sustained: &sustained, Guarantee: result.Guarantee{Verdict: result.Held},
		LatencyUS: map[string]result.Latency{"schedule": {P50: &schedule}, "e2e": {P50: &e2e}},
		Resources: result.Resources{CPUS: new(1.0)},
	}
}

func ladder(t *testing.T, rates string) []plan.Trial {
	p, err := Ladder(rates, time.Second, nil)
	if err != nil {
		t.Fatal(err)
	}
	trials, err := plan.Trials(p.Cells(), 1, p.Seed)
	if err != nil {
		t.Fatal(err)
	}
	return trials
}

func TestTheGeneratorIsTriedUntilTwoRatesInARowFail(t *testing.T) {
	holds, shows, behind := tried(10, 5000, true), tried(50, 5000, true), tried(10, 5000, false)
	broken := tried(10, 5000, true)
	broken.Guarantee.Verdict = result.Broken
	blank := tried(10, 5000, true)
	blank.LatencyUS["e2e"] = result.Latency{}
	for name, c := range map[string]struct {
		trials  []*result.Trial
		want    []bool
		highest float64
	}{
		"all hold":                      {[]*result.Trial{holds, holds, holds, holds}, []bool{true, true, true, true}, 4000},
		"1% is too much":                {[]*result.Trial{holds, shows, shows}, []bool{true, false, false}, 1000},
		"one failure may be an outlier": {[]*result.Trial{holds, behind, holds, behind}, []bool{true, false, true, false}, 3000},
		"none":                          {[]*result.Trial{behind, shows}, []bool{false, false}, 0},
		"a broken promise is no rate":   {[]*result.Trial{holds, broken, blank}, []bool{true, false, false}, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			ladder := ladder(t, "4k,1k,3k,2k")
			n := 0
			rungs, err := Generator(t.Context(), ladder, func(_ context.Context, tr plan.Trial) (*result.Trial, error) {
				if want := float64(n+1) * 1000; tr.Workload.Rate.PerSecond != want {
					t.Errorf("trial %d is of %s/s, want %g", n, tr.Workload.Rate, want)
				}
				n++
				return c.trials[n-1], nil
			})
			if err != nil {
				t.Fatal(err)
			}
			var got []bool
			for _, r := range rungs {
				got = append(got, r.Holds)
				if *r.Cores != 0.5 {
					t.Errorf("%g cores, want 0.5", *r.Cores)
				}
			}
			highest := 0.0
			if h := Highest(rungs, p50); h != nil {
				highest = *h
			}
			if !slices.Equal(got, c.want) || highest != c.highest {
				t.Errorf("holds %v, highest %g; want %v, %g", got, highest, c.want, c.highest)
			}
			if byMean := Highest(rungs, func(result.Latency) *float64 { return new(1.0) }); byMean != nil {
				t.Errorf("a share of one is not below the limit, at %g", *byMean)
			}
		})
	}
}

func TestTheGeneratorKeepsWhatItHas(t *testing.T) {
	gone := errors.New("gone")
	rungs, err := Generator(t.Context(), ladder(t, "1k,2k"), func(_ context.Context, tr plan.Trial) (*result.Trial, error) {
		if tr.Workload.Rate.PerSecond > 1000 {
			return nil, gone
		}
		return tried(1, 1000, true), nil
	})
	if len(rungs) != 1 || !errors.Is(err, gone) || !strings.Contains(err.Error(), "2000/s") {
		t.Errorf("%d rungs, %v", len(rungs), err)
	}
	if _, err := Ladder("1k,max", time.Second, nil); err == nil || !strings.Contains(err.Error(), "--rate") {
		t.Errorf("max: %v", err)
	}
}

func TestShare(t *testing.T) {
	r := rung(plan.Trial{}, tried(10, 5000, true))
	if s := r.Share(p50); s == nil || *s != 0.002 {
		t.Errorf("share of p50 %v", s)
	}
	if s := r.Share(func(l result.Latency) *float64 { return l.P99 }); s != nil {
		t.Errorf("share of p99 without one: %v", *s)
	}
}
