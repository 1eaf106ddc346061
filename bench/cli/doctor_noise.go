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
	j, without, err := a.noiseJob(&f, set)
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
	d.Noise = newNoise(compare.New(run, ""), without, f.out)
	err = verdict(run, j.profile, err)
	if e := a.showDiagnosis(d, f); e != nil {
		return errors.Join(err, e)
	}
	if said := d.verdict(); said != nil && (err == nil || exitCode(ctx, err) == exitInconclusive) {
		return said // and why, above
	}
	return err
}

// noiseJob lays out a run whose two sides are the same, and says which figures its windows are too short for. Everything that can be wrong with
// its input is found here.
func (a *app) noiseJob(f *doctorFlags, set *pflag.FlagSet) (*job, []gate.Repeatability, error) {
	settings := map[string]string{"mode": noiseMode, "blocks": strconv.Itoa(f.blocks)}
	for _, name := range []string{"rate", "duration"} { // whose defaults are the generator's
		if flag := set.Lookup(name); flag.Changed {
			settings[name] = flag.Value.String()
		}
	}
	layer, err := readProfile(noiseProfile)
	if err != nil {
		return nil, nil, err
	}
	properties, err := f.client.read()
	if err != nil {
		return nil, nil, err
	}
	profile, err := workload.Resolve(layer, a.Env, settings, properties)
	if err != nil {
		return nil, nil, err
	}
	if profile.Blocks < campaign.Comparison {
		return nil, nil, usagef("--blocks %d: two sides can be compared from %d on, and %d show their noise to a quarter: give more", profile.Blocks, campaign.Comparison, noiseBlocks)
	}
	profile.Name = "noise"
	if c := profile.Cells()[0]; c.Workload.Readers == 0 {
		return nil, nil, usagef("KEB_READERS=0: figures of what nobody has read say nothing: --noise takes 1 or more")
	}
	without := gate.ForeseeRepeatabilities(profile.Cells(), profile.Reference)
	for _, r := range without {
		a.say("warning: %s is left out: %s: %s", r.Figure, r.Reason, r.Remedy)
	}
	other := *profile
	profile.Against = &other
	options, err := a.options(&f.cluster, f.client.bootstrap)
	if err != nil {
		return nil, nil, err
	}
	if f.out == "" {
		f.out = a.resultDir(profile.Name)
	}
	if err := vacant(f.out); err != nil {
		return nil, nil, err
	}
	trials, err := a.plan(profile, options, 0)
	if err != nil {
		return nil, nil, err
	}
	j := runJob(profile, trials, trials)
	j.options, j.against = options, &otherSide{profile: &other}
	return j, without, nil
}
