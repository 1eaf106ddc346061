package payload

import (
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/kafka-eos-bench/kafka-eos-bench/bench/workload"
)

const (
	// poolBytes bounds a producer's pool. It is several times the largest batch (1 MB by default), so that a
	// compressor never sees a body twice in one batch.
	poolBytes  = 4 << 20
	minBodies  = 8 // however large they are
	maxBodies  = 1 << 16
	keyDigits  = 6 // at least, so that keys of a usual run have one length
	keySalt    = 0x6b65795f73616c74
	sourceSalt = 0x626f64795f73616c
)

// Source makes the values and keys of one producer's records. It is not safe for concurrent use.
type Source struct {
	pool []entry

	keySeed uint64
	keys    uint64
	key     []byte // "k-000123", rewritten by every call of Key
}

type entry struct {
	value   []byte
	bodyCRC uint32
}

// NewSource builds the pool of a producer's values: about 4 MB of bodies, at least eight of them whatever their
// size, with sizes following w.MessageSize. The same workload, seed and producer make the same bytes. It fails
// when a value has no room for the stamp or the payload's file cannot be used.
func NewSource(w workload.Workload, producer int) (*Source, error) {
	if w.MessageSize.Min < StampSize {
		return nil, fmt.Errorf("message size of %d bytes: the record stamp alone takes %d, choose at least that",
			w.MessageSize.Min, StampSize)
	}
	rng := rand.New(rand.NewPCG(w.Seed, uint64(producer)^sourceSalt))
	fill, err := newFiller(w.Payload, rng)
	if err != nil {
		return nil, err
	}
	s := &Source{
		keySeed: mix(w.Seed^keySalt) ^ uint64(producer),
		keys:    uint64(w.Keys),
	}
	for _, size := range sizes(w.MessageSize, rng) {
		value := make([]byte, size)
		body := value[StampSize:]
		fill(body)
		s.pool = append(s.pool, entry{value, crc32.Checksum(body, castagnoli)})
	}
	if w.Keys > 0 {
		s.key = append(s.key, "k-"...)
		for range max(keyDigits, len(fmt.Sprint(w.Keys-1))) {
			s.key = append(s.key, '0')
		}
	}
	return s, nil
}

// Value returns the record with that stamp. The stamp is written in place into the body that its sequence number
// selects, so the bytes are valid until the pool has gone round: at least eight records.
func (s *Source) Value(st Stamp) []byte {
	e := &s.pool[st.Seq%uint64(len(s.pool))]
	st.Put(e.value, e.bodyCRC)
	return e.value
}

// Key returns a record's key, one of w.Keys that all producers share, all equally likely; nil when records carry
// none. It depends on the seed, the producer and the sequence number alone, and is valid until the next call.
func (s *Source) Key(seq uint64) []byte {
	if s.keys == 0 {
		return nil
	}
	// The high half of the product scales a hash of 64 bits to the number of keys without a division.
	n, _ := bits.Mul64(mix(s.keySeed+mix(seq)), s.keys)
	for i := len(s.key) - 1; i >= 2; i-- {
		s.key[i] = byte('0' + n%10)
		n /= 10
	}
	return s.key
}

// sizes draws the pool's value sizes: one from each of n equally likely slices of the distribution, in random
// order, so that even a handful of large bodies has the distribution's mean and spread.
func sizes(d workload.SizeDist, rng *rand.Rand) []int {
	mean := float64(d.Min+d.Max) / 2
	if d.Kind == "normal" {
		mean = d.Mean
	}
	n := min(max(int(poolBytes/max(mean, StampSize)), minBodies), maxBodies)
	drawn := make([]int, n)
	for i, slice := range rng.Perm(n) {
		drawn[i] = quantile(d, (float64(slice)+rng.Float64())/float64(n))
	}
	return drawn
}

// quantile returns the size below which a share u of the distribution lies.
func quantile(d workload.SizeDist, u float64) int {
	size := float64(d.Min) + math.Floor(u*float64(d.Max-d.Min+1))
	if d.Kind == "normal" {
		size = math.Round(d.Mean + d.StdDev*math.Sqrt2*math.Erfinv(2*u-1))
	}
	// Clipped before the conversion: the normal distribution's ends are infinite.
	return int(min(max(size, float64(d.Min)), float64(d.Max)))
}

// mix is splitmix64's finalizer (Steele, Lea, Flood 2014): a bijection of 64 bits in which every input bit reaches every
// output bit.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
