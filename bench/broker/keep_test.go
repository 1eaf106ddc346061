package broker

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keptFor records a kept cluster of these processes, which speak no Kafka.
func keptFor(t *testing.T, o Options, brokers ...process) (dir string) {
	t.Helper()
	run, err := newRunDir(o.CacheDir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody answers there
	record := keptRecord{Bootstrap: l.Addr().String(), Version: KafkaVersion, Dir: filepath.Base(run.path), Brokers: brokers}
	if err := writeRecord(o, record); err != nil {
		t.Fatal(err)
	}
	return run.path
}

func TestKeptWithADeadProcess(t *testing.T) {
	o := Options{CacheDir: t.TempDir()}
	one, two := child(t, "echo; exec sleep 60"), child(t, "echo; exec sleep 60")
	dir := keptFor(t, o, one, process{one.PID, "1"}, two)
	got, err := Status(t.Context(), o)
	if err != nil || got.State != Stale || !strings.Contains(got.Problem, "has ended") || got.Nodes != 3 {
		t.Errorf("Status = %+v (%v), want stale", got, err)
	}
	if was, err := Down(t.Context(), o); err != nil || !was {
		t.Fatalf("Down = %v, %v", was, err)
	}
	if one.alive() || two.alive() {
		t.Error("its other processes still run")
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its data is still there: %v", err)
	}
	if got, err := Status(t.Context(), o); err != nil || got.State != None {
		t.Errorf("then Status = %+v (%v), want none", got, err)
	}
}

func TestKeptThatDoesNotAnswer(t *testing.T) {
	t.Parallel() // it takes the answer's whole time limit
	o := Options{CacheDir: t.TempDir()}
	p := child(t, "echo; exec sleep 60")
	keptFor(t, o, p)
	got, err := Status(t.Context(), o)
	if err != nil || got.State != Stale || !strings.Contains(got.Problem, "no answer from 127.0.0.1:") {
		t.Errorf("Status = %+v (%v), want stale", got, err)
	}
}

// A record that cannot be trusted removes nothing.
func TestKeptRecordDamaged(t *testing.T) {
	for name, content := range map[string]string{
		"empty":             ``,
		"no brokers":        `{"dir": "broker-1"}`,
		"no directory":      `{"brokers": [{"pid": 1, "started": "1"}]}`,
		"a foreign one":     `{"dir": "..", "brokers": [{"pid": 1, "started": "1"}]}`,
		"outside by detour": `{"dir": "broker-1/../../..", "brokers": [{"pid": 1, "started": "1"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{CacheDir: t.TempDir()}
			path, err := recordPath(o)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Down(t.Context(), o); err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("Down = %v, want an error naming the file", err)
			}
		})
	}
}

func TestUnfit(t *testing.T) {
	kept := Kept{Nodes: 1, Version: KafkaVersion}
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{Nodes: 1}, ""},
		{Options{Nodes: 3}, "1 node, not 3"},
	} {
		if got, err := kept.unfit(tt.o); err != nil || got != tt.want {
			t.Errorf("unfit(%+v) = %q (%v), want %q", tt.o, got, err, tt.want)
		}
	}
	kept.Version = "4.0.0"
	if got, err := kept.unfit(Options{Nodes: 1}); err != nil || got != "version 4.0.0, not "+KafkaVersion {
		t.Errorf("unfit with another version = %q (%v)", got, err)
	}
}

// Without a folder to write to there is no broker, and the error names what gives it another.
func TestNoRoomForABroker(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := lock(t.Context(), filepath.Join(file, "a.lock"), func() {})
	if _, dirErr := newRunDir(filepath.Join(file, "run")); !errors.Is(err, ErrUnavailable) || !strings.Contains(fmt.Sprint(err), "set KEB_CACHE_DIR") ||
		!errors.Is(dirErr, ErrUnavailable) || !strings.Contains(fmt.Sprint(dirErr), "set KEB_CACHE_DIR") {
		t.Errorf("%v\n%v", err, dirErr)
	}
}
