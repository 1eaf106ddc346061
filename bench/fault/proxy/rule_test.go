package proxy

import (
	"bytes"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"
)

// unopened is a proxy without a listener, to ask its rules.
func unopened() *Proxy {
	p := &Proxy{}
	p.rules.Store(&[]*Injection{})
	return p
}

func inject(tb testing.TB, p *Proxy, r Rule) *Injection {
	tb.Helper()
	i, err := p.Inject(r)
	if err != nil {
		tb.Fatal(err)
	}
	return i
}

// struck tells which of n EndTxn requests are, counted from 1.
func struck(tb testing.TB, p *Proxy, n int) []int {
	tb.Helper()
	var hit []int
	for ordinal := 1; ordinal <= n; ordinal++ {
		s, err := p.judge(0, request{key: kmsg.EndTxn.Int16(), answered: true}, nil)
		if err != nil {
			tb.Fatal(err)
		}
		if s != nil {
			hit = append(hit, ordinal)
		}
	}
	return hit
}

func TestInjectRefuses(t *testing.T) {
	tests := []struct {
		rule Rule
		want string
	}{
		{Rule{Requests: []string{"EndTxn", "End"}}, `no request of Kafka's protocol is named "End"`},
		{Rule{Requests: []string{"Unknown"}}, `no request of Kafka's protocol is named "Unknown"`},
		{Rule{Rate: 1.5}, "a rate of 1.5 is no probability: it must be 0 to 1"},
		{Rule{Rate: -0.1}, "a rate of -0.1 is no probability: it must be 0 to 1"},
		{Rule{Rate: math.NaN()}, "a rate of NaN is no probability: it must be 0 to 1"},
		{Rule{Nth: []int{3, 0}}, "requests are counted from 1, not as in [3 0]"},
		{Rule{Drop: Both}, "a rule drops a response or a request"},
		{Rule{Then: Hold + 1}, "a connection is closed, reset or held"},
	}
	for _, tt := range tests {
		p := unopened()
		if _, err := p.Inject(tt.rule); err == nil || err.Error() != "a fault cannot be injected: "+tt.want {
			t.Errorf("%+v: %v, want it to say %q", tt.rule, err, tt.want)
		}
		if n := len(*p.rules.Load()); n != 0 {
			t.Errorf("%+v: %d rules in force", tt.rule, n)
		}
	}
}

// Every request of the protocol can be named.
func TestInjectKnowsEveryRequest(t *testing.T) {
	known := 0
	for key := kmsg.Key(0); key <= kmsg.MaxKey; key++ {
		if key.Request() == nil {
			continue
		}
		known++
		for _, name := range []string{key.Name(), strings.ToLower(key.Name())} {
			if i := inject(t, unopened(), Rule{Requests: []string{name}}); !slices.Equal(i.keys, []int16{key.Int16()}) {
				t.Errorf("%s is taken for %d, want %d", name, i.keys, key)
			}
		}
	}
	if known < 80 {
		t.Errorf("%d requests are known, want at least 80", known)
	}
}

func TestRuleApplies(t *testing.T) {
	req := func(key kmsg.Key, answered bool) request { return request{key: key.Int16(), answered: answered} }
	tests := []struct {
		name string
		rule Rule
		node int32
		req  request
		want bool
	}{
		{"every request", Rule{}, 3, req(unknownKey, true), true},
		{"one of its kinds", Rule{Requests: []string{"Produce", "EndTxn"}}, 3, req(kmsg.EndTxn, true), true},
		{"another kind", Rule{Requests: []string{"Produce", "EndTxn"}}, 3, req(kmsg.Fetch, true), false},
		{"its broker", Rule{Node: new(int32(3))}, 3, req(kmsg.EndTxn, true), true},
		{"another broker", Rule{Node: new(int32(0))}, 3, req(kmsg.EndTxn, true), false},
		{"a response there is not", Rule{Requests: []string{"Produce"}}, 3, req(kmsg.Produce, false), false},
		{"a request without response", Rule{Requests: []string{"Produce"}, Drop: Request}, 3, req(kmsg.Produce, false), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := unopened()
			tt.rule.Nth = []int{1}
			i := inject(t, p, tt.rule)
			s, err := p.judge(tt.node, tt.req, nil)
			if (s != nil) != tt.want || err != nil {
				t.Errorf("struck: %v (%v), want %v", s != nil, err, tt.want)
			}
			if n := len(i.Counts()); (n == 1) != tt.want {
				t.Errorf("%d kinds counted", n)
			}
		})
	}
}

