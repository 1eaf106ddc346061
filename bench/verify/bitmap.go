package verify

import (
	"iter"
	"math/bits"
)

// Limit bounds the sequences a Bitmap holds: three days of a session at a million records a second. Up to it
// one stray sequence costs at most 64 MB of page directory; beyond it a sequence cannot have been sent.
const Limit = 1 << 38

const (
	wordBits  = 64
	pageBits  = 1 << 16
	pageWords = pageBits / wordBits
)

// Bitmap is a set of sequences, made for ranges that fill up: pages of 65,536 bits exist only while they are
// neither empty nor full, so a ledger without holes weighs next to nothing and one with holes a bit per record.
// The zero value is empty. It is not safe for concurrent use.
type Bitmap struct {
	pages []page
	spare []*[pageWords]uint64 // of pages that became full, to be used again
}

type page struct {
	n    uint32             // bits set
	bits *[pageWords]uint64 // nil while n is 0 or pageBits
}

// Add adds a sequence below Limit and reports whether it was new.
func (b *Bitmap) Add(seq uint64) bool {
	return b.set(seq/wordBits, 1<<(seq%wordBits))
}

// AddRange adds the sequences lo ≤ s < hi ≤ Limit.
func (b *Bitmap) AddRange(lo, hi uint64) {
	if lo >= hi {
		return
	}
	for w := lo / wordBits; w <= (hi-1)/wordBits; w++ {
		b.set(w, mask(w, lo, hi))
	}
}

// AddAll adds everything that is in o.
func (b *Bitmap) AddAll(o *Bitmap) {
	for w, x := range o.each(0, Limit) {
		b.set(w, x)
	}
}

// Contains reports whether a sequence is in the set.
func (b *Bitmap) Contains(seq uint64) bool {
	return b.word(seq/wordBits)>>(seq%wordBits)&1 != 0
}

// Len returns how many sequences are in the set.
func (b *Bitmap) Len() uint64 {
	var n uint64
	for i := range b.pages {
		n += uint64(b.pages[i].n)
	}
	return n
}

// LenRange returns how many sequences lo ≤ s < hi are in the set.
func (b *Bitmap) LenRange(lo, hi uint64) uint64 {
	hi = min(hi, b.words()*wordBits)
	if lo >= hi {
		return 0
	}
	var n uint64
	for w := lo / wordBits; w <= (hi-1)/wordBits; {
		if lo <= w*wordBits && w%pageWords == 0 && (w+pageWords)*wordBits <= hi {
			n += uint64(b.pages[w/pageWords].n)
			w += pageWords
			continue
		}
		n += uint64(bits.OnesCount64(b.word(w) & mask(w, lo, hi)))
		w++
	}
	return n
}

// All yields the set's sequences in ascending order.
func (b *Bitmap) All() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for w, x := range b.each(0, Limit) {
			for ; x != 0; x &= x - 1 {
				if !yield(w*wordBits + uint64(bits.TrailingZeros64(x))) {
					return
				}
			}
		}
	}
}

// both counts the sequences lo ≤ s < hi that are in a and in b, and names the first of them.
func both(a, b *Bitmap, lo, hi uint64) (n, first uint64) { return scan(a, b, 0, lo, hi) }

// minus counts the sequences lo ≤ s < hi that are in a and not in b, and names the first of them.
func minus(a, b *Bitmap, lo, hi uint64) (n, first uint64) { return scan(a, b, ^uint64(0), lo, hi) }

// scan walks a and b word by word; flip inverts b.
func scan(a, b *Bitmap, flip, lo, hi uint64) (n, first uint64) {
	for w, x := range a.each(lo, hi) {
		x &= b.word(w) ^ flip
		if n == 0 && x != 0 {
			first = w*wordBits + uint64(bits.TrailingZeros64(x))
		}
		n += uint64(bits.OnesCount64(x))
	}
	return n, first
}

// each yields the words that hold sequences lo ≤ s < hi, other bits masked off. It passes over empty pages, of which
// one stray sequence can leave millions.
func (b *Bitmap) each(lo, hi uint64) iter.Seq2[uint64, uint64] {
	return func(yield func(w, x uint64) bool) {
		hi := min(hi, b.words()*wordBits)
		for w := lo / wordBits; w*wordBits < hi; w++ {
			if b.pages[w/pageWords].n == 0 {
				w |= pageWords - 1
				continue
			}
			if x := b.word(w) & mask(w, lo, hi); x != 0 && !yield(w, x) {
				return
			}
		}
	}
}

// mask selects the bits of word w that lie in lo ≤ s < hi; w must overlap the range.
func mask(w, lo, hi uint64) uint64 {
	m := ^uint64(0)
	if w == lo/wordBits {
		m <<= lo % wordBits
	}
	if last := hi - 1; w == last/wordBits {
		m &= ^uint64(0) >> (wordBits - 1 - last%wordBits)
	}
	return m
}

// words returns how many words the pages span.
func (b *Bitmap) words() uint64 { return uint64(len(b.pages)) * pageWords }

func (b *Bitmap) word(w uint64) uint64 {
	i := w / pageWords
	if i >= uint64(len(b.pages)) {
		return 0
	}
	switch p := &b.pages[i]; {
	case p.bits != nil:
		return p.bits[w%pageWords]
	case p.n == pageBits:
		return ^uint64(0)
	default:
		return 0
	}
}

// set adds bits to a word and reports whether any of them was new.
func (b *Bitmap) set(w, x uint64) bool {
	i := w / pageWords
	if i >= uint64(len(b.pages)) {
		b.pages = append(b.pages, make([]page, i+1-uint64(len(b.pages)))...)
	}
	p := &b.pages[i]
	if p.n == pageBits {
		return false
	}
	if p.bits == nil {
		p.bits = b.blank()
	}
	word := &p.bits[w%pageWords]
	fresh := x &^ *word
	*word |= fresh
	p.n += uint32(bits.OnesCount64(fresh))
	if p.n == pageBits {
		b.spare = append(b.spare, p.bits)
		p.bits = nil
	}
	return fresh != 0
}

// blank returns an empty page, from the spare ones if there are any.
func (b *Bitmap) blank() *[pageWords]uint64 {
	if len(b.spare) == 0 {
		return new([pageWords]uint64)
	}
	last := len(b.spare) - 1
	p := b.spare[last]
	b.spare = b.spare[:last]
	clear(p[:])
	return p
}
