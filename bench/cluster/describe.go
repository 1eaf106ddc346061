package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
)

// Info is what a cluster says of itself.
type Info struct {
	ClusterID string
	Brokers   []Broker // by id

	// VersionGuess is the broker software's version, such as "v4.3", guessed from the request versions the first
	// broker offers: Kafka does not tell, and other implementations follow their own numbering.
	VersionGuess string

	Features           map[string]int // finalized levels (KIP-584)
	TransactionVersion *int           // level of transaction.version (KIP-1022); nil: the cluster does not know the feature

	// Config holds the first broker's settings that bear on figures, empty if the user may not see them.
	Config map[string]string
}

// Broker is one node of a cluster, at the address it advertises.
type Broker struct {
	ID   int32
	Host string
	Port int32
	Rack string
}

const transactionVersion = "transaction.version"

// bearing are the broker settings that bear on figures, by prefix.
var bearing = [...]string{
	"min.insync.replicas", "default.replication.factor", "transaction.state.log.", "transaction.max.timeout.ms",
	"log.flush.", "num.network.threads", "num.io.threads", "message.max.bytes",
}

// Describe asks the cluster what it is.
func (a *Admin) Describe(ctx context.Context) (Info, error) {
	const doing = "describe the cluster"
	meta, err := a.admin.BrokerMetadata(ctx)
	if err != nil {
		return Info{}, failed(ctx, doing, err)
	}
	if len(meta.Brokers) == 0 {
		return Info{}, fmt.Errorf("%s: %w: it names no brokers", doing, ErrUnreachable)
	}
	info := Info{ClusterID: meta.Cluster, Features: map[string]int{}, Config: map[string]string{}}
	for _, b := range meta.Brokers {
		broker := Broker{ID: b.NodeID, Host: b.Host, Port: b.Port}
		if b.Rack != nil {
			broker.Rack = *b.Rack
		}
		info.Brokers = append(info.Brokers, broker)
	}
	first := meta.Brokers[0].NodeID
	versions, err := a.admin.ApiVersions(ctx)
	if err != nil {
		return Info{}, failed(ctx, doing, err)
	}
	v := versions[first]
	if v.Err != nil {
		return Info{}, failed(ctx, fmt.Sprintf("%s: ask broker %d for its versions", doing, first), v.Err)
	}
	info.VersionGuess = v.VersionGuess()
	info.features(&v)

	// A user who may not see the configuration can measure all the same.
	if configs, err := a.admin.DescribeBrokerConfigs(ctx, first); err == nil {
		for _, resource := range configs {
			info.settings(resource.Configs)
		}
	}
	return info, nil
}

func (i *Info) features(v *kadm.BrokerApiVersions) {
	raw := v.Raw()
	for _, f := range raw.FinalizedFeatures {
		i.Features[f.Name] = int(f.MaxVersionLevel)
	}
	level, ok := i.Features[transactionVersion]
	if !ok {
		// Level 0 is not listed as finalized: a broker that supports the feature runs without it.
		for _, f := range raw.SupportedFeatures {
			ok = ok || f.Name == transactionVersion
		}
	}
	if ok {
		i.TransactionVersion = &level
	}
}

func (i *Info) settings(configs []kadm.Config) {
	for _, c := range configs {
		bears := slices.ContainsFunc(bearing[:], func(name string) bool { return strings.HasPrefix(c.Key, name) })
		if bears && c.Value != nil && !c.Sensitive {
			i.Config[c.Key] = *c.Value
		}
	}
}
