package logs

import (
	"errors"
	"fmt"
	"io/fs"
)

// ErrGone says that a log was removed.
var ErrGone = errors.New("the log was removed")

// Read gives the piece of a log that begins at a cursor: 0, or Next of the chunk
// before. While the attempt has no record of a sealed log, sealed is nil and
// attemptDir names its directory; afterwards sealed is the record and
// attemptDir does not matter.
//
// A chunk is whole lines, limit bytes at most (0 is DefaultLimit), but one line
// at least; it ends at the gap, and one that begins behind the gap says how
// much is missing. At and behind the end it is empty, and Next is the cursor.
// Nothing is missed and nothing comes twice if the log is sealed meanwhile, even
// when sealed is still nil. Errors name no paths; ErrGone and ErrDamaged can be
// told with errors.Is.
func (s *Store) Read(key Key, attemptDir string, sealed *Sealed, cursor int64, limit int) (Chunk, error) {
	if limit <= 0 {
		limit = DefaultLimit
	}
	chunk, err := s.read(key, attemptDir, sealed, max(cursor, 0), limit)
	if err != nil {
		return Chunk{}, fmt.Errorf("read log of %v: %w", key, bare(err))
	}
	return chunk, nil
}

func (s *Store) read(key Key, dir string, sealed *Sealed, cursor int64, limit int) (Chunk, error) {
	if sealed != nil {
		return s.readSealed(key, sealed, cursor, limit)
	}
	chunk, liveErr := readLive(dir, cursor, limit)
	// The directory may have been on its way out, and then looked like anything.
	// That begins only after the sealed file stands: so this is asked last.
	if there, err := s.isSealed(key); there || err != nil {
		return s.readSealed(key, nil, cursor, limit)
	}
	if errors.Is(liveErr, fs.ErrNotExist) {
		return Chunk{Next: cursor, End: true}, nil
	}
	return chunk, liveErr
}

// readLive reads from an attempt directory.
func readLive(dir string, cursor int64, limit int) (Chunk, error) {
	return keepUp(func() (Chunk, error) {
		l, err := openLive(dir)
		if err != nil {
			return Chunk{}, err
		}
		chunk, err := l.read(cursor, limit)
		return chunk, errors.Join(err, l.close())
	})
}

// keepUp reads again where the writer dropped a file, or cut it back, after it
// had been listed.
func keepUp(read func() (Chunk, error)) (Chunk, error) {
	for range tries {
		chunk, err := read()
		if !errors.Is(err, errDropped) {
			return chunk, err
		}
	}
	return Chunk{}, errOvertaken
}

// readSealed reads a sealed file, which must be the one that the record is of.
func (s *Store) readSealed(key Key, record *Sealed, cursor int64, limit int) (Chunk, error) {
	if record != nil && record.Kept() == 0 {
		return Chunk{Next: cursor, End: true}, nil
	}
	a, err := s.unpack(key)
	if errors.Is(err, fs.ErrNotExist) {
		return Chunk{}, ErrGone
	}
	if err != nil {
		return Chunk{}, err
	}
	if record != nil && *record != a.sealed {
		return Chunk{}, errors.Join(fmt.Errorf("%w: it is not the one that was recorded", ErrDamaged), a.close())
	}
	chunk, err := a.read(cursor, limit)
	return chunk, errors.Join(err, a.close())
}

// bare takes the path off an error: where the daemon keeps its files is no
// business of who reads a log.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
