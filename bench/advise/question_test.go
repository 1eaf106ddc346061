package advise

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func from(t testing.TB, goals Goals, runs ...*compare.Run) *Advice {
	t.Helper()
	a, err := From(runs, goals)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// recommended are the transactions that a question's answer names.
func recommended(q Question) (names []string) {
	for _, c := range q.Candidates {
		if c.Recommended {
			names = append(names, c.Short())
		}
	}
	return names
}

// verdicts spells those of the candidates: size, cost, freshness; m meets, x misses, ? not enough evidence, - no goal.
func verdicts(q Question) string {
	sign := func(j *Judgement) string {
		if j == nil {
			return "-"
		}
		return map[Verdict]string{Meets: "m", Misses: "x", NotEnough: "?"}[j.Verdict]
	}
	var words []string
	for _, c := range q.Candidates {
		words = append(words, c.Short()+":"+sign(c.Cost)+sign(c.Freshness))
	}
	return strings.Join(words, " ")
}

func breaks(*testing.T) func(int, *result.Trial) {
	return func(block int, t *result.Trial) {
		if block == 3 {
			t.Guarantee.Verdict = result.Broken
		}
	}
}

func TestSmallestThatMeetsTheGoals(t *testing.T) {
	unsustained := func(_ int, t *result.Trial) { t.Sustained = new(false) }
	incomplete := func(block int, t *result.Trial) {
		if block == 1 {
			t.Guarantee.Verdict = result.Incomplete
		}
	}
	ref := cellOf{rate: 1000, e2eP99: 10_000}
	for _, c := range []struct {
		name     string
		goals    Goals
		runs     []*compare.Run
		verdicts string
		want     string // the size recommended; empty: none
		says     string // part of answer and notes
	}{
		{"both goals", bothGoals(0.1, 200*time.Millisecond), []*compare.Run{maxRun(6), rateRun(6)},
			"1:xm 10:xm 100:mm 1,000:mx", "100", "budget's boundary lies between 10 (cost 40.0%) and 100 (7.85%)"},
		{"where freshness ends", bothGoals(0.1, 200*time.Millisecond), []*compare.Run{maxRun(6), rateRun(6)},
			"1:xm 10:xm 100:mm 1,000:mx", "100", "freshness boundary lies between 100 (110 ms) and 1,000 (1,0"},
		{"the order of runs does not matter", bothGoals(0.1, 200*time.Millisecond), []*compare.Run{rateRun(6), maxRun(6)},
			"1:xm 10:xm 100:mm 1,000:mx", "100", ""},
		{"the budget alone", budget(0.5), []*compare.Run{maxRun(6)}, "1:x- 10:m- 100:m- 1,000:m-", "10", "Set transactions of 10 records"},
		{"a budget that everything keeps", budget(0.95), []*compare.Run{maxRun(6)}, "1:m- 10:m- 100:m- 1,000:m-", "1", "how small it may get was not measured"},
		{"freshness alone", freshness(50 * time.Millisecond), []*compare.Run{rateRun(6)}, "1:-m 10:-m 100:-x 1,000:-x", "1", "objective 50 ms"},
		{"the goals exclude one another", bothGoals(0, 50*time.Millisecond), []*compare.Run{maxRun(6), rateRun(6)},
			"1:xm 10:xm 100:xx 1,000:mx", "", "may go by freshness alone"},
		{"and says so", bothGoals(0, 50*time.Millisecond), []*compare.Run{maxRun(6), rateRun(6)},
			"1:xm 10:xm 100:xx 1,000:mx", "", "exclude one another here: 100 misses both"},
		{"by more than a step", bothGoals(0, 21*time.Millisecond), []*compare.Run{maxRun(6), rateRun(6)},
			"1:xm 10:xx 100:xx 1,000:mx", "", "exclude one another here: 100 still misses the budget, 10 already misses freshness"},
		{"one between may do", bothGoals(0, 200*time.Millisecond), []*compare.Run{maxRun(6), rateRun(6)},
			"1:xm 10:xm 100:xm 1,000:mx", "", "Between 100, which misses the budget, and 1,000, which misses freshness, another may meet both"},
		{"nobody is fresh enough", freshness(5 * time.Millisecond), []*compare.Run{rateRun(6)}, "1:-x 10:-x 100:-x 1,000:-x", "",
			"At-least-once, without transactions, misses the freshness objective as well"},
		{"nobody is cheap enough", budget(0.05), []*compare.Run{runOf("dear", 6, cellOf{read: 1000}, cellOf{size: 10, read: 500})}, "10:x-", "",
			"No transaction size or interval that was run meets the throughput budget"},
		{"one block", bothGoals(0.1, 200*time.Millisecond), []*compare.Run{maxRun(1), rateRun(1)}, "1:?? 10:?? 100:?? 1,000:??", "",
			"throughput cost of 1, 10, 100 and 1,000: 1 block: an interval takes 6"},
		{"five blocks", budget(0.1), []*compare.Run{maxRun(5)}, "1:?- 10:?- 100:?- 1,000:?-", "", "5 blocks: an interval takes 6"},
		{"the goal inside the interval", budget(0.08), []*compare.Run{maxRun(6)}, "1:x- 10:x- 100:?- 1,000:m-", "1,000", "Whether 100 would do is open"},
		{"only the reference", budget(0.1), []*compare.Run{runOf("ref", 6, cellOf{read: 1000})}, "", "", "No transactional mode was run"},
		{"no reference", budget(0.1), []*compare.Run{runOf("alone", 6, cellOf{size: 10, read: 1000})}, "10:?-", "", "no matching cell of the reference mode"},
		{"nothing at max", bothGoals(0.1, 200*time.Millisecond), []*compare.Run{rateRun(6)}, "1:?m 10:?m 100:?m 1,000:?x", "", "it was not run at max"},
		{"nothing at a rate", bothGoals(0.1, 200*time.Millisecond), []*compare.Run{maxRun(6)}, "1:x? 10:x? 100:m? 1,000:m?", "", "it was not run at a fixed rate"},
		{"a broken guarantee is void", budget(0.5), []*compare.Run{runOf("broken", 8, cellOf{read: 1000}, cellOf{size: 10, read: 900, each: breaks(t)}, cellOf{size: 100, read: 900})},
			"10:?- 100:m-", "100", "the guarantee broke in 1 of 8 trials"},
		{"a broken reference", budget(0.5), []*compare.Run{runOf("broken", 8, cellOf{read: 1000, each: breaks(t)}, cellOf{size: 10, read: 900})}, "10:?-", "", "the guarantee broke in mode=at-least-once"},
		{"an unsustained rate", freshness(50 * time.Millisecond), []*compare.Run{runOf("slow", 6, ref, cellOf{size: 1, rate: 1000, e2eP99: 1000, each: unsustained}, cellOf{size: 10, rate: 1000, e2eP99: 30_000})},
			"1:-? 10:-m", "10", "freshness of 1: the rate was not sustained in 6 of 6 trials"},
		{"a guarantee not verified to the end", freshness(50 * time.Millisecond), []*compare.Run{runOf("cut", 6, ref, cellOf{size: 10, rate: 1000, e2eP99: 30_000, each: incomplete})},
			"10:-?", "", "could not be verified to the end in 1 of 6"},
		{"intervals", bothGoals(0.1, 200*time.Millisecond), []*compare.Run{runOf("intervals", 6, cellOf{read: 1000}, cellOf{interval: "100ms", read: 950}, cellOf{interval: "20ms", read: 800},
			cellOf{rate: 1000, e2eP99: 10_000}, cellOf{interval: "100ms", rate: 1000, e2eP99: 120_000}, cellOf{interval: "20ms", rate: 1000, e2eP99: 30_000})},
			"20ms:xm 100ms:mm", "100ms", "Set transactions of 100ms"},
		{"sizes and intervals are ladders of their own", budget(0.1), []*compare.Run{runOf("both", 6, cellOf{read: 1000}, cellOf{interval: "100ms", read: 950}, cellOf{size: 10, read: 800}, cellOf{size: 100, read: 950})},
			"10:x- 100:m- 100ms:m-", "100 100ms", "the only one that was run"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := from(t, c.goals, c.runs...)
			if len(a.Questions) != 1 {
				t.Fatalf("%d questions, want one", len(a.Questions))
			}
			q := a.Questions[0]
			if got := verdicts(q); got != c.verdicts {
				t.Errorf("verdicts %s, want %s", got, c.verdicts)
			}
			if got := strings.Join(recommended(q), " "); got != c.want || q.Answered != (c.want != "") || a.Given() != q.Answered {
				t.Errorf("recommended %q (answered %v, given %v), want %q", got, q.Answered, a.Given(), c.want)
			}
			text := strings.Join(slices.Concat(q.Answer, q.Notes), "\n")
			if !strings.Contains(text, c.says) {
				t.Errorf("%q is not said:\n%s", c.says, text)
			}
		})
	}
}

