package broker

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Maven resolves exactly these; log4jVersion is the one Kafka itself depends on, so the binding fits.
const (
	log4jVersion   = "2.25.4"
	mavenPlugin    = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
	pomOfTheBroker = `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kafka-eos-bench</groupId>
  <artifactId>broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>` + KafkaVersion + `</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>` + log4jVersion + `</version>
    </dependency>
  </dependencies>
</project>
`
)

// mavenDistribution gives the pinned Kafka out of the cache directory. The first time, or when the cached jars are
// not what was put there, Maven fetches them; a directory counts only when it is complete, and one process at a time
// fills it.
func mavenDistribution(ctx context.Context, o Options) (distribution, error) {
	dir := filepath.Join(o.CacheDir, "kafka-"+KafkaVersion)
	d := distribution{libs: dir, version: KafkaVersion, origin: "Maven"}
	if verifyManifest(dir) == nil {
		return d, nil
	}
	unlock, err := lock(ctx, dir+".lock", func() { o.say("waiting for another process that fetches Kafka") })
	if err != nil {
		return d, err
	}
	defer unlock()
	switch err := verifyManifest(dir); {
	case err == nil:
		return d, nil
	case !os.IsNotExist(err):
		o.say("the cached Kafka is damaged (%v): fetching it again", err)
	}
	mvn, err := o.LookPath("mvn")
	if err != nil {
		return d, fmt.Errorf("%w: a local Kafka comes from Maven or KAFKA_HOME, and there is no mvn on the PATH: "+
			"install Maven, or point KAFKA_HOME at an unpacked Kafka distribution", ErrUnavailable)
	}
	partial := dir + ".partial" // what an interrupted download left here is of no use
	if err := os.RemoveAll(partial); err != nil {
		return d, fmt.Errorf("removing an unfinished download: %w", err)
	}
	defer func() { _ = os.RemoveAll(partial) }() // should it not come to the renaming
	if err := download(ctx, o, mvn, partial); err != nil {
		return d, err
	}
	if err := writeManifest(partial); err != nil {
		return d, err
	}
	if err := os.RemoveAll(dir); err != nil {
		return d, fmt.Errorf("removing a damaged Kafka from the cache: %w", err)
	}
	if err := os.Rename(partial, dir); err != nil {
		return d, fmt.Errorf("putting Kafka into the cache: %w", err)
	}
	return d, nil
}

// download has Maven put Kafka's jars into dir, checksums enforced.
func download(ctx context.Context, o Options, mvn, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making room for Kafka: %w", err)
	}
	pom := filepath.Join(dir, "pom.xml")
	if err := os.WriteFile(pom, []byte(pomOfTheBroker), 0o644); err != nil {
		return fmt.Errorf("writing what Maven is to fetch: %w", err)
	}
	o.say("fetching Apache Kafka %s with Maven (about 50 MB, once)", KafkaVersion)

	runtime.LockOSThread() // Maven is tied to this thread: see tied
	defer runtime.UnlockOSThread()
	progress := &mavenProgress{say: o.say, now: time.Now}
	cmd := exec.CommandContext(ctx, mvn, "--batch-mode", "--strict-checksums", "-Dstyle.color=never", "--file", pom,
		mavenPlugin+":copy-dependencies", "-DoutputDirectory="+dir, "-DincludeScope=runtime")
	cmd.Stdout, cmd.Stderr = progress, progress
	cmd.SysProcAttr = tied()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("fetching Kafka with Maven: %w", ctx.Err())
		}
		return fmt.Errorf("%w: Maven could not fetch Kafka %s (%w): %s; with no network, point KAFKA_HOME at an "+
			"unpacked Kafka distribution", ErrUnavailable, KafkaVersion, err, progress.trouble())
	}
	return os.Remove(pom)
}

// mavenProgress reads Maven's output as it comes: it counts what was downloaded and keeps the errors.
type mavenProgress struct {
	say  func(string, ...any)
	now  func() time.Time
	line []byte

	files  int
	bytes  float64
	said   time.Time
	errors []string
}

// Write takes Maven's output in pieces of any length.
func (p *mavenProgress) Write(b []byte) (int, error) {
	p.line = append(p.line, b...)
	for {
		line, rest, whole := bytes.Cut(p.line, []byte{'\n'})
		if !whole {
			return len(b), nil
		}
		p.take(strings.TrimSpace(string(line)))
		p.line = append(p.line[:0], rest...)
	}
}

func (p *mavenProgress) take(line string) {
	if text, ok := strings.CutPrefix(line, "[ERROR] "); ok {
		p.errors = append(p.errors, text)
		return
	}
	size, ok := downloaded(line)
	if !ok {
		return
	}
	p.files++
	p.bytes += size
	if now := p.now(); now.Sub(p.said) >= time.Second {
		p.said = now
		p.say("fetching Kafka: %s, %.1f MB", plural(p.files, "file"), p.bytes/1e6)
	}
}

// trouble is what Maven said went wrong: its first error, which names the artifact.
func (p *mavenProgress) trouble() string {
	if len(p.errors) == 0 {
		return "it gave no reason"
	}
	return p.errors[0]
}

var downloadedLine = regexp.MustCompile(`^\[INFO\] Downloaded from \S+ \S+ \(([\d.]+) (B|kB|MB|GB)`)

// downloaded gives the bytes of a finished transfer out of a line of Maven's.
func downloaded(line string) (size float64, ok bool) {
	m := downloadedLine.FindStringSubmatch(line)
	if m == nil {
		return 0, false
	}
	size, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, false
	}
	return size * map[string]float64{"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[m[2]], true
}
