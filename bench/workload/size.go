package workload

import (
	"fmt"
	"strconv"
	"strings"
)

// StampSize is the length in bytes of the stamp that opens every record's value: no message is smaller.
const StampSize = 48

// maxMessage bounds a message in bytes: brokers refuse far smaller ones unless configured for it.
const maxMessage = 100_000_000

const sizeExample = "give whole bytes, such as 1000, 1KB (1000) or 1KiB (1024)"

// ParseSize parses whole bytes: a bare number, or one with B, KB (1000), KiB (1024), MB or MiB behind it, in
// upper or lower case. Its error is a *UsageError.
func ParseSize(s string) (int, error) {
	digits := strings.TrimRight(s, "BKMibkm")
	unit := 1
	switch strings.ToLower(s[len(digits):]) {
	case "", "b":
	case "kb":
		unit = 1000
	case "kib":
		unit = 1 << 10
	case "mb":
		unit = 1_000_000
	case "mib":
		unit = 1 << 20
	default:
		return 0, usage(sizeExample, "%q is not a size", s)
	}
	n, err := strconv.Atoi(strings.TrimSpace(digits))
	if err != nil {
		return 0, usage(sizeExample, "%q is not a size", s)
	}
	if n < 0 || n > maxMessage/unit {
		return 0, usage("give at most 100MB", "%s is out of range", s)
	}
	return n * unit, nil
}

// parseSizeDist parses a size, uniform(MIN,MAX) or normal(MEAN,STDDEV).
func parseSizeDist(s string) (SizeDist, error) {
	kind, rest, found := strings.Cut(s, "(")
	if !found {
		n, err := ParseSize(s)
		if err != nil {
			return SizeDist{}, err
		}
		return SizeDist{Kind: "fixed", Min: n, Max: n}, roomForStamp(n)
	}
	const example = "give a size, uniform(100,2000) or normal(1000,200)"
	inner, closed := strings.CutSuffix(rest, ")")
	first, second, two := strings.Cut(inner, ",")
	if !closed || !two {
		return SizeDist{}, usage(example, "%q is not a size distribution", s)
	}
	a, err := ParseSize(strings.TrimSpace(first))
	if err != nil {
		return SizeDist{}, err
	}
	b, err := ParseSize(strings.TrimSpace(second))
	if err != nil {
		return SizeDist{}, err
	}
	switch kind {
	case "uniform":
		if a >= b {
			return SizeDist{}, usage("give the smaller size first, such as uniform(100,2000)", "%s is empty", s)
		}
		return SizeDist{Kind: kind, Min: a, Max: b}, roomForStamp(a)
	case "normal":
		if b < 1 {
			return SizeDist{}, usage("give a fixed size or a deviation of at least 1", "%s does not vary", s)
		}
		// Four deviations hold all but one draw in sixteen thousand, and keep the largest record known.
		return SizeDist{Kind: kind, Min: max(StampSize, a-4*b), Max: min(maxMessage, a+4*b),
			Mean: float64(a), StdDev: float64(b)}, roomForStamp(a)
	}
	return SizeDist{}, usage(example, "unknown size distribution %q", kind)
}

func roomForStamp(n int) error {
	if n < StampSize {
		return usage(fmt.Sprintf("give at least %d", StampSize),
			"a message of %d bytes is smaller than the stamp every record carries", n)
	}
	return nil
}

// String spells the distribution as a flag or profile would, in bytes.
func (d SizeDist) String() string {
	switch d.Kind {
	case "uniform":
		return fmt.Sprintf("uniform(%d,%d)", d.Min, d.Max)
	case "normal":
		return fmt.Sprintf("normal(%.0f,%.0f)", d.Mean, d.StdDev)
	}
	return strconv.Itoa(d.Min)
}

// MeanBytes is the expected size of a message in bytes, before a normal distribution is clipped.
func (d SizeDist) MeanBytes() float64 {
	if d.Kind == "normal" {
		return d.Mean
	}
	return float64(d.Min+d.Max) / 2
}
