package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/librdkafka"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster"
)

// The freeze: a steady load, and one stop of the broker in the middle of what is measured.
const (
	freezeRate    = 1000 // records a second
	freezeSize    = 1000 // bytes
	freezeWarm    = 3 * time.Second
	freezeLoad    = 20 * time.Second
	freezeAt      = 12 * time.Second // after the process was started: its start, its warm-up and some of the load are over
	freezeFor     = 2 * time.Second
	freezeWarmed  = int(freezeRate * freezeWarm / time.Second)
	freezeRecords = int(freezeRate * freezeLoad / time.Second)
	syncRecords   = 20_000 // of EndToEndLatency, which sends one, waits for it, and sends the next
)

// freezeFacts heads what a freeze left.
type freezeFacts struct {
	Date          string             `json:"date"`
	Kafka         string             `json:"kafka"`
	Tool          string             `json:"tool"`
	Librdkafka    string             `json:"librdkafka"`
	RatePerS      int                `json:"rate_per_s"`
	MessageSize   int                `json:"message_size"`
	WarmupRecords int                `json:"warmup_records"`
	Records       int                `json:"records"`
	SyncRecords   int                `json:"sync_records"` // of EndToEndLatency
	FrozenS       map[string]float64 `json:"frozen_s"`     // by file: from the signal to stop to the one to continue
}

// frozen is one program that sees a freeze, and the file that what it says goes to.
type frozen struct {
	file    string
	program string
	args    func(topic string) []string
	keep    func(stdout, into string) error
}

