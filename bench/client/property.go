package client

import (
	"fmt"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client/redact"
)

// PropertyError is a client property that cannot be used: a mistake of the user, found before anything runs.
type PropertyError struct {
	Key     string // as the user wrote it; empty when the library does not say which
	Problem string
	Remedy  string // what to do instead; may be empty
}

func (e *PropertyError) Error() string {
	s := "client properties: " + e.Problem
	if e.Key != "" {
		s = fmt.Sprintf("client property %s: %s", e.Key, e.Problem)
	}
	if e.Remedy != "" {
		s += "; " + e.Remedy
	}
	return s
}

// Redact returns a copy of client properties with every secret's value replaced by "[redacted]".
func Redact(props map[string]string) map[string]string { return redact.Properties(props) }
