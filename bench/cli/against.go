package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/broker"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/trial"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// againstFlags name the other side of a run that measures two.
type againstFlags struct{ given []string }

func (f *againstFlags) register(set *pflag.FlagSet) {
	set.StringArrayVar(&f.given, "against", nil, "measure a baseline in the same blocks, which has another `SETTING`: bootstrap=host:port, client-config=FILE or X=key=value (repeatable)")
}

// What tells the other side apart.
const (
	againstBootstrap = "bootstrap"
	againstConfig    = "client-config"
	againstProperty  = "X"
)

// otherSide is the baseline that a run measures too, before there is a cluster.
type otherSide struct {
	profile *workload.Profile
	options *broker.Options // nil: it is on the same cluster
	stored  result.Against  // but for what the cluster is
}

// otherSide resolves the side that differs from the run's own in what was given; nil: there is none.
func (a *app) otherSide(f againstFlags, w *workloadFlags, profile string) (*otherSide, error) {
	if len(f.given) == 0 {
		return nil, nil
	}
	side := *w
	side.client.properties = slices.Clone(w.client.properties)
	other := &otherSide{}
	bootstrap := ""
	meant := func(test compare.UnderTest) {
		if name := string(test); !slices.Contains(other.stored.UnderTest, name) {
			other.stored.UnderTest = append(other.stored.UnderTest, name)
		}
	}
	for _, text := range f.given {
		what, value, _ := strings.Cut(text, "=")
		shown, test := text, compare.ClientConfig
		switch {
		case value == "":
			return nil, usagef("--against %s: write SETTING=VALUE, such as bootstrap=host:9092, client-config=old.properties or X=linger.ms=0", what)
		case what == againstBootstrap:
			bootstrap, test = value, compare.Cluster
		case what == againstConfig:
			side.client.file = value
		case what == againstProperty:
			side.client.properties = append(side.client.properties, value)
			key, secret, _ := strings.Cut(value, "=")
			shown = what + "=" + key + "=" + client.Redact(map[string]string{key: secret})[key]
		default:
			return nil, usagef("--against %s: %s", what, workload.DidYouMean(what, []string{againstBootstrap, againstConfig, againstProperty}))
		}
		other.stored.Given = append(other.stored.Given, shown)
		meant(test)
	}
	var err error
	if other.profile, err = side.resolve(profile, a.Env, nil); err != nil {
		return nil, fmt.Errorf("--against: %w", err)
	}
	if named := side.client.bootstrap; bootstrap == "" && named != w.client.bootstrap && named != "" { // in the other file
		bootstrap = named
		meant(compare.Cluster)
	}
	if bootstrap == "" {
		return other, nil
	}
	if err := addresses("--against "+againstBootstrap, bootstrap); err != nil {
		return nil, err
	}
	options := a.brokerOptions(0)
	options.Kind, options.Bootstrap = broker.External, bootstrap
	other.options = &options
	return other, nil
}

// open opens the other side's cluster, where it is another than the run's own.
func (o *otherSide) open(ctx context.Context, a *app) (*opened, error) {
	if o == nil || o.options == nil {
		return nil, nil
	}
	a.say("the baseline's cluster:")
	on, err := a.open(ctx, *o.options, o.profile.Properties, fixed(o.profile))
	if err != nil {
		return nil, fmt.Errorf("--against: %w", err)
	}
	return on, nil
}

// sides are where the trials of a run's sides are measured.
type sides struct{ newer, baseline trial.Env }

// of is where a trial is measured.
func (s sides) of(t plan.Trial) trial.Env {
	if t.Workload.Side == workload.Baseline {
		return s.baseline
	}
	return s.newer
}

// sidesOn are those of a run on its cluster, and of the baseline on another if there is one.
func sidesOn(env trial.Env, other *opened) sides {
	s := sides{newer: env, baseline: env}
	if other != nil {
		s.baseline.Target, s.baseline.Admin, s.baseline.ReplicationFactor = other.target, other.admin, other.about.ReplicationFactor
	}
	return s
}
