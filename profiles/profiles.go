// Package profiles holds the built-in profiles. Each file says at its top which question it answers; the JSON
// Schema beside them, profile.schema.json, lets editors complete and check profiles of one's own.
package profiles

import (
	"embed"
	"fmt"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

//go:embed *.yaml
var files embed.FS

const extension = ".yaml"

// List returns the names of the built-in profiles, sorted.
func List() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the directory is part of the binary
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), extension)
	}
	return names
}

// Read returns the text of a built-in profile. An unknown name is a *workload.UsageError that names the nearest.
func Read(name string) ([]byte, error) {
	text, err := files.ReadFile(name + extension)
	if err != nil {
		return nil, &workload.UsageError{
			Where:   "profile",
			Problem: fmt.Sprintf("no built-in profile %q", name),
			Remedy:  workload.DidYouMean(name, List()) + " (or give the path of a file, such as ./" + name + extension + ")",
		}
	}
	return text, nil
}
