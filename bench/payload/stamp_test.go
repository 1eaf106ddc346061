package payload

import (
	"bytes"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"testing"

	"pgregory.net/rapid"
)

func stamped(s Stamp, body []byte) []byte {
	value := append(make([]byte, StampSize), body...)
	s.Put(value, crc32.Checksum(body, castagnoli))
	return value
}

// The layout is a stored format: other implementations read it.
func TestStampLayout(t *testing.T) {
	value := stamped(Stamp{
		Run: 0x0102030405060708, Producer: 0x11121314, Flags: FlagAbort,
		Seq: 0x2122232425262728, Txn: 0x3132333435363738, Intended: 0x4142434445464748,
	}, []byte("body"))
	want := "4b454231" + "abffb2e8" + "0807060504030201" + "14131211" + "01000000" +
		"2827262524232221" + "3837363534333231" + "4847464544434241" + "626f6479"
	if got := hex.EncodeToString(value); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDecodeReturnsWhatWasPut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Stamp{
			Run:      rapid.Uint64().Draw(t, "run"),
			Producer: rapid.Uint32().Draw(t, "producer"),
			Flags:    rapid.Uint32().Draw(t, "flags"),
			Seq:      rapid.Uint64().Draw(t, "seq"),
			Txn:      rapid.Uint64().Draw(t, "txn"),
			Intended: rapid.Int64().Draw(t, "intended"),
		}
		got, err := Decode(stamped(want, rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "body")))
		if err != nil || got != want {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
	})
}

func TestDecodeNoticesEveryDamagedByte(t *testing.T) {
	value := stamped(Stamp{Run: 1, Producer: 2, Seq: 3, Txn: 4, Intended: 5}, []byte("some body"))
	for i := range value {
		for bit := range 8 {
			damaged := bytes.Clone(value)
			damaged[i] ^= 1 << bit
			want := ErrCorrupt
			if i < len(magic) {
				want = ErrForeign
			}
			if _, err := Decode(damaged); !errors.Is(err, want) {
				t.Errorf("bit %d of byte %d flipped: got %v, want %v", bit, i, err, want)
			}
		}
	}
	for n := range value {
		want := ErrCorrupt
		if n < StampSize {
			want = ErrForeign
		}
		if _, err := Decode(value[:n]); !errors.Is(err, want) {
			t.Errorf("cut to %d bytes: got %v, want %v", n, err, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("KEB1 but much too short"))
	f.Add(stamped(Stamp{Run: 1, Seq: 2, Intended: -3}, []byte("body")))
	f.Fuzz(func(t *testing.T, value []byte) {
		s, err := Decode(value)
		if err != nil {
			if s != (Stamp{}) || !errors.Is(err, ErrForeign) && !errors.Is(err, ErrCorrupt) {
				t.Fatalf("got %+v, %v", s, err)
			}
			return
		}
		if again := stamped(s, value[StampSize:]); !bytes.Equal(again, value) {
			t.Fatalf("decoded %+v, which is written as %x, from %x", s, again, value)
		}
	})
}

// eachSize runs a benchmark at three record sizes.
func eachSize(b *testing.B, run func(b *testing.B, size int)) {
	for _, c := range []struct {
		name string
		size int
	}{{"100B", 100}, {"1KB", 1_000}, {"10KB", 10_000}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			run(b, c.size)
		})
	}
}

// BenchmarkPut stamps a value whose body's checksum is known: its cost must not depend on the size.
func BenchmarkPut(b *testing.B) {
	eachSize(b, func(b *testing.B, size int) {
		value := make([]byte, size)
		bodyCRC := crc32.Checksum(value[StampSize:], castagnoli)
		for i := uint64(0); b.Loop(); i++ {
			Stamp{Run: 1, Seq: i}.Put(value, bodyCRC)
		}
	})
}

// BenchmarkDecode checks every byte of a value.
func BenchmarkDecode(b *testing.B) {
	eachSize(b, func(b *testing.B, size int) {
		value := stamped(Stamp{Run: 1}, make([]byte, size-StampSize))
		b.SetBytes(int64(size))
		for b.Loop() {
			if _, err := Decode(value); err != nil {
				b.Fatal(err)
			}
		}
	})
}