func TestOrdinals(t *testing.T) {
	naive := rand.New(rand.NewPCG(7, 0))
	var chances []int
	for ordinal := 1; ordinal <= 1000; ordinal++ {
		if naive.Float64() < 0.02 {
			chances = append(chances, ordinal)
		}
	}
	also := append(slices.Clone(chances), 5, 900)
	slices.Sort(also)
	all := make([]int, 1000)
	for i := range all {
		all[i] = i + 1
	}
	tests := []struct {
		name string
		rule Rule
		want []int
	}{
		{"none", Rule{}, nil},
		{"chosen", Rule{Nth: []int{3, 1000, 1001}}, []int{3, 1000}},
		{"chances", Rule{Rate: 0.02, Seed: 7}, chances},
		{"chances and chosen", Rule{Rate: 0.02, Seed: 7, Nth: []int{5, 900}}, slices.Compact(also)},
		{"all", Rule{Rate: 1}, all},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // the same each time
				p := unopened()
				i := inject(t, p, tt.rule)
				if got := struck(t, p, 1000); !slices.Equal(got, tt.want) {
					t.Errorf("%v are struck, want %v", got, tt.want)
				}
				if got, want := i.Counts(), map[string]Count{"EndTxn": {Matched: 1000, Forwarded: 1000}}; !reflect.DeepEqual(got, want) {
					t.Errorf("%+v, want %+v", got, want)
				}
			}
		})
	}
	if len(chances) < 5 || len(chances) > 50 {
		t.Errorf("%d of 1,000 at a rate of 0.02", len(chances))
	}
}

// What a rule loses, later ones are not asked about.
func TestRulesInTurn(t *testing.T) {
	p := unopened()
	first := inject(t, p, Rule{Nth: []int{2}, Drop: Request})
	second := inject(t, p, Rule{Nth: []int{2, 4}})
	if got, want := struck(t, p, 6), []int{2, 3, 5}; !slices.Equal(got, want) {
		t.Errorf("%v are struck, want %v", got, want)
	}
	first.Remove()
	first.Remove()
	third := inject(t, p, Rule{Nth: []int{1}})
	if got, want := struck(t, p, 3), []int{1}; !slices.Equal(got, want) {
		t.Errorf("%v are struck, want %v", got, want)
	}
	second.Remove()
	third.Remove()
	if got := struck(t, p, 3); got != nil || len(*p.rules.Load()) != 0 {
		t.Errorf("%v are struck by %d rules", got, len(*p.rules.Load()))
	}
	for i, want := range map[*Injection]Count{
		first: {Matched: 6, Forwarded: 5}, second: {Matched: 8, Forwarded: 8}, third: {Matched: 3, Forwarded: 3},
	} {
		if got := i.Counts()["EndTxn"]; got != want {
			t.Errorf("rule %d: %+v, want %+v", i.number, got, want)
		}
	}
}

// The same requests in the same order meet the same end, whatever they are among.
func TestOrdinalsDependOnWhatMatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := Rule{
			Requests: []string{"EndTxn"}, Rate: rapid.Float64Range(0, 1).Draw(t, "rate"), Seed: rapid.Uint64().Draw(t, "seed"),
			Nth: rapid.SliceOf(rapid.IntRange(1, 50)).Draw(t, "nth"),
		}
		alone, among := unopened(), unopened()
		for _, p := range []*Proxy{alone, among} {
			if _, err := p.Inject(rule); err != nil {
				t.Fatal(err)
			}
		}
		for ordinal := range rapid.IntRange(0, 50).Draw(t, "requests") {
			for range rapid.IntRange(0, 3).Draw(t, "others") {
				if s, _ := among.judge(0, request{key: kmsg.Fetch.Int16(), answered: true}, nil); s != nil {
					t.Fatal("another request is struck")
				}
			}
			req := request{key: kmsg.EndTxn.Int16(), answered: true}
			a, _ := alone.judge(0, req, nil)
			b, _ := among.judge(0, req, nil)
			if (a == nil) != (b == nil) || a != nil && (a.ordinal != ordinal+1 || b.ordinal != ordinal+1) {
				t.Fatalf("request %d: %+v alone, %+v among others", ordinal+1, a, b)
			}
		}
	})
}

