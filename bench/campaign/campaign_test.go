package campaign

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func trials(t *testing.T, blocks int, flags map[string]string) []plan.Trial {
	t.Helper()
	p, err := workload.Resolve(nil, nil, flags, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := plan.Trials(p.Cells(), blocks, 1)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRunKeepsEveryTrialInOrder(t *testing.T) {
	planned := trials(t, 2, map[string]string{"mode": "all"})
	var kept []string
	err := Run(t.Context(), Fixed(planned),
		func(_ context.Context, p plan.Trial) (*result.Trial, error) { return &result.Trial{ID: p.ID}, nil },
		func(r *result.Trial) error { kept = append(kept, r.ID); return nil })
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, p := range planned {
		want = append(want, p.ID)
	}
	if !slices.Equal(kept, want) {
		t.Errorf("kept %v, want %v", kept, want)
	}
}

func TestRunStopsAndKeepsWhatThereIs(t *testing.T) {
	planned := trials(t, 1, map[string]string{"mode": "all"})
	failure := errors.New("the cluster went away")
	for _, tc := range []struct {
		name  string
		at    int
		trial *result.Trial // of the last measurement
		err   error
		keep  error
		want  int
	}{
		{"an error without a trial", 2, nil, failure, nil, 2},
		{"an error with a partial trial", 2, &result.Trial{ID: "partial"}, failure, nil, 3},
		{"a result that cannot be stored", 1, &result.Trial{ID: "unstored"}, nil, failure, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			measured, kept := 0, 0
			err := Run(t.Context(), Fixed(planned),
				func(context.Context, plan.Trial) (*result.Trial, error) {
					measured++
					if measured > tc.at {
						return tc.trial, tc.err
					}
					return &result.Trial{}, nil
				},
				func(r *result.Trial) error {
					kept++
					if r == tc.trial {
						return tc.keep
					}
					return nil
				})
			if !errors.Is(err, failure) || kept != tc.want {
				t.Errorf("%v after %d kept, want %d", err, kept, tc.want)
			}
		})
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	measured := 0
	err := Run(ctx, Fixed(trials(t, 1, map[string]string{"mode": "all"})),
		func(context.Context, plan.Trial) (*result.Trial, error) {
			measured++
			cancel()
			return &result.Trial{}, nil
		},
		func(*result.Trial) error { return nil })
	if !errors.Is(err, context.Canceled) || measured != 1 {
		t.Errorf("%v after %d trials", err, measured)
	}
}

func TestConditioning(t *testing.T) {
	length := func(all []plan.Trial) (d time.Duration) {
		for _, t := range all {
			d += t.Workload.Warmup + plan.Window(t.Workload)
		}
		return d
	}
	flags := map[string]string{"mode": "at-least-once,transactional", "warmup": "1s", "duration": "4s"}
	if got := Conditioning(trials(t, 1, flags), 1, 0); got != nil {
		t.Errorf("a quick look on a warm broker discards %d trials", len(got))
	}
	quick := Conditioning(trials(t, 1, flags), 1, 1)
	if len(quick) != 1 || !quick[0].Workload.Mode.Transactional || quick[0].Workload.TxnSize != 1 || length(quick) > 15*time.Second {
		t.Errorf("a quick look on a fresh broker discards %+v", quick)
	}
	if got := Conditioning(trials(t, 6, flags), 6, 0); len(got) != 2 {
		t.Errorf("a comparison on a warm broker discards %d trials, want a block of 2", len(got))
	}
	fresh := Conditioning(trials(t, 6, flags), 6, 1)
	if len(fresh)%2 != 0 || length(fresh) < time.Minute || length(fresh) >= time.Minute+10*time.Second {
		t.Errorf("a comparison on a fresh broker discards %d trials of %s", len(fresh), length(fresh))
	}
	if got := Conditioning(nil, 1, 1); got != nil {
		t.Errorf("no trials discard %v", got)
	}
}
