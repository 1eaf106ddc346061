package campaign

import (
	"context"
	"errors"
	"slices"
	"strings"
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

// runner measures and keeps with what a test cares about.
func runner(measure func(context.Context, plan.Trial) (*result.Trial, error), keep func(*result.Trial) error) Runner {
	return Runner{Measure: measure, Keep: keep, Failed: func(plan.Trial, error) {}, Hopeless: func(error) bool { return false }}
}

func ids(planned []plan.Trial) (all []string) {
	for _, p := range planned {
		all = append(all, p.ID)
	}
	return all
}

func TestRunKeepsEveryTrialInOrder(t *testing.T) {
	planned := trials(t, 2, map[string]string{"mode": "all"})
	var kept []string
	err := runner(
		func(_ context.Context, p plan.Trial) (*result.Trial, error) { return &result.Trial{ID: p.ID}, nil },
		func(r *result.Trial) error { kept = append(kept, r.ID); return nil },
	).Run(t.Context(), Fixed(planned))
	if err != nil {
		t.Fatal(err)
	}
	if want := ids(planned); !slices.Equal(kept, want) {
		t.Errorf("kept %v, want %v", kept, want)
	}
}

// A trial that fails does not keep others from being measured, unless it says that they would fail too, or three in a row do.
func TestRunGoesOnAfterAFailure(t *testing.T) {
	planned := trials(t, 2, map[string]string{"mode": "all"}) // eight
	broken, away := errors.New("broken"), errors.New("the cluster went away")
	for _, tc := range []struct {
		name   string
		fails  map[int]error // by place
		want   int           // measured
		told   int
		failed string // how the error begins
		is     error
	}{
		{"none", nil, 8, 0, "", nil},
		{"one", map[int]error{2: broken}, 8, 1, "trial " + planned[2].ID + " (" + planned[2].Cell + ") failed: broken", broken},
		{"the last", map[int]error{7: broken}, 8, 1, "trial ", broken},
		{"three, not in a row", map[int]error{0: broken, 1: broken, 3: broken}, 8, 3, "3 trials failed, the first: trial " + planned[0].ID, broken},
		{"three in a row", map[int]error{2: broken, 3: broken, 4: broken}, 5, 3, "3 trials failed, the first: trial " + planned[2].ID, broken},
		{"the cluster", map[int]error{2: away}, 3, 1, "trial " + planned[2].ID, away},
	} {
		t.Run(tc.name, func(t *testing.T) {
			measured, kept, told := 0, 0, 0
			r := runner(
				func(context.Context, plan.Trial) (*result.Trial, error) {
					measured++
					if err := tc.fails[measured-1]; err != nil {
						return nil, err
					}
					return &result.Trial{}, nil
				},
				func(*result.Trial) error { kept++; return nil })
			r.Failed = func(plan.Trial, error) { told++ }
			r.Hopeless = func(err error) bool { return errors.Is(err, away) }
			err := r.Run(t.Context(), Fixed(planned))
			if measured != tc.want || kept != tc.want-tc.told || told != tc.told {
				t.Errorf("%d measured, %d kept, %d told; want %d, %d told", measured, kept, told, tc.want, tc.told)
			}
			if (err == nil) != (tc.failed == "") || err != nil && (!strings.HasPrefix(err.Error(), tc.failed) || !errors.Is(err, tc.is)) {
				t.Errorf("%v, want %q", err, tc.failed)
			}
		})
	}
}

func TestRunEndsWhereNothingCanBeStored(t *testing.T) {
	full := errors.New("the disk is full")
	measured := 0
	err := runner(
		func(context.Context, plan.Trial) (*result.Trial, error) { measured++; return &result.Trial{}, nil },
		func(*result.Trial) error { return full },
	).Run(t.Context(), Fixed(trials(t, 1, map[string]string{"mode": "all"})))
	if !errors.Is(err, full) || measured != 1 {
		t.Errorf("%v after %d trials", err, measured)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	measured := 0
	err := runner(
		func(context.Context, plan.Trial) (*result.Trial, error) {
			measured++
			cancel()
			return &result.Trial{}, nil
		},
		func(*result.Trial) error { return nil },
	).Run(ctx, Fixed(trials(t, 1, map[string]string{"mode": "all"})))
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
	if len(fresh)%2 != 1 || fresh[0].Workload.TxnSize != 1 || length(fresh) < time.Minute || length(fresh) >= time.Minute+10*time.Second {
		t.Errorf("a comparison on a fresh broker discards %d trials of %s", len(fresh), length(fresh))
	}
	if got := Conditioning(nil, 1, 1); got != nil {
		t.Errorf("no trials discard %v", got)
	}
}
