package main

import (
	"fmt"
	"slices"
	"time"
)

// Settings that are the same for every arm; the tool's own defaults.
const (
	partitions    = 6
	lingerMS      = 5
	batchBytes    = 65536
	maxInFlight   = 5 // requests per connection
	javaBuffer    = 32 << 20
	startRecords  = 100 // of a run that shows what starting and ending costs
	startRuns     = 5
	topicRest     = 500 * time.Millisecond // between a topic's creation and the first record
	firstShare    = 1.0 / 3                // of a Java run's time that its warm figure leaves out
	reportEveryMS = 100                    // of the Java tools
)

// An arm is one program under measurement.
type arm string

const (
	tool       arm = "tool"        // this tool, every record stamped and timed, nothing read
	toolReader arm = "tool+reader" // and read, timed end to end and entered into the ledger
	toolRead   arm = "tool-read"   // its reading side alone
	javaSend   arm = "producer-perf-test"
	javaRead   arm = "consumer-perf-test"
	native     arm = "rdkafka_performance" // librdkafka's C benchmark
)

// A kind of cell says what its arms do.
type kind string

const (
	produce kind = "produce"
	reading kind = "read"
	ceiling kind = "ceiling" // produce into a broker that discards
)

// delivery is a mode as each tool spells it.
type delivery struct {
	name       string // in cells
	mode       string // of this tool
	acks       int
	idempotent bool
	interval   time.Duration // of transactions; 0: none
}

// deliveries are the modes measured. They are a function, for nothing here is to change.
func deliveries() []delivery {
	return []delivery{
		{name: "acks-0", mode: "at-most-once"},
		{name: "acks-all", mode: "at-least-once", acks: -1},
		{name: "idempotent", mode: "idempotent", acks: -1, idempotent: true},
		{name: "txn-10ms", mode: "transactional", acks: -1, idempotent: true, interval: 10 * time.Millisecond},
		{name: "txn-100ms", mode: "transactional", acks: -1, idempotent: true, interval: 100 * time.Millisecond},
		{name: "txn-1000ms", mode: "transactional", acks: -1, idempotent: true, interval: time.Second},
	}
}

// cell is what is compared: its arms do the same work.
type cell struct {
	kind     kind
	size     int // bytes of a value
	delivery delivery
	arms     []arm
}

func (c cell) name() string {
	if c.kind == reading {
		return fmt.Sprintf("%s/%d", c.kind, c.size)
	}
	return fmt.Sprintf("%s/%d/%s", c.kind, c.size, c.delivery.name)
}

// allCells in the order in which tables show them.
func allCells() []cell {
	var cells []cell
	sizes := []int{100, 1000, 10_000}
	for _, d := range deliveries() {
		for _, size := range sizes {
			c := cell{kind: produce, size: size, delivery: d, arms: []arm{tool, javaSend}}
			if d.interval == 0 {
				c.arms = append(c.arms, native) // which knows no transactions
			}
			if size == 1000 {
				c.arms = append(c.arms, toolReader)
			}
			cells = append(cells, c)
		}
	}
	for _, size := range sizes {
		cells = append(cells, cell{kind: reading, size: size, arms: []arm{toolRead, javaRead}})
	}
	for _, size := range sizes {
		cells = append(cells, cell{kind: ceiling, size: size, delivery: deliveries()[1], arms: []arm{tool, native}})
	}
	return cells
}

// inFlight bounds a producer's unacknowledged records, in the tool and in the C benchmark: about 20 MB of large ones.
func (c cell) inFlight() int { return min(10_000, 20_000_000/c.size) }

// perSecond is about how many records a second the arms of a cell manage on two cores shared with the broker. It only
// decides how many records make a run of the length asked for.
func (c cell) perSecond() float64 {
	bySize := map[kind]map[int]float64{
		produce: {100: 350_000, 1000: 90_000, 10_000: 14_000},
		reading: {100: 900_000, 1000: 350_000, 10_000: 50_000},
		ceiling: {100: 600_000, 1000: 250_000, 10_000: 40_000},
	}
	rate := bySize[c.kind][c.size]
	if c.delivery.interval == 10*time.Millisecond {
		rate /= 2 // commits take their share
	}
	return rate
}

// records of a run.
func (c cell) records(seconds float64) int64 { return max(startRecords, int64(c.perSecond()*seconds)) }

// overhead is about what an arm's run takes beside its load: its start, its topics, its end.
func overhead(a arm) time.Duration {
	return map[arm]time.Duration{
		tool: 2200 * time.Millisecond, toolReader: 3500 * time.Millisecond, toolRead: 500 * time.Millisecond,
		javaSend: 1800 * time.Millisecond, javaRead: 1500 * time.Millisecond, native: 900 * time.Millisecond,
	}[a]
}

// plan is what a measurement consists of.
type plan struct {
	rounds  int
	seconds float64
	warmup  time.Duration
	cells   []cell
}

// arms of the plan, each once.
func (p plan) arms() []arm {
	var all []arm
	for _, c := range p.cells {
		for _, a := range c.arms {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return all
}

// estimate is about how long the plan takes.
func (p plan) estimate() time.Duration {
	load := time.Duration(p.seconds * float64(time.Second))
	total := 30*time.Second + p.warmup // building, starting, stopping
	for _, a := range p.arms() {
		total += startRuns * overhead(a)
	}
	for _, c := range p.cells {
		if c.kind == reading {
			total += 4 * load // its topic is filled once
		}
		for _, a := range c.arms {
			total += time.Duration(p.rounds) * (load + overhead(a))
		}
	}
	return total
}
