package cluster

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// prefix begins the name of everything this tool creates in a cluster.
const prefix = "keb-"

// runLayout is a run id's time part, UTC; a dash and four hexadecimal digits follow. Run ids sort by age.
const (
	runLayout = "20060102t150405"
	runLength = len(runLayout) + len("-ffff")
)

// NewRunID returns a run id such as 20261122t231502-7f3a. The random part keeps apart runs begun in the same second.
func NewRunID(now time.Time, random *rand.Rand) string {
	return fmt.Sprintf("%s-%04x", now.UTC().Format(runLayout), random.Uint32()&0xffff)
}

// ParseRunID returns when the run of that id began, to the second, UTC. It accepts exactly what NewRunID writes.
func ParseRunID(id string) (time.Time, error) {
	if len(id) == runLength && id[len(runLayout)] == '-' && strings.Trim(id[len(runLayout)+1:], "0123456789abcdef") == "" {
		began, err := time.Parse(runLayout, id[:len(runLayout)])
		if err == nil && began.Format(runLayout) == id[:len(runLayout)] {
			return began, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no run id: it has the form 20261122t231502-7f3a", id)
}

// Name returns the name of something a run's trial owns in the cluster: a topic, a group, a transactional id or a
// client id, told apart by its role. Trial and role consist of ASCII letters, digits, dots, dashes and underscores.
func Name(run, trial, role string) string {
	return prefix + run + "-" + trial + "-" + role
}

// Owned reports whether this tool gave the name, and in which run. Everything else in a cluster belongs to others
// and is never written to or deleted.
func Owned(name string) (run string, ok bool) {
	rest, found := strings.CutPrefix(name, prefix)
	if !found || len(rest) < runLength+len("-x") || rest[runLength] != '-' {
		return "", false
	}
	run = rest[:runLength]
	if _, err := ParseRunID(run); err != nil {
		return "", false
	}
	return run, true
}

// guard refuses names of others, all or nothing.
func guard(doing string, names []string) error {
	for _, name := range names {
		if _, ok := Owned(name); !ok {
			return fmt.Errorf("%s %q: refused, the name does not have this tool's form %s<run id>-…", doing, name, prefix)
		}
	}
	return nil
}
