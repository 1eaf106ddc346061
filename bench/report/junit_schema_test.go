package report

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// requireKafka is set where Java is there too.
const requireKafka = "KEB_REQUIRE_KAFKA"

// The golden files are what the formats write now; Java's own validator holds them against the schema.
func TestJUnitIsValid(t *testing.T) {
	java, err := exec.LookPath("java")
	if err != nil {
		if os.Getenv(requireKafka) != "" {
			t.Fatal(err)
		}
		t.Skip("Java validates XML, and there is none")
	}
	var documents []string
	for _, pattern := range []string{"testdata/*.junit", "testdata/gate/*.junit"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		documents = append(documents, found...)
	}
	whole, err := os.ReadFile(documents[0])
	if err != nil {
		t.Fatal(err)
	}
	spoilt := filepath.Join(t.TempDir(), "spoilt.junit")
	if err := os.WriteFile(spoilt, []byte(strings.Replace(string(whole), `tests="`, `tests="x`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"testdata/junit/Validate.java", "testdata/junit/junit.xsd", spoilt}, documents...)
	text, err := exec.CommandContext(t.Context(), java, args...).CombinedOutput()
	if said := strings.TrimSpace(string(text)); err == nil || strings.Contains(said, "\n") || !strings.HasPrefix(said, spoilt+": ") {
		t.Errorf("want the spoilt document refused and no other: %v\n%s", err, said)
	}
}
