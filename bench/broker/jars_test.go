package broker

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKafkaHome(t *testing.T) {
	tests := []struct {
		name    string
		jars    []string // nil: no libs directory
		version string
		wrong   string // part of the error
	}{
		{"4.4", []string{"kafka-clients-4.4.0.jar", "kafka_2.13-4.4.0.jar", "scala-library-2.13.18.jar"}, "4.4.0", ""},
		{"a candidate", []string{"kafka_2.13-4.5.0-rc1.jar"}, "4.5.0-rc1", ""},
		{"too old", []string{"kafka_2.13-3.9.1.jar"}, "", "holds Kafka 3.9.1"},
		{"only a client", []string{"kafka-clients-4.3.1.jar"}, "", "no kafka_2.13-*.jar"},
		{"not a distribution", nil, "", "no unpacked Kafka distribution"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			home := t.TempDir()
			libs := filepath.Join(home, "libs")
			if tt.jars != nil {
				if err := os.Mkdir(libs, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			for _, jar := range tt.jars {
				if err := os.WriteFile(filepath.Join(libs, jar), nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			d, err := findDistribution(t.Context(), Options{KafkaHome: home})
			if tt.wrong != "" {
				if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), tt.wrong) {
					t.Errorf("error = %v, want one with %q", err, tt.wrong)
				}
				return
			}
			if want := (distribution{libs, tt.version, "KAFKA_HOME"}); err != nil || d != want {
				t.Errorf("found %+v (%v), want %+v", d, err, want)
			}
		})
	}
}
