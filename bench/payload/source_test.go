package payload

import (
	"bytes"
	"compress/gzip"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

func fixed(size int) workload.SizeDist {
	return workload.SizeDist{Kind: "fixed", Min: size, Max: size, Mean: float64(size)}
}

func of(kind string, size workload.SizeDist) workload.Workload {
	return workload.Workload{Payload: workload.Payload{Kind: kind}, MessageSize: size, Seed: 7}
}

func source(t testing.TB, w workload.Workload, producer int) *Source {
	t.Helper()
	s, err := NewSource(w, producer)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// batch concatenates n records, as a client does before it compresses them.
func batch(s *Source, n int) []byte {
	var b []byte
	for i := range n {
		b = append(b, s.Value(Stamp{Run: 1, Seq: uint64(i), Intended: int64(i) * 1e6})...)
	}
	return b
}

func TestValuesDecode(t *testing.T) {
	for _, kind := range []string{"random", "text"} {
		for _, dist := range []workload.SizeDist{
			fixed(1024),
			{Kind: "uniform", Min: StampSize, Max: 5000},
			{Kind: "normal", Min: 900, Max: 1100, Mean: 1000, StdDev: 500},
		} {
			s := source(t, of(kind, dist), 3)
			for seq := range uint64(2*len(s.pool) + 3) {
				want := Stamp{Run: 9, Producer: 2, Seq: seq, Txn: seq / 10, Intended: int64(seq) * 1000}
				value := s.Value(want)
				if len(value) < dist.Min || len(value) > dist.Max {
					t.Fatalf("%s of %v: record %d has %d bytes", kind, dist, seq, len(value))
				}
				if got, err := Decode(value); err != nil || got != want {
					t.Fatalf("%s of %v: record %d: got %+v, %v", kind, dist, seq, got, err)
				}
			}
		}
	}
}

func TestSizesFollowTheDistribution(t *testing.T) {
	uniform := workload.SizeDist{Kind: "uniform", Min: 100, Max: 900}
	normal := workload.SizeDist{Kind: "normal", Min: 100, Max: 2000, Mean: 1000, StdDev: 100}
	large := workload.SizeDist{Kind: "uniform", Min: 1 << 20, Max: 3 << 20}
	for _, c := range []struct {
		name     string
		dist     workload.SizeDist
		mean, sd float64
		within   float64 // relative
	}{
		{"fixed", fixed(1024), 1024, 0, 0},
		{"uniform", uniform, 500, 800 / math.Sqrt(12), 0.01},
		{"normal", normal, 1000, 100, 0.01},
		{"a handful of large ones", large, 2 << 20, (2 << 20) / math.Sqrt(12), 0.1},
	} {
		var sum, squares, n float64
		for _, e := range source(t, of("random", c.dist), 0).pool {
			sum += float64(len(e.value))
			squares += float64(len(e.value)) * float64(len(e.value))
			n++
		}
		mean := sum / n
		sd := math.Sqrt(max(squares/n-mean*mean, 0))
		if math.Abs(mean-c.mean) > c.within*c.mean || math.Abs(sd-c.sd) > c.within*c.sd {
			t.Errorf("%s: mean %.1f and deviation %.1f of %v bodies, want %.1f and %.1f", c.name, mean, sd, n, c.mean, c.sd)
		}
	}
}

func TestPoolIsBounded(t *testing.T) {
	for size, want := range map[int]int{StampSize: maxBodies, 1 << 10: poolBytes >> 10, 2 << 20: minBodies} {
		if n := len(source(t, of("random", fixed(size)), 0).pool); n != want {
			t.Errorf("%d bodies of %d bytes, want %d", n, size, want)
		}
	}
}

func TestBytesAreReproducibleAndDifferByProducer(t *testing.T) {
	w := of("text", fixed(500))
	first := batch(source(t, w, 0), 50)
	if !bytes.Equal(first, batch(source(t, w, 0), 50)) {
		t.Error("the same workload and producer made different bytes")
	}
	if bytes.Equal(first, batch(source(t, w, 1), 50)) {
		t.Error("two producers made the same bytes")
	}
}

func TestCompressibility(t *testing.T) {
	for _, c := range []struct {
		kind      string
		low, high float64
	}{
		{"random", 0.95, 1.05},
		{"text", 2, 4},
	} {
		b := batch(source(t, of(c.kind, fixed(1024)), 0), 64)
		var gz bytes.Buffer
		w := gzip.NewWriter(&gz)
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		enc, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		zs := enc.EncodeAll(b, nil)
		for codec, n := range map[string]int{"gzip": gz.Len(), "zstd": len(zs)} {
			ratio := float64(len(b)) / float64(n)
			t.Logf("%s under %s: %.2f", c.kind, codec, ratio)
			if ratio < c.low || ratio > c.high {
				t.Errorf("%s compresses %.2f to one under %s, want %v to %v", c.kind, ratio, codec, c.low, c.high)
			}
		}
	}
}

func TestFileBodiesAreItsLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(path, []byte("alpha\r\n\nbeta\ngamma"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := of("file", fixed(StampSize+8))
	w.Payload.Path = path
	s := source(t, w, 0)
	cycle := strings.Repeat("alpha\nbeta\ngamma\n", 2)
	for seq := range uint64(20) {
		body := string(s.Value(Stamp{Seq: seq})[StampSize:])
		at := strings.Index(cycle, body)
		if at < 0 || at > 0 && cycle[at-1] != '\n' {
			t.Errorf("body %q is not a run of the file's lines from the start of one", body)
		}
	}
}

func TestNewSourceRefuses(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := func(path string) workload.Workload {
		w := of("file", fixed(100))
		w.Payload.Path = path
		return w
	}
	for _, c := range []struct {
		w    workload.Workload
		want string
	}{
		{of("random", fixed(47)), "message size of 47 bytes: the record stamp alone takes 48, choose at least that"},
		{of("prose", fixed(100)), `payload "prose" is none of random, text, file`},
		{file("no/such/file"), "open the payload file: open no/such/file: no such file or directory"},
		{file(empty), "the payload file " + empty + " has no line that is not empty: name one with text in it"},
	} {
		if _, err := NewSource(c.w, 0); err == nil || err.Error() != c.want {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
	}
}

func TestKeys(t *testing.T) {
	w := of("random", fixed(100))
	if key := source(t, w, 0).Key(0); key != nil {
		t.Errorf("key %q of a workload without keys", key)
	}
	w.Keys = 20
	const draws = 40_000
	counts := make([]map[string]int, 2)
	same := 0
	first, second := source(t, w, 0), source(t, w, 1)
	for p, s := range []*Source{first, second} {
		counts[p] = map[string]int{}
		for seq := range uint64(draws) {
			counts[p][string(s.Key(seq))]++
		}
	}
	for seq := range uint64(draws) {
		if bytes.Equal(first.Key(seq), second.Key(seq)) {
			same++
		}
	}
	for p, count := range counts {
		if len(count) != w.Keys || count["k-000000"] == 0 || count["k-000019"] == 0 {
			t.Errorf("producer %d uses %d keys, want k-000000 to k-000019: %v", p, len(count), count)
		}
		for key, n := range count {
			if n < draws/20*9/10 || n > draws/20*11/10 {
				t.Errorf("producer %d uses %s %d times in %d, want about one in 20", p, key, n, draws)
			}
		}
	}
	if same > draws/20*11/10 {
		t.Errorf("two producers chose the same key %d times in %d: their keys are not independent", same, draws)
	}
	if a, b := string(first.Key(5)), string(source(t, w, 0).Key(5)); a != b {
		t.Errorf("record 5 has key %s, then %s", a, b)
	}
	w.Keys = 20_000_000
	if key := source(t, w, 0).Key(0); len(key) != len("k-00000000") {
		t.Errorf("key %q: want the length of the longest", key)
	}
}

func TestHotPathAllocatesNothing(t *testing.T) {
	w := of("text", fixed(1024))
	w.Keys, w.Topics, w.Partitions = 100, 2, 6
	s, r := source(t, w, 0), NewRouter(w, 0)
	seq := uint64(0)
	if n := testing.AllocsPerRun(1000, func() {
		value := s.Value(Stamp{Seq: seq})
		r.Route(seq, 0, s.Key(seq))
		if _, err := Decode(value); err != nil {
			t.Fatal(err)
		}
		seq++
	}); n != 0 {
		t.Errorf("%v allocations per record", n)
	}
}

// BenchmarkValue is a record's value out of the pool, stamped, whose body the processor's caches need not hold.
func BenchmarkValue(b *testing.B) {
	eachSize(b, func(b *testing.B, size int) {
		s := source(b, of("random", fixed(size)), 0)
		for i := uint64(0); b.Loop(); i++ {
			s.Value(Stamp{Run: 1, Seq: i})
		}
	})
}

func BenchmarkNewSourceText(b *testing.B) {
	for b.Loop() {
		source(b, of("text", fixed(1024)), 0)
	}
}
