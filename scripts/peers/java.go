package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// findJava takes JAVA_HOME's, then the PATH's.
func findJava() (string, error) {
	if home := os.Getenv("JAVA_HOME"); home != "" {
		return filepath.Join(home, "bin", "java"), nil
	}
	path, err := exec.LookPath("java")
	if err != nil {
		return "", fmt.Errorf("the Java tools need a Java 17: %w", err)
	}
	return path, nil
}

const pomOfTheTools = `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kafka-eos-bench</groupId>
  <artifactId>peers</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka-tools</artifactId>
      <version>%s</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>2.25.4</version>
    </dependency>
  </dependencies>
</project>
`

// findClasses finds the Java tools of the broker's version: KAFKA_HOME's, or those Maven brings.
func (w *workshop) findClasses(ctx context.Context, version string) error {
	if home := os.Getenv("KAFKA_HOME"); home != "" {
		w.classpath = filepath.Join(home, "libs", "*")
		return nil
	}
	w.say("fetching kafka-tools %s with Maven", version)
	pom := w.path("pom.xml")
	if err := os.WriteFile(pom, fmt.Appendf(nil, pomOfTheTools, version), 0o644); err != nil {
		return err
	}
	jars := w.path("jars")
	_, err := run(ctx, "mvn", "--quiet", "--batch-mode", "--strict-checksums", "--file", pom,
		"org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies", "-DoutputDirectory="+jars, "-DincludeScope=runtime")
	if err != nil {
		return fmt.Errorf("fetch kafka-tools: %w", err)
	}
	w.classpath = filepath.Join(jars, "*")
	return nil
}

// javaArgs start one of Kafka's tools as kafka-run-class.sh and the performance tools' own scripts would.
func (w *workshop) javaArgs(class string, args ...string) []string {
	return append([]string{
		"-Xmx512M", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35",
		"-XX:+ExplicitGCInvokesConcurrent", "-Djava.awt.headless=true", "-cp", w.classpath, "org.apache.kafka.tools." + class,
	}, args...)
}

// javaSendArgs are kafka-producer-perf-test's for a cell; throughput -1 is as fast as it goes.
func javaSendArgs(c cell, bootstrap, topic, payloads string, records int64, throughput int) []string {
	acks := "all"
	if c.delivery.acks == 0 {
		acks = "0"
	}
	args := []string{
		"--bootstrap-server", bootstrap, "--topic", topic, "--num-records", fmt.Sprint(records), "--payload-file", payloads,
		"--throughput", fmt.Sprint(throughput), "--reporting-interval", fmt.Sprint(reportEveryMS),
	}
	if c.delivery.interval > 0 {
		args = append(args, "--transaction-duration-ms", fmt.Sprint(c.delivery.interval.Milliseconds()))
	}
	return append(args, "--command-property", "acks="+acks, fmt.Sprintf("enable.idempotence=%t", c.delivery.idempotent),
		fmt.Sprintf("linger.ms=%d", lingerMS), fmt.Sprintf("batch.size=%d", batchBytes),
		fmt.Sprintf("buffer.memory=%d", max(javaBuffer, c.inFlight()*c.size)), "compression.type=none",
		fmt.Sprintf("max.in.flight.requests.per.connection=%d", maxInFlight), "enable.metrics.push=false")
}

// payloads writes the values that kafka-producer-perf-test picks from, as many of a size as this tool's own pool has. Asked
// for a record size instead, it would draw every byte of every record anew, and at 10 KB spend most of its time on that.
func (w *workshop) payloads(size int) (string, error) {
	path := w.path(fmt.Sprintf("payloads-%d", size))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	random := rand.New(rand.NewPCG(1, uint64(size)))
	var text []byte
	for range max(8, 4<<20/size) {
		for range size {
			text = append(text, byte('A'+random.IntN(26)))
		}
		text = append(text, '\n')
	}
	return path, os.WriteFile(path, text, 0o644)
}

