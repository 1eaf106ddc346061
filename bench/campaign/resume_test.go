package campaign

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// directory is where a campaign keeps its trials, as a run's directory does.
type directory map[string]result.Trial

func (d directory) trials() []result.Trial {
	return slices.SortedFunc(maps.Values(d), func(a, b result.Trial) int { return a.StartedAt.Compare(b.StartedAt) })
}

// fataler is a test, or a property's draw.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// session runs a campaign until the trial of that place (from 0) is interrupted, before anything of it was measured or in the middle; below 0: to its
// end. It returns the ids it measured.
func (d directory) session(t fataler, source Source, interruptAt int, partial bool, measure func(plan.Trial) *result.Trial) (measured []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	err := runner(
		func(ctx context.Context, p plan.Trial) (*result.Trial, error) {
			place := len(measured)
			measured = append(measured, p.ID)
			r := measure(p)
			if place != interruptAt {
				return r, nil
			}
			cancel()
			if partial {
				r.Complete = false
				return r, nil
			}
			return nil, ctx.Err()
		},
		func(r *result.Trial) error { d[r.ID] = *r; return nil },
	).Run(ctx, source)
	interrupted := interruptAt >= 0 && len(measured) > interruptAt
	if expected := interrupted && errors.Is(err, context.Canceled); err == nil && interrupted && !partial || err != nil && !expected {
		t.Fatalf("ended with %v", err)
	}
	return measured
}

// fake is a measurement that tells its trial apart from others, and when it was made.
func fake(at *int) func(plan.Trial) *result.Trial {
	return func(p plan.Trial) *result.Trial {
		*at++
		return asStored(p, *at)
	}
}

// asStored is the trial that a measurement as planned stores, in the types that JSON has.
func asStored(p plan.Trial, at int) *result.Trial {
	w := p.Workload
	t := &result.Trial{
		ID: p.ID, Cell: p.Cell, Block: p.Block, Scenario: w.Scenario, Mode: w.Mode.Name, Axes: map[string]any{"client": "librdkafka"},
		StartedAt: time.Unix(int64(at), 0), WindowS: plan.Window(w).Seconds(), Window: result.WindowRecords{Handed: w.Messages}, Complete: true,
	}
	if w.Mode.Transactional && w.TxnSize > 0 {
		t.TxnSize = &w.TxnSize
	}
	for key, v := range p.Axes {
		if n, is := v.(int); is {
			v = float64(n)
		}
		t.Axes[key] = v
	}
	return t
}

