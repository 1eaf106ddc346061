package broker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// KafkaVersion is the Apache Kafka that a local cluster runs unless KAFKA_HOME holds another.
const KafkaVersion = "4.3.1"

// distribution is a directory of jars that make up one Kafka.
type distribution struct {
	libs    string
	version string
	origin  string // for people: where it came from
}

// findDistribution takes KAFKA_HOME's Kafka where that is set, else the one Maven brings, fetched the first time.
func findDistribution(ctx context.Context, o Options) (distribution, error) {
	if o.KafkaHome != "" {
		return homeDistribution(o.KafkaHome)
	}
	return mavenDistribution(ctx, o)
}

// wantedVersion is the version findDistribution would give, without fetching anything.
func wantedVersion(o Options) (string, error) {
	if o.KafkaHome == "" {
		return KafkaVersion, nil
	}
	d, err := homeDistribution(o.KafkaHome)
	return d.version, err
}

var kafkaJar = regexp.MustCompile(`^kafka_2\.1\d-((\d+)\.\d+\.\d+(?:-\w+)?)\.jar$`)

func homeDistribution(home string) (distribution, error) {
	libs := filepath.Join(home, "libs")
	entries, err := os.ReadDir(libs)
	if err != nil {
		return distribution{}, fmt.Errorf("%w: KAFKA_HOME is no unpacked Kafka distribution: %w", ErrUnavailable, err)
	}
	for _, e := range entries {
		m := kafkaJar.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		if major, err := strconv.Atoi(m[2]); err != nil || major < 4 {
			return distribution{}, fmt.Errorf("%w: KAFKA_HOME (%s) holds Kafka %s: 4.0.0 or newer is needed; "+
				"start an older one yourself and name its address", ErrUnavailable, home, m[1])
		}
		return distribution{libs: libs, version: m[1], origin: "KAFKA_HOME"}, nil
	}
	return distribution{}, fmt.Errorf("%w: KAFKA_HOME (%s) has no kafka_2.13-*.jar below libs: point it at an "+
		"unpacked Kafka distribution", ErrUnavailable, home)
}
