package workload

import (
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/redact"
)

// Profile is what a run measures: every setting resolved, each list an axis whose product makes the cells.
type Profile struct {
	Name        string
	Description string

	Modes        []Mode
	TxnSizes     []int
	TxnIntervals []time.Duration
	TxnTopics    int
	AbortRatio   float64

	MessageSizes []SizeDist
	Payload      Payload
	Keys         int

	Topics     int
	Partitions []int
	Producers  []int
	Readers    int

	Rates    []Rate
	InFlight int
	Arrival  Arrival
	Duration time.Duration // 0: Messages bounds the window
	Messages int64         // 0: Duration bounds the window
	Warmup   time.Duration

	Lingers    []time.Duration
	Isolations []Isolation // empty: each mode's own
	FlushEvery []int
	Ladder     bool // adds the controls that a cost is attributed with

	Blocks    int
	Seed      uint64
	Reference string // a mode's name
	Expect    Expectation

	Properties map[string]string // client properties, under the names they were given

	Against *Profile // the other side, of as many cells, which the same blocks measure as the baseline; nil: there is none

	origins map[string]origin // by setting key, or clientConfig and a property's name; absent: default
}

// Expectation is what a run takes for granted of its cells.
type Expectation string

// Expectations: most runs measure cells that hold their rate, a probe for capacity looks for those that don't.
const (
	Sustained   Expectation = "sustained"
	Unsustained Expectation = "unsustained"
)

// source is where a value comes from, in rising precedence.
type source int

const (
	fromDefault source = iota
	fromProfile
	fromEnvironment
	fromFlag
)

func (s source) String() string {
	return [...]string{"default", "profile", "environment", "flag"}[s]
}

// origin is a value's source, and the place to name in an error about it.
type origin struct {
	source source
	where  string
}

// clientConfig is the profile key that holds client properties.
const clientConfig = "client_config"

func propertyKey(name string) string { return clientConfig + "." + name }

// explicit reports whether the user said anything about a setting.
func (p *Profile) explicit(key string) bool { return p.origins[key].source != fromDefault }

// outranks reports whether a setting was given in a layer of higher precedence than another's: it then settles
// a conflict between the two, where in one layer or the other way round it is a mistake.
func (p *Profile) outranks(key, other string) bool {
	return p.origins[key].source > p.origins[other].source
}

// Values returns every setting by its key, as resolved and with its source; client properties follow as
// client_config.NAME, secrets masked.
func (p *Profile) Values() map[string]StoredValue {
	values := make(map[string]StoredValue, len(settings)+len(p.Properties))
	for _, s := range settings {
		values[s.Key] = StoredValue{Value: s.get(p), Source: p.origins[s.Key].source.String()}
	}
	for name, value := range redact.Properties(p.Properties) {
		values[propertyKey(name)] = StoredValue{Value: value, Source: p.origins[propertyKey(name)].source.String()}
	}
	return values
}
