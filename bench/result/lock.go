package result

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// lockFile keeps two processes from writing to one run's directory. It says nothing of a run: one that a killed process left behind
// locks nobody out, and readers pass it over.
const lockFile = ".lock"

// Lock makes this process the only one that writes to a run's directory, which must exist, until unlock or its end. It does not wait: a directory that is
// locked already is an error, which names the process.
func Lock(dir string) (unlock func(), err error) {
	path := filepath.Join(dir, lockFile)
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
		if err != nil {
			return nil, fmt.Errorf("lock the result directory: %w", err)
		}
		switch taken, err := flock(f); {
		case errors.Is(err, errors.ErrUnsupported): // a file system without locks is no reason not to measure
		case err != nil:
			return nil, errors.Join(fmt.Errorf("lock the result directory with %s: %w", path, err), f.Close())
		case !taken:
			by := holder(f)
			_ = f.Close()
			return nil, fmt.Errorf("the result directory %s is being written by another kafka-eos-bench%s: wait for it, or name another directory", dir, by)
		}
		if !isAt(f, path) { // its holder removed it in between
			_ = f.Close()
			continue
		}
		if err := errors.Join(f.Truncate(0), write(f, fmt.Sprintln(os.Getpid()))); err != nil {
			return nil, errors.Join(fmt.Errorf("lock the result directory with %s: %w", path, err), f.Close())
		}
		return func() {
			_ = os.Remove(path) // before it is let go, or it could be another's
			_ = f.Close()
		}, nil
	}
}

// holder names the process that wrote itself into a lock file; empty: it has not yet.
func holder(f *os.File) string {
	text, err := io.ReadAll(io.LimitReader(f, 20))
	if pid := bytes.TrimSpace(text); err == nil && len(pid) > 0 {
		return fmt.Sprintf(" (process %s)", pid)
	}
	return ""
}

// isAt says whether path is still the open file.
func isAt(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(open, there)
}

func write(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}
