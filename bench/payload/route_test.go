package payload

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

// The values of Kafka's own UtilsTest.testMurmur2.
func TestMurmur2IsKafkas(t *testing.T) {
	for key, want := range map[string]int32{
		"21":                         -973932308,
		"foobar":                     -790332482,
		"a-little-bit-long-string":   -985981536,
		"a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	} {
		if got := int32(murmur2([]byte(key))); got != want {
			t.Errorf("murmur2(%q) = %d, want %d", key, got, want)
		}
	}
}

// bytesOf is a fixed message size.
func bytesOf(n int) workload.SizeDist { return workload.SizeDist{Kind: "fixed", Min: n, Max: n} }

func TestRouteInTurn(t *testing.T) {
	for name, c := range map[string]struct {
		size int
		want [][2]int32
	}{
		"a batch is one record": {20_000, [][2]int32{{0, 1}, {1, 1}, {0, 2}, {1, 2}, {0, 0}, {1, 0}, {0, 1}}},
		"a batch is two":        {8_000, [][2]int32{{0, 1}, {1, 1}, {0, 1}, {1, 1}, {0, 2}, {1, 2}, {0, 2}, {1, 2}, {0, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewRouter(workload.Workload{Topics: 2, Partitions: 3, MessageSize: bytesOf(c.size)}, 1)
			for seq, w := range c.want {
				if topic, partition := r.Route(uint64(seq), 99, nil); topic != w[0] || partition != w[1] {
					t.Errorf("record %d goes to topic %d partition %d, want %v", seq, topic, partition, w)
				}
			}
		})
	}
}

func TestEachReachesEveryPartitionOnce(t *testing.T) {
	w := workload.Workload{Topics: 4, Partitions: 6, MessageSize: bytesOf(100)}
	r := NewRouter(w, 3)
	seen := map[[2]int32]bool{}
	for seq := range uint64(w.Topics * w.Partitions) {
		topic, partition := r.Each(seq, 0, nil)
		seen[[2]int32{topic, partition}] = true
	}
	if len(seen) != w.Topics*w.Partitions {
		t.Errorf("%d partitions of %d were reached: %v", len(seen), w.Topics*w.Partitions, seen)
	}
}

func TestTransactionSpansItsTopics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := workload.Workload{
			Topics:     rapid.IntRange(1, 12).Draw(t, "topics"),
			Partitions: rapid.IntRange(1, 12).Draw(t, "partitions"),
		}
		w.TxnTopics = rapid.IntRange(0, w.Topics).Draw(t, "txn topics")
		span := w.TxnTopics
		if span == 0 {
			span = w.Topics
		}
		r := NewRouter(w, rapid.IntRange(0, 20).Draw(t, "producer"))
		seq := rapid.Uint64Range(0, 1<<40).Draw(t, "seq")
		txn := rapid.Uint64Range(0, 1<<40).Draw(t, "txn")
		n := rapid.IntRange(1, 40).Draw(t, "records")
		seen := map[int32]bool{}
		for range n {
			topic, partition := r.Route(seq, txn, nil)
			if partition < 0 || int(partition) >= w.Partitions {
				t.Fatalf("partition %d of %d", partition, w.Partitions)
			}
			seen[topic] = true
			seq++
		}
		if len(seen) != min(n, span) {
			t.Fatalf("%d records span %d topics, want %d", n, len(seen), min(n, span))
		}
		for topic := range seen {
			// The topics of transaction i are i·K … i·K+K−1 in the ring of all topics.
			first := txn % uint64(w.Topics) * uint64(span) % uint64(w.Topics)
			if at := (uint64(topic) + uint64(w.Topics) - first) % uint64(w.Topics); at >= uint64(span) {
				t.Fatalf("topic %d is not one of the %d from %d on", topic, span, first)
			}
		}
	})
}

// The turns must reach every partition of every topic equally, whatever factors the numbers share.
func TestRouteIsEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := workload.Workload{
			Topics:     rapid.IntRange(1, 6).Draw(t, "topics"),
			Partitions: rapid.IntRange(1, 6).Draw(t, "partitions"),
		}
		run := rapid.IntRange(1, 5).Draw(t, "records in a row")
		w.MessageSize = bytesOf(sticky / run)
		w.TxnTopics = rapid.IntRange(0, w.Topics).Draw(t, "txn topics")
		span := w.TxnTopics
		if span == 0 {
			span = w.Topics
		}
		size := span * rapid.IntRange(1, 4).Draw(t, "records per topic and transaction")
		r := NewRouter(w, rapid.IntRange(0, 9).Draw(t, "producer"))
		transactions := w.Topics * w.Partitions * w.Partitions * run
		counts := map[[2]int32]int{}
		for seq := range transactions * size {
			topic, partition := r.Route(uint64(seq), uint64(seq/size), nil)
			counts[[2]int32{topic, partition}]++
		}
		want := transactions * size / (w.Topics * w.Partitions)
		for topic := range w.Topics {
			for partition := range w.Partitions {
				if got := counts[[2]int32{int32(topic), int32(partition)}]; got != want {
					t.Fatalf("topic %d partition %d got %d records of %d, want %d: %v",
						topic, partition, got, transactions*size, want, counts)
				}
			}
		}
	})
}

func TestKeyStaysInOnePartition(t *testing.T) {
	r := NewRouter(workload.Workload{Topics: 3, Partitions: 7, TxnTopics: 2}, 4)
	for _, key := range []string{"", "k-000001", "k-000123"} {
		want := int32(murmur2([]byte(key)) & 0x7fffffff % 7)
		for seq := range uint64(50) {
			if _, partition := r.Route(seq, seq/5, []byte(key)); partition != want {
				t.Errorf("key %q goes to partition %d, want %d", key, partition, want)
			}
		}
	}
}

func BenchmarkRoute(b *testing.B) {
	r := NewRouter(workload.Workload{Topics: 4, Partitions: 6, TxnTopics: 2}, 1)
	b.ReportAllocs()
	for i := range b.N {
		r.Route(uint64(i), uint64(i/100), nil)
	}
}

func BenchmarkRouteByKey(b *testing.B) {
	r := NewRouter(workload.Workload{Topics: 4, Partitions: 6}, 1)
	key := []byte("k-000123")
	b.ReportAllocs()
	for i := range b.N {
		r.Route(uint64(i), 0, key)
	}
}