func TestWhere(t *testing.T) {
	formatter := kmsg.NewRequestFormatter(kmsg.FormatterClientID("client"))
	ask := func(p *Proxy, commit bool, version int16) (*strike, error) {
		end := kmsg.NewPtrEndTxnRequest()
		end.Version, end.Commit = version, commit
		frame := formatter.AppendRequest(nil, end, 1)
		req, err := parseRequest(frame)
		if err != nil {
			t.Fatal(err)
		}
		return p.judge(0, req, frame)
	}
	p := unopened()
	commits := func(r kmsg.Request) bool { return r.(*kmsg.EndTxnRequest).Commit }
	i := inject(t, p, Rule{Requests: []string{"EndTxn"}, Nth: []int{2}, Where: commits})
	var got []bool
	for _, commit := range []bool{true, false, false, true, true} {
		s, err := ask(p, commit, 3)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s != nil)
	}
	if want := []bool{false, false, false, true, false}; !slices.Equal(got, want) {
		t.Errorf("struck: %v, want %v", got, want)
	}
	if got, want := i.Counts()["EndTxn"], (Count{Matched: 3, Forwarded: 3}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	const want = `a rule wants to look into EndTxn version 99 of client "client": the proxy does not know this version`
	if _, err := ask(p, true, 99); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Every version of every request is read as it was written.
func TestParseBody(t *testing.T) {
	formatter := kmsg.NewRequestFormatter(kmsg.FormatterClientID("client"))
	for key := kmsg.Key(0); key <= kmsg.MaxKey; key++ {
		body := key.Request()
		if body == nil || key == kmsg.ControlledShutdown {
			continue
		}
		for version := int16(0); version <= body.MaxVersion(); version++ {
			body.SetVersion(version)
			frame := formatter.AppendRequest(nil, body, 77)
			req, err := parseRequest(frame)
			if err != nil {
				t.Fatal(err)
			}
			got, err := parseBody(frame, req)
			if err != nil {
				t.Errorf("%s: %v", req, err)
			} else if !bytes.Equal(got.AppendTo(nil), body.AppendTo(nil)) {
				t.Errorf("%s: %+v, want %+v", req, got, body)
			}
		}
	}
	for _, frame := range [][]byte{requestFrame(kmsg.EndTxn, 0, 1), requestFrame(kmsg.EndTxn, 3, 1, 5), requestFrame(unknownKey, 0, 1)} {
		req, err := parseRequest(frame)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parseBody(frame, req); err == nil {
			t.Errorf("%x is taken for %+v", frame, got)
		}
	}
}

// Any bytes behind any header: what is read of them is written the same way again, as far as it goes. Flexible
// versions are left to TestParseBody: kmsg believes a body's tag count, however large.
func FuzzParseBody(f *testing.F) {
	for _, key := range []kmsg.Key{kmsg.Produce, kmsg.EndTxn, kmsg.AddPartitionsToTxn, kmsg.TxnOffsetCommit, kmsg.Fetch} {
		for version := range int16(3) {
			body := key.Request()
			body.SetVersion(version)
			f.Add(key.Int16(), version, body.AppendTo(nil))
		}
	}
	f.Fuzz(func(t *testing.T, key, version int16, in []byte) {
		if body := kmsg.RequestForKey(key); body != nil {
			if body.SetVersion(version); body.IsFlexible() || key == kmsg.ControlledShutdown.Int16() {
				return
			}
		}
		frame := requestFrame(kmsg.Key(key), version, 1, in...)
		req := request{key: key, version: version}
		got, err := parseBody(frame, req)
		if err != nil {
			return
		}
		again, err := parseBody(requestFrame(kmsg.Key(key), version, 1, got.AppendTo(nil)...), req)
		if err != nil || !bytes.Equal(again.AppendTo(nil), got.AppendTo(nil)) {
			t.Fatalf("cannot read its own: %+v (%v), want %+v", again, err, got)
		}
	})
}
