package client

import (
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseProperties(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       map[string]string
	}{
		{"separators", "a=1\nb:2\nc 3\nd = 4\ne\t:\t5\nf==6\ng", map[string]string{"a": "1", "b": "2", "c": "3", "d": "4", "e": "5", "f": "=6", "g": ""}},
		{"comments and blank lines", "# x=1\n  ! y=2\n\n \t\na=1 # not one\n", map[string]string{"a": "1 # not one"}},
		{"continuation", "a=1,\\\n   2,\\\n\t3\nb=x", map[string]string{"a": "1,2,3", "b": "x"}},
		{"a continued line is no comment", "a=1\\\n#2", map[string]string{"a": "1#2"}},
		{"two backslashes do not continue", "a=c:\\\\\nb=2", map[string]string{"a": `c:\`, "b": "2"}},
		{"continuation at the end", "a=1\\", map[string]string{"a": "1"}},
		{"escapes", `k\:e\=y\ z=a\tb\n\r\f\q\"`, map[string]string{"k:e=y z": "a\tb\n\r\fq\""}},
		{"unicode", `a=\u00e9\ud83d\ude00 é`, map[string]string{"a": "é😀 é"}},
		{"line ends", "a=1\r\nb=2\rc=3", map[string]string{"a": "1", "b": "2", "c": "3"}},
		{"trailing blanks stay, as in Java", "p=secret \n", map[string]string{"p": "secret "}},
		{"byte order mark", "\ufeffa=1", map[string]string{"a": "1"}},
		{"librdkafka names", "queue.buffering.max.kbytes=1", map[string]string{"queue.buffering.max.kbytes": "1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseProperties("f", []byte(test.text))
			if err != nil || !maps.Equal(got, test.want) {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestParsePropertiesErrors(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"a=1\nb=\\u12", `client.properties:2: value of b: malformed escape "\\u12"`},
		{"\\uZZZZ=1", `client.properties:1: malformed escape "\\uZZZZ"`},
		{`a=\ud83d`, "client.properties:1: value of a: escape"},
		{"\n=1", "client.properties:2: a value without a key"},
		{"a=1\n\na:2", "client.properties:3: a is already set in line 1"},
		{"a=1\nb=\xff", "client.properties:2: not UTF-8"},
	} {
		_, err := ParseProperties("client.properties", []byte(test.text))
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q: got %v, want %s…", test.text, err, test.want)
		}
	}
}

// store writes properties as java.util.Properties.store does.
func store(props map[string]string) string {
	escape := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\f", `\f`, " ", `\ `, "=", `\=`, ":", `\:`, "#", `\#`, "!", `\!`, "\ufeff", `\ufeff`)
	var out strings.Builder
	for k, v := range props {
		out.WriteString(escape.Replace(k) + "=" + escape.Replace(v) + "\n")
	}
	return out.String()
}

func TestParsePropertiesReadsWhatJavaWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		props := rapid.MapOf(rapid.StringN(1, 20, -1), rapid.String()).Draw(t, "properties")
		got, err := ParseProperties("f", []byte(store(props)))
		if err != nil || !maps.Equal(got, props) {
			t.Fatalf("got %q, %v; want %q", got, err, props)
		}
	})
}

func FuzzParseProperties(f *testing.F) {
	for _, seed := range []string{"a=1", "a\\\n b:c", `\u0041=\ud83d\ude00`, "#c\n!d\n\na b", "\\", "=", "a=\\u"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		props, err := ParseProperties("f", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("%v does not name its place", err)
			}
			return
		}
		again, err := ParseProperties("f", []byte(store(props)))
		if err != nil || !maps.Equal(again, props) {
			t.Errorf("%q became %q, %v", props, again, err)
		}
	})
}