// freeze stops the broker once under each program's load, and stores what each made of it.
func freeze(ctx context.Context, args []string, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("freeze", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", filepath.Join("results", "freeze"), "`directory` of what is stored; files of the same names are replaced")
	if err := flags.Parse(args); err != nil {
		return err
	}
	w, err := openWorkshop(ctx, stderr)
	if err != nil {
		return err
	}
	defer w.close()
	k, err := w.startKafka(ctx)
	if err != nil {
		return err
	}
	defer k.stop()
	admin, err := cluster.Dial(ctx, k.bootstrap, client.Security{})
	if err != nil {
		return err
	}
	defer admin.Close()
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	facts := freezeFacts{
		Date: time.Now().UTC().Format("2006-01-02"), Kafka: k.version, Tool: firstLine(ctx, w.tool, "version"),
		Librdkafka: librdkafka.New().Version(), RatePerS: freezeRate, MessageSize: freezeSize,
		WarmupRecords: freezeWarmed, Records: freezeRecords, SyncRecords: syncRecords, FrozenS: map[string]float64{},
	}
	warm := cell{kind: produce, size: freezeSize, delivery: deliveries()[4]}
	if _, err := w.runTool(ctx, warm, k.bootstrap, 500_000, 1); err != nil {
		return fmt.Errorf("warm the broker up: %w", err)
	}
	runID := cluster.NewRunID(time.Now(), rand.New(rand.NewPCG(rand.Uint64(), 0)))
	programs, err := w.frozen(k.bootstrap)
	if err != nil {
		return err
	}
	for i, f := range programs {
		w.say("freezing under %s", f.file)
		topic := cluster.Name(runID, "freeze", fmt.Sprint(i))
		if err := admin.CreateTopics(ctx, []string{topic}, partitions, 1, nil); err != nil {
			return err
		}
		time.Sleep(topicRest)
		facts.FrozenS[f.file], err = k.freezeUnder(ctx, f, topic, filepath.Join(*out, f.file))
		if err != nil {
			return fmt.Errorf("%s: %w", f.file, err)
		}
	}
	head, err := json.MarshalIndent(facts, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(*out, freezeHead), append(head, '\n'), 0o644)
}

// freezeUnder starts a program and stops the broker for a while under its load.
func (k *kafka) freezeUnder(ctx context.Context, f frozen, topic, into string) (seconds float64, err error) {
	type done struct {
		ended
		err error
	}
	ends := make(chan done, 1)
	go func() {
		e, err := run(ctx, f.program, f.args(topic)...)
		ends <- done{e, err}
	}()
	select {
	case d := <-ends:
		return 0, fmt.Errorf("it ended before the broker was stopped: %w", errors.Join(d.err, errors.New(lastLines(d.stdout))))
	case <-time.After(freezeAt):
	case <-ctx.Done():
		return 0, errors.Join(ctx.Err(), (<-ends).err)
	}
	began := time.Now()
	if err := syscall.Kill(k.pid, syscall.SIGSTOP); err != nil {
		return 0, errors.Join(err, (<-ends).err)
	}
	select {
	case <-time.After(freezeFor):
	case <-ctx.Done():
	}
	err = syscall.Kill(k.pid, syscall.SIGCONT)
	seconds = time.Since(began).Seconds()
	d := <-ends
	if err = errors.Join(err, d.err, ctx.Err()); err != nil {
		return 0, err
	}
	return seconds, f.keep(d.stdout, into)
}

// frozen lists the programs.
func (w *workshop) frozen(bootstrap string) ([]frozen, error) {
	modes := deliveries()
	payloads, err := w.payloads(freezeSize)
	if err != nil {
		return nil, err
	}
	all := []frozen{
		w.frozenTool(toolAtLeastOnce, bootstrap, modes[1]),
		w.frozenTool(toolTransactional, bootstrap, modes[4]),
		w.frozenPerf(perfIdempotent, bootstrap, payloads, modes[2]),
		w.frozenPerf(perfTransactional, bootstrap, payloads, modes[4]),
		{
			file: endToEnd, program: w.java, keep: keepPrinted,
			args: func(topic string) []string {
				return w.javaArgs("EndToEndLatency", "--bootstrap-server", bootstrap, "--topic", topic,
					"--num-records", fmt.Sprint(syncRecords), "--producer-acks", "all", "--record-size", fmt.Sprint(freezeSize))
			},
		},
	}
	if w.native == "" {
		return all, nil
	}
	latencies := w.path("latencies")
	return append(all, frozen{
		file: perfNative, program: w.native,
		args: func(topic string) []string {
			c := cell{kind: produce, size: freezeSize, delivery: modes[1]}
			return append(nativeArgs(c, bootstrap, topic, int64(freezeWarmed+freezeRecords)), "-r", fmt.Sprint(freezeRate), "-l", "-A", latencies)
		},
		keep: func(stdout, into string) error {
			printed := os.WriteFile(filepath.Join(filepath.Dir(into), nativePrinted), []byte(stdout), 0o644)
			return errors.Join(printed, keepLatencies(latencies, into))
		},
	}), nil
}

func (w *workshop) frozenTool(file, bootstrap string, d delivery) frozen {
	return frozen{
		file: file, program: w.tool,
		args: func(string) []string {
			args := []string{
				"run", "--bootstrap-servers", bootstrap, "--mode", d.mode, "--rate", fmt.Sprint(freezeRate),
				"--message-size", fmt.Sprint(freezeSize), "--partitions", fmt.Sprint(partitions), "--warmup", freezeWarm.String(),
				"--duration", freezeLoad.String(), "--progress", "none", "--expect", "unsustained", "--out", w.path(file),
			}
			if d.interval > 0 {
				args = append(args, "--txn-interval", d.interval.String())
			}
			return args
		},
		keep: func(_, into string) error {
			logs, err := filepath.Glob(filepath.Join(w.path(file), "trials", "*.hlog"))
			if err != nil || len(logs) != 1 {
				return fmt.Errorf("the tool left %d histogram logs: %w", len(logs), err)
			}
			text, err := os.ReadFile(logs[0])
			if err != nil {
				return err
			}
			return os.WriteFile(into, text, 0o644)
		},
	}
}

func (w *workshop) frozenPerf(file, bootstrap, payloads string, d delivery) frozen {
	return frozen{
		file: file, program: w.java, keep: keepPrinted,
		args: func(topic string) []string {
			c := cell{kind: produce, size: freezeSize, delivery: d}
			args := javaSendArgs(c, bootstrap, topic, payloads, int64(freezeWarmed+freezeRecords), freezeRate)
			return w.javaArgs("ProducerPerformance", append([]string{"--warmup-records", fmt.Sprint(freezeWarmed)}, args...)...)
		},
	}
}

// keepPrinted stores what a program printed, but for two kinds of lines of kafka-producer-perf-test: its progress, a line
// every tenth of a second, and where its values came from, a path of this machine.
func keepPrinted(stdout, into string) error {
	var kept strings.Builder
	for line := range strings.Lines(stdout) {
		if strings.HasSuffix(strings.TrimSpace(line), "ms max latency.") || strings.HasPrefix(line, "Reading payloads from:") {
			continue
		}
		kept.WriteString(line)
	}
	return os.WriteFile(into, []byte(kept.String()), 0o644)
}

// keepLatencies stores rdkafka_performance's latencies, a line of microseconds for each record in the order of their
// acknowledgement, as counts by millisecond, without those of the warm-up.
func keepLatencies(from, into string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	counts := map[int64]int{}
	lines := strings.Fields(string(text))
	for _, line := range lines[min(len(lines), freezeWarmed):] {
		us, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			return fmt.Errorf("latencies of rdkafka_performance: %w", err)
		}
		counts[us/1000]++
	}
	var b strings.Builder
	fmt.Fprintln(&b, "latency_ms,records")
	for _, ms := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "%d,%d\n", ms, counts[ms])
	}
	return os.WriteFile(into, []byte(b.String()), 0o644)
}
