package broker

import (
	"context"
	"errors"
	"fmt"
)

// ErrUnavailable is wrapped by every error of Open and Up that says a cluster of the kind asked for cannot be had on
// this machine: no Java, no Kafka, no network to fetch it, or a broker that does not start.
var ErrUnavailable = errors.New("no such Kafka to be had")

// Options say which cluster to open and what there is to make one of. The package reads no environment of its own.
type Options struct {
	Kind      Kind
	Bootstrap string // host:port, comma-separated, of an external cluster
	Own       bool   // of a local one: started for this target alone, even where a cluster is kept
	Nodes     int    // 1 or 3, of a local or embedded one; 0: as many as a kept one has, else 1

	CacheDir  string // Kafka's jars, a kept broker's state and the data of running ones live below it
	KafkaHome string // an unpacked Apache Kafka distribution, from KAFKA_HOME; "" for Maven's
	JavaHome  string // from JAVA_HOME; "" for the java on the PATH

	LookPath   func(file string) (string, error) // exec.LookPath
	Say        func(format string, args ...any)  // progress and choices, one line a call, from any goroutine; nil drops them
	DiskBudget int64                             // bytes an embedded broker's data may take on disk; 0: 2 GiB
}

func (o Options) say(format string, args ...any) {
	if o.Say != nil {
		o.Say(format, args...)
	}
}

// Open gives the cluster the options ask for, started if need be, ready to take requests. An external one is only
// named: nothing connects to it here. Whoever opened a target closes it.
func Open(ctx context.Context, o Options) (*Target, error) {
	if o.Kind == External {
		if o.Bootstrap == "" {
			return nil, errors.New("an external cluster needs an address: name one as host:port")
		}
		return &Target{Kind: External, Bootstrap: o.Bootstrap}, nil
	}
	if o.Nodes != 0 {
		if err := checkNodes(o.Nodes); err != nil {
			return nil, err
		}
	}
	switch o.Kind {
	case Local:
		return openLocal(ctx, o)
	case Embedded:
		return openEmbedded(ctx, o)
	case Auto:
		target, err := openLocal(ctx, o)
		// Who names a Kafka means it: something else in its place would not be what was asked for.
		if ctx.Err() != nil || !errors.Is(err, ErrUnavailable) || o.KafkaHome != "" {
			return target, err
		}
		o.say("broker auto: embedded, because a local one is out of reach: %v", err)
		return openEmbedded(ctx, o)
	}
	return nil, fmt.Errorf("unknown kind of broker %q: auto, local, embedded or external", o.Kind)
}

func checkNodes(n int) error {
	if n != 1 && n != 3 {
		return fmt.Errorf("a cluster of %d nodes cannot be started: 1 or 3", n)
	}
	return nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
