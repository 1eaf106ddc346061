package broker

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestOpenExternal(t *testing.T) {
	target, err := Open(t.Context(), Options{Kind: External, Bootstrap: "kafka.example:9092"})
	if err != nil {
		t.Fatal(err)
	}
	if target.Kind != External || target.Bootstrap != "kafka.example:9092" || target.Nodes != 0 || target.Version != "" {
		t.Errorf("target = %+v", target)
	}
	if err := target.Close(t.Context()); err != nil {
		t.Errorf("Close = %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for want, o := range map[string]Options{
		"needs an address":              {Kind: External},
		"a cluster of 2 nodes":          {Kind: Local, Nodes: 2},
		"a cluster of 4 nodes":          {Kind: Embedded, Nodes: 4},
		`unknown kind of broker "mock"`: {Kind: "mock", Nodes: 1},
	} {
		if _, err := Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, ErrUnavailable) {
			t.Errorf("Open(%+v) = %v, want an error with %q", o, err, want)
		}
	}
}

func TestAutoWithoutKafka(t *testing.T) {
	java17 := script(t, "java", `echo 'openjdk version "17.0.1"' >&2`)
	for name, tt := range map[string]struct {
		commands map[string]string
		home     string
		reason   string
	}{
		"no Java":       {nil, "", "no java on the PATH"},
		"no Maven":      {map[string]string{"java": java17}, "", "no mvn on the PATH"},
		"Maven offline": {map[string]string{"java": java17, "mvn": script(t, "mvn", "echo '[ERROR] no network'; exit 1")}, "", "no network"},
		"bad home":      {map[string]string{"java": java17}, t.TempDir(), "KAFKA_HOME"},
		"does not start": {map[string]string{"java": script(t, "java",
			`[ "$1" = -version ] && echo 'version "17"' && exit; echo 'ERROR out of luck'; exit 1`),
			"mvn": script(t, "mvn", `for arg; do case $arg in -DoutputDirectory=*) touch "${arg#*=}/kafka.jar";; esac; done`)},
			"", "out of luck"},
	} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			s := &said{t: t}
			o := Options{Kind: Auto, Nodes: 1, CacheDir: t.TempDir(), KafkaHome: tt.home, LookPath: onPath(tt.commands), Say: s.say}
			target, err := Open(t.Context(), o)
			if tt.home != "" { // who names a Kafka gets no stand-in
				if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), tt.reason) {
					t.Errorf("%v, want unavailable because of %q", err, tt.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if target.Kind != Embedded || s.count("broker auto: embedded, because") != 1 || s.count(tt.reason) != 1 {
				t.Errorf("opened %s, said %q", target.Kind, s.lines)
			}
			closeTarget(t, target)

			o.Kind = Local // who asks for a real one gets no other
			if _, err := Open(t.Context(), o); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), tt.reason) {
				t.Errorf("local: %v, want unavailable because of %q", err, tt.reason)
			}
			assertNoRunDirs(t, o)
		})
	}
}

func TestAutoCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	java := script(t, "java", `sleep 60`)
	o := Options{Kind: Auto, Nodes: 1, CacheDir: t.TempDir(), LookPath: onPath(map[string]string{"java": java})}
	if _, err := Open(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want cancelled and no embedded broker", err)
	}
}
