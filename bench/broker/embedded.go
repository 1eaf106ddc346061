package broker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const kfakeModule = "github.com/twmb/franz-go/pkg/kfake"

const embeddedWarning = "measured on an embedded stand-in for Kafka: its timings are not Kafka's, and they understate the cost of exactly-once"

// openEmbedded starts brokers inside this process. They keep their data on disk, as memory would not hold a run's,
// and within a budget.
func openEmbedded(ctx context.Context, o Options) (*Target, error) {
	o.Nodes = max(o.Nodes, 1)
	sweep(ctx, o)
	dir, err := newRunDir(o.CacheDir)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir.path, "data")
	limits := newBudget(o, data)
	filter := newFilter(o.say)
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(o.Nodes),
		kfake.DataDir(data),
		kfake.ListenFn(filter.listen),
		kfake.BrokerConfigs(limits.configs(1)),
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting an embedded broker: %w", err), dir.remove())
	}
	stop := func() error {
		cluster.Close()
		return dir.remove()
	}
	addrs := cluster.ListenAddrs()
	known, err := askServed(ctx, addrs[0])
	if err != nil {
		return nil, errors.Join(fmt.Errorf("asking an embedded broker what it serves: %w", err), stop())
	}
	filter.learn(known)
	stopLimits, err := limits.start(ctx, cluster, addrs)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	o.say("broker %s: in-process, %s; its timings are not Kafka's", o.Kind, plural(o.Nodes, "node"))
	return &Target{
		Kind: Embedded, Bootstrap: strings.Join(addrs, ","), Nodes: o.Nodes, Version: kfakeVersion(),
		DataDirs: []string{data}, Warnings: []string{embeddedWarning},
		close: func(context.Context) error {
			stopLimits()
			return stop()
		},
	}, nil
}

// kfakeVersion names the stand-in as the build knows it.
func kfakeVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == kfakeModule {
				return dep.Version
			}
		}
	}
	return "of an unknown version"
}

// askServed sends the one request a filter lets pass from the start and reads which others the broker serves, so that
// the filter never knows more or less than the broker behind it.
func askServed(ctx context.Context, addr string) (served, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	req := kmsg.NewPtrApiVersionsRequest() // version 0: no header tags, nothing to negotiate
	if _, err := conn.Write(kmsg.NewRequestFormatter().AppendRequest(nil, req, 0)); err != nil {
		return nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n < 4 || n > 1<<20 {
		return nil, fmt.Errorf("it answered %d bytes", n)
	}
	frame := make([]byte, n)
	if _, err := io.ReadFull(conn, frame); err != nil {
		return nil, err
	}
	resp := req.ResponseKind().(*kmsg.ApiVersionsResponse)
	if err := resp.ReadFrom(frame[4:]); err != nil { // behind the correlation id
		return nil, err
	}
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return nil, err
	}
	s := make(served, len(resp.ApiKeys))
	for _, k := range resp.ApiKeys {
		s[k.ApiKey] = versions{k.MinVersion, k.MaxVersion}
	}
	return s, nil
}
