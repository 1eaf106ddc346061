package profiles_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/campaign"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/gate"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/plan"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
	"github.com/kafka-eos-bench/kafka-eos-bench/profiles"
)

const schemaFile = "profile.schema.json"

func resolve(t *testing.T, name string) *workload.Profile {
	t.Helper()
	text, err := profiles.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	layer, err := workload.Parse(name+".yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := workload.Resolve(layer, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestList(t *testing.T) {
	if want := []string{"capacity", "claims", "fault", "high-rate", "ladder", "low-rate", "quick", "release-gate"}; !slices.Equal(profiles.List(), want) {
		t.Errorf("%q", profiles.List())
	}
}

func TestReadUnknown(t *testing.T) {
	_, err := profiles.Read("quikc")
	want := `profile: no built-in profile "quikc": did you mean quick? (or give the path of a file, such as ./quikc.yaml)`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// Every built-in profile is one that can show what it is for: described, valid, and with no warning from the plan.
func TestProfiles(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	ordinary := 5 * time.Millisecond // a commit on an idle broker
	for _, name := range profiles.List() {
		p := resolve(t, name)
		if p.Name != name || p.Description == "" {
			t.Errorf("%s calls itself %q (%q)", name, p.Name, p.Description)
		}
		for _, c := range p.Cells() {
			for _, w := range plan.Warnings(c, &ordinary) {
				t.Errorf("%s: %s", name, w)
			}
		}
		text, err := profiles.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if head, _, _ := strings.Cut(string(text), "\n"); head != "# yaml-language-server: $schema="+schemaFile {
			t.Errorf("%s opens with %q", name, head)
		}
		if err := validate(t, schema, string(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestQuickIsQuick(t *testing.T) {
	p := resolve(t, "quick")
	e := plan.NewEstimate(p.Cells(), p.Blocks, 1)
	if e.Trials != 4 || e.Time > 50*time.Second {
		t.Errorf("%s", e)
	}
}

// A gate's verdict takes five minutes at most, with a broker that was started for it, and knows the percentile that it is for.
func TestReleaseGateIsQuickAndKnowsEnough(t *testing.T) {
	p := resolve(t, "release-gate")
	trials, err := plan.Trials(p.Cells(), p.Blocks, p.Seed)
	if err != nil {
		t.Fatal(err)
	}
	e := plan.NewEstimate(p.Cells(), p.Blocks, 1).After(campaign.Conditioning(trials, p.Blocks, 1))
	if e.Time > 280*time.Second {
		t.Errorf("%s", e)
	}
	text, err := os.ReadFile("../scripts/ci/gate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := gate.ParseFile("gate.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	if err := gate.Check(rules, gate.Planned(p.Cells(), p.Reference), false); err != nil {
		t.Error(err)
	}
	for _, v := range gate.Foresee(rules, p.Cells(), p.Reference, p.Blocks, false) {
		t.Errorf("%s in %s is inconclusive whatever is measured: %s", v.Rule, v.Cell, v.Reason)
	}
}

// What the profile says its blocks find: three rules together, with trials that vary by 4% and pairs of them by 7%.
func TestReleaseGateFindsWhatItSays(t *testing.T) {
	p := resolve(t, "release-gate")
	for text, noise := range map[string]gate.Noise{
		"p99(commit_due) < 22.8ms":             {Spread: 0.04, Level: 20_000},
		"p99(e2e) <= baseline + 12%":           {Spread: 0.07},
		"cost(client_cpu_us_per_record) < 12%": {Spread: 0.07},
	} {
		r, err := gate.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := r.BlocksNeeded(noise, gate.Design{Tests: 3}, gate.Worsening); err != nil || n > p.Blocks {
			t.Errorf("%s: %d blocks, %v; the profile has %d", text, n, err, p.Blocks)
		}
	}
}

// A bare run with an interval and no size means what it says: the interval alone closes transactions.
func TestQuickLeavesSizeOpen(t *testing.T) {
	text, err := profiles.Read("quick")
	if err != nil {
		t.Fatal(err)
	}
	layer, err := workload.Parse("quick.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := workload.Resolve(layer, nil, map[string]string{"mode": "transactional", "txn-interval": "100ms"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if w := p.Cells()[0].Workload; w.TxnSize != 0 || w.TxnInterval != 100*time.Millisecond {
		t.Errorf("size %d, interval %s", w.TxnSize, w.TxnInterval)
	}
}

// Profiles that compare have the blocks that an interval takes.
func TestComparisonsHaveBlocks(t *testing.T) {
	for name, want := range map[string]int{"claims": 10, "low-rate": 10, "high-rate": 10, "ladder": 10, "quick": 1, "capacity": 1, "release-gate": 8} {
		if p := resolve(t, name); p.Blocks != want {
			t.Errorf("%s has %d blocks, want %d", name, p.Blocks, want)
		}
	}
}

func TestClaims(t *testing.T) {
	var names []string
	for _, c := range resolve(t, "claims").Cells() {
		names = append(names, c.Name)
		if !c.Workload.Rate.Max {
			t.Errorf("%s has no throughput cost: its rate is %s", c.Name, c.Workload.Rate)
		}
	}
	want := []string{"mode=at-most-once", "mode=at-least-once", "mode=idempotent", "mode=transactional,txn_size=1",
		"mode=transactional,txn_size=10", "mode=transactional,txn_size=100", "mode=transactional,txn_size=1000"}
	if !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
}

func validate(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

// The schema says of each setting what the table says.
func TestSchemaMatchesSettings(t *testing.T) {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]struct {
			Description string
			Default     string
			AnyOf       []struct{ Type string }
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	keys := []string{"name", "description", "client_config"}
	for _, s := range workload.Settings() {
		keys = append(keys, s.Key)
		got := schema.Properties[s.Key]
		if got.Description != s.Usage || got.Default != s.Default {
			t.Errorf("%s: described as %q with default %q, the table says %q and %q", s.Key, got.Description, got.Default, s.Usage, s.Default)
		}
		if list := len(got.AnyOf) == 2 && got.AnyOf[1].Type == "array"; list != s.Axis {
			t.Errorf("%s: takes a list: %v, the table says %v", s.Key, list, s.Axis)
		}
	}
	slices.Sort(keys)
	if got := slices.Sorted(maps.Keys(schema.Properties)); !slices.Equal(got, keys) {
		t.Errorf("keys\n got %q\nwant %q", got, keys)
	}
}

// What the schema and the tool accept of single keys is the same.
func TestSchemaAgrees(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	type sample struct {
		text string
		ok   bool
	}
	samples := []sample{
		{"mode: all", true}, {"mode: [idempotent, transactional]", true}, {"mode: exactly-once", false}, {"mode: []", false},
		{"txn_size: 0", true}, {"txn_size: 1k", true}, {"txn_size: [1, 10k]", true}, {"txn_size: -1", false}, {"txn_size: many", false},
		{"txn_size: [1, 1]", false}, {"txn_interval: 0", true}, {"txn_interval: [100ms, 1m30s]", true}, {"txn_interval: 100", false},
		{"abort_ratio: 0.2", true}, {"abort_ratio: 1", false}, {"message_size: 47", false}, {"message_size: [48, 1KB, 2 MiB]", true},
		{`message_size: ["uniform(100,2KB)", "normal(1000,200)"]`, true}, {"message_size: pareto(1,2)", false},
		{"payload: file:a b", true}, {"payload: zeros", false}, {"rate: max", true}, {"rate: [0.5, 20k]", true}, {"rate: 0", false},
		{"rate: fast", false}, {"arrival: burst", true}, {"arrival: sine", false}, {"duration: 10", false}, {"warmup: 0", true},
		{"isolation: read_committed", true}, {"isolation: none", false}, {"keys: [1, 2]", false}, {"seed: -1", false},
		{"reference: all", false}, {"expect: unsustained", true}, {"client_config: {linger.ms: 5, sasl.username: x}", true},
		{"client_config: 5", false}, {"name: a/b", false}, {"name: nightly-1", true}, {"unknown: 1", false},
		{"linger: [0, 5ms]", true}, {"linger: 5", false}, {"ladder: true", true}, {"ladder: 5", false},
	}
	for _, s := range workload.Settings() {
		samples = append(samples, sample{s.Key + ": " + s.Example, true})
	}
	for _, s := range samples {
		_, parsed := workload.Parse("p.yaml", []byte(s.text))
		valid := validate(t, schema, s.text)
		if (parsed == nil) != s.ok || (valid == nil) != s.ok {
			t.Errorf("%s: want accepted %v; tool says %v, schema says %v", s.text, s.ok, parsed, valid)
		}
	}
}
