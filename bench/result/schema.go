package result

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed schema/run.schema.json
var runSchema string

// schemas are the compiled parts of the JSON Schema that stored files are held against.
type schemas struct{ run, trial *jsonschema.Schema }

func compileSchemas() (schemas, error) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(runSchema))
	if err != nil {
		return schemas{}, fmt.Errorf("read the embedded schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("run.schema.json", doc); err != nil {
		return schemas{}, fmt.Errorf("add the embedded schema: %w", err)
	}
	var s schemas
	if s.run, err = c.Compile("run.schema.json"); err != nil {
		return schemas{}, fmt.Errorf("compile the embedded schema: %w", err)
	}
	if s.trial, err = c.Compile("run.schema.json#/$defs/trial"); err != nil {
		return schemas{}, fmt.Errorf("compile the embedded schema: %w", err)
	}
	return s, nil
}

// decodeRun reads one run.json strictly.
func (s schemas) decodeRun(data []byte) (*Run, error) {
	var head struct {
		Schema *string `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, explain(err, len(data))
	}
	switch {
	case head.Schema == nil:
		return nil, errors.New(`not a run of kafka-eos-bench: it has no "schema"`)
	case *head.Schema != Schema:
		return nil, fmt.Errorf("schema is %q, this tool reads %q", *head.Schema, Schema)
	}
	var r Run
	if err := decode(data, s.run, &r); err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(r.Trials))
	for i := range r.Trials {
		t := &r.Trials[i]
		if seen[t.ID] {
			return nil, fmt.Errorf("at '/trials/%d/id': %q is there twice", i, t.ID)
		}
		seen[t.ID] = true
		if err := t.possible(); err != nil {
			return nil, fmt.Errorf("at '/trials/%d': %w", i, err)
		}
	}
	if err := distinct(r.Trials); err != nil {
		return nil, fmt.Errorf("at '/trials': %w", err)
	}
	return &r, nil
}

// decodeTrial reads one trials/*.json strictly.
func (s schemas) decodeTrial(data []byte) (*Trial, error) {
	var t Trial
	if err := decode(data, s.trial, &t); err != nil {
		return nil, err
	}
	if err := t.possible(); err != nil {
		return nil, err
	}
	return &t, nil
}

// decode holds data against a schema and fills v from it.
func decode(data []byte, s *jsonschema.Schema, v any) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return explain(err, len(data))
	}
	if err := s.Validate(doc); err != nil {
		var invalid *jsonschema.ValidationError
		if !errors.As(err, &invalid) {
			return err
		}
		for len(invalid.Causes) > 0 { // the first cause of the first cause is where the reader has to look
			invalid = invalid.Causes[0]
		}
		return errors.New(invalid.Error())
	}
	if err := json.Unmarshal(data, v); err != nil {
		return explain(err, len(data))
	}
	return nil
}

// explain says where decoding stopped: a file cut short is what a full disk or a lost machine leaves.
func explain(err error, size int) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fmt.Errorf("cut short after %d bytes", size)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		if syntax.Offset >= int64(size) {
			return fmt.Errorf("cut short after %d bytes", size)
		}
		return fmt.Errorf("not JSON at byte %d: %w", syntax.Offset, err)
	}
	return err
}

// possible checks what a schema cannot say: figures that contradict one another were not measured.
func (t *Trial) possible() error {
	for name, l := range t.LatencyUS {
		// The largest value is not held against the percentiles: those are the upper ends of histogram buckets.
		rising := [...]struct {
			name  string
			value *float64
		}{{"p50", l.P50}, {"p90", l.P90}, {"p99", l.P99}, {"p99_9", l.P999}}
		last := -1
		for i, v := range rising {
			if v.value == nil {
				continue
			}
			if l.Count == 0 {
				return fmt.Errorf("latency_us/%s/%s: a figure without samples", name, v.name)
			}
			if last >= 0 && *v.value < *rising[last].value {
				return fmt.Errorf("latency_us/%s/%s: %v is below %s (%v)", name, v.name, *v.value, rising[last].name, *rising[last].value)
			}
			last = i
		}
	}
	return nil
}
