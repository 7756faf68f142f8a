package logs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"os"

	seekable "github.com/SaveTheRbtz/zstd-seekable-format-go/pkg"
	"github.com/klauspost/compress/zstd"

	"github.com/penstock/penstock/plugins/steplog"
)

// blockSize is how much of a log one compressed frame holds, and so what the
// smallest read costs.
const blockSize = 256 << 10

// block is the memory that sealing takes, whatever the size of the log.
type block struct {
	plain [blockSize]byte
	small []byte
}

// packer writes the sealed form of one log.
type packer struct {
	file    *os.File
	encoder *zstd.Encoder
	block   *block
	filled  int // bytes of block.plain
	frames  *seekable.Writer
	hash    hash.Hash
	label   label
}

// pack writes l under key to f and says what it wrote.
func (s *Store) pack(f *os.File, key Key, l *live) (Sealed, error) {
	b := s.blocks.Get().(*block)
	defer s.blocks.Put(b)
	p := &packer{file: f, encoder: s.encoder, block: b, hash: sha256.New(), label: label{key, l.span(), l.dropped()}}
	var err error
	if p.frames, err = seekable.NewWriter(nil, p, seekable.WithWriterEnvironment(p)); err != nil {
		return Sealed{}, err
	}
	for _, g := range l.segments {
		if err := p.add(l, g); err != nil {
			return Sealed{}, err
		}
	}
	return p.finish()
}

func (p *packer) add(l *live, g steplog.Segment) error {
	f, err := l.open(g)
	if err != nil {
		return err
	}
	defer f.Close() // opened to read
	for rest := g.Size; rest > 0; {
		b := p.block.plain[p.filled:][:min(rest, int64(blockSize-p.filled))]
		if err := readFull(f, b); err != nil {
			return err
		}
		rest -= int64(len(b))
		if p.filled += len(b); p.filled == blockSize {
			if err := p.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *packer) flush() error {
	b := p.block.plain[:p.filled]
	p.filled = 0
	p.label.Lines += int64(bytes.Count(b, []byte{'\n'}))
	if _, err := p.hash.Write(b); err != nil {
		return err
	}
	_, err := p.frames.Write(b)
	return err
}

func (p *packer) finish() (Sealed, error) {
	if err := p.flush(); err != nil {
		return Sealed{}, err
	}
	p.label.SHA256 = hex.EncodeToString(p.hash.Sum(nil))
	if err := p.frames.Close(); err != nil {
		return Sealed{}, err
	}
	info, err := p.file.Stat()
	if err != nil {
		return Sealed{}, err
	}
	sealed := p.label.Sealed
	sealed.Stored = info.Size()
	return sealed, nil
}

// EncodeAll lets the seekable writer use one buffer for all its frames.
func (p *packer) EncodeAll(src, _ []byte) []byte {
	p.block.small = p.encoder.EncodeAll(src, p.block.small[:0])
	return p.block.small
}

// WriteFrame takes a frame from the seekable writer.
func (p *packer) WriteFrame(b []byte) (int, error) { return p.file.Write(b) }

// WriteSeekTable takes the table from the seekable writer and sets the label
// before it.
func (p *packer) WriteSeekTable(table []byte) (int, error) {
	b, err := p.label.frame(table)
	if err != nil {
		return 0, err
	}
	if _, err := p.file.Write(b); err != nil {
		return 0, err
	}
	return p.file.Write(table)
}
