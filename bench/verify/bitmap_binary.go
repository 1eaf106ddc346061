package verify

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// The binary form of a Bitmap: a version byte, then runs of pages of one kind, each a uvarint of
// length<<2 | kind. A run of mixed pages is followed by their words, little-endian.
const (
	binaryVersion = 1

	kindEmpty = 0
	kindFull  = 1
	kindMixed = 2
)

func (p *page) kind() uint64 {
	switch p.n {
	case 0:
		return kindEmpty
	case pageBits:
		return kindFull
	default:
		return kindMixed
	}
}

// MarshalBinary implements encoding.BinaryMarshaler. It never fails.
func (b *Bitmap) MarshalBinary() ([]byte, error) {
	out := []byte{binaryVersion}
	for i := 0; i < len(b.pages); {
		kind, end := b.pages[i].kind(), i+1
		for end < len(b.pages) && b.pages[end].kind() == kind {
			end++
		}
		out = binary.AppendUvarint(out, uint64(end-i)<<2|kind)
		for ; i < end; i++ {
			if kind != kindMixed {
				continue
			}
			for _, w := range b.pages[i].bits {
				out = binary.LittleEndian.AppendUint64(out, w)
			}
		}
	}
	return out, nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler. It refuses what MarshalBinary cannot have written,
// leaving the set as it was.
func (b *Bitmap) UnmarshalBinary(data []byte) error {
	if len(data) == 0 || data[0] != binaryVersion {
		return errors.New("decode bitmap: not a version 1 bitmap")
	}
	var pages []page
	for data = data[1:]; len(data) > 0; {
		head, size := binary.Uvarint(data)
		if size <= 0 {
			return fmt.Errorf("decode bitmap: bad run header at page %d", len(pages))
		}
		data = data[size:]
		run, kind := head>>2, head&3
		if run == 0 || run > Limit/pageBits-uint64(len(pages)) {
			return fmt.Errorf("decode bitmap: run of %d pages at page %d", run, len(pages))
		}
		switch kind {
		case kindEmpty:
			pages = append(pages, make([]page, run)...)
		case kindFull:
			for range run {
				pages = append(pages, page{n: pageBits})
			}
		case kindMixed:
			if uint64(len(data)) < run*pageBits/8 {
				return fmt.Errorf("decode bitmap: cut short in page %d", len(pages))
			}
			for range run {
				p := decodePage(data)
				if p.n == 0 || p.n == pageBits {
					return fmt.Errorf("decode bitmap: page %d called mixed holds %d bits", len(pages), p.n)
				}
				pages, data = append(pages, p), data[pageBits/8:]
			}
		default:
			return fmt.Errorf("decode bitmap: unknown kind %d at page %d", kind, len(pages))
		}
	}
	*b = Bitmap{pages: pages}
	return nil
}

func decodePage(data []byte) page {
	p := page{bits: new([pageWords]uint64)}
	for i := range p.bits {
		p.bits[i] = binary.LittleEndian.Uint64(data[i*8:])
		p.n += uint32(bits.OnesCount64(p.bits[i]))
	}
	return p
}