func TestSeveralRatesAndSetupsAreQuestionsOfTheirOwn(t *testing.T) {
	p48 := map[string]any{"partitions": 48.0}
	run := runOf("many", 6, cellOf{read: 1000}, cellOf{size: 10, read: 950},
		cellOf{rate: 500, e2eP99: 10_000}, cellOf{size: 10, rate: 500, e2eP99: 30_000},
		cellOf{rate: 2000, e2eP99: 10_000}, cellOf{size: 10, rate: 2000, e2eP99: 60_000},
		cellOf{rate: 500, e2eP99: 10_000, axes: p48}, cellOf{size: 10, rate: 500, e2eP99: 30_000, axes: p48})
	a := from(t, bothGoals(0.1, 50*time.Millisecond), run)
	var got []string
	for _, q := range a.Questions {
		got = append(got, q.Where+" "+verdicts(q))
	}
	want := []string{"partitions 6, at 500 msg/s 10:mm", "partitions 6, at 2,000 msg/s 10:mx", "partitions 48, at 500 msg/s 10:?m"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if a.Common != "client librdkafka, message size 1,000 B, producers 1" {
		t.Errorf("common: %s", a.Common)
	}
	goals := bothGoals(0.1, 50*time.Millisecond)
	goals.RatePerS = new(2000.0)
	a = from(t, goals, run)
	if len(a.Questions) != 2 || verdicts(a.Questions[0]) != "10:mx" || verdicts(a.Questions[1]) != "10:??" || a.Given() {
		t.Errorf("at 2,000/s: %+v", a.Questions)
	}
	goals.RatePerS = new(7.0)
	if a = from(t, goals, run); verdicts(a.Questions[0]) != "10:m?" || len(a.Alerts) != 0 {
		t.Errorf("at a rate that was not run: %+v", a.Questions)
	}
}

func TestOfSeveralRunsTheLeastFavourableCounts(t *testing.T) {
	of := func(id string, blocks int, read float64) *compare.Run {
		return runOf(id, blocks, cellOf{read: 1000}, cellOf{size: 10, read: read})
	}
	for _, c := range []struct {
		runs []*compare.Run
		want string
	}{
		{[]*compare.Run{of("a", 6, 950), of("b", 6, 960)}, "10:m-"},
		{[]*compare.Run{of("a", 6, 950), of("b", 6, 800)}, "10:x-"},
		{[]*compare.Run{of("a", 2, 950), of("b", 6, 950)}, "10:?-"},
		{[]*compare.Run{of("a", 2, 950), of("b", 6, 800)}, "10:x-"},
	} {
		if got := verdicts(from(t, budget(0.1), c.runs...).Questions[0]); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	for _, runs := range [][]*compare.Run{{of("a", 6, 990), of("b", 6, 950)}, {of("b", 6, 950), of("a", 6, 990)}} {
		if got := *from(t, budget(0.1), runs...).Questions[0].Candidates[0].Cost.Value; math.Abs(got-0.05) > 0.01 {
			t.Errorf("of two that meet the budget the dearer one is shown: got %v", got)
		}
	}
}

func TestControlsAndFaultsAreNoAdvice(t *testing.T) {
	fault := func(_ int, t *result.Trial) { t.Fault = new("kill") }
	run := runOf("controls", 6, cellOf{read: 1000}, cellOf{size: 10, read: 990, axes: map[string]any{"isolation": "read_uncommitted"}},
		cellOf{mode: "idempotent", read: 990, axes: map[string]any{"flush_every": 10.0}}, cellOf{size: 20, read: 990, each: fault})
	if got := verdicts(from(t, budget(0.1), run).Questions[0]); got != "" {
		t.Errorf("got %s", got)
	}
}

func TestRunsThatDoNotGoTogether(t *testing.T) {
	other := func(change func(*compare.Run)) []*compare.Run {
		r := rateRun(6)
		change(r)
		return []*compare.Run{maxRun(6), r}
	}
	var usage *workload.UsageError
	var incomparable *IncomparableError
	_, err := From(other(func(r *compare.Run) { r.Broker.Version = new("4.4.0") }), Goals{})
	if !errors.As(err, &incomparable) || !strings.Contains(err.Error(), "broker version: 4.3.1 → 4.4.0") {
		t.Errorf("another version: %v", err)
	}
	_, err = From(other(func(r *compare.Run) { r.Profile.Values["linger"] = result.Value{Value: "0"} }), Goals{})
	if !errors.As(err, &incomparable) {
		t.Errorf("another workload: %v", err)
	}
	for name, runs := range map[string][]*compare.Run{
		"twice":             {maxRun(6), maxRun(6)},
		"another reference": other(func(r *compare.Run) { r.Reference = "idempotent" }),
		"none":              nil,
	} {
		if _, err := From(runs, Goals{}); !errors.As(err, &usage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPredictionLiesWhereTheBoundaryDoes(t *testing.T) {
	// A cycle of 5 ms + 10 µs a record: 10 records 1,960/s, 100 16,667/s, 1,000 66,667/s; at most 100,000/s.
	cycle := func(size int) cellOf {
		us := 5000 + 10*float64(size)
		return cellOf{size: size, read: float64(size) / us * 1e6, each: func(_ int, t *result.Trial) {
			t.Transactions.Committed = int64(t.WindowS * *t.Throughput.ReadPerS / float64(size))
		}}
	}
	run := runOf("cycle", 8, cellOf{read: 50_000}, cycle(10), cycle(100), cycle(1000))
	p := from(t, budget(0.2), run).Questions[0].Prediction // 40,000/s: 200 µs + 0.4·N of N µs… N = 333
	if p == nil || p.Beyond || p.Size < 320 || p.Size > 350 {
		t.Fatalf("got %+v, want about 333", p)
	}
	run = runOf("cycle", 8, cellOf{read: 100_000}, cycle(10), cycle(100), cycle(1000))
	if p := from(t, budget(0.2), run).Questions[0].Prediction; p == nil || !p.Beyond || p.Size < 1900 || p.Size > 2100 {
		t.Errorf("got %+v, want about 2,000, beyond", p)
	}
	if p := from(t, budget(0.999), run).Questions[0].Prediction; p != nil {
		t.Errorf("nothing is to be predicted where all meet: %+v", p)
	}
}
