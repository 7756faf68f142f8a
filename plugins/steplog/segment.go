package steplog

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Head is the name of the first file of a log.
const Head = "log"

// Unknown is the Skipped of a file whose name does not say it.
const Unknown = -1

// Segment is one file of a log: the bytes [Start, Start+Size) of the stream.
type Segment struct {
	Name    string
	Start   int64
	Size    int64 // when it was listed; the newest may have grown since
	Skipped int64 // bytes of output between the end of the head and Start, or Unknown
}

// End is the offset behind the last byte of s.
func (s Segment) End() int64 { return s.Start + s.Size }

// SegmentName is the name of the file that begins at offset start, with skipped
// bytes of output between it and the head, or Unknown.
func SegmentName(start, skipped int64) string {
	switch {
	case start == 0:
		return Head
	case skipped < 0:
		return fmt.Sprintf("%s.%020d", Head, start)
	}
	return fmt.Sprintf("%s.%020d.%020d", Head, start, skipped)
}

// ParseName reads what the name of a file of a log says: all of the Segment but
// its size. It is false where it is no file of a log.
func ParseName(name string) (Segment, bool) {
	s := Segment{Name: name}
	if name == Head {
		return s, true
	}
	numbers, ok := strings.CutPrefix(name, Head+".")
	if !ok {
		return Segment{}, false
	}
	start, skipped, told := strings.Cut(numbers, ".")
	s.Start, ok = parseNumber(start)
	if !ok || s.Start == 0 {
		return Segment{}, false
	}
	s.Skipped = Unknown
	if told {
		s.Skipped, ok = parseNumber(skipped)
	}
	return s, ok
}

func parseNumber(digits string) (int64, bool) {
	n, err := strconv.ParseUint(digits, 10, 63)
	return int64(n), err == nil && len(digits) == 20
}

// Segments lists the files of the log in the attempt directory dir by start.
// It is empty where there is no output.
func Segments(dir string) ([]Segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list the log: %w", err)
	}
	var segments []Segment
	for _, e := range entries {
		s, ok := ParseName(e.Name())
		if !ok {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) { // unlinked by the writer just now
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list the log: %w", err)
		}
		if info.Mode().IsRegular() {
			s.Size = info.Size()
			segments = append(segments, s)
		}
	}
	slices.SortFunc(segments, func(a, b Segment) int { return cmp.Compare(a.Start, b.Start) })
	return segments, nil
}

// Gap is the part of the stream that segments, as Segments returns them, do
// not hold; size 0 where nothing is missing.
func Gap(segments []Segment) (start, size int64) {
	for _, s := range segments {
		if s.Start > start {
			return start, s.Start - start
		}
		start = s.End()
	}
	return 0, 0
}
