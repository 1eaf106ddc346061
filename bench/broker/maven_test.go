package broker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeMaven is a mvn that puts two jars where it is told to and counts how often it was asked.
func fakeMaven(t *testing.T, before string) (o Options, s *said, calls func() int) {
	t.Helper()
	count := filepath.Join(t.TempDir(), "calls")
	mvn := script(t, "mvn", `echo called >> '`+count+`'
for arg; do case $arg in -DoutputDirectory=*) dir=${arg#*=};; esac; done
`+before+`
echo "[INFO] Downloaded from central: https://repository.example/a.jar (1.5 MB at 3 MB/s)"
echo one > "$dir/kafka_2.13-`+KafkaVersion+`.jar"
echo two > "$dir/other.jar"
`)
	s = &said{t: t}
	o = Options{CacheDir: t.TempDir(), LookPath: onPath(map[string]string{"mvn": mvn}), Say: s.say}
	return o, s, func() int {
		raw, _ := os.ReadFile(count)
		return strings.Count(string(raw), "called")
	}
}

func TestMavenFetchesOnce(t *testing.T) {
	o, s, calls := fakeMaven(t, "")
	for range 2 {
		d, err := mavenDistribution(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := filepath.Glob(filepath.Join(d.libs, "*")); len(got) != 3 { // with the manifest
			t.Errorf("the cache holds %v", got)
		}
	}
	if calls() != 1 {
		t.Errorf("mvn was called %d times, want once", calls())
	}
	if s.count("1 file, 1.5 MB") != 1 {
		t.Errorf("progress was not said: %q", s.lines)
	}
	o.LookPath = onPath(nil) // as with no Maven and no network
	if _, err := mavenDistribution(t.Context(), o); err != nil {
		t.Errorf("with a full cache and no mvn: %v", err)
	}
}

func TestMavenDamagedCache(t *testing.T) {
	damage := map[string]func(jar string) error{
		"changed": func(jar string) error { return os.WriteFile(jar, []byte("eno"), 0o644) },
		"missing": os.Remove,
		"no manifest": func(jar string) error {
			return os.Remove(filepath.Join(filepath.Dir(jar), manifestName))
		},
		"empty manifest": func(jar string) error {
			return os.WriteFile(filepath.Join(filepath.Dir(jar), manifestName), nil, 0o644)
		},
	}
	for name, harm := range damage {
		t.Run(name, func(t *testing.T) {
			o, _, calls := fakeMaven(t, "")
			d, err := mavenDistribution(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			jar := filepath.Join(d.libs, "kafka_2.13-"+KafkaVersion+".jar")
			if err := harm(jar); err != nil {
				t.Fatal(err)
			}
			if _, err := mavenDistribution(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			if got, _ := os.ReadFile(jar); string(got) != "one\n" || calls() != 2 {
				t.Errorf("after damage the jar holds %q, fetched %d times", got, calls())
			}
		})
	}
}

func TestMavenFails(t *testing.T) {
	o, _, _ := fakeMaven(t, `echo "[ERROR] Could not transfer artifact x:y"; echo "[ERROR] [Help 1]"; exit 1`)
	_, err := mavenDistribution(t.Context(), o)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "Could not transfer artifact x:y") ||
		!strings.Contains(err.Error(), "KAFKA_HOME") {
		t.Errorf("error = %v, want Maven's own and the remedy", err)
	}
	assertNothingCached(t, o)

	o.LookPath = onPath(nil)
	if _, err := mavenDistribution(t.Context(), o); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "no mvn") {
		t.Errorf("without mvn: %v", err)
	}
}

func TestMavenInterrupted(t *testing.T) {
	o, _, calls := fakeMaven(t, `echo half > "$dir/other.jar"; sleep 60`)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for calls() == 0 {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	_, err := mavenDistribution(ctx, o)
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) {
		t.Errorf("error = %v, want cancelled", err)
	}
	assertNothingCached(t, o)
}

// A killed download leaves a partial directory, which the next one does not mistake for its own.
func TestMavenAfterKill(t *testing.T) {
	o, _, _ := fakeMaven(t, "")
	partial := filepath.Join(o.CacheDir, "kafka-"+KafkaVersion+".partial")
	if err := os.MkdirAll(partial, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(partial, "half.jar"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := mavenDistribution(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(d.libs, "half.jar")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the unfinished jar got into the cache: %v", err)
	}
}

func TestMavenAtOnce(t *testing.T) {
	o, s, calls := fakeMaven(t, "sleep 0.3")
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := mavenDistribution(t.Context(), o); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if calls() != 1 || s.count("waiting for another process") != 2 {
		t.Errorf("mvn was called %d times: %q", calls(), s.lines)
	}
}

func assertNothingCached(t *testing.T, o Options) {
	t.Helper()
	if got, _ := filepath.Glob(filepath.Join(o.CacheDir, "kafka-*", "*")); len(got) > 0 {
		t.Errorf("left in the cache: %v", got)
	}
}

func TestMavenProgress(t *testing.T) {
	now := time.Unix(0, 0)
	s := &said{t: t}
	p := &mavenProgress{say: s.say, now: func() time.Time { return now }}
	output := "[INFO] Scanning for projects...\n" +
		"[INFO] Downloading from central: https://repository.example/a.jar\n" +
		"[INFO] Downloaded from central: https://repository.example/a.jar (900 B at 1 kB/s)\n" +
		"[INFO] Downloaded from central: https://repository.example/b.jar (44 kB at 1.0 MB/s)\n" + // within the second
		"[ERROR] first\n[ERROR] second\n"
	for _, c := range []byte(output) { // in the smallest pieces
		if n, err := p.Write([]byte{c}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	now = now.Add(time.Second)
	if _, err := p.Write([]byte("[INFO] Downloaded from mirror: https://repository.example/c.jar (6.7 MB at 28 MB/s)\r\n")); err != nil {
		t.Fatal(err)
	}
	want := []string{"fetching Kafka: 1 file, 0.0 MB", "fetching Kafka: 3 files, 6.7 MB"}
	if !slices.Equal(s.lines, want) {
		t.Errorf("said %q, want %q", s.lines, want)
	}
	if p.trouble() != "first" {
		t.Errorf("trouble = %q", p.trouble())
	}
}
