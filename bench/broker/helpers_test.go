package broker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// said collects what a test's broker says.
type said struct {
	t     *testing.T
	mu    sync.Mutex
	lines []string
}

func (s *said) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := fmt.Sprintf(format, args...)
	s.lines = append(s.lines, line)
	s.t.Log(line)
}

func (s *said) count(part string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, line := range s.lines {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}

// noLeaks finds goroutines left behind when everything else of the test is cleaned up: call it first.
func noLeaks(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}

// script writes an executable shell script.
func script(t *testing.T, name, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// onPath is a LookPath that knows these commands alone.
func onPath(commands map[string]string) func(string) (string, error) {
	return func(file string) (string, error) {
		if path, ok := commands[file]; ok {
			return path, nil
		}
		return "", fmt.Errorf("%s: executable file not found in $PATH", file)
	}
}

func closeTarget(t *testing.T, target *Target) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := target.Close(ctx); err != nil {
		t.Error(err)
	}
}

// assertNoRunDirs finds no data of any broker left.
func assertNoRunDirs(t *testing.T, o Options) {
	t.Helper()
	dir, err := machineDir(o.CacheDir)
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, runDirPrefix+"*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
