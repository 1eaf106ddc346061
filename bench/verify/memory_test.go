package verify

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/client"
	"github.com/kafka-eos-bench/kafka-eos-bench/bench/result"
)

// fill builds a ledger of n records: one session, transactions of 100 of which every tenth is aborted, so that no page
// of the sets of committed, aborted and read records ever fills; six partitions, one lane.
func fill(tb testing.TB, n uint64) Evidence {
	const size, partitions = 100, 6
	m := mode(tb, "transactional")
	in := Evidence{Mode: m, Isolation: m.Isolation, Readers: 1, ReachedEnd: true,
		Sessions: []Session{{Sent: &SendLog{}, Acked: &AckLog{}}}, Reads: []*ReadLog{NewReadLog(make([]string, partitions))}}
	s, lane := in.Sessions[0], in.Reads[0]
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
			lane.Read(0, r, int(r%partitions), int64(r), true)
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
	in := fill(t, n)
	if used := heap() - before; used > bound {
		t.Errorf("%d records' ledger holds %d bytes, want at most %d", n, used, bound)
	}
	if g := Judge(in); g.Verdict != result.Held || *g.Read != n*9/10 || g.Aborted != n/10 {
		t.Errorf("got %+v", g)
	}
}

// BenchmarkLedger reports the bytes held by the whole ledger of a trial, and the time to fill it and to judge it.
func BenchmarkLedger(b *testing.B) {
	for _, n := range []uint64{1e5, 1e6, 1e7, 1e8} {
		b.Run(fmt.Sprintf("records=%.0e", float64(n)), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				before := heap()
				b.StartTimer()
				in := fill(b, n)
				b.StopTimer()
				b.ReportMetric(float64(heap()-before), "heap-bytes")
				b.StartTimer()
				if g := Judge(in); g.Verdict != result.Held {
					b.Fatal(g.Reasons)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(uint64(b.N)*n), "ns/record")
		})
	}
}

func BenchmarkJudge(b *testing.B) {
	in := fill(b, 1e7)
	b.ReportAllocs()
	for b.Loop() {
		Judge(in)
	}
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
