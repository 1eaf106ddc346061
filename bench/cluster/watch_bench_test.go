package cluster

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/cluster/lag"
)

// BenchmarkSample is one lag sample from end to end. Its CPU figure holds the in-process broker's share too.
func BenchmarkSample(b *testing.B) {
	for _, partitions := range []int{6, 48} {
		for _, brokers := range []int{1, 3} {
			b.Run(fmt.Sprintf("partitions=%d/brokers=%d", partitions, brokers), func(b *testing.B) {
				c := fake(b, kfake.NumBrokers(brokers))
				a := dial(b, c)
				topic, group := Name(testRun, "b01-ab", "t0"), Name(testRun, "b01-ab", "g")
				if err := a.CreateTopics(patience(b), []string{topic}, partitions, brokers, nil); err != nil {
					b.Fatal(err)
				}
				for p := range partitions {
					commit(b, c, group, topic, int32(p), 1)
				}
				w := a.Watch([]string{topic}, partitions, group)
				high1, stable, high2, committed := make([]int64, partitions), make([]int64, partitions), make([]int64, partitions), make([]int64, partitions)
				sample := func() {
					if err := w.Marks(b.Context(), high1, stable, high2); err != nil {
						b.Fatal(err)
					}
					if err := w.Committed(b.Context(), committed); err != nil {
						b.Fatal(err)
					}
				}
				sample()
				before := cpu()
				b.ReportAllocs()
				for b.Loop() {
					sample()
				}
				b.ReportMetric(float64(cpu()-before)/float64(b.N)/1e3, "cpu-µs/op")
			})
		}
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

var _ lag.Source = (*Watch)(nil)
