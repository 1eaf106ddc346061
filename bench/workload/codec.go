package workload

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// codec turns one value of a setting from text and back. What parse accepts, format spells so that parse
// accepts it again as the same value. Errors are *UsageError.
type codec[T comparable] struct {
	parse  func(string) (T, error)
	format func(T) string
}

// count is a whole number within bounds, both inclusive; k, M and G stand for thousands, millions, billions.
func count[T int | int64](low, high int64, example string) codec[T] {
	return codec[T]{
		parse: func(s string) (T, error) {
			remedy := fmt.Sprintf("give a whole number from %d to %d, such as %s", low, high, example)
			digits, unit := s, int64(1)
			for suffix, u := range map[string]int64{"k": 1e3, "M": 1e6, "G": 1e9} {
				if head, found := strings.CutSuffix(s, suffix); found {
					digits, unit = head, u
				}
			}
			n, err := strconv.ParseInt(digits, 10, 64)
			if err != nil {
				return 0, usage(remedy, "%q is not a number in range", s)
			}
			if n > high/unit || n*unit < low {
				return 0, usage(remedy, "%s is out of range", s)
			}
			return T(n * unit), nil
		},
		format: func(n T) string { return strconv.FormatInt(int64(n), 10) },
	}
}

func seed() codec[uint64] {
	return codec[uint64]{
		parse: func(s string) (uint64, error) {
			n, err := strconv.ParseUint(s, 10, 64)
			if err != nil {
				return 0, usage("give a whole number from 0 to 18446744073709551615, such as 7", "%q is not a seed", s)
			}
			return n, nil
		},
		format: func(n uint64) string { return strconv.FormatUint(n, 10) },
	}
}

// share is a fraction in [0, 1).
func share() codec[float64] {
	return codec[float64]{
		parse: func(s string) (float64, error) {
			const remedy = "give a fraction from 0 to less than 1, such as 0.2"
			r, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return 0, usage(remedy, "%q is not a fraction", s)
			}
			if !(r >= 0 && r < 1) { // so written, not-a-number is out of range too
				return 0, usage(remedy, "%s is out of range", s)
			}
			return r + 0, nil // + 0 makes −0 plain 0
		},
		format: func(r float64) string { return strconv.FormatFloat(r, 'g', -1, 64) },
	}
}

// span is a duration up to high.
func span(high time.Duration, example string) codec[time.Duration] {
	return codec[time.Duration]{
		parse: func(s string) (time.Duration, error) {
			d, err := time.ParseDuration(s)
			if _, bare := strconv.ParseFloat(s, 64); err != nil && bare == nil {
				return 0, usage("add one, such as "+s+"s or "+s+"ms", "%q has no unit", s)
			}
			if err != nil {
				return 0, usage("give a number and a unit, such as "+example, "%q is not a duration", s)
			}
			if d < 0 || d > high {
				return 0, usage("give 0 to "+formatDuration(high)+", such as "+example, "%s is out of range", s)
			}
			return d, nil
		},
		format: formatDuration,
	}
}

// formatDuration leaves out the zero seconds and minutes that time.Duration appends: 10m, not 10m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// toggle is on or off.
func toggle() codec[bool] {
	return codec[bool]{
		parse: func(s string) (bool, error) {
			switch s {
			case "true":
				return true, nil
			case "false":
				return false, nil
			}
			return false, usage("give true or false", "%q is neither true nor false", s)
		},
		format: strconv.FormatBool,
	}
}

// choice is one of a few words.
func choice[T ~string](known ...T) codec[T] {
	return codec[T]{
		parse: func(s string) (T, error) {
			if slices.Contains(known, T(s)) {
				return T(s), nil
			}
			return "", usage(DidYouMean(s, words(known)), "unknown value %q", s)
		},
		format: func(s T) string { return string(s) },
	}
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}

func mode() codec[Mode] {
	return codec[Mode]{
		parse: func(s string) (Mode, error) {
			m, ok := ModeByName(s)
			if !ok {
				return Mode{}, usage(DidYouMean(s, append(modeNames(), "all")), "unknown mode %q", s)
			}
			return m, nil
		},
		format: func(m Mode) string { return m.Name },
	}
}

func modeNames() []string {
	names := make([]string, len(Modes))
	for i, m := range Modes {
		names[i] = m.Name
	}
	return names
}

// ParseRate parses records per second, "max" for a closed loop; k and M stand for thousands and millions. Its
// error is a *UsageError.
func ParseRate(s string) (Rate, error) {
	const remedy = "give records per second from 0.001 to 100M, such as 1000 or 20k, or max"
	if s == "max" {
		return Rate{Max: true}, nil
	}
	// A unit becomes an exponent, so that 4.35k is exactly 4350.
	digits, exponent := s, ""
	if head, found := strings.CutSuffix(s, "k"); found {
		digits, exponent = head, "e3"
	} else if head, found := strings.CutSuffix(s, "M"); found {
		digits, exponent = head, "e6"
	}
	r, err := strconv.ParseFloat(digits+exponent, 64)
	if err != nil || strings.Trim(digits, "-.0123456789") != "" {
		return Rate{}, usage(remedy, "%q is not a rate", s)
	}
	if !(r >= 0.001 && r <= 1e8) {
		return Rate{}, usage(remedy, "%s is out of range", s)
	}
	return Rate{PerSecond: r}, nil
}

// String spells the rate as a flag or profile would.
func (r Rate) String() string {
	if r.Max {
		return "max"
	}
	return strconv.FormatFloat(r.PerSecond, 'f', -1, 64)
}

func parsePayload(s string) (Payload, error) {
	const remedy = "give random, text or file:PATH"
	kind, path, _ := strings.Cut(s, ":")
	switch {
	case s == "random" || s == "text":
		return Payload{Kind: s}, nil
	case kind == "file" && path != "":
		return Payload{Kind: kind, Path: path}, nil
	case kind == "file":
		return Payload{}, usage("give file:PATH", "%q names no file", s)
	}
	return Payload{}, usage(remedy, "unknown payload %q", s)
}

// String spells the payload as a flag or profile would.
func (p Payload) String() string {
	if p.Path == "" {
		return p.Kind
	}
	return p.Kind + ":" + p.Path
}

// readable says why a payload's file cannot be used, before anything runs.
func (p Payload) readable() error {
	if p.Path == "" {
		return nil
	}
	const remedy = "give a readable text file, whose lines become messages"
	info, err := os.Stat(p.Path)
	if err == nil && !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return usage(remedy, "%s is not a regular file", p.Path)
	}
	if err == nil && info.Size() == 0 {
		return usage(remedy, "%s is empty", p.Path)
	}
	if err == nil {
		var file *os.File
		if file, err = os.Open(p.Path); err == nil {
			return file.Close()
		}
	}
	return usage(remedy, "cannot read the payload: %v", err)
}

// splitList splits at the commas outside parentheses, so that uniform(100,2000) is one value.
func splitList(s string) []string {
	var items []string
	depth, start := 0, 0
	for i, r := range s {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth <= 0:
			items = append(items, s[start:i])
			start = i + 1
		}
	}
	items = append(items, s[start:])
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}
