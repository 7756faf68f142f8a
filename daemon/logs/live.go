package logs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// tries is how often a listing that its writer overtook is taken again.
const tries = 16

// errOvertaken says that a log changed under a listing.
var errOvertaken = errors.New("the log is rewritten faster than it is read")

// A segment is one file of a live log.
type segment struct {
	name  string
	start int64 // its place in the stream
	size  int64
}

func (s segment) end() int64 { return s.start + s.size }

// live is a log in an attempt directory at one moment: segments that follow
// each other without a gap, but for one behind the first.
type live struct {
	root     *os.Root
	segments []segment
}

// openLive lists the log in dir. An absent directory is fs.ErrNotExist, an
// absent log is no segments.
func openLive(dir string) (*live, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	segments, err := settle(root)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &live{root, segments}, nil
}

func (l *live) close() error { return l.root.Close() }

// settle lists until the listing cannot have been overtaken. A directory that
// changes while it is listed may leave out files that come or go meanwhile. One
// that goes is the oldest of the tail, and its bytes are dropped in truth; one
// that comes lies behind all that stood there before. So a listing is true where
// it has no gap, and where a file behind its gap was there before it began.
// One that stays the same and is neither is no work of steplog.
func settle(root *os.Root) ([]segment, error) {
	var before []segment
	for range tries {
		now, err := list(root)
		if err != nil {
			return nil, err
		}
		if len(now) < 2 || gapless(now) || gapless(now[1:]) && stood(before, now[1:]) || sameFiles(before, now) {
			return chain(now), nil
		}
		before = now
	}
	return nil, errOvertaken
}

// list is one look at the files of a log, in the order of the stream.
func list(root *os.Root) ([]segment, error) {
	names, err := readNames(root)
	if err != nil {
		return nil, err
	}
	var segments []segment
	for _, s := range named(names) {
		// Oldest first: where a file has a successor, its size is final.
		s.size, err = plainSize(root, s.name)
		if err == nil {
			segments = append(segments, s)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return segments, nil
}

func readNames(root *os.Root) ([]string, error) {
	d, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	names, err := d.Readdirnames(-1)
	return names, errors.Join(err, d.Close())
}

// plainSize is the size of a plain file; what is none has no bytes for us.
func plainSize(root *os.Root, name string) (int64, error) {
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return 0, err
	}
	return info.Size(), nil
}

func gapless(segments []segment) bool {
	for i := 1; i < len(segments); i++ {
		if segments[i-1].end() != segments[i].start {
			return false
		}
	}
	return true
}

// stood reports whether before has a file of tail.
func stood(before, tail []segment) bool {
	return slices.ContainsFunc(tail, func(s segment) bool {
		return slices.ContainsFunc(before, func(b segment) bool { return b.name == s.name })
	})
}

func sameFiles(a, b []segment) bool {
	return slices.EqualFunc(a, b, func(a, b segment) bool { return a.name == b.name })
}

// chain leaves the first file and the longest run of files without a gap
// between them that ends the log. A writer leaves nothing else; whatever else
// is there must not keep an attempt from being sealed.
func chain(segments []segment) []segment {
	if len(segments) < 2 {
		return segments
	}
	i := len(segments) - 1
	for i > 1 && segments[i-1].end() == segments[i].start {
		i--
	}
	for i < len(segments) && segments[i].start < segments[0].end() {
		i++
	}
	return append(segments[:1:1], segments[i:]...)
}

// span gives the stream's size and gap.
func (l *live) span() Sealed {
	var s Sealed
	for _, g := range l.segments {
		if g.start > s.Size {
			s.GapStart, s.GapSize = s.Size, g.start-s.Size
		}
		s.Size = g.end()
	}
	return s
}

// read hands out a chunk.
func (l *live) read(cursor int64, limit int) (Chunk, error) {
	i := slices.IndexFunc(l.segments, func(s segment) bool { return cursor < s.end() })
	if i < 0 {
		return Chunk{Next: cursor, End: true}, nil
	}
	s, last := l.segments[i], i == len(l.segments)-1
	from := max(cursor, s.start)
	b := make([]byte, window(s.end()-from, limit))
	if err := l.readAt(s, b, from-s.start); err != nil {
		return Chunk{}, err
	}
	n := cut(b, limit, !last)
	if n == 0 {
		return Chunk{Next: cursor, End: true}, nil
	}
	next := from + int64(n)
	return Chunk{Data: b[:n], Next: next, Missing: from - cursor, End: last && next == s.end()}, nil
}

func (l *live) readAt(s segment, b []byte, at int64) error {
	f, err := l.open(s)
	if err != nil {
		return err
	}
	_, err = io.ReadFull(io.NewSectionReader(f, at, int64(len(b))), b)
	return errors.Join(err, f.Close())
}

// open opens a segment that is a plain file. It does not block on a pipe.
func (l *live) open(s segment) (*os.File, error) {
	f, err := l.root.OpenFile(s.name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no plain file", s.name)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// trim takes an unfinished line off the end of the log, as cut does.
func (l *live) trim() error {
	if len(l.segments) == 0 {
		return nil
	}
	last := &l.segments[len(l.segments)-1]
	b := make([]byte, min(last.size, maxLine))
	if err := l.readAt(*last, b, last.size-int64(len(b))); err != nil {
		return err
	}
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 || len(b) < maxLine {
		last.size -= int64(len(b) - i - 1)
	}
	return nil
}
