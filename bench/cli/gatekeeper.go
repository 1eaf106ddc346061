package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/report"
)

// gateFlags are the rules of a gate, and what becomes of their verdicts.
type gateFlags struct {
	file         string
	require      []string
	inconclusive string
	outputs      []string
	baseline     baselineFlags
	history      historyFlags
}

// register declares the flags, that of the verdicts' form by the name that the command has free for it.
func (f *gateFlags) register(set *pflag.FlagSet, output, short string) {
	f.registerRules(set)
	f.baseline.register(set)
	f.history.register(set)
	set.StringVar(&f.inconclusive, "inconclusive", "", "what missing evidence counts as: fail (exit code 3) or warn (0) (default an outcome of its own, 4)")
	set.StringArrayVarP(&f.outputs, output, short, nil, "how to print the verdicts: `format` or format=file, of "+strings.Join(report.GateFormats(), ", ")+" (repeatable; default text)")
}

func (f *gateFlags) registerRules(set *pflag.FlagSet) {
	set.StringVar(&f.file, "gate", "", "`file` of rules (docs/gate.md)")
	set.StringArrayVar(&f.require, "require", nil, "`rule` such as 'p99(commit_due) < 20ms for mode=transactional' (repeatable)")
}

// gatekeeper is a gate before there is a run.
type gatekeeper struct {
	rules     []gate.Rule
	yardstick *yardstick // nil: there is no baseline
	assumed   bool       // rules speak of a baseline that nobody has named yet, and that is taken to be measured in the same blocks
	history   historyFlags
	counts    report.Inconclusive
	outputs   []gateOutput
}

// gateOutput is one form of the verdicts.
type gateOutput struct {
	format string
	write  report.GateFormat
	file   string // empty: where the command's output goes
}

func (o gateOutput) String() string {
	if o.file == "" {
		return o.format
	}
	return o.format + "=" + o.file
}

// gatekeeper reads the rules and checks the flags, of which output is the name of the verdicts' form, and which may name none of the files that are read.
// Without any rule there is none.
func (a *app) gatekeeper(f gateFlags, output string, read ...string) (*gatekeeper, error) {
	rules, err := f.rules()
	switch {
	case err != nil:
		return nil, err
	case len(rules) == 0 && (f.inconclusive != "" || len(f.outputs) > 0 || f.baseline.given() || f.history.given()):
		return nil, noRules()
	case len(rules) == 0:
		return nil, nil
	}
	k := &gatekeeper{rules: rules, counts: report.AsIs}
	switch c := report.Inconclusive(f.inconclusive); c {
	case "":
	case report.AsFailure, report.AsWarning:
		k.counts = c
	default:
		return nil, usagef("--inconclusive %q: give fail or warn, or leave it out for exit code 4", f.inconclusive)
	}
	if len(f.outputs) == 0 {
		f.outputs = []string{report.GateFormats()[0]}
	}
	for _, text := range f.outputs {
		o, err := parseGateOutput(text)
		if err != nil {
			return nil, usagef("--%s %s: %w", output, text, err)
		}
		k.outputs = append(k.outputs, o)
	}
	if err := apart(k.outputs, output, slices.Concat(read, f.baseline.paths, []string{f.file, f.history.path})); err != nil {
		return nil, err
	}
	if k.yardstick, err = f.baseline.yardstick(); err != nil {
		return nil, err
	}
	k.history = f.history
	return k, k.history.check()
}

// noRules refuses a gate without any.
func noRules() error {
	return usagef("there are no rules: give a file of them with --gate, or one with --require, such as --require 'p99(commit_due) < 20ms'")
}

