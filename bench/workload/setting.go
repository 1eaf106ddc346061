package workload

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Setting is one knob of a workload, declared once: profiles, flags, the environment, the resolved values a
// plan shows, and the cells of a run all go through it.
type Setting struct {
	Key     string // its name in a profile; its flag and environment variable derive from it
	Axis    bool   // takes a list, each value a cell of its own
	Switch  bool   // true or false: its flag alone means true
	Default string // as a flag would spell it; empty: the usage says what then
	Usage   string // one line for --help, with the unit
	Example string // a right value

	concerns func(Mode) bool              // nil: every mode
	set      func(*Profile, string) error // errors are *UsageError
	get      func(*Profile) string        // the canonical spelling, which set accepts

	choices func(*Profile) int                 // how many values it has in a profile
	pick    func(*Profile, int, *Workload)     // puts one of them into a workload; nil: no part of a workload
	text    func(Workload) (s string, on bool) // as spelled; off: its zero value, so nothing to speak of
}

// Flag is the setting's long flag, without the dashes: txn-size.
func (s Setting) Flag() string { return strings.ReplaceAll(s.Key, "_", "-") }

// Env is the setting's environment variable: KEB_TXN_SIZE.
func (s Setting) Env() string { return envPrefix + strings.ToUpper(s.Key) }

// Canonical returns a value in the spelling the tool itself uses: 1KB becomes 1000. Its error is a *UsageError
// without a place.
func (s Setting) Canonical(value string) (string, error) {
	var p Profile
	if err := s.set(&p, value); err != nil {
		return "", err
	}
	return s.get(&p), nil
}

// Concerns says whether the setting means anything to a mode.
func (s Setting) Concerns(m Mode) bool { return s.concerns == nil || s.concerns(m) }

// axisValue is what a stored axis holds: a number where the value is one, a string otherwise, nil where the
// axis does not concern the workload's mode or is off.
func (s Setting) axisValue(w Workload) any {
	text, on := s.text(w)
	if !on || !s.Concerns(w.Mode) {
		return nil
	}
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f
	}
	return text
}

// Settings returns the table, in the order people meet it in help and plans.
func Settings() []Setting { return slices.Clone(settings) }

// settingByKey finds a setting by its name in a profile.
func settingByKey(key string) (Setting, bool) {
	i := slices.IndexFunc(settings, func(s Setting) bool { return s.Key == key })
	if i < 0 {
		return Setting{}, false
	}
	return settings[i], true
}

// one completes a setting that takes a single value. A nil out keeps it out of workloads.
func one[T comparable](s Setting, c codec[T], in func(*Profile) *T, out func(*Workload) *T) Setting {
	s.set = func(p *Profile, text string) error {
		v, err := c.parse(text)
		if err == nil {
			*in(p) = v
		}
		return err
	}
	s.get = func(p *Profile) string { return c.format(*in(p)) }
	s.choices = func(*Profile) int { return 1 }
	if out != nil {
		s.pick = func(p *Profile, _ int, w *Workload) { *out(w) = *in(p) }
		s.text = textOf(c, out)
	}
	return s
}

// axis completes a setting that takes a list.
func axis[T comparable](s Setting, c codec[T], in func(*Profile) *[]T, out func(*Workload) *T) Setting {
	s.Axis = true
	s.set = func(p *Profile, text string) error {
		var list []T
		for _, item := range splitList(text) {
			v, err := c.parse(item)
			if err != nil {
				return err
			}
			if slices.Contains(list, v) {
				return usage("name each once", "%s is listed twice", c.format(v))
			}
			list = append(list, v)
		}
		*in(p) = list
		return nil
	}
	s.get = func(p *Profile) string {
		var items []string
		for _, v := range *in(p) {
			items = append(items, c.format(v))
		}
		return strings.Join(items, ",")
	}
	s.choices = func(p *Profile) int { return len(*in(p)) }
	s.pick = func(p *Profile, i int, w *Workload) { *out(w) = (*in(p))[i] }
	s.text = textOf(c, out)
	return s
}

func textOf[T comparable](c codec[T], out func(*Workload) *T) func(Workload) (string, bool) {
	return func(w Workload) (string, bool) {
		v := *out(&w)
		var zero T
		return c.format(v), v != zero
	}
}

