package baseline

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// Extension of a baseline's file; before it stands the baseline's name.
const Extension = ".json"

//go:embed schema/baseline.schema.json
var schema string

var plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// CheckName says what is wrong with a baseline's name, which names its file too: a *workload.UsageError.
func CheckName(name string) error {
	if !plainName.MatchString(name) || strings.HasSuffix(name, Extension) {
		return &workload.UsageError{Problem: fmt.Sprintf("%q cannot name a baseline", name),
			Remedy: "take letters, digits, '-', '_' and '.', such as main or kafka-4.3; its file is called NAME" + Extension}
	}
	return nil
}

// Encode writes the stored form: indented, with a line for each list of numbers, so that a difference of two versions can be read.
func Encode(w io.Writer, b *Baseline) error {
	var doc bytes.Buffer
	if err := result.Indented(&doc, b); err != nil {
		return fmt.Errorf("encode the baseline %s: %w", b.Name, err)
	}
	_, err := w.Write(onOneLine(doc.Bytes()))
	return err
}

// flat matches an indented list of numbers, null, booleans and verdicts. A string holds no line break that could look like one.
var flat = regexp.MustCompile(`\[\n\s+(?:[0-9.eE+-]+|null|true|false|"[a-z_]+")(?:,\n\s+(?:[0-9.eE+-]+|null|true|false|"[a-z_]+"))*\n\s+\]`)

var space = regexp.MustCompile(`\n\s+`)

func onOneLine(doc []byte) []byte {
	return flat.ReplaceAllFunc(doc, func(list []byte) []byte {
		inside := bytes.TrimSpace(list[1 : len(list)-1])
		return append(append([]byte{'['}, space.ReplaceAll(inside, []byte(" "))...), ']')
	})
}

// Save writes a baseline to a file, whole or not at all; its folder has to exist.
func Save(path string, b *Baseline) error {
	var doc bytes.Buffer
	if err := Encode(&doc, b); err != nil {
		return err
	}
	if _, err := Decode(doc.Bytes()); err != nil {
		return fmt.Errorf("save the baseline %s: %w; this is a defect of the tool, please report it", b.Name, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+b.Name+"-*")
	if err != nil {
		return fmt.Errorf("save the baseline: %w", err)
	}
	_, err = f.Write(doc.Bytes())
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("save the baseline: %w", err), os.Remove(f.Name()))
	}
	return nil
}

// Load reads a baseline's file. Its error names the file, the field and what to do.
func Load(path string) (*Baseline, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load the baseline: %w", err)
	}
	b, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("load the baseline %s: %w", path, err)
	}
	return b, nil
}

// Is says whether a document is a baseline's, of this version or another, sound or not.
func Is(data []byte) bool {
	name, _, _ := strings.Cut(Schema, "/v")
	var head struct {
		Schema string `json:"schema"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	return decoder.Decode(&head) == nil && strings.HasPrefix(head.Schema, name+"/")
}

// again is what to do about a file that is not as it was saved.
const again = "put it back as it was saved, or save the baseline again from its runs"

// Decode reads the stored form strictly: what is cut short, of another version, has a field that is unknown or missing, or contradicts itself is
// refused, naming the field.
func Decode(data []byte) (*Baseline, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("not JSON, or cut short after %d bytes (%w): %s", len(data), err, again)
	}
	head, _ := doc.(map[string]any)
	switch name := head["schema"]; name {
	case Schema:
	case nil:
		return nil, errors.New(`no baseline of kafka-eos-bench, it has no "schema": name a file that 'baseline save' wrote, or a run`)
	default:
		return nil, fmt.Errorf("schema is %q, this tool reads %q: save the baseline again with this version, or use the one that saved it", fmt.Sprint(name), Schema)
	}
	b, err := decode(data, head)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, again)
	}
	return b, nil
}

func decode(data []byte, document map[string]any) (*Baseline, error) {
	if err := validate(document); err != nil {
		return nil, err
	}
	if err := edited(document); err != nil {
		return nil, err
	}
	var b Baseline
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, err
	}
	return &b, b.check()
}

// validate holds a document against the schema.
func validate(doc any) error {
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		return fmt.Errorf("read the embedded schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("baseline.schema.json", parsed); err != nil {
		return fmt.Errorf("add the embedded schema: %w", err)
	}
	compiled, err := c.Compile("baseline.schema.json")
	if err != nil {
		return fmt.Errorf("compile the embedded schema: %w", err)
	}
	err = compiled.Validate(doc)
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return err
	}
	for len(invalid.Causes) > 0 { // the first cause of the first cause is where the reader has to look
		invalid = invalid.Causes[0]
	}
	return errors.New(invalid.Error())
}