// parseGateOutput reads FORMAT or FORMAT=FILE. A file that cannot be is known before anything runs.
func parseGateOutput(text string) (o gateOutput, err error) {
	var named bool
	o.format, o.file, named = strings.Cut(text, "=")
	if o.write, err = report.GateByName(o.format); err != nil || !named {
		return o, err
	}
	if o.file == "" {
		return o, fmt.Errorf("give the file, such as %s=gate.out", o.format)
	}
	if info, err := os.Stat(filepath.Dir(o.file)); err != nil || !info.IsDir() {
		return o, fmt.Errorf("%s is no directory: make it, or name another file", filepath.Dir(o.file))
	}
	if info, err := os.Stat(o.file); err == nil && info.IsDir() {
		return o, fmt.Errorf("%s is a directory: name a file in it", o.file)
	}
	if err := fileWritable(o.file); err != nil {
		return o, fmt.Errorf("%w: name a file that can be written", err)
	}
	return o, nil
}

// apart says which outputs would mix, replace one another, or replace one of the files that are read or added to.
func apart(outputs []gateOutput, flag string, taken []string) error {
	shared, whole := 0, ""
	for i, o := range outputs {
		if o.file == "" {
			if shared++; o.format == "json" || o.format == "junit" {
				whole = o.format
			}
			continue
		}
		for _, other := range outputs[:i] {
			if same(o.file, other.file) {
				return usagef("--%s %s: --%s %s goes to that file: name another", flag, o, flag, other)
			}
		}
		for _, path := range taken {
			if same(o.file, path) {
				return usagef("--%s %s: the gate needs that file itself: name another", flag, o)
			}
		}
	}
	if whole != "" && shared > 1 {
		return usagef("--%s %s: it stands alone or is no %s: give it a file, such as %s=gate.out", flag, whole, whole, whole)
	}
	return nil
}

// same says whether two names are of one file, which need not be there yet.
func same(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if x, err := os.Stat(a); err == nil {
		y, err := os.Stat(b)
		return err == nil && os.SameFile(x, y)
	}
	x, errX := filepath.Abs(a)
	y, errY := filepath.Abs(b)
	return errX == nil && errY == nil && x == y
}

// fileWritable says why a file that is there, or could be, cannot be written to. What is no regular file is left alone: opening it may be noticed.
func fileWritable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return nil
	case err == nil:
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return file.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if errors.Is(err, fs.ErrExist) { // another made it just now, or it is a link to what is not there yet
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(path))
}

// rules are those of the file, then those of the command line.
func (f gateFlags) rules() (rules []gate.Rule, err error) {
	if f.file != "" {
		text, err := os.ReadFile(f.file)
		if err != nil {
			return nil, usagef("--gate: %w; name a file of rules, or give them one by one with --require", err)
		}
		if rules, err = gate.ParseFile(f.file, text); err != nil {
			return nil, err
		}
	}
	for _, text := range f.require {
		r, err := gate.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("--require: %w", err)
		}
		r.Where = "--require"
		rules = append(rules, r)
	}
	return slices.Clip(rules), nil
}

// stepSummary names the file that GitHub shows as a step's summary.
const stepSummary = "GITHUB_STEP_SUMMARY"

// deliver writes the verdicts in one form, and for GitHub what it shows beside the annotations.
func (a *app) deliver(out gateOutput, g *report.Gate, w io.Writer, o report.Options) error {
	if out.file != "" {
		o.Color = false
		return toFile(out.file, os.O_TRUNC, out.write, g, o)
	}
	if err := out.write(w, g, o); err != nil {
		return err
	}
	summary := a.getenv(stepSummary)
	if out.format != "github" || summary == "" {
		return nil
	}
	markdown, err := report.GateByName("markdown")
	if err != nil {
		return err
	}
	if err := toFile(summary, os.O_APPEND, markdown, g, o); err != nil {
		return fmt.Errorf("%s: %w", stepSummary, err)
	}
	return nil
}

// toFile writes a new file, or to the end of one.
func toFile(name string, how int, write report.GateFormat, g *report.Gate, o report.Options) (err error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|how, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if e := file.Close(); err == nil {
			err = e
		}
	}()
	return write(file, g, o)
}
