package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// workshop holds what the arms are run with: built or fetched into a temporary directory, gone at the end.
type workshop struct {
	dir       string
	self      string // this program
	tool      string
	java      string
	classpath string
	native    string // "" where it cannot be had
	facts     []string
	say       func(string, ...any)
}

// openWorkshop builds and fetches everything, and starts nothing.
func openWorkshop(ctx context.Context, stderr io.Writer) (*workshop, error) {
	dir, err := os.MkdirTemp("", "peers-")
	if err != nil {
		return nil, err
	}
	w := &workshop{dir: dir, say: func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }}
	if err := w.fit(ctx); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *workshop) close() { os.RemoveAll(w.dir) }

func (w *workshop) path(name string) string { return filepath.Join(w.dir, name) }

func (w *workshop) fit(ctx context.Context) error {
	var err error
	if w.self, err = os.Executable(); err != nil {
		return err
	}
	w.say("building the tool")
	w.tool = w.path("kafka-eos-bench")
	if _, err := run(ctx, "go", "build", "-buildvcs=true", "-o", w.tool, "."); err != nil {
		return fmt.Errorf("build the tool, from the repository's root: %w", err)
	}
	if w.java, err = findJava(); err != nil {
		return err
	}
	if w.native, err = w.buildNative(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.say("without librdkafka's C benchmark: %v", err)
		w.facts = append(w.facts, "librdkafka's C benchmark could not be had on this machine")
	}
	return nil
}

// kafka is the local broker of a measurement.
type kafka struct {
	workshop  *workshop
	bootstrap string
	version   string
	pid       int
}

var statusLine = regexp.MustCompile(`^(\w+)\s+(\S+)\s+Apache Kafka (\S+), .* pid \[(\d+)\]`)

// startKafka has the tool start a broker that keeps running. It refuses one that runs already: it is somebody's.
func (w *workshop) startKafka(ctx context.Context) (*kafka, error) {
	status, err := run(ctx, w.tool, "broker", "status")
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(status.stdout, "none") {
		return nil, fmt.Errorf("a local broker is up already (%s): take it down first, with 'broker down'", strings.TrimSpace(status.stdout))
	}
	w.say("starting a local Kafka")
	up, err := run(ctx, w.tool, "broker", "up")
	if err != nil {
		return nil, err
	}
	k := &kafka{workshop: w}
	m := statusLine.FindStringSubmatch(up.stdout)
	if m == nil || m[1] != "running" {
		k.stop()
		return nil, fmt.Errorf("'broker up' answered %q", up.stdout)
	}
	k.bootstrap, k.version = m[2], m[3]
	if _, err := fmt.Sscan(m[4], &k.pid); err != nil {
		k.stop()
		return nil, err
	}
	if err := w.findClasses(ctx, k.version); err != nil {
		k.stop()
		return nil, err
	}
	return k, nil
}

// stop takes the broker down, also after an interrupt.
func (k *kafka) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := run(ctx, k.workshop.tool, "broker", "down"); err != nil {
		k.workshop.say("the local Kafka may still run: %v", err)
	}
}

// toolArgs are the tool's arguments for a cell's load at full speed.
func (w *workshop) toolArgs(c cell, bootstrap string, messages int64, readers int) []string {
	args := []string{
		"run", "--bootstrap-servers", bootstrap, "--mode", c.delivery.mode, "--rate", "max", "--messages", fmt.Sprint(messages),
		"--readers", fmt.Sprint(readers), "--warmup", "0s", "--message-size", fmt.Sprint(c.size), "--partitions", fmt.Sprint(partitions),
		"--in-flight", fmt.Sprint(c.inFlight()), "--output", "json", "--progress", "none", "--out", w.path("out"),
	}
	if c.delivery.interval > 0 {
		args = append(args, "--txn-interval", c.delivery.interval.String())
	}
	return args
}

// runTool measures the tool.
func (w *workshop) runTool(ctx context.Context, c cell, bootstrap string, messages int64, readers int) (figures, error) {
	os.RemoveAll(w.path("out"))
	e, err := run(ctx, w.tool, w.toolArgs(c, bootstrap, messages, readers)...)
	if err != nil {
		return figures{}, err
	}
	f, err := parseTool([]byte(e.stdout), c, messages)
	f.cpu = e.cpu
	return f, err
}

// parseTool reads the tool's own document. A figure of acks=0 counts hand-overs, of which as many as may be unacknowledged
// can still be in the client when the last one happens: they are taken off.
func parseTool(document []byte, c cell, messages int64) (figures, error) {
	var doc result.Run
	if err := json.Unmarshal(document, &doc); err != nil {
		return figures{}, fmt.Errorf("the tool's document: %w", err)
	}
	if len(doc.Trials) != 1 || !doc.Trials[0].Complete {
		return figures{}, fmt.Errorf("the tool's document holds no complete trial")
	}
	t := doc.Trials[0]
	f := figures{records: t.Guarantee.Sent}
	switch {
	case t.Guarantee.Failed > 0:
		return f, fmt.Errorf("the tool reports %d records undelivered", t.Guarantee.Failed)
	case t.Throughput.ReadPerS != nil:
		f.perSecond = *t.Throughput.ReadPerS
	case t.Throughput.AckedPerS != nil:
		f.perSecond = *t.Throughput.AckedPerS
	default:
		f.perSecond = t.SentPerS * float64(max(0, messages-int64(c.inFlight()))) / float64(messages)
	}
	f.wholePerSecond = f.perSecond
	return f, nil
}

// firstLine is the output of a program that says what it is, in one line.
func firstLine(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}
