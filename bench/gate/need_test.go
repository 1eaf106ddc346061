package gate

import (
	"strings"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

func TestNeeds(t *testing.T) {
	lagging := blocks(at99, "transactional", around(20_000, 10, 0.04))
	for i := range lagging {
		lagging[i].Lag = &result.Lag{Hold: result.LagStat{Max: new(100 + float64(i))}}
	}
	run := finished(blocks(at99, "at-least-once", around(10_000, 10, 0.04)), lagging)
	rules := must(t, "p99(e2e) < 11.4ms for mode=at-least-once", "cost(p99(e2e)) < 120%", "p99(e2e) < 5ms for mode=transactional", "lost == 0 for mode=transactional",
		"cost(max(hold)) < 120", "p99.9(e2e) < 1s for mode=at-least-once")
	j, err := Judge(rules, run, nil)
	if err != nil {
		t.Fatal(err)
	}
	needs := j.Needs(rules, run)
	design := Design{Blocks: 10, Tests: 5}
	for i, c := range []struct {
		worse  float64 // that a design is for
		reason string
	}{
		{worse: Worsening},
		{worse: Worsening},
		{reason: "is not within the rule"},
		{},
		{worse: Worsening * 104.5}, // of what the lag is, the median
		{reason: "not every trial has p99.9(e2e)"},
	} {
		n := needs[i]
		if c.reason != "" {
			if n.Blocks != nil || n.FailsFrom != nil || !strings.Contains(n.Reason, c.reason) {
				t.Errorf("%s: %+v", n.Rule, n)
			}
			continue
		}
		want := 1
		if c.worse != 0 {
			noise, _ := j.Verdicts[i].Noise()
			if want, err = rules[i].BlocksNeeded(noise, design, c.worse); err != nil {
				t.Fatal(err)
			}
			if *n.Noise != noise.Spread || *n.FailsFrom != rules[i].SmallestChange(noise, design) {
				t.Errorf("%s: %+v", n.Rule, n)
			}
		}
		if n.Blocks == nil || *n.Blocks != want || n.Runs || n.Reason != "" {
			t.Errorf("%s: %+v, want %d blocks", n.Rule, n, want)
		}
	}
	for i, want := range map[int]string{3: "–", 4: " offsets"} {
		if got := needs[i].Figure(); !strings.HasSuffix(got, want) {
			t.Errorf("%s: finds %s", needs[i].Rule, got)
		}
	}
}

func TestNeedsOfAStoredBaseline(t *testing.T) {
	run := finished(blocks(at99, "transactional", around(10_000, 6, 0.05)))
	rules := must(t, "p99(e2e) <= baseline + 12%")
	j, err := Judge(rules, run, &Against{Runs: runs(milliseconds(10, 10.1, 9.9, 10, 10.2, 9.8)...)})
	if err != nil {
		t.Fatal(err)
	}
	if n := j.Needs(rules, run)[0]; !n.Runs || n.Blocks == nil || *n.Blocks != 6 || !(*n.FailsFrom > 0.12 && *n.FailsFrom < 0.3) {
		t.Errorf("%+v of %s", n, j.Verdicts[0].text())
	}
}

// What an unfinished run has not measured is missing evidence; in a finished one a rule about it is a mistake.
func TestRulesOfAnUnfinishedRun(t *testing.T) {
	trials := blocks(at99, "at-least-once", around(10_000, 8, 0.1))
	for _, text := range []string{"p99(e2e) < 1s for mode=transactional", "p99(commit_due) < 1s", "cost(p99(e2e)) < 15%", "p99(e2e) < 1s for txn_size=20"} {
		v := one(t, judged(t, compare.New(&result.Run{Trials: trials}, ""), nil, text))
		if v.Outcome != Inconclusive || v.Cell != "" || v.Value != nil || !strings.Contains(v.Reason, "the run was not finished") || !strings.Contains(v.Remedy, "--resume") {
			t.Errorf("%s: %+v", text, v)
		}
		_, err := Judge(must(t, text), finished(trials), nil)
		refused(t, err, "matches no cell")
	}
	lone := compare.New(&result.Run{Trials: blocks(at99, "transactional", around(10_000, 8, 0.1))}, "")
	if v := one(t, judged(t, lone, nil, "cost(p99(e2e)) < 15%")); v.Outcome != Inconclusive {
		t.Errorf("without its reference: %+v", v)
	}
}

// Every test counts for all of them, wherever in the list it stands.
func TestTheLastRuleIsOneOfAll(t *testing.T) {
	run := finished(blocks(at99, "transactional", around(10_000, 6, 0.1)))
	j := judged(t, run, nil, "p99(e2e) < 1s", "p99(e2e) < 2s", "p99(e2e) < 3s", "p99(e2e) < 4s")
	for _, v := range j.Verdicts {
		if v.Outcome != Inconclusive || !strings.Contains(v.Reason, "4 tests judged together need 0.013") {
			t.Errorf("%s: %s", v.Rule, v.text())
		}
	}
}
