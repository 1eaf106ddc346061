package trial

import (
	"math/rand/v2"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestFlightHandsOutEveryTagOnceAndRefusesMore(t *testing.T) {
	f := newFlight(3)
	seen := map[uint32]bool{}
	for range 3 {
		tag, ok := f.take()
		if !ok || seen[tag] {
			t.Fatalf("tag %d, %v after %v", tag, ok, seen)
		}
		seen[tag] = true
	}
	if _, ok := f.take(); ok {
		t.Fatal("a fourth tag of three")
	}
	f.give(1)
	if tag, ok := f.take(); !ok || tag != 1 {
		t.Fatalf("got tag %d, %v; want the one given back", tag, ok)
	}
	f.putBack()
	if tag, ok := f.take(); !ok || tag != 1 {
		t.Fatalf("got tag %d, %v; want the one put back", tag, ok)
	}
}

func TestFlightBetweenTwoGoroutines(t *testing.T) {
	const bound, records = 64, 100_000
	f := newFlight(bound)
	out := make(chan uint32, bound)
	var wg sync.WaitGroup
	wg.Go(func() {
		for tag := range out {
			f.give(tag)
		}
	})
	for range records {
		tag, ok := f.take()
		for !ok {
			<-f.freed
			tag, ok = f.take()
		}
		out <- tag // a tag in use twice would exceed the channel's room only by chance; the race detector sees the rest
	}
	close(out)
	wg.Wait()
	if n := len(f.free) - int(f.tail.Load()-f.head.Load()); n != 0 {
		t.Fatalf("%d tags are lost", n)
	}
}

// TestBlockedTimeAgainstNaive compares with a sum over all intervals.
func TestBlockedTimeAgainstNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b blockedTime
		var all []span
		now, due := int64(0), int64(0)
		for range rapid.IntRange(1, 3000).Draw(t, "records") {
			now += rapid.Int64Range(0, 5).Draw(t, "idle")
			if rapid.Bool().Draw(t, "blocks") {
				end := now + rapid.Int64Range(0, 20).Draw(t, "for")
				b.add(now, end)
				all = append(all, span{start: now, end: end})
				now = end
			}
			due = min(now, due+rapid.Int64Range(0, 15).Draw(t, "step"))
			want := int64(0)
			for _, s := range all {
				want += max(0, s.end-max(s.start, due))
			}
			if got := b.since(due); got != want {
				t.Fatalf("blocked since %d: %d, want %d", due, got, want)
			}
		}
	})
}

func TestUnreadFindsTheOldest(t *testing.T) {
	u := newUnread()
	send, read := u.cursor(), u.cursor()
	if _, ok := u.oldest(); ok {
		t.Fatal("an oldest record of none")
	}
	const n = 3*pageRecords + 10
	for seq := range uint64(n) {
		send.add(seq, int64(1000+seq))
	}
	order := rand.New(rand.NewPCG(1, 2)).Perm(n)
	unread := map[uint64]bool{}
	for seq := range uint64(n) {
		unread[seq] = true
	}
	oldest := uint64(0)
	for i, k := range order {
		seq := uint64(k)
		read.finish(seq)
		read.finish(seq) // again changes nothing
		delete(unread, seq)
		for unread[oldest] == false && oldest < n {
			oldest++
		}
		at, ok := u.oldest()
		if len(unread) == 0 {
			if ok {
				t.Fatalf("%d is the oldest of none", at)
			}
			break
		}
		if !ok || at != int64(1000+oldest) {
			t.Fatalf("after %d records: oldest at %d (%v), want %d", i+1, at, ok, 1000+oldest)
		}
		if got := u.finished.Load(); got != int64(i+1) {
			t.Fatalf("%d finished, want %d", got, i+1)
		}
	}
	if len(u.pages) != 1 { // the last page is not full
		t.Fatalf("%d pages are kept", len(u.pages))
	}
}

