package result

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func compiled(t testing.TB) schemas {
	t.Helper()
	s, err := compileSchemas()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestExamplesAreValidAndSurviveARoundTrip(t *testing.T) {
	s := compiled(t)
	for _, path := range []string{"testdata/full.json", "testdata/minimal.json"} {
		data := read(t, path)
		r, err := s.decodeRun(data)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		var again bytes.Buffer
		if err := Encode(&again, r); err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s changed on its way through the types:\n%s", path, again.String())
		}
	}
}

// TestDefectsAreNamed plants one defect at a time into the full example.
func TestDefectsAreNamed(t *testing.T) {
	trial := func(r object) object { return r["trials"].([]any)[0].(object) }
	for name, c := range map[string]struct {
		plant func(object)
		says  string
	}{
		"another schema":       {func(r object) { r["schema"] = "kafka-eos-bench/run/v2" }, `schema is "kafka-eos-bench/run/v2"`},
		"no schema":            {func(r object) { delete(r, "schema") }, "not a run of kafka-eos-bench"},
		"no trials":            {func(r object) { delete(r, "trials") }, "missing property 'trials'"},
		"null warnings":        {func(r object) { r["warnings"] = nil }, "/warnings"},
		"unknown broker kind":  {func(r object) { in(r, "broker")["kind"] = "cloud" }, "/broker/kind"},
		"unknown source":       {func(r object) { in(r, "profile", "values", "rate")["source"] = "guess" }, "/profile/values/rate/source"},
		"not a time":           {func(r object) { r["started_at"] = "yesterday" }, "/started_at"},
		"not a day":            {func(r object) { r["started_at"] = "2026-13-41T00:00:00Z" }, "month"},
		"trials of text":       {func(r object) { r["trials"] = "many" }, "/trials"},
		"a trial of text":      {func(r object) { r["trials"] = []any{"one"} }, "/trials/0"},
		"trial twice":          {func(r object) { r["trials"] = []any{trial(r), trial(r)} }, "/trials/1/id"},
		"unknown verdict":      {func(r object) { in(trial(r), "guarantee")["verdict"] = "fine" }, "/trials/0/guarantee/verdict"},
		"negative count":       {func(r object) { in(trial(r), "guarantee")["lost"] = -1 }, "/trials/0/guarantee/lost"},
		"a fraction of a read": {func(r object) { in(trial(r), "guarantee")["read"] = 0.5 }, "/trials/0/guarantee/read"},
		"missing figure":       {func(r object) { delete(in(trial(r), "latency_us", "e2e"), "p99") }, "missing property 'p99'"},
		"missing guarantee":    {func(r object) { delete(trial(r), "guarantee") }, "missing property 'guarantee'"},
		"negative latency":     {func(r object) { in(trial(r), "latency_us", "e2e")["mean"] = -3 }, "/latency_us/e2e/mean"},
		"p99 below p50":        {func(r object) { in(trial(r), "latency_us", "e2e")["p99"] = 1 }, "/trials/0/latency_us/e2e/p99': 1 is below p90"},
		"no samples":           {func(r object) { in(trial(r), "latency_us", "e2e")["count"] = 0 }, "/trials/0/latency_us/e2e/p50': a figure without samples"},
		"share above 1":        {func(r object) { in(trial(r), "lag")["marker_share"] = 1.5 }, "/trials/0/lag/marker_share"},
		"id leaves the folder": {func(r object) { trial(r)["id"] = "../run" }, "/trials/0/id"},
		"axis of lists":        {func(r object) { in(trial(r), "axes")["rate"] = []any{1} }, "/trials/0/axes/rate"},
		"transactions of text": {func(r object) { trial(r)["transactions"] = "many" }, "/trials/0/transactions"},
	} {
		t.Run(name, func(t *testing.T) {
			var doc object
			if err := json.Unmarshal(read(t, "testdata/full.json"), &doc); err != nil {
				t.Fatal(err)
			}
			c.plant(doc)
			data, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			_, err = compiled(t).decodeRun(data)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error with %q", err, c.says)
			}
		})
	}
}

