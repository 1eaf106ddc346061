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
	r, written, err := s.decodeHead(data)
	if err != nil {
		return nil, err
	}
	trials, err := decodeAll(len(written), func(i int) (*Trial, error) { return s.decodeTrial(written[i], "trials", strconv.Itoa(i)) })
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(trials))
	for i := range trials {
		if err := once(seen, i, trials[i].ID); err != nil {
			return nil, err
		}
	}
	if err := distinct(trials); err != nil {
		return nil, fmt.Errorf("at '/trials': %w", err)
	}
	r.Trials = trials
	return r, nil
}

// once refuses a trial that a run.json lists a second time.
func once(seen map[string]bool, i int, id string) error {
	if seen[id] {
		return fmt.Errorf("at '/trials/%d/id': %q is there twice", i, id)
	}
	seen[id] = true
	return nil
}

// decodeHead reads what a run.json says of the run as a whole, and returns its trials as they are written: those of a large campaign would
// take many times the file's memory as one document.
func (s schemas) decodeHead(data []byte) (*Run, [][]byte, error) {
	head, trials, err := split(data)
	if err != nil {
		return nil, nil, err
	}
	if err := ours(head); err != nil {
		return nil, nil, err
	}
	if data, err = json.Marshal(head); err != nil {
		return nil, nil, err
	}
	var r Run
	if err := decode(data, s.run, &r); err != nil {
		return nil, nil, err
	}
	return &r, trials, nil
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

// split cuts a run.json into its trials, which are parts of data, and all else, which has an empty list in their place.
func split(data []byte) (head map[string]any, trials [][]byte, err error) {
	if !json.Valid(data) {
		return nil, nil, explain(json.Unmarshal(data, new(json.RawMessage)), len(data))
	}
	head = map[string]any{}
	doc := json.NewDecoder(bytes.NewReader(data))
	doc.UseNumber()
	if open, err := doc.Token(); err != nil || open != json.Delim('{') {
		return head, nil, err
	}
	for doc.More() {
		key, err := doc.Token()
		if err != nil {
			return nil, nil, err
		}
		name := key.(string)
		if _, twice := head[name]; twice {
			return nil, nil, fmt.Errorf("at '/%s': it is there twice", name)
		}
		if value := bytes.TrimLeft(data[doc.InputOffset():], ": \t\r\n"); name == "trials" && value[0] == '[' {
			head[name] = []any{}
			trials, err = elements(doc, data)
		} else {
			var v any
			err = doc.Decode(&v)
			head[name] = v
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return head, trials, nil
}

// elements are those of the list that comes next in a document, as they are written in data.
func elements(doc *json.Decoder, data []byte) (written [][]byte, err error) {
	if _, err := doc.Token(); err != nil {
		return nil, err
	}
	var element json.RawMessage
	for doc.More() {
		if err := doc.Decode(&element); err != nil {
			return nil, err
		}
		end := int(doc.InputOffset())
		written = append(written, data[end-len(element):end])
	}
	_, err = doc.Token()
	return written, err
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
