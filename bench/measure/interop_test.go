package measure

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAgreesWithJavaAboutALogOfJava(t *testing.T) {
	n, err := CheckJavaLog()
	if n != 274 || err != nil {
		t.Errorf("%d percentiles, want all 274: %v", n, err)
	}
}

// KEB_HDR_JAR names HdrHistogram's jar; otherwise it is taken from KAFKA_HOME, or from the Kafka that the tool manages.
func TestAgreesWithJavaAboutALogOfOurs(t *testing.T) {
	java, jar, err := findJava()
	if err != nil {
		if os.Getenv("KEB_REQUIRE_KAFKA") == "1" {
			t.Fatalf("KEB_REQUIRE_KAFKA=1 and no HdrHistogram of Java: %v", err)
		}
		t.Skip(err)
	}
	n, err := CheckJavaReader(t.Context(), java, jar)
	if n < 100 || err != nil {
		t.Errorf("%d percentiles, want at least 100: %v", n, err)
	}
}

func findJava() (java, jar string, err error) {
	if java, err = exec.LookPath("java"); err != nil {
		return "", "", err
	}
	if jar = os.Getenv("KEB_HDR_JAR"); jar != "" {
		_, err = os.Stat(jar)
		return java, jar, err
	}
	pattern := filepath.Join(os.Getenv("KAFKA_HOME"), "libs", "HdrHistogram-*.jar")
	if os.Getenv("KAFKA_HOME") == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", "", err
		}
		pattern = filepath.Join(cache, "kafka-eos-bench", "kafka-*", "HdrHistogram-*.jar")
	}
	found, err := filepath.Glob(pattern)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("there is no %s: `kafka-eos-bench broker up` fetches one, or KEB_HDR_JAR names it", pattern)
	}
	if err != nil {
		return "", "", err
	}
	return java, found[len(found)-1], nil
}

func TestADifferenceIsFound(t *testing.T) {
	log, err := javaFiles.ReadFile("testdata/java/written.hlog")
	if err != nil {
		t.Fatal(err)
	}
	text, err := javaFiles.ReadFile("testdata/java/e2e.hgrm")
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadLog(strings.NewReader(string(log)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, changed, want string }{
		{"3199.000 0.1", "3200.000 0.1", "820 values are at most 3200 there, which is not so here"},
		{" 820 ", " 819 ", "819 values are at most 3199 there, which is not so here"},
		{" 820 ", " 0 ", "0 values are at most 3199 there, which is not so here"},
		{" 820 ", " many ", `strconv.ParseInt: parsing "many": invalid syntax`},
		{"5079.857", "5079.859", "mean is 5079.859 there and "},
		{"12038.438", "12038.538", "stddeviation is 12038.538 there and "},
		{"#[Max     =   201215.000", "#[Max     =   201216.000", "max is 201216 there and 201215 here"},
		{"=         8104", "=         8105", "total count is 8105 there and 8104 here"},
		{"=         8104", "=         none", `strconv.ParseFloat: parsing "none": invalid syntax`},
		{"#[Mean", "#[Median", "the text breaks off: percentiles, mean, maximum or total are missing"},
		{string(text), "", "the text breaks off: percentiles, mean, maximum or total are missing"},
	} {
		changed := strings.Replace(string(text), c.old, c.changed, 1)
		if changed == string(text) {
			t.Fatalf("%q is not in the text", c.old)
		}
		if _, err := comparePrinted(read[E2E], strings.NewReader(changed)); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: got %v\nwant %s", c.changed, err, c.want)
		}
	}
}

func TestJavaThatFailsIsShown(t *testing.T) {
	java := filepath.Join(t.TempDir(), "java")
	if err := os.WriteFile(java, []byte("#!/bin/sh\necho could not find the class >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := CheckJavaReader(t.Context(), java, "hdr.jar")
	if err == nil || !strings.HasSuffix(err.Error(), "exit status 1: could not find the class") || !strings.Contains(err.Error(), "-cp hdr.jar") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := CheckJavaReader(ctx, java, "hdr.jar"); err == nil {
		t.Error("cancelled, and no error")
	}
}
