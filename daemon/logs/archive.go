package logs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	seekable "github.com/SaveTheRbtz/zstd-seekable-format-go/pkg"
)

// frame is the memory that reading a sealed log takes, whatever its size.
type frame struct{ plain, small []byte }

// newFrame has room for a whole frame, and for what the decoder wants beyond
// it so as not to allocate.
func newFrame() any { return &frame{plain: make([]byte, 0, blockSize+1<<10)} }

// archive is an open sealed file whose label and seek table are sound.
type archive struct {
	store  *Store
	file   *os.File
	frame  *frame // lent by the store while the archive is open
	table  []byte
	reader *seekable.Reader
	sealed Sealed

	dropped int64 // bytes of output that the gap stands for
}

// unpack opens the sealed file of key. An absent file is fs.ErrNotExist.
func (s *Store) unpack(key Key) (*archive, error) {
	f, err := s.root.Open(key.file())
	if err != nil {
		return nil, err
	}
	a := &archive{store: s, file: f, frame: s.frames.Get().(*frame)}
	if err := a.load(key); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *archive) close() error {
	a.store.frames.Put(a.frame)
	a.frame, a.reader = nil, nil
	return a.file.Close()
}

func (a *archive) load(key Key) error {
	info, err := a.file.Stat()
	if err != nil {
		return err
	}
	if err := a.loadTable(info.Size()); err != nil {
		return err
	}
	a.reader, err = seekable.NewReader(nil, a, seekable.WithReaderEnvironment(a))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return a.loadLabel(info.Size(), key)
}

func (a *archive) loadTable(size int64) error {
	if size < frameHeader+footerSize {
		return fmt.Errorf("%w: it has %d bytes", ErrDamaged, size)
	}
	footer := make([]byte, footerSize)
	if err := a.readAt(footer, size-footerSize); err != nil {
		return err
	}
	n := tableSize(footer)
	if n > size {
		return fmt.Errorf("%w: its seek table is larger than the file", ErrDamaged)
	}
	a.table = make([]byte, n)
	return a.readAt(a.table, size-n)
}

func (a *archive) loadLabel(size int64, key Key) error {
	table, err := a.reader.SeekTable()
	if err != nil {
		return err
	}
	last, ok := table.EntryByID(table.NumFrames() - 1)
	at := int64(last.CompressedOffset) + int64(last.CompressedSize)
	n := size - int64(len(a.table)) - at
	if !ok || n < 0 || n > maxLabel {
		return fmt.Errorf("%w: its seek table does not fit the file", ErrDamaged)
	}
	b := make([]byte, n)
	if err := a.readAt(b, at); err != nil {
		return err
	}
	l, err := parseLabel(b, a.table)
	if err != nil {
		return err
	}
	if l.Key != key {
		return fmt.Errorf("%w: it is the log of %v", ErrDamaged, l.Key)
	}
	a.sealed, a.dropped = l.Sealed, l.Dropped
	if a.dropped <= 0 || a.dropped > l.GapSize {
		a.dropped = l.GapSize
	}
	a.sealed.Stored = size
	return nil
}

// read hands out a chunk.
func (a *archive) read(cursor int64, limit int) (Chunk, error) {
	at, missing, follow := a.sealed.locate(cursor)
	if follow == 0 {
		return Chunk{Next: cursor, End: true}, nil
	}
	b := make([]byte, window(follow, limit))
	if _, err := a.reader.ReadAt(b, at); err != nil {
		return Chunk{}, damage(err)
	}
	n := cut(b, limit, true)
	next := cursor + missing + int64(n)
	return Chunk{Data: b[:n], Next: next, Missing: a.sealed.share(a.dropped, missing), End: next == a.sealed.Size}, nil
}

// damage tells what the disk refused from what it gave wrongly.
func damage(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("the disk failed: %w", path.Err)
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

func (a *archive) readAt(b []byte, at int64) error {
	if _, err := a.file.ReadAt(b, at); err != nil {
		return damage(err)
	}
	return nil
}

// GetFrameByIndex serves the seekable reader.
func (a *archive) GetFrameByIndex(e seekable.FrameOffsetEntry) ([]byte, error) {
	if e.CompressedSize > 2*blockSize {
		return nil, io.ErrUnexpectedEOF
	}
	a.frame.small = slices.Grow(a.frame.small[:0], int(e.CompressedSize))[:e.CompressedSize]
	_, err := a.file.ReadAt(a.frame.small, int64(e.CompressedOffset))
	return a.frame.small, err
}

// DecodeAll lets the seekable reader, which holds one frame at a time, use one
// buffer for all of them.
func (a *archive) DecodeAll(src, _ []byte) (b []byte, err error) {
	a.frame.plain, err = a.store.decoder.DecodeAll(src, a.frame.plain[:0])
	return a.frame.plain, err
}

// ReadFooter serves the seekable reader.
func (a *archive) ReadFooter() ([]byte, error) { return a.table, nil }

// ReadSkipFrame serves the seekable reader.
func (a *archive) ReadSkipFrame(int64) ([]byte, error) { return a.table, nil }
