package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/clock"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/measure"
)

func TestWhatIsFilledIsRead(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, "filled"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	const records, size = 25_000, 100
	if err := fillTopic(ctx, c.ListenAddrs()[0], "filled", size, records); err != nil {
		t.Fatal(err)
	}
	collector, err := measure.NewCollector(io.Discard, clock.Now(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r, err := readTopic(ctx, c.ListenAddrs()[0], "filled", size, records, collector)
	if err != nil {
		t.Fatal(err)
	}
	if err := collector.Close(); err != nil {
		t.Fatal(err)
	}
	latency, _ := collector.Latency(measure.E2E, 0)
	if r.Records != records || r.Strays != 0 || r.First < 1 || latency.Count != records {
		t.Errorf("%+v, %d timed: want %d distinct records", r, latency.Count, records)
	}
}

func TestBlackholeEndsWhenTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- blackhole(ctx, in) }()
	address := make([]byte, 64)
	n, err := out.Read(address)
	if err != nil || !strings.HasPrefix(string(address[:n]), "127.0.0.1:") {
		t.Errorf("it announced %q, %v", address[:n], err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestCommandRefuses(t *testing.T) {
	for _, args := range []string{"thaw", "-rounds 0", "-seconds 0", "-cells [", "-cells nothing-like-it", "-table missing.csv", "page", "page missing.md"} {
		if err := command(t.Context(), strings.Fields(args), io.Discard, io.Discard); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}
