package logs

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"

	"github.com/penstock/penstock/plugins/steplog"
)

const (
	// tries is how often a listing that its writer overtook is taken again.
	tries = 16
	// farthest is where a file may begin. It lets no sum of offsets overflow.
	farthest = 1 << 61
)

var (
	// errDropped says that a file does not hold what the listing said.
	errDropped = errors.New("the log was cut while it was read")
	// errOvertaken says that this went on.
	errOvertaken = errors.New("the log is rewritten faster than it is read")
)

// live is a log in an attempt directory at one moment: segments that follow
// each other without a gap, but for one behind the first.
type live struct {
	root     *os.Root
	segments []steplog.Segment
}

// openLive lists the log in dir. An absent directory is fs.ErrNotExist, an
// absent log is no segments.
func openLive(dir string) (*live, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	segments, err := settle(func() ([]steplog.Segment, error) { return list(root) })
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &live{root, segments}, nil
}

func (l *live) close() error { return l.root.Close() }

// settle looks until the listing cannot have been overtaken. A directory that
// changes while it is listed may leave out files that come or go meanwhile. One
// that goes is the oldest of the tail, and its bytes are dropped in truth; one
// that comes lies behind all that stood there before. So a listing is true where
// it has no gap, and where a file behind its gap was there before it began.
// One that stays the same and is neither is no work of steplog.
func settle(look func() ([]steplog.Segment, error)) ([]steplog.Segment, error) {
	var before []steplog.Segment
	for range tries {
		now, err := look()
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
func list(root *os.Root) ([]steplog.Segment, error) {
	names, err := readNames(root)
	if err != nil {
		return nil, err
	}
	var segments []steplog.Segment
	for _, s := range named(names) {
		// Oldest first: where a file has a successor, its size is final.
		info, err := root.Lstat(s.Name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err == nil && info.Mode().IsRegular() {
			s.Size = info.Size()
			segments = append(segments, s)
		}
	}
	return segments, nil
}

// named picks the files of a log, in the order of the stream.
func named(names []string) []steplog.Segment {
	var segments []steplog.Segment
	for _, name := range names {
		if s, ok := steplog.ParseName(name); ok && s.Start <= farthest {
			segments = append(segments, s)
		}
	}
	slices.SortFunc(segments, func(a, b steplog.Segment) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Name, b.Name))
	})
	return segments
}

func readNames(root *os.Root) ([]string, error) {
	d, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	names, err := d.Readdirnames(-1)
	return names, errors.Join(err, d.Close())
}

func gapless(segments []steplog.Segment) bool {
	for i := 1; i < len(segments); i++ {
		if segments[i-1].End() != segments[i].Start {
			return false
		}
	}
	return true
}

// stood reports whether before has a file of tail.
func stood(before, tail []steplog.Segment) bool {
	return slices.ContainsFunc(tail, func(s steplog.Segment) bool {
		return slices.ContainsFunc(before, func(b steplog.Segment) bool { return b.Name == s.Name })
	})
}

func sameFiles(a, b []steplog.Segment) bool {
	return slices.EqualFunc(a, b, func(a, b steplog.Segment) bool { return a.Name == b.Name })
}

// chain leaves the first file and the longest run of files without a gap
// between them that ends the log. A writer leaves nothing else; whatever else
// is there must not keep an attempt from being sealed.
func chain(segments []steplog.Segment) []steplog.Segment {
	if len(segments) < 2 {
		return segments
	}
	i := len(segments) - 1
	for i > 1 && segments[i-1].End() == segments[i].Start {
		i--
	}
	for i < len(segments) && segments[i].Start < segments[0].End() {
		i++
	}
	return append(segments[:1:1], segments[i:]...)
}

// span gives the stream's size and gap.
func (l *live) span() Sealed {
	if len(l.segments) == 0 {
		return Sealed{}
	}
	start, size := steplog.Gap(l.segments)
	return Sealed{Size: l.segments[len(l.segments)-1].End(), GapStart: start, GapSize: size}
}

// dropped is how many bytes of output the gap stands for: what the file behind
// it says. Where that says nothing, or what cannot be, it is the gap's size.
func (l *live) dropped() int64 {
	start, size := steplog.Gap(l.segments)
	for _, s := range l.segments {
		if s.Start == start+size && 0 < s.Skipped && s.Skipped < size {
			return s.Skipped
		}
	}
	return size
}

// read hands out a chunk.
func (l *live) read(cursor int64, limit int) (Chunk, error) {
	i := slices.IndexFunc(l.segments, func(s steplog.Segment) bool { return cursor < s.End() })
	if i < 0 {
		return Chunk{Next: cursor, End: true}, nil
	}
	s, last := l.segments[i], i == len(l.segments)-1
	from := max(cursor, s.Start)
	b := make([]byte, window(s.End()-from, limit))
	if err := l.readAt(s, b, from-s.Start); err != nil {
		return Chunk{}, err
	}
	n := cut(b, limit, !last)
	if n == 0 {
		return Chunk{Next: cursor, End: true}, nil
	}
	next := from + int64(n)
	missing := l.span().share(l.dropped(), from-cursor)
	return Chunk{Data: b[:n], Next: next, Missing: missing, End: last && next == s.End()}, nil
}

func (l *live) readAt(s steplog.Segment, b []byte, at int64) error {
	f, err := l.open(s)
	if err != nil {
		return err
	}
	return errors.Join(readFull(io.NewSectionReader(f, at, int64(len(b))), b), f.Close())
}

// readFull reads what the listing said is there.
func readFull(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errDropped
	}
	return err
}

// open opens a segment that is a plain file. It does not block on a pipe.
func (l *live) open(s steplog.Segment) (*os.File, error) {
	f, err := l.root.OpenFile(s.Name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errDropped
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no plain file", s.Name)
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
	b := make([]byte, min(last.Size, maxLine))
	if err := l.readAt(*last, b, last.Size-int64(len(b))); err != nil {
		return err
	}
	if i := bytes.LastIndexByte(b, '\n'); i >= 0 || len(b) < maxLine {
		last.Size -= int64(len(b) - i - 1)
	}
	return nil
}