func TestKeysOfTheFutureAreAllowed(t *testing.T) {
	data := bytes.Replace(read(t, "testdata/minimal.json"), []byte(`"run_id"`), []byte(`"added_later": {"a": 1}, "run_id"`), 1)
	if _, err := compiled(t).decodeRun(data); err != nil {
		t.Error(err)
	}
}

// TestSchemaAndTypesNameTheSameFields walks both side by side.
func TestSchemaAndTypesNameTheSameFields(t *testing.T) {
	type node = map[string]any
	var root node
	if err := json.Unmarshal([]byte(runSchema), &root); err != nil {
		t.Fatal(err)
	}
	var resolve func(node) node
	resolve = func(n node) node {
		if ref, ok := n["$ref"].(string); ok {
			return resolve(root["$defs"].(node)[strings.TrimPrefix(ref, "#/$defs/")].(node))
		}
		return n
	}
	seen := map[reflect.Type]bool{}
	var walk func(path string, n node, typ reflect.Type)
	walk = func(path string, n node, typ reflect.Type) {
		n = resolve(n)
		for typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		switch {
		case typ == reflect.TypeFor[time.Time]():
		case typ.Kind() == reflect.Slice:
			walk(path+"[]", n["items"].(node), typ.Elem())
		case typ.Kind() == reflect.Map:
			walk(path+".*", n["additionalProperties"].(node), typ.Elem())
		case typ.Kind() == reflect.Struct:
			if seen[typ] {
				return
			}
			seen[typ] = true
			properties, _ := n["properties"].(node)
			var required []string
			for _, name := range n["required"].([]any) {
				required = append(required, name.(string))
			}
			var fields, always []string
			for f := range typ.Fields() {
				name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
				fields = append(fields, name)
				if option != "omitempty" {
					always = append(always, name)
				}
				if p, ok := properties[name].(node); ok {
					walk(path+"."+name, p, f.Type)
				}
			}
			slices.Sort(fields)
			if inSchema := slices.Sorted(maps.Keys(properties)); !slices.Equal(inSchema, fields) {
				t.Errorf("%s: the schema has %v, %v has %v", path, inSchema, typ, fields)
			}
			slices.Sort(always)
			slices.Sort(required)
			if !slices.Equal(required, always) {
				t.Errorf("%s: the schema requires %v, %v always writes %v", path, required, typ, always)
			}
		}
	}
	walk("run", root, reflect.TypeFor[Run]())
	if len(seen) != 21 {
		t.Errorf("walked %d struct types, the stored form has 21", len(seen))
	}
}

func FuzzLoad(f *testing.F) {
	for _, path := range []string{"testdata/full.json", "testdata/minimal.json"} {
		data := read(f, path)
		f.Add(data)
		f.Add(data[:len(data)/2])
		f.Add(append(slices.Clone(data), data...))
	}
	for _, change := range []func(object){func(object) {}, atMax, unread, func(o object) { asMode(o, "at-most-once") }} {
		f.Add(planted(f, change))
	}
	f.Add([]byte(`null`))
	f.Add([]byte(`{"schema": 1}`))
	s := compiled(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var again bytes.Buffer
		if r, err := s.decodeRun(data); err == nil {
			if err := Encode(&again, r); err != nil {
				t.Fatalf("accepted and not encodable: %v", err)
			}
			if _, err := s.decodeRun(again.Bytes()); err != nil {
				t.Errorf("accepted, and refused once stored again: %v", err)
			}
		}
		if trial, err := s.decodeTrial(data); err == nil {
			stored := trial.stored()
			if err := Indented(&again, &stored); err != nil {
				t.Fatalf("accepted and not encodable: %v", err)
			}
		}
	})
}
