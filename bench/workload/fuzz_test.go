package workload

import (
	"errors"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"mode: all\ntxn_size: [20, 100]\nrate: 20k\n", "message_size: [uniform(100,2000), 1KB]\nclient_config: {linger.ms: 0}\n",
		"name: x\ndescription: |\n  y\nrate: &a 5\nkeys: *a\n", "a: &a [*a]\n", "rate: [1", "? {a: b}\n: c", "---\n---\n", "rate: !!binary aGk=\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := Parse("p.yaml", text)
		if err != nil {
			mustBeUsage(t, err)
			return
		}
		for key, v := range l.values {
			s, _ := settingByKey(key)
			once, err := s.Canonical(v.value)
			if err != nil {
				t.Fatalf("%s was accepted as %q, then refused: %v", key, v.value, err)
			}
			if again, err := s.Canonical(once); err != nil || again != once {
				t.Fatalf("%s: %q becomes %q, %v", key, once, again, err)
			}
		}
		for key := range l.values {
			if key == "payload" { // no look at files that a fuzzer names
				delete(l.values, key)
			}
		}
		if p, err := Resolve(l, nil, nil, nil); err != nil {
			mustBeUsage(t, err)
		} else if len(p.Cells()) == 0 {
			t.Fatal("a valid profile without cells")
		}
	})
}

func mustBeUsage(t *testing.T, err error) {
	if _, ok := errors.AsType[*UsageError](err); !ok {
		t.Fatalf("not a usage error: %v", err)
	}
}

func FuzzParseSize(f *testing.F) {
	for _, seed := range []string{"1000", "1KB", "1 MiB", "uniform(100,2000)", "normal(1KB,200)", "((,", "-0", "99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := ParseSize(text); err == nil && (n < 0 || n > maxMessage) {
			t.Fatalf("%q is %d", text, n)
		}
		d, err := parseSizeDist(text)
		if err != nil {
			mustBeUsage(t, err)
			return
		}
		if again, err := parseSizeDist(d.String()); err != nil || again != d {
			t.Fatalf("%q: %v becomes %v, %v", text, d, again, err)
		}
		if d.Min < StampSize || d.Max < d.Min || d.Max > maxMessage {
			t.Fatalf("%q: bounds %d to %d", text, d.Min, d.Max)
		}
	})
}

func FuzzParseRate(f *testing.F) {
	for _, seed := range []string{"1000", "20k", "max", "0.001", "4.35k", "1M", "-.", "1e5", "NaN", "0x1p4", "1_0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRate(text)
		if err != nil {
			mustBeUsage(t, err)
			return
		}
		if again, err := ParseRate(r.String()); err != nil || again != r {
			t.Fatalf("%q: %v becomes %v, %v", text, r, again, err)
		}
	})
}

// FuzzSettings holds every parser to the same: what is accepted has a spelling that stays as it is.
func FuzzSettings(f *testing.F) {
	for i, s := range settings {
		f.Add(uint8(i), s.Default)
		f.Add(uint8(i), s.Example)
	}
	f.Fuzz(func(t *testing.T, i uint8, text string) {
		s := settings[int(i)%len(settings)]
		once, err := s.Canonical(text)
		if err != nil {
			mustBeUsage(t, err)
			return
		}
		if again, err := s.Canonical(once); err != nil || again != once {
			t.Fatalf("%s %q: %q becomes %q, %v", s.Key, text, once, again, err)
		}
	})
}
