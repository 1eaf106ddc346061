// Package report renders a stored run, one file per output format. It needs nothing but the run: no broker, no clock.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// Options are what a report cannot know from the run.
type Options struct {
	Path  string // where the run is stored; empty: not said
	Next  string // the next command worth trying; empty: none
	Width int    // columns of the screen; 0: 100
	Color bool   // ANSI colours, in text only
}

// Format writes a run. Its errors are the writer's, and HTML's those of the trials' own files.
type Format func(io.Writer, *result.Run, Options) error

// Formats names the output formats, the default first.
func Formats() []string { return []string{"text", "json", "csv", "markdown", "html", "junit"} }

// ByName returns the format of that name; the error names those there are.
func ByName(name string) (Format, error) {
	switch name {
	case "text":
		return Text, nil
	case "json":
		return JSON, nil
	case "csv":
		return CSV, nil
	case "markdown":
		return Markdown, nil
	case "html":
		return HTML, nil
	case "junit":
		return JUnit, nil
	}
	if format, file, named := strings.Cut(name, "="); named && slices.Contains(Formats(), format) {
		return nil, fmt.Errorf("%q names a file: reports go to the standard output: give -o %s > %s", name, format, file)
	}
	return nil, fmt.Errorf("unknown output format %q: use one of %s", name, strings.Join(Formats(), ", "))
}

// JSON writes the same document as run.json.
func JSON(w io.Writer, r *result.Run, _ Options) error { return result.Encode(w, r) }
