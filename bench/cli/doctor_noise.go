package cli

import (
	"context"
	"errors"
	"os"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/campaign"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/compare"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/selfcheck"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// What doctor --noise measures unless told otherwise: the cell of the release gate that has transactions, in as many blocks as a comparison has.
const (
	noiseProfile = "release-gate"
	noiseMode    = "transactional"
	noiseBlocks  = 10
)

// noise measures the same thing as both sides of a run, and says what its figures do while nothing changes.
func (a *app) noise(ctx context.Context, f doctorFlags, set *pflag.FlagSet) error {
	screen, err := newScreen(a.OS, "auto")
	if err != nil {
		return err
	}
	j, err := a.noiseJob(&f, set)
	if err != nil {
		return err
	}
	timing, err := selfcheck.MeasureTiming(ctx) // before a broker is started here, as doctor does
	if err != nil {
		return ended(ctx, err)
	}
	if err := reserve(f.out); err != nil {
		return err
	}
	defer os.Remove(f.out) // succeeds only while it is empty
	run, err := a.perform(ctx, j, campaignFlags{cluster: f.cluster, out: f.out, verbose: f.verbose}, screen)
	if run == nil {
		return err
	}
	d := newDiagnosis(run.Broker, librdkafka.New(), timing)
	d.Noise = newNoise(compare.New(run, ""), f.out)
	err = verdict(run, j.profile, err)
	if e := a.showDiagnosis(d, f); e != nil {
		return errors.Join(err, e)
	}
	if said := d.verdict(); said != nil && (err == nil || exitCode(ctx, err) == exitInconclusive) {
		return said // and why, above
	}
	return err
}

// noiseJob lays out a run whose two sides are the same. Everything that can be wrong with its input is found here.
func (a *app) noiseJob(f *doctorFlags, set *pflag.FlagSet) (*job, error) {
	settings := map[string]string{"mode": noiseMode, "blocks": strconv.Itoa(f.blocks)}
	for _, name := range []string{"rate", "duration"} { // whose defaults are the generator's
		if flag := set.Lookup(name); flag.Changed {
			settings[name] = flag.Value.String()
		}
	}
	layer, err := readProfile(noiseProfile)
	if err != nil {
		return nil, err
	}
	properties, err := f.client.read()
	if err != nil {
		return nil, err
	}
	profile, err := workload.Resolve(layer, a.Env, settings, properties)
	if err != nil {
		return nil, err
	}
	if profile.Blocks < campaign.Comparison {
		return nil, usagef("--blocks %d: two sides can be compared from %d on, and %d show their noise to a quarter: give more", profile.Blocks, campaign.Comparison, noiseBlocks)
	}
	profile.Name = "noise"
	for _, line := range gate.ForeseeRepeatabilities(profile.Cells(), profile.Reference) {
		a.say("warning: %s", line)
	}
	other := *profile
	profile.Against = &other
	options, err := a.options(&f.cluster, f.client.bootstrap)
	if err != nil {
		return nil, err
	}
	if f.out == "" {
		f.out = a.resultDir(profile.Name)
	}
	if err := vacant(f.out); err != nil {
		return nil, err
	}
	trials, err := a.plan(profile, options, 0)
	if err != nil {
		return nil, err
	}
	j := runJob(profile, trials, trials)
	j.options, j.against = options, &otherSide{profile: &other}
	return j, nil
}
