package verify

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawn is above every sequence that drawBitmap draws.
const drawn = 3 * pageBits

// drawBitmap builds a set and the same set as a list of members, with empty, mixed and full pages.
func drawBitmap(t *rapid.T) (*Bitmap, []bool) {
	b, naive := &Bitmap{}, make([]bool, drawn)
	near := rapid.Custom(func(t *rapid.T) uint64 { // sequences crowd around the ends of pages
		end := rapid.Uint64Range(0, 2).Draw(t, "page") * pageBits
		return uint64(max(0, int64(end)+rapid.Int64Range(-70, 70).Draw(t, "offset")))
	})
	for range rapid.IntRange(0, 8).Draw(t, "steps") {
		lo := near.Draw(t, "lo")
		if rapid.Bool().Draw(t, "range") {
			hi := near.Draw(t, "hi")
			b.AddRange(lo, hi)
			for s := lo; s < hi; s++ {
				naive[s] = true
			}
			continue
		}
		if fresh := b.Add(lo); fresh == naive[lo] {
			t.Fatalf("Add(%d) said %v", lo, fresh)
		}
		naive[lo] = true
	}
	return b, naive
}

func TestBitmapAgreesWithList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, naiveA := drawBitmap(t)
		b, naiveB := drawBitmap(t)
		lo, hi := rapid.Uint64Range(0, drawn).Draw(t, "lo"), rapid.Uint64Range(0, drawn).Draw(t, "hi")

		var all, ranged, inBoth, onlyA []uint64
		for s := range uint64(drawn) {
			if a.Contains(s) != naiveA[s] {
				t.Fatalf("Contains(%d) = %v", s, !naiveA[s])
			}
			if !naiveA[s] {
				continue
			}
			all = append(all, s)
			switch {
			case s < lo || s >= hi:
				continue
			case naiveB[s]:
				inBoth = append(inBoth, s)
			default:
				onlyA = append(onlyA, s)
			}
			ranged = append(ranged, s)
		}
		if !slices.Equal(slices.Collect(a.All()), all) {
			t.Fatal("All differs")
		}
		if n := a.Len(); n != uint64(len(all)) {
			t.Fatalf("Len %d, want %d", n, len(all))
		}
		if n := a.LenRange(lo, hi); n != uint64(len(ranged)) {
			t.Fatalf("LenRange(%d, %d) = %d, want %d", lo, hi, n, len(ranged))
		}
		check := func(what string, n, first uint64, want []uint64) {
			if n != uint64(len(want)) || n > 0 && first != want[0] {
				t.Fatalf("%s: got %d from %d, want %d", what, n, first, len(want))
			}
		}
		n, first := both(a, b, lo, hi)
		check("both", n, first, inBoth)
		n, first = minus(a, b, lo, hi)
		check("minus", n, first, onlyA)

		a.AddAll(b)
		for s := range uint64(drawn) {
			if a.Contains(s) != (naiveA[s] || naiveB[s]) {
				t.Fatalf("AddAll: Contains(%d) = %v", s, a.Contains(s))
			}
		}
	})
}

func TestBitmapReusesFullPages(t *testing.T) {
	var b Bitmap
	for s := range uint64(3 * pageBits) {
		b.Add(s)
	}
	if len(b.spare) != 1 {
		t.Errorf("%d pages were needed for a set that fills in order, want 1", len(b.spare))
	}
	for i, p := range b.pages {
		if p.bits != nil || p.n != pageBits {
			t.Errorf("page %d did not collapse", i)
		}
	}
	if !b.Add(3*pageBits) || b.Contains(3*pageBits+1) {
		t.Error("a page used again was not blank")
	}
}

func TestBitmapBinaryRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, _ := drawBitmap(t)
		data, err := b.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var back Bitmap
		if err := back.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		if n, _ := minus(b, &back, 0, Limit); n != 0 || b.Len() != back.Len() {
			t.Fatal("the set changed on its way")
		}
	})
}

func TestBitmapBinaryRefuses(t *testing.T) {
	blank := make([]byte, pageBits/8)
	for name, data := range map[string][]byte{
		"nothing":         {},
		"another version": {2},
		"unknown kind":    {1, 1<<2 | 3},
		"empty run":       {1, 0},
		"open varint":     {1, 0x80},
		"too many pages":  {1, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"cut short":       {1, 1<<2 | kindMixed, 1, 2, 3},
		"mixed but empty": append([]byte{1, 1<<2 | kindMixed}, blank...),
		"mixed but full":  append([]byte{1, 1<<2 | kindMixed}, bytes.Repeat([]byte{0xff}, pageBits/8)...),
	} {
		b := Bitmap{}
		b.Add(7)
		if err := b.UnmarshalBinary(data); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if b.Len() != 1 || !b.Contains(7) {
			t.Errorf("%s: the set changed", name)
		}
	}
}

func FuzzBitmapUnmarshalBinary(f *testing.F) {
	var b Bitmap
	f.Add([]byte{1})
	b.AddRange(pageBits, 2*pageBits)
	data, _ := b.MarshalBinary()
	f.Add(data)
	b.AddRange(3*pageBits+5, 3*pageBits+500)
	data, _ = b.MarshalBinary()
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		var b Bitmap
		if b.UnmarshalBinary(data) != nil {
			return
		}
		out, err := b.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var back Bitmap
		if err := back.UnmarshalBinary(out); err != nil {
			t.Fatalf("what was accepted is refused once written again: %v", err)
		}
		if again, _ := back.MarshalBinary(); !bytes.Equal(again, out) || b.Len() != back.Len() {
			t.Fatal("the set changed on its way")
		}
	})
}

func BenchmarkBitmapAdd(bench *testing.B) {
	bench.ReportAllocs()
	var b Bitmap
	for i := uint64(0); bench.Loop(); i++ {
		b.Add(i)
	}
}

func ExampleBitmap() {
	var b Bitmap
	b.AddRange(10, 20)
	fmt.Println(b.Add(15), b.Add(20), b.Len(), b.LenRange(0, 12))
	// Output: false true 11 2
}
