package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// shim stands for the library's internal headers, which no package holds; the benchmark takes these few names from them.
const shim = `#pragma once
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
typedef int64_t rd_ts_t;
#define RD_MAX(a, b) ((a) > (b) ? (a) : (b))
#define RD_MIN(a, b) ((a) < (b) ? (a) : (b))
#define rd_snprintf snprintf
static inline rd_ts_t rd_clock(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (rd_ts_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
`

// buildNative compiles librdkafka's C benchmark, from Debian's package librdkafka-dev, against the very library this
// tool's Go binding links: versions are equal.
func (w *workshop) buildNative(ctx context.Context) (string, error) {
	if runtime.GOOS != "linux" {
		return "", errors.New("its source comes from a Debian package, and the library linked is Linux's")
	}
	w.say("building librdkafka's C benchmark")
	source, err := w.nativeSource(ctx)
	if err != nil {
		return "", err
	}
	module, err := run(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/confluentinc/confluent-kafka-go/v2")
	if err != nil {
		return "", err
	}
	vendored := filepath.Join(strings.TrimSpace(module.stdout), "kafka", "librdkafka_vendor")
	include := w.path("include")
	for _, name := range []string{"include/rd.h", "src/rd.h", "include/rdtime.h"} {
		if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(w.path(name), []byte(shim), 0o644); err != nil {
			return "", err
		}
	}
	binary := w.path("rdkafka_performance")
	_, err = run(ctx, "gcc", "-O2", "-w", "-I", include, "-I", vendored, "-o", binary, source,
		filepath.Join(vendored, "librdkafka_glibc_linux_"+runtime.GOARCH+".a"), "-lm", "-ldl", "-lpthread", "-lrt")
	return binary, err
}

// nativeSource unpacks the benchmark's source, without installing anything.
func (w *workshop) nativeSource(ctx context.Context) (string, error) {
	dir := w.path("debian")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	download := exec.CommandContext(ctx, "apt-get", "download", "librdkafka-dev")
	download.Dir = dir
	if out, err := download.CombinedOutput(); err != nil {
		return "", fmt.Errorf("apt-get download librdkafka-dev: %w: %s", err, lastLines(string(out)))
	}
	packages, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil || len(packages) != 1 {
		return "", fmt.Errorf("apt-get download left %d packages: %w", len(packages), err)
	}
	if _, err := run(ctx, "dpkg", "-x", packages[0], dir); err != nil {
		return "", err
	}
	return filepath.Join(dir, "usr", "share", "doc", "librdkafka-dev", "examples", "rdkafka_performance.c"), nil
}

// nativeArgs are the C benchmark's for a cell.
func nativeArgs(c cell, bootstrap, topic string, records int64) []string {
	args := []string{"-P", "-q", "-b", bootstrap, "-t", topic, "-s", fmt.Sprint(c.size), "-c", fmt.Sprint(records)}
	for _, property := range []string{
		fmt.Sprintf("acks=%d", c.delivery.acks), fmt.Sprintf("enable.idempotence=%t", c.delivery.idempotent),
		fmt.Sprintf("linger.ms=%d", lingerMS), fmt.Sprintf("batch.size=%d", batchBytes), "compression.type=none",
		fmt.Sprintf("max.in.flight.requests.per.connection=%d", maxInFlight),
		fmt.Sprintf("queue.buffering.max.messages=%d", c.inFlight()), "queue.buffering.max.kbytes=1048576",
		"socket.nagle.disable=true", "enable.metrics.push=false",
	} {
		args = append(args, "-X", property)
	}
	if c.delivery.acks != 0 {
		args = append(args, "-X", "retries=2147483647") // its own default of 3 contradicts idempotence
	}
	return args
}

func (w *workshop) runNative(ctx context.Context, c cell, bootstrap, topic string, records int64) (figures, error) {
	e, err := run(ctx, w.native, nativeArgs(c, bootstrap, topic, records)...)
	if err != nil {
		return figures{}, err
	}
	f, err := parseNative(e.stdout)
	f.cpu = e.cpu
	if err == nil && f.records != records {
		err = fmt.Errorf("rdkafka_performance delivered %d of %d records", f.records, records)
	}
	return f, err
}

var deliveredLine = regexp.MustCompile(`(\d+) delivered \(.*\) in \d+ms: (\d+) msgs/s`)

// parseNative reads rdkafka_performance's last line.
func parseNative(out string) (figures, error) {
	all := deliveredLine.FindAllStringSubmatch(out, -1)
	if len(all) == 0 {
		return figures{}, fmt.Errorf("rdkafka_performance printed no result: %s", lastLines(out))
	}
	m := all[len(all)-1]
	records, _ := strconv.ParseInt(m[1], 10, 64)
	rate, _ := strconv.ParseFloat(m[2], 64)
	return figures{records: records, perSecond: rate, wholePerSecond: rate}, nil
}
