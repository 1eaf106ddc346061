package result

import (
	"encoding/json"
	"io"
	"slices"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/redact"
)

// Encode writes a run as run.json holds it: indented, lists that are empty as [] and never null, secrets redacted.
func Encode(w io.Writer, r *Run) error {
	stored := *r
	stored.Warnings = list(r.Warnings)
	stored.Broker.Config = withoutSecrets(r.Broker.Config)
	stored.Profile.Values = valuesWithoutSecrets(r.Profile.Values)
	if r.Against != nil {
		against := *r.Against
		against.Broker.Config = withoutSecrets(against.Broker.Config)
		against.Profile.Values = valuesWithoutSecrets(against.Profile.Values)
		against.Given, against.UnderTest = list(against.Given), list(against.UnderTest)
		stored.Against = &against
	}
	stored.Trials = make([]Trial, len(r.Trials))
	for i := range r.Trials {
		stored.Trials[i] = r.Trials[i].stored()
	}
	return Indented(w, &stored)
}

// stored returns the trial in the form it is written.
func (t *Trial) stored() Trial {
	s := *t
	s.Warnings = list(t.Warnings)
	s.Guarantee.Reasons = list(t.Guarantee.Reasons)
	s.ClientConfig.Producer = withoutSecrets(t.ClientConfig.Producer)
	s.ClientConfig.Reader = withoutSecrets(t.ClientConfig.Reader)
	if s.Axes == nil {
		s.Axes = map[string]any{}
	}
	if s.LatencyUS == nil {
		s.LatencyUS = map[string]Latency{}
	}
	return s
}

// Indented writes a document as all JSON of the tool is written: indented, and legible where HTML would need escapes.
func Indented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func list(lines []string) []string {
	if lines == nil {
		return []string{}
	}
	return slices.Clone(lines)
}

func valuesWithoutSecrets(values map[string]Value) map[string]Value {
	shown := make(map[string]Value, len(values))
	for name, v := range values {
		v.Value = redact.Properties(map[string]string{name: v.Value})[name]
		shown[name] = v
	}
	return shown
}

// withoutSecrets is a second net: clients hand over their configuration redacted. One that nobody gave stays null.
func withoutSecrets(settings map[string]string) map[string]string {
	if settings == nil {
		return nil
	}
	return redact.Properties(settings)
}
