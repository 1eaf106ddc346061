package workload

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// UsageError is a mistake in a profile, the environment or the command line, found before anything runs. The
// command line answers it with exit code 2.
type UsageError struct {
	Where   string // "quick.yaml:4", "--txn-size" or "KEB_TXN_SIZE"; empty while it is not known
	Problem string
	Remedy  string // what to do instead
}

func (e *UsageError) Error() string {
	text := e.Problem + ": " + e.Remedy
	if e.Where == "" {
		return text
	}
	return e.Where + ": " + text
}

// usage is a UsageError whose place is not known yet; at adds it.
func usage(remedy, problem string, args ...any) error {
	return &UsageError{Problem: fmt.Sprintf(problem, args...), Remedy: remedy}
}

// at says where a usage error was made.
func at(where string, err error) error {
	if e, ok := errors.AsType[*UsageError](err); ok {
		return &UsageError{Where: where, Problem: e.Problem, Remedy: e.Remedy}
	}
	return err
}

// DidYouMean is the remedy for an unknown name: the nearest known one, or all of them when none is near.
func DidYouMean(name string, known []string) string {
	_, err := strconv.ParseFloat(name, 64)
	if near := Nearest(name, known); near != "" && err != nil { // one number is no spelling of another
		return "did you mean " + near + "?"
	}
	return "known are " + strings.Join(known, ", ")
}

// Nearest is the known name that an unknown one may have been meant for, empty when none is near.
func Nearest(name string, known []string) string {
	best, nearest := 1+max(2, len(name)/3), ""
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < best {
			best, nearest = d, k
		}
	}
	return nearest
}

// distance counts the insertions, deletions, substitutions and swaps of neighbours that turn a into b
// (optimal string alignment).
func distance(a, b string) int {
	var older []int
	previous := make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current := make([]int, len(b)+1)
		current[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], older[j-2]+1)
			}
		}
		older, previous = previous, current
	}
	return previous[len(b)]
}
