// Package broker says where Kafka comes from: a cluster the user names, a managed local Apache Kafka, or an
// embedded one inside this process.
package broker

import "context"

// Kind is where a cluster comes from.
type Kind string

// Kinds of cluster. Auto is a request, never a result.
const (
	Auto     Kind = "auto"
	Local    Kind = "local"
	Embedded Kind = "embedded"
	External Kind = "external"
)

// Target is a cluster to measure, with what is known of the processes behind it.
type Target struct {
	Kind      Kind
	Bootstrap string // host:port, comma-separated
	Nodes     int    // 0 when external: the cluster says
	Version   string // of the broker software, "" when external: the cluster says
	PIDs      []int  // of local broker processes, for their CPU time
	DataDirs  []string
	Control   *Control // nil unless a local cluster was started for this target alone
	Fresh     bool     // a local one that has just been started: its virtual machines are still compiling
	Warnings  []string // for every result measured here

	close func(context.Context) error
}

// Close stops what was started for this target alone and removes what it left; it does nothing to clusters of others.
func (t *Target) Close(ctx context.Context) error {
	if t.close == nil {
		return nil
	}
	return t.close(ctx)
}
