package selfcheck

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/fault/proxy"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/trial"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Lab is a cluster to check the tool on. It is used by one goroutine.
type Lab struct {
	Env        trial.Env         // its Store and Progress are the checks' own; Say tells what is going on
	About      result.Broker     // the cluster, as results record it
	Properties map[string]string // of the client, as the user gave them
	Dir        string            // for the trials' histogram logs; the caller's to remove
	Window     time.Duration     // of a trial

	trials int
}

// Suite is the profile that stands for the lab's trials where a cluster is opened and warmed up for them. The errors are those
// of a profile.
func Suite(window time.Duration, properties map[string]string) (*workload.Profile, error) {
	p, err := workload.Resolve(nil, nil, map[string]string{
		"mode": "at-least-once,transactional", "rate": strconv.Itoa(frozenRate), "duration": window.String(),
	}, properties)
	if err != nil {
		return nil, err
	}
	p.Name = "selfcheck"
	return p, nil
}

// workload settles a workload from settings, by their flags, and the user's client properties. Environment and
// profiles have no say: a check is the same everywhere.
func (l *Lab) workload(flags map[string]string) (workload.Workload, error) {
	p, err := workload.Resolve(nil, nil, flags, l.Properties)
	if err != nil {
		return workload.Workload{}, err
	}
	return p.Cells()[0].Workload, nil
}

// with adds settings to others.
func with(flags, more map[string]string) map[string]string {
	all := maps.Clone(flags)
	maps.Copy(all, more)
	return all
}

// behind is the lab's cluster as clients see it through a proxy. The administration stays outside.
func (l *Lab) behind(p *proxy.Proxy) *broker.Target {
	t := *l.Env.Target
	t.Bootstrap = strings.Join(p.Bootstrap(), ",")
	return &t
}

// errNoProxy is wrapped where no proxy can stand in front of a cluster: it is on another machine or encrypted.
var errNoProxy = errors.New("no proxy can be put in front of the cluster")

func (l *Lab) proxy(ctx context.Context) (*proxy.Proxy, error) {
	p, err := proxy.Open(ctx, strings.Split(l.Env.Target.Bootstrap, ","))
	if err != nil {
		return nil, errors.Join(ctx.Err(), fmt.Errorf("%w: %w; --broker local checks the tool on a cluster of its own", errNoProxy, err))
	}
	return p, nil
}

// unproxied leaves checks open because of that, and hands on every other error.
func unproxied(ctx context.Context, checks []Check, err error) ([]Check, error) {
	if ctx.Err() != nil || !errors.Is(err, errNoProxy) {
		return nil, err
	}
	for i := range checks {
		checks[i].Verdict, checks[i].Note = Inconclusive, err.Error()
	}
	return checks, nil
}

// observation is a trial with its histograms.
type observation struct {
	*result.Trial
	histograms map[measure.Metric]*hdrhistogram.Histogram
}

// measurement is a trial about to be run.
type measurement struct {
	env  trial.Env
	plan plan.Trial
	log  string // where its histogram log will be
}

// prepare names a trial and gives it a place for its files.
func (l *Lab) prepare(target *broker.Target, w workload.Workload, progress func(trial.Progress)) (measurement, error) {
	store, err := result.Create(l.Dir, &result.Run{
		Schema: result.Schema, RunID: l.Env.RunID, Tool: result.ThisTool(), Machine: result.ThisMachine(), Broker: l.About,
		Profile: result.Profile{Name: "selfcheck", Values: map[string]result.Value{}}, Warnings: []string{}, Trials: []result.Trial{},
	})
	if err != nil {
		return measurement{}, err
	}
	l.trials++
	id := fmt.Sprintf("selfcheck%03d", l.trials)
	m := measurement{
		env: l.Env, plan: plan.Trial{ID: id, Cell: id, Block: 1, Axes: map[string]any{}, Workload: w},
		log: filepath.Join(l.Dir, "trials", id+".hlog"),
	}
	m.env.Store, m.env.Target, m.env.Progress = store, target, progress
	return m, nil
}

// run measures the trial and reads back the histogram log that it wrote.
func (m measurement) run(ctx context.Context) (*observation, error) {
	t, err := trial.Run(ctx, m.env, m.plan)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, err
	}
	file, err := os.Open(m.log)
	if err != nil {
		return nil, fmt.Errorf("read back a trial's histogram log: %w", err)
	}
	defer file.Close()
	o := &observation{Trial: t}
	o.histograms, err = measure.ReadLog(file)
	return o, err
}

// maxLate is how late the generator itself may be at its 99th percentile before a trial is left out of a verdict against the tool: others want the CPU,
// and it is served first.
const maxLate = 2 * time.Millisecond

// disturbed says why a trial must not speak against the tool: the cluster or the machine was not its own. It is
// empty where nothing is known that would.
func (o *observation) disturbed() string {
	late := o.quantile(measure.Schedule, 99)
	switch stolen := o.Resources.Stolen(); {
	case !o.whole() && o.Guarantee.Verdict != result.Broken:
		return o.ending()
	case o.FellBehind():
		return "the trial did not sustain its rate"
	case stolen > result.MaxSteal:
		return fmt.Sprintf("the hypervisor gave %.0f%% of this machine's CPU time to others", 100*stolen)
	case late > maxLate:
		return fmt.Sprintf("this machine is busy: the generator was %s late at its p99", short(late))
	}
	return ""
}

// whole tells whether the trial ran to its end and its mode's promise held.
func (o *observation) whole() bool { return o.Complete && o.Guarantee.Verdict == result.Held }

func (o *observation) ending() string {
	return strings.Join(slices.Concat([]string{"the trial did not end well: guarantee " + string(o.Guarantee.Verdict)}, o.Guarantee.Reasons, o.Warnings), "; ")
}

// evident takes back what was concluded from a trial that proves nothing: nothing was done to it that could break a
// promise, so that a broken one speaks against the tool, and one not judged for nobody.
func (o *observation) evident(checks []Check) []Check {
	if o.whole() {
		return checks
	}
	for i := range checks {
		checks[i].Verdict, checks[i].Note = Inconclusive, o.ending()
		if o.Guarantee.Verdict == result.Broken {
			checks[i].Verdict = Fail
		}
	}
	return checks
}

// quantile of a histogram, without asking for ten samples beyond it; 0 where there is none.
func (o *observation) quantile(m measure.Metric, percent float64) time.Duration {
	h := o.histograms[m]
	if h == nil {
		return 0
	}
	return time.Duration(h.ValueAtPercentile(percent)) * time.Microsecond
}

// above counts a histogram's samples larger than a latency. One that lies on it may fall to either side.
func (o *observation) above(m measure.Metric, latency time.Duration) (n int64) {
	h := o.histograms[m]
	if h == nil {
		return 0
	}
	for _, bar := range h.Distribution() {
		if bar.From > latency.Microseconds() {
			n += bar.Count
		}
	}
	return n
}
