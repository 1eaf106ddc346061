package result

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
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
	trials := []Trial{}
	seen := map[string]bool{}
	r, err := s.decodeHead(data, func(i int, data []byte) error {
		t, err := s.decodeTrial(data, "trials", strconv.Itoa(i))
		if err != nil {
			return err
		}
		if seen[t.ID] {
			return fmt.Errorf("at '/trials/%d/id': %q is there twice", i, t.ID)
		}
		seen[t.ID] = true
		trials = append(trials, *t)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := distinct(trials); err != nil {
		return nil, fmt.Errorf("at '/trials': %w", err)
	}
	r.Trials = trials
	return r, nil
}

// decodeHead reads what a run.json says of the run as a whole and hands its trials over one by one, each valid until take returns: those
// of a large campaign together would take many times the file's memory.
func (s schemas) decodeHead(data []byte, take func(i int, data []byte) error) (*Run, error) {
	head, err := split(data, take)
	if err != nil {
		return nil, err
	}
	if err := ours(head); err != nil {
		return nil, err
	}
	if data, err = json.Marshal(head); err != nil {
		return nil, err
	}
	var r Run
	if err := decode(data, s.run, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// ours refuses a document that is no run, or another version's.
func ours(head map[string]any) error {
	switch name := head["schema"]; name {
	case Schema:
		return nil
	case nil:
		return errors.New(`not a run of kafka-eos-bench: it has no "schema"`)
	default:
		return fmt.Errorf("schema is %q, this tool reads %q", fmt.Sprint(name), Schema)
	}
}

// split reads a run.json but for its trials, of which take gets each as it is written and the head an empty list.
func split(data []byte, take func(i int, data []byte) error) (head map[string]any, err error) {
	if !json.Valid(data) {
		return nil, explain(json.Unmarshal(data, new(json.RawMessage)), len(data))
	}
	head = map[string]any{}
	doc := json.NewDecoder(bytes.NewReader(data))
	doc.UseNumber()
	if open, err := doc.Token(); err != nil || open != json.Delim('{') {
		return head, err
	}
	for doc.More() {
		key, err := doc.Token()
		if err != nil {
			return nil, err
		}
		name := key.(string)
		if _, twice := head[name]; twice {
			return nil, fmt.Errorf("at '/%s': it is there twice", name)
		}
		if name == "trials" {
			head[name] = []any{}
			if _, known := head["schema"]; known && ours(head) != nil {
				return head, nil //nolint:nilerr // the caller says so: another version's trials are not looked into
			}
			err = elements(doc, take)
		} else {
			var v any
			err = doc.Decode(&v)
			head[name] = v
		}
		if err != nil {
			return nil, err
		}
	}
	return head, nil
}

// elements hands over the trials of a run.json.
func elements(doc *json.Decoder, take func(i int, data []byte) error) error {
	if open, err := doc.Token(); err != nil || open != json.Delim('[') {
		return errors.Join(err, errors.New("at '/trials': it is no list"))
	}
	var raw json.RawMessage
	for i := 0; doc.More(); i++ {
		if err := doc.Decode(&raw); err != nil {
			return err
		}
		if err := take(i, raw); err != nil {
			return err
		}
	}
	_, err := doc.Token()
	return err
}

// decodeTrial reads one trial strictly, which in a run.json lies at a place of it.
func (s schemas) decodeTrial(data []byte, at ...string) (*Trial, error) {
	var t Trial
	if err := decode(data, s.trial, &t, at...); err != nil {
		return nil, err
	}
	if err := t.possible(); err != nil {
		if e, ok := errors.AsType[*impossible](err); ok && len(at) > 0 {
			e.field = strings.Join(at, "/") + "/" + e.field
		}
		return nil, err
	}
	return &t, nil
}

// decode holds data, which lies at a place of its file, against a schema and fills v from it.
func decode(data []byte, s *jsonschema.Schema, v any, at ...string) error {
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
		invalid.InstanceLocation = append(slices.Clone(at), invalid.InstanceLocation...)
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
