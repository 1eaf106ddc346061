package baseline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// RefusalError says why runs make no baseline.
type RefusalError struct {
	Broken  bool     // a guarantee broke, which is graver than what else may be wrong
	Problem string   // what was found, in which run
	Lines   []string // the details, what decides most first; may be empty
	Remedy  string
}

func (r *RefusalError) Error() string {
	if len(r.Lines) == 0 {
		return r.Problem + ": " + r.Remedy
	}
	return r.Problem + ":\n  " + strings.Join(r.Lines, "\n  ") + "\n" + r.Remedy
}

// fit refuses runs that make no baseline.
func fit(runs []*compare.Run) error {
	seen := map[string]bool{}
	for _, r := range runs {
		if seen[r.RunID] {
			return &workload.UsageError{Problem: "run " + r.RunID + " is there twice", Remedy: "name each run once: a second copy would count as more evidence than there is"}
		}
		seen[r.RunID] = true
	}
	if len(runs) == 0 {
		return &workload.UsageError{Problem: "there is no run", Remedy: "name one or more"}
	}
	for _, check := range []func(*compare.Run) error{undisturbed, held, finished} {
		for _, r := range runs {
			if err := check(r); err != nil {
				return err
			}
		}
	}
	if lines := compare.Differences(runs[0], runs[1:]...); len(lines) > 0 {
		return &RefusalError{Problem: "the runs are not comparable with one another, these differ", Lines: lines, Remedy: apart}
	}
	for _, r := range runs[1:] {
		if lines := compare.Apart(runs[0], r, nil); len(lines) > 0 {
			return &RefusalError{Problem: "the runs have no cell in common, these differ", Lines: lines, Remedy: apart}
		}
		if _, unmatched := compare.Matches(runs[:1], []*compare.Run{r}); len(unmatched) > 0 {
			return &RefusalError{Problem: fmt.Sprintf("the runs %s and %s did not measure the same cells, these are in one alone", runs[0].RunID, r.RunID), Lines: unmatched, Remedy: apart}
		}
	}
	return nil
}

// apart is what to do about runs that are not alike.
const apart = "save what differs under names of its own"

// undisturbed refuses a run in which something was broken on purpose.
func undisturbed(r *compare.Run) error {
	if compare.Disturbed(r.Run) {
		return &RefusalError{Problem: "run " + r.RunID + " broke things on purpose", Remedy: "take one of 'run': what a disturbed one measured is nobody's baseline"}
	}
	return nil
}

// held refuses a run in which a guarantee broke.
func held(r *compare.Run) error {
	var broken []string
	for _, c := range r.Cells {
		if n := c.Verdicts(result.Broken); n > 0 {
			broken = append(broken, fmt.Sprintf("%s: %d of %d trials", c.Name, n, len(c.Trials)))
		}
	}
	if len(broken) == 0 {
		return nil
	}
	return &RefusalError{Broken: true, Problem: "a guarantee broke in run " + r.RunID + ", which voids its figures", Lines: broken,
		Remedy: "find out why before looking at speed"}
}

// finished refuses a run of which something is missing.
func finished(r *compare.Run) error {
	const remedy = "let it finish: run --resume DIR measures what is missing"
	for _, c := range r.Cells {
		switch {
		case slices.ContainsFunc(c.Trials, func(t *result.Trial) bool { return !t.Complete }):
			return &RefusalError{Problem: "run " + r.RunID + " has a trial of " + c.Name + " that was cut short", Remedy: remedy}
		case c.Verdicts(result.Incomplete) > 0:
			return &RefusalError{Problem: "run " + r.RunID + " has a trial of " + c.Name + " that could not be verified to the end",
				Remedy: "measure again; the trial's reasons say what it waited for"}
		}
	}
	if !r.Complete || len(r.Cells) == 0 {
		return &RefusalError{Problem: "run " + r.RunID + " was not finished", Remedy: remedy}
	}
	return nil
}
