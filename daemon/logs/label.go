package logs

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"
)

// A sealed file ends with its label and the seek table. Both are skippable
// frames of zstd (RFC 8878, 3.1.2): magic number and length, little endian, 4
// bytes each, then the content. The label's content is the 64 bit xxHash of the
// rest of it and of the whole seek table, and the label as JSON. The table's is
// an entry for each frame and a footer (zstd, contrib/seekable_format).
const (
	labelMagic  = 0x184D2A50
	frameHeader = 8
	sumSize     = 8
	entrySize   = 12 // compressed size, size, checksum
	footerSize  = 9  // number of entries, descriptor, magic
	maxLabel    = 4 << 10
)

// ErrDamaged says that a sealed log is not what was sealed. Nothing repairs
// that but a backup.
var ErrDamaged = errors.New("the sealed log is damaged")

// label says whose log a sealed file is, and what record was made of it (all
// but Stored, which the file's size tells).
type label struct {
	Key
	Sealed
	Dropped int64 `json:"dropped,omitempty"` // bytes of output that the gap stands for; 0 is its size
}

// frame gives the label as the frame that stands before table.
func (l label) frame(table []byte) ([]byte, error) {
	text, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	b := binary.LittleEndian.AppendUint32(nil, labelMagic)
	b = binary.LittleEndian.AppendUint32(b, uint32(sumSize+len(text)))
	b = binary.LittleEndian.AppendUint64(b, sum(text, table))
	return append(b, text...), nil
}

// parseLabel reads a label's frame and holds it and the table against its hash.
func parseLabel(b, table []byte) (label, error) {
	var l label
	if len(b) < frameHeader+sumSize || binary.LittleEndian.Uint32(b) != labelMagic ||
		int(binary.LittleEndian.Uint32(b[4:])) != len(b)-frameHeader {
		return l, fmt.Errorf("%w: it has no label", ErrDamaged)
	}
	text := b[frameHeader+sumSize:]
	if binary.LittleEndian.Uint64(b[frameHeader:]) != sum(text, table) {
		return l, fmt.Errorf("%w: label and seek table do not match their hash", ErrDamaged)
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, fmt.Errorf("%w: its label cannot be read: %w", ErrDamaged, err)
	}
	return l, nil
}

func sum(text, table []byte) uint64 {
	d := xxhash.New()
	for _, b := range [][]byte{text, table} {
		_, _ = d.Write(b) // a Digest never fails
	}
	return d.Sum64()
}

// tableSize gives the size of a seek table from its footer.
func tableSize(footer []byte) int64 {
	return frameHeader + footerSize + entrySize*int64(binary.LittleEndian.Uint32(footer))
}