// all lets a list of modes be spelled as one word.
func all(s Setting) Setting {
	set := s.set
	s.set = func(p *Profile, text string) error {
		items := splitList(text)
		switch {
		case !slices.Contains(items, "all"):
		case len(items) > 1:
			return usage("give all alone, or the modes one by one", "all stands for every mode already")
		default:
			text = strings.Join(modeNames(), ",")
		}
		return set(p, text)
	}
	return s
}

// stated is for an axis whose zero value is a choice like any other, not the absence of one.
func stated(s Setting) Setting {
	text := s.text
	s.text = func(w Workload) (string, bool) {
		spelled, _ := text(w)
		return spelled, true
	}
	return s
}

func transactional(m Mode) bool    { return m.Transactional }
func notTransactional(m Mode) bool { return !m.Transactional }

// settings is the table. It is never written to.
var settings = []Setting{
	all(axis(Setting{Key: "mode", Default: "all", Example: "transactional",
		Usage: "delivery modes: " + strings.Join(modeNames(), ", ") + ", or all"},
		mode(), func(p *Profile) *[]Mode { return &p.Modes }, func(w *Workload) *Mode { return &w.Mode })),

	axis(Setting{Key: "txn_size", Default: "100", Example: "100", concerns: transactional,
		Usage: "records per transaction; 0: unbounded, as it is when only --txn-interval is given"},
		count[int](0, 1e9, "100"), func(p *Profile) *[]int { return &p.TxnSizes }, func(w *Workload) *int { return &w.TxnSize }),
	axis(Setting{Key: "txn_interval", Default: "0s", Example: "100ms", concerns: transactional,
		Usage: "time after which a transaction is closed, from its first record; 0: never by time"},
		span(15*time.Minute, "100ms"), func(p *Profile) *[]time.Duration { return &p.TxnIntervals },
		func(w *Workload) *time.Duration { return &w.TxnInterval }),
	one(Setting{Key: "txn_topics", Default: "1", Example: "2", concerns: transactional,
		Usage: "topics each transaction spans"},
		count[int](1, 1000, "2"), func(p *Profile) *int { return &p.TxnTopics }, func(w *Workload) *int { return &w.TxnTopics }),
	one(Setting{Key: "abort_ratio", Default: "0", Example: "0.2", concerns: transactional,
		Usage: "share of transactions aborted on purpose, from 0 to less than 1"},
		share(), func(p *Profile) *float64 { return &p.AbortRatio }, func(w *Workload) *float64 { return &w.AbortRatio }),

	axis(Setting{Key: "message_size", Default: "1000", Example: "1KB",
		Usage: "bytes of a message, the record stamp included: 100, 1KB (1000), 1KiB (1024), uniform(100,2000), normal(1000,200)"},
		codec[SizeDist]{parseSizeDist, SizeDist.String},
		func(p *Profile) *[]SizeDist { return &p.MessageSizes }, func(w *Workload) *SizeDist { return &w.MessageSize }),
	one(Setting{Key: "payload", Default: "random", Example: "text",
		Usage: "bytes behind the stamp: random (incompressible), text (compresses like English), file:PATH (its lines)"},
		codec[Payload]{parsePayload, Payload.String},
		func(p *Profile) *Payload { return &p.Payload }, func(w *Workload) *Payload { return &w.Payload }),
	one(Setting{Key: "keys", Default: "0", Example: "10000",
		Usage: "distinct record keys; 0: records carry no key, and partitions take turns of 16 KiB, as with Java's producer"},
		count[int](0, 1e9, "10000"), func(p *Profile) *int { return &p.Keys }, func(w *Workload) *int { return &w.Keys }),

	one(Setting{Key: "topics", Example: "2",
		Usage: "topics written to (default: as many as a transaction spans)"},
		count[int](1, 1000, "2"), func(p *Profile) *int { return &p.Topics }, func(w *Workload) *int { return &w.Topics }),
	axis(Setting{Key: "partitions", Default: "6", Example: "6",
		Usage: "partitions of each topic"},
		count[int](1, 10_000, "6"), func(p *Profile) *[]int { return &p.Partitions }, func(w *Workload) *int { return &w.Partitions }),
	axis(Setting{Key: "producers", Default: "1", Example: "4",
		Usage: "producers that share the rate, each with its own transactions"},
		count[int](1, 1000, "4"), func(p *Profile) *[]int { return &p.Producers }, func(w *Workload) *int { return &w.Producers }),
	one(Setting{Key: "readers", Default: "1", Example: "1",
		Usage: "readers that share the partitions; 0: nothing is read and the guarantee stays unchecked"},
		count[int](0, 1000, "1"), func(p *Profile) *int { return &p.Readers }, func(w *Workload) *int { return &w.Readers }),

	axis(Setting{Key: "rate", Default: "1000", Example: "20k",
		Usage: "records per second over all producers, or max for as fast as it goes"},
		codec[Rate]{ParseRate, Rate.String},
		func(p *Profile) *[]Rate { return &p.Rates }, func(w *Workload) *Rate { return &w.Rate }),
	one(Setting{Key: "in_flight", Default: "10000", Example: "10000",
		Usage: "unacknowledged records per producer at most, when the rate is max"},
		count[int](1, 1e6, "10000"), func(p *Profile) *int { return &p.InFlight }, func(w *Workload) *int { return &w.InFlight }),
	one(Setting{Key: "arrival", Default: string(Constant), Example: "poisson",
		Usage: "shape of the schedule: constant, poisson, burst (each second's records in its first tenth), ramp (from a tenth to the whole rate)"},
		choice(Constant, Poisson, Burst, Ramp), func(p *Profile) *Arrival { return &p.Arrival },
		func(w *Workload) *Arrival { return &w.Arrival }),
	one(Setting{Key: "duration", Default: "10s", Example: "30s",
		Usage: "length of the measured window"},
		span(7*24*time.Hour, "30s"), func(p *Profile) *time.Duration { return &p.Duration },
		func(w *Workload) *time.Duration { return &w.Duration }),
	one(Setting{Key: "messages", Default: "0", Example: "100000",
		Usage: "records of the measured window over all producers, instead of a duration; 0: the duration bounds it"},
		count[int64](0, 1e12, "100000"), func(p *Profile) *int64 { return &p.Messages }, func(w *Workload) *int64 { return &w.Messages }),
	one(Setting{Key: "warmup", Default: "3s", Example: "3s",
		Usage: "time at the same load before the window"},
		span(time.Hour, "3s"), func(p *Profile) *time.Duration { return &p.Warmup }, func(w *Workload) *time.Duration { return &w.Warmup }),

	stated(axis(Setting{Key: "linger", Default: "5ms", Example: "0",
		Usage: "time a producer waits for more records before it sends a batch that is not full (linger.ms)"},
		span(15*time.Minute, "5ms"), func(p *Profile) *[]time.Duration { return &p.Lingers },
		func(w *Workload) *time.Duration { return &w.Linger })),
	axis(Setting{Key: "isolation", Example: string(ReadUncommitted),
		Usage: "readers' isolation level as a control: read_uncommitted, read_committed (default: the mode's own)"},
		choice(ReadUncommitted, ReadCommitted), func(p *Profile) *[]Isolation { return &p.Isolations },
		func(w *Workload) *Isolation { return &w.Isolation }),
	axis(Setting{Key: "flush_every", Default: "0", Example: "100", concerns: notTransactional,
		Usage: "records after which a producer without transactions flushes, as a control for the batching a commit cuts short; 0: never"},
		count[int](0, 1e9, "100"), func(p *Profile) *[]int { return &p.FlushEvery }, func(w *Workload) *int { return &w.FlushEvery }),
	one(Setting{Key: "ladder", Default: "false", Example: "true", Switch: true,
		Usage: "add the control cells that split exactly-once's cost into its parts: needs " + strings.Join(ladderModes(), ", ")},
		toggle(), func(p *Profile) *bool { return &p.Ladder }, nil),

	one(Setting{Key: "blocks", Default: "1", Example: "10",
		Usage: "blocks, each one trial of every cell; comparisons want 6 or more"},
		count[int](1, 1000, "10"), func(p *Profile) *int { return &p.Blocks }, nil),
	one(Setting{Key: "seed", Default: "1", Example: "7",
		Usage: "seed of everything random: order of trials, payload, arrivals, aborts"},
		seed(), func(p *Profile) *uint64 { return &p.Seed }, func(w *Workload) *uint64 { return &w.Seed }),
	one(Setting{Key: "reference", Default: Reference, Example: "idempotent",
		Usage: "mode that costs are stated against"},
		choice(modeNames()...), func(p *Profile) *string { return &p.Reference }, nil),
	one(Setting{Key: "expect", Default: string(Sustained), Example: string(Unsustained),
		Usage: "sustained: a cell that cannot hold its rate fails the run; unsustained: it is what the run looks for"},
		choice(Sustained, Unsustained), func(p *Profile) *Expectation { return &p.Expect }, nil),
}
