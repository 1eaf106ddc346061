package broker

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// minJava is the oldest Java a Kafka 4 broker runs on (KIP-1013).
const minJava = 17

// java is a virtual machine that can run a broker.
type java struct {
	path    string
	version string // as it names itself: 17.0.15
}

// findJava takes JAVA_HOME's java, then the PATH's, whichever first is new enough.
func findJava(ctx context.Context, o Options) (java, error) {
	var candidates, tried []string
	if o.JavaHome != "" {
		candidates = append(candidates, filepath.Join(o.JavaHome, "bin", "java"))
	}
	if path, err := o.LookPath("java"); err == nil {
		candidates = append(candidates, path)
	} else {
		tried = append(tried, "no java on the PATH")
	}
	for _, path := range candidates {
		out, err := exec.CommandContext(ctx, path, "-version").CombinedOutput()
		if err != nil {
			if ctx.Err() != nil {
				return java{}, fmt.Errorf("asking %s for its version: %w", path, ctx.Err())
			}
			tried = append(tried, fmt.Sprintf("%s -version: %v", path, err))
			continue
		}
		version, major := parseJavaVersion(string(out))
		if major >= minJava {
			return java{path: path, version: version}, nil
		}
		if major == 0 {
			version = "of unknown version"
		}
		tried = append(tried, fmt.Sprintf("%s is Java %s", path, version))
	}
	return java{}, fmt.Errorf("%w: a local Kafka needs Java %d or newer (%s): install one, or point JAVA_HOME at it",
		ErrUnavailable, minJava, strings.Join(tried, "; "))
}

var javaVersion = regexp.MustCompile(`version "((\d+)(?:\.(\d+))?[^"]*)"`)

// parseJavaVersion reads what java -version prints; the major version is 0 when it says none. Java 8 and older call
// themselves 1.8.
func parseJavaVersion(out string) (version string, major int) {
	m := javaVersion.FindStringSubmatch(out)
	if m == nil {
		return "", 0
	}
	number := m[2]
	if number == "1" && m[3] != "" {
		number = m[3]
	}
	major, err := strconv.Atoi(number)
	if err != nil {
		return "", 0
	}
	return m[1], major
}
