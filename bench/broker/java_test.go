package broker

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseJavaVersion(t *testing.T) {
	tests := []struct {
		out, version string
		major        int
	}{
		{"openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime Environment (build 17)", "17.0.15", 17},
		{"java version \"1.8.0_292\"", "1.8.0_292", 8},
		{"openjdk version \"24-ea\" 2025-03-18", "24-ea", 24},
		{"java version \"21\" 2023-09-19 LTS", "21", 21},
		{"Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version \"11.0.2\"", "11.0.2", 11},
		{"openjdk version \"99999999999999999999\"", "", 0},
		{"no java here", "", 0},
		{"", "", 0},
	}
	for _, tt := range tests {
		if version, major := parseJavaVersion(tt.out); version != tt.version || major != tt.major {
			t.Errorf("parseJavaVersion(%q) = %q, %d, want %q, %d", tt.out, version, major, tt.version, tt.major)
		}
	}
}

func TestFindJava(t *testing.T) {
	says := func(version string) string {
		return script(t, "java", `echo 'openjdk version "`+version+`"' >&2`)
	}
	home := func(version string) string {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(says(version), filepath.Join(dir, "bin", "java")); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	tests := []struct {
		name, home, path string // path: the java on the PATH, "" for none
		want             string // version found, or a part of the error
		fails            bool
	}{
		{name: "on the path", path: says("21.0.1"), want: "21.0.1"},
		{name: "JAVA_HOME first", home: home("17.0.2"), path: says("21.0.1"), want: "17.0.2"},
		{name: "JAVA_HOME too old", home: home("11.0.2"), path: says("21.0.1"), want: "21.0.1"},
		{name: "JAVA_HOME empty", home: t.TempDir(), path: says("21.0.1"), want: "21.0.1"},
		{name: "none", want: "no java on the PATH", fails: true},
		{name: "too old", path: says("1.8.0_292"), want: "is Java 1.8.0_292", fails: true},
		{name: "no Java at all", path: script(t, "java", "echo hello"), want: "of unknown version", fails: true},
		{name: "broken", path: script(t, "java", "exit 3"), want: "exit status 3", fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			commands := map[string]string{}
			if tt.path != "" {
				commands["java"] = tt.path
			}
			vm, err := findJava(t.Context(), Options{JavaHome: tt.home, LookPath: onPath(commands)})
			if !tt.fails {
				if err != nil || vm.version != tt.want {
					t.Errorf("found %q (%v), want %q", vm.version, err, tt.want)
				}
				return
			}
			if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), tt.want) ||
				!strings.Contains(err.Error(), "point JAVA_HOME at it") {
				t.Errorf("error = %v, want one with %q and the remedy", err, tt.want)
			}
		})
	}
}
