package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// bench is a measurement under way.
type bench struct {
	plan
	*workshop
	kafka   *kafka
	admin   *cluster.Admin
	discard *discarder // nil unless a ceiling is measured
	filled  map[int]string
	runID   string
	out     *rowWriter
	failed  int
}

// measureAll measures a plan and leaves its rows in a file, and prints their table.
func measureAll(ctx context.Context, p plan, path string, stdout, stderr io.Writer) error {
	began := time.Now()
	w, err := openWorkshop(ctx, stderr)
	if err != nil {
		return err
	}
	defer w.close()
	if w.native == "" {
		p.drop(native)
	}
	w.say("%d cells, %d rounds, %d runs: about %s", len(p.cells), p.rounds, p.runs(), p.estimate().Round(time.Minute/4))
	k, err := w.startKafka(ctx)
	if err != nil {
		return err
	}
	defer k.stop()
	b := &bench{plan: p, workshop: w, kafka: k, filled: map[int]string{}, runID: cluster.NewRunID(began, rand.New(rand.NewPCG(rand.Uint64(), 0)))}
	if b.out, err = createRows(path, b.describe(ctx)); err != nil {
		return err
	}
	defer b.out.file.Close()
	err = b.measure(ctx)
	w.say("%s, in %s", path, time.Since(began).Round(time.Second))
	rows, loadErr := loadRows(path)
	if loadErr != nil {
		return errors.Join(err, loadErr)
	}
	fmt.Fprint(stdout, table(rows))
	if err == nil && b.failed > 0 {
		err = fmt.Errorf("%d runs failed: their pairs are missing from the table", b.failed)
	}
	return err
}

// drop leaves an arm out, and cells that have nothing to compare without it.
func (p *plan) drop(a arm) {
	for i := range p.cells {
		p.cells[i].arms = slices.DeleteFunc(p.cells[i].arms, func(other arm) bool { return other == a })
	}
	p.cells = slices.DeleteFunc(p.cells, func(c cell) bool { return len(c.arms) < 2 })
}

func (p plan) runs() int {
	n := startRuns * len(p.arms())
	for _, c := range p.cells {
		n += p.rounds * len(c.arms)
	}
	return n
}

// describe says what the rows were measured with.
func (b *bench) describe(ctx context.Context) []string {
	m := result.ThisMachine()
	facts := []string{
		"measured " + time.Now().UTC().Format("2006-01-02") + fmt.Sprintf(", %d rounds, loads of about %g s", b.rounds, b.seconds),
		fmt.Sprintf("machine: %d × %s, %.1f GiB, %s/%s, shared with the broker", m.CPUs, m.CPU, float64(m.MemoryBytes)/(1<<30), m.OS, m.Arch),
		"broker: Apache Kafka " + b.kafka.version + ", one node; its tools are of the same version",
		"tool: " + firstLine(ctx, b.tool, "version"),
		"java: " + firstLine(ctx, b.java, "-version"),
		"librdkafka: " + librdkafka.New().Version() + " in the tool and in rdkafka_performance; Go " + strings.TrimPrefix(runtime.Version(), "go"),
	}
	return append(facts, b.facts...)
}

func (b *bench) measure(ctx context.Context) error {
	var err error
	if b.admin, err = cluster.Dial(ctx, b.kafka.bootstrap, client.Security{}); err != nil {
		return err
	}
	defer b.admin.Close()
	if slices.ContainsFunc(b.cells, func(c cell) bool { return c.kind == ceiling }) {
		if b.discard, err = startDiscarder(ctx, b.self); err != nil {
			return err
		}
		defer b.discard.stop()
	}
	if err := b.warm(ctx); err != nil {
		return err
	}
	for _, c := range b.cells {
		if c.kind == reading {
			if err := b.fill(ctx, c); err != nil {
				return err
			}
		}
	}
	if err := b.measureStarts(ctx); err != nil {
		return err
	}
	for round := 1; round <= b.rounds; round++ {
		for _, c := range b.cells {
			arms := slices.Clone(c.arms)
			if round%2 == 0 {
				slices.Reverse(arms)
			}
			for i, a := range arms {
				if err := b.one(ctx, c, a, row{round: round, cell: c.name(), arm: a, position: i + 1}, c.records(b.seconds)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// warm loads the broker that has just started, whose virtual machine is still compiling, with what is not counted: in
// turn each of the deliveries of the tool.
func (b *bench) warm(ctx context.Context) error {
	b.say("warming the broker up for %s", b.warmup)
	until := time.Now().Add(b.warmup)
	for i := 0; time.Now().Before(until); i++ {
		c := cell{kind: produce, size: 1000, delivery: deliveries()[i%len(deliveries())]}
		if _, err := b.runTool(ctx, c, b.kafka.bootstrap, c.records(min(5, b.warmup.Seconds())), 1); err != nil {
			return fmt.Errorf("warm the broker up: %w", err)
		}
	}
	return nil
}

// measureStarts runs each arm with next to no load: what that takes is its start's and its end's.
func (b *bench) measureStarts(ctx context.Context) error {
	b.say("measuring what starting costs")
	for _, a := range b.arms() {
		i := slices.IndexFunc(b.cells, func(c cell) bool { return slices.Contains(c.arms, a) })
		for run := 1; run <= startRuns; run++ {
			if err := b.one(ctx, b.cells[i], a, row{round: run, cell: startCell, arm: a, position: 1}, startRecords); err != nil {
				return err
			}
		}
	}
	return nil
}

// one runs an arm once and adds its row. A run that fails is reported and counted, and the others go on.
func (b *bench) one(ctx context.Context, c cell, a arm, r row, records int64) error {
	f, err := b.attempt(ctx, c, a, r, records)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		b.failed++
		b.say("%d %s %s failed: %v", r.round, r.cell, a, err)
		return nil
	}
	r.figures = f
	b.say("%d %-24s %-20s %9.0f/s  %6.2f CPU s", r.round, r.cell, a, f.perSecond, f.cpu.Seconds())
	return b.out.add(r)
}

func (b *bench) attempt(ctx context.Context, c cell, a arm, r row, records int64) (figures, error) {
	bootstrap, admin := b.kafka.bootstrap, b.admin
	if c.kind == ceiling {
		bootstrap, admin = b.discard.bootstrap, b.discard.admin
	}
	switch a {
	case tool:
		return b.runTool(ctx, c, bootstrap, records, 0)
	case toolReader:
		return b.runTool(ctx, c, bootstrap, records, 1)
	case toolRead:
		return b.runRead(ctx, c, records)
	case javaRead:
		return b.runJavaRead(ctx, bootstrap, b.filled[c.size], records)
	}
	topic := cluster.Name(b.runID, "peers", fmt.Sprintf("%d-%s", r.round, strings.NewReplacer("/", "-", "+", "-").Replace(r.cell+"-"+string(a))))
	if err := admin.CreateTopics(ctx, []string{topic}, partitions, 1, nil); err != nil {
		return figures{}, err
	}
	defer func() {
		if err := admin.DeleteTopics(context.WithoutCancel(ctx), []string{topic}); err != nil {
			b.say("%v", err)
		}
	}()
	time.Sleep(topicRest)
	if a == javaSend {
		return b.runJavaSend(ctx, c, bootstrap, topic, records)
	}
	return b.runNative(ctx, c, bootstrap, topic, records)
}
