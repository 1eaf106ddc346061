// Package payload makes what a record carries and says where it goes: the stamp that identifies it, the bytes
// behind the stamp, its key, and its topic and partition.
package payload

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// StampSize is the number of bytes at the start of every value that hold its stamp: the smallest value there is.
const StampSize = 48

// FlagAbort marks a record whose transaction is going to be aborted on purpose.
const FlagAbort uint32 = 1

// Decode's errors. Neither value was written, as it stands, by this tool.
var (
	ErrForeign = errors.New("the value carries no stamp of this tool")
	ErrCorrupt = errors.New("the value's checksum does not match its bytes")
)

// Stamp identifies a record. In the value it is little-endian: magic "KEB1", CRC32C, then the fields in order.
type Stamp struct {
	Run      uint64
	Producer uint32
	Flags    uint32
	Seq      uint64 // of the producer's records, from 0
	Txn      uint64 // of the producer's transactions, from 0
	Intended int64  // clock nanoseconds when the record was due
}

const magic = "KEB1"

// castagnoli is CRC32C's table: the polynomial that processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Put writes the stamp to value[:StampSize]. bodyCRC is the CRC32C of value[StampSize:]; the stored checksum goes
// on from it over the stamp's own fields, so that a body's part is computed once and a damaged stamp is noticed too.
func (s Stamp) Put(value []byte, bodyCRC uint32) {
	b := value[:StampSize]
	copy(b, magic)
	binary.LittleEndian.PutUint64(b[8:], s.Run)
	binary.LittleEndian.PutUint32(b[16:], s.Producer)
	binary.LittleEndian.PutUint32(b[20:], s.Flags)
	binary.LittleEndian.PutUint64(b[24:], s.Seq)
	binary.LittleEndian.PutUint64(b[32:], s.Txn)
	binary.LittleEndian.PutUint64(b[40:], uint64(s.Intended))
	binary.LittleEndian.PutUint32(b[4:], crc32.Update(bodyCRC, castagnoli, b[8:]))
}

// Decode reads the stamp of a value and checks every byte of it. It answers ErrForeign for a value that is too
// short or has no magic, ErrCorrupt for one whose checksum fails.
func Decode(value []byte) (Stamp, error) {
	if len(value) < StampSize || string(value[:len(magic)]) != magic {
		return Stamp{}, ErrForeign
	}
	b := value[:StampSize]
	crc := crc32.Update(crc32.Checksum(value[StampSize:], castagnoli), castagnoli, b[8:])
	if crc != binary.LittleEndian.Uint32(b[4:]) {
		return Stamp{}, ErrCorrupt
	}
	return Stamp{
		Run:      binary.LittleEndian.Uint64(b[8:]),
		Producer: binary.LittleEndian.Uint32(b[16:]),
		Flags:    binary.LittleEndian.Uint32(b[20:]),
		Seq:      binary.LittleEndian.Uint64(b[24:]),
		Txn:      binary.LittleEndian.Uint64(b[32:]),
		Intended: int64(binary.LittleEndian.Uint64(b[40:])),
	}, nil
}
