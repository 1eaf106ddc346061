package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// UnderTest is what is meant to differ between a baseline and a run that is held against it: the change that is on trial.
type UnderTest string

// What can be under test.
const (
	BrokerVersion UnderTest = "broker.version" // with transaction.version and the settings that only one of the versions has
	Client        UnderTest = "client"         // library, version and transaction protocol
	ClientConfig  UnderTest = "client-config"  // the properties given, linger.ms among them

	// Cluster is all of a broker. Only a run that measured two clusters in the same blocks has it under test: apart from each other, more than
	// what they are differs between two.
	Cluster UnderTest = "cluster"
)

var underTest = []UnderTest{BrokerVersion, Client, ClientConfig}

// ParseUnderTest reads what is under test. The error, a *workload.UsageError, names the nearest.
func ParseUnderTest(name string) (UnderTest, error) {
	if t := UnderTest(name); slices.Contains(underTest, t) {
		return t, nil
	}
	var names []string
	for _, t := range underTest {
		names = append(names, string(t))
	}
	return "", &workload.UsageError{Problem: fmt.Sprintf("%q is nothing that can be under test", name), Remedy: workload.DidYouMean(name, names)}
}

// clientConfig is what the keys of client properties begin with among a profile's values.
const clientConfig = "client_config."

// ofSetting is what a workload's setting is a part of.
func ofSetting(key string) UnderTest {
	if strings.HasPrefix(key, clientConfig) {
		return ClientConfig
	}
	return ""
}

// axesOf are those that belong to what is under test: they tell the cells of a run apart, and must not keep those of two runs from being matched.
var axesOf = map[UnderTest]string{Client: workload.AxisClient, ClientConfig: AxisLinger}

// Held is a run's baseline as far as what is under test lets it be one.
type Held struct {
	Baseline *Run     // its cells as those of the run in the axes that are under test, where neither run varies them
	Meant    []string // differences of what is under test, a line each as Differences has them
	Others   []string // that make the two not comparable
}

// Hold divides what a run and its baseline differ in into what is meant to differ and what is not.
func Hold(baseline, run *Run, tests []UnderTest) Held {
	var meant, others []difference
	for _, d := range differences(baseline, run) {
		if slices.Contains(tests, d.test) || slices.Contains(tests, Cluster) && d.ofBroker() {
			meant = append(meant, d)
		} else {
			others = append(others, d)
		}
	}
	held := Held{Baseline: baseline, Others: lines(others)}
	for _, t := range tests {
		axis, has := axesOf[t]
		was, now := sole(baseline, axis), sole(run, axis)
		if !has || was == nil || now == nil || was == now {
			continue
		}
		held.Baseline = held.Baseline.with(axis, now)
		if t == ClientConfig { // the client says so already
			meant = append(meant, difference{workloadSent, t, fmt.Sprintf("%s: %s → %s", axis, Spell(was), Spell(now))})
		}
	}
	held.Meant = lines(meant)
	return held
}

// ofBroker says whether the two differ in their clusters.
func (d difference) ofBroker() bool {
	return d.of == brokerVersion || d.of == brokerCluster || d.of == brokerSettings
}

// sole is the one value that all cells of a run have of an axis, nil where there is none or they differ.
func sole(r *Run, axis string) any {
	var value any
	for i, c := range r.Cells {
		v := c.Axes[axis]
		if i > 0 && v != value {
			return nil
		}
		value = v
	}
	return value
}

// with is the run with another value of an axis in every cell.
func (r *Run) with(axis string, value any) *Run {
	changed := *r.Run
	changed.Trials = slices.Clone(r.Trials)
	for i := range changed.Trials {
		t := &changed.Trials[i]
		t.Axes = maps.Clone(t.Axes)
		t.Axes[axis] = value
	}
	return New(&changed, r.Reference)
}
