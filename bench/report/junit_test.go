package report

import (
	"encoding/xml"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

func TestJUnitJudgesACellByItsWorstTrial(t *testing.T) {
	held := at("idempotent", 0, 5000)
	held.Window.Committed = 100
	with := func(change func(*result.Trial)) result.Trial { return changed(held, change) }
	broken := with(func(t *result.Trial) {
		t.ID, t.Guarantee.Verdict, t.Guarantee.Reasons = "b02-x", result.Broken, []string{"4 were lost", "1 was torn"}
	})
	incomplete := with(func(t *result.Trial) { t.Guarantee.Verdict = result.Incomplete })
	unchecked := with(func(t *result.Trial) { t.Guarantee.Verdict = result.Unchecked })
	missed := with(func(t *result.Trial) { t.Sustained = new(false) })
	for name, c := range map[string]struct {
		trials                   []result.Trial
		expect                   string
		failure, errors, skipped string
	}{
		"held":                      {trials: []result.Trial{held, held}},
		"broken":                    {trials: []result.Trial{held, broken, incomplete}, failure: "the guarantee broke in 1 of 3 trials: 4 were lost"},
		"incomplete":                {trials: []result.Trial{incomplete, unchecked}, errors: "inconclusive in 1 of 2 trials: a deadline came before the readers reached the end"},
		"unsustained":               {trials: []result.Trial{held, missed}, errors: "inconclusive in 1 of 2 trials: the rate was not sustained"},
		"unsustained, as expected":  {trials: []result.Trial{missed}, expect: "unsustained"},
		"stopped early":             {trials: []result.Trial{with(func(t *result.Trial) { t.Complete = false })}, errors: "inconclusive in 1 of 1 trial: stopped early"},
		"empty":                     {trials: []result.Trial{with(func(t *result.Trial) { t.Window.Committed = 0 })}, errors: "inconclusive in 1 of 1 trial: nothing was committed in the window"},
		"unchecked":                 {trials: []result.Trial{held, unchecked}, skipped: "nothing was checked in 1 of 2 trials: nothing was read"},
		"promised nothing":          {trials: []result.Trial{with(func(t *result.Trial) { t.Guarantee.Verdict = result.NotPromised })}, skipped: "nothing was checked in 1 of 1 trial: nothing is promised here: counts only"},
		"broken outweighs all else": {trials: []result.Trial{broken, missed, unchecked}, failure: "the guarantee broke in 1 of 3 trials: 4 were lost"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &result.Run{Complete: true, Trials: c.trials, Profile: result.Profile{Name: "quick", Values: map[string]result.Value{"expect": {Value: c.expect}}}}
			suite := decoded(t, render(t, JUnit, r, Options{}))
			if len(suite.Cases) != 2 {
				t.Fatalf("got %d cases, want the run and its cell", len(suite.Cases))
			}
			got := suite.Cases[1]
			if got.Class != "quick" || got.Name != "idempotent" {
				t.Errorf("the case is %s, %s", got.Class, got.Name)
			}
			for what, pair := range map[string][2]string{
				"failure": {message(got.Failure), c.failure}, "error": {message(got.Error), c.errors}, "skipped": {message(got.Skipped), c.skipped},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s: got %q, want %q", what, pair[0], pair[1])
				}
			}
			if c.failure != "" && got.Failure.Text != "b02-x: 4 were lost\nb02-x: 1 was torn" {
				t.Errorf("the failure's text is %q", got.Failure.Text)
			}
		})
	}
}

func message(o *junitOutcome) string {
	if o == nil {
		return ""
	}
	return o.Message
}

func decoded(t interface{ Fatal(...any) }, text string) junitSuite {
	var s junitSuite
	if err := xml.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJUnitSaysThatARunDidNotEnd(t *testing.T) {
	run := stored(t, "testdata/modes.json")
	end := func() *junitOutcome { return decoded(t, render(t, JUnit, run, Options{})).Cases[0].Error }
	if got := end(); got != nil {
		t.Errorf("a complete run: %s", got.Message)
	}
	run.Complete = false
	if got := message(end()); got != "the run was stopped early, after 10 trials" {
		t.Errorf("stopped early: %q", got)
	}
	run.Trials = nil
	if got := message(end()); got != "no trial finished" {
		t.Errorf("without trials: %q", got)
	}
}

func TestJUnitKeepsStoredTextFromBecomingMarkup(t *testing.T) {
	run := stored(t, "testdata/modes.json")
	const evil = "]]></system-out><testcase name=\"x\"/>\x00\x1b[2J"
	run.Trials[0].Cell, run.Trials[0].Warnings, run.Profile.Name, run.Machine.CPU = evil, []string{evil}, evil, evil
	text := render(t, JUnit, run, Options{})
	if n := len(decoded(t, text).Cases); n != 7 || strings.Contains(text, "\x1b") {
		t.Errorf("%d cases of six cells and the run:\n%s", n, text)
	}
}

// TestJUnitNeverPassesOnMissingEvidence draws runs of every kind: what neither failed nor was passed over must have held in full.
func TestJUnitNeverPassesOnMissingEvidence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run := anyRun(t)
		for i := range run.Trials {
			run.Trials[i].Window.Committed = rapid.Int64Range(0, 3).Draw(t, "committed in the window")
		}
		var b strings.Builder
		if err := JUnit(&b, run, Options{}); err != nil {
			t.Fatal(err)
		}
		suite := decoded(t, b.String())
		verdicts := map[string]*junitCase{}
		var failures, errors, skipped int
		for i := range suite.Cases {
			c := &suite.Cases[i]
			if verdicts[c.Name] != nil {
				t.Fatalf("two cases are called %s", c.Name)
			}
			verdicts[c.Name] = c
			failures, errors, skipped = failures+count(c.Failure), errors+count(c.Error), skipped+count(c.Skipped)
			if count(c.Failure)+count(c.Error)+count(c.Skipped) > 1 {
				t.Fatalf("%s has several outcomes", c.Name)
			}
		}
		if suite.Tests != len(suite.Cases) || suite.Failures != failures || suite.Errors != errors || suite.Skipped != skipped {
			t.Fatalf("the totals are not those of the cases:\n%s", b.String())
		}
		passed := func(name string) bool {
			c := verdicts[name]
			return c.Failure == nil && c.Error == nil && c.Skipped == nil
		}
		if passed("the run came to its end") != (run.Complete && len(run.Trials) > 0) {
			t.Fatal("the run's own case is wrong")
		}
		for _, trial := range run.Trials {
			expected := run.Profile.Values["expect"].Value == "unsustained"
			whole := trial.Guarantee.Verdict == result.Held && trial.Complete && trial.Window.Committed > 0 &&
				(trial.Sustained == nil || *trial.Sustained || expected)
			if passed(trial.Cell) && !whole {
				t.Fatalf("%s passed in spite of trial %s", trial.Cell, trial.ID)
			}
		}
	})
}

func count(o *junitOutcome) int {
	if o == nil {
		return 0
	}
	return 1
}