func TestUnreadIgnoresWhatWasNeverSent(t *testing.T) {
	u := newUnread()
	c := u.cursor()
	c.finish(7)
	c.finish(1 << 40)
	if u.finished.Load() != 0 || len(u.pages) != 0 {
		t.Fatalf("finished %d, %d pages", u.finished.Load(), len(u.pages))
	}
}

func TestUnreadAcrossGoroutines(t *testing.T) {
	u := newUnread()
	const n, readers = 50_000, 3
	var wg sync.WaitGroup
	sent := make([]chan uint64, readers)
	for r := range readers {
		sent[r] = make(chan uint64, 256)
		wg.Go(func() {
			c := u.cursor()
			for seq := range sent[r] {
				c.finish(seq)
			}
		})
	}
	c := u.cursor()
	for seq := range uint64(n) {
		c.add(seq, int64(seq))
		sent[seq%readers] <- seq
		if seq%1000 == 0 {
			u.oldest()
		}
	}
	for _, ch := range sent {
		close(ch)
	}
	wg.Wait()
	if _, ok := u.oldest(); ok || u.finished.Load() != n {
		t.Fatalf("finished %d of %d, oldest %v", u.finished.Load(), n, ok)
	}
}

func TestThinnedStaysBoundedAndEven(t *testing.T) {
	var s thinned
	const n = 50_000
	for i := range n {
		s.add(Sample{At: int64(i)})
	}
	if len(s.samples) > thinnedMax || len(s.samples) < thinnedMax/4 {
		t.Fatalf("%d samples", len(s.samples))
	}
	gap := s.samples[1].At - s.samples[0].At
	for i := 1; i < len(s.samples); i++ {
		if s.samples[i].At-s.samples[i-1].At != gap {
			t.Fatalf("sample %d is %d after the one before, the others %d", i, s.samples[i].At-s.samples[i-1].At, gap)
		}
	}
}

func TestTransactionalIDsShareTheirCoordinator(t *testing.T) {
	for slot := range 60 {
		for _, trial := range []string{"b01-aaaaaaaaaaaa", "b02-0123456789ab"} {
			id := transactionalID("keb-20261122t231502-7f3a-"+trial+"-p", slot)
			if got := javaHash(id) & 0x7fffffff % statePartitions; got != uint32(slot%statePartitions) {
				t.Fatalf("%s falls into partition %d, want %d", id, got, slot%statePartitions)
			}
		}
	}
	// String.hashCode of the Java language specification's definition: s[0]*31^(n-1) + … + s[n-1].
	if got := javaHash("kafka"); got != 101807910 {
		t.Fatalf("hash of kafka is %d", got)
	}
}

func TestShareAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(0, 1e9).Draw(t, "total")
		n := rapid.IntRange(1, 64).Draw(t, "n")
		sum := int64(0)
		for i := range n {
			sum += share(total, i, n)
		}
		if sum != total {
			t.Fatalf("%d shares of %d add up to %d", n, total, sum)
		}
	})
}

func TestMachineTicks(t *testing.T) {
	for _, tc := range []struct {
		stat          string
		total, stolen int64
		ok            bool
	}{
		{"cpu  100 1 20 300 4 5 6 70 9 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n", 506, 70, true},
		{"cpu  100 1 20 300 4 5 6 70", 506, 70, true},
		{"cpu  100 1 20 300 4 5 6", 0, 0, false}, // before Linux 2.6.11
		{"cpu  100 1 20 x 4 5 6 70", 0, 0, false},
		{"intr 1 2 3 4 5 6 7 8 9", 0, 0, false},
		{"", 0, 0, false},
	} {
		if total, stolen, ok := machineTicks([]byte(tc.stat)); total != tc.total || stolen != tc.stolen || ok != tc.ok {
			t.Errorf("%q: %d, %d, %v", tc.stat, total, stolen, ok)
		}
	}
}
