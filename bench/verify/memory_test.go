package verify

import (
	"runtime"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// fill builds a ledger of n records: one session, transactions of 100 of which every tenth is aborted, so that no page
// of the sets of committed, aborted and read records ever fills; six partitions, shared out among the lanes.
func fill(tb testing.TB, n uint64, lanes int) Evidence {
	const size, partitions = 100, 6
	m := mode(tb, "transactional")
	in := Evidence{Mode: m, Isolation: m.Isolation, Readers: lanes, ReachedEnd: true,
		Sessions: []Session{{Sent: &SendLog{}, Acked: &AckLog{}}}}
	for range lanes {
		in.Reads = append(in.Reads, NewReadLog(make([]string, partitions)))
	}
	s := in.Sessions[0]
	for seq := range n {
		s.Sent.Sent()
		s.Acked.Acked(seq)
		if seq%size != size-1 {
			continue
		}
		if seq/size%10 == 0 {
			s.Sent.EndTxn(client.Aborted)
			continue
		}
		s.Sent.EndTxn(client.Committed)
		for r := seq + 1 - size; r <= seq; r++ {
			partition := int(r % partitions)
			in.Reads[partition%lanes].Read(0, r, partition, int64(r), true)
		}
	}
	return in
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Ten million records in 20 MB, so a hundred million in 200 MB.
func TestMemory(t *testing.T) {
	const n, bound = 10_000_000, 20_000_000
	before := heap()
	in := fill(t, n, 1)
	if used := heap() - before; used > bound {
		t.Errorf("%d records' ledger holds %d bytes, want at most %d", n, used, bound)
	}
	if g := Judge(in); g.Verdict != result.Held || *g.Read != n*9/10 || g.Aborted != n/10 {
		t.Errorf("got %+v", g)
	}
}

// eachLength runs a benchmark at the lengths of a short trial and of a day, and states its cost per record.
func eachLength(b *testing.B, run func(b *testing.B, records uint64)) {
	for _, c := range []struct {
		name    string
		records uint64
	}{{"1e5", 1e5}, {"1e6", 1e6}, {"1e7", 1e7}, {"1e8", 1e8}} {
		b.Run("records="+c.name, func(b *testing.B) {
			if testing.Short() && c.records > 1e7 {
				b.Skip("takes seconds")
			}
			b.ReportAllocs()
			run(b, c.records)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/(float64(b.N)*float64(c.records)), "ns/record")
		})
	}
}

// BenchmarkLedger fills a trial's whole ledger (sent, acknowledged, committed or aborted, read) and reports the bytes that it
// then holds.
func BenchmarkLedger(b *testing.B) {
	eachLength(b, func(b *testing.B, records uint64) {
		var held uint64
		for b.Loop() {
			b.StopTimer()
			before := heap()
			b.StartTimer()
			in := fill(b, records, 1)
			b.StopTimer()
			held = heap() - before
			runtime.KeepAlive(in)
			b.StartTimer()
		}
		b.ReportMetric(float64(held), "heap-bytes")
	})
}

func BenchmarkJudge(b *testing.B) {
	eachLength(b, func(b *testing.B, records uint64) {
		in := fill(b, records, 1)
		for b.Loop() {
			if g := Judge(in); g.Verdict != result.Held {
				b.Fatal(g.Reasons)
			}
		}
	})
}

// BenchmarkMerge puts together what six lanes read of one producer.
func BenchmarkMerge(b *testing.B) {
	eachLength(b, func(b *testing.B, records uint64) {
		in := fill(b, records, 6)
		for b.Loop() {
			if _, _, again := in.merge(0); again.n > 0 {
				b.Fatal(again)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	b.ReportAllocs()
	l := NewReadLog(make([]string, 6))
	for i := uint64(0); b.Loop(); i++ {
		l.Read(uint32(i&1), i>>1, int(i%6), int64(i), true)
	}
}

func BenchmarkAcked(b *testing.B) {
	b.ReportAllocs()
	var a AckLog
	for i := uint64(0); b.Loop(); i++ {
		a.Acked(i)
	}
}

func BenchmarkSent(b *testing.B) {
	b.ReportAllocs()
	var s SendLog
	for i := uint64(0); b.Loop(); i++ {
		s.Sent()
		if i%100 == 99 {
			s.EndTxn(client.Committed)
		}
	}
}
