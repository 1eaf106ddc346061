package client

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ParseProperties reads a file of client properties as java.util.Properties does: "=", ":" or blanks separate key
// and value, "#" and "!" begin comment lines, a backslash at a line's end continues it, and \t, \n, \r, \f, \uXXXX
// are escapes. Names are kept as they are, Java's and librdkafka's alike; Translate settles them. Unlike Java it
// takes UTF-8 and refuses a key given twice: which of the two was meant is not for a parser to guess.
// Errors name file and line.
func ParseProperties(file string, data []byte) (map[string]string, error) {
	fail := func(line int, format string, args ...any) (map[string]string, error) {
		return nil, fmt.Errorf("%s:%d: %s", file, line, fmt.Sprintf(format, args...))
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if i := invalidUTF8(data); i >= 0 {
		return fail(1+bytes.Count(data[:i], []byte("\n")), "not UTF-8 text")
	}
	props := map[string]string{}
	defined := map[string]int{}
	lines := splitLines(string(data))
	for i := 0; i < len(lines); i++ {
		number := i + 1
		line := strings.TrimLeft(lines[i], blanks)
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		for continued(line) {
			line = line[:len(line)-1]
			if i++; i == len(lines) {
				break
			}
			line += strings.TrimLeft(lines[i], blanks)
		}
		rawKey, rawValue := splitProperty(line)
		key, err := unescape(rawKey)
		if err != nil {
			return fail(number, "%v", err)
		}
		value, err := unescape(rawValue)
		if err != nil {
			return fail(number, "value of %s: %v", key, err)
		}
		if key == "" {
			return fail(number, "a value without a key")
		}
		if first, found := defined[key]; found {
			return fail(number, "%s is already set in line %d: remove one of them", key, first)
		}
		defined[key], props[key] = number, value
	}
	return props, nil
}

// blanks are Java's white space within a line.
const blanks = " \t\f"

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return -1
}

// splitLines splits at \n, \r and \r\n.
func splitLines(s string) []string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(s, "\r", "\n"), "\n")
}

// continued tells whether the line ends in an odd number of backslashes.
func continued(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// splitProperty cuts a line at the first separator that is not escaped.
func splitProperty(line string) (key, value string) {
	end := len(line)
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
			continue
		}
		if strings.IndexByte(blanks+"=:", line[i]) >= 0 {
			end = i
			break
		}
	}
	key, value = line[:end], strings.TrimLeft(line[end:], blanks)
	if value != "" && (value[0] == '=' || value[0] == ':') {
		value = strings.TrimLeft(value[1:], blanks)
	}
	return key, value
}

func unescape(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			break // a continuation at the end of the file
		}
		switch s[i] {
		case 't':
			out.WriteByte('\t')
		case 'n':
			out.WriteByte('\n')
		case 'r':
			out.WriteByte('\r')
		case 'f':
			out.WriteByte('\f')
		case 'u':
			r, n, err := unicodeEscape(s[i-1:])
			if err != nil {
				return "", err
			}
			out.WriteRune(r)
			i += n - 2
		default:
			out.WriteByte(s[i])
		}
	}
	return out.String(), nil
}

// unicodeEscape decodes the \uXXXX that s begins with, or the two of a surrogate pair, and says how long it is.
func unicodeEscape(s string) (r rune, n int, err error) {
	unit := func(s string) (rune, bool) {
		if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
			return 0, false
		}
		v, err := strconv.ParseUint(s[2:6], 16, 16)
		return rune(v), err == nil
	}
	first, ok := unit(s)
	if !ok {
		return 0, 0, fmt.Errorf(`malformed escape %q: four hexadecimal digits must follow \u`, s[:min(len(s), 6)])
	}
	if !utf16.IsSurrogate(first) {
		return first, 6, nil
	}
	second, _ := unit(s[6:])
	if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
		return r, 12, nil
	}
	return 0, 0, fmt.Errorf("escape %q is half of a surrogate pair", s[:6])
}
