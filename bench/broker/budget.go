package broker

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	defaultBudget = 2 << 30
	budgetEvery   = 250 * time.Millisecond
)

// budget bounds what an embedded broker's data takes on disk. Everything is kept until three quarters are used; then
// the oldest records go until half is, each partition having an equal share. The quarter above is for what is
// written between two looks, and for records that went but whose segment is not finished.
type budget struct {
	limit int64  // bytes
	data  string // kfake's data directory
	say   func(string, ...any)

	cluster    *kfake.Cluster
	admin      *kadm.Client
	partitions int // that the configuration in force was made for
	trimmed    bool
}

func newBudget(o Options, data string) *budget {
	limit := o.DiskBudget
	if limit == 0 {
		limit = defaultBudget
	}
	return &budget{limit: limit, data: data, say: o.say, partitions: 1}
}

// configs are the broker's settings for that many partitions. Records leave the disk a segment at a time, so segments
// shrink as partitions grow in number; they are no larger than 32 MiB and no smaller than 64 KiB.
func (b *budget) configs(partitions int) map[string]string {
	share := b.limit / int64(partitions)
	return map[string]string{
		"log.retention.bytes": strconv.FormatInt(share/2, 10),
		"log.segment.bytes":   strconv.FormatInt(min(max(share/8, 64<<10), 32<<20), 10),
		"log.retention.ms":    "-1",
	}
}

// start looks after the budget until the returned function is called, beyond the context that opens the broker.
func (b *budget) start(ctx context.Context, cluster *kfake.Cluster, addrs []string) (stop func(), err error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(addrs...))
	if err != nil {
		return nil, fmt.Errorf("connecting to an embedded broker: %w", err)
	}
	b.cluster, b.admin = cluster, kadm.NewClient(client)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(budgetEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				b.enforce(ctx)
			}
		}
	}()
	return func() {
		cancel()
		<-done
		client.Close()
	}, nil
}

func (b *budget) enforce(ctx context.Context) {
	used, partitions := usage(b.data)
	if partitions > 0 && partitions != b.partitions {
		if err := b.reconfigure(ctx, partitions); err != nil {
			if ctx.Err() == nil {
				b.say("bounding the embedded broker's disk: %v", err)
			}
			return
		}
		b.partitions = partitions
	}
	if used <= b.limit/4*3 {
		return
	}
	if !b.trimmed {
		b.trimmed = true
		b.say("the embedded broker's data reached %d of its %d MB: its oldest records are dropped from now on, and a "+
			"reader that far behind would miss them", used/1e6, b.limit/1e6)
	}
	b.cluster.ApplyRetention()
}

func (b *budget) reconfigure(ctx context.Context, partitions int) error {
	var changes []kadm.AlterConfig
	for name, value := range b.configs(partitions) {
		changes = append(changes, kadm.AlterConfig{Op: kadm.SetConfig, Name: name, Value: &value})
	}
	answers, err := b.admin.AlterBrokerConfigs(ctx, changes)
	if err != nil {
		return err
	}
	for _, a := range answers {
		if a.Err != nil {
			return a.Err
		}
	}
	return nil
}

// usage gives the bytes of the files below kfake's data directory and how many partitions are among them. Files go
// while it looks; what it cannot see does not count.
func usage(data string) (bytes int64, partitions int) {
	below := filepath.Join(data, "partitions")
	_ = filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && filepath.Dir(path) == below {
			partitions++
		}
		if err == nil && !d.IsDir() {
			if info, err := d.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return nil
	})
	return bytes, partitions
}
