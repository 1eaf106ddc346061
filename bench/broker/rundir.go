package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// runDir is where a running broker's data lives. Its owner file names the processes it exists for, so that what a
// killed one left behind is known as such.
type runDir struct{ path string }

// ownership is the owner file's content.
type ownership struct {
	Owners  []process `json:"owners"`  // the directory is a leftover once none of them lives
	Brokers []process `json:"brokers"` // to be ended with it
}

const (
	ownerFile    = "owner.json"
	runDirPrefix = "broker-"
)

// machineDir holds what belongs to this machine's processes. A cache directory may be shared with other machines,
// whose process ids mean nothing here, so each has one of its own.
func machineDir(cacheDir string) (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("asking for this machine's name: %w", err)
	}
	return filepath.Join(cacheDir, "run", filepath.Base(host)), nil
}

// newRunDir makes a directory of this process's own.
func newRunDir(cacheDir string) (runDir, error) {
	parent, err := machineDir(cacheDir)
	if err != nil {
		return runDir{}, err
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return runDir{}, noRoom("a broker's data", err)
	}
	path, err := os.MkdirTemp(parent, runDirPrefix)
	if err != nil {
		return runDir{}, noRoom("a broker's data", err)
	}
	d := runDir{path}
	if err := d.own(ownership{Owners: []process{processOf(os.Getpid())}}); err != nil {
		return d, errors.Join(err, d.remove())
	}
	return d, nil
}

func (d runDir) own(o ownership) error {
	return writeJSON(filepath.Join(d.path, ownerFile), o)
}

func (d runDir) remove() error {
	if err := os.RemoveAll(d.path); err != nil {
		return fmt.Errorf("removing a broker's data: %w", err)
	}
	return nil
}

// sweep removes what dead owners left: their brokers, should any still run, then their data. A directory whose owner
// file is not written yet is left alone for a minute. It does its best; what cannot be removed is said.
func sweep(ctx context.Context, o Options) {
	parent, err := machineDir(o.CacheDir)
	if err != nil {
		return
	}
	dirs, _ := filepath.Glob(filepath.Join(parent, runDirPrefix+"*"))
	for _, dir := range dirs {
		var owner ownership
		raw, err := os.ReadFile(filepath.Join(dir, ownerFile))
		if err == nil {
			err = json.Unmarshal(raw, &owner)
		}
		if err != nil {
			info, statErr := os.Stat(dir)
			if statErr != nil || time.Since(info.ModTime()) < time.Minute {
				continue
			}
		}
		if anyAlive(owner.Owners) {
			continue
		}
		brokers := slices.DeleteFunc(owner.Brokers, func(p process) bool { return !p.alive() })
		err = errors.Join(terminate(ctx, brokers, stopGrace), runDir{dir}.remove())
		if err != nil {
			o.say("cleaning up after a run that was killed: %v", err)
			continue
		}
		o.say("cleaned up after a run that was killed (%d brokers still ran)", len(brokers))
	}
}
