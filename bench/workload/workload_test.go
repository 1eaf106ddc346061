package workload

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// resolved is Resolve for tests that need no environment.
func resolved(t *testing.T, text string, flags map[string]string) *Profile {
	t.Helper()
	var layer *Layer
	if text != "" {
		var err error
		if layer, err = Parse("p.yaml", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Resolve(layer, nil, flags, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func names(cells []Cell) []string {
	var out []string
	for _, c := range cells {
		out = append(out, c.Name)
	}
	return out
}

func TestParseErrors(t *testing.T) {
	for _, test := range []struct{ yaml, want string }{
		{"", "p.yaml: the profile is empty: give it at least a key, such as mode: all"},
		{"# nothing\n", "p.yaml: the profile is empty: give it at least a key, such as mode: all"},
		{"- mode\n", "p.yaml:1: a profile is a mapping of keys to values: write such as rate: 1000"},
		{"rate: 1\n---\nrate: 2\n", "p.yaml: more than one YAML document: keep one profile in a file"},
		{"rate: [1\n", "p.yaml:1: not valid YAML: did not find expected ',' or ']': correct the syntax there or just above"},
		{"mode: all\n\n# size\ntxn_sise: 5\n", `p.yaml:4: unknown key "txn_sise": did you mean txn_size?`},
		{"Rate: 5\n", `p.yaml:1: unknown key "Rate": did you mean rate?`},
		{"rate: 5\nmode: all\nrate: 6\n", `p.yaml:3: key "rate" was given before, on line 1: keep one of them`},
		{"client_config:\n  linger.ms: 5\n  linger.ms: 6\n", `p.yaml:3: key "linger.ms" was given before, on line 2: keep one of them`},
		{"client_config: 5\n", "p.yaml:1: client_config holds client properties: write a mapping, such as client_config: {linger.ms: 0}"},
		{"client_config: {a: [1]}\n", "p.yaml:1: a takes a plain value: write such as a: 5"},
		{"? [a]\n: 1\n", "p.yaml:1: a key must be a word: write such as rate: 1000"},
		{"mode: all\nrate:\n", "p.yaml:2: rate has no value: give one, such as rate: 20k, or leave the key out"},
		{"rate: []\n", "p.yaml:1: rate is an empty list: give a value, such as 20k, or leave the key out"},
		{"rate: [[1]]\n", "p.yaml:1: rate takes a plain value: write such as rate: 20k"},
		{"rate: {a: 1}\n", "p.yaml:1: rate takes a plain value: write such as rate: 20k"},
		{"keys: [1, 2]\n", "p.yaml:1: keys takes one value, not a list: write such as keys: 10000"},
		{"mode: all\ntxn_size: many\n", `p.yaml:2: txn_size: "many" is not a number in range: give a whole number from 0 to 1000000000, such as 100`},
		{"duration: 10\n", `p.yaml:1: duration: "10" has no unit: add one, such as 10s or 10ms`},
		{"name: a/b\n", `p.yaml:1: the name "a/b" cannot be part of a directory's name: use letters, digits, dots, dashes and underscores`},
		{"description: [a]\n", "p.yaml:1: description takes a plain value: write such as description: what it answers"},
	} {
		_, err := Parse("p.yaml", []byte(test.yaml))
		checkUsage(t, test.yaml, err, test.want)
	}
	_, err := Parse("p.yaml", []byte("zzzzzzzz: 5\n"))
	if err == nil || !strings.HasPrefix(err.Error(), `p.yaml:1: unknown key "zzzzzzzz": known are name, description, client_config, mode, txn_size, `) {
		t.Errorf("a key unlike any other: %v", err)
	}
}

func checkUsage(t *testing.T, input any, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%v: unexpected error %v", input, err)
		}
		return
	}
	if _, ok := errors.AsType[*UsageError](err); !ok || err.Error() != want {
		t.Errorf("%v\n got %v\nwant %s", input, err, want)
	}
}

func TestValueErrors(t *testing.T) {
	for _, test := range []struct{ flag, value, want string }{
		{"mode", "exactly-once", `unknown mode "exactly-once": known are at-most-once, at-least-once, idempotent, transactional, all`},
		{"mode", "transactionl", `unknown mode "transactionl": did you mean transactional?`},
		{"mode", "all,idempotent", "all stands for every mode already: give all alone, or the modes one by one"},
		{"mode", "", `unknown mode "": known are at-most-once, at-least-once, idempotent, transactional, all`},
		{"txn-size", "1e9", `"1e9" is not a number in range: give a whole number from 0 to 1000000000, such as 100`},
		{"txn-size", "2G", "2G is out of range: give a whole number from 0 to 1000000000, such as 100"},
		{"txn-size", "100,20,100", "100 is listed twice: name each once"},
		{"txn-size", "1,,2", `"" is not a number in range: give a whole number from 0 to 1000000000, such as 100`},
		{"txn-interval", "1h", "1h is out of range: give 0 to 15m, such as 100ms"},
		{"txn-interval", "soon", `"soon" is not a duration: give a number and a unit, such as 100ms`},
		{"txn-topics", "0", "0 is out of range: give a whole number from 1 to 1000, such as 2"},
		{"abort-ratio", "1", "1 is out of range: give a fraction from 0 to less than 1, such as 0.2"},
		{"abort-ratio", "-0.1", "-0.1 is out of range: give a fraction from 0 to less than 1, such as 0.2"},
		{"abort-ratio", "NaN", "NaN is out of range: give a fraction from 0 to less than 1, such as 0.2"},
		{"abort-ratio", "half", `"half" is not a fraction: give a fraction from 0 to less than 1, such as 0.2`},
		{"message-size", "20", "a message of 20 bytes is smaller than the stamp every record carries: give at least 48"},
		{"message-size", "uniform(10,100)", "a message of 10 bytes is smaller than the stamp every record carries: give at least 48"},
		{"message-size", "uniform(100,100)", "uniform(100,100) is empty: give the smaller size first, such as uniform(100,2000)"},
		{"message-size", "normal(1000)", `"normal(1000)" is not a size distribution: give a size, uniform(100,2000) or normal(1000,200)`},
		{"message-size", "normal(1000,0)", "normal(1000,0) does not vary: give a fixed size or a deviation of at least 1"},
		{"message-size", "pareto(1,2)", `unknown size distribution "pareto": give a size, uniform(100,2000) or normal(1000,200)`},
		{"message-size", "1GB", `"1GB" is not a size: give whole bytes, such as 1000, 1KB (1000) or 1KiB (1024)`},
		{"message-size", "101MB", "101MB is out of range: give at most 100MB"},
		{"payload", "zeros", `unknown payload "zeros": give random, text or file:PATH`},
		{"payload", "file:", `"file:" names no file: give file:PATH`},
		{"partitions", "10001", "10001 is out of range: give a whole number from 1 to 10000, such as 6"},
		{"producers", "0", "0 is out of range: give a whole number from 1 to 1000, such as 4"},
		{"rate", "0", "0 is out of range: give records per second from 0.001 to 100M, such as 1000 or 20k, or max"},
		{"rate", "-5", "-5 is out of range: give records per second from 0.001 to 100M, such as 1000 or 20k, or max"},
		{"rate", "inf", `"inf" is not a rate: give records per second from 0.001 to 100M, such as 1000 or 20k, or max`},
		{"rate", "0x10", `"0x10" is not a rate: give records per second from 0.001 to 100M, such as 1000 or 20k, or max`},
		{"in-flight", "0", "0 is out of range: give a whole number from 1 to 1000000, such as 10000"},
		{"arrival", "posson", `unknown value "posson": did you mean poisson?`},
		{"isolation", "committed", `unknown value "committed": known are read_uncommitted, read_committed`},
		{"seed", "-1", `"-1" is not a seed: give a whole number from 0 to 18446744073709551615, such as 7`},
		{"linger", "16m", "16m is out of range: give 0 to 15m, such as 5ms"},
		{"ladder", "yes", `"yes" is neither true nor false: give true or false`},
		{"expect", "failure", `unknown value "failure": known are sustained, unsustained`},
	} {
		_, err := Resolve(nil, nil, map[string]string{test.flag: test.value}, nil)
		checkUsage(t, test, err, "--"+test.flag+": "+test.want)
	}
}

func TestCombinationErrors(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	type flags = map[string]string
	for _, test := range []struct {
		yaml  string
		flags flags
		want  string
	}{
		{"", flags{"mode": "idempotent", "txn-size": "10"},
			"--txn-size: txn_size does not concern mode idempotent: remove it, or add transactional to --mode"},
		{"mode: [at-least-once, idempotent]\ntxn_interval: 1s", nil,
			"p.yaml:2: txn_interval does not concern mode at-least-once,idempotent: remove it, or add transactional to --mode"},
		{"mode: idempotent", flags{"abort-ratio": "0.2"},
			"--abort-ratio: abort_ratio does not concern mode idempotent: remove it, or add transactional to --mode"},
		{"mode: idempotent\ntxn_topics: 1", nil,
			"p.yaml:2: txn_topics does not concern mode idempotent: remove it, or add transactional to --mode"},
		{"txn_size: 10\nabort_ratio: 0.1", flags{"mode": "idempotent"}, ""},
		{"", flags{"mode": "transactional", "flush-every": "100"},
			"--flush-every: flush_every does not concern mode transactional: remove it, or add at-most-once or at-least-once or idempotent to --mode"},
		{"", flags{"mode": "idempotent,transactional", "flush-every": "100"}, ""},

		{"duration: 5s\nmessages: 10", nil, "p.yaml:2: messages and duration both end the window: keep one of them"},
		{"", flags{"duration": "5s", "messages": "10"}, "--messages: messages and duration both end the window: keep one of them"},
		{"duration: 5s", flags{"messages": "10"}, ""},
		{"", flags{"messages": "3", "producers": "2,4"}, "--messages: 3 messages cannot be shared among 4 producers: give --messages of at least 4, or fewer --producers"},
		{"messages: 10", flags{"duration": "5s"}, ""},
		{"", flags{"duration": "0s"},
			"--duration: nothing ends the window: duration and messages are both 0: give a duration such as 10s, or a number of messages"},

		{"", flags{"txn-size": "0"},
			"--txn-size: nothing closes a transaction: its size and interval are both 0: give a --txn-interval above 0 as well, or a size"},
		{"", flags{"txn-size": "0,10", "txn-interval": "100ms"}, ""},
		{"", flags{"txn-topics": "2", "txn-size": "1,10"},
			"--txn-topics: a transaction of size 1 cannot span 2 topics: give a --txn-size of at least 2, or fewer topics"},
		{"topics: 2", flags{"txn-topics": "3"},
			"--txn-topics: a transaction cannot span 3 topics: there are 2: give --topics of at least 3, or fewer --txn-topics"},
		{"", flags{"txn-topics": "3", "readers": "18"}, ""},
		{"", flags{"txn-topics": "3", "readers": "19"},
			"--readers: there are fewer partitions (18) than readers (19): give at most 18, or more --partitions"},
		{"readers: 2", flags{"partitions": "1,6"},
			"p.yaml:1: there are fewer partitions (1) than readers (2): give at most 1, or more --partitions"},
		{"", flags{"readers": "0"}, ""},

		{"", flags{"arrival": "poisson", "rate": "max"},
			"--arrival: at rate max there is no schedule to shape: remove it, or give a rate in records per second"},
		{"arrival: poisson", flags{"rate": "max"}, ""},
		{"", flags{"arrival": "poisson", "rate": "1000,max"}, ""},
		{"", flags{"arrival": "ramp", "messages": "1000"},
			"--arrival: a ramp climbs over the length of the window, which messages leave open: give a --duration instead of --messages"},
		{"", flags{"mode": "transactional,idempotent", "reference": "at-most-once"},
			"--reference: the reference at-most-once is not among the modes: add it to --mode, or choose one of transactional,idempotent"},
		{"reference: at-most-once", flags{"mode": "transactional"}, ""},

		{"", flags{"payload": "file:" + empty}, "--payload: " + empty + " is empty: give a readable text file, whose lines become messages"},
		{"", flags{"payload": "file:" + dir}, "--payload: " + dir + " is not a regular file: give a readable text file, whose lines become messages"},
		{"payload: file:no/such", nil,
			"p.yaml:1: cannot read the payload: stat no/such: no such file or directory: give a readable text file, whose lines become messages"},

		{"client_config:\n  linger.ms: 0\n  acks: 1", nil,
			"p.yaml:3: client property acks is decided by the delivery mode: remove it and choose with --mode"},
		{"client_config: {linger.ms: 0, sasl.password: x}", nil, ""},
		{"client_config: {linger.ms: soon}", nil,
			`p.yaml:1: client property linger.ms: "soon" is no time to wait: give milliseconds from 0 to 900000, or use --linger`},
		{"client_config: {linger.ms: 5}\nlinger: 0", nil, "p.yaml:2: linger 0s and client property linger.ms=5 contradict each other: keep one of them"},
		{"client_config: {queue.buffering.max.ms: 5}\nlinger: [0, 5ms]", nil,
			"p.yaml:2: linger 0s,5ms and client property queue.buffering.max.ms=5 contradict each other: keep one of them"},
		{"client_config: {linger.ms: 5}\nlinger: 5ms", nil, ""},
		{"client_config: {linger.ms: soon}", flags{"linger": "0"}, ""},

		{"", flags{"ladder": "true", "mode": "at-least-once,transactional"},
			"--ladder: the ladder leads over mode idempotent, which is not measured: add it to --mode, or leave --ladder out"},
		{"", flags{"ladder": "true", "flush-every": "100"},
			"--flush-every: the ladder's steps change one thing each, which flush_every rules out: leave one of the two out"},
		{"", flags{"ladder": "true", "isolation": "read_committed"},
			"--isolation: the ladder's steps change one thing each, which isolation rules out: leave one of the two out"},
		{"", flags{"ladder": "true", "txn-interval": "1s"},
			"--txn-interval: the ladder's steps change one thing each, which txn_interval rules out: leave one of the two out"},
		{"", flags{"ladder": "true", "abort-ratio": "0.1"},
			"--abort-ratio: the ladder's steps change one thing each, which abort_ratio rules out: leave one of the two out"},
		{"ladder: true\nclient_config: {linger.ms: 5}", nil,
			"p.yaml:2: one of the ladder's cells does not linger, which client property linger.ms would overrule: give --linger instead"},
		{"", flags{"ladder": "true"}, ""},

		{"", flags{"txn-sise": "5"}, "--txn-sise: unknown setting: did you mean --txn-size?"},
		{"rate: [1,2,3,4,5,6,7,8,9,10]\npartitions: [1,2,3,4,5,6,7,8,9,10]", flags{"txn-size": "1,2,3,4,5,6,7,8"},
			"axes: their product has more than 1000 cells: shorten the lists"},
	} {
		var layer *Layer
		if test.yaml != "" {
			var err error
			if layer, err = Parse("p.yaml", []byte(test.yaml)); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Resolve(layer, nil, test.flags, nil)
		checkUsage(t, test, err, test.want)
	}
}

func TestDecidedProperties(t *testing.T) {
	for name := range decided {
		_, err := Resolve(nil, nil, nil, map[string]string{name: "x"})
		d := decided[name]
		checkUsage(t, name, err, "-X or --client-config: client property "+name+" "+d.by+": "+d.remedy)
	}
}

func TestEnvironment(t *testing.T) {
	for _, test := range []struct{ variable, want string }{
		{"KEB_RATE=20k", ""},
		{"KEB_RATE=", ""},
		{"KEB_REQUIRE_KAFKA=1", ""},
		{"PATH=/bin", ""},
		{"KEB_RATE=0", "KEB_RATE: 0 is out of range: give records per second from 0.001 to 100M, such as 1000 or 20k, or max"},
		{"KEB_TXNSIZE=5", "KEB_TXNSIZE: unknown environment variable: did you mean KEB_TXN_SIZE?"},
	} {
		_, err := Resolve(nil, []string{test.variable}, nil, nil)
		checkUsage(t, test.variable, err, test.want)
	}
}

func TestPrecedence(t *testing.T) {
	layer, err := Parse("dir/my profile.yaml", []byte("rate: 1\nkeys: 1\nwarmup: 1s\nclient_config: {linger.ms: 1, batch.size: 1}"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Resolve(layer, []string{"KEB_RATE=2", "KEB_KEYS=2"}, map[string]string{"rate": "3"},
		map[string]string{"linger.ms": "3", "sasl.password": "hush"})
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "my-profile" {
		t.Errorf("name %q", p.Name)
	}
	values := p.Values()
	for key, want := range map[string][2]string{
		"rate":                        {"3", "flag"},
		"keys":                        {"2", "environment"},
		"warmup":                      {"1s", "profile"},
		"mode":                        {"at-most-once,at-least-once,idempotent,transactional", "default"},
		"message_size":                {"1000", "default"},
		"topics":                      {"1", "default"},
		"isolation":                   {"", "default"},
		"client_config.linger.ms":     {"3", "flag"},
		"client_config.batch.size":    {"1", "profile"},
		"client_config.sasl.password": {"[redacted]", "flag"},
	} {
		if v := values[key]; v.Value != want[0] || v.Source != want[1] {
			t.Errorf("%s: %q (%s), want %q", key, v.Value, v.Source, want)
		}
	}
	if p.Properties["sasl.password"] != "hush" {
		t.Error("the property itself must stay as given")
	}
	if len(values) != len(settings)+3 {
		t.Errorf("%d values", len(values))
	}
}

func TestDerivedValues(t *testing.T) {
	for _, test := range []struct {
		yaml     string
		flags    map[string]string
		key      string
		want     string
		wantFrom string
	}{
		{"", nil, "txn_size", "100", "default"},
		{"", map[string]string{"txn-interval": "1s"}, "txn_size", "0", "flag"},
		{"txn_size: 100", map[string]string{"txn-interval": "1s"}, "txn_size", "100", "profile"},
		{"", map[string]string{"txn-interval": "0,1s"}, "txn_size", "100", "default"},
		{"", map[string]string{"txn-topics": "3"}, "topics", "3", "flag"},
		{"topics: 5", map[string]string{"txn-topics": "3"}, "topics", "5", "profile"},
		{"duration: 5s", map[string]string{"messages": "1k"}, "duration", "0s", "flag"},
		{"messages: 5", map[string]string{"duration": "1m"}, "messages", "0", "flag"},
		{"messages: 5", nil, "duration", "0s", "profile"},
		{"", nil, "linger", "5ms", "default"},
		{"client_config: {linger.ms: 80}", nil, "linger", "80ms", "profile"},
		{"client_config: {queue.buffering.max.ms: 0.5}", nil, "linger", "500µs", "profile"},
		{"client_config: {linger.ms: 80}\nlinger: 80ms", nil, "linger", "80ms", "profile"},
		{"client_config: {linger.ms: 80}", map[string]string{"linger": "0,5ms"}, "linger", "0s,5ms", "flag"},
	} {
		v := resolved(t, test.yaml, test.flags).Values()[test.key]
		if v.Value != test.want || v.Source != test.wantFrom {
			t.Errorf("%q %v: %s is %s (%s), want %s (%s)", test.yaml, test.flags, test.key, v.Value, v.Source, test.want, test.wantFrom)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int{
		"0": 0, "100": 100, "100B": 100, "100b": 100, "1KB": 1000, "1kB": 1000, "1 KB": 1000, "1KiB": 1024, "1kib": 1024,
		"2MB": 2_000_000, "1MiB": 1 << 20, "100MB": 100_000_000,
	} {
		if n, err := ParseSize(text); err != nil || n != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", text, n, err, want)
		}
	}
	for _, text := range []string{"", "KB", "1K", "1.5KB", "-1", "1BB", "KB1", "1e3", "9223372036854775807KB"} {
		if n, err := ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %d", text, n)
		}
	}
}

func TestSizeDist(t *testing.T) {
	for _, test := range []struct {
		text string
		want SizeDist
		mean float64
	}{
		{"1KB", SizeDist{Kind: "fixed", Min: 1000, Max: 1000}, 1000},
		{"uniform(100, 2KB)", SizeDist{Kind: "uniform", Min: 100, Max: 2000}, 1050},
		{"normal(1000,200)", SizeDist{Kind: "normal", Min: 200, Max: 1800, Mean: 1000, StdDev: 200}, 1000},
		{"normal(100,50)", SizeDist{Kind: "normal", Min: 48, Max: 300, Mean: 100, StdDev: 50}, 100},
	} {
		got, err := parseSizeDist(test.text)
		if err != nil || got != test.want || got.MeanBytes() != test.mean {
			t.Errorf("%s: %+v (mean %v), %v", test.text, got, got.MeanBytes(), err)
		}
	}
}

// Every accepted value has one canonical spelling, which is accepted and stays as it is.
func TestCanonical(t *testing.T) {
	for _, test := range []struct{ key, text, want string }{
		{"mode", "all", "at-most-once,at-least-once,idempotent,transactional"},
		{"mode", "transactional, idempotent", "transactional,idempotent"},
		{"txn_size", "1,10,1k", "1,10,1000"},
		{"txn_interval", "0,100ms,0.5s,60s,10m", "0s,100ms,500ms,1m,10m"},
		{"linger", "0,5ms,0.5ms", "0s,5ms,500µs"},
		{"ladder", "true", "true"},
		{"abort_ratio", "0.20", "0.2"},
		{"message_size", "100,uniform(100,2KB),normal(1KB,200),1KiB", "100,uniform(100,2000),normal(1000,200),1024"},
		{"payload", "file:a,b:c", "file:a,b:c"},
		{"rate", "20k,max,0.5,4.35k,1M", "20000,max,0.5,4350,1000000"},
		{"messages", "2G", "2000000000"},
		{"duration", "3600s", "1h"},
		{"duration", "1h0m5s", "1h0m5s"},
		{"seed", "18446744073709551615", "18446744073709551615"},
	} {
		s, _ := settingByKey(test.key)
		if got, err := s.Canonical(test.text); err != nil || got != test.want {
			t.Errorf("%s %q: %q, %v; want %q", test.key, test.text, got, err, test.want)
		}
	}
	for _, s := range Settings() {
		for _, text := range []string{s.Default, s.Example} {
			if text == "" {
				continue
			}
			once, err := s.Canonical(text)
			if err != nil {
				t.Errorf("%s %q: %v", s.Key, text, err)
			}
			if again, err := s.Canonical(once); again != once || err != nil {
				t.Errorf("%s: %q becomes %q, %v", s.Key, once, again, err)
			}
		}
	}
}

func TestSettingNames(t *testing.T) {
	s, _ := settingByKey("txn_size")
	if s.Flag() != "txn-size" || s.Env() != "KEB_TXN_SIZE" {
		t.Errorf("%s %s", s.Flag(), s.Env())
	}
	for i, s := range settings {
		if s.Usage == "" || s.Example == "" || strings.Contains(s.Usage, "\n") {
			t.Errorf("%s lacks a line of usage or an example", s.Key)
		}
		if j := slices.IndexFunc(settings, func(o Setting) bool { return o.Key == s.Key }); j != i {
			t.Errorf("%s is declared twice", s.Key)
		}
	}
	if settings[0].Key != "mode" {
		t.Error("cells rely on the mode being decided first")
	}
}

func TestCells(t *testing.T) {
	for _, test := range []struct {
		flags map[string]string
		want  []string
	}{
		{map[string]string{"mode": "all", "txn-size": "20,100"}, []string{
			"mode=at-most-once", "mode=at-least-once", "mode=idempotent",
			"mode=transactional,txn_size=20", "mode=transactional,txn_size=100"}},
		{map[string]string{"mode": "transactional", "txn-size": "10,20", "txn-interval": "1s,2s"}, []string{
			"mode=transactional,txn_interval=1s,txn_size=10", "mode=transactional,txn_interval=2s,txn_size=10",
			"mode=transactional,txn_interval=1s,txn_size=20", "mode=transactional,txn_interval=2s,txn_size=20"}},
		{map[string]string{"mode": "idempotent,transactional", "flush-every": "0,100", "message-size": "100,uniform(100,200)"}, []string{
			"flush_every=0,message_size=100,mode=idempotent", "flush_every=100,message_size=100,mode=idempotent",
			"flush_every=0,message_size=uniform(100,200),mode=idempotent", "flush_every=100,message_size=uniform(100,200),mode=idempotent",
			"message_size=100,mode=transactional", "message_size=uniform(100,200),mode=transactional"}},
		{map[string]string{"mode": "transactional", "isolation": "read_uncommitted,read_committed", "rate": "0.5,max"}, []string{
			"isolation=read_uncommitted,mode=transactional,rate=0.5", "isolation=read_committed,mode=transactional,rate=0.5",
			"isolation=read_uncommitted,mode=transactional,rate=max", "isolation=read_committed,mode=transactional,rate=max"}},
	} {
		if got := names(resolved(t, "", test.flags).Cells()); !slices.Equal(got, test.want) {
			t.Errorf("%v\n got %q\nwant %q", test.flags, got, test.want)
		}
	}
}

func TestCellContents(t *testing.T) {
	cells := resolved(t, "client_config: {linger.ms: 0}", map[string]string{"mode": "idempotent,transactional", "txn-size": "20,100",
		"txn-topics": "2", "abort-ratio": "0.1", "flush-every": "50", "rate": "max", "message-size": "1KB", "seed": "9"}).Cells()
	idempotent, transactional := cells[0], cells[1]
	if want := map[string]any{"txn_size": nil, "txn_interval": nil, "message_size": 1000, "partitions": 6, "producers": 1,
		"rate": "max", "isolation": "read_uncommitted", "flush_every": 50, "linger": "0s"}; !maps.Equal(idempotent.Axes, want) {
		t.Errorf("axes %v", idempotent.Axes)
	}
	if want := map[string]any{"txn_size": 20, "txn_interval": nil, "message_size": 1000, "partitions": 6, "producers": 1,
		"rate": "max", "isolation": "read_committed", "flush_every": nil, "linger": "0s"}; !maps.Equal(transactional.Axes, want) {
		t.Errorf("axes %v", transactional.Axes)
	}
	i, w := idempotent.Workload, transactional.Workload
	if i.TxnSize != 0 || i.TxnTopics != 0 || i.AbortRatio != 0 || i.FlushEvery != 50 || i.Topics != 2 {
		t.Errorf("%+v", i)
	}
	if w.TxnSize != 20 || w.TxnTopics != 2 || w.AbortRatio != 0.1 || w.FlushEvery != 0 || w.Topics != 2 ||
		w.Scenario != "produce" || w.Seed != 9 || w.Duration != 10*time.Second || w.Properties["linger.ms"] != "0" ||
		w.Mode.Name != "transactional" || w.Isolation != ReadCommitted || w.InFlight != 10_000 || w.Linger != 0 {
		t.Errorf("%+v", w)
	}
}

// The number of cells is the product of the axes that concern each mode, and no two share a name.
func TestCellProduct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		flags := map[string]string{}
		length := map[string]int{}
		for key, values := range map[string][]string{
			"txn-size": {"1", "10", "100"}, "txn-interval": {"1s", "2s"}, "rate": {"5", "max"}, "partitions": {"2", "3"},
			"flush-every": {"0", "5"}, "isolation": {"read_committed", "read_uncommitted"}, "producers": {"1", "2"},
			"message-size": {"100", "uniform(100,200)"},
		} {
			n := rapid.IntRange(1, len(values)).Draw(t, key)
			flags[key], length[key] = strings.Join(values[:n], ","), n
		}
		p, err := Resolve(nil, nil, flags, nil)
		if err != nil {
			t.Fatal(err)
		}
		shared := length["rate"] * length["partitions"] * length["isolation"] * length["producers"] * length["message-size"]
		want := shared * (3*length["flush-every"] + length["txn-size"]*length["txn-interval"])
		cells := p.Cells()
		seen := map[string]bool{}
		for _, c := range cells {
			seen[c.Name] = true
		}
		if len(cells) != want || len(seen) != want {
			t.Fatalf("%d cells with %d names, want %d: %v", len(cells), len(seen), want, flags)
		}
	})
}

// Cells that differ in the mode alone differ in nothing but what the mode decides.
func TestMatchedCells(t *testing.T) {
	cells := resolved(t, "", map[string]string{"flush-every": "7", "txn-interval": "1s", "abort-ratio": "0.5"}).Cells()
	neutral := func(w Workload) []Value {
		w.Mode, w.Isolation = Modes[0], ""
		w.TxnSize, w.TxnInterval, w.TxnTopics, w.AbortRatio, w.FlushEvery = 0, 0, 0, 0, 0
		return w.Values()
	}
	for _, c := range cells[1:] {
		if !slices.Equal(neutral(c.Workload), neutral(cells[0].Workload)) {
			t.Errorf("%s differs from %s", c.Name, cells[0].Name)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"rate", "rate", 0}, {"raet", "rate", 1}, {"kitten", "sitting", 3}, {"txn_sise", "txn_size", 1}} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance(%q, %q) = %d", test.a, test.b, got)
		}
		if got := distance(test.b, test.a); got != test.want {
			t.Errorf("distance(%q, %q) = %d", test.b, test.a, got)
		}
	}
}

