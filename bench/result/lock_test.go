//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package result

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestOneWritesAtATime(t *testing.T) {
	run, dir, _ := started(t)
	unlock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%s is being written by another kafka-eos-bench (process %d): wait for it", dir, os.Getpid())
	if _, err := Lock(dir); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	if _, err := Load(dir); err != nil {
		t.Errorf("a reader is kept out: %v", err)
	}
	unlock()
	if _, err := os.Stat(filepath.Join(dir, ".lock")); !os.IsNotExist(err) {
		t.Errorf("the lock is left: %v", err)
	}

	// What a killed process left behind keeps nobody out.
	if err := os.WriteFile(filepath.Join(dir, ".lock"), []byte("123456789\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if unlock, err = Lock(dir); err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, err := Create(dir, run); err != nil {
		t.Error(err)
	}
}

func TestALockIsNoContent(t *testing.T) {
	dir := t.TempDir()
	unlock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if empty, err := Empty(dir); err != nil || !empty {
		t.Errorf("empty %v, %v", empty, err)
	}
	if _, err := Create(dir, example(t)); err != nil {
		t.Error(err)
	}
	if empty, err := Empty(dir); err != nil || empty {
		t.Errorf("empty %v, %v", empty, err)
	}
}

// However they come and go, no two hold a directory at once, though each removes the file it locked.
func TestLocksExcludeOneAnother(t *testing.T) {
	dir := t.TempDir()
	var holders, times atomic.Int32
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 200 {
				unlock, err := Lock(dir)
				if err != nil {
					continue
				}
				if holders.Add(1) > 1 {
					t.Error("two hold it at once")
				}
				times.Add(1)
				holders.Add(-1)
				unlock()
			}
		})
	}
	all.Wait()
	if times.Load() == 0 {
		t.Error("nobody ever held it")
	}
}
