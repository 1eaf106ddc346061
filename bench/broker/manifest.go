package broker

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// manifestName is the file that says a directory of jars is complete. It is written last.
const manifestName = "manifest.json"

// writeManifest lists the directory's jars with their SHA-256.
func writeManifest(dir string) error {
	jars, err := filepath.Glob(filepath.Join(dir, "*.jar"))
	if err != nil {
		return fmt.Errorf("listing the jars in %s: %w", dir, err)
	}
	if len(jars) == 0 {
		return fmt.Errorf("%w: Maven reported success and put no jars into %s", ErrUnavailable, dir)
	}
	sums := make(map[string]string, len(jars))
	for _, jar := range jars {
		if sums[filepath.Base(jar)], err = sha256Of(jar); err != nil {
			return err
		}
	}
	return writeJSON(filepath.Join(dir, manifestName), sums)
}

// verifyManifest says whether every jar the manifest lists is there and unchanged. The error is os.ErrNotExist when
// there is no manifest.
func verifyManifest(dir string) error {
	raw, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return err
	}
	var sums map[string]string
	if err := json.Unmarshal(raw, &sums); err != nil || len(sums) == 0 {
		return fmt.Errorf("its %s cannot be read", manifestName)
	}
	for name, want := range sums {
		got, err := sha256Of(filepath.Join(dir, filepath.Base(name)))
		if err != nil {
			return fmt.Errorf("%s cannot be read", name)
		}
		if got != want {
			return fmt.Errorf("%s has changed", name)
		}
	}
	return nil
}

func sha256Of(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// writeJSON replaces a file in one step, so that nobody ever reads half of it.
func writeJSON(path string, v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.partial")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	_, err = f.Write(append(raw, '\n'))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