// TestTwoSides: both have the same cells, told apart by nothing but their names' side and what was asked to differ.
func TestTwoSides(t *testing.T) {
	resolve := func(properties map[string]string) *Profile {
		layer, err := Parse("sides.yaml", []byte("mode: [at-least-once, transactional]\ntxn_size: [10, 20]\n"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := Resolve(layer, nil, nil, properties)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := resolve(nil)
	one := p.Cells()
	p.Against = resolve(map[string]string{"linger.ms": "0"})
	cells := p.Cells()
	if len(cells) != 2*len(one) {
		t.Fatalf("%d cells of %d", len(cells), len(one))
	}
	for i, c := range cells {
		side, linger := New, p.Lingers[0]
		if i >= len(one) {
			side, linger = Baseline, 0
		}
		plain := one[i%len(one)]
		if _, has := plain.Axes[AxisSide]; has || plain.Workload.Side != "" {
			t.Errorf("%s of one side has a side", plain.Name)
		}
		if c.Workload.Side != side || c.Axes[AxisSide] != string(side) || c.Workload.Linger != linger || c.Workload.TxnSize != plain.Workload.TxnSize ||
			!strings.Contains(c.Name+",", ",side="+string(side)+",") {
			t.Errorf("%s: %v, linger %s", c.Name, c.Axes, c.Workload.Linger)
		}
	}
}