func (w *workshop) runJavaSend(ctx context.Context, c cell, bootstrap, topic string, records int64) (figures, error) {
	payloads, err := w.payloads(c.size)
	if err != nil {
		return figures{}, err
	}
	e, err := run(ctx, w.java, w.javaArgs("ProducerPerformance", javaSendArgs(c, bootstrap, topic, payloads, records, -1)...)...)
	if err != nil {
		return figures{}, err
	}
	f, err := parseJavaSend(e.stdout)
	f.cpu = e.cpu
	if err == nil && f.records != records {
		err = fmt.Errorf("kafka-producer-perf-test reports %d of %d records", f.records, records)
	}
	return f, err
}

var sentLine = regexp.MustCompile(`^(\d+) records sent, ([\d.]+) records/sec`)

// parseJavaSend reads kafka-producer-perf-test's intervals and final line. The whole figure is the final line's; the warm
// one is that of its intervals after the first third of the time, when connections are up and most is compiled: what is
// compared, to the peer's advantage.
func parseJavaSend(out string) (figures, error) {
	var f figures
	type interval struct{ records, seconds float64 }
	var intervals []interval
	for line := range strings.Lines(out) {
		m := sentLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		records, _ := strconv.ParseFloat(m[1], 64)
		rate, _ := strconv.ParseFloat(m[2], 64)
		switch {
		case strings.Contains(line, "99.9th"):
			f.records, f.wholePerSecond = int64(records), rate
		case rate > 0:
			intervals = append(intervals, interval{records, records / rate})
		}
	}
	if f.wholePerSecond <= 0 {
		return f, fmt.Errorf("kafka-producer-perf-test printed no final line: %s", lastLines(out))
	}
	first := float64(f.records) / f.wholePerSecond * firstShare
	var elapsed, records, seconds float64
	for _, i := range intervals {
		if elapsed >= first {
			records += i.records
			seconds += i.seconds
		}
		elapsed += i.seconds
	}
	f.perSecond = f.wholePerSecond
	if seconds > 0 {
		f.perSecond = records / seconds
	}
	return f, nil
}

func (w *workshop) runJavaRead(ctx context.Context, bootstrap, topic string, records int64) (figures, error) {
	e, err := run(ctx, w.java, w.javaArgs("ConsumerPerformance", "--bootstrap-server", bootstrap, "--topic", topic,
		"--num-records", fmt.Sprint(records), "--group", fmt.Sprintf("%s-%d", topic, time.Now().UnixNano()),
		"--hide-header", "--show-detailed-stats", "--reporting-interval", fmt.Sprint(reportEveryMS))...)
	if err != nil {
		return figures{}, err
	}
	f, err := parseJavaRead(e.stdout)
	f.records, f.cpu = records, e.cpu // its last interval is not printed
	return f, err
}

// parseJavaRead reads kafka-consumer-perf-test's detailed statistics: a line per interval, with the time and how many
// records were read so far. Whole is from the first interval's end, when the group had been joined; warm from a third of the
// time on. Neither is known of a run so short that it had one interval.
func parseJavaRead(out string) (figures, error) {
	type point struct {
		at      time.Time
		records float64
	}
	var points []point
	for line := range strings.Lines(out) {
		fields := strings.Split(line, ", ")
		if len(fields) != 10 {
			continue
		}
		stamp := []byte(fields[0])
		if i := strings.LastIndexByte(fields[0], ':'); i > 0 {
			stamp[i] = '.' // what Go's layouts know as the point before a fraction
		}
		at, err := time.Parse("2006-01-02 15:04:05.000", string(stamp))
		if err != nil {
			return figures{}, fmt.Errorf("kafka-consumer-perf-test: %w", err)
		}
		records, err := strconv.ParseFloat(fields[4], 64)
		if err != nil {
			return figures{}, fmt.Errorf("kafka-consumer-perf-test: %w", err)
		}
		points = append(points, point{at, records})
	}
	if len(points) < 2 {
		return figures{}, nil
	}
	last := points[len(points)-1]
	rateFrom := func(p point) float64 { return (last.records - p.records) / last.at.Sub(p.at).Seconds() }
	f := figures{wholePerSecond: rateFrom(points[0])}
	third := points[0].at.Add(time.Duration(float64(last.at.Sub(points[0].at)) * firstShare))
	for _, p := range points[:len(points)-1] {
		if !p.at.Before(third) || len(points) == 2 {
			f.perSecond = rateFrom(p)
			return f, nil
		}
	}
	f.perSecond = f.wholePerSecond
	return f, nil
}
