package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/baseline"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// baselineFlags say what rules with the word baseline are held against.
type baselineFlags struct {
	paths     []string
	underTest []string
}

func (f *baselineFlags) register(set *pflag.FlagSet) {
	set.StringArrayVar(&f.paths, "baseline", nil, "`file` of 'baseline save', or a stored run or a directory of them, that rules with the word baseline are held against (repeatable)")
	set.StringArrayVar(&f.underTest, "under-test", nil, "what may differ from the baseline: broker.version, client or client-config (repeatable)")
}

func (f *baselineFlags) given() bool { return len(f.paths) > 0 || len(f.underTest) > 0 }

// yardstick is what runs are held against, before there is a run.
type yardstick struct {
	runs      []*compare.Run
	underTest []compare.UnderTest
	within    []string // that the runs differ in among one another
}

// yardstick reads the baseline; nil: there is none.
func (f *baselineFlags) yardstick() (*yardstick, error) {
	y := &yardstick{}
	for _, name := range f.underTest {
		test, err := compare.ParseUnderTest(name)
		if err != nil {
			return nil, fmt.Errorf("--under-test: %w", err)
		}
		if !slices.Contains(y.underTest, test) {
			y.underTest = append(y.underTest, test)
		}
	}
	if len(f.paths) == 0 {
		if len(f.underTest) > 0 {
			return nil, usagef("--under-test says what may differ from a baseline, and there is none: name one with --baseline")
		}
		return nil, nil
	}
	runs, err := loadRuns(f.paths)
	if err != nil {
		return nil, fmt.Errorf("--baseline: %w%s", err, namedBaseline(f.paths))
	}
	y.runs, y.within = runs, compare.Differences(runs[0], runs[1:]...)
	return y, nil
}

// namedBaseline is the hint to whoever gave a baseline's name for its file.
func namedBaseline(paths []string) string {
	for _, p := range paths {
		file := filepath.Join(baselineDir, p+baseline.Extension)
		if _, err := os.Stat(p); errors.Is(err, fs.ErrNotExist) && baseline.CheckName(p) == nil {
			if _, err := os.Stat(file); err == nil {
				return "; give the file of that name, --baseline " + file
			}
		}
	}
	return ""
}

// against holds a run against the baseline, and warns where nothing of what is under test differs. A yardstick that is nil makes no baseline.
func (y *yardstick) against(run *compare.Run, say func(string, ...any)) (*gate.Against, error) {
	if y == nil {
		return nil, nil
	}
	if i := slices.IndexFunc(y.runs, func(r *compare.Run) bool { return r.RunID == run.RunID }); i >= 0 {
		return nil, usagef("--baseline: run %s is held against itself: name earlier ones", run.RunID)
	}
	against := &gate.Against{Differences: slices.Clone(y.within)}
	for _, r := range y.runs {
		held := compare.Hold(r, run, y.underTest)
		against.Runs = append(against.Runs, held.Baseline)
		against.Differences, against.UnderTest = united(against.Differences, held.Others), united(against.UnderTest, held.Meant)
	}
	if len(y.underTest) > 0 {
		untouched(against, say)
	}
	return against, nil
}

// interleaved holds the sides of one campaign against one another.
func interleaved(run, baseline *compare.Run, underTest []string, say func(string, ...any)) *gate.Against {
	var tests []compare.UnderTest
	for _, name := range underTest {
		tests = append(tests, compare.UnderTest(name))
	}
	held := compare.Hold(baseline, run, tests)
	against := &gate.Against{Runs: []*compare.Run{held.Baseline}, Interleaved: true, UnderTest: held.Meant, Differences: held.Others}
	if len(tests) > 0 { // 'doctor --noise' tests nothing
		untouched(against, say)
	}
	return against
}

// untouched warns of a test of nothing.
func untouched(against *gate.Against, say func(string, ...any)) {
	if len(against.UnderTest) == 0 {
		say("warning: nothing of what is under test differs between the baseline and the run")
	}
}

// united are the lines of both, each once.
func united(a, b []string) []string {
	for _, line := range b {
		if !slices.Contains(a, line) {
			a = append(a, line)
		}
	}
	return a
}

// foresee says what of the baseline is known to leave rules inconclusive before anything is measured: too few runs, and what the workload about to
// be measured or this machine differ in. What the broker and the client are is not known yet.
func (y *yardstick) foresee(rules []gate.Rule, profile *workload.Profile) (lines []string) {
	if y == nil || !slices.ContainsFunc(rules, func(r gate.Rule) bool { return r.Kind == gate.Baseline }) {
		return nil
	}
	if n := len(y.runs); n < compare.BaselineRuns {
		lines = append(lines, fmt.Sprintf("%s of the baseline: too few to tell a change from what runs differ in: save a baseline of %d or more", plural(n, "run"), compare.BaselineRuns))
	}
	planned := y.like(profile)
	most := 0
	for _, r := range y.runs {
		matches, _ := compare.Matches([]*compare.Run{compare.Hold(r, planned, y.underTest).Baseline}, []*compare.Run{planned})
		for _, m := range matches {
			most = max(most, len(m.Old[0].Trials))
		}
	}
	if profile.Blocks < most {
		lines = append(lines, fmt.Sprintf("%s, fewer than the %d of a run of the baseline: measure with --blocks %d or more", plural(profile.Blocks, "block"), most, most))
	}
	differ := slices.Concat(y.within, compare.Hold(y.runs[0], planned, y.underTest).Others)
	for _, line := range differ {
		lines = append(lines, "not comparable with the baseline: "+line)
	}
	return lines
}

// like is the run about to be measured, of which what is not known yet is as in the baseline.
func (y *yardstick) like(profile *workload.Profile) *compare.Run {
	planned := gate.Planned(profile.Cells(), profile.Reference)
	planned.Machine, planned.Profile.Values = result.ThisMachine(), profile.Values()
	planned.Broker = y.runs[0].Broker
	old := y.runs[0].Trials[0]
	for i := range planned.Trials {
		t := &planned.Trials[i]
		t.Client = old.Client
		if library, named := old.Axes[workload.AxisClient]; named {
			t.Axes = maps.Clone(t.Axes)
			t.Axes[workload.AxisClient] = library
		}
	}
	return compare.New(planned.Run, profile.Reference)
}