// Interrupted at any trial and resumed, once or again and again, a campaign measures the same trials in the same order.
func TestResumedCampaignsMeasureTheSameTrials(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := workload.Resolve(nil, nil, map[string]string{
			"txn-size": strings.Join([]string{"1", "10", "100"}[:rapid.IntRange(1, 3).Draw(t, "sizes")], ","),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		planned, err := plan.Trials(p.Cells(), rapid.IntRange(1, 4).Draw(t, "blocks"), rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		d, at := directory{}, 0
		for range rapid.IntRange(0, 4).Draw(t, "interrupts") {
			left, err := Left(planned, d.trials())
			if err != nil {
				t.Fatal(err)
			}
			d.session(t, Fixed(left), rapid.IntRange(0, len(planned)).Draw(t, "place"), rapid.Bool().Draw(t, "partial"), fake(&at))
		}
		left, err := Left(planned, d.trials())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSortedFunc(left, func(a, b plan.Trial) int { return index(planned, a.ID) - index(planned, b.ID) }) {
			t.Fatalf("%v is not in the planned order", ids(left))
		}
		d.session(t, Fixed(left), -1, false, fake(&at))
		var got []string
		for _, r := range d.trials() {
			if !r.Complete {
				t.Fatalf("%s stayed cut short", r.ID)
			}
			got = append(got, r.ID)
		}
		if want := ids(planned); !slices.Equal(got, want) {
			t.Fatalf("\n got %v\nwant %v", got, want)
		}
	})
}

func index(planned []plan.Trial, id string) int {
	return slices.IndexFunc(planned, func(p plan.Trial) bool { return p.ID == id })
}

// At every place, with and without a result of the trial that was cut short.
func TestResumeAtEveryTrial(t *testing.T) {
	planned := trials(t, 3, map[string]string{"mode": "all"})
	for place := range planned {
		for _, partial := range []bool{false, true} {
			d, at := directory{}, 0
			first := d.session(t, Fixed(planned), place, partial, fake(&at))
			left, err := Left(planned, d.trials())
			if err != nil {
				t.Fatal(err)
			}
			second := d.session(t, Fixed(left), -1, false, fake(&at))
			if got := slices.Concat(first[:place], second); !slices.Equal(got, ids(planned)) {
				t.Errorf("interrupted at %d: measured %v", place, got)
			}
			if len(d) != len(planned) {
				t.Errorf("interrupted at %d: %d of %d trials", place, len(d), len(planned))
			}
		}
	}
}

func TestLeftRefusesForeignTrials(t *testing.T) {
	planned := trials(t, 2, map[string]string{"mode": "all"})
	for _, foreign := range []result.Trial{
		{ID: "b03-000000000000", Cell: planned[0].Cell, Complete: true},
		{ID: planned[0].ID, Cell: "mode=other", Complete: true},
	} {
		if _, err := Left(planned, []result.Trial{foreign}); err == nil || !strings.Contains(err.Error(), foreign.ID) {
			t.Errorf("%s: %v", foreign.Cell, err)
		}
	}
}

// A profile edited between two sessions would mix trials that cannot be compared.
func TestLeftRefusesTrialsMeasuredInAnotherWay(t *testing.T) {
	timed := map[string]string{"mode": "transactional", "txn-size": "20", "rate": "1000", "duration": "1s"}
	unbound := map[string]string{"mode": "transactional", "txn-size": "20", "rate": "max", "messages": "500"}
	counted := map[string]string{"mode": "transactional", "txn-size": "20", "rate": "1000", "messages": "500"}
	for name, tc := range map[string]struct {
		flags  map[string]string
		change func(*result.Trial)
		says   string // empty: it is taken
	}{
		"as planned":              {timed, func(*result.Trial) {}, ""},
		"a hair longer":           {timed, func(t *result.Trial) { t.WindowS = 1.009 }, ""},
		"longer":                  {timed, func(t *result.Trial) { t.WindowS = 3 }, "its window is 3s, planned 1s"},
		"cut short":               {timed, func(t *result.Trial) { t.WindowS, t.Complete = 0.5, false }, ""},
		"another block":           {timed, func(t *result.Trial) { t.Block = 2 }, "its block is 2, planned 1"},
		"another scenario":        {timed, func(t *result.Trial) { t.Scenario = "copy" }, "its scenario is copy, planned produce"},
		"another mode":            {timed, func(t *result.Trial) { t.Mode = "idempotent" }, "its mode is idempotent, planned transactional"},
		"no transaction size":     {timed, func(t *result.Trial) { t.TxnSize = nil }, "its txn_size is none, planned 20"},
		"another rate":            {timed, func(t *result.Trial) { t.Axes["rate"] = 2000.0 }, "its rate is 2000, planned 1000"},
		"as many as planned":      {counted, func(t *result.Trial) { t.WindowS = 7 }, ""},
		"fewer than planned":      {counted, func(t *result.Trial) { t.Window.Handed = 200 }, "its number of messages is 200, planned 500"},
		"a few of them late":      {counted, func(t *result.Trial) { t.Window.Handed = 495 }, ""},
		"too many late":           {counted, func(t *result.Trial) { t.Window.Handed = 494 }, "its number of messages is 494, planned 500"},
		"fewer, at max":           {unbound, func(t *result.Trial) { t.Window.Handed = 499 }, "its number of messages is 499, planned 500"},
		"given up, far behind":    {counted, func(t *result.Trial) { t.Window.Handed, t.Sustained = 200, new(false) }, ""},
		"more, though far behind": {counted, func(t *result.Trial) { t.Window.Handed, t.Sustained = 600, new(false) }, "its number of messages is 600, planned 500"},
	} {
		t.Run(name, func(t *testing.T) {
			planned := trials(t, 1, tc.flags)
			stored := asStored(planned[0], 1)
			tc.change(stored)
			left, err := Left(planned, []result.Trial{*stored})
			switch {
			case tc.says == "" && (err != nil || len(left) == 1 == stored.Complete):
				t.Errorf("%d left, %v", len(left), err)
			case tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), stored.ID)):
				t.Errorf("got %v, want %s and %q", err, stored.ID, tc.says)
			}
		})
	}
}
