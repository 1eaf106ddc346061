package result

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// File is one being written beside its final name. Either Commit or Abort ends it.
type File struct {
	f    *os.File
	path string
}

func createFile(path string) (*File, error) {
	f, err := os.Create(path + partial)
	if err != nil {
		return nil, fmt.Errorf("write results: %w", err)
	}
	return &File{f: f, path: path}, nil
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.f.Write(p)
	if err != nil {
		return n, fmt.Errorf("write results: %w", err)
	}
	return n, nil
}

// Commit brings the file to the disk and gives it its final name. After an error it is gone.
func (f *File) Commit() error {
	err := errors.Join(f.f.Sync(), f.f.Close())
	if err == nil {
		err = os.Rename(f.f.Name(), f.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write results: %w", err), os.Remove(f.f.Name()))
	}
	return syncDir(filepath.Dir(f.path))
}

// Abort drops what was written.
func (f *File) Abort() error {
	return errors.Join(f.f.Close(), os.Remove(f.f.Name()))
}

// syncDir makes a rename last through a power cut. Not every file system lets a directory be synced; the file
// itself is safe without it, so that is no error.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	_ = d.Sync()
	return d.Close()
}
