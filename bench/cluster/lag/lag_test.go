package lag

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scripted is a source whose answers are given.
type scripted struct {
	high1, stable, high2, committed []int64
	takes                           time.Duration
	err                             error
	asked, asking                   atomic.Int64
}

func (s *scripted) Partitions() int { return len(s.stable) }

func (s *scripted) Marks(ctx context.Context, high1, stable, high2 []int64) error {
	if s.asking.Add(1) > 1 {
		panic("asked by two at once")
	}
	defer s.asking.Add(-1)
	s.asked.Add(1)
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	copy(high1, s.high1)
	copy(stable, s.stable)
	copy(high2, s.high2)
	return s.err
}

func (s *scripted) Committed(_ context.Context, offsets []int64) error {
	copy(offsets, s.committed)
	return nil
}

func views(positions ...int64) Views {
	return Views{
		Position:     func(to []int64) error { copy(to, positions); return nil },
		OldestUnread: func(int64) (int64, bool) { return 0, false },
	}
}

func TestASample(t *testing.T) {
	source := &scripted{
		high1:     []int64{100, 50, 10, 0},
		stable:    []int64{80, 50, 11, 0}, // of partition 2 something arrived and was stable at once
		high2:     []int64{110, 50, 12, 0},
		committed: []int64{70, 60, -1, -1},
	}
	a := New(source, views(75, 55, -1, 0), time.Second, 1, nil).ask(t.Context())
	if a.err != nil {
		t.Fatal(a.err)
	}
	sample := Sample{Partitions: a.partitions}
	want := []Partition{
		{HoldLow: 20, HoldHigh: 30, Reader: 5, Monitoring: 40},
		{HoldLow: 0, HoldHigh: 0, Reader: 0, Monitoring: 0}, // position and commit are past the end asked for earlier
		{HoldLow: 0, HoldHigh: 1, Reader: None, Monitoring: None},
		{HoldLow: 0, HoldHigh: 0, Reader: 0, Monitoring: None},
	}
	if !slices.Equal(sample.Partitions, want) {
		t.Errorf("partitions %+v", sample.Partitions)
	}
	if w, s := sample.Worst(), sample.Sum(); w != (Figures{25, 5, 40}) || s != (Figures{25, 5, 40}) {
		t.Errorf("worst %+v, sum %+v", w, s)
	}
}

func TestFiguresThatNoPartitionHas(t *testing.T) {
	s := Sample{Partitions: []Partition{{Reader: None, Monitoring: None}, {HoldLow: 2, HoldHigh: 4, Reader: None, Monitoring: None}}}
	if w, sum := s.Worst(), s.Sum(); w != (Figures{3, None, None}) || sum != (Figures{3, None, None}) {
		t.Errorf("worst %+v, sum %+v", w, sum)
	}
}

func TestHoldLiesWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Int64Range(0, 1e12).Draw(t, "low")
		high := low + rapid.Int64Range(0, 1e12).Draw(t, "width")
		hold := Partition{HoldLow: low, HoldHigh: high}.Hold()
		if hold < low || hold > high || low == 0 && hold != 0 {
			t.Fatalf("%d of [%d, %d]", hold, low, high)
		}
	})
}

func TestAge(t *testing.T) {
	for _, tc := range []struct {
		since time.Duration
		ok    bool
		want  float64
	}{{250 * time.Millisecond, true, 250}, {-time.Second, true, 0}, {time.Second, false, 0}} {
		v := views(0)
		v.OldestUnread = func(now int64) (int64, bool) { return now - int64(tc.since), tc.ok }
		before := clock.Now()
		if sample := New(one(), v, time.Second, 1, nil).look(); sample.AgeMS != tc.want || sample.At < before || sample.At > clock.Now() {
			t.Errorf("%+v gave %+v", tc, sample)
		}
	}
}

// runFor lets a sampler run in the bubble's time and returns when its samples came.
func runFor(source *scripted, v Views, mean, d time.Duration, seed uint64) (instants []time.Duration, missed int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	began := clock.Now()
	missed, err = New(source, v, mean, seed, func(s Sample) { instants = append(instants, time.Duration(s.At-began)) }).Run(ctx)
	return instants, missed, err
}

func one() *scripted {
	return &scripted{high1: []int64{0}, stable: []int64{0}, high2: []int64{0}, committed: []int64{0}}
}

func TestInstantsAreExponentialAndSeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _, _ := runFor(one(), views(0), 100*time.Millisecond, 1000*time.Second, 7)
		b, _, _ := runFor(one(), views(0), 100*time.Millisecond, 1000*time.Second, 7)
		c, _, _ := runFor(one(), views(0), 100*time.Millisecond, 1000*time.Second, 8)
		if !slices.Equal(a, b) || slices.Equal(a, c) {
			t.Errorf("the seed does not decide the instants")
		}
		// A Poisson process: 10,000 ± 4 standard deviations, and e⁻¹ of the pauses longer than their mean.
		long := 0
		for i := 1; i < len(a); i++ {
			if a[i]-a[i-1] > 100*time.Millisecond {
				long++
			}
		}
		if share := float64(long) / float64(len(a)); math.Abs(float64(len(a))-10_000) > 400 || math.Abs(share-1/math.E) > 0.02 {
			t.Errorf("%d samples, share %v above the mean", len(a), share)
		}
	})
}

// However long an answer takes, the instants stay where they are.
func TestASlowClusterIsAskedLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, quick := one(), one()
		slow.takes = 900 * time.Millisecond
		instants, missed, err := runFor(slow, views(0), 100*time.Millisecond, 1000*time.Second, 1)
		if n := slow.asked.Load(); n < 960 || n > 1040 || missed != 0 || err != nil {
			t.Errorf("asked %d times, %d missed, %v", n, missed, err)
		}
		if want, _, _ := runFor(quick, views(0), 100*time.Millisecond, 1000*time.Second, 1); !slices.Equal(instants, want) {
			t.Errorf("%d instants, %d of a quick one", len(instants), len(want))
		}
	})
}

// An outage is as long in the samples as it was: of ten seconds two during which nothing is read, and the cluster says nothing either.
func TestAnOutageCountsForAsLongAsItTook(t *testing.T) {
	for name, fails := range map[string]error{"late answers": nil, "none": errors.New("no leader")} {
		var sum, held, n float64
		for seed := range uint64(50) {
			synctest.Test(t, func(t *testing.T) {
				begin := clock.Now()
				from, to := begin+4e9, begin+6e9
				v := views(0)
				v.OldestUnread = func(now int64) (int64, bool) {
					if now >= from && now < to {
						return from, true
					}
					return now, true
				}
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				defer cancel()
				source := &outage{from: from, to: to, fails: fails}
				_, err := New(source, v, 100*time.Millisecond, seed, func(s Sample) {
					n++
					sum += s.AgeMS
					if s.Worst().Hold > 0 {
						held++
					}
				}).Run(ctx)
				if !errors.Is(err, fails) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		if age := sum / n; age < 180 || age > 220 { // the time's average is 200 ms
			t.Errorf("%s: mean age %.0f ms over %.0f samples", name, age, n)
		}
		if share := held / n; fails == nil && (share < 0.17 || share > 0.24) { // a fifth of the time, and the instant's rest before it
			t.Errorf("%s: held back in %.2f of the samples", name, share)
		}
	}
}

// outage is a cluster that answers late for a while, or fails, and holds records back then.
type outage struct {
	from, to int64
	fails    error
}

func (o *outage) Partitions() int { return 1 }

func (o *outage) Marks(_ context.Context, high1, stable, high2 []int64) error {
	high1[0], stable[0], high2[0] = 0, 0, 0
	if now := clock.Now(); now >= o.from && now < o.to {
		time.Sleep(time.Duration(o.to - now))
		high1[0], high2[0] = 100, 100
		return o.fails
	}
	return nil
}

func (o *outage) Committed(_ context.Context, offsets []int64) error {
	offsets[0] = 0
	return nil
}

func TestCancelStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hanging := one()
		hanging.takes = time.Hour
		for _, source := range []*scripted{one(), hanging} {
			ctx, cancel := context.WithCancel(t.Context())
			began := time.Now()
			time.AfterFunc(time.Minute, cancel)
			missed, err := New(source, views(0), time.Second, 1, func(Sample) {}).Run(ctx)
			if took := time.Since(began); took != time.Minute || missed != 0 || err != nil {
				t.Errorf("stopped after %s, %d missed, %v", took, missed, err)
			}
		}
	})
}

func TestFailuresAreMissedNotFatal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := one()
		broken.err = errors.New("no leader")
		instants, missed, err := runFor(broken, views(0), time.Second, time.Minute, 1)
		if len(instants) == 0 || len(instants) != missed || int64(missed) != broken.asked.Load() || !errors.Is(err, broken.err) {
			t.Errorf("%d samples, %d of %d missed, %v", len(instants), missed, broken.asked.Load(), err)
		}
		v := views(0)
		v.Position = func([]int64) error { return broken.err }
		if _, missed, err := runFor(one(), v, time.Second, time.Minute, 1); missed == 0 || !errors.Is(err, broken.err) {
			t.Errorf("%d missed, %v", missed, err)
		}
	})
}
